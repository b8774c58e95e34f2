"""Planning on request: by its deadline, or as a job; a short queue, and a refusal beyond it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from city.access import Caller
from city.documents import canonical_json
from serving.api.documents import as_bytes, created
from serving.api.once import ONCE, IdempotencyKey, once
from serving.api.problems import ProblemError, responses
from serving.api.request_log import note
from serving.api.state import PLANNERS, WAITING, AtOffice, Office
from serving.job_documents import job_document
from serving.ladder import NoPlanError
from serving.plan_documents import stored_document
from serving.planners import MOST_QUEUED, kind_of
from serving.schemas.jobs import JobDocument
from serving.selection import RouteRequest, SignalRequest

Made = TypeVar("Made")
RETRY_AFTER_S = 15
REFUSALS = (  # what a planning request may be answered with instead of a plan
    "malformed-body",
    "body-too-large",
    "unsupported-media-type",
    "unknown-id",
    "missing-input",
    "infeasible",
    "overloaded",
    "no-plan",
    *ONCE,
)
PLANNED: dict[int | str, dict[str, Any]] = {
    **responses(*REFUSALS),
    202: {"model": JobDocument, "description": "A job, where one was asked for"},
}
LONGEST_WAIT_MS = 100_000  # no request may be answered later than 120 s; who has more time gets a job
NO_PLAN_RETRY_S = 5


async def planned(office: Office, make: Callable[[], Made]) -> Made:
    """Solvers release the interpreter and keep to their own limits; health and forecasts are answered meanwhile."""
    if office.waiting >= PLANNERS + WAITING:
        raise ProblemError(
            "overloaded",
            f"{office.waiting} planning requests are under way or waiting.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    if office.planners is None:
        office.planners = anyio.CapacityLimiter(PLANNERS)
    office.waiting += 1
    try:
        return await anyio.to_thread.run_sync(make, limiter=office.planners)
    finally:
        office.waiting -= 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """How whoever asks wants to hear of the plan: at once when it is there, or of a job."""

    request: Request
    office: Office
    key: str | None
    for_it: bool


def how_to_wait(
    request: Request,
    office: AtOffice,
    key: IdempotencyKey = None,
    prefer: Annotated[str | None, Header(max_length=200, description="respond-async: answer 202 with a job")] = None,
    *,
    wait: Annotated[bool, Query(description="false: answer 202 with a job at once")] = True,
) -> Waiting:
    asked_async = "respond-async" in (prefer or "").casefold().replace(",", " ").replace(";", " ").split()
    return Waiting(request, office, key, wait and not asked_async)


HowToWait = Annotated[Waiting, Depends(how_to_wait)]


async def answered(
    waiting: Waiting, caller: Caller, wanted: SignalRequest | RouteRequest, deadline_ms: int
) -> Response:
    """The stored plan by its deadline, or a job; once per Idempotency-Key."""
    until = time.monotonic() + deadline_ms / 1000
    at_once = waiting.for_it and deadline_ms <= LONGEST_WAIT_MS

    async def make() -> Response:
        if at_once:
            return await _planned_by(waiting, wanted, until)
        return await _submitted(waiting.office, caller, wanted, deadline_ms)

    longest_s = min(deadline_ms, LONGEST_WAIT_MS) / 1000
    return await once(
        waiting.request, waiting.office.desk.ledger.replies, caller, waiting.key, make, longest_s=longest_s
    )


async def _planned_by(waiting: Waiting, wanted: SignalRequest | RouteRequest, until: float) -> Response:
    office, planning = waiting.office, waiting.office.planning
    with planning.queued() as has_room:
        if not has_room:
            raise ProblemError(
                "overloaded",
                "As many planning requests as may wait are under way already.",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        try:
            made = await anyio.to_thread.run_sync(planning.plan, wanted, until, limiter=planning.limiter())
        except NoPlanError as error:
            raise ProblemError("no-plan", str(error), headers={"Retry-After": str(NO_PLAN_RETRY_S)}) from error
    note(waiting.request, rung=made.rung)
    stored = await anyio.to_thread.run_sync(office.desk.ledger.plan, made.plan_id)
    return created(stored_document(stored), f"/v1/{stored.kind}/plans/{stored.plan_id}")


async def _submitted(
    office: Office, caller: Caller, wanted: SignalRequest | RouteRequest, deadline_ms: int
) -> Response:
    kind = kind_of(wanted)
    job = await anyio.to_thread.run_sync(
        lambda: office.desk.ledger.jobs.submit(
            caller, kind, canonical_json(wanted), deadline_ms=deadline_ms, most_queued=MOST_QUEUED
        )
    )
    if job is None:
        raise ProblemError(
            "overloaded", f"{MOST_QUEUED} jobs are waiting already.", headers={"Retry-After": str(RETRY_AFTER_S)}
        )
    office.planning.nudge()
    return Response(
        as_bytes(job_document(job)), 202, {"Location": f"/v1/jobs/{job.job_id}"}, media_type="application/json"
    )
