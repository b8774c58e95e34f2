"""Collection plans: what drivers are asked to do. All clocks are seconds after local midnight of the service date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from city.ids import DepotId, DistrictId, PlanId, PointId, SiteId, TruckId
from city.signal_plans import Provenance
from city.waste import Stream


class StopReason(StrEnum):
    """Why a point is served today."""

    PLANNED = "planned"  # a rule asks for it, or the forecast makes it worth the way
    AUDIT = "audit"  # it would be skipped; a drawn lot sends the truck to see what is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One point served. Loads are of the truck's compartment after this stop.

    `audit_probability` is that of the lot, for an audit only: estimators weigh what is found by its inverse.
    """

    point_id: PointId
    stream: Stream
    arrive_s: int
    start_s: int
    depart_s: int
    kg: float
    m3: float
    load_kg: float
    load_m3: float
    reason: StopReason = StopReason.PLANNED
    audit_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """Tipping at a site ends a trip. Between arrival and start the truck queues."""

    site_id: SiteId
    arrive_s: int
    start_s: int
    depart_s: int
    kg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """From leaving empty to tipping at one disposal site. `tip` is None only where the truck may go home loaded."""

    stream: Stream
    stops: tuple[Stop, ...]
    tip: Tip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRoute:
    """One truck's shift: trips in order, from depot to depot."""

    truck_id: TruckId
    depot_id: DepotId
    depart_s: int
    return_s: int
    trips: tuple[Trip, ...]
    metres: int
    drive_s: int
    break_taken: Break | None = None

    @property
    def stops(self) -> tuple[Stop, ...]:
        return tuple(stop for trip in self.trips for stop in trip.stops)


class Reason(StrEnum):
    """Why a point is not served today."""

    NOT_DUE = "not_due"  # no rule asks for it today, or its bins are nowhere near full
    NOT_WORTH_IT = "not_worth_it"  # by fill: serving it today costs more than leaving it is expected to
    NO_TRUCK_FOR_STREAM = "no_truck_for_stream"
    NO_SITE_FOR_STREAM = "no_site_for_stream"
    TOO_LARGE = "too_large"  # its load fits no truck at all
    WINDOW_OUTSIDE_SHIFTS = "window_outside_shifts"
    NO_WAY = "no_way"
    ACCESS = "access"  # no truck is small or light enough for the street
    NO_TIME = "no_time"
    NO_CAPACITY = "no_capacity"
    AUDIT_DROPPED = "audit_dropped"  # not due; drawn for an audit visit that fits into no route


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A point left today. `sentence` holds the numbers; `mandatory` tells the dispatcher that a rule is broken."""

    point_id: PointId
    stream: Stream
    reason: Reason
    sentence: str
    mandatory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPlan:
    plan_id: PlanId
    service_date: date
    time_zone: str
    district_ids: tuple[DistrictId, ...]
    routes: tuple[CollectionRoute, ...]
    unserved: tuple[Unserved, ...]
    cost: tuple[tuple[str, float], ...]  # by named term with unit suffix
    provenance: Provenance
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()
    rung: str = "optimised"
    kind: str = "routes"
