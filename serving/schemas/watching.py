"""Indicators and warnings on the wire. Each kind may get more entries: read them by their names."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Id, Moment, Quantity, Wire

WarningSource = Literal["feeds", "models", "signals"]
IndicatorKind = Literal["signals", "routes", "forecasts", "feeds"]


class WarningDocument(Wire):
    """One thing that is wrong, why, and what to do."""

    warning_id: str = Field(description="stays the same as long as the same is wrong with the same subject")
    source: WarningSource = Field(description="which watch found it, as `city watch` has them")
    cause: str = Field(description="the kind of trouble, for machines", examples=["stale", "input-drift"])
    subject: str = Field(description="feed, sensor, model or junction")
    district_id: str | None = Field(description="null for the whole city")
    since: Moment | None = Field(description="null where nobody can tell")
    at_least: bool = Field(default=False, description="it began before what was looked at")
    sentence: str = Field(description="what was found, with the numbers")
    todo: str
    figures: dict[str, Quantity] = Field(default_factory=dict, description="the numbers, by name with unit suffix")


class WatchState(Wire):
    """When a watch looked last."""

    source: WarningSource
    as_of: Moment = Field(description="when it looked")
    refreshing: bool = Field(description="true while a newer look is under way")
    failed: str = Field(default="", description="why it could not look, as a sentence")


class WarningList(Wire):
    warnings: list[WarningDocument] = Field(description="those with a time newest first, then the others")
    watches: list[WatchState]


class WarningQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: list[WarningSource] = Field(default_factory=list, max_length=3, description="only of these watches")
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these districts", examples=[["D01"]]
    )


class IndicatorValue(Wire):
    """One figure of one subject."""

    indicator_id: str = Field(description="names the definition", examples=["routes.km"])
    subject: str = Field(description="plan, forecast or feed", examples=["routes-2026-03-31-ab12cd"])
    district_ids: list[str] = Field(description="empty for the whole city")
    as_of: Moment
    value: Quantity


class IndicatorDefinition(Wire):
    indicator_id: str = Field(examples=["routes.km"])
    kind: IndicatorKind
    name: str
    unit: str = Field(description="empty for a plain number", examples=["km", "s", "share"])
    definition: str


class IndicatorList(Wire):
    definitions: list[IndicatorDefinition]
    values: list[IndicatorValue]
    not_told: list[str] = Field(default_factory=list, description="what could not be computed, as sentences")


class IndicatorQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: list[IndicatorKind] = Field(default_factory=list, max_length=4, description="only these kinds")
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these districts", examples=[["D01"]]
    )
