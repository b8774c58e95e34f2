"""A plan before any search: checked like every other, made from the day before where there was one."""

from dataclasses import replace

import pytest

from city.signal_plans import Provenance
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.collection.search import Report, RoutingTask
from optimization.collection.skeleton import skeleton
from optimization.collection.usual import stops_kept, usual_routes, with_usual
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, Town, made_up_city

PROVENANCE = Provenance(made_at=MADE_AT, seed=1)


@pytest.mark.parametrize("size", [(30, 4), (60, 5)])
def test_without_a_day_before_it_is_a_first_start_that_keeps_every_rule(size: tuple[int, int]) -> None:
    problem = made_up_city(*size, seed=2)

    plan = skeleton(problem, usual_routes(problem, None), plan_id=PLAN, provenance=PROVENANCE, seconds=1.0)

    assert plan is not None
    assert check_plan(plan, problem).findings == ()
    assert (plan.rung, plan.provenance.seed) == ("start", 1)


def test_the_day_before_is_kept_where_it_can_be_and_repaired_where_it_cannot() -> None:
    before = made_up_city(40, 4, seed=3)
    yesterday = skeleton(before, usual_routes(before, None), plan_id=PLAN, provenance=PROVENANCE, seconds=1.0)
    assert yesterday is not None
    away = yesterday.routes[0].truck_id
    today = replace(before, trucks=tuple(truck for truck in before.trucks if truck.truck_id != away))
    usual = usual_routes(today, yesterday)
    problem = with_usual(today, usual)

    plan = skeleton(problem, usual, plan_id=PLAN, provenance=PROVENANCE, seconds=2.0)

    assert plan is not None
    assert check_plan(plan, problem).findings == ()
    assert away not in {route.truck_id for route in plan.routes}
    kept = stops_kept(problem, plan.routes)
    assert kept.kept >= 0.8 * (kept.stops - kept.away)
    assert any("Usual trucks are those of plan" in said for said in plan.degraded)


def test_where_nothing_that_must_be_served_can_be_there_is_none() -> None:
    problem = Town().depot("D").site("S", 3000, 0).truck("T", payload_kg=10.0).point("P", 1000, 0).build()

    assert skeleton(problem, usual_routes(problem, None), plan_id=PLAN, provenance=PROVENANCE, seconds=0.5) is None


def raises_here(task: RoutingTask, _report: Report) -> None:
    raise MemoryError(len(task.start))


def test_a_search_in_this_very_process_needs_no_time_to_start_another() -> None:
    problem = made_up_city(30, 4, seed=2)

    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1.5, here=True)
    failed = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1.0, here=True, engine=raises_here)

    assert isinstance(result, Result)
    assert result.status == "optimised"
    assert isinstance(failed, Result)
    assert failed.status == "start"
    assert "MemoryError: 4" in failed.plan.degraded[0]
