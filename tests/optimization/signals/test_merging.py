"""Plans that hardly differ become one, but not at the price of delay, room, a censored green or a safe switch."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from optimization.signals.merging import merged
from optimization.signals.periods import Timetable
from optimization.signals.problem import SLOTS, Demand, MovementDemand
from tests.optimization.signals.cases import demand, junction, planned, problem

HALVES = (0,) * 48 + (1,) * 48


def costs(*rows: tuple[float, ...]) -> np.ndarray:
    """A plan's cost per slot in equally long parts of the day, one row per plan."""
    return np.array([np.repeat(row, SLOTS // len(row)) for row in rows])


def merge(
    plans: tuple[int, ...],
    cost: np.ndarray,
    *,
    saturation: np.ndarray | None = None,
    safe: Callable[[Timetable], bool] = lambda _: True,
) -> Timetable:
    x = np.full((len(cost), 1, SLOTS), 0.5) if saturation is None else saturation
    found = Timetable(plans=plans, cost=0.0)
    return merged(found, cost, x, switch_cost=np.full(SLOTS, 7.0), safe=safe)


def test_two_plans_that_hardly_differ_become_the_cheaper_one() -> None:
    found = merge(HALVES, costs((100.0, 100.9), (100.4, 100.0)))

    assert set(found.plans) == {1}
    assert found.switches == ()
    assert found.cost == pytest.approx(48 * 100.4 + 48 * 100.0)


def test_a_plan_that_saves_more_than_a_hundredth_stays() -> None:
    assert merge(HALVES, costs((100.0, 101.1), (101.1, 100.0))).plans == HALVES


def test_what_counts_is_the_delay_of_the_period_that_gives_up_its_plan() -> None:
    # 0.9 of 100 is hardly anything, 0.9 of 20 is not: the night must keep its plan, the day may take it over.
    assert set(merge(HALVES, costs((20.0, 100.9), (20.9, 100.0))).plans) == {0}


def test_a_third_plan_may_stand_for_both() -> None:
    assert set(merge(HALVES, costs((100.0, 103.0), (103.0, 100.0), (100.5, 100.5))).plans) == {2}


def test_small_steps_do_not_add_up_to_a_large_one() -> None:
    # 0 -> 1 -> 2 are bearable steps, 0 -> 2 is not.
    chain = costs((100.0, 100.8, 101.6), (100.8, 100.0, 100.8), (101.6, 100.8, 100.0))
    plans = (0,) * 32 + (1,) * 32 + (2,) * 32

    assert set(merge(plans, chain).plans) == {1}  # every period within a hundredth of its own
    chain[1, :32] = 101.5
    assert len(set(merge(plans, chain).plans)) == 2


def test_a_plan_that_cuts_a_censored_green_takes_over_nothing() -> None:
    cost = costs((100.0, 100.1), (100.1, 100.0))
    cost[0, 60] = np.inf

    assert set(merge(HALVES, cost).plans) == {1}
    cost[1, 20] = np.inf
    assert merge(HALVES, cost).plans == HALVES


def test_no_lane_group_that_has_room_is_filled() -> None:
    cost = costs((100.0, 100.1), (100.1, 100.0))
    x = np.full((2, 2, SLOTS), 0.9)
    x[0, 1, 70] = 0.96  # plan 0 fills a lane group of the second half
    x[1, 0, 10] = 0.96  # plan 1 one of the first

    assert merge(HALVES, cost, saturation=x).plans == HALVES
    x[1, 1, 70] = 0.97  # as full with its own plan
    assert set(merge(HALVES, cost, saturation=x).plans) == {0}


def test_a_day_that_cannot_be_switched_safely_is_not_taken() -> None:
    cost = costs((100.0, 100.1), (100.1, 100.0))

    assert set(merge(HALVES, cost, safe=lambda one: one.plans[0] != 0).plans) == {1}
    assert merge(HALVES, cost, safe=lambda _: False).plans == HALVES


def test_a_period_takes_over_its_neighbours_plan_where_the_other_periods_keep_theirs() -> None:
    # Plan 1 is needed at noon, but hardly in the evening, which follows on plan 0.
    cost = costs((100.0, 130.0, 100.0, 100.5), (130.0, 100.0, 130.0, 100.0))
    plans = (0,) * 24 + (1,) * 24 + (0,) * 24 + (1,) * 24

    found = merge(plans, cost)

    assert found.plans == (0,) * 24 + (1,) * 24 + (0,) * 48
    assert [slot for slot, *_ in found.switches] == [24, 48]


def leaning(share: float) -> Demand:
    """North and south are so much busier than east and west until noon, and so much calmer after it."""

    def leant(one: MovementDemand) -> MovementDemand:
        sign = 1 if one.movement_id[0] in "NS" else -1
        flow = tuple(v * (1 + share * (sign if slot < 48 else -sign)) for slot, v in enumerate(one.flow_pcu_h))
        return replace(one, flow_pcu_h=flow, expected_pcu_h=flow)

    given = demand(junction())
    return replace(given, movements=tuple(leant(one) for one in given.movements))


def test_a_junction_whose_flows_hardly_change_runs_one_plan_all_day() -> None:
    def day(share: float) -> tuple[int, int]:
        (day_plan,) = planned(problem(leaning(share), junction())).plan.day_plans
        return len(day_plan.plans), len(day_plan.entries) - 1

    assert day(0.02) == (1, 0)
    assert day(0.3) == (2, 1)
