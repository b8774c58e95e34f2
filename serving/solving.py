"""What a searching process does: it reads a task, plans, and sends every plan that is better than the last."""

import pickle
import time
from dataclasses import dataclass
from pathlib import Path

from city.collection_problem import CollectionProblem
from city.documents import canonical_json
from city.errors import CityError, SeveralErrors, UnsafePlanError
from city.ids import PlanId
from city.signal_plans import Provenance, SignalSchedule
from city.waste_plans import CollectionPlan
from optimization.collection.engine_work import warm_up
from optimization.collection.planner import plan_routes
from optimization.collection.skeleton import skeleton
from optimization.collection.usual import Usual
from optimization.result import Infeasible, Result
from optimization.signals.planner import plan_signals
from optimization.signals.problem import SignalProblem
from serving.effort import HERE_S
from serving.fair_routes import Raised, RaisedRoutes, fairly
from serving.told_errors import error_document
from serving.workbench_process import Report

SKELETON_SHARE = 0.2  # of the seconds, at most
SKELETON_S = 2.0
LEAST_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTask:
    problem: SignalProblem
    plan_id: PlanId
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTask:
    """`seconds` of work at most; `skeleton` is what the first plan is repaired from.

    With a `fairness_gap` plans are sent as RaisedRoutes, and each of the searches has so many seconds.
    """

    problem: CollectionProblem
    plan_id: PlanId
    provenance: Provenance
    seconds: float
    skeleton: Usual
    fairness_gap: float | None = None
    scheduler: str | None = None  # of the Dask cluster that large cities are improved on


def get_ready() -> None:
    """Everything is imported; the engine is compiled, or what was compiled before is loaded."""
    warm_up()


def solve(task: Path, end_at: float, *, report: Report) -> None:
    """Plan until `end_at` (Unix time). A plan is sent as {"plan": JSON}, why there is none as {"infeasible": [...]}."""
    began = time.time()
    asked = pickle.loads(task.read_bytes())  # noqa: S301  -- our own service wrote it a moment ago
    if isinstance(asked, SignalTask):
        found: Result[SignalSchedule] | Result[CollectionPlan] | Infeasible = _signals(asked, report)
    else:
        found = _routes(asked, end_at - began, report)
    if isinstance(found, Infeasible):
        _tell_why_not(found, report)
    elif isinstance(asked, SignalTask) or asked.fairness_gap is None:
        send(found.plan, report)


def send(plan: SignalSchedule | CollectionPlan | RaisedRoutes, report: Report) -> None:
    report({"plan": canonical_json(plan)})


def _signals(task: SignalTask, report: Report) -> Result[SignalSchedule] | Infeasible:
    made = task.provenance
    return plan_signals(
        task.problem,
        plan_id=task.plan_id,
        made_at=made.made_at,
        seed=made.seed,
        forecast_issued_at=made.forecast_issued_at,
        models=made.models,
        history_versions=made.history_versions,
        tell=lambda schedule: send(schedule, report),
    )


def _routes(task: RouteTask, left_s: float, report: Report) -> Result[CollectionPlan] | Infeasible:
    end_at = time.monotonic() + left_s
    first_s = min(SKELETON_S, max(LEAST_S, left_s * SKELETON_SHARE))
    first = skeleton(task.problem, task.skeleton, plan_id=task.plan_id, provenance=task.provenance, seconds=first_s)
    gap = task.fairness_gap
    if first is not None:
        send(first if gap is None else RaisedRoutes(plan=first, raised=()), report)
    if gap is None:
        return _searched(task, task.problem, end_at - time.monotonic())

    def searched(problem: CollectionProblem) -> Result[CollectionPlan] | Infeasible:
        # Half of what is left: the bound is planned for after the plan without it, in up to three rounds.
        return _searched(task, problem, (end_at - time.monotonic()) / 2)

    def tell(plan: CollectionPlan, raised: Raised) -> None:
        send(RaisedRoutes(plan=plan, raised=raised), report)

    return fairly(task.problem, gap, searched, tell=tell)[2]


def _searched(task: RouteTask, problem: CollectionProblem, left_s: float) -> Result[CollectionPlan] | Infeasible:
    made = task.provenance
    return plan_routes(
        problem,
        plan_id=task.plan_id,
        made_at=made.made_at,
        seed=made.seed,
        seconds=max(LEAST_S, min(task.seconds, left_s)),
        here=task.seconds <= HERE_S or left_s <= HERE_S,
        forecast_issued_at=made.forecast_issued_at,
        models=made.models,
        history_versions=made.history_versions,
        scheduler=task.scheduler,
    )


def _tell_why_not(found: Infeasible, report: Report) -> None:
    """Plans that broke rules are the planner's fault; that there can be none is an answer."""
    reasons = [one for reason in found.reasons for one in _each(reason)]
    if any(isinstance(one, UnsafePlanError) for one in reasons):
        raise next(one for one in reasons if isinstance(one, UnsafePlanError))
    report({"infeasible": [error_document(reason) for reason in found.reasons]})


def _each(error: CityError) -> tuple[CityError, ...]:
    return error.errors if isinstance(error, SeveralErrors) else (error,)
