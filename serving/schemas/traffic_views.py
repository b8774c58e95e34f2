"""What signal plans are decided on, on the wire: reviews, time-space diagrams, changes by hand, junctions."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from city.congestion_index import AreaKind
from serving.schemas.congestion_index import LevelEntry
from serving.schemas.plan_life import Reason, ShadowMarkDocument
from serving.schemas.plans import CheckDocument, PlanSummary
from serving.schemas.signal_checks import CertificateState, DelayDocument, ScoresDocument
from serving.schemas.signal_plans import SplitDocument
from serving.schemas.what_ifs import PlanExplainedDocument
from serving.schemas.wire import Day, Flag, Id, Moment, Quantity, Whole, Wire

Lamp = Literal["green", "green flash", "yellow", "red-amber", "red"]


class GainDocument(Wire):
    """Delay per vehicle over all junctions whose running plan is known; at the forecast's p10, p50 and p90."""

    junctions: int = Field(description="how many it is taken over")
    planned_s: tuple[Quantity, Quantity, Quantity]
    now_s: tuple[Quantity, Quantity, Quantity] = Field(description="of the running plans")
    share: Quantity = Field(description="of today's delay that the plan saves, at p50", examples=[0.23])
    share_between: tuple[Quantity, Quantity] = Field(description="smallest and largest over p10, p50 and p90")
    worse: list[Id] = Field(description="junctions where the plan waits longer than what runs")


class GroupLamps(Wire):
    group_id: Id
    spans: list[tuple[Lamp, int, int]] = Field(description="lamp, from and until, s of the cycle; they fill it")


class PlanReviewDocument(Wire):
    """One fixed plan as a stage diagram shows it, from the start of the coordinated stage on."""

    plan_number: int
    cycle_s: int
    offset_s: int
    coordinated_stage_id: Id
    splits: list[SplitDocument]
    lamps: list[GroupLamps] = Field(description="empty where the plan speaks of groups that the junction lacks")
    explained: PlanExplainedDocument | None


class StageReview(Wire):
    stage_id: Id
    group_ids: list[Id]
    least_split_s: int | None = Field(description="by minimum greens and intergreens in the junction's own chain, s")


class GroupReview(Wire):
    group_id: Id
    movement_ids: list[Id]
    walks: bool = Field(description="people on foot only")


class JunctionReview(Wire):
    """A junction now and planned."""

    junction_id: Id
    name: str
    district_id: Id
    now: DelayDocument | None
    planned: DelayDocument | None
    entries: list[tuple[int, int]] = Field(description="from when, s after midnight, which plan number runs")
    stages: list[StageReview]
    groups: list[GroupReview]
    cycle_between_s: tuple[int, int]
    plans: list[PlanReviewDocument]
    running: PlanReviewDocument | None = Field(description="what runs today")


class JunctionHead(Wire):
    """A junction of a plan, in a line."""

    junction_id: Id
    name: str
    district_id: Id
    now: DelayDocument | None
    planned: DelayDocument | None
    cycles_s: list[int] = Field(description="of its plans")
    running_cycle_s: int | None
    largest_x: Quantity | None = Field(description="largest degree of saturation of a lane group")
    binds: str | None = Field(description="the rule without which the greens would be others, and what that would save")


class WaitingPlan(PlanSummary):
    """A plan that waits for somebody's decision."""

    rung: str
    said: str = Field(description="of a plan changed by hand: by whom, from which plan and why")
    junctions: int
    gain: GainDocument | None
    passed: Flag = Field(description="its check found nothing, and its certificate holds")
    rules: int
    approved_by: list[str]
    approvals_missing: int
    hindrances: list[str] = Field(description="why it cannot be published yet, whoever approves it")


class WaitingPlans(Wire):
    plans: list[WaitingPlan] = Field(description="of days that are not over yet, newest first")
    more: int = Field(description="how many more wait")


class PlanReview(Wire):
    """What a person looks at before approving a signal plan."""

    plan_id: Id
    service_date: Day
    rung: str = Field(description="rung of the planning ladder, or by_hand")
    made_at: Moment
    forecast_issued_at: Moment | None
    models: list[str]
    gain: GainDocument | None = Field(description="null where no running plan or no forecast is known")
    check: CheckDocument = Field(description="as it was when the plan was stored")
    certificate: CertificateState
    rules: int = Field(description="how many rules the certificate says were checked")
    junctions: list[JunctionHead]
    unchanged: list[tuple[Id, str]] = Field(description="junctions left as they are, with the reason")
    assumed: list[str]
    degraded: list[str]


class StopLine(Wire):
    junction_id: Id
    group_ids: list[Id] = Field(description="that a platoon needs green, all together")
    after_s: Quantity = Field(description="from the first stop line of the direction, s")


class WayDocument(Wire):
    title: str = Field(examples=["J001 to J003"])
    stops: list[StopLine]


