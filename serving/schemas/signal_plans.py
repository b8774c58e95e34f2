"""Signal plans on the wire, field by field as `city/signal_plans.py` has them."""

from typing import Literal

from pydantic import Field

from serving.schemas.plans import DEADLINE, ProvenanceDocument
from serving.schemas.wire import Day, Id, Ids, Moment, Quantity, SecondOfDay, TimeZone, Whole, Wire


class SplitDocument(Wire):
    """Green and intergreen of one stage."""

    stage_id: Id
    split_s: Whole = Field(description="green + intergreen, s", examples=[34])


class GreenDocument(Wire):
    """A group's green, counted from the start of the coordinated stage's green; it may pass the end of the cycle."""

    group_id: Id
    start_s: Whole = Field(description="in [0, cycle), s")
    end_s: Whole = Field(description="in (start, start + cycle], s")


class StageActuationDocument(Wire):
    """How far traffic may shorten or lengthen a stage; times count like its split."""

    stage_id: Id
    min_s: Whole = Field(description="shortest time, s", examples=[16])
    max_s: Whole = Field(description="longest time, s", examples=[44])
    extension_s: Quantity = Field(description="gap after which the stage gives way (passage time), s", examples=[3.0])
    force_off_s: Whole = Field(description="second of the cycle in which the stage begins to end where coordinated")
    recall: Literal["none", "minimum", "walk"] = "minimum"


class WalkTimeDocument(Wire):
    group_id: Id
    walk_s: Whole = Field(description="from the start of the group's first stage on, s")


class ExtensionDetectorDocument(Wire):
    """A detector that is needed on every lane of a movement."""

    movement_id: Id
    before_line_m: Quantity = Field(description="distance to the stop line, m")


class JumpDocument(Wire):
    """How a stage ends when those after it are left out: how long before the later stage its greens end."""

    from_stage_id: Id
    to_stage_id: Id
    leads_s: list[tuple[Id, Whole]]


class ActuationDocument(Wire):
    """Planned-actuated parameters of one plan."""

    stages: list[StageActuationDocument] = Field(description="in the order of the plan's splits")
    walks: list[WalkTimeDocument] = Field(default_factory=list)
    detectors: list[ExtensionDetectorDocument] = Field(default_factory=list)
    jumps: list[JumpDocument] = Field(default_factory=list, description="changes past stages with recall none")
    call_after_s: Whole | None = Field(
        default=None, description="red after which a stage with recall none is served unasked, s"
    )


class SignalPlanDocument(Wire):
    """One fixed plan of one junction."""

    junction_id: Id
    plan_number: Whole
    cycle_s: Whole = Field(description="s", examples=[90])
    offset_s: Whole = Field(
        description="start of the coordinated stage's green after local midnight, in [0, cycle), s; larger is later"
    )
    coordinated_stage_id: Id
    splits: list[SplitDocument] = Field(description="in the order of the stage chain; they fill the cycle")
    greens: list[GreenDocument]
    actuation: ActuationDocument | None = Field(
        default=None, description="for actuated controllers; the fixed plan stands without it"
    )


class TransitionStepDocument(Wire):
    """One cycle on the way to a plan's offset, of the plan's stages."""

    splits: list[SplitDocument]
    greens: list[GreenDocument]


class DayPlanEntryDocument(Wire):
    start_s: SecondOfDay
    plan_number: Whole
    steps: list[TransitionStepDocument] = Field(
        default_factory=list,
        description="first cycles of the plan, after which it keeps its offset; none: its coordinated stage is held",
    )


class DayPlanDocument(Wire):
    """Which plan runs from when at one junction."""

    junction_id: Id
    district_id: Id
    entries: list[DayPlanEntryDocument] = Field(description="ascending, from midnight on")
    plans: list[SignalPlanDocument]
    introduction: list[TransitionStepDocument] = Field(
        default_factory=list, description="steps from what ran before, on the first day"
    )


class PlanMeasuresDocument(Wire):
    """What one plan of one junction promises at the flows it was made for."""

    junction_id: Id
    plan_number: Whole
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
    day_kind: Literal["workday", "adjusted_workday", "weekend", "holiday", "special_event"] | None = Field(
        default=None, description="what the day is in the city's calendar"
    )


class SignalPlanRequest(Wire):
    """Plan the signals of some junctions, a corridor or a district for one day."""

    junction_ids: Ids = Field(default_factory=list, description="these junctions", examples=[["J01", "J02"]])
    corridor_ids: Ids = Field(default_factory=list, description="all junctions of these corridors, coordinated")
    district_ids: Ids = Field(default_factory=list, description="all junctions of these districts")
    service_date: Day | None = Field(
        default=None, description="date by the city's own clock; without it the day after the forecast was issued"
    )
    at: Moment | None = Field(default=None, description="plan with what was known at this time; without it now")
    seed: Whole = Field(default=1, ge=0, le=2**31 - 1, description="the same seed gives the same plan")
    deadline_ms: Whole = Field(default=60_000, ge=500, le=600_000, description=DEADLINE)
