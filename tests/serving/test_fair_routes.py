"""Routes under a bound between districts: what is told of its cost, and what happens where it cannot be kept."""

from dataclasses import replace

import pytest

from city.collection_problem import CollectionProblem
from city.errors import InvalidValueError
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.result import Infeasible, Result
from serving.fair_routes import fairly
from tests.optimization.collection.test_fairness import two_districts
from tests.optimization.collection.towns import MADE_AT, PLAN


def planned(problem: CollectionProblem) -> Result[CollectionPlan] | Infeasible:
    return plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seed=1, seconds=0.5, here=True)


def test_a_bound_is_kept_with_its_cost_told() -> None:
    problem, fair, found = fairly(two_districts(), 0.1, planned)

    assert isinstance(found, Result)
    assert problem.fairness_gap == fair.gap == 0.1
    assert check_plan(found.plan, problem).ok
    assert fair.points
    assert "is kept" in fair.sentence
    assert f"to {dict(found.plan.cost)['km']:.1f} km" in fair.sentence


def test_a_bound_that_holds_anyway_costs_nothing_and_is_checked_all_the_same() -> None:
    problem, fair, found = fairly(two_districts(), 0.9, planned)

    assert isinstance(found, Result)
    assert (problem.fairness_gap, fair.points) == (0.9, ())
    assert "costs nothing" in fair.sentence


def test_a_bound_that_cannot_be_kept_is_no_rule_of_the_plan_and_is_told() -> None:
    town = two_districts()
    unreachable = tuple(
        replace(point, max_height_m=1.0) if point.district_id == "south" else point for point in town.points
    )

    problem, fair, found = fairly(replace(town, points=unreachable), 0.01, planned)

    assert isinstance(found, Result)
    assert problem.fairness_gap is None
    assert "could not be kept" in fair.sentence
    assert check_plan(found.plan, problem).ok


@pytest.mark.parametrize("gap", [-0.1, 1.5])
def test_a_bound_is_a_share(gap: float) -> None:
    with pytest.raises(InvalidValueError, match="share from 0 to 1"):
        fairly(two_districts(), gap, planned)
