"""Complaints that become work, on the wire."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import Day, Id, Moment, Quantity, Wire

Priority = Literal["urgent", "normal", "low"]
State = Literal["unsure", "proposed", "refused", "rerouted", "accepted", "planned", "done"]
MOST_COMPLAINTS = 500
Why = Field(default="", max_length=1_000, description="why; whoever reads the complaint's story reads it")
WhyNeeded = Field(min_length=1, max_length=1_000, description="why; whoever reads the complaint's story reads it")


class ReasonDocument(Wire):
    question: str = Field(description="category, department, priority or point")
    terms: list[str] = Field(description="the words, place or hours that weighed most, heaviest first")


class ProposalDocument(Wire):
    category: str
    priority: Priority
    department: str | None = Field(description="null where no department is known")
    sure: bool = Field(description="false: a person has to read it")
    confidence: Quantity = Field(description="calibrated probability of the less sure of category and department")
    reasons: list[ReasonDocument]
    model: str
    first_department: str | None = Field(description="where it was sent before anybody proposed anything")


class ComplaintDocument(Wire):
    """A complaint's work as it stands. No text, no coordinates."""

    complaint_id: str
    district_id: str
    opened_at: Moment
    state: State
    category: str
    priority: Priority
    department: str | None
    due_at: Moment
    point_id: str | None = Field(description="the collection point that it is about, where one is near")
    stream: str | None
    plan_id: str | None = Field(description="the plan that serves it")
    service_date: Day | None
    truck_id: str | None
    why: str = Field(description="the sentence of the last step, such as why it cannot be planned")
    changed_at: Moment
    accepted_at: Moment | None
    proposed: ProposalDocument


class ComplaintList(Wire):
    complaints: list[ComplaintDocument] = Field(description="those due first at the top")
    next: str | None = Field(default=None, description="`after` of the next page")


class StepDocument(Wire):
    number: int
    complaint_id: str
    at: Moment
    before: str
    after: State
    person: str
    key_id: str
    why: str
    detail: dict[str, Any]


class ComplaintDetail(Wire):
    complaint: ComplaintDocument
    text: str | None = Field(description="what was written, with whoever can be recognised masked")
    steps: list[StepDocument]


class TriageAnswer(Wire):
    at: Moment
    model: str
    looked_at: int
    proposed: int
    unsure: int
    complaints: list[ComplaintDocument]
    notes: list[str] = Field(default_factory=list)


class MonthDocument(Wire):
    month: str = Field(examples=["2026-03"])
    first: int = Field(description="complaints with a first and a last department")
    first_wrong: int = Field(description="of them sent to another department first than closed them")
    first_wrong_share: Quantity | None
    proposed: int = Field(description="sure proposals whose last department is known")
    proposed_wrong: int
    proposed_wrong_share: Quantity | None
    unsure: int = Field(description="left to a person")


class RoutingList(Wire):
    months: list[MonthDocument]


class ComplaintQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    state: list[State] = Field(default_factory=list, max_length=7, description="only these states")
    department: Id | None = Field(default=None, description="only of this department")
    district_id: list[Id] = Field(default_factory=list, max_length=500, examples=[["D01"]])
    after: Id | None = Field(default=None, description="the `next` of the page before")
    limit: int = Field(default=100, ge=1, le=MOST_COMPLAINTS)


class TriageRequest(Wire):
    days: int = Field(default=14, ge=1, le=366, description="how far back complaints are read that nobody closed")


class AcceptRequest(Wire):
    why: str = Why
    priority: Priority | None = None
    due_at: Moment | None = None
    point: str | None = Field(default=None, max_length=300, description="point/stream", examples=["P00012/residual"])


class RefuseRequest(Wire):
    why: str = WhyNeeded


class RerouteRequest(Wire):
    department: Id
    why: str = WhyNeeded
    category: Id | None = None


class SettleRequest(Wire):
    """Nothing has to be said."""
