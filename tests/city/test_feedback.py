"""What drivers report: late, twice and in any order; and how far a plan was driven by it."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.clock import at_second, zone
from city.driven import progress_of
from city.errors import InvalidValueError, SeveralErrors
from city.feedback import Feedback, FeedbackKind, Reported
from city.ids import PointId, TruckId
from city.plan_life import ConflictError
from city.waste import Stream
from tests.city.lives import DAY, HOUR, LI, MORNING, City, routes, stop

T1, T2 = TruckId("T1"), TruckId("T2")
PLAN = routes(
    "R",
    T1=(stop("P1", 8 * HOUR), stop("P2", 9 * HOUR), stop("P3", 10 * HOUR), stop("P1", 14 * HOUR)),
    T2=(stop("P4", 8 * HOUR),),
)


def report(
    kind: FeedbackKind, point: str | None = "P1", at_s: int = 8 * HOUR, name: str = "", **more: object
) -> Feedback:
    said: dict[str, object] = {} if kind in ("done", "weight") else {"reason": "a parked van"}
    if kind == "weight":
        said, point = {"kg": 4200.0, "ticket": "W-17"}, None
    return Feedback(
        event_id=name or str(uuid4()),
        at=at_second(DAY, at_s, zone("Asia/Shanghai")),
        kind=kind,
        point_id=None if point is None else PointId(point),
        stream=None if point is None else Stream.RESIDUAL,
        **(said | more),  # type: ignore[arg-type]
    )


def told(*reports: Feedback, truck: TruckId = T1) -> list[Reported]:
    return [Reported(truck_id=truck, feedback=one, received_at=MORNING, person="Li", key_id="k") for one in reports]


@pytest.fixture
def city(ready_url: str) -> Iterator[City]:
    opened = City.at(ready_url)
    opened.draft(PLAN)
    yield opened
    opened.ledger.close()


def test_a_report_that_is_sent_again_is_one_report(city: City) -> None:
    first, second = report("done"), report("weight", at_s=12 * HOUR)
    book = city.ledger.feedback

    assert [one.duplicate for one in book.add(PLAN.plan_id, T1, [second, first], LI)] == [False, False]
    assert [one.duplicate for one in book.add(PLAN.plan_id, T1, [first, second, first], LI)] == [True, True, True]

    assert [one.feedback for one in book.of(PLAN.plan_id, T1)] == [first, second]  # in the order of the day
    assert book.of(PLAN.plan_id, T2) == ()
    assert city.ledger.audit.ends()[2] == 1  # sending again is no deed


def test_another_report_under_the_same_id_is_named_and_nothing_of_the_request_is_kept(city: City) -> None:
    first = report("done", name="e1")
    city.ledger.feedback.add(PLAN.plan_id, T1, [first], LI)

    with pytest.raises(ConflictError, match="Report e1: this id stands for another report: done at point P1"):
        city.ledger.feedback.add(PLAN.plan_id, T1, [report("done", "P2"), report("skipped", name="e1")], LI)
    with pytest.raises(ConflictError, match="of truck T1"):
        city.ledger.feedback.add(PLAN.plan_id, T2, [first], LI)

    assert [one.feedback for one in city.ledger.feedback.of(PLAN.plan_id)] == [first]


def test_one_id_twice_in_one_request_is_a_duplicate_or_a_conflict(city: City) -> None:
    first = report("done", name="e1")

    assert [one.duplicate for one in city.ledger.feedback.add(PLAN.plan_id, T1, [first, first], LI)] == [False, True]
    with pytest.raises(ConflictError):
        city.ledger.feedback.add(PLAN.plan_id, T1, [report("done", name="e2"), report("blocked", name="e2")], LI)


def test_a_phone_that_sends_everything_from_many_threads_is_kept_once(ready_url: str) -> None:
    cities = [City.at(ready_url) for _ in range(4)]
    cities[0].draft(PLAN)
    reports = [report("done", name=str(UUID(int=number))) for number in range(20)]
    accepted: list[str] = []

    def send(one: City, seed: int) -> None:
        mixed = reports[:]
        random.Random(seed).shuffle(mixed)
        for start in range(0, 20, 5):
            received = one.ledger.feedback.add(PLAN.plan_id, T1, mixed[start : start + 5], LI)
            accepted.extend(got.event_id for got in received if not got.duplicate)

    threads = [threading.Thread(target=send, args=(one, seed)) for seed, one in enumerate(cities)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(accepted) == [one.event_id for one in reports]
    assert len(cities[0].ledger.feedback.of(PLAN.plan_id)) == 20
    for one in cities:
        one.ledger.close()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "weight", "kg": None}, "kg"),
        ({"kind": "weight", "kg": -1.0}, "kg"),
        ({"kind": "weight", "kg": float("nan")}, "kg"),
        ({"kind": "done", "point_id": None}, "point_id"),
        ({"kind": "done", "stream": None}, "point_id"),
        ({"kind": "skipped", "reason": " "}, "reason"),
        ({"kind": "blocked", "reason": None}, "reason"),
        ({"kind": "done", "reason": "x" * 501}, "reason"),
        ({"kind": "done", "ticket": "\x00"}, "ticket"),
        ({"kind": "done", "reason": "\ud800"}, "reason"),
        ({"kind": "eaten"}, "kind"),
        ({"at": MORNING.replace(tzinfo=None)}, "at"),
    ],
)
def test_a_report_that_says_too_little_or_nonsense_is_none(wrong: dict[str, object], field: str) -> None:
    with pytest.raises((InvalidValueError, SeveralErrors), match=f"{field} is "):
        replace(report("done"), **wrong)  # type: ignore[arg-type]


def test_progress_of_a_truck_is_its_settled_prefix_and_how_late_it_is() -> None:
    said = told(
        report("done", "P1", 8 * HOUR + 1020),  # planned until 08:02, reported at 08:17
        report("blocked", "P2", 9 * HOUR),
        report("weight", at_s=12 * HOUR),
    )

    progress = progress_of(PLAN, said)[T1]

    assert [one.outcome for one in progress.stops] == ["done", "blocked", "open", "open"]
    assert progress.stops[1].reason == "a parked van"
    assert (progress.executed, progress.behind_s, progress.weights_kg) == (2, 900, (4200.0,))
    assert progress_of(PLAN, said)[T2].executed == 0
    assert progress_of(PLAN, [])[T2].behind_s is None


def test_the_latest_report_of_a_stop_counts() -> None:
    said = told(report("blocked", "P2", 9 * HOUR), report("done", "P2", 11 * HOUR))

    assert progress_of(PLAN, said)[T1].stops[1].outcome == "done"
    assert progress_of(PLAN, told(report("done", "P2", 9 * HOUR), report("skipped", "P2", 10 * HOUR)))[T1].executed == 0


def test_of_two_visits_a_report_is_of_the_one_that_was_planned_nearest() -> None:
    afternoon = progress_of(PLAN, told(report("done", "P1", 13 * HOUR)))[T1]
    both = progress_of(PLAN, told(report("skipped", "P1", 8 * HOUR), report("done", "P1", 15 * HOUR)))[T1]

    assert [one.outcome for one in afternoon.stops] == ["open", "open", "open", "done"]
    assert [one.outcome for one in both.stops] == ["skipped", "open", "open", "done"]


def test_another_trucks_report_settles_nothing_here() -> None:
    assert progress_of(PLAN, told(report("done", "P1"), truck=T2))[T1].executed == 0


@given(
    said=st.lists(
        st.builds(
            report,
            st.sampled_from(["done", "skipped", "blocked", "weight"]),
            st.sampled_from(["P1", "P2", "P3"]),
            st.integers(7, 16).map(lambda hour: hour * HOUR),
        ),
        max_size=8,
    ),
    seed=st.randoms(use_true_random=False),
)
def test_progress_does_not_hang_on_the_order_of_arrival(said: list[Feedback], seed: random.Random) -> None:
    mixed = told(*said)
    seed.shuffle(mixed)

    assert progress_of(PLAN, mixed) == progress_of(PLAN, told(*said))
