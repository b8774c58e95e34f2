"""What the service counts of itself, for Prometheus at /metrics.

Every label is one of a known few: no path, name or id that a caller chose ever becomes a series. With several workers
each writes into files that whichever worker is asked adds up (PROMETHEUS_MULTIPROC_DIR, set by the process manager).
"""

import os
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

__all__ = [
    "CONTENT_TYPE_LATEST",
    "MULTIPROCESS",
    "UNKNOWN",
    "answered_plan",
    "check_refused",
    "exposition",
    "forget_dead_workers",
    "gauge",
    "in_flight",
    "job_ended",
    "observe_request",
    "queue_length",
    "refused",
]
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
UNKNOWN = "unknown"
KINDS = frozenset({"signals", "routes"})
QUEUES = frozenset({"plans", "jobs", "imports", "trainings"})
OUTCOMES = frozenset({"done", "failed", "cancelled", "killed"})
MOST_RUNGS = 16
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Refusal = Literal["rate", "concurrency", "guessing", "in_flight", "queue"]
BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)

_requests = Histogram(
    "city_request_seconds",
    "Time until the whole answer was handed over, by route template",
    ("route", "method", "status"),
    buckets=BUCKETS_S,
)
_in_flight = Gauge("city_requests_in_flight", "Requests being answered now", multiprocess_mode="livesum")
_refused = Counter("city_requests_refused", "Requests refused because of a limit", ("limit",))
_plans = Counter("city_plan_answers", "Planning requests answered, by rung of the ladder", ("kind", "rung"))
_checks = Counter("city_check_refusals", "Plans that the check refused", ("kind",))
_queues = Gauge("city_queue_length", "What waits or is under way", ("queue",), multiprocess_mode="livesum")
_jobs = Counter("city_jobs_ended", "Jobs that came to an end", ("kind", "outcome"))
_gauges: dict[str, Gauge] = {}
_rungs: set[str] = set()
_known: dict[tuple[str, str, int], Any] = {}


def observe_request(route: str, method: str, status: int, seconds: float) -> None:
    """`route` is a template of the application, or UNKNOWN."""
    key = (route, method, status)
    child = _known.get(key)
    if child is None:
        named = method if method in METHODS else "other"
        child = _known[key] = _requests.labels(route, named, str(status))
    child.observe(seconds)


def in_flight(now: int) -> None:
    _in_flight.set(now)


def refused(limit: Refusal) -> None:
    """A 429 or 503 because of a limit."""
    _refused.labels(limit).inc()


def answered_plan(kind: str, rung: str) -> None:
    """A planning request was answered: `kind` signals or routes, the rung as it stands in the answer."""
    if len(_rungs) < MOST_RUNGS:
        _rungs.add(rung)
    _plans.labels(_one_of(KINDS, kind), _one_of(_rungs, rung)).inc()


def check_refused(kind: str) -> None:
    """A plan was made, and the check did not let it pass."""
    _checks.labels(_one_of(KINDS, kind)).inc()


def queue_length(queue: str, length: int) -> None:
    """How many wait or work in this process; the workers' are added up."""
    _queues.labels(_one_of(QUEUES, queue)).set(length)


def job_ended(kind: str, outcome: str) -> None:
    _jobs.labels(_one_of(KINDS | QUEUES, kind), _one_of(OUTCOMES, outcome)).inc()


def gauge(name: str, documentation: str, labels: Sequence[str], *, multiprocess_mode: Any = "all") -> Gauge:  # noqa: ANN401
    """A gauge by its name, made once: who asks again gets the same."""
    found = _gauges.get(name)
    if found is None:
        found = _gauges[name] = Gauge(name, documentation, labels, multiprocess_mode=multiprocess_mode)
    return found


def exposition() -> bytes:
    """What /metrics answers: of all workers together where there are several."""
    if MULTIPROCESS not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def forget_dead_workers() -> None:
    """A worker that was killed must not count as one that still answers requests."""
    folder = os.environ.get(MULTIPROCESS)
    if folder is None:
        return
    for pid in {path.stem.rpartition("_")[2] for path in Path(folder).glob("gauge_live*.db")}:
        if pid.isdigit() and not _alive(int(pid)):
            with suppress(FileNotFoundError):  # another worker was quicker
                multiprocess.mark_process_dead(int(pid))  # type: ignore[no-untyped-call]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _one_of(known: AbstractSet[str], found: str) -> str:
    return found if found in known else "other"
