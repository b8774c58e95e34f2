"""Collection plans on the wire, field by field as `city/waste_plans.py` has them."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from city.waste import Stream
from city.waste_plans import Reason, RelaxationKind, StopReason
from serving.schemas.plans import DEADLINE, ProvenanceDocument
from serving.schemas.wire import Day, Flag, Id, Ids, Moment, Quantity, SecondOfDay, TimeZone, Whole, Wire

DayNoteText = Annotated[str, StringConstraints(min_length=3, max_length=250)]


class StopDocument(Wire):
    """One point served. Loads are of the truck's compartment after this stop."""

    point_id: Id
    stream: Stream
    arrive_s: SecondOfDay
    start_s: SecondOfDay
    depart_s: SecondOfDay
    kg: Quantity = Field(description="expected to be collected here, kg")
    m3: Quantity = Field(description="expected to be collected here, loose m3")
    load_kg: Quantity
    load_m3: Quantity = Field(description="loose m3")
    reason: StopReason = Field(
        default=StopReason.PLANNED, description="why it is served: planned, or drawn for an audit"
    )
    audit_probability: Quantity | None = Field(default=None, description="probability of the lot, for an audit only")


class TipDocument(Wire):
    """Tipping at a site ends a trip. Between arrival and start the truck queues."""

    site_id: Id
    arrive_s: SecondOfDay
    start_s: SecondOfDay
    depart_s: SecondOfDay
    kg: Quantity


class TripDocument(Wire):
    """From leaving empty to tipping at one disposal site."""

    stream: Stream
    stops: list[StopDocument]
    tip: TipDocument | None = Field(description="null only where the truck may go home loaded")


class BreakDocument(Wire):
    start_s: SecondOfDay
    end_s: SecondOfDay


class CollectionRouteDocument(Wire):
    """One truck's shift: trips in order, from depot to depot."""

    truck_id: Id
    depot_id: Id
    depart_s: SecondOfDay
    return_s: SecondOfDay
    trips: list[TripDocument]
    metres: Whole = Field(description="driven, m")
    drive_s: Whole = Field(description="driving time, s")
    break_taken: BreakDocument | None = None


class RelaxationDocument(Wire):
    """One change that would let a point be served, by the truck named, beside all that is planned."""

    kind: RelaxationKind = Field(description="what would have to give way")
    subject_id: Id = Field(description="the truck, site or point that gives way")
    amount: Quantity = Field(description="by how much, in `unit`")
    unit: str
    truck_id: Id = Field(description="the truck that would come; for one more truck, the one that it is like")
    trip: Whole = Field(ge=1, description="trip of the truck's day, from 1; one after the last is a new one")
    stop: Whole = Field(ge=1, description="stop of that trip, from 1")
    window: Whole | None = Field(default=None, ge=1, description="which of the subject's windows moves, from 1")


class UnservedDocument(Wire):
    """A point left today, with its reason."""

    point_id: Id
    stream: Stream
    reason: Reason
    sentence: str = Field(description="the reason with its numbers")
    mandatory: Flag = Field(description="true: a service rule is broken")
    relaxation: RelaxationDocument | None = Field(
        default=None, description="the easiest single change found that would let it be served; null: none was found"
    )
    extra_km: Quantity | None = Field(default=None, description="what the truck would then drive more, km")
    extra_min: Quantity | None = Field(default=None, description="what the truck would then work more, min")


class CollectionCertificateDocument(Wire):
    """What the check looked at and found, tied to the plan by hashes (SHA-256, hexadecimal)."""

    plan_sha256: str = Field(description="of the plan without its certificate")
    problem_sha256: str = Field(description="of the problem that it was checked against")
    check_sha256: str = Field(description="of the check's source text")
    rules: list[str] = Field(description="names of all rules that were checked; none was broken")
    measures: list[tuple[str, Quantity]] = Field(description="what the check recomputed")
    sha256: str = Field(description="of the fields above")


class ExpectedOverflowDocument(Wire):
    """Of a district's points that are left today without breaking a rule."""

    district_id: Id
    points: Whole
    overflows: Quantity = Field(description="how many of them are expected to flow over before their next likely visit")


class CollectionPlanDocument(Wire):
    """All trucks' routes of one service date."""

    plan_id: Id
    service_date: Day
    time_zone: TimeZone
    district_ids: list[Id]
    routes: list[CollectionRouteDocument]
    unserved: list[UnservedDocument]
    cost: list[tuple[str, Quantity]] = Field(description="by named term")
    provenance: ProvenanceDocument
    assumed: list[str] = Field(default_factory=list, description="what had to be assumed")
    degraded: list[str] = Field(default_factory=list, description="what is not as good as it should be, and why")
    rung: str = Field(default="optimised", description="rung of the fallback ladder")
    kind: Literal["routes"] = "routes"
    certificate: CollectionCertificateDocument | None = Field(default=None, description="given when the check passed")
    overflow: list[ExpectedOverflowDocument] = Field(default_factory=list, description="what leaving points promises")


class RoutePlanRequest(Wire):
    """Plan the day's routes of all trucks, or of those of some districts."""

    district_ids: Ids = Field(default_factory=list, description="only points and trucks of these districts")
    service_date: Day | None = Field(
        default=None, description="date on which the shifts start; without it the date on which the forecast was issued"
    )
    at: Moment | None = Field(default=None, description="plan with what was known at this time; without it now")
    seed: Whole = Field(default=1, ge=0, le=2**31 - 1, description="the same seed gives the same plan")
    deadline_ms: Whole = Field(default=30_000, ge=500, le=600_000, description=DEADLINE)
    seconds: Quantity = Field(default=10, gt=0, le=60, description="solver work allowed, s")
    overflow_share: Quantity = Field(
        default=0.05, ge=0.001, le=0.5, description="at most this share of visits come after an overflow"
    )
    fairness_gap: Quantity | None = Field(
        default=None,
        ge=0,
        le=1,
        description="how far a district's expected overflows per by-fill point may exceed the city's, such as 0.02; "
        "planned without and with the bound within the deadline, and `assumed` says what it costs",
    )
    what_can: Flag = Field(
        default=False, description="set aside what has a fault (told in `degraded`) and plan the rest; else refused"
    )
    day_notes: list[DayNoteText] | None = Field(
        default=None,
        max_length=1000,
        description="what no table knows; without it the notes that stand for the day (/v1/routes/day-notes): "
        "absent:T3, workshop:T3, broken-bin:P17/kitchen, closed:P17:11:00-13:00, "
        "site-shut:S1:12:00-15:00 or site-hours:S1:08:00-16:00; a part without hours holds all day",
        examples=[["absent:T3", "broken-bin:P17"]],
    )


class TruckRouteDocument(Wire):
    """One truck's route, for the crew."""

    plan_id: str
    service_date: Day
    time_zone: str
    route: CollectionRouteDocument
