"""What drivers report, on the wire."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict

from serving.schemas.wire import Id, Moment, Quantity, Wire

MOST_REPORTS = 500
REPORT_EXAMPLE: JsonDict = {
    "event_id": "0f8b6f1e-6a3e-4d0c-9a53-0d1c5a1b7a10",
    "at": "2026-03-31T06:41:12+08:00",
    "kind": "blocked",
    "point_id": "P017",
    "stream": "residual",
    "reason": "a parked van",
}


def _shown(example: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


def _uuid(text: str) -> str:
    return str(UUID(text))


EventId = Annotated[str, AfterValidator(_uuid), WithJsonSchema({"type": "string", "format": "uuid"})]


class FeedbackReport(Wire):
    """One report. `weight` needs `kg`; the others need the stop, and what was not served a reason."""

    model_config = _shown(REPORT_EXAMPLE)

    event_id: EventId = Field(description="made by whoever reports: the same report sent again is one report")
    at: Moment = Field(description="when it happened, not when it was sent")
    kind: Literal["done", "skipped", "blocked", "weight"]
    point_id: Id | None = None
    stream: str | None = Field(default=None, max_length=20, examples=["residual"])
    reason: str | None = Field(default=None, max_length=500)
    kg: Quantity | None = Field(default=None, ge=0, le=100_000, description="net weight")
    ticket: str | None = Field(default=None, max_length=100, description="number of the weighbridge's ticket")


class FeedbackRequest(Wire):
    model_config = _shown({"events": [REPORT_EXAMPLE]})

    events: list[FeedbackReport] = Field(min_length=1, max_length=MOST_REPORTS, description="in any order")


class FeedbackOutcome(Wire):
    event_id: str
    outcome: Literal["accepted", "duplicate", "refused"] = Field(
        description="duplicate: it is there already, word for word; sending it again does no harm"
    )
    sentence: str = Field(description="of a refused report: why; else empty")


class FeedbackAnswer(Wire):
    """What became of each report, in the order in which they were sent."""

    model_config = _shown(
        {"events": [{"event_id": "0f8b6f1e-6a3e-4d0c-9a53-0d1c5a1b7a10", "outcome": "accepted", "sentence": ""}]}
    )

    events: list[FeedbackOutcome]


class ReportedDocument(Wire):
    event_id: str
    at: Moment
    kind: Literal["done", "skipped", "blocked", "weight"]
    point_id: str | None
    stream: str | None
    reason: str | None
    kg: float | None
    ticket: str | None
    received_at: Moment
    person: str


class StopProgressDocument(Wire):
    point_id: str
    stream: str
    outcome: Literal["done", "skipped", "blocked", "open"]
    at: Moment | None
    reason: str | None


class FeedbackList(Wire):
    """What was reported, in the order in which it happened, and how far the truck is by that."""

    plan_id: str
    truck_id: str
    events: list[ReportedDocument]
    stops: list[StopProgressDocument] = Field(description="the plan's stops in order, with what was reported last")
    executed: int = Field(description="how many stops from the start on are settled, one after the other")
    behind_s: int | None = Field(description="the last stop that was done against its planned end; negative: ahead")
    newest_plan_id: str = Field(description="what the truck drives by today: another one after a re-plan")
