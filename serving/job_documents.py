"""Jobs as documents for the wire."""

from datetime import datetime
from typing import Any

from city.jobs import Job


def job_document(job: Job) -> dict[str, Any]:
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "status": job.status,
        "progress": job.progress,
        "person": job.person,
        "made_at": _text(job.made_at),
        "started_at": _text(job.started_at),
        "ended_at": _text(job.ended_at),
        "deadline_ms": job.deadline_ms,
        "attempts": job.attempts,
        "cancelled_by": job.cancelled_by,
        "plan_id": job.plan_id,
        "href": None if job.plan_id is None else f"/v1/{job.kind}/plans/{job.plan_id}",
        "rung": job.rung,
        "degraded": list(job.degraded),
        "problem": None if job.problem is None else {"code": job.problem_code, "detail": job.problem},
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
