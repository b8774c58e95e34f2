"""Times of day: exact on days whose answer is known."""

import itertools

import numpy as np
import pytest

from optimization.signals.periods import segments, timetable
from optimization.signals.problem import SLOTS


def steps(*levels: tuple[int, float]) -> np.ndarray:
    """A day that holds each level from its slot on."""
    day = np.zeros((1, SLOTS))
    for slot, level in levels:
        day[0, slot:] = level
    return day


def test_a_day_in_steps_is_cut_at_its_steps() -> None:
    day = steps((0, 1.0), (28, 8.0), (40, 4.0), (72, 9.0), (84, 2.0))

    assert segments(day, most=5) == (range(28), range(28, 40), range(40, 72), range(72, 84), range(84, 96))


def test_an_even_day_is_one_period() -> None:
    assert segments(steps((0, 3.0)), most=5) == (range(96),)
    assert segments(np.full((3, 96), 0.1 + 0.2), most=5) == (range(96),)
    assert segments(np.zeros((3, 96)), most=5) == (range(96),)


def test_a_short_peak_is_no_period_of_its_own() -> None:
    day = steps((0, 1.0), (30, 5.0), (32, 1.0))

    assert all(len(period) >= 4 for period in segments(day, most=5))


def test_no_more_periods_than_plans() -> None:
    rng = np.random.default_rng(1)

    assert len(segments(rng.random((3, SLOTS)), most=3)) <= 3


ALWAYS = np.ones((2, 2), dtype=bool)


def day_and_night() -> np.ndarray:
    cost = np.full((2, SLOTS), 10.0)
    cost[0, 30:70] = 50.0
    cost[1, :30] = cost[1, 70:] = 50.0
    return cost


def test_each_plan_runs_where_it_is_cheaper() -> None:
    found = timetable(day_and_night(), switch_cost=np.full(SLOTS, 5.0), allowed=ALWAYS, closing=ALWAYS)

    assert found is not None
    assert found.switches == ((30, 0, 1), (70, 1, 0))
    assert found.cost == pytest.approx(96 * 10 + 2 * 5)


def test_a_switch_that_costs_more_than_it_saves_is_not_made() -> None:
    found = timetable(day_and_night(), switch_cost=np.full(SLOTS, 5_000.0), allowed=ALWAYS, closing=ALWAYS)

    assert found is not None
    assert found.switches == ()


def test_switches_that_are_not_allowed_are_not_made() -> None:
    allowed = np.array([[True, False], [False, True]])
    cost = day_and_night()
    found = timetable(cost, switch_cost=np.zeros(SLOTS), allowed=allowed, closing=ALWAYS)

    assert found is not None
    assert found.switches == ()
    cost[0, 50] = cost[1, 10] = np.inf
    assert timetable(cost, switch_cost=np.zeros(SLOTS), allowed=allowed, closing=ALWAYS) is None


def test_the_day_may_only_end_with_a_plan_that_its_first_can_follow() -> None:
    cost = day_and_night()
    cost[1, 70:] = 10.0
    cost[0, 70:] = 12.0
    closing = np.array([[True, True], [False, True]])

    found = timetable(cost, switch_cost=np.ones(SLOTS), allowed=ALWAYS, closing=closing)

    assert found is not None
    assert found.plans[0] == found.plans[-1] == 0


def test_the_timetable_is_the_cheapest_of_all_with_two_switches() -> None:
    rng = np.random.default_rng(5)
    cost = rng.random((2, SLOTS)) + np.sin(np.arange(SLOTS) / 15)[None, :] * np.array([[1.0], [-1.0]])
    switch = np.full(SLOTS, 6.0)

    found = timetable(cost, switch_cost=switch, allowed=ALWAYS, closing=ALWAYS)

    every = []
    for first in (0, 1):
        every.append(float(cost[first].sum()))
        every += [float(cost[first, :a].sum() + cost[1 - first, a:].sum()) + 6 for a in range(4, SLOTS - 3)]
        for a, b in itertools.combinations(range(4, SLOTS - 3, 1), 2):
            if b - a >= 4:
                parts = cost[first, :a].sum() + cost[1 - first, a:b].sum() + cost[first, b:].sum()
                every.append(float(parts) + 12)
    assert found is not None
    assert found.cost <= min(every) + 1e-9
    assert len(found.switches) > 2 or found.cost == pytest.approx(min(every))
