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
    LEFT_BY_HAND = "left_by_hand"  # whoever changed the plan took it out
    AUDIT_DROPPED = "audit_dropped"  # not due; drawn for an audit visit that fits into no route


class RelaxationKind(StrEnum):
    """What may be given way to, with the unit of its amount."""

    MAX_STOPS = "max_stops"  # stops: more a day for a truck
    DAILY_KG = "daily_kg"  # kg: more a day for a truck
    DAILY_M3 = "daily_m3"  # loose m3: more a day for a truck
    SHIFT_LATER = "shift_later"  # min: a truck's shift ends later
    SHIFT_EARLIER = "shift_earlier"  # min: a truck's shift starts earlier
    WINDOW_LATER = "window_later"  # min: a window of the point ends later
    WINDOW_EARLIER = "window_earlier"  # min: a window of the point starts earlier
    SITE_LATER = "site_later"  # min: a site closes later
    SITE_EARLIER = "site_earlier"  # min: a site opens earlier
    SITE_CAP = "site_cap"  # kg: more a day at a site
    SITE_THROUGHPUT = "site_throughput"  # kg: more an hour at a site
    VOLUME = "volume"  # loose m3: more room in a truck's compartment
    PAYLOAD = "payload"  # kg: more a trip
    SKILL = "skill"  # skills: what a truck and its crew still lack
    TRUCK = "truck"  # trucks: one more that is like the one named
    LICENCE = "licence"  # compartments: the first of a truck is licensed for the stream too
    SITE_STREAM = "site_stream"  # streams: a site accepts the point's stream
    STREET_HEIGHT = "street_height"  # m: the point's street lets higher trucks in
    STREET_WEIGHT = "street_weight"  # kg: the point's street bears heavier trucks
    SKIP_PRICE = "skip_price"  # unit of the trucks' costs: what leaving the point would have to cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """One change that would let a point be served, by `truck_id`, beside all that is planned.

    `subject_id` is the truck, site or point that gives way; `window` says which of its windows does, from 1. The point
    becomes stop `stop` of trip `trip`, both from 1; a trip after the last one is a new one. With `kind` TRUCK it is the
    only stop of a further truck that is like `truck_id`.
    """

    kind: RelaxationKind
    subject_id: str
    amount: float
    unit: str
    truck_id: TruckId
    trip: int
    stop: int
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A point left today. `sentence` holds the numbers; `mandatory` tells the dispatcher that a rule is broken.

    `relaxation` is the easiest single change found that would let it be served; `extra_km` and `extra_min` are what the
    truck would then drive and work more. None where nothing was found, or nobody had the time to look.
    """

    point_id: PointId
    stream: Stream
    reason: Reason
    sentence: str
    mandatory: bool
    relaxation: Relaxation | None = None
    extra_km: float | None = None
    extra_min: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionCertificate:
    """That a check passed a plan: hashes tie what was checked, against what, by which check, and what came out.

    `problem_sha256` is of the problem that the plan answers, `check_sha256` of the check's own source text, `sha256` of
    all other fields. It proves that nothing was changed since, not who issued it: approvals do that.
    """

    plan_sha256: str
    problem_sha256: str
    check_sha256: str
    rules: tuple[str, ...]
    measures: tuple[tuple[str, float], ...]
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedOverflow:
    """Of a district's points that are left today without breaking a rule.

    `overflows` is how many of the `points` are expected to flow over before their next likely visit.
    """

    district_id: DistrictId
    points: int
    overflows: float


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
    certificate: CollectionCertificate | None = None
    overflow: tuple[ExpectedOverflow, ...] = ()  # by district; plans of an earlier time say nothing
