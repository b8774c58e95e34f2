"""Planning jobs: where they are, what came of them, and an end to those that are not needed any more."""

import asyncio
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Path, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from city.access import Caller
from city.audit_log import AuditLine, append_line
from city.errors import NotFoundError
from city.jobs import OPEN, Job
from serving.api.access import needs
from serving.api.documents import plain
from serving.api.problems import responses
from serving.api.reading import StrictRoute
from serving.api.state import AtOffice, Office
from serving.job_documents import job_document
from serving.schemas.jobs import JobDocument, JobList, JobListQuery

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=StrictRoute)
JobId = Annotated[str, Path(min_length=1, max_length=40, description="as the answer 202 names it")]
Asker = Annotated[Caller, needs("signals:plan", "routes:plan", "signals:read", "routes:read")]
Planner = Annotated[Caller, needs("signals:plan", "routes:plan")]
ENDS_WITHIN_S = 10.0
LOOK_S = 0.1


@router.get("", response_model=JobList, responses=responses(), summary="Planning jobs, newest first")
def jobs(query: Annotated[JobListQuery, Query()], office: AtOffice, caller: Asker) -> Response:
    """One's own, and those of others whose plans one may read."""
    found = office.desk.ledger.jobs.of(caller, status=query.status, limit=query.limit)
    return plain({"jobs": list(map(job_document, found))})


@router.get("/{job_id}", response_model=JobDocument, responses=responses("not-found"), summary="One planning job")
def job(job_id: JobId, office: AtOffice, caller: Asker) -> Response:
    """Its state; when it has ended, where its plan is, or why there is none."""
    return plain(job_document(_one(office, job_id, caller)))


@router.delete(
    "/{job_id}",
    response_model=JobDocument,
    responses=responses("not-found", "broken-rule"),
    summary="Cancel a job, and have its best plan so far",
)
async def cancel(job_id: JobId, office: AtOffice, caller: Planner) -> Response:
    """The search ends, and the best plan that was found until then is checked and stored as a draft like any other."""
    return plain(await _cancelled(office, job_id, caller))


@router.post(
    "/{job_id}/cancel",
    response_model=JobDocument,
    responses=responses("not-found", "broken-rule"),
    summary="Cancel a job, and have its best plan so far",
)
async def cancel_it(job_id: JobId, office: AtOffice, caller: Planner) -> Response:
    """The same as DELETE, for those who cannot send that."""
    return plain(await _cancelled(office, job_id, caller))


async def _cancelled(office: Office, job_id: str, caller: Caller) -> dict[str, Any]:
    await anyio.to_thread.run_sync(_cancel, office, job_id, caller)
    end = asyncio.get_running_loop().time() + ENDS_WITHIN_S
    while True:
        found = await anyio.to_thread.run_sync(office.desk.ledger.jobs.get, job_id)
        if found.status not in OPEN or asyncio.get_running_loop().time() > end:
            return job_document(found)
        await asyncio.sleep(LOOK_S)


def _cancel(office: Office, job_id: str, caller: Caller) -> None:
    found = _one(office, job_id, caller)
    if not caller.may("signals:plan" if found.kind == "signals" else "routes:plan"):
        raise NotFoundError(kind="job", name=job_id)

    def noted(session: Session, job: Job) -> None:
        line = AuditLine(
            action="job.cancelled",
            subject=job.job_id,
            person=caller.person,
            key_id=caller.key_id,
            districts=job.districts or (),
            detail={"kind": job.kind, "of": job.person},
        )
        append_line(session, line)

    office.desk.ledger.jobs.cancel(job_id, by=caller.person, noted=noted)


def _one(office: Office, job_id: str, caller: Caller) -> Job:
    """Another's job is for the caller the same as one that does not exist."""
    found = office.desk.ledger.jobs.get(job_id)
    if not found.visible_to(caller):
        raise NotFoundError(kind="job", name=job_id)
    return found
