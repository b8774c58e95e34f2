"""Routes under a bound on the gap between districts: planned without it, then with it, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from city.between_districts import rates_of
from city.collection_problem import CollectionProblem, PointKey
from city.errors import InvalidValueError
from city.fair_points import FairPoints
from city.waste_plans import CollectionPlan
from optimization.collection.fairness import left_by, points_to_raise, with_fair_points
from optimization.result import Infeasible, Result

ROUNDS = 3
Planned = Result[CollectionPlan] | Infeasible
Plan = Callable[[CollectionProblem], Planned]
Raised = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedRoutes:
    """A plan on its way to whoever judges it; `raised` are the points that it was made to go to for the bound."""

    plan: CollectionPlan
    raised: Raised


def _untold(plan: CollectionPlan, raised: Raised) -> None:
    del plan, raised


def fairly(
    problem: CollectionProblem, gap: float, plan: Plan, *, tell: Callable[[CollectionPlan, Raised], None] = _untold
) -> tuple[CollectionProblem, FairPoints, Planned]:
    """The problem that was planned, what was done for the bound, and the plan; `tell` hears of each plan at once.

    Raises InvalidValueError for a bound below 0 or above 1.
    """
    if not 0 <= gap <= 1:
        raise InvalidValueError(
            subject="Fairness", field="gap between districts", found=gap, expected="a share from 0 to 1, such as 0.02"
        )
    free = found = plan(problem)
    if not isinstance(free, Infeasible):
        tell(free.plan, ())
    raised: dict[PointKey, None] = {}
    tried = problem
    for _ in range(ROUNDS):
        if isinstance(found, Infeasible) or isinstance(free, Infeasible):
            return problem, FairPoints(gap=None, points=(), sentence=""), found
        more = [key for key in points_to_raise(problem, left_by(found.plan), gap) if key not in raised]
        if not more:
            break
        raised |= dict.fromkeys(more)
        tried = with_fair_points(problem, FairPoints(gap=None, points=_named(raised), sentence=""))
        found = plan(tried)
        if not isinstance(found, Infeasible):
            tell(found.plan, _named(raised))
    if isinstance(found, Infeasible) or isinstance(free, Infeasible):
        return problem, FairPoints(gap=None, points=(), sentence=""), free
    fair = told_of_bound(problem, gap, _named(raised), free.plan, found.plan)
    return replace(tried, fairness_gap=fair.gap), fair, found


def _named(raised: dict[PointKey, None]) -> Raised:
    return tuple((str(point_id), stream.value) for point_id, stream in raised)


def told_of_bound(
    problem: CollectionProblem, gap: float, raised: Raised, free: CollectionPlan, bound: CollectionPlan
) -> FairPoints:
    """What `bound`, made with these points raised, costs more than `free`, and whether it keeps the bound."""
    before, after = (rates_of(problem, left_by(plan)) for plan in (free, bound))
    if before is None or after is None:
        said = "There is no gap between districts to bound: fewer than two of them have points by fill."
        return FairPoints(gap=None, points=raised, sentence=said)
    kept = after.gap <= gap
    if not raised and not kept:
        said = (
            f"The bound of {gap:.1%} on the gap between districts is not kept: expected overflows per by-fill point of "
            f"district {before.worst} are {before.gap:.1%} above the city's, and no plan under the bound was there in "
            "time."
        )
        return FairPoints(gap=None, points=(), sentence=said)
    if not raised:
        said = f"The bound of {gap:.1%} on the gap between districts costs nothing: it is {before.gap:.1%} without it."
        return FairPoints(gap=gap, points=(), sentence=said)
    word = "is kept" if kept else "could not be kept"
    km, hours = (f"{dict(free.cost)[name]:.1f} to {dict(bound.cost)[name]:.1f}" for name in ("km", "truck_h"))
    said = (
        f"The bound of {gap:.1%} on the gap between districts {word}: expected overflows per by-fill point of district "
        f"{before.worst} were {before.gap:.1%} above the city's, now those of the worst ({after.worst}) are "
        f"{after.gap:.1%} above. {len(raised)} point(s) were raised for it: from {km} km and {hours} truck-hours."
    )
    return FairPoints(gap=gap if kept else None, points=raised, sentence=said)
