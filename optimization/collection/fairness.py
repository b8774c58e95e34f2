"""A bound on how much worse than the city a district may be served: points of the worst one are made worth the way."""

from dataclasses import replace
from typing import Final

from city.between_districts import rates_of
from city.collection_problem import CollectionProblem, Due, PointKey
from city.fair_points import FairPoints
from city.ids import PointId
from city.waste import ServiceKind, Stream
from city.waste_plans import CollectionPlan

MARGIN: Final = 0.9
"""Of the bound: what is aimed at, for the rest of the plan moves too."""
FORCED_SHARE: Final = 0.1
"""Of the price of a missed mandatory visit: a raised point is left only where no truck can serve it at all."""


def left_by(plan: CollectionPlan) -> frozenset[PointKey]:
    return frozenset((entry.point_id, entry.stream) for entry in plan.unserved)


def points_to_raise(problem: CollectionProblem, left: frozenset[PointKey], gap: float) -> tuple[PointKey, ...]:
    """Points that would bring the gap below the bound if all of them were served: the likeliest to overflow first.

    None where the bound is kept. The city's rate falls with them, so that the gap is computed anew after each.
    """
    remaining = set(left)
    found: list[PointKey] = []
    first = rates_of(problem, remaining)
    if first is None or first.gap <= gap:
        return ()
    while (rates := rates_of(problem, remaining)) is not None and rates.gap > MARGIN * gap:
        candidates = [
            key
            for key in remaining
            if (point := problem.point_of[key]).rule.kind is ServiceKind.BY_FILL
            and point.district_id == rates.worst
            and problem.demand_of[key].overflow_probability > 0
        ]
        if not candidates:
            break
        most = max(candidates, key=lambda key: (problem.demand_of[key].overflow_probability, key))
        remaining.discard(most)
        found.append(most)
    return tuple(found)


def with_fair_points(problem: CollectionProblem, fair: FairPoints) -> CollectionProblem:
    """The problem under the bound, if it can be kept, with the points priced that were raised for it."""
    raised = {(PointId(point_id), Stream(stream)) for point_id, stream in fair.points}
    price = FORCED_SHARE * problem.prices.missed
    demand = tuple(
        replace(
            one,
            due=Due.MAY,
            skip_price=one.skip_price + price,
            why=f"{one.why} Served for a bound on the gap between districts.",
        )
        if (one.point_id, one.stream) in raised
        else one
        for one in problem.demand
    )
    return replace(problem, demand=demand, fairness_gap=fair.gap)
