"""One policy living through the judged days: each morning it makes a problem, a router plans it, the day fills bins."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from benchmarks.collection_joint_forecast import Forecaster
from benchmarks.collection_joint_towns import JUDGED_DAYS, Town
from city.collection_problem import CollectionProblem, Due, PointDemand, Prices
from features.arrays import Floats
from optimization.collection.solution import Solution
from optimization.collection.terrain import HOUR_S

FULLEST = 4.0
WARM_DAYS = 14  # lived through before the judged ones, with days that the forecast has learned from
Z90 = 1.2816


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What a policy may look at."""

    town: Town
    day: int
    known: Forecaster


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`due` per point, with the price of leaving those that may be left."""

    due: tuple[Due, ...]
    price: Floats


class Policy:
    """Chooses each morning and may learn from the plan that was made of it."""

    name = ""

    def choose(self, morning: Morning) -> Choice:
        raise NotImplementedError

    def planned(self, row: "DayRow") -> None:
        """Nothing is learned of a plan unless a policy says so; the truth is not in the row yet."""


Router = Callable[[CollectionProblem], Solution]


@dataclass(slots=True, kw_only=True)
class DayRow:
    """What one judged day cost and what became of the bins."""

    km: float
    shifts: float
    hours: float
    visits: float
    overflows: float  # bins that went above full that day for the first time since their last visit
    standing: float  # bins above full at the end of the day
    found: float  # sum of fills found, at most 1 each
    expected: float  # sum of forecast probabilities of an overflow before each visit made
    missed: float


@dataclass(slots=True, kw_only=True)
class Lived:
    rows: list[DayRow] = field(default_factory=list)
    points: int = 0
    cpu_s: float = 0.0

    def total(self, name: str) -> float:
        return float(sum(getattr(row, name) for row in self.rows))


def live(town: Town, policy: Policy, router: Router) -> Lived:
    began = time.process_time()
    first = town.judged_from - WARM_DAYS
    known = Forecaster.learned(town, until=first)
    count = len(town.points)
    # Ages as if visited in turn until now: no policy starts with all bins empty on one day.
    age = np.arange(count) % np.maximum(1, np.floor(0.6 / known.level)).astype(np.int64)
    fill = np.array([town.growth[first - days : first, k].sum() for k, days in enumerate(age)])
    known.since = age
    known.mean = sum(
        (np.where(age >= back, known.growth_of(first - back), 0.0) for back in range(1, int(age.max()) + 1)),
        np.zeros(count),
    )
    lived = Lived(points=count)
    for day in range(first, first + WARM_DAYS + JUDGED_DAYS):
        morning = Morning(town=town, day=day, known=known)
        solution = router(problem_of(morning, policy.choose(morning)))
        served = _served(solution, count, town)
        row = _row(solution, known, fill, served, day)
        policy.planned(row)
        known.visit(served, fill)
        kept = np.where(served > 0, 0.0, fill)
        fill = np.minimum(kept + town.growth[day], FULLEST)
        known.pass_day(day)
        row.overflows = float(((kept <= 1.0) & (fill > 1.0)).sum())
        row.standing = float((fill > 1.0).sum())
        if day >= town.judged_from:
            lived.rows.append(row)
    lived.cpu_s = time.process_time() - began
    return lived


def problem_of(morning: Morning, choice: Choice) -> CollectionProblem:
    town, known = morning.town, morning.known
    # Trucks come during the day: half of it has been added by then.
    fill = known.mean + 0.5 * known.growth_of(morning.day)
    doubt = 0.4 * fill / np.sqrt(np.maximum(known.since, 1))
    price_km = float(np.median([truck.cost_per_km for truck in town.trucks]))
    base = town.prices
    demand = []
    for k, point in enumerate(town.points):
        m3 = fill[k] * point.capacity_m3, (fill[k] + Z90 * doubt[k]) * point.capacity_m3
        demand.append(
            PointDemand(
                point_id=point.point_id,
                stream=point.stream,
                due=choice.due[k],
                why="as the policy chose",
                kg_p50=m3[0] * point.density_kg_m3,
                kg_p90=m3[1] * point.density_kg_m3,
                m3_p50=m3[0],
                m3_p90=m3[1],
                skip_price=float(choice.price[k]),
            )
        )
    return CollectionProblem(
        points=town.points,
        demand=tuple(demand),
        trucks=town.trucks,
        depots=town.depots,
        sites=town.sites,
        travel=town.travel,
        places=town.places,
        service_date=_service_date(morning),
        time_zone=town.time_zone,
        prices=Prices(
            missed=base.missed * price_km,
            truck_shift=base.truck_shift * price_km,
            overtime_h=base.overtime_h * price_km,
            truck_h=base.truck_h * price_km,
        ),
    )


def _service_date(morning: Morning) -> date:
    return morning.town.day(morning.day)


def _served(solution: Solution, count: int, town: Town) -> Floats:
    position = {(point.point_id, point.stream): k for k, point in enumerate(town.points)}
    served = np.zeros(count)
    for number, task in enumerate(solution.terrain.tasks):
        if number not in solution.left:
            served[position[task.visit.point.point_id, task.stream]] = 1.0
    return served


def _row(solution: Solution, known: Forecaster, fill: Floats, served: Floats, day: int) -> DayRow:
    walked = [one for one in solution.walked if one is not None]
    return DayRow(
        km=sum(one.metres for one in walked) / 1000,
        shifts=float(len(walked)),
        hours=sum(one.return_s - one.depart_s for one in walked) / HOUR_S,
        visits=float(served.sum()),
        overflows=0.0,
        standing=0.0,
        found=float(np.minimum(fill, 1.0)[served > 0].sum()),
        expected=_expected(known, served, day),
        missed=float(sum(solution.terrain.tasks[number].must for number in solution.left)),
    )


def _expected(known: Forecaster, served: Floats, day: int) -> float:
    """Overflows that the forecast expects to begin before tomorrow's visit, after today's."""
    kept = np.where(served > 0, 0.0, known.mean)
    days = np.where(served > 0, 0, known.since)
    before = np.where(served > 0, 0.0, known.overflow_now())
    return float(np.maximum(known.overflow(kept + known.growth_of(day), days + 1) - before, 0.0).sum())