class WayGreens(Wire):
    greens_s: list[list[tuple[int, int]]] = Field(
        description="per stop line, from and until, s after the start of the coordinated stage; offset not added"
    )
    band: tuple[int, int, int] | None = Field(
        description="who leaves the first stop line from this second on (area clock), for so long, meets green all the "
        "way; every so many seconds. null: nobody does"
    )


class RunningPlan(Wire):
    junction_id: Id
    plan_number: int
    cycle_s: int
    offset_s: int


class CorridorBlock(Wire):
    """Plans that run together along a corridor."""

    runs_s: list[tuple[int, int]] = Field(description="from and until, s after midnight")
    plans: list[RunningPlan]
    directions: list[WayGreens] = Field(description="in the order of the corridor's directions")


class CorridorJunction(Wire):
    junction_id: Id
    name: str
    distance_m: Quantity = Field(description="from the first junction, m")


class CorridorDiagram(Wire):
    corridor_id: Id
    junctions: list[CorridorJunction]
    directions: list[WayDocument] = Field(description="there, and back where the way back is recorded")
    blocks: list[CorridorBlock] = Field(description="of an hour of the day or more")
    now: CorridorBlock | None = Field(description="the running plans, where all are known")


class CorridorDiagrams(Wire):
    plan_id: Id
    corridors: list[CorridorDiagram]


ChangedSplit = Annotated[int, Field(strict=True, ge=1, le=600)]
EDITS_EXAMPLE: JsonDict = {
    "changes": [
        {"junction_id": "J001", "plan_number": 3, "offset_s": 12, "splits": [{"stage_id": "EW", "split_s": 40}]}
    ]
}


class EditedSplit(Wire):
    stage_id: Id
    split_s: ChangedSplit = Field(description="green + intergreen, s")


class EditDocument(Wire):
    """One plan of one junction. What is not given stays as it is."""

    junction_id: Id
    plan_number: Whole
    offset_s: Annotated[int, Field(strict=True, ge=0, le=3600)] | None = Field(
        default=None, description="start of the coordinated stage's green after local midnight, s; taken in the cycle"
    )
    splits: list[EditedSplit] = Field(default_factory=list, max_length=50, description="the cycle is their sum")


class EditsRequest(Wire):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [EDITS_EXAMPLE]})

    changes: list[EditDocument] = Field(min_length=1, max_length=500)


class SignRequest(EditsRequest):
    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{**EDITS_EXAMPLE, "reason": "The fair."}]}
    )

    reason: Reason


class EditsTried(Wire):
    """Nothing of it is stored."""

    plan_id: Id = Field(description="the plan that was changed")
    said: list[str] = Field(description="what was changed, as sentences")
    check: CheckDocument = Field(description="of the changed junctions and those along their corridors")
    scores: ScoresDocument
    junctions: list[JunctionReview] = Field(description="the changed ones; none where no lamps follow from the splits")


class ShownMovement(Wire):
    movement_id: Id
    approach: str
    lanes: int


class JunctionState(Wire):
    """Whether plans may be published over a junction, and why not."""

    junction_id: Id
    name: str
    district_id: Id
    mode: str = Field(description="fixed, coordinated, actuated, flashing, all_red, manual, escort or fault")
    verified_by: str | None = Field(description="who compared its record with the site; null: nobody has")
    verified_on: str | None
    shadow: ShadowMarkDocument | None = Field(description="in shadow mode since when, until when, and why")
    running_cycle_s: int | None
    movements: list[ShownMovement] = Field(description="of vehicles")


class JunctionStates(Wire):
    junctions: list[JunctionState]


class DoubtDocument(Wire):
    weight: Literal["wrong", "doubtful", "missing"]
    rule: str
    subject: str
    sentence: str
    cost: str = Field(description="what follows from leaving it so")


class JunctionAudit(Wire):
    """A junction's record and running plan, against what its detectors counted lately."""

    junction_id: Id
    name: str
    ok: Flag = Field(description="no rule is broken; doubts may remain")
    doubts: list[DoubtDocument] = Field(description="wrong first, then doubtful, then missing")
    assumed: list[str]


class AreaColumns(Wire):
    """Each list is as long as `times`; null where nothing is forecast."""

    area_kind: AreaKind
    area_id: str = Field(description="detector, or city")
    index_p10: list[Quantity | None] = Field(description="10 % quantile of the index, times the free-flow time")
    index_p50: list[Quantity | None]
    index_p90: list[Quantity | None]
    congested_probability: list[Quantity | None] = Field(description="of level moderate or severe")


class CongestionColumns(Wire):
    """The congestion index of detectors and city, for a map; levels follow from the median by the table."""

    issued_at: Moment
    levels: list[LevelEntry]
    times: list[Moment] = Field(description="start of each step, UTC")
    areas: list[AreaColumns]
    degraded: list[str] = Field(default_factory=list)
