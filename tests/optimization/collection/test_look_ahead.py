"""What waiting costs: against the theory of renewal for one point, and against trying every set of days for a zone."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.collection.look_ahead import (
    LOOK_AHEAD_DAYS,
    OLDEST_DAYS,
    Cycles,
    Floats,
    Outlook,
    between,
    standing,
    stationary,
)
from optimization.collection.look_ahead_days import zone_plan

PRICE = 1000.0


def full_after(*days: int) -> Floats:
    """q(a) of points that overflow for certain once so many days have passed, and never before."""
    return np.array([[float(age > day) for age in range(OLDEST_DAYS + 1)] for day in days])


def emptied(fresh: Floats, *days_ago: int) -> Outlook:
    """Points that were emptied so many days ago and fill as they always do."""
    left = np.array([row[ago : ago + LOOK_AHEAD_DAYS + 1] for row, ago in zip(fresh, days_ago, strict=True)])
    return Outlook(left=left, fresh=fresh, age_after=np.array(days_ago, dtype=float) + LOOK_AHEAD_DAYS)


def costs(*values: float) -> Floats:
    return np.array(values)


growing = st.lists(st.floats(0, 1), min_size=OLDEST_DAYS, max_size=OLDEST_DAYS).map(
    lambda chances: np.array([[0.0, *sorted(chances)]])
)


def test_a_point_that_is_full_after_three_days_is_emptied_every_third_day() -> None:
    cycles = stationary(full_after(3), costs(30.0), PRICE)

    assert cycles.best_age[0] == 3
    assert cycles.cost_per_day[0] == pytest.approx(10.0)


def test_where_an_overflow_costs_nothing_nobody_comes_before_the_last_day() -> None:
    assert stationary(full_after(3), costs(30.0), 0.0).best_age[0] == OLDEST_DAYS


@settings(max_examples=40, deadline=None)
@given(fresh=growing, cost=st.floats(1, 100), price=st.floats(0, 500))
def test_no_fixed_age_is_better_and_its_cycle_pays_for_itself(fresh: Floats, cost: float, price: float) -> None:
    """V is 0 after a visit and after the best cycle: so the least cost per day is neither too high nor too low."""
    cycles = stationary(fresh, costs(cost), price)

    assert cycles.values[0, 0] == pytest.approx(0.0, abs=1e-6)
    for age in (1, 2, 7, OLDEST_DAYS):
        assert (cost + price * fresh[0, 1 : age + 1].sum()) / age >= cycles.cost_per_day[0] - 1e-9


def test_a_bin_given_up_gets_dearer_day_by_day() -> None:
    """Full for four days already: the chance to overflow no longer grows, the days it has stood do."""
    outlook = emptied(full_after(3), 7)

    days = standing(outlook)

    assert outlook.left[0, :3].tolist() == [1.0, 1.0, 1.0]
    assert days.left[0, :3].tolist() == [4.0, 5.0, 6.0]
    assert days.fresh[0, 2:6].tolist() == [0.0, 0.0, 1.0, 2.0]


def test_values_between_ages_are_straight_and_end_with_the_oldest() -> None:
    table = np.array([[0.0, 1.0, 4.0]])

    assert between(table, np.array([[0.5, 1.5, 2.0, 9.0]])).tolist() == [[0.5, 2.5, 4.0, 4.0]]


def test_the_value_of_an_age_starts_at_nothing_and_ends_at_a_visit() -> None:
    fresh = full_after(4)
    cycles = stationary(fresh, costs(30.0), PRICE)

    assert cycles.values[0, 0] == pytest.approx(0.0)
    assert (np.diff(cycles.values[0]) >= -1e-9).all()
    assert cycles.values[0, -1] == pytest.approx(30.0 - cycles.cost_per_day[0])


def brute(outlook: Outlook, own: Floats, opening: float, price: float, cycles: Cycles) -> float:
    """Every point tries every pattern of visits on every set of days."""

    def week(point: int, visits: tuple[int, ...]) -> float:
        cost, age, left = 0.0, 0, True
        for day, visit in enumerate(visits):
            if visit:
                cost, age, left = cost + own[point], 0, False
            age += 1
            cost += price * (outlook.left[point, day + 1] if left else outlook.fresh[point, age])
        value = np.interp(outlook.age_after[point], np.arange(1, OLDEST_DAYS + 1), cycles.values[point])
        return float(cost + (value if left else cycles.values[point, age - 1]))

    patterns = list(product((0, 1), repeat=LOOK_AHEAD_DAYS))
    weeks = [{visits: week(point, visits) for visits in patterns} for point in range(len(own))]
    return min(
        opening * sum(days)
        + sum(
            min(cost for visits, cost in one.items() if all(d >= v for d, v in zip(days, visits, strict=True)))
            for one in weeks
        )
        for days in patterns
        if sum(days) <= 4
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_zones_week_is_the_cheapest_of_all_sets_of_days(seed: int) -> None:
    rng = np.random.default_rng(seed)
    fresh = np.sort(np.column_stack([np.zeros(3), rng.random((3, OLDEST_DAYS)) ** 3]), axis=1)
    outlook = emptied(fresh, 1, 3, 6)
    own, opening, price = rng.uniform(2, 9, 3), 150.0, 60.0
    cycles = stationary(fresh, own + opening / 3, price)

    plan = zone_plan(outlook, own, opening, price, cycles)

    assert sum(plan.open_days) <= 4
    assert plan.cost == pytest.approx(brute(outlook, own, opening, price, cycles))


def test_points_come_due_together_where_the_truck_is_what_costs() -> None:
    """Full after 4 and 5 days, emptied on different days: one truck, on the first day that one of them needs it."""
    fresh = full_after(4, 5)
    cycles = stationary(fresh, costs(110.0, 110.0), PRICE)

    plan = zone_plan(emptied(fresh, 4, 2), np.array([10.0, 10.0]), 200.0, PRICE, cycles)

    assert plan.open_days[0]
    assert sum(plan.open_days) == 2
    assert (plan.prices > 10.0).all()


def test_a_truck_that_drives_anyway_lets_each_point_wait_for_its_own_day() -> None:
    fresh = full_after(4, 5)
    cycles = stationary(fresh, costs(10.0, 10.0), PRICE)

    plan = zone_plan(emptied(fresh, 4, 2), np.array([10.0, 10.0]), 0.0, PRICE, cycles)

    assert plan.prices[0] > 10.0 > plan.prices[1]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), opening=st.floats(0, 400))
def test_on_a_day_worth_a_truck_the_prices_pay_for_it(seed: int, opening: float) -> None:
    rng = np.random.default_rng(seed)
    fresh = np.sort(np.column_stack([np.zeros(8), rng.random((8, OLDEST_DAYS)) ** 4]), axis=1)
    own = rng.uniform(1, 20, 8)
    cycles = stationary(fresh, own + opening / 8, 80.0)

    plan = zone_plan(emptied(fresh, *rng.integers(1, 9, 8)), own, opening, 80.0, cycles)

    gained = np.maximum(plan.prices - own, 0.0).sum()
    assert gained >= opening - 1e-6 if plan.open_days[0] else gained <= opening + 1e-6
