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
from city.errors import InvalidValueError, StoreUnreachableError
from city.ids import PlanId
from city.progress import Advance, Progress, silent
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.district_work import Workshop, cut_into, improve_by_districts
from optimization.collection.ending import Ended, Ending, Searched, walked
from optimization.collection.engine_notes import IMPROVED, REPORTS, SEED, WALK_ASKED
from optimization.collection.engine_work import Begun, engine_start, improve_with_engine, warm_up
from optimization.collection.search import Found, Report, RoutingTask, improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.terrain import Terrain, terrain
from optimization.deadline import Outcome, run_here, run_until
from optimization.patience import Patience
from optimization.result import Infeasible, Result
from optimization.software import software

Engine = Callable[[RoutingTask, Report], None]
Start = Callable[[Terrain, float], Solution]

START_SHARE = 0.05  # of the seconds: the own start
ENDING_SHARE = 0.15  # of the seconds: walking what came back, reasons, check
GRACE_S = 2.0  # start of a solver's process, and what it overruns
GRACE_HERE_S = 0.1
MOST_ENDING_S = 4.0
CANDIDATES = 3  # of what a solver reported, the last so many are walked
ENOUGH_S_PER_TASK = 0.1  # more makes small problems no better
LEAST_FALLBACK_S = 2.0
MOST_MB = 2000  # of ways and times in all processes together
BYTES_PER_PAIR = 12  # of places, in each process
LEAST_GAIN = 1e-9


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
    start: Start | None = None,
    cores: int | None = None,
    here: bool = False,
    scheduler: str | None = None,
) -> Result[CollectionPlan] | Infeasible:
    """Plan within about `seconds`. What cannot be served stays in the plan with its reason.

    On `cores` processes, each with a seed of its own; default: all that this process may use. A large city is improved
    district by district instead, on as many threads, or by the Dask cluster at `scheduler`. Compiling the engine, once
    per machine, comes on top. `here`, in this very process, no time goes into starting others, and nobody ends a
    search that overruns: for callers that can be killed themselves. Infeasible where nothing that must be served can
    be; a plan that fails its check is never returned. Without a `start` of the caller's own, all work is noted that it
    takes to make the plan again.
    """
    if not 0 < seconds < math.inf:
        raise InvalidValueError(subject="Planning routes", field="seconds", found=seconds, expected="a number above 0")
    with progress("Readying the route engine", 1) as advance:
        warm_up()
        advance(1)
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
        workshop = Workshop(cores=1 if here else cores or usable_cores(), scheduler=scheduler)
        day = _Planning(problem, plan_id, provenance, seconds, began, workshop, here=here)
        return day.run(start, engine, advance)


def usable_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _that_fit(cores: int, problem: CollectionProblem) -> int:
    """As many processes as there are cores, and as fit into memory, each with all ways and times."""
    return max(1, min(cores, int(MOST_MB * 1e6 / (BYTES_PER_PAIR * len(problem.travel.places) ** 2))))


