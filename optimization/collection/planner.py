"""Today's routes: a start of our own, improved by ruin and recreate on every core within a deadline, walked, checked.

Where the improvement engine finds nothing or fails, OR-Tools improves the start in the time that is left.
"""

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
from optimization.collection.engine_work import engine_start, improve_with_engine, warm_up
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.search import Found, Report, RoutingTask, improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.start import insert_these, leave_what_costs_more, rebuild
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import Day
from optimization.deadline import Outcome, run_until
from optimization.result import Infeasible, Result
from optimization.software import software

Engine = Callable[[RoutingTask, Report], None]
Start = Callable[[Terrain, float], Solution]

START_SHARE = 0.05  # of the seconds: the own start
ENDING_SHARE = 0.15  # of the seconds: walking what came back, reasons, check
GRACE_S = 2.0  # start of a solver's process, and what it overruns
MOST_ENDING_S = 4.0
CANDIDATES = 3  # of what a solver reported, the last so many are walked
ENOUGH_S_PER_TASK = 0.1  # more makes small problems no better
LEAST_FALLBACK_S = 2.0
MOST_MB = 2000  # of ways and times in all processes together
BYTES_PER_PAIR = 12  # of places, in each process


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
    engine: Engine = improve_with_engine,
    start: Start = engine_start,
    cores: int | None = None,
) -> Result[CollectionPlan] | Infeasible:
    """Plan within about `seconds`. What cannot be served stays in the plan with its reason.

    On `cores` processes, each with a seed of its own; default: all that this process may use. Compiling the engine,
    once per machine, comes on top. Infeasible where nothing that must be served can be; a plan that fails its check is
    never returned.
    """
    if not 0 < seconds < math.inf:
        raise InvalidValueError(subject="Planning routes", field="seconds", found=seconds, expected="a number above 0")
    warm_up()
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
        return day.run(start, engine, cores or _cores_for(problem), advance)


def _cores_for(problem: CollectionProblem) -> int:
    """As many processes as this one may use cores, and as fit into memory."""
    able = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(able, int(MOST_MB * 1e6 / (BYTES_PER_PAIR * len(problem.travel.places) ** 2))))


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

    def run(self, begin: Start, engine: Engine, cores: int, advance: Advance) -> Result[CollectionPlan] | Infeasible:
        start = begin(self.terrain, self.seconds * START_SHARE)
        advance(1)
        outcomes = self._improve(start, engine, cores)
        advance(1)
        best, work = self._best_of(start, outcomes)
        advance(1)
        degraded = self._degraded(outcomes)
        improved = best is not start
        faults: list[CityError] = []
        for solution in [best, start] if improved else [start]:
            rung = "optimised" if solution is not start or any(one.reports for one in outcomes) else "start"
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

    def _improve(self, start: Solution, engine: Engine, cores: int) -> list[Outcome[Found]]:
        """What each process reported; if none did, OR-Tools has the rest of the time."""
        outcomes = self._search(start, engine, cores)
        silent_engine = engine is improve_with_engine and not any(outcome.reports for outcome in outcomes)
        if silent_engine and self._left() - self.ending_s > GRACE_S + LEAST_FALLBACK_S:
            outcomes += self._search(start, improve_with_routing, 1)
        return outcomes

    def _search(self, start: Solution, engine: Engine, cores: int) -> list[Outcome[Found]]:
        tasks = self.terrain.tasks
        wall = self._left() - self.ending_s
        if wall <= GRACE_S or not tasks:
            return [Outcome(failure="" if not tasks else "there was no time left for it", finished=False)]
        enough = max(1.0, ENOUGH_S_PER_TASK * len(tasks))
        asked = [
            RoutingTask(
                problem=self.problem,
                start=start.drafts(),
                seconds=min(wall - GRACE_S, enough) if engine is improve_with_engine else wall - GRACE_S,
                seed=self.provenance.seed + number,
                end_at=time.time() + wall - GRACE_S / 2,
            )
            for number in range(cores)
        ]
        with ThreadPoolExecutor(cores) as pool:
            return list(pool.map(lambda task: run_until(engine, task, seconds=wall), asked))

    def _best_of(
        self, start: Solution, outcomes: list[Outcome[Found]]
    ) -> tuple[Solution, tuple[tuple[str, float], ...]]:
        """The best of what came back, walked: the last that each process reported first."""
        best, work = start, next((one.reports[-1].work for one in outcomes if one.reports), ())
        until = time.monotonic() + self.ending_s / 2
        for found in [
            one.reports[-back] for back in range(1, CANDIDATES + 1) for one in outcomes if len(one.reports) >= back
        ]:
            if best is not start and time.monotonic() > until:
                break
            solution = self._walked(found.days, until)
            if solution.objective < best.objective - 1e-9:
                best, work = solution, found.work
        return best, (*work, ("reports", float(sum(len(one.reports) for one in outcomes))))

    def _walked(self, days: list[Day], until: float) -> Solution:
        """The solver's days with exact clocks; what its approximations missed is taken out and inserted again."""
        solution = Solution(terrain=self.terrain)
        for vehicle, day in enumerate(days):
            rebuild(solution, vehicle, day)
        wanted = {task for day in days for draft in day for task in draft.tasks}
        insert_these(solution, solution.left & wanted, until)
        leave_what_costs_more(solution, until)
        return solution

    def _degraded(self, outcomes: list[Outcome[Found]]) -> tuple[str, ...]:
        if not self.terrain.tasks or any(outcome.finished and outcome.reports for outcome in outcomes):
            return ()
        if any(outcome.finished for outcome in outcomes):
            return ("The solver found no plan of its own; the plan it was to start from is used.",)
        failure = next((outcome.failure for outcome in outcomes if outcome.failure), "")
        if failure:
            return (f"The solver failed ({failure}); the best plan until then is used.",)
        stopped = max(outcome.seconds for outcome in outcomes)
        return (f"The solver was stopped after {stopped:.0f} s; the best plan until then is used.",)

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
