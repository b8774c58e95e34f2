"""What signal plans and collection plans share on the wire."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Day, Flag, Id, Moment, Quantity, Whole, Wire

Document = TypeVar("Document")
DEADLINE = (
    "the best checked plan is answered by then, waiting included; `rung` and `degraded` say which one it is. Above "
    "100 000 ms the answer is 202 with a job"
)


class OrderedStopDocument(Wire):
    """A point that an accepted complaint asked for."""

    point_id: str
    stream: str
    due_at: Moment
    weight: Quantity = Field(description="how much leaving it counts against an overflow")
    complaint_ids: list[str]


class FairPointsDocument(Wire):
    """What was done for a bound on the gap between districts."""

    gap: Quantity | None = Field(description="the bound; null where it could not be kept")
    points: list[tuple[str, str]] = Field(description="(point, stream) priced so that they are served")
    sentence: str = Field(description="what it cost")


class RecipeDocument(Wire):
    """What it takes, beside the solver's work, to make the plan again: `city replay` does."""

    request: dict[str, Flag | Whole | Quantity | str | list[str] | None] = Field(description="what was asked for")
    read_at: Moment = Field(description="what has no time of its own was read as it was known then")
    tables: list[tuple[str, Whole]] = Field(default_factory=list, description="every table looked at, and its version")
    imports: list[str] = Field(default_factory=list, description="imports whose assumptions the plan states")
    usual_plan_id: str | None = Field(default=None, description="the plan whose trucks are the usual ones")
    usual_plan_sha256: str = ""
    index_issued_at: Moment | None = Field(default=None, description="issue of the congestion index behind the paces")
    models: list[tuple[str, str]] = Field(default_factory=list, description="models and the SHA-256 that seals each")
    ladder: list[str] | None = Field(
        default=None, description="what the planning ladder said of the search; null where there was no deadline"
    )
    cores: Whole | None = None
    platform: str = ""
    packages: list[tuple[str, str]] = Field(default_factory=list, description="packages that matter, with versions")
    code_sha256: str = Field(default="", description="of the planner's sources")
    orders: list[OrderedStopDocument] = Field(default_factory=list, description="points that complaints asked for")
    fairness: FairPointsDocument | None = Field(default=None, description="null where no bound was asked for")
    in_force: list[tuple[str, str]] = Field(
        default_factory=list, description="of a rolling plan: junctions, and the published plan that held at each"
    )


class ProvenanceDocument(Wire):
    """What a plan was made from, so that it can be explained and made again."""

    made_at: Moment
    seed: Whole
    forecast_issued_at: Moment | None = None
    models: list[str] = Field(default_factory=list, description="models and versions behind the forecast")
    history_versions: list[tuple[str, Whole]] = Field(
        default_factory=list, description="pairs of history table and its version"
    )
    software: str = ""
    work: list[tuple[str, Quantity]] = Field(default_factory=list, description="solver work done, by name")
    solver: list[str] = Field(default_factory=list, description="solvers that did not end by themselves")
    recipe: RecipeDocument | None = Field(default=None, description="null for plans made by other means")


class FindingDocument(Wire):
    """One broken rule."""

    rule: str = Field(examples=["min_green"])
    subject: str = Field(description="the thing that breaks it")
    sentence: str = Field(description="what was found and what the rule asks for, with numbers")


class CheckDocument(Wire):
    """What the independent check says of a plan."""

    plan_id: str
    ok: Flag = Field(description="true if no rule is broken")
    findings: list[FindingDocument] = Field(description="every broken rule")
    measures: dict[str, Quantity] = Field(description="what the check itself recomputed, by name with unit suffix")


class PlanSummary(Wire):
    plan_id: str = Field(examples=["signals-2026-03-31-ab12cd"])
    kind: Literal["signals", "routes"]
    status: str = Field(description="draft, approved, published, expired, rolled_back or refused", examples=["draft"])
    service_date: Day = Field(description="the date by the city's own clock")
    district_ids: list[str] = Field(description="the plan's districts decide who may see it")
    made_at: Moment
    valid_until: Moment | None = Field(default=None, description="of a published plan: when it expires by itself")
    href: str = Field(description="where the plan itself is", examples=["/v1/signals/plans/signals-2026-03-31-ab12cd"])


class PlanList(Wire):
    plans: list[PlanSummary] = Field(description="newest first")


class StoredPlanDocument(Wire, Generic[Document]):
    """A stored plan with what its check said when it was stored."""

    plan_id: str
    kind: str
    status: str
    service_date: Day
    district_ids: list[str]
    made_at: Moment
    valid_until: Moment | None = Field(default=None, description="of a published plan: when it expires by itself")
    plan: Document
    check: CheckDocument


class PlanListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service_date: Day | None = Field(default=None, description="only plans of this date", examples=["2026-03-31"])
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only plans that touch one of these districts"
    )
    limit: int = Field(default=100, ge=1, le=1000, description="at most so many, newest first")
