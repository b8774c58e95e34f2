"""Planning jobs on the wire."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import Moment, Wire


class JobProblem(Wire):
    """Why there is no plan."""

    code: str = Field(examples=["no-plan"])
    detail: str = Field(description="a sentence for a person")


class JobDocument(Wire):
    """Somebody's wish for a plan, and what came of it."""

    job_id: str = Field(examples=["job-3f2a9c5be01d7744"])
    kind: Literal["signals", "routes"]
    status: Literal["queued", "running", "done", "failed", "cancelled"] = Field(
        description="a cancelled job may hold the best plan that was found until then"
    )
    progress: str = Field(
        description="waiting, preparing, searching, improving (there is an optimised plan already), storing, ended"
    )
    person: str = Field(description="who asked for it")
    made_at: Moment
    started_at: Moment | None = None
    ended_at: Moment | None = None
    deadline_ms: int = Field(description="from `made_at` on")
    attempts: int = Field(description="how often it was begun; more than once where the service ended meanwhile")
    cancelled_by: str | None = None
    plan_id: str | None = Field(default=None, description="the checked plan, stored as a draft")
    href: str | None = Field(default=None, description="where the plan is", examples=["/v1/routes/plans/routes-..."])
    rung: str | None = Field(default=None, description="rung of the fallback ladder that the plan is of")
    degraded: list[str] = Field(default_factory=list, description="what is not as good as it should be, and why")
    problem: JobProblem | None = None


class JobList(Wire):
    jobs: list[JobDocument] = Field(description="newest first")


class JobListQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: Literal["queued", "running", "done", "failed", "cancelled"] | None = Field(
        default=None, description="only jobs of this status"
    )
    limit: int = Field(default=100, ge=1, le=1000, description="at most so many, newest first")
