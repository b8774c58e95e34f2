"""Planning jobs: who wants which plan, who works on it, and what came of it. They outlive the processes that plan.

Several services share them: whoever claims a job holds it for a lease, which is renewed as long as the work goes on. A
job whose holder is gone is claimed again.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast, get_args

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from city.access import Caller
from city.errors import BrokenRuleError, NotFoundError
from city.ids import DistrictId, PlanId
from city.job_tables import JobRow
from city.ledger_database import take_turn
from city.ledger_rows import utc

JobStatus = Literal["queued", "running", "done", "failed", "cancelled"]
JOB_STATUSES: tuple[JobStatus, ...] = get_args(JobStatus)
OPEN = ("queued", "running")
LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 3
KEPT = timedelta(days=30)
Sessions = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`request` is JSON; `districts` are those it stays within, None for the whole city. `attempts` were begun."""

    job_id: str
    kind: str
    status: JobStatus
    person: str
    key_id: str
    districts: tuple[DistrictId, ...] | None
    request: str
    deadline_ms: int
    made_at: datetime
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress: str = "waiting"
    cancelled_by: str | None = None
    plan_id: PlanId | None = None
    rung: str | None = None
    degraded: tuple[str, ...] = ()
    problem_code: str | None = None
    problem: str | None = None

    def visible_to(self, caller: Caller) -> bool:
        """One's own, and others' where one may read such plans; of neither a job that reaches into other districts."""
        may_read = caller.may("signals:read" if self.kind == "signals" else "routes:read")
        return caller.sees_all_of(self.districts or ()) and (self.person == caller.person or may_read)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ended."""

    status: JobStatus
    plan_id: PlanId | None = None
    rung: str | None = None
    degraded: tuple[str, ...] = ()
    problem_code: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What whoever works on a job hears: that somebody wants it to end, or that it is theirs no more."""

    is_cancelled: bool = False
    is_lost: bool = False


