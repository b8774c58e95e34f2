"""Today's routes: a feasible start of our own, improved by OR-Tools within a deadline, walked and checked."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError, CityError, InvalidValueError, UnsafePlanError
from city.ids import PlanId
from city.progress import Advance, Progress, silent
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.audits import add_audits
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.search import Found, Report, RoutingTask, improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.start import insert_leftovers, leave_what_costs_more, rebuild, start_solution
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import Day
from optimization.deadline import Outcome, run_until
from optimization.result import Infeasible, Result
from optimization.software import software

Engine = Callable[[RoutingTask, Report], None]

START_SHARE = 0.15  # of the seconds: the own start
ENDING_SHARE = 0.15  # of the seconds: walking what came back, reasons, check
GRACE_S = 2.0  # start of the solver's process, and what it overruns
MOST_ENDING_S = 4.0
CANDIDATES = 3  # of what the solver reported, the last so many are walked


def plan_routes(  # noqa: PLR0913  -- what a plan is made from, each by its name
    problem: CollectionProblem,
    *,
    plan_id: PlanId,
    made_at: datetime,
    seed: int = 1,
    seconds: float = 20.0,
    forecast_issued_at: datetime | None = None,
    models: tuple[str, ...] = (),
    history_versions: tuple[tuple[str, int], ...] = (),
    progress: Progress = silent,
    engine: Engine = improve_with_routing,
) -> Result[CollectionPlan] | Infeasible:
    """Plan within about `seconds`. What cannot be served stays in the plan with its reason.

    Infeasible where nothing that must be served can be; a plan that fails its check is never returned.
    """
    if not 0 < seconds < math.inf:
        raise InvalidValueError(subject="Planning routes", field="seconds", found=seconds, expected="a number above 0")
    began = time.monotonic()
    provenance = Provenance(
        made_at=made_at,
        seed=seed,
        forecast_issued_at=forecast_issued_at,
        models=models,
        history_versions=history_versions,
        software=software(),
    )
    with progress("Planning routes", 4) as advance:
        day = _Planning(problem, plan_id, provenance, seconds, began)
        return day.run(engine, advance)


class _Planning:
    def __init__(
        self, problem: CollectionProblem, plan_id: PlanId, provenance: Provenance, seconds: float, began: float
    ) -> None:
        self.problem = problem
        self.plan_id = plan_id
        self.provenance = provenance
        self.seconds = seconds
        self.began = began
        self.terrain: Terrain = terrain(problem)
        self.ending_s = min(MOST_ENDING_S, seconds * ENDING_SHARE)

    def run(self, engine: Engine, advance: Advance) -> Result[CollectionPlan] | Infeasible:
        start = start_solution(self.terrain, seconds=self.seconds * START_SHARE)
        advance(1)
        outcome = self._improve(start, engine)
        advance(1)
        best, work = self._best_of(start, outcome)
        advance(1)
        degraded = self._degraded(outcome)
        improved = best is not start
        faults: list[CityError] = []
        for solution in [best, start] if improved else [start]:
            rung = "optimised" if solution is not start or outcome.reports else "start"
            plan = self._plan(solution, work, rung, degraded)
            if _serves_nothing_it_must(plan):
                return Infeasible(reasons=_why_not(plan))
            report = check_plan(plan, self.problem)
            if report.ok:
                advance(1)
                return self._result(plan, solution, start, rung)
            found = tuple(finding.sentence for finding in report.findings)
            faults.append(UnsafePlanError(plan=self.plan_id, findings=found))
            degraded = (*degraded, f"The optimised routes broke {len(found)} rule(s) and were dropped: {found[0]}")
        return Infeasible(reasons=tuple(faults))

    def _left(self) -> float:
        return self.began + self.seconds - time.monotonic()

    def _improve(self, start: Solution, engine: Engine) -> Outcome[Found]:
        wall = self._left() - self.ending_s
        if wall <= GRACE_S or not self.terrain.tasks:
            return Outcome(failure="" if not self.terrain.tasks else "there was no time left for it", finished=False)
        task = RoutingTask(
            problem=self.problem, start=start.drafts(), seconds=wall - GRACE_S, seed=self.provenance.seed
        )
        return run_until(engine, task, seconds=wall)

    def _best_of(self, start: Solution, outcome: Outcome[Found]) -> tuple[Solution, tuple[tuple[str, float], ...]]:
        best = start
        until = time.monotonic() + self.ending_s / 2
        for found in reversed(outcome.reports[-CANDIDATES:]):
            solution = self._walked(found.days, until)
            if solution.objective < best.objective - 1e-9:
                best = solution
            if time.monotonic() > until:
                break
        work = outcome.reports[-1].work if outcome.reports else ()
        return best, (*work, ("reports", float(len(outcome.reports))))

    def _walked(self, days: list[Day], until: float) -> Solution:
        """The solver's days with exact clocks; what its approximations missed is taken out and inserted again."""
        solution = Solution(terrain=self.terrain)
        for vehicle, day in enumerate(days):
            rebuild(solution, vehicle, day)
        insert_leftovers(solution, until)
        leave_what_costs_more(solution, until)
        return solution

    def _degraded(self, outcome: Outcome[Found]) -> tuple[str, ...]:
        if not self.terrain.tasks or (outcome.finished and outcome.reports):
            return ()
        if outcome.finished:
            return ("The solver found no plan of its own; the plan it was to start from is used.",)
        if outcome.failure:
            return (f"The solver failed ({outcome.failure}); the best plan until then is used.",)
        return (f"The solver was stopped after {outcome.seconds:.0f} s; the best plan until then is used.",)

    def _plan(
        self, solution: Solution, work: tuple[tuple[str, float], ...], rung: str, degraded: tuple[str, ...]
    ) -> CollectionPlan:
        audits = add_audits(solution)
        return build_plan(
            self.problem,
            solution,
            reasons_for(self.problem, solution, seconds=self.ending_s / 2),
            plan_id=self.plan_id,
            provenance=replace(self.provenance, work=work),
            rung=rung,
            degraded=degraded,
            audits=audits,
        )

    def _result(self, plan: CollectionPlan, solution: Solution, start: Solution, rung: str) -> Result[CollectionPlan]:
        work = (*plan.provenance.work, ("start_objective", start.objective))
        return Result(
            plan=plan,
            objective=solution.objective,
            bound=None,
            status=rung,
            runtime_s=math.ceil((time.monotonic() - self.began) * 1000) / 1000,
            seed=self.provenance.seed,
            cost=plan.cost,
            work=work,
        )


def _serves_nothing_it_must(plan: CollectionPlan) -> bool:
    return not plan.routes and any(entry.mandatory for entry in plan.unserved)


def _why_not(plan: CollectionPlan) -> tuple[CityError, ...]:
    return tuple(
        BrokenRuleError(subject=f"Point {entry.point_id} ({entry.stream})", problem=entry.sentence.removesuffix("."))
        for entry in plan.unserved
        if entry.mandatory
    )
