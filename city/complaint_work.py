"""What became of complaints: what was proposed, what a person decided, and the work that followed.

A complaint is proposed to a department, or waits for a person where nobody can be sure. A person accepts it, refuses
it, or sends it to another department. What the sanitation department accepts is an order: it becomes a stop of the
next plan, and is done when the crew was there. Every step is an event that is only ever added.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import DistrictId, PlanId, PointId, TruckId
from city.ordered_stops import OrderedStop
from city.waste import Stream

SANITATION = "sanitation"
"""The name of the department whose work the collection plan is: a mapping gives it to the city's own word for it."""
WASTE = "waste"
"""The category whose complaints are the sanitation department's where nobody names departments."""
NOT_SURE = "not_sure"
DUE_WITHIN = MappingProxyType(
    {"urgent": timedelta(hours=4), "normal": timedelta(hours=48), "low": timedelta(hours=120)}
)
"""From opening to when it is to be seen to; a person may set another time when accepting."""
WEIGHTS = MappingProxyType({"urgent": 3.0, "normal": 1.0, "low": 0.3})
"""What leaving an ordered point for another day counts, in overflows."""


class OrderState(StrEnum):
    UNSURE = "unsure"  # a person has to read it
    PROPOSED = "proposed"
    REFUSED = "refused"
    REROUTED = "rerouted"  # another department has it
    ACCEPTED = "accepted"
    PLANNED = "planned"
    DONE = "done"


WAITING = (OrderState.UNSURE, OrderState.PROPOSED)
OPEN = (OrderState.ACCEPTED, OrderState.PLANNED)
STEPS = MappingProxyType(
    {
        OrderState.UNSURE: (OrderState.ACCEPTED, OrderState.REFUSED, OrderState.REROUTED),
        OrderState.PROPOSED: (OrderState.ACCEPTED, OrderState.REFUSED, OrderState.REROUTED),
        OrderState.REFUSED: (OrderState.ACCEPTED, OrderState.REROUTED),
        OrderState.REROUTED: (OrderState.ACCEPTED, OrderState.REFUSED, OrderState.REROUTED),
        OrderState.ACCEPTED: (
            OrderState.ACCEPTED,  # with another sentence: why it could not be planned
            OrderState.PLANNED,
            OrderState.DONE,
            OrderState.REFUSED,
            OrderState.REROUTED,
        ),
        OrderState.PLANNED: (OrderState.PLANNED, OrderState.ACCEPTED, OrderState.DONE, OrderState.REFUSED),
        OrderState.DONE: (),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a complaint is taken for. `confidence` is of the least sure answer; `reasons` per question, in words.

    `first_department` is where it was sent before anybody proposed anything.
    """

    complaint_id: str
    district_id: DistrictId
    opened_at: datetime
    category: str
    priority: str
    department: str | None
    sure: bool
    confidence: float
    reasons: dict[str, tuple[str, ...]]
    model: str
    first_department: str | None = None
    point_id: PointId | None = None
    stream: Stream | None = None

    def __post_init__(self) -> None:
        subject = f"Proposal for complaint {self.complaint_id}"
        if self.priority not in DUE_WITHIN:
            raise InvalidValueError(
                subject=subject, field="priority", found=self.priority, expected=f"one of {', '.join(DUE_WITHIN)}"
            )
        if not 0 <= self.confidence <= 1:
            raise InvalidValueError(
                subject=subject, field="confidence", found=self.confidence, expected="a probability"
            )
        if (self.point_id is None) != (self.stream is None):
            raise BrokenRuleError(subject=subject, problem="a point and its stream belong together")

    @property
    def due_at(self) -> datetime:
        return self.opened_at + DUE_WITHIN[self.priority]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How a complaint's work stands; `why` is the sentence of its last step, such as why it cannot be planned."""

    proposal: Proposal
    state: OrderState
    category: str
    priority: str
    department: str | None
    due_at: datetime
    point_id: PointId | None
    stream: Stream | None
    changed_at: datetime
    accepted_at: datetime | None = None
    plan_id: PlanId | None = None
    service_date: date | None = None
    truck_id: TruckId | None = None
    why: str = ""

    @property
    def complaint_id(self) -> str:
        return self.proposal.complaint_id

    @property
    def district_id(self) -> DistrictId:
        return self.proposal.district_id

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStep:
    """One event. `person` is empty where the product noted what happened in a plan or on the street."""

    number: int
    complaint_id: str
    at: datetime
    before: str
    after: str
    person: str
    key_id: str
    why: str
    detail: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderQuery:
    """Which orders, those due first at the top. `districts` None is the whole city."""

    states: tuple[OrderState, ...] = ()
    districts: tuple[DistrictId, ...] | None = None
    department: str | None = None
    opened_since: datetime | None = None
    after: str | None = None
    limit: int = 100


def unknown_complaint(complaint_id: str) -> NotFoundError:
    """The same for one that nobody has read and for one of another's district."""
    return NotFoundError(
        kind="complaint with a proposal",
        name=complaint_id,
        todo="`city complaints triage` proposes what to do with complaints that came in.",
    )


def ordered_stops(orders: Sequence[Order], day: date) -> tuple[OrderedStop, ...]:
    """The points that open orders ask for on `day`; several complaints of one point are one stop, the earliest due.

    An order that is planned for an earlier day is left out: its crew may still be on its way.
    """
    wanted: dict[tuple[PointId, Stream], list[Order]] = {}
    for one in orders:
        under_way = one.state is OrderState.PLANNED and one.service_date is not None and one.service_date < day
        if one.is_open and not under_way and one.point_id is not None and one.stream is not None:
            wanted.setdefault((one.point_id, one.stream), []).append(one)
    return tuple(
        OrderedStop(
            point_id=point_id,
            stream=stream,
            due_at=min(one.due_at for one in found),
            weight=max(WEIGHTS[one.priority] for one in found),
            complaint_ids=tuple(sorted(one.complaint_id for one in found)),
        )
        for (point_id, stream), found in sorted(wanted.items())
    )
