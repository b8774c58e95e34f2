"""What-ifs of signal plans on the wire."""

from pydantic import Field

from serving.schemas.plans import CheckDocument
from serving.schemas.signal_checks import DelayDocument
from serving.schemas.signal_plans import SignalPlanRequest, SignalScheduleDocument
from serving.schemas.wire import Id, Quantity, Wire


class WhatIfRequest(SignalPlanRequest):
    """Another day than the forecast one: more or less traffic, a lane closed, a crossing added."""

    changes: list[str] = Field(
        min_length=1,
        max_length=50,
        description="demand:+20%, demand:-10%:J001, close-lane:J001:N-through:1 or add-crossing:J001:N:14 (m; and "
        ":200 people per hour)",
        examples=[["demand:+20%", "close-lane:J001:N-through:1"]],
    )
    keep: bool = Field(default=False, description="store a what-if of demand alone as a draft of its day")


class CriticalDocument(Wire):
    """The lane group that uses most of its capacity."""

    movement_ids: list[Id]
    group_id: Id
    x: Quantity = Field(description="degree of saturation")


class ChangeDocument(Wire):
    seconds: int
    from_stage_id: Id | None = Field(description="null: from the cycle")
    to_stage_id: Id | None = Field(description="null: to the cycle")


class BindingDocument(Wire):
    """The rule that stands between the plan and a better one."""

    rules: list[str]
    group_ids: list[Id]
    change: ChangeDocument
    saved_s: Quantity = Field(description="per vehicle, if the rules allowed the change, s")
    sentence: str


class PlanExplainedDocument(Wire):
    plan_number: int
    runs_s: list[tuple[int, int]] = Field(description="from and until, s after midnight")
    cycle_s: int
    planned: DelayDocument
    now: DelayDocument | None = Field(description="of the running plan at the same hours")
    critical: CriticalDocument | None
    binding: BindingDocument | None = None


class JunctionExplainedDocument(Wire):
    """Over all vehicles of the day."""

    junction_id: Id
    name: str
    planned: DelayDocument
    now: DelayDocument | None
    plans: list[PlanExplainedDocument]


class JunctionComparedDocument(Wire):
    """Delay of today's plan today; then, with the changes: of today's plan, of the stored one, and planned anew."""

    junction_id: Id
    today: DelayDocument | None
    running: DelayDocument | None
    stored: DelayDocument | None
    planned: DelayDocument | None


class WhatIfDocument(Wire):
    """The day planned anew with the changes, beside today's and the stored plans."""

    changes: list[str] = Field(description="as a person says them")
    plan: SignalScheduleDocument
    check: CheckDocument
    explained: list[JunctionExplainedDocument]
    junctions: list[JunctionComparedDocument]
    stored_plan_ids: list[Id] = Field(description="the newest stored plans of the day, compared with")
    said: list[str] = Field(description="what today's and the stored plans cannot do any more")
    kept: bool = Field(description="true: it is stored as a draft of its day under its plan_id")
