"""Mutations of who is left: a district that the plan leaves behind, under bounds that forbid it or allow it."""

import random
from collections.abc import Callable
from dataclasses import replace

from city.ids import DistrictId
from city.waste import ServiceKind
from tests.optimization.collection.mutation_bases import Case
from tests.optimization.collection.mutations import Operator

BEHIND = DistrictId("left behind")


def _bounded(share_of_gap: Callable[[random.Random], float]) -> Callable[[Case, random.Random], Case | None]:
    """By-fill points that are left become a district of their own, whose gap is worked out by hand.

    All that may overflow lies there: its mean probability less the sum over all points by fill is the gap.
    """

    def mutate(case: Case, rng: random.Random) -> Case | None:
        left = {(entry.point_id, entry.stream) for entry in case.plan.unserved}
        by_fill = [point for point in dict.fromkeys(case.problem.points) if point.rule.kind is ServiceKind.BY_FILL]
        gone = [point for point in by_fill if (point.point_id, point.stream) in left]
        probabilities = [case.problem.demand_of[p.point_id, p.stream].overflow_probability for p in gone]
        if len(gone) in (0, len(by_fill)) or not sum(probabilities):
            return None
        gap = sum(probabilities) / len(gone) - sum(probabilities) / len(by_fill)
        points = tuple(replace(p, district_id=BEHIND) if p in gone else p for p in case.problem.points)
        return case.with_problem(points=points, fairness_gap=gap * share_of_gap(rng))

    return mutate


FAIR = (
    Operator("a district left behind", "fairness", _bounded(lambda rng: rng.uniform(0.0, 0.99))),
    Operator("a district within its bound", None, _bounded(lambda rng: rng.uniform(1.0001, 3.0))),
)
