"""Warnings on the wire. Each kind may get more entries: read them by their names."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Id, Moment, Quantity, Wire

WarningSource = Literal["feeds", "models", "signals", "forecasts", "plans", "audit", "effects"]


class AcknowledgementDocument(Wire):
    """Who has seen a warning, and what they said of it."""

    person: str
    at: Moment
    note: str


class WarningDocument(Wire):
    """One thing that is wrong or will be, why, and what to do."""

    warning_id: str = Field(description="stays the same as long as the same is wrong with the same subject")
    source: WarningSource = Field(description="which watch found it")
    cause: str = Field(description="the kind of trouble, for machines", examples=["stale", "input-drift"])
    subject: str = Field(description="feed, sensor, model, junction, district or plan")
    district_id: str | None = Field(description="null for the whole city")
    since: Moment | None = Field(description="null where nobody can tell")
    at_least: bool = Field(default=False, description="it began before what was looked at")
    begins_at: Moment | None = Field(default=None, description="of what is still ahead: when it is expected")
    ends_at: Moment | None = Field(default=None, description="of what is still ahead: until when")
    sentence: str = Field(description="what was found, with the numbers")
    todo: str
    figures: dict[str, Quantity] = Field(default_factory=dict, description="the numbers, by name with unit suffix")
    parts: list[str] = Field(default_factory=list, description="what it holds together, each with where and when")
    first_seen: Moment | None = Field(default=None, description="null where it could not be written down")
    last_seen: Moment | None = Field(default=None, description="the last look that found it")
    acknowledged: bool = Field(default=False, description="until it gets worse by its step, or begins anew")
    acknowledgements: list[AcknowledgementDocument] = Field(default_factory=list)


class WatchState(Wire):
    """When a watch looked last."""

    source: WarningSource
    as_of: Moment = Field(description="when it looked")
    refreshing: bool = Field(description="true while a newer look is under way")
    failed: str = Field(default="", description="why it could not look, as a sentence")


class WarningList(Wire):
    warnings: list[WarningDocument] = Field(description="those with a time newest first, then the others")
    watches: list[WatchState]


class AcknowledgeRequest(Wire):
    note: str = Field(
        min_length=1,
        max_length=1_000,
        description="what was done about it, or why nothing has to be",
        examples=["truck HC002 goes there at 14:00"],
    )


class WarningQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: list[WarningSource] = Field(default_factory=list, max_length=7, description="only of these watches")
    cause: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these causes", examples=[["overflow-ahead"]]
    )
    acknowledged: bool | None = Field(default=None, description="only those that somebody has acknowledged, or nobody")
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these districts", examples=[["D01"]]
    )
