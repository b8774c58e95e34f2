"""Signal plans on the wire, field by field as `city/signal_plans.py` has them."""

from typing import Literal

from pydantic import Field

from serving.schemas.plans import ProvenanceDocument
from serving.schemas.wire import Day, Id, Ids, Moment, Quantity, SecondOfDay, TimeZone, Wire


class SplitDocument(Wire):
    """Green and intergreen of one stage."""

    stage_id: Id
    split_s: int = Field(description="green + intergreen, s", examples=[34])


class GreenDocument(Wire):
    """A group's green, counted from the start of the coordinated stage's green; it may pass the end of the cycle."""

    group_id: Id
    start_s: int = Field(description="in [0, cycle), s")
    end_s: int = Field(description="in (start, start + cycle], s")


class SignalPlanDocument(Wire):
    """One fixed plan of one junction."""

    junction_id: Id
    plan_number: int
    cycle_s: int = Field(description="s", examples=[90])
    offset_s: int = Field(
        description="start of the coordinated stage's green after local midnight, in [0, cycle), s; larger is later"
    )
    coordinated_stage_id: Id
    splits: list[SplitDocument] = Field(description="in the order of the stage chain; they fill the cycle")
    greens: list[GreenDocument]


class DayPlanEntryDocument(Wire):
    start_s: SecondOfDay
    plan_number: int


class DayPlanDocument(Wire):
    """Which plan runs from when at one junction."""

    junction_id: Id
    district_id: Id
    entries: list[DayPlanEntryDocument] = Field(description="ascending, from midnight on")
    plans: list[SignalPlanDocument]


class PlanMeasuresDocument(Wire):
    """What one plan of one junction promises at the flows it was made for."""

    junction_id: Id
    plan_number: int
    delay_s: Quantity = Field(description="control delay per vehicle, s")
    largest_x: Quantity = Field(description="largest degree of saturation of a movement")
    critical_group_id: Id
    flow_pcu_h: Quantity
    pedestrian_wait_s: Quantity
    running_delay_s: Quantity | None = Field(default=None, description="of the running plan at the same flows, s")


class PlanCertificateDocument(Wire):
    """What the check looked at and found, tied to the plan by hashes (SHA-256, hexadecimal)."""

    plan_sha256: str = Field(description="of the plan without its certificate")
    junctions_sha256: str = Field(description="of the junctions and corridors that it was checked against")
    check_sha256: str = Field(description="of the check's source text")
    rules: list[str] = Field(description="names of all rules that were checked; none was broken")
    measures: list[tuple[str, Quantity]] = Field(description="what the check recomputed")
    sha256: str = Field(description="of the fields above")


class SignalScheduleDocument(Wire):
    """Signal plans of a junction, corridor or district for one day."""

    plan_id: Id
    service_date: Day
    time_zone: TimeZone
    district_ids: list[Id]
    corridor_ids: list[Id]
    day_plans: list[DayPlanDocument]
    measures: list[PlanMeasuresDocument]
    provenance: ProvenanceDocument
    unchanged: list[tuple[Id, str]] = Field(
        default_factory=list, description="junctions left as they are, with the reason"
    )
    assumed: list[str] = Field(default_factory=list, description="what had to be assumed")
    degraded: list[str] = Field(default_factory=list, description="what is not as good as it should be, and why")
    rung: str = Field(default="optimised", description="rung of the fallback ladder")
    kind: Literal["signals"] = "signals"
    certificate: PlanCertificateDocument | None = Field(default=None, description="given when the check passed")


class SignalPlanRequest(Wire):
    """Plan the signals of some junctions, a corridor or a district for one day."""

    junction_ids: Ids = Field(default_factory=list, description="these junctions", examples=[["J01", "J02"]])
    corridor_ids: Ids = Field(default_factory=list, description="all junctions of these corridors, coordinated")
    district_ids: Ids = Field(default_factory=list, description="all junctions of these districts")
    service_date: Day | None = Field(
        default=None, description="date by the city's own clock; without it the day after the forecast was issued"
    )
    at: Moment | None = Field(default=None, description="plan with what was known at this time; without it now")
    seed: int = Field(default=1, ge=0, le=2**31 - 1, description="the same seed gives the same plan")
