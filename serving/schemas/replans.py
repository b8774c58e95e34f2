"""Routes that are planned again after something went wrong, and routes made by hand, on the wire."""

from typing import Any, Literal

from pydantic import Field

from city.waste import Stream
from serving.schemas.collection_plans import CollectionPlanDocument
from serving.schemas.plans import CheckDocument
from serving.schemas.signal_checks import CertificateState
from serving.schemas.wire import Id, Quantity, Wire


class ReplanRequest(Wire):
    """What went wrong, and when, on the plan's service date."""

    at: str = Field(
        min_length=4, max_length=8, description="the time now: 10:40, or 02:00+1 after midnight", examples=["10:40"]
    )
    events: list[str] = Field(
        min_length=1,
        max_length=50,
        description="breakdown:T3, closure:P17, closure:P17:11:00-13:00, urgent:P30:by=14:00, late:T2:45min or "
        "site-shut:S1:12:00-15:00; a point with several streams is P30/kitchen",
        examples=[["breakdown:T3", "urgent:P30:by=14:00"]],
    )
    accept: bool = Field(default=False, description="store the new plan as a draft; else nothing is stored")
    seconds: float = Field(default=5, ge=0.5, le=60, description="how long to look for better repairs, s")
    price: float | None = Field(
        default=None, ge=0, description="per disturbed stop, in the unit of the trucks' costs; null: 5 min of a truck"
    )
    tolerance_s: int = Field(default=900, ge=0, le=86_400, description="a stop that moves by no more is not disturbed")
    least_kept: float = Field(
        default=0.9, ge=0, le=1, description="share of the stops that nothing hit which keep truck and order"
    )
    seed: int = Field(default=1, ge=0, le=2**31 - 1)


class StopIdDocument(Wire):
    point_id: Id
    stream: Stream
    visit: int = Field(description="of the point on this day, from 0")


class ChangedStops(Wire):
    """What changes alike, and for one reason, for these stops."""

    kind: Literal["moved", "dropped", "added", "reordered", "shifted"]
    stops: list[StopIdDocument]
    truck_id: Id | None
    to_truck_id: Id | None
    because: str
    seconds: tuple[int, int] | None = Field(
        default=None, description="least and most by which they start later (negative: earlier), s"
    )


class DifferenceDocument(Wire):
    """New less old."""

    changes: list[ChangedStops]
    pending: int = Field(description="stops that were planned and not begun")
    kept: int = Field(description="of them: keep truck, order and, within the tolerance, time")
    untouched: int = Field(description="stops that no event hits")
    untouched_kept: int = Field(description="of them: keep truck and order")
    km: Quantity
    truck_h: Quantity
    cost: Quantity = Field(description="in the unit of the trucks' costs")


class ReplanDocument(Wire):
    """What changes for the crews, and the new plan. `no_change` is an answer too."""

    status: str = Field(description="no_change, repaired (the smallest repair) or improved")
    old_plan_id: Id
    at: str
    events: list[str] = Field(description="as sentences")
    sentences: list[str] = Field(description="what changes, stop by stop")
    said: list[str]
    difference: DifferenceDocument
    objective: Quantity = Field(description="with each disturbed stop at its price")
    floor: Quantity = Field(description="the same of the smallest repair")
    runtime_s: Quantity
    accepted: bool = Field(description="true: the plan is stored as a draft")
    plan: CollectionPlanDocument
    check: CheckDocument


class HandMadeCheck(CheckDocument):
    """A workbook's routes with the clocks, loads and cost that follow from their order, and what they break."""

    certificate: CertificateState | None = None
    plan: CollectionPlanDocument
    indicators: dict[str, Any] | None = Field(description="as the plan's indicators.json has them")
    cost_before: dict[str, Quantity] | None = Field(description="of the plan that the workbook was made from, by term")
