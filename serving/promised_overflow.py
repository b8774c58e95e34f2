"""What a collection plan promises of the points that it leaves: how many of them flow over before somebody comes."""

from city.collection_problem import CollectionProblem
from city.ids import DistrictId
from city.waste_plans import CollectionPlan, ExpectedOverflow

DIGITS = 4


def expected_overflow(plan: CollectionPlan, problem: CollectionProblem) -> tuple[ExpectedOverflow, ...]:
    """By district: the planner's own chances, summed over the points that it leaves without breaking a rule."""
    left = [(one.point_id, one.stream) for one in plan.unserved if not one.mandatory]
    known = [key for key in left if key in problem.point_of]
    sums: dict[str, tuple[int, float]] = {}
    for key in known:
        district = str(problem.point_of[key].district_id)
        points, overflows = sums.get(district, (0, 0.0))
        sums[district] = points + 1, overflows + problem.demand_of[key].overflow_probability
    return tuple(
        ExpectedOverflow(district_id=DistrictId(district), points=points, overflows=round(overflows, DIGITS))
        for district, (points, overflows) in sorted(sums.items())
    )
