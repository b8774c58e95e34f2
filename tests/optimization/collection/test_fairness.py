"""A bound on the gap between districts: what the check says, which points are raised, and what it costs."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.between_districts import rates_of
from city.collection_problem import CollectionProblem, Due
from city.fair_points import FairPoints
from city.ids import DistrictId
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.fairness import left_by, points_to_raise, with_fair_points
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, Town

SOUTH = DistrictId("south")


def two_districts() -> CollectionProblem:
    """Four points by fill near the depot, and four far away that are as full and not worth the way."""
    town = Town().depot().site().truck().point("daily", 400, 0)
    for number in range(4):
        town.point(f"N{number}", 300 + 50 * number, 0, price=30.0)
        town.point(f"S{number}", 300 + 50 * number, 12_000, price=30.0, district_id=SOUTH)
    return town.build()


def planned(problem: CollectionProblem) -> CollectionPlan:
    found = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seed=1, seconds=0.8, here=True)
    assert isinstance(found, Result)
    return found.plan


def test_rates_are_expected_overflows_per_point_by_fill() -> None:
    problem = two_districts()
    rates = rates_of(problem, [key for key in problem.point_of if key[0] in ("S0", "S1", "daily")])
    assert rates is not None
    assert rates.rates == pytest.approx({"north": 0.0, "south": 2 * 0.3 / 4})
    assert rates.city == pytest.approx(2 * 0.3 / 8)
    assert rates.worst == SOUTH
    assert rates.gap == pytest.approx(0.075)


def test_one_district_alone_has_no_gap() -> None:
    assert rates_of(Town().depot().site().truck().point("P", 100, 0, price=1.0).build(), []) is None


def test_a_plan_that_leaves_a_district_behind_breaks_the_bound_and_only_the_bound() -> None:
    problem = two_districts()
    plan = planned(problem)
    assert {entry.point_id for entry in plan.unserved} == {"S0", "S1", "S2", "S3"}

    report = check_plan(plan, replace(problem, fairness_gap=0.1))

    assert [(finding.rule, finding.subject) for finding in report.findings] == [("fairness", "District south")]
    assert report.measures["fairness_gap"] == pytest.approx(0.15)
    assert check_plan(plan, replace(problem, fairness_gap=0.15)).ok
    assert check_plan(plan, problem).ok


def test_raising_points_keeps_the_bound_at_the_price_of_the_way() -> None:
    problem = two_districts()
    free = planned(problem)
    raised = points_to_raise(problem, left_by(free), 0.1)
    fair = FairPoints(gap=0.1, points=tuple((point_id, stream.value) for point_id, stream in raised), sentence="")

    bound = planned(with_fair_points(problem, fair))

    rates = rates_of(problem, left_by(bound))
    assert rates is not None
    assert rates.gap <= 0.1
    assert dict(bound.cost)["km"] > dict(free.cost)["km"] + 20
    assert {entry.mandatory for entry in bound.unserved} <= {False}


def test_nothing_is_raised_where_the_bound_is_kept() -> None:
    problem = two_districts()
    assert points_to_raise(problem, left_by(planned(problem)), 0.2) == ()


@given(
    chances=st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6),
    left=st.sets(st.integers(0, 5)),
    gap=st.floats(0.001, 0.5),
)
def test_if_all_that_is_raised_were_served_the_bound_would_be_kept(
    chances: list[float], left: set[int], gap: float
) -> None:
    town = Town().depot().site().truck()
    for number in range(6):
        town.point(f"P{number}", 100.0 * number, 0, price=1.0, district_id=DistrictId("ab"[number % 2]))
    problem = town.build()
    demand = tuple(
        replace(one, overflow_probability=chance) for one, chance in zip(problem.demand, chances, strict=True)
    )
    problem = replace(problem, demand=demand)
    gone = frozenset((demand[number].point_id, demand[number].stream) for number in left)

    raised = points_to_raise(problem, gone, gap)

    rates = rates_of(problem, gone - set(raised))
    assert rates is not None
    assert rates.gap <= gap + 1e-12
    assert set(raised) <= gone


def test_a_raised_point_is_never_a_must() -> None:
    problem = two_districts()
    asleep = replace(problem, demand=tuple(replace(one, due=Due.NOT_TODAY, skip_price=0.0) for one in problem.demand))
    fair = FairPoints(gap=0.1, points=(("S0", "residual"),), sentence="")
    raised = with_fair_points(asleep, fair).demand_of[next(key for key in asleep.point_of if key[0] == "S0")]
    assert raised.due is Due.MAY
    assert raised.skip_price == pytest.approx(0.1 * problem.prices.missed)
