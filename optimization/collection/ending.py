"""The end of planning routes: the best solution becomes a checked plan with its reasons, else the start does."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError, CityError, UnsafePlanError
from city.ids import PlanId
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.audits import add_audits
from optimization.collection.check import check_plan
from optimization.collection.engine_notes import REASONS_ASKED, REPORTS, Notes
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.solution import Solution
from optimization.collection.start import insert_these, leave_what_costs_more, rebuild
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Day
from optimization.patience import Patience
from optimization.result import Infeasible


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What the search left: `best` is the start where nothing better came back; `said` tells of solvers that failed."""

    start: Solution
    best: Solution
    work: Notes
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    plan: CollectionPlan
    solution: Solution
    rung: str


def walked(terrain: Terrain, days: list[Day], patience: Patience) -> Solution:
    """The solver's days with exact clocks; what its approximations missed is taken out and inserted again."""
    solution = Solution(terrain=terrain)
    for vehicle, day in enumerate(days):
        rebuild(solution, vehicle, day)
    wanted = {task for day in days for draft in day for task in draft.tasks}
    insert_these(solution, solution.left & wanted, patience)
    leave_what_costs_more(solution, patience)
    return solution


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """`patience` is asked for anew for each solution that reasons are looked for in."""

    problem: CollectionProblem
    plan_id: PlanId
    provenance: Provenance
    patience: Callable[[], Patience]

    def of(self, searched: Searched) -> Ended | Infeasible:
        """The best if its plan passes the check, else the start; a plan that fails is never handed out."""
        start, best, said = searched.start, searched.best, searched.said
        was_improved = best is not start
        faults: list[CityError] = []
        for solution in [best, start] if was_improved else [start]:
            rung = "optimised" if solution is not start or dict(searched.work).get(REPORTS) else "start"
            plan = self._plan(solution, searched, rung, said)
            if _serves_nothing_it_must(plan):
                return Infeasible(reasons=_why_not(plan))
            report = check_plan(plan, self.problem)
            if report.ok:
                return Ended(plan=plan, solution=solution, rung=rung)
            found = tuple(finding.sentence for finding in report.findings)
            faults.append(UnsafePlanError(plan=self.plan_id, findings=found))
            said = (*said, f"The optimised routes broke {len(found)} rule(s) and were dropped: {found[0]}")
        return Infeasible(reasons=tuple(faults))

    def _plan(self, solution: Solution, searched: Searched, rung: str, degraded: tuple[str, ...]) -> CollectionPlan:
        audits, patience = add_audits(solution), self.patience()
        unserved = reasons_for(self.problem, solution, patience=patience)
        work = (*searched.work, *patience.noted(REASONS_ASKED))
        return build_plan(
            self.problem,
            solution,
            unserved,
            plan_id=self.plan_id,
            provenance=replace(self.provenance, work=work, solver=searched.said),
            rung=rung,
            degraded=degraded,
            audits=audits,
        )


def _serves_nothing_it_must(plan: CollectionPlan) -> bool:
    return not plan.routes and any(entry.mandatory for entry in plan.unserved)


def _why_not(plan: CollectionPlan) -> tuple[CityError, ...]:
    return tuple(
        BrokenRuleError(subject=f"Point {entry.point_id} ({entry.stream})", problem=entry.sentence.removesuffix("."))
        for entry in plan.unserved
        if entry.mandatory
    )
