"""A day's routes, made again from the work that was noted with them."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from city.documents import to_json
from city.errors import BrokenRuleError
from city.ids import PlanId
from city.waste_plans import CollectionPlan
from optimization.collection import engine_work, search
from optimization.collection.planner import Engine, plan_routes
from optimization.collection.reasons import reasons_for
from optimization.collection.replay import routes_again, why_not_again
from optimization.collection.search import Found, Report, RoutingTask, improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.terrain import terrain
from optimization.patience import Patience
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, made_up_city
from tests.optimization.collection.turns import ByTurns, by_turns

ELSEWHERE = """
import pickle, sys
from city.documents import to_json
from optimization.collection.replay import routes_again
problem, plan = pickle.load(sys.stdin.buffer)
sys.stdout.write(to_json(routes_again(problem, plan_id=plan.plan_id, provenance=plan.provenance)))
"""


class Begins(ByTurns):
    """It leaves a poor start, which the engine surely improves."""

    turns_s = 0.2


def killed_midway(task: RoutingTask, report: Report) -> None:
    """The same, in a process that is killed after the first better answer that it reports on the way."""

    def report_and_die(found: Found) -> None:
        report(found)
        os.kill(os.getpid(), signal.SIGKILL)

    by_turns(task, report_and_die)


def planned(engine: Engine = by_turns, *, cores: int = 2) -> CollectionPlan:
    """With time enough for a busy machine: none of it is used but for the work that is asked for."""
    problem = made_up_city(120, 4, seed=4)
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seed=5, seconds=600, engine=engine, cores=cores)
    assert isinstance(result, Result)
    return result.plan


@pytest.fixture(scope="module", autouse=True)
def poor_start() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine_work, "Engine", Begins)
        yield


@pytest.fixture(scope="module")
def plan(poor_start: None) -> CollectionPlan:  # noqa: ARG001  -- it is the start of the plan
    return planned()


def again(plan: CollectionPlan, **noted: float) -> CollectionPlan:
    work = tuple({**dict(plan.provenance.work), **noted}.items())
    provenance = replace(plan.provenance, work=work)
    found = routes_again(made_up_city(120, 4, seed=4), plan_id=plan.plan_id, provenance=provenance)
    assert isinstance(found, CollectionPlan)
    return found


def test_a_plan_comes_out_the_same_in_another_process_whatever_the_order_of_its_sets(plan: CollectionPlan) -> None:
    assert dict(plan.provenance.work)["improved"] == 1.0  # or there would be nothing to repeat but the start

    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        input=pickle.dumps((made_up_city(120, 4, seed=4), plan)),
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )

    assert done.stdout.decode() == to_json(plan)


def test_a_plan_whose_solvers_were_killed_midway_comes_out_the_same() -> None:
    plan = planned(killed_midway, cores=1)
    assert dict(plan.provenance.work)["steps"] < 200
    assert "ended without an answer" in plan.provenance.solver[0]

    assert to_json(again(plan)) == to_json(plan)


def test_other_work_and_another_seed_are_not_taken_for_what_was_done(plan: CollectionPlan) -> None:
    # the same little work on every machine: where time allowed much, two seeds may end in the same routes
    little = {"start_probe": 20.0, "start_steps": 200.0, "start_rest": 0.0, "probe": 20.0, "steps": 200.0, "rest": 0.0}
    little |= {f"{stage}per_step_{block}": 1.0 for stage in ("start_", "") for block in range(1, 11)}
    done = again(plan, **little, engine_seed=5.0)
    more = again(plan, **{**little, "per_step_1": 2.0}, engine_seed=5.0)

    assert again(plan, **little, engine_seed=6.0).routes != done.routes
    assert dict(more.provenance.work)["iterations"] != dict(done.provenance.work)["iterations"]
    with pytest.raises(BrokenRuleError, match=r"per_step_2 is -4, which the engine never writes"):
        again(plan, **{**little, "per_step_2": -4.0})
    with pytest.raises(BrokenRuleError, match=r"steps is 201 with 10 of 11 blocks"):
        again(plan, **{**little, "steps": 201.0})


def test_what_or_tools_found_is_said_not_to_be_repeatable() -> None:
    problem = made_up_city(40, 4, seed=2)
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=120, engine=soon_content, start=nothing)
    assert isinstance(result, Result)

    assert "OR-Tools improved it" in str(why_not_again(result.plan.provenance))
    with pytest.raises(BrokenRuleError, match="does not go the same way twice"):
        routes_again(problem, plan_id=PlanId("x"), provenance=result.plan.provenance)


def soon_content(task: RoutingTask, report: Report) -> None:
    """OR-Tools, until it has found nothing better for a moment: the seconds are there for a busy machine."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(search, "PATIENCE_SHARE", 0.0)
        patched.setattr(search, "LEAST_PATIENCE_S", 0.3)
        improve_with_routing(task, report)


def nothing(ground: object, seconds: float) -> Solution:
    del ground, seconds
    return Solution(terrain=terrain(made_up_city(40, 4, seed=2)))


@pytest.mark.parametrize("asked", [0, 3, 40])
def test_reasons_that_time_cut_short_are_cut_at_the_same_word(asked: int) -> None:
    """With fewer trucks than are needed, so that many points are left and looked at."""
    solution = Solution(terrain=terrain(made_up_city(30, 1, seed=3)))
    patience = Patience(most=asked)

    first = reasons_for(solution.terrain.problem, solution, patience=patience)

    assert patience.asked == asked
    assert reasons_for(solution.terrain.problem, solution, patience=Patience.as_before(asked)) == first
    assert first != reasons_for(solution.terrain.problem, solution)
