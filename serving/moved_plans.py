"""A stored collection plan with stops moved by a person: timed and checked anew, and kept as a plan of their own."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from city.access import Caller
from city.audit_log import by_caller
from city.collection_problem import CollectionProblem
from city.documents import from_json, to_json
from city.findings import CheckReport
from city.ids import PlanId, TruckId
from city.ledger import StoredPlan
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.hand_made import plan_by_hand
from optimization.collection.plan_building import cost_terms
from optimization.collection.usual import usual_terms
from optimization.software import software
from serving.desk import Desk
from serving.moving_stops import Move, moved, same_order, told
from serving.plan_folder import PROBLEM, folder_of, new_plan_id, refuse_unsafe, unique, write_routes
from serving.plans_by_hand import problem_of
from serving.promised_overflow import expected_overflow
from serving.rechecking import problem_of_today

MOVES = "moves.json"  # beside the new plan: who moved what, and why
MOST_PROBLEMS = 3
MOST_REASON = 1000  # of its characters, in the audit line


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The whole plan after the moves, whatever it breaks; `check` names each broken rule.

    `km`, `truck_h` and `cost` are new less old. `truck_ids` are the trucks whose route is another one.
    """

    old_plan_id: PlanId
    plan: CollectionPlan
    check: CheckReport
    sentences: tuple[str, ...]
    truck_ids: tuple[TruckId, ...]
    km: float
    truck_h: float
    cost: float


class Problems:
    """The problems of the plans that people work on: reading one of a whole city takes seconds."""

    def __init__(self, most: int = MOST_PROBLEMS) -> None:
        self._kept: OrderedDict[tuple[PlanId, int], CollectionProblem] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def of(self, desk: Desk, plan_id: PlanId) -> CollectionProblem:
        with self._lock:
            key = plan_id, _written(folder_of(desk.settings.plans, plan_id) / PROBLEM)
            found = self._kept.get(key) or problem_of(desk, plan_id)
            self._kept[key] = found
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return found


def try_moves(desk: Desk, problems: Problems, stored: StoredPlan, moves: Sequence[Move]) -> Moved:
    """Raises CityError where a move cannot be read; what it breaks is in the answer. Nothing is stored."""
    before = from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    return _moved(desk, before, problems.of(desk, before.plan_id), moves)


def keep_moves(
    desk: Desk, problems: Problems, stored: StoredPlan, moves: Sequence[Move], *, caller: Caller, reason: str
) -> Moved:
    """Stored as a draft that its maker answers for. Raises UnsafePlanError where the check found a broken rule."""
    before = from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    # What changed in the city's records since the first plan was made would pass unseen: this plan is made now.
    problem = problem_of_today(desk, problems.of(desk, stored.plan_id), before.provenance.made_at)
    tried = _moved(desk, before, problem, moves)
    signed = f"Made by hand by {caller.person} from plan {stored.plan_id} ({reason}): {'; '.join(tried.sentences)}."
    overflow = expected_overflow(tried.plan, problem)
    plan = replace(tried.plan, assumed=unique(tried.plan.assumed, (signed,)), overflow=overflow)
    report = check_plan(plan, problem)
    refuse_unsafe(plan.plan_id, report)
    plan = certified(plan, problem, report)
    folder = write_routes(desk.settings.plans, plan, report, problem)
    story = {"from_plan_id": stored.plan_id, "person": caller.person, "reason": reason, "moves": tuple(moves)}
    (folder / MOVES).write_text(to_json(story), encoding="utf-8")
    detail = {"from_plan_id": stored.plan_id, "moves": len(moves), "reason": reason[:MOST_REASON]}
    line = by_caller("plan.made_by_hand", plan.plan_id, caller, districts=stored.district_ids, detail=detail)
    desk.ledger.save_plan(plan, report, audit=line)
    return replace(tried, plan=plan, check=report)


def _moved(desk: Desk, before: CollectionPlan, problem: CollectionProblem, moves: Sequence[Move]) -> Moved:
    plan = _timed(desk, before, problem, moves)
    old, new = dict(before.cost), dict(plan.cost)
    old_routes = {route.truck_id: route for route in before.routes}
    new_routes = {route.truck_id: route for route in plan.routes}
    return Moved(
        old_plan_id=before.plan_id,
        plan=plan,
        check=check_plan(plan, problem),
        sentences=told(before, moves),
        truck_ids=tuple(
            truck_id
            for truck_id in dict.fromkeys((*old_routes, *new_routes))
            if old_routes.get(truck_id) != new_routes.get(truck_id)
        ),
        km=new["km"] - old["km"],
        truck_h=new["truck_h"] - old["truck_h"],
        cost=new["total_cost"] - old["total_cost"],
    )


def _timed(desk: Desk, before: CollectionPlan, problem: CollectionProblem, moves: Sequence[Move]) -> CollectionPlan:
    """Trucks that no move touches keep the clocks that they have; all others get those of the planner's own walk."""
    wanted = moved(before, problem, moves)
    plan = plan_by_hand(
        wanted,
        problem,
        plan_id=new_plan_id("routes", problem.service_date),
        provenance=replace(before.provenance, made_at=desk.clock(), software=software(), work=(), recipe=None),
        before=before,
    )
    was = {route.truck_id: route for route in before.routes}
    asked = {route.truck_id: route for route in wanted.routes}
    routes = tuple(
        was[route.truck_id]
        if route.truck_id in was and same_order(was[route.truck_id], asked[route.truck_id])
        else route
        for route in plan.routes
    )
    fleet = {truck.truck_id for truck in problem.fleet}
    here = tuple(route for route in routes if route.truck_id in fleet)
    return replace(
        plan,
        routes=routes,
        cost=(*cost_terms(problem, here, plan.unserved), *usual_terms(problem, here)),
        assumed=unique(before.assumed, plan.assumed),
        degraded=before.degraded,
    )


def _written(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