class Jobs:
    def __init__(self, session: Sessions) -> None:
        self._session = session

    def submit(
        self,
        caller: Caller,
        kind: str,
        request: str,
        *,
        deadline_ms: int,
        most_queued: int,
        now: datetime | None = None,
    ) -> Job | None:
        """A job that waits; None where `most_queued` do already."""
        moment = now or datetime.now(UTC)
        within = caller.within()
        row = JobRow(
            job_id=f"job-{secrets.token_hex(8)}",
            kind=kind,
            status="queued",
            person=caller.person,
            key_id=caller.key_id,
            districts=None if within is None else json.dumps(within, ensure_ascii=False),
            request=request,
            deadline_ms=deadline_ms,
            made_at=moment,
            attempts=0,
            progress="waiting",
            degraded="[]",
        )
        with self._session() as session:
            session.execute(delete(JobRow).where(JobRow.ended_at < moment - KEPT))
            if _count(session, JobRow.status == "queued") >= most_queued:
                return None
            session.add(row)
            session.flush()
            return _job(row)

    def get(self, job_id: str) -> Job:
        with self._session() as session:
            return _job(_row(session, job_id))

    def of(self, caller: Caller, *, status: JobStatus | None = None, limit: int = 100) -> tuple[Job, ...]:
        """Those that the caller may see, newest first."""
        query = select(JobRow).order_by(JobRow.made_at.desc(), JobRow.job_id)
        if status is not None:
            query = query.where(JobRow.status == status)
        found: list[Job] = []
        with self._session() as session:
            for row in session.scalars(query.execution_options(yield_per=200)):
                if (job := _job(row)).visible_to(caller):
                    found.append(job)
                if len(found) == limit:
                    break
        return tuple(found)

    def counts(self) -> dict[str, int]:
        """Jobs by status."""
        with self._session() as session:
            rows = session.execute(select(JobRow.status, func.count()).group_by(JobRow.status)).all()
        return dict.fromkeys(JOB_STATUSES, 0) | {status: int(count) for status, count in rows}

    def is_any_free(self, *, now: datetime | None = None) -> bool:
        """Whether a claim is worth its writing."""
        moment = now or datetime.now(UTC)
        with self._session() as session:
            return _count(session, or_(JobRow.status == "queued", _abandoned(moment))) > 0

    def claim(self, holder: str, *, now: datetime | None = None) -> Job | None:
        """The oldest job that nobody works on, now the holder's; None if there is none."""
        moment = now or datetime.now(UTC)
        abandoned = _abandoned(moment)
        with self._session() as session:
            take_turn(session, "jobs")
            session.execute(
                update(JobRow)
                .where(abandoned, or_(JobRow.attempts >= MOST_ATTEMPTS, JobRow.cancelled_by.is_not(None)))
                .values(**_given_up(moment))
                .execution_options(synchronize_session=False)
            )
            free = or_(JobRow.status == "queued", abandoned)
            oldest = select(JobRow.job_id).where(free).order_by(JobRow.made_at, JobRow.job_id).limit(1)
            taken = session.scalars(
                update(JobRow)
                .where(JobRow.job_id == oldest.scalar_subquery(), free)
                .values(
                    status="running",
                    holder=holder,
                    held_until=moment + LEASE,
                    started_at=moment,
                    attempts=JobRow.attempts + 1,
                    progress="waiting",
                )
                .returning(JobRow)
                .execution_options(synchronize_session=False, populate_existing=True)
            ).first()
            return None if taken is None else _job(taken)

    def beat(self, job_id: str, holder: str, progress: str, *, now: datetime | None = None) -> Beat:
        """Keep the lease, say how far it is, hear whether it is still wanted."""
        moment = now or datetime.now(UTC)
        with self._session() as session:
            row = session.execute(
                update(JobRow)
                .where(_held(job_id, holder))
                .values(held_until=moment + LEASE, progress=progress)
                .returning(JobRow.cancelled_by)
            ).first()
        return Beat(is_lost=True) if row is None else Beat(is_cancelled=row[0] is not None)

    def end(self, job_id: str, holder: str, outcome: Outcome, *, now: datetime | None = None) -> bool:
        """False where it was somebody else's by then: their outcome counts."""
        values = {
            "status": outcome.status,
            "ended_at": now or datetime.now(UTC),
            "holder": None,
            "held_until": None,
            "progress": "ended",
            "plan_id": outcome.plan_id,
            "rung": outcome.rung,
            "degraded": json.dumps(outcome.degraded, ensure_ascii=False),
            "problem_code": outcome.problem_code,
            "problem": outcome.problem,
        }
        with self._session() as session:
            done = session.execute(
                update(JobRow).where(_held(job_id, holder)).values(**values).returning(JobRow.job_id)
            )
            return done.first() is not None

    def release(self, job_id: str, holder: str) -> None:
        """Back into the queue, as if it had not been begun: its holder stops."""
        values = {"status": "queued", "holder": None, "held_until": None, "progress": "waiting"}
        with self._session() as session:
            session.execute(update(JobRow).where(_held(job_id, holder)).values(**values, attempts=JobRow.attempts - 1))

    def cancel(
        self, job_id: str, *, by: str, noted: Callable[[Session, Job], None] | None = None, now: datetime | None = None
    ) -> Job:
        """One that waits is cancelled; one that runs is asked for its best so far. `noted` joins in the deed."""
        with self._session() as session:
            take_turn(session, "jobs")
            row = _row(session, job_id)
            if row.status not in OPEN:
                raise BrokenRuleError(subject=f"Job {job_id}", problem=f"it is {row.status} and cannot be cancelled")
            if row.cancelled_by is None:
                row.cancelled_by = by
                if row.status == "queued":
                    row.status, row.ended_at, row.progress = "cancelled", now or datetime.now(UTC), "ended"
                if noted is not None:
                    noted(session, _job(row))
            return _job(row)


def _abandoned(moment: datetime) -> ColumnElement[bool]:
    return (JobRow.status == "running") & (JobRow.held_until < moment)


def _given_up(moment: datetime) -> dict[str, Any]:
    told = f"It was begun {MOST_ATTEMPTS} times, and each time the process that planned it ended. Ask for it again."
    return {
        "status": "failed",
        "ended_at": moment,
        "holder": None,
        "held_until": None,
        "progress": "ended",
        "problem_code": "no-plan",
        "problem": told,
    }


def _held(job_id: str, holder: str) -> ColumnElement[bool]:
    return (JobRow.job_id == job_id) & (JobRow.holder == holder) & (JobRow.status == "running")


def _row(session: Session, job_id: str) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None:
        raise NotFoundError(kind="job", name=job_id)
    return row


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(JobRow).where(which)) or 0


def _job(row: JobRow) -> Job:
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        status=cast("JobStatus", row.status),
        person=row.person,
        key_id=row.key_id,
        districts=None if row.districts is None else tuple(map(DistrictId, json.loads(row.districts))),
        request=row.request,
        deadline_ms=row.deadline_ms,
        made_at=utc(row.made_at),
        attempts=row.attempts,
        started_at=None if row.started_at is None else utc(row.started_at),
        ended_at=None if row.ended_at is None else utc(row.ended_at),
        progress=row.progress,
        cancelled_by=row.cancelled_by,
        plan_id=None if row.plan_id is None else PlanId(row.plan_id),
        rung=row.rung,
        degraded=tuple(json.loads(row.degraded)),
        problem_code=row.problem_code,
        problem=row.problem,
    )
