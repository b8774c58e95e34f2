"""The fixed weekly rounds that ours are compared with: our router on average fill, as seldom as overflow allows.

One fill `brim` stands for all points: each is visited so often a week (or every other week) that on average it holds
no more. Points that are visited equally often share their weekdays with their neighbours. The brim is chosen with
hindsight, on the judged days themselves: the highest at which no more visits come after an overflow than in our life.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Final

import numpy as np

from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey
from city.errors import BrokenRuleError
from city.ids import PlanId
from city.waste import CollectionPoint, Stream
from city.waste_plans import CollectionPlan
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.fleet import Fleet
from optimization.collection.planner import plan_routes
from optimization.result import Infeasible
from serving.effort import HERE_S

BRIMS: Final = tuple(round(0.3 + 0.05 * k, 2) for k in range(15))
WEEK: Final = 7
FULLEST: Final = 1.2
NOMINAL_S: Final = 10 * 3600
Days = Mapping[PointKey, frozenset[int]]  # of two weeks, from Monday 0 to Sunday 13


@dataclass(frozen=True, kw_only=True)
class FixedRounds:
    """`growth` per point: share of capacity that a day adds on average, from the history before the first day."""

    problem: CollectionProblem
    growth: Mapping[PointKey, float]
    brim: float
    made_at: datetime
    seconds: float
    seed: int = 1
    plans: dict[int, tuple[CollectionPlan, CollectionProblem]] = field(default_factory=dict)

    @cached_property
    def days(self) -> Days:
        return visiting_days(self.problem.points, self.growth, self.brim)

    @property
    def visits_a_week(self) -> float:
        """Of by-fill points."""
        skipping = [k for k, point in self.problem.point_of.items() if point.rule.may_skip]
        return sum(len(self.days[key]) for key in skipping) / 2

    def on(self, day: date) -> tuple[CollectionPlan, CollectionProblem]:
        """The same plan on each such weekday, planned when it is first driven."""
        number = day_number(day)
        same = [n for n in self.plans if all((n in own) == (number in own) for own in self.days.values())]
        if not same:
            self.plans[number] = self._planned(number, day)
        return self.plans[same[0] if same else number]

    def _planned(self, number: int, day: date) -> tuple[CollectionPlan, CollectionProblem]:
        demand = tuple(self._demand(point, number) for point in self.problem.point_of.values())
        prices = replace(self.problem.prices, moved_stop=0.0)
        problem = replace(
            self.problem,
            demand=demand,
            service_date=day,
            prices=prices,
            load_quantile="p50",
            load_risk=None,
        )
        result = plan_routes(
            problem,
            plan_id=PlanId(f"fixed-rounds-{number}"),
            made_at=self.made_at,
            seed=self.seed,
            seconds=self.seconds,
            here=self.seconds <= HERE_S,
        )
        if isinstance(result, Infeasible):
            reasons = "; ".join(map(str, result.reasons[:3]))
            raise BrokenRuleError(subject=f"Fixed rounds of day {number}", problem=f"there is no plan: {reasons}")
        return result.plan, problem

    def _demand(self, point: CollectionPoint, number: int) -> PointDemand:
        key = (point.point_id, point.stream)
        days = sorted(self.days[key])
        fill = min(FULLEST, self.growth[key] * _since(days, number))
        m3 = fill * point.capacity_m3
        due = number in days
        return PointDemand(
            point_id=point.point_id,
            stream=point.stream,
            due=Due.MUST if due else Due.NOT_TODAY,
            why="its fixed weekday" if due else "not its weekday",
            kg_p50=m3 * point.density_kg_m3,
            kg_p90=m3 * point.density_kg_m3,
            m3_p50=m3,
            m3_p90=m3,
        )


def day_number(day: date) -> int:
    return (day.toordinal() - 1) % (2 * WEEK)  # day 1 of the calendar was a Monday


def _since(days: Sequence[int], number: int) -> int:
    """Days since the last visit before day `number`, one at least and two weeks at most."""
    return min(((number - day) % (2 * WEEK)) or 2 * WEEK for day in days)


def visiting_days(points: Sequence[CollectionPoint], growth: Mapping[PointKey, float], brim: float) -> Days:
    found: dict[PointKey, frozenset[int]] = {}
    classes: dict[tuple[Stream, int], list[CollectionPoint]] = {}
    for point in points:
        key = (point.point_id, point.stream)
        if not point.rule.may_skip:
            found[key] = frozenset(range(2 * WEEK))
            continue
        classes.setdefault((point.stream, fortnight_visits(growth[key], brim)), []).append(point)
    for (_, visits), members in classes.items():
        found |= _shared_out(members, visits)
    return found


def fortnight_visits(growth: float, brim: float) -> int:
    """1 (every other week), or a whole number a week, so that a visit finds `brim` on average at most."""
    if growth * 2 * WEEK <= brim:
        return 1
    return 2 * min(WEEK, math.ceil(WEEK * growth / brim))


def _shared_out(members: Sequence[CollectionPoint], visits: int) -> dict[PointKey, frozenset[int]]:
    """Neighbours, seen from the middle, have the same days; each set of days about equally many points."""
    lon, lat = (np.array([getattr(point, name) for point in members]) for name in ("lon", "lat"))
    order = np.argsort(np.arctan2(lat - lat.mean(), lon - lon.mean()), kind="stable")
    a_week = max(1, visits // 2)
    offsets = 2 * WEEK if visits == 1 else max(1, round(WEEK / a_week))
    found: dict[PointKey, frozenset[int]] = {}
    for sector, part in enumerate(np.array_split(order, offsets)):
        if visits == 1:
            days = frozenset({sector})
        else:
            week = {(sector + math.floor(n * WEEK / a_week)) % WEEK for n in range(a_week)}
            days = frozenset(day + WEEK * w for day in week for w in (0, 1))
        found |= {(members[k].point_id, members[k].stream): days for k in part}
    return found


def nominal_trips(days: Days, day: date, fleet: Fleet, points: Sequence[CollectionPoint]) -> tuple[TripDone, ...]:
    """Every point that is due today, at ten in the morning or when its window opens: enough to count overflows."""
    number = day_number(day)
    trips = []
    for stream in dict.fromkeys(point.stream for point in points):
        truck = next(truck for truck in fleet.trucks if stream in truck.streams)
        stops = tuple(
            (point.point_id, max(NOMINAL_S, point.windows[0].start_s) if point.windows[0].end_s > NOMINAL_S
             else point.windows[0].start_s)
            for point in points
            if point.stream is stream and number in days[point.point_id, point.stream]
        )  # fmt: skip
        if stops:
            last_s = max(second for _, second in stops) + 3600
            site = fleet.site_for(stream).site_id
            trips.append(
                TripDone(truck_id=truck.truck_id, stream=stream, stops=stops, site_id=site, tipped_s=last_s)
            )  # fmt: skip
    return tuple(trips)
