"""A day's routes made again from the work that was noted with them: no clock has a say in it."""

from city.collection_problem import CollectionProblem
from city.errors import BrokenRuleError
from city.ids import PlanId
from city.progress import Progress, silent
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.district_work import DISTRICTS, districts_again
from optimization.collection.ending import Ending, Searched, walked
from optimization.collection.engine_notes import IMPROVED, REASONS_ASKED, REPORTS, SEED, WALK_ASKED, Notes
from optimization.collection.engine_work import Begun, improve_again, start_again, warm_up
from optimization.collection.planner import LEAST_GAIN, usable_cores
from optimization.collection.terrain import Terrain, terrain
from optimization.patience import Patience
from optimization.result import Infeasible


def why_not_again(provenance: Provenance) -> str | None:
    """Why the routes of this provenance cannot be made again; None where they can."""
    notes = dict(provenance.work)
    if REPORTS not in notes:
        return "It was made by other means than planning a day, or before the work of planning was recorded."
    if IMPROVED not in notes:
        return "It was made before the work behind every answer of a solver was recorded."
    if notes[IMPROVED] and SEED not in notes:
        return (
            "OR-Tools improved it where the improvement engine had failed; that search is bounded by the clock and "
            "does not go the same way twice."
        )
    return None


def routes_again(
    problem: CollectionProblem, *, plan_id: PlanId, provenance: Provenance, progress: Progress = silent
) -> CollectionPlan | Infeasible:
    """The plan of which `provenance.work` tells. Raises BrokenRuleError where that work cannot be done again."""
    why = why_not_again(provenance)
    if why is not None:
        raise BrokenRuleError(subject=f"Plan {plan_id}", problem=why)
    warm_up()
    notes = dict(provenance.work)
    with progress("Doing the recorded work again", 3) as advance:
        ground = terrain(problem)
        begun = start_again(ground, notes)
        advance(1)
        searched = _searched(ground, begun, provenance)
        advance(1)
        ending = Ending(
            problem=problem,
            plan_id=plan_id,
            provenance=provenance,
            patience=lambda: Patience.as_before(notes.get(REASONS_ASKED)),
        )
        ended = ending.of(searched)
        advance(1)
    return ended if isinstance(ended, Infeasible) else ended.plan


def _searched(ground: Terrain, begun: Begun, provenance: Provenance) -> Searched:
    notes = dict(provenance.work)
    best, work = begun.solution, Notes()
    if SEED in notes:
        found = (
            districts_again(begun.solution, notes, usable_cores())
            if DISTRICTS in notes
            else improve_again(ground, begun.solution, notes)
        )
        patience = Patience.as_before(notes.get(WALK_ASKED))
        solution = walked(ground, found.days, patience)
        work = (*found.work, *patience.noted(WALK_ASKED))
        if solution.objective < best.objective - LEAST_GAIN:
            best = solution
    return Searched(
        start=begun.solution,
        best=best,
        work=(*begun.work, *work, (IMPROVED, float(best is not begun.solution)), (REPORTS, notes[REPORTS])),
        said=provenance.solver,
    )
