"""Who plans in this service: warm processes, a short queue before them, and the jobs that wait in the ledger."""

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import anyio

from city.documents import from_json
from city.errors import CityError
from city.jobs import Job, Jobs, JobStatus, Outcome
from city.ledger import PlanKind
from serving.api import metrics
from serving.desk import Desk
from serving.ladder import AbandonedError, Answered, Control, NoPlanError, climb
from serving.planning_processes import SEARCH, Workbench
from serving.selection import RouteRequest, SignalRequest

logger = logging.getLogger("chengyun.planners")
MOST_WAITING = 4  # requests before each place
MOST_QUEUED = 50  # jobs
LOOK_S = 0.5
BEAT_S = 1.0
LEAST_JOB_S = 10.0  # for a job whose deadline passed before anybody could begin with it
STOP_S = 3.0


class Planners:
    """The processes are started with the first request, or by `start`."""

    def __init__(self, desk: Desk, *, places: int | None = None, search: str = SEARCH, work: bool = True) -> None:
        self.desk = desk
        self.places = places or max(1, (os.cpu_count() or 1) // 2)
        self.holder = f"{socket.gethostname()[:60]}-{os.getpid()}-{secrets.token_hex(3)}"
        self.asking = 0
        self._search = search
        self._work = work
        self._bench: Workbench | None = None
        self._lock = threading.Lock()
        self._nudge = threading.Event()
        self._closed = threading.Event()
        self._running: dict[str, Control] = {}
        self._looker: threading.Thread | None = None
        self._limiter: anyio.CapacityLimiter | None = None

    def start(self) -> None:
        """Warm the processes up, and begin to work on what waits in the ledger."""
        _ = self.bench
        with self._lock:
            if self._looker is None and self._work and not self._closed.is_set():
                self._looker = threading.Thread(target=self._look, daemon=True)
                self._looker.start()

    def close(self) -> None:
        """What is being planned goes back into the queue, and is planned after the next start."""
        self._closed.set()
        self._nudge.set()
        with self._lock:
            running, bench = list(self._running.values()), self._bench
        for control in running:
            control.abandon.set()
        until = time.monotonic() + STOP_S
        while self._running and time.monotonic() < until:
            time.sleep(0.02)
        if bench is not None:
            bench.close()
        for job_id in list(self._running):
            with contextlib.suppress(CityError):
                self.desk.ledger.jobs.release(job_id, self.holder)

    @property
    def bench(self) -> Workbench:
        with self._lock:
            if self._bench is None:
                self._bench = Workbench(self.desk.settings, places=self.places, search=self._search)
            return self._bench

    @contextlib.contextmanager
    def queued(self) -> Iterator[bool]:
        """Whether there is room for one more to wait."""
        with self._lock:
            has_room = self.asking < self.places * (1 + MOST_WAITING)
            self.asking += has_room
            metrics.queue_length("plans", self.asking)
        if not has_room:
            metrics.refused("queue")
        try:
            yield has_room
        finally:
            with self._lock:
                self.asking -= has_room
                metrics.queue_length("plans", self.asking)

    def plan(self, request: SignalRequest | RouteRequest, until: float) -> Answered:
        """The best checked plan by `until` (of the monotonic clock). Raises CityError with the reasons for none."""
        return self._climb(request, until, Control())

    def _climb(self, request: SignalRequest | RouteRequest, until: float, control: Control) -> Answered:
        kind = kind_of(request)
        control.refused = lambda: metrics.check_refused(kind)
        try:
            answered = climb(self.bench, request, until, control)
        except NoPlanError:
            metrics.answered_plan(kind, "none")
            raise
        metrics.answered_plan(kind, answered.rung)
        return answered

    def limiter(self) -> anyio.CapacityLimiter:
        """Threads for those who wait: as many as may."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self.places * (1 + MOST_WAITING))
        return self._limiter

    def nudge(self) -> None:
        """There is a new job."""
        self.start()
        self._nudge.set()

    def _look(self) -> None:
        while not self._closed.is_set():
            self._nudge.wait(LOOK_S)
            self._nudge.clear()
            try:
                while len(self._running) < self.places and not self._closed.is_set() and self._take_one():
                    pass
            except Exception:  # whatever it is, it may pass: jobs must not wait for ever
                logger.exception("the ledger's jobs cannot be read")
                self._closed.wait(LOOK_S * 10)

    def _take_one(self) -> bool:
        jobs = self.desk.ledger.jobs
        job = jobs.claim(self.holder) if jobs.is_any_free() else None
        if job is None:
            return False
        control = Control()
        self._running[job.job_id] = control
        threading.Thread(target=self._do, args=(job, control), daemon=True).start()
        return True

    def _do(self, job: Job, control: Control) -> None:
        jobs, over = self.desk.ledger.jobs, threading.Event()
        beating = threading.Thread(target=_beat, args=(jobs, job.job_id, self.holder, control, over), daemon=True)
        beating.start()
        try:
            outcome = self._outcome(job, control)
            if outcome is None:
                jobs.release(job.job_id, self.holder)
            elif jobs.end(job.job_id, self.holder, outcome):
                metrics.job_ended(job.kind, outcome.status)
        except CityError:
            logger.exception("what became of job %s cannot be stored", job.job_id)
        finally:
            over.set()
            self._running.pop(job.job_id, None)
            metrics.queue_length("jobs", len(self._running))
            self._nudge.set()

    def _outcome(self, job: Job, control: Control) -> Outcome | None:
        """None where nobody waits for it here any more."""
        left_s, said = _time_for(job)
        try:
            answered = self._climb(_request(job), time.monotonic() + left_s, control)
        except AbandonedError:
            return None
        except CityError as error:
            if self._closed.is_set():
                return None
            status: JobStatus = "cancelled" if control.stop.is_set() else "failed"
            return Outcome(status=status, problem_code=error.code, problem=str(error), degraded=said)
        except Exception:  # whatever it was, the job must not be tried for ever
            logger.exception("job %s failed", job.job_id)
            return Outcome(status="failed", problem_code="unexpected", problem="The service's log says why.")
        return Outcome(
            status="cancelled" if control.stop.is_set() else "done",
            plan_id=answered.plan_id,
            rung=answered.rung,
            degraded=(*said, *answered.degraded),
        )


def _beat(jobs: Jobs, job_id: str, holder: str, control: Control, over: threading.Event) -> None:
    """Keep the lease as long as the work goes on, and hear whether it is still wanted."""
    progress = ["preparing"]
    control.told = progress.append
    while not over.wait(BEAT_S):
        try:
            beat = jobs.beat(job_id, holder, progress[-1])
        except CityError:
            logger.exception("the lease of job %s cannot be renewed", job_id)
            continue
        if beat.is_cancelled:
            control.stop.set()
        if beat.is_lost:
            control.abandon.set()


def kind_of(request: SignalRequest | RouteRequest) -> PlanKind:
    return "signals" if isinstance(request, SignalRequest) else "routes"


def _request(job: Job) -> SignalRequest | RouteRequest:
    kind: type[SignalRequest | RouteRequest] = SignalRequest if job.kind == "signals" else RouteRequest
    return from_json(kind, job.request, f"Job {job.job_id}")


def _time_for(job: Job) -> tuple[float, tuple[str, ...]]:
    """What is left of its time, and what there is to say of that."""
    said = []
    left_s = (job.made_at + timedelta(milliseconds=job.deadline_ms) - datetime.now(UTC)).total_seconds()
    if job.attempts > 1:
        said.append(f"The service ended {job.attempts - 1} time(s) while this was being planned; it was begun again.")
    least_s = min(LEAST_JOB_S, job.deadline_ms / 1000)
    if left_s < least_s:
        waited_s = job.deadline_ms / 1000 - left_s
        said.append(
            f"It had waited {waited_s:.0f} s of the {job.deadline_ms / 1000:g} s until its deadline; "
            f"it was planned within {least_s:g} s all the same."
        )
    return max(left_s, least_s), tuple(said)
