"""Today's routes after something went wrong: what has begun stays, the rest changes as little as pays.

The smallest repair comes first: the old plan without what cannot stay, that inserted where it costs least. It is the
floor; what is found after it must be better, with every disturbed stop at its price.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from city.clock import clock_text
from city.collection_problem import CollectionProblem, PointKey
from city.disturbances import Event
from city.errors import CityError, InvalidValueError, UnsafePlanError
from city.findings import CheckReport
from city.ids import PlanId
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_replan import Terms, check_replan
from optimization.collection.difference import Difference, difference
from optimization.collection.replan_building import build_replan
from optimization.collection.replan_ground import Ground, ground_after, rather_late_than_never
from optimization.collection.replan_search import Repaired, improve, smallest_repair
from optimization.collection.replan_solution import Resumed
from optimization.result import Infeasible, Result

NO_CHANGE, REPAIRED, IMPROVED = "no_change", "repaired", "improved"
DISTURBANCE_MIN = 5.0  # of a truck's time: what it costs to tell a crew, and to find a stop that it does not know
TOLERANCE_S = 900
LEAST_KEPT = 0.9
ENDING_SHARE = 0.15  # of the seconds: reasons, check, difference
MOST_ENDING_S = 1.0
LEAST_GAIN = 1e-6
Improve = Callable[..., Repaired]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How a replanner is to work. `price` is per disturbed stop, in the unit of the trucks' costs.

    Without one a stop is worth `DISTURBANCE_MIN` of a truck's time. At least `least_kept` of the stops that nothing
    hits keep truck and order, as long as that costs no duty. `rounds` replays a repair: so many, instead of as
    many as the seconds allow.
    """

    seconds: float = 5.0
    price: float | None = None
    tolerance_s: int = TOLERANCE_S
    least_kept: float = LEAST_KEPT
    seed: int = 1
    rounds: int | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "tolerance_s", "price"):
            value = getattr(self, name)
            if value is not None and (value < 0 or (name == "seconds" and not value)):
                raise InvalidValueError(subject="Replanning", field=name, found=value, expected="a number above 0")
        if not 0 <= self.least_kept <= 1:
            raise InvalidValueError(
                subject="Replanning", field="least_kept", found=self.least_kept, expected="a share from 0 to 1"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Replanned:
    """`result.status` is no_change, repaired (the smallest repair) or improved.

    `floor` is the smallest repair's objective, in which each disturbed stop has its price; `problem` is what the new
    plan answers.
    """

    result: Result[CollectionPlan]
    problem: CollectionProblem
    difference: Difference
    check: CheckReport
    floor: float
    said: tuple[str, ...]

    @property
    def plan(self) -> CollectionPlan:
        return self.result.plan

    @property
    def unchanged(self) -> bool:
        return self.result.status == NO_CHANGE


def replan(
    problem: CollectionProblem,
    plan: CollectionPlan,
    events: tuple[Event, ...],
    *,
    now_s: int,
    plan_id: PlanId,
    made_at: datetime,
    wishes: Wishes | None = None,
    improver: Improve = improve,
) -> Replanned | Infeasible:
    """Repair `plan`, which answers `problem`, from `now_s` on.

    Infeasible where a truck cannot get home with what it has loaded. Raises CityError for events of things that the
    problem does not know, and for a plan that does not pass its check.
    """
    began = time.monotonic()
    return _Replanning(problem, plan, events, now_s, wishes or Wishes(), began).run(plan_id, made_at, improver)


class _Replanning:
    def __init__(
        self,
        problem: CollectionProblem,
        plan: CollectionPlan,
        events: tuple[Event, ...],
        now_s: int,
        wishes: Wishes,
        began: float,
    ) -> None:
        report = check_plan(plan, problem)
        if not report.ok:
            raise UnsafePlanError(plan=plan.plan_id, findings=tuple(one.sentence for one in report.findings))
        price = problem.prices.truck_h * DISTURBANCE_MIN / 60 if wishes.price is None else wishes.price
        self.plan, self.events, self.now_s, self.wishes, self.began = plan, events, now_s, wishes, began
        self.terms = Terms(price=price, tolerance_s=wishes.tolerance_s, least_kept=wishes.least_kept)
        self.problem = problem
        self.late: frozenset[PointKey] = frozenset()

    def run(self, plan_id: PlanId, made_at: datetime, improver: Improve) -> Replanned | Infeasible:
        found = ground_after(self.problem, self.plan, self.events, self.now_s, self.terms)
        if isinstance(found, Infeasible):
            return found
        ground, solution = found
        hit = smallest_repair(solution, tuple(ground.urgent))
        if not hit and solution.is_as_planned:
            return self._no_change(ground)
        ground, self.late = rather_late_than_never(ground, solution)
        floor, floor_objective = list(zip(solution.days, solution.walked, strict=True)), solution.objective
        ending_s = min(MOST_ENDING_S, self.wishes.seconds * ENDING_SHARE)
        until = self.began + self.wishes.seconds - ending_s
        work = improver(solution, hit, seed=self.wishes.seed, until=until, rounds=self.wishes.rounds)
        faults: list[CityError] = []
        for status in (IMPROVED, REPAIRED):
            if status == IMPROVED and solution.objective > floor_objective - LEAST_GAIN:
                continue
            if status == REPAIRED:
                solution.restore(floor)
            new = build_replan(ground, solution, self.plan, plan_id=plan_id, made_at=made_at, rung=status)
            new = replace(new, provenance=replace(new.provenance, seed=self.wishes.seed, work=_work(work)))
            report = self._checked(new, ground)
            if report.ok:
                return self._answer(ground, solution, new, report, work, status)
            faults.append(UnsafePlanError(plan=plan_id, findings=tuple(one.sentence for one in report.findings)))
        return Infeasible(reasons=tuple(faults))

    def _checked(self, new: CollectionPlan, ground: Ground) -> CheckReport:
        return check_replan(
            self.plan,
            new,
            ground.problem,
            now_s=self.now_s,
            events=self.events,
            terms=self.terms,
            late=self.late,
        )

    def _no_change(self, ground: Ground) -> Replanned:
        """The old plan answers the new day as well."""
        same = self.plan
        before = tuple((name, value) for name, value in same.cost if not name.startswith("disturb"))
        cost = (*before, ("disturbed_stops", 0.0), ("disturbance_cost", 0.0))
        report = self._checked(replace(same, cost=cost), ground)
        objective = dict(same.cost)["total_cost"]
        said = f"Nothing that is planned after {clock_text(self.now_s)} is hit: the plan stays as it is."
        return self._handed(ground, same, report, NO_CHANGE, (objective, objective), (), (said,))

    def _answer(
        self,
        ground: Ground,
        solution: Resumed,
        new: CollectionPlan,
        report: CheckReport,
        work: Repaired,
        status: str,
    ) -> Replanned:
        said = ground.said
        if status == REPAIRED and work.rounds:
            said = (*said, f"{work.rounds} other repairs were tried; none pays for what it disturbs.")
        return self._handed(ground, new, report, status, (solution.objective, work.floor), _work(work), said)

    def _handed(
        self,
        ground: Ground,
        new: CollectionPlan,
        report: CheckReport,
        status: str,
        objectives: tuple[float, float],
        work: tuple[tuple[str, float], ...],
        said: tuple[str, ...],
    ) -> Replanned:
        differs = difference(
            self.plan,
            new,
            ground.problem,
            now_s=self.now_s,
            events=self.events,
            tolerance_s=self.wishes.tolerance_s,
        )
        result = Result(
            plan=new,
            objective=objectives[0],
            bound=None,
            status=status,
            runtime_s=round(time.monotonic() - self.began, 3),
            seed=self.wishes.seed,
            cost=new.cost,
            work=work,
        )
        return Replanned(
            result=result, problem=ground.problem, difference=differs, check=report, floor=objectives[1], said=said
        )


def _work(work: Repaired) -> tuple[tuple[str, float], ...]:
    return (
        ("rounds", float(work.rounds)),
        ("rounds_that_paid", float(work.improved)),
        ("smallest_repair_objective", work.floor),
    )
