"""How far a plan's trucks are, on the wire."""

from pydantic import Field

from serving.schemas.feedback import StopProgressDocument
from serving.schemas.wire import Day, Id, Moment, Quantity, Whole, Wire


class TruckProgressDocument(Wire):
    truck_id: Id
    stops: list[StopProgressDocument] = Field(description="the plan's stops in order, with what was reported last")
    weights_kg: list[Quantity] = Field(description="net weights, in the order of their time")
    executed: Whole = Field(description="how many stops from the start on are settled, one after the other")
    done: Whole
    skipped: Whole
    blocked: Whole
    open: Whole
    behind_s: Whole | None = Field(description="the last stop that was done against its planned end; negative: ahead")
    heard_at: Moment | None = Field(description="when the last report came")


class PlanProgressDocument(Wire):
    plan_id: Id
    service_date: Day
    status: str
    trucks: list[TruckProgressDocument]
