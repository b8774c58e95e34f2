"""Complaint orders in the day's problem: what is priced, what is called, and what can wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from city.collection_problem import CollectionProblem, Due
from city.ids import PointId
from city.ordered_stops import OrderedStop
from city.waste import ServiceKind, ServiceRule, Stream
from optimization.collection.demand import OVERFLOW_PRICE_KM
from optimization.collection.orders import CAN_WAIT, LAST_DAY, with_orders
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, Town

TODAY_END = datetime(2026, 3, 3, 6, tzinfo=UTC)  # 14:00 in Shanghai
DAY = timedelta(days=1)
ON_CALL = ServiceRule(kind=ServiceKind.ON_CALL)


def ordered(point: str = "P1", *, due_at: datetime = TODAY_END + DAY / 2, weight: float = 1.0) -> OrderedStop:
    return OrderedStop(
        point_id=PointId(point), stream=Stream.RESIDUAL, due_at=due_at, weight=weight, complaint_ids=("C1",)
    )


def town() -> Town:
    return Town().depot().site().truck()


def not_due(problem: CollectionProblem) -> CollectionProblem:
    demand = tuple(replace(one, due=Due.NOT_TODAY, skip_price=0.0) for one in problem.demand)
    return replace(problem, demand=demand)


@pytest.mark.parametrize(
    ("due_at", "share"), [(TODAY_END - DAY, LAST_DAY), (TODAY_END + DAY / 2, 1.0), (TODAY_END + 3 * DAY, CAN_WAIT)]
)
@pytest.mark.parametrize("weight", [0.3, 3.0])
def test_a_by_fill_point_is_priced_by_urgency_and_time_on_top_of_its_own_price(
    due_at: datetime, share: float, weight: float
) -> None:
    problem = town().point("P1", 1000, 0, price=7.0).build()

    (demand,) = with_orders(problem, [ordered(due_at=due_at, weight=weight)]).demand

    assert demand.due is Due.MAY
    assert demand.skip_price == pytest.approx(7.0 + OVERFLOW_PRICE_KM * weight * share)
    assert "complaint C1" in demand.why


def test_a_point_that_is_not_due_is_called_when_tomorrow_is_too_late_and_only_then() -> None:
    problem = not_due(town().point("P1", 1000, 0, price=1.0, rule=ON_CALL).build())

    (soon,) = with_orders(problem, [ordered(due_at=TODAY_END + DAY / 2)]).demand
    (later,) = with_orders(problem, [ordered(due_at=TODAY_END + 2 * DAY)]).demand

    assert (soon.due, later.due) == (Due.MUST, Due.NOT_TODAY)
    assert "tomorrow is early enough" in later.why


def test_orders_at_points_of_other_problems_change_nothing() -> None:
    problem = town().point("P1", 1000, 0, price=1.0).build()

    assert with_orders(problem, [ordered("P99")]) == problem
    assert with_orders(problem, []) is problem


def test_the_plan_goes_a_way_for_an_order_that_it_would_not_go_for_the_forecast() -> None:
    problem = town().point("near", 500, 0).point("P1", 9000, 0, price=1.0).build()

    def served(one: CollectionProblem) -> set[str]:
        found = plan_routes(one, plan_id=PLAN, made_at=MADE_AT, seed=1, seconds=1.0)
        assert isinstance(found, Result)
        return {stop.point_id for route in found.plan.routes for stop in route.stops}

    assert served(problem) == {"near"}
    assert served(with_orders(problem, [ordered()])) == {"near", "P1"}
