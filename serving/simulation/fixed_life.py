"""The same days once more with fixed weekly rounds and fixed programs, from the same morning."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from city.collection_problem import CollectionProblem, PointKey
from city.ids import PointId
from city.progress import Progress
from city.waste import Stream
from features.sources.synthetic import Actions, CityStepper, capacity_factors_of, trips_of
from features.sources.synthetic.crews import driven, road_day
from serving.simulation.bins import Bins, bins_of
from serving.simulation.first_morning import ONE_DAY
from serving.simulation.fixed_rounds import BRIMS, Days, FixedRounds, nominal_trips, visiting_days
from serving.simulation.handed_over import handed_over
from serving.simulation.opponents import FixedPrograms
from serving.simulation.own_home import LifeSize
from serving.simulation.rounds_km import Work, work_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDay:
    day: date
    work: Work
    bins: Bins


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLife:
    """`tried` are the brims that were looked at, each with the share of visits after an overflow that it led to."""

    brim: float
    visits_a_week: float
    tried: tuple[tuple[float, float], ...]
    days: tuple[FixedDay, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The city on the first morning, and a problem with its points, trucks and streets."""

    start: CityStepper
    problem: CollectionProblem
    growth: dict[tuple[str, str], float]
    programs: FixedPrograms
    made_at: datetime
    size: LifeSize

    def keyed_growth(self) -> dict[PointKey, float]:
        """A point of which nothing is known fills as the others of its stream do."""
        found: dict[PointKey, float] = {}
        for point in self.problem.points:
            same = [rate for (_, stream), rate in self.growth.items() if stream == point.stream.value]
            usual = sum(same) / len(same) if same else 0.5
            key = (PointId(point.point_id), Stream(point.stream))
            found[key] = self.growth.get((str(point.point_id), point.stream.value), usual)
        return found


def overflow_share(bins: list[Bins]) -> float:
    """Of visits to by-fill points, those that found them above full."""
    visits = sum(one.visits for one in bins)
    return sum(one.late_visits for one in bins) / visits if visits else 0.0


def fixed_life(ground: Ground, days: list[date], at_most: float, progress: Progress) -> FixedLife:
    """`at_most` is the share of visits after an overflow that our own life had."""
    growth = ground.keyed_growth()
    tried: list[tuple[float, float]] = []
    low, high = 0, len(BRIMS) - 1
    with progress("Looking for the fixed rounds' frequency", len(BRIMS)) as advance:
        while low < high:  # overflow grows with the brim
            middle = (low + high + 1) // 2
            share = _share_at(ground, days, visiting_days(ground.problem.points, growth, BRIMS[middle]))
            tried.append((BRIMS[middle], share))
            low, high = (middle, high) if share <= at_most else (low, middle - 1)
            advance(1)
    rounds = FixedRounds(
        problem=ground.problem,
        growth=growth,
        brim=BRIMS[low],
        made_at=ground.made_at,
        seconds=ground.size.route_seconds,
        seed=ground.size.seed,
    )
    lived = []
    with progress("Living the same days with fixed rounds", len(days)) as advance:
        stepper = ground.start.fork()
        for day in days:
            lived.append(_day(ground, stepper, day, rounds))
            advance(1)
    return FixedLife(
        brim=rounds.brim, visits_a_week=rounds.visits_a_week, tried=tuple(sorted(tried)), days=tuple(lived)
    )  # fmt: skip


def _share_at(ground: Ground, days: list[date], visits: Days) -> float:
    stepper, bins = ground.start.fork(), []
    for day in days:
        world = stepper.world
        trips = nominal_trips(visits, day, world.fleet, ground.problem.points)
        # One truck stands for a whole stream here: that it breaks down would say nothing.
        road = replace(road_day(world.points, world.fleet, world.seed, day), broken=frozenset())
        outcome = stepper.day(day, Actions(trips=driven(trips, road).trips))
        bins.append(bins_of(world, outcome))
    return overflow_share(bins)


def _day(ground: Ground, stepper: CityStepper, day: date, rounds: FixedRounds) -> FixedDay:
    plan, problem = rounds.on(day)
    world = stepper.world
    road = road_day(world.points, world.fleet, world.seed, day)
    schedule = ground.programs.on(day)
    handed = handed_over(trips_of(plan), problem, road)
    actions = Actions(
        trips=driven(handed.trips, handed.road).trips,
        capacity_factors=capacity_factors_of(schedule, world.crossings.junctions),
    )
    outcome = stepper.day(day, actions)
    return FixedDay(day=day, work=work_of(plan, problem), bins=bins_of(world, outcome))


def days_from(first: date, count: int) -> list[date]:
    return [first + k * ONE_DAY for k in range(count)]
