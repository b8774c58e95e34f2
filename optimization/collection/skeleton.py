"""A day's plan before any search: the routes of a day before, repaired for today, or the engine's first start.

It answers where the time is too short for a search, or a search came to nothing.
"""

from dataclasses import replace

from city.collection_problem import CollectionProblem
from city.ids import PlanId
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.audits import add_audits
from optimization.collection.engine_work import engine_start
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.terrain import terrain
from optimization.collection.usual import Usual, usual_start
from optimization.patience import Patience

RUNG = "start"
REASONS_SHARE = 0.25  # of the seconds: looking for what would let a point be served


def skeleton(
    problem: CollectionProblem, usual: Usual, *, plan_id: PlanId, provenance: Provenance, seconds: float
) -> CollectionPlan | None:
    """Within about `seconds`, not checked. None where it serves nothing although something must be served."""
    ground = terrain(problem)
    search_s = seconds * (1 - REASONS_SHARE)
    from_before = bool(usual.places)
    solution = usual_start(ground, usual, seconds=search_s) if from_before else engine_start(ground, search_s).solution
    audits = add_audits(solution)
    unserved = reasons_for(problem, solution, patience=Patience(seconds * REASONS_SHARE))
    plan = build_plan(
        problem,
        solution,
        unserved,
        plan_id=plan_id,
        provenance=replace(provenance, work=()),
        rung=RUNG,
        degraded=(usual.said,) if from_before else (),
        audits=audits,
    )
    return plan if plan.routes or not any(entry.mandatory for entry in unserved) else None
