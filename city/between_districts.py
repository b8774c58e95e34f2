"""How a plan treats districts: of their by-fill points, how many are expected to overflow because they are left."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from city.collection_problem import CollectionProblem, PointKey
from city.ids import DistrictId
from city.waste import ServiceKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictRates:
    """Expected overflows before the next likely visit per by-fill point: of each district, and of all together."""

    rates: dict[DistrictId, float]
    city: float

    @property
    def worst(self) -> DistrictId:
        return max(self.rates, key=lambda district: (self.rates[district], district))

    @property
    def gap(self) -> float:
        """How far the worst district is above the city."""
        return self.rates[self.worst] - self.city


def rates_of(problem: CollectionProblem, left: Collection[PointKey]) -> DistrictRates | None:
    """With the points in `left` unserved. None where fewer than two districts have points by fill."""
    gone = set(left)
    points: dict[DistrictId, int] = defaultdict(int)
    expected: dict[DistrictId, float] = defaultdict(float)
    for key, point in problem.point_of.items():
        if point.rule.kind is ServiceKind.BY_FILL:
            points[point.district_id] += 1
            if key in gone:
                expected[point.district_id] += problem.demand_of[key].overflow_probability
    if len(points) < 2:
        return None
    return DistrictRates(
        rates={district: expected[district] / count for district, count in sorted(points.items())},
        city=sum(expected.values()) / sum(points.values()),
    )