class _Planning:
    def __init__(
        self,
        problem: CollectionProblem,
        plan_id: PlanId,
        provenance: Provenance,
        seconds: float,
        began: float,
        workshop: Workshop,
        *,
        here: bool = False,
    ) -> None:
        self.here = here
        self.workshop = workshop
        self.cluster_said: tuple[str, ...] = ()
        self.grace_s = GRACE_HERE_S if here else GRACE_S
        self.problem = problem
        self.plan_id = plan_id
        self.provenance = provenance
        self.seconds = seconds
        self.began = began
        self.terrain: Terrain = terrain(problem)
        self.ending_s = min(MOST_ENDING_S, seconds * ENDING_SHARE)

    def run(self, start: Start | None, engine: Engine, advance: Advance) -> Result[CollectionPlan] | Infeasible:
        begun = self._begin(start)
        advance(1)
        outcomes = self._improve(begun.solution, engine)
        advance(1)
        searched = self._best_of(begun, outcomes)
        advance(1)
        ended = Ending(
            problem=self.problem,
            plan_id=self.plan_id,
            provenance=self.provenance,
            patience=lambda: Patience(self.ending_s / 2),
        ).of(searched)
        if isinstance(ended, Infeasible):
            return ended
        advance(1)
        return self._result(ended, begun.solution)

    def _begin(self, start: Start | None) -> Begun:
        seconds = self.seconds * START_SHARE
        return engine_start(self.terrain, seconds) if start is None else Begun(solution=start(self.terrain, seconds))

    def _left(self) -> float:
        return self.began + self.seconds - time.monotonic()

    def _improve(self, start: Solution, engine: Engine) -> list[Outcome[Found]]:
        """What each process reported; if none did, OR-Tools has the rest of the time."""
        if engine is improve_with_engine and cut_into(start, self.workshop.cores) > 1:
            return [self._search_by_districts(start)]
        outcomes = self._search(start, engine, _that_fit(self.workshop.cores, self.problem))
        silent_engine = engine is improve_with_engine and not any(outcome.reports for outcome in outcomes)
        if silent_engine and self._left() - self.ending_s > self.grace_s + LEAST_FALLBACK_S:
            outcomes += self._search(start, improve_with_routing, 1)
        return outcomes

    def _search_by_districts(self, start: Solution) -> Outcome[Found]:
        """Where the cluster does not answer, this machine does its work."""
        seed, end = self.provenance.seed, time.monotonic() + self._left() - self.ending_s
        try:
            return improve_by_districts(start, self.workshop, seconds=end - time.monotonic(), seed=seed)
        except StoreUnreachableError as fault:
            self.cluster_said = (f"{fault} The routes were improved on this machine.",)
            here = replace(self.workshop, scheduler=None)
            return improve_by_districts(start, here, seconds=end - time.monotonic(), seed=seed)

    def _search(self, start: Solution, engine: Engine, cores: int) -> list[Outcome[Found]]:
        tasks = self.terrain.tasks
        wall = self._left() - self.ending_s
        if wall <= self.grace_s or not tasks:
            return [Outcome(failure="" if not tasks else "there was no time left for it", finished=False)]
        enough = max(1.0, ENOUGH_S_PER_TASK * len(tasks))
        asked = [
            RoutingTask(
                problem=self.problem,
                start=start.drafts(),
                seconds=min(wall - self.grace_s, enough) if engine is improve_with_engine else wall - self.grace_s,
                seed=self.provenance.seed + number,
                end_at=time.time() + wall - self.grace_s / 2,
            )
            for number in range(cores)
        ]
        if self.here:
            return [run_here(engine, task) for task in asked]
        with ThreadPoolExecutor(cores) as pool:
            return list(pool.map(lambda task: run_until(engine, task, seconds=wall), asked))

    def _best_of(self, begun: Begun, outcomes: list[Outcome[Found]]) -> Searched:
        """The best of what came back, walked: the last that each process reported first."""
        best, work = begun.solution, None
        end = time.monotonic() + self.ending_s / 2
        for found in [
            one.reports[-back] for back in range(1, CANDIDATES + 1) for one in outcomes if len(one.reports) >= back
        ]:
            if best is not begun.solution and time.monotonic() > end:
                break
            patience = Patience(end - time.monotonic())
            solution = walked(self.terrain, found.days, patience)
            if solution.objective < best.objective - LEAST_GAIN:
                best, work = solution, (*found.work, *patience.noted(WALK_ASKED))
            elif work is None and SEED in dict(found.work):
                work = (*found.work, *patience.noted(WALK_ASKED))
        told = (
            (IMPROVED, float(best is not begun.solution)),
            (REPORTS, float(sum(len(one.reports) for one in outcomes))),
        )
        return Searched(
            start=begun.solution,
            best=best,
            work=(*begun.work, *(work or ()), *told),
            said=(*self.cluster_said, *self._said(outcomes)),
        )

    def _said(self, outcomes: list[Outcome[Found]]) -> tuple[str, ...]:
        if not self.terrain.tasks or any(outcome.finished and outcome.reports for outcome in outcomes):
            return ()
        if any(outcome.finished for outcome in outcomes):
            return ("The solver found no plan of its own; the plan it was to start from is used.",)
        failure = next((outcome.failure for outcome in outcomes if outcome.failure), "")
        if failure:
            return (f"The solver failed ({failure}); the best plan until then is used.",)
        stopped = max(outcome.seconds for outcome in outcomes)
        return (f"The solver was stopped after {stopped:.0f} s; the best plan until then is used.",)

    def _result(self, ended: Ended, start: Solution) -> Result[CollectionPlan]:
        return Result(
            plan=ended.plan,
            objective=ended.solution.objective,
            bound=None,
            status=ended.rung,
            runtime_s=math.ceil((time.monotonic() - self.began) * 1000) / 1000,
            seed=self.provenance.seed,
            cost=ended.plan.cost,
            work=(*ended.plan.provenance.work, ("start_objective", start.objective)),
        )
