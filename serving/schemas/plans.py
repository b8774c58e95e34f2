"""What signal plans and collection plans share on the wire."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire

Document = TypeVar("Document")


class ProvenanceDocument(Wire):
    """What a plan was made from, so that it can be explained and made again."""

    made_at: Moment
    seed: int
    forecast_issued_at: Moment | None = None
    models: list[str] = Field(default_factory=list, description="models and versions behind the forecast")
    history_versions: list[tuple[str, int]] = Field(
        default_factory=list, description="pairs of history table and its version"
    )
    software: str = ""
    work: list[tuple[str, Quantity]] = Field(default_factory=list, description="solver work done, by name")


class FindingDocument(Wire):
    """One broken rule."""

    rule: str = Field(examples=["min_green"])
    subject: str = Field(description="the thing that breaks it")
    sentence: str = Field(description="what was found and what the rule asks for, with numbers")


class CheckDocument(Wire):
    """What the independent check says of a plan."""

    plan_id: str
    ok: bool = Field(description="true if no rule is broken")
    findings: list[FindingDocument] = Field(description="every broken rule")
    measures: dict[str, float] = Field(description="what the check itself recomputed, by name with unit suffix")


class PlanSummary(Wire):
    plan_id: str = Field(examples=["signals-2026-03-31-ab12cd"])
    kind: Literal["signals", "routes"]
    status: str = Field(description="draft, until someone approves it")
    service_date: Day = Field(description="the date by the city's own clock")
    district_ids: list[str] = Field(description="the plan's districts decide who may see it")
    made_at: Moment
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
    plan: Document
    check: CheckDocument


class PlanListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    service_date: Day | None = Field(default=None, description="only plans of this date", examples=["2026-03-31"])
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only plans that touch one of these districts"
    )
    limit: int = Field(default=100, ge=1, le=1000, description="at most so many, newest first")
