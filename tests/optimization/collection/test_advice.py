"""Every point that is left has the easiest change that would let it be served, and what that would cost."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from city.collection_problem import CollectionProblem
from city.ids import TruckId
from city.waste import Shift, Stream, TimeWindow
from city.waste_plans import Relaxation, RelaxationKind, Unserved
from optimization.collection.advice_looking import STEP
from optimization.collection.advice_words import NOT_LOOKED, NOTHING_HELPS
from optimization.collection.reasons import reasons_for
from optimization.collection.relaxation import EFFORT, UNITS, effort_min, relaxed, without_advice
from optimization.collection.solution import Solution
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from optimization.collection.walk import Day, Draft
from tests.optimization.collection.advised import TIGHT, fits_somewhere, taken, tight_day
from tests.optimization.collection.towns import DAILY, HOUR, Town, carries

PLENTY_S = 60.0


def reasons(problem: CollectionProblem, seconds: float = PLENTY_S) -> tuple[Solution, tuple[Unserved, ...]]:
    solution = start_solution(terrain(problem), seconds=1.0)
    return solution, reasons_for(problem, solution, seconds=seconds)


def test_of_more_than_a_hundred_advices_at_least_95_in_100_work() -> None:
    kinds: Counter[RelaxationKind] = Counter()
    worked = 0
    for kind in TIGHT:
        for seed in range(2):
            problem = tight_day(kind, seed=seed)
            solution, left = reasons(problem)
            for entry in left:
                if entry.relaxation is not None:
                    kinds[entry.relaxation.kind] += 1
                    worked += not taken(problem, solution, entry)

    assert kinds.total() >= 100
    assert len(kinds) >= 10
    assert worked >= 0.95 * kinds.total()


@pytest.mark.parametrize("kind", ["shift", "break", "payload", "window", "site_hours", "stops", "daily_m3"])
def test_no_smaller_amount_would_do_at_any_place_of_any_truck(kind: str) -> None:
    problem = tight_day(kind, seed=2)
    solution, left = reasons(problem)
    looked_at = 0
    for entry in left[:5]:
        change = entry.relaxation
        if change is None:
            continue
        assert fits_somewhere(relaxed(problem, entry), solution, entry)
        smaller = replace(change, amount=round(change.amount - STEP.get(change.kind, 1.0), 6))
        assert not fits_somewhere(relaxed(problem, replace(entry, relaxation=smaller)), solution, entry)
        looked_at += 1

    assert looked_at


def one_street(tip_s: int = 300, **of_truck: Any) -> Town:  # noqa: ANN401  -- any field of the truck
    """The site lies at the depot; P1 to P3 are 1, 2 and 3 km away along one street, 100 s of driving apart."""
    town = Town().depot("D").site("S", tip_s=tip_s).truck("T", **of_truck)
    for number in range(1, 4):
        town.point(f"P{number}", 1000.0 * number, 0.0)
    return town


def advised(problem: CollectionProblem, *day: str) -> tuple[Solution, Unserved]:
    """The first reason beside a day that is written down trip by trip: "P1 P2", "P3"."""
    ground = terrain(problem)
    number_of = {task.visit.point.point_id: number for number, task in enumerate(ground.tasks)}
    solution = Solution(terrain=ground)
    trips: Day = [
        Draft(stream=Stream.RESIDUAL, tasks=[number_of[name] for name in trip.split()])  # type: ignore[index]
        for trip in day
    ]
    walked = solution.trial(0, trips)
    solution.put(0, trips, walked)
    return solution, reasons_for(problem, solution, seconds=PLENTY_S)[0]


def test_the_advice_is_what_can_be_counted_by_hand() -> None:
    """To P2 and back with 60 s at each of two stops and 300 s of tipping: 820 s. P3 lies 200 s and 60 s further."""
    problem = one_street(shift=Shift(start_s=6 * HOUR, end_s=6 * HOUR + 840)).build()

    solution, left = advised(problem, "P1 P2")

    # 820 + 260 - 840 = 240 s, which is ordered as 5 minutes; before or after P2 is one way.
    assert left.relaxation is not None
    assert left.relaxation.stop in (2, 3)
    assert replace(left.relaxation, stop=3) == Relaxation(
        kind=RelaxationKind.SHIFT_LATER, subject_id="T", amount=5.0, unit="min", truck_id=TruckId("T"), trip=1, stop=3
    )
    assert (left.extra_km, left.extra_min) == (2.0, 260 / 60)
    assert "the truck's shift ends 5 min later, at 06:19" in left.sentence
    assert "2.0 km more and 4 min more" in left.sentence
    assert taken(problem, solution, left) == ()


LONG = Shift(start_s=6 * HOUR, end_s=14 * HOUR)
JUST = Shift(start_s=6 * HOUR, end_s=11 * HOUR + 800)  # for one tip of five hours
BY_HAND: dict[str, tuple[Town, RelaxationKind, str, float]] = {
    "stops": (one_street(max_stops=2), RelaxationKind.MAX_STOPS, "T", 1.0),
    "kg a day": (one_street(daily_cap_kg=250.0), RelaxationKind.DAILY_KG, "T", 100.0),
    "m3 a day": (one_street(daily_cap_m3=2.75), RelaxationKind.DAILY_M3, "T", 0.3),
    "payload": (one_street(payload_kg=200.0, shift=JUST, tip_s=5 * HOUR), RelaxationKind.PAYLOAD, "T", 100.0),
    "volume": (
        one_street(compartments=carries(Stream.RESIDUAL, body_m3=2.45), shift=JUST, tip_s=5 * HOUR),
        RelaxationKind.VOLUME,
        "T",
        0.6,
    ),
}


@pytest.mark.parametrize("limit", BY_HAND)
def test_loads_and_limits_give_way_by_no_more_than_is_short(limit: str) -> None:
    """Three points of 100 kg and 1 m3 where two fit, and no time for another trip."""
    town, kind, subject, amount = BY_HAND[limit]
    problem = town.build()

    solution, left = advised(problem, "P1 P2")

    assert left.relaxation is not None
    assert (left.relaxation.kind, left.relaxation.subject_id, left.relaxation.amount) == (kind, subject, amount)
    assert left.relaxation.unit == UNITS[kind]
    assert taken(problem, solution, left) == ()


def test_a_window_that_has_just_closed_is_asked_to_stay_open() -> None:
    early = (TimeWindow(start_s=6 * HOUR, end_s=6 * HOUR + 240),)
    town = Town().depot("D").site("S").truck("T", shift=replace(LONG, start_s=0, end_s=12 * HOUR))
    problem = town.point("P1", 6000, 0, windows=(TimeWindow(start_s=6 * HOUR, end_s=6 * HOUR + 60),))
    problem = problem.point("P2", 10_000, 0, windows=early)

    solution, left = advised(problem.build(), "P1")

    # Leaving P1 at 06:01 at the latest, 400 s of driving end at 06:07:40 in a window until 06:04.
    assert left.relaxation is not None
    assert left.relaxation.kind in (RelaxationKind.WINDOW_LATER, RelaxationKind.WINDOW_EARLIER)
    assert left.relaxation.amount == 15.0
    assert taken(problem.build(), solution, left) == ()


def test_a_site_that_closes_too_soon_is_asked_to_stay_open() -> None:
    hours = (TimeWindow(start_s=0, end_s=600),)
    town = Town().depot("D").site("S", windows=hours).truck("T", shift=replace(LONG, start_s=0))
    problem = town.point("P1", 1000, 0).point("P2", 9000, 0, service_s=240).build()

    solution, left = advised(problem, "P1")

    # Out 100 s, 60 s of work, on 800 s, 240 s of work, back 900 s: at the site at 00:35, in hours until 00:10.
    assert left.relaxation is not None
    assert (left.relaxation.kind, left.relaxation.subject_id) == (RelaxationKind.SITE_LATER, "S")
    assert left.relaxation.amount == 30.0
    assert "site S closes 30 min later, at 00:40" in left.sentence
    assert taken(problem, solution, left) == ()


def test_where_all_trucks_are_busy_and_hours_are_fixed_one_more_truck_is_the_way_out() -> None:
    at_six = (TimeWindow(start_s=6 * HOUR, end_s=6 * HOUR + 60),)
    town = Town().depot("D").site("S").truck("T", shift=Shift(start_s=1 * HOUR, end_s=23 * HOUR))
    town.point("P1", 0, 30_000, windows=at_six, service_s=8 * HOUR).point("P2", 0, -30_000, windows=at_six)
    problem = town.build()

    solution, left = advised(problem, "P1")

    assert left.relaxation is not None
    assert left.relaxation.kind is RelaxationKind.TRUCK
    assert (left.extra_km, "one more truck like T" in left.sentence) == (60.0, True)
    assert taken(problem, solution, left) == ()


STRANGE: dict[str, tuple[dict[str, Any], RelaxationKind, str]] = {
    "too low": ({"max_height_m": 3.0}, RelaxationKind.STREET_HEIGHT, "0.2 m higher"),
    "too weak": ({"max_weight_kg": 14_500.0}, RelaxationKind.STREET_WEIGHT, "500 kg heavier"),
    "a key": ({"skills": ("key 7",)}, RelaxationKind.SKILL, "key 7"),
    "no licence": ({"stream": Stream.GLASS}, RelaxationKind.LICENCE, "licensed for glass"),
    "too much": ({"kg": 5030.0}, RelaxationKind.PAYLOAD, "100 kg more a trip"),
}


@pytest.mark.parametrize("what", STRANGE)
def test_a_point_that_no_truck_may_serve_says_what_would_have_to_change(what: str) -> None:
    of_point, kind, said = STRANGE[what]
    problem = Town().depot("D").site("S").truck("T", wash_s=600).point("P", 1000, 0, **of_point).build()

    solution, (left,) = reasons(problem)

    assert left.relaxation is not None
    assert (left.relaxation.kind, said in left.sentence) == (kind, True)
    assert ("It asks for key 7; none of 1 trucks" in left.sentence) == (what == "a key")
    assert taken(problem, solution, left) == ()


def test_a_site_that_does_not_take_the_stream_is_named() -> None:
    town = Town().depot("D").site("S", streams=(Stream.GLASS,)).truck("T", compartments=carries(*Stream))
    problem = town.point("P", 1000, 0).build()

    solution, (left,) = reasons(problem)

    assert left.relaxation is not None
    assert (left.relaxation.kind, left.relaxation.subject_id) == (RelaxationKind.SITE_STREAM, "S")
    assert taken(problem, solution, left) == ()


def test_where_no_single_change_helps_none_is_advised() -> None:
    """Without a way to it, and with two things wrong at once."""
    cut_off = one_street().build(cut_off=("P3",))
    twofold = one_street(max_stops=2, payload_kg=250.0, shift=JUST)
    twofold.sites[0] = replace(twofold.sites[0], daily_cap_kg=200.0)

    without_way, with_two = reasons(cut_off)[1][0], advised(twofold.build(), "P1 P2")[1]

    for left in (without_way, with_two):
        assert left.relaxation is None
        assert left.extra_km is None
        assert NOTHING_HELPS in left.sentence


def test_without_time_to_look_nothing_is_advised_and_that_is_said() -> None:
    problem = tight_day("stops", seed=1)

    left = reasons(problem, seconds=0.0)[1]

    assert left
    assert all(entry.relaxation is None and NOT_LOOKED in entry.sentence for entry in left)


def test_a_point_that_may_wait_tells_by_how_much_serving_it_is_too_dear() -> None:
    problem = one_street().point("cheap", 4000, 0, price=1.0).build()

    solution, left = advised(problem, "P1 P2 P3")

    # 2 km at 1 each, and 260 s of a truck's time at 40 an hour.
    gap = 2.0 + 260 / 3600 * 40 - 1.0
    assert left.relaxation is not None
    assert (left.relaxation.kind, left.relaxation.unit) == (RelaxationKind.SKIP_PRICE, "cost")
    assert left.relaxation.amount == pytest.approx(gap)
    assert f"costs {left.relaxation.amount:.2f} more than leaving it" in left.sentence
    raised = relaxed(problem, left).demand_of[left.point_id, left.stream].skip_price
    assert raised == pytest.approx(1.0 + left.relaxation.amount)
    assert taken(problem, solution, left) == ()


def test_the_order_of_ease_is_that_of_a_dispatcher() -> None:
    """A stop more, ten minutes of overtime, a window, a site, a larger truck, one more truck, a wider street."""
    efforts = [
        effort_min(RelaxationKind.SHIFT_LATER, 5.0),
        effort_min(RelaxationKind.MAX_STOPS, 1.0),
        effort_min(RelaxationKind.WINDOW_LATER, 15.0),
        effort_min(RelaxationKind.SITE_LATER, 15.0),
        effort_min(RelaxationKind.PAYLOAD, 100.0),
        effort_min(RelaxationKind.TRUCK, 1.0),
        effort_min(RelaxationKind.STREET_HEIGHT, 0.1),
    ]

    assert efforts == sorted(efforts)
    assert set(EFFORT) == set(RelaxationKind) - {RelaxationKind.SKIP_PRICE}


def test_a_longer_shift_that_would_break_another_truck_s_windows_is_not_advised() -> None:
    """Points that are served twice a day without hours of their own share the working day: it must not move."""
    problem = tight_day("twice_a_day", seed=0)
    solution, left = reasons(problem)

    assert any(
        task.visit.of == 2 and task.visit.point.rule == replace(DAILY, times_per_day=2)
        for task in solution.terrain.tasks
    )
    assert left
    assert all(entry.relaxation is not None and taken(problem, solution, entry) == () for entry in left)


def test_another_plan_keeps_the_reason_and_not_the_advice() -> None:
    for seconds in (PLENTY_S, 0.0):
        for entry in reasons(tight_day("stops", seed=1), seconds)[1][:3]:
            told = without_advice(entry)

            assert (told.relaxation, told.extra_km, told.extra_min) == (None, None, None)
            assert entry.sentence.startswith(f"{told.sentence} ")
            assert "It fits" not in told.sentence
            assert NOT_LOOKED not in told.sentence
            assert told.sentence.endswith(".")
            assert without_advice(told) == told
