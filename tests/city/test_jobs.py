"""Planning jobs wait, are worked on by one at a time, and outlive whoever works on them."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from city.access import Caller, Scope
from city.errors import BrokenRuleError, NotFoundError
from city.ids import DistrictId, PlanId
from city.jobs import LEASE, MOST_ATTEMPTS, Job, Outcome
from city.ledger import Ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH = DistrictId("north"), DistrictId("south")
WEI = Caller(person="Wei", key_id="k1", scopes=frozenset({"routes:plan"}))


def submitted(ledger: Ledger, caller: Caller = WEI, *, at: datetime = NOON, kind: str = "routes") -> Job:
    job = ledger.jobs.submit(caller, kind, "{}", deadline_ms=30_000, most_queued=20, now=at)
    assert job is not None
    return job


def test_a_job_waits_is_worked_on_and_ends_with_its_plan(ledger: Ledger) -> None:
    job = submitted(ledger)
    assert (job.status, job.attempts, job.progress) == ("queued", 0, "waiting")

    claimed = ledger.jobs.claim("one", now=NOON)
    assert claimed is not None
    assert (claimed.job_id, claimed.status, claimed.attempts) == (job.job_id, "running", 1)
    assert not ledger.jobs.beat(job.job_id, "one", "improving", now=NOON).is_lost
    assert ledger.jobs.get(job.job_id).progress == "improving"

    outcome = Outcome(status="done", plan_id=PlanId("routes-1"), rung="optimised", degraded=("half a forecast",))
    assert ledger.jobs.end(job.job_id, "one", outcome, now=NOON)
    ended = ledger.jobs.get(job.job_id)
    assert (ended.status, ended.plan_id, ended.rung, ended.degraded) == (
        "done", "routes-1", "optimised", ("half a forecast",),
    )  # fmt: skip
    assert ledger.jobs.counts() == {"queued": 0, "running": 0, "done": 1, "failed": 0, "cancelled": 0}


def test_the_oldest_job_is_claimed_first_and_none_twice(ledger: Ledger) -> None:
    jobs = [submitted(ledger, at=NOON + timedelta(seconds=number)).job_id for number in range(12)]
    claimed: list[str] = []

    def work(holder: str) -> None:
        while (job := ledger.jobs.claim(holder, now=NOON)) is not None:
            claimed.append(job.job_id)

    assert (first := ledger.jobs.claim("early", now=NOON)) is not None
    assert first.job_id == jobs[0]
    threads = [threading.Thread(target=work, args=(f"worker {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    missed = ledger.jobs.counts()["queued"]
    assert len(claimed) == len(set(claimed)) == len(jobs) - 1 - missed
    while (job := ledger.jobs.claim("late", now=NOON)) is not None:
        claimed.append(job.job_id)
    assert sorted(claimed) == sorted(jobs[1:])


def test_a_job_whose_holder_is_gone_is_claimed_again_but_not_for_ever(ledger: Ledger) -> None:
    job, now = submitted(ledger), NOON
    for attempt in range(1, MOST_ATTEMPTS + 1):
        claimed = ledger.jobs.claim(f"holder {attempt}", now=now)
        assert claimed is not None
        assert claimed.attempts == attempt
        assert ledger.jobs.claim("another", now=now + LEASE / 2) is None, "it is still held"
        now += LEASE * 2

    assert ledger.jobs.claim("one more", now=now) is None
    failed = ledger.jobs.get(job.job_id)
    assert failed.status == "failed"
    assert failed.problem is not None
    assert f"begun {MOST_ATTEMPTS} times" in failed.problem


def test_whoever_lost_the_lease_can_neither_renew_nor_end_it(ledger: Ledger) -> None:
    job = submitted(ledger)
    ledger.jobs.claim("slow", now=NOON)
    ledger.jobs.claim("quick", now=NOON + 2 * LEASE)

    assert ledger.jobs.beat(job.job_id, "slow", "searching").is_lost
    assert not ledger.jobs.end(job.job_id, "slow", Outcome(status="failed"))
    assert ledger.jobs.end(job.job_id, "quick", Outcome(status="done", plan_id=PlanId("P")))


def test_a_stopping_service_puts_its_job_back_without_counting_the_attempt(ledger: Ledger) -> None:
    job = submitted(ledger)
    ledger.jobs.claim("stopping", now=NOON)
    ledger.jobs.release(job.job_id, "stopping")

    again = ledger.jobs.claim("starting", now=NOON)
    assert again is not None
    assert (again.job_id, again.attempts) == (job.job_id, 1)


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_told(ledger: Ledger) -> None:
    waiting, noted = submitted(ledger), list[str]()
    cancelled = ledger.jobs.cancel(waiting.job_id, by="Li", noted=lambda _, job: noted.append(job.job_id))
    assert (cancelled.status, cancelled.cancelled_by, noted) == ("cancelled", "Li", [waiting.job_id])
    assert ledger.jobs.claim("anyone", now=NOON) is None

    running = submitted(ledger)
    ledger.jobs.claim("one", now=NOON)
    assert ledger.jobs.cancel(running.job_id, by="Li").status == "running"
    assert ledger.jobs.beat(running.job_id, "one", "improving").is_cancelled

    with pytest.raises(BrokenRuleError, match="it is cancelled and cannot be cancelled"):
        ledger.jobs.cancel(waiting.job_id, by="Li")
    with pytest.raises(NotFoundError, match="no job 'job-none'"):
        ledger.jobs.cancel("job-none", by="Li")


def test_a_full_queue_takes_no_more(ledger: Ledger) -> None:
    submitted(ledger)
    assert ledger.jobs.submit(WEI, "routes", "{}", deadline_ms=1000, most_queued=1) is None


@pytest.mark.parametrize(
    ("person", "districts", "scopes", "sees"),
    [
        ("Wei", {NORTH}, {"routes:plan"}, True),
        ("Wei", {SOUTH}, {"routes:plan"}, False),
        ("Li", {NORTH}, {"routes:read"}, True),
        ("Li", None, {"routes:read"}, True),
        ("Li", {NORTH}, {"signals:read"}, False),
        ("Li", {SOUTH}, {"routes:read"}, False),
    ],
)
def test_a_job_is_seen_by_its_person_and_by_readers_of_all_its_districts(
    ledger: Ledger, person: str, districts: set[DistrictId] | None, scopes: set[Scope], *, sees: bool
) -> None:
    job = submitted(ledger, replace(WEI, districts=frozenset({NORTH})))
    whole_city = submitted(ledger, at=NOON + timedelta(hours=1))
    caller = Caller(
        person=person,
        key_id="k2",
        scopes=frozenset(scopes),
        districts=None if districts is None else frozenset(districts),
    )

    seen = {one.job_id for one in ledger.jobs.of(caller)}
    assert (job.job_id in seen) is sees
    assert (whole_city.job_id in seen) is (districts is None)
