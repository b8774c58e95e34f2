"""The crews' usual routes: who serves a point as a rule, a plan that starts from there, and what keeping to it costs.

A point's usual truck is the one that served it on the newest day of the same weekday that counts, else the one in its
record. Crews know their points, gates and keys: each stop that another truck serves has a price, `Prices.moved_stop`.
Where a point's usual truck is not on the road today, somebody else must come, and no price can change that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from city.collection_problem import CollectionProblem, PointKey, Prices
from city.ids import TruckId
from city.waste_plans import CollectionPlan, CollectionRoute
from optimization.collection.solution import Insertion, Solution
from optimization.collection.start import insert_leftovers, leave_what_costs_more, rebuild
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Day, Draft
from optimization.patience import Patience

# Of a truck's time. To find a point, its bins and its gate takes minutes, on this day and on the next that changes it
# back; at half an hour a truck-shift is saved where that moves few stops (5 to 20 min gave up 15 to 33 % of all beats).
MOVED_STOP_MIN = 30.0
TRIED = 8  # places in a truck's own day that are tried for a stop without a known place
ENDING_SHARE = 0.3  # of the seconds: leaving what is not worth its stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """`trucks` by point; `places` are trip and place in it, where a plan of that weekday tells them."""

    trucks: Mapping[PointKey, TruckId]
    places: Mapping[PointKey, tuple[int, int]] = field(default_factory=dict)
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Stops that have a usual truck, and how many it serves; the trucks of `away` are not on the road today."""

    stops: int
    kept: int
    away: int

    @property
    def share(self) -> float:
        return self.kept / self.stops if self.stops else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalmFigure:
    """What keeping to the usual routes costs: a plan with the price of moved stops minus one without, by term."""

    share_with_price: float
    share_without: float
    more: tuple[tuple[str, float], ...]


def moved_stop_price(prices: Prices) -> float:
    """The default: `MOVED_STOP_MIN` of a truck's time."""
    return prices.truck_h * MOVED_STOP_MIN / 60


def usual_routes(problem: CollectionProblem, plan: CollectionPlan | None) -> Usual:
    """From the plan of an earlier day, and for points that it did not serve from their records."""
    trucks = {key: point.usual_truck_id for key, point in problem.point_of.items() if point.usual_truck_id is not None}
    recorded = len(trucks)
    places: dict[PointKey, tuple[int, int]] = {}
    for route in plan.routes if plan is not None else ():
        for number, trip in enumerate(route.trips):
            for place, stop in enumerate(trip.stops):
                key = (stop.point_id, stop.stream)
                if key in problem.point_of and key not in places:
                    trucks[key], places[key] = route.truck_id, (number, place)
    if plan is None:
        said = f"Usual trucks are those of {recorded} points' records."
    else:
        said = (
            f"Usual trucks are those of plan {plan.plan_id} of {plan.service_date} for {len(places)} points, those in "
            f"the records for {len(trucks) - len(places)}."
        )
    return Usual(trucks=trucks, places=places, said=said)


def with_usual(problem: CollectionProblem, usual: Usual, *, moved_stop: float | None = None) -> CollectionProblem:
    """The problem in which every point names its usual truck, and a moved stop has its price."""
    points = tuple(
        replace(point, usual_truck_id=usual.trucks.get((point.point_id, point.stream))) for point in problem.points
    )
    price = moved_stop_price(problem.prices) if moved_stop is None else moved_stop
    return replace(problem, points=points, prices=replace(problem.prices, moved_stop=price))


def usual_start(terrain: Terrain, usual: Usual, *, seconds: float) -> Solution:
    """Every truck's usual points in their usual order, as far as its shift and its loads allow.

    The rest goes where it costs least, moved stops at their price. Every day in it keeps all rules.
    """
    patience, ending = Patience(seconds), Patience(seconds * (1 + ENDING_SHARE))
    beats = _Beats(terrain=terrain)
    for vehicle in range(len(terrain.vehicles)):
        rebuild(beats, vehicle, _usual_day(terrain, usual, vehicle))
    for task in [number for number, one in enumerate(terrain.tasks) if one.usual is not None]:
        if task in beats.left and not patience.over():
            beats.insert_at_home(task)
    insert_leftovers(beats, patience)
    leave_what_costs_more(beats, ending)
    return beats


def stops_kept(problem: CollectionProblem, routes: Iterable[CollectionRoute]) -> Kept:
    """Of the stops of points that name a usual truck."""
    on_road = {truck.truck_id for truck in problem.fleet}
    pairs = [
        (route.truck_id, usual)
        for route in routes
        for stop in route.stops
        if (point := problem.point_of.get((stop.point_id, stop.stream))) is not None
        and (usual := point.usual_truck_id) is not None
    ]
    return Kept(
        stops=len(pairs),
        kept=sum(truck == usual for truck, usual in pairs),
        away=sum(usual not in on_road for _, usual in pairs),
    )


def usual_terms(problem: CollectionProblem, routes: Iterable[CollectionRoute]) -> tuple[tuple[str, float], ...]:
    """The named terms of calm in a plan's cost, where moved stops have a price; a stop whose truck is away has none."""
    if not problem.prices.moved_stop:
        return ()
    kept = stops_kept(problem, routes)
    moved = kept.stops - kept.kept - kept.away
    return (
        ("moved_stops", float(kept.stops - kept.kept)),
        ("moved_stop_cost", moved * problem.prices.moved_stop),
    )


def price_of_calm(problem: CollectionProblem, calm: CollectionPlan, free: CollectionPlan) -> CalmFigure:
    """`calm` was planned with a price for moved stops, `free` without; both answer the same day's problem."""
    before = dict(free.cost)
    return CalmFigure(
        share_with_price=stops_kept(problem, calm.routes).share,
        share_without=stops_kept(problem, free.routes).share,
        more=tuple((name, value - before[name]) for name, value in calm.cost if name in before),
    )


@dataclass(kw_only=True)
class _Beats(Solution):
    """A solution that can put a stop where its crew expects it."""

    def insert_at_home(self, task: int) -> None:
        """Into the day of its usual truck, if that costs less than leaving it."""
        vehicle = self.terrain.tasks[task].usual
        if vehicle is None or task not in self.terrain.vehicles[vehicle].may:
            return
        near = sorted(self._detours(vehicle, task))[:TRIED]
        places: list[tuple[int, int | None, int]] = [(vehicle, trip, position) for _, _, trip, position in near]
        found: Insertion | None = self._best_of([*places, (vehicle, None, 0)], task)
        if found is not None and found[0] < self.terrain.tasks[task].penalty:
            self.put(*found[1:])


def _usual_day(terrain: Terrain, usual: Usual, vehicle: int) -> Day:
    """Its points that are due today and have a known place, trip after trip."""
    placed = sorted(
        (usual.places[key], number)
        for number, task in enumerate(terrain.tasks)
        if task.usual == vehicle and (key := (task.visit.point.point_id, task.stream)) in usual.places
    )
    trips: dict[tuple[int, str], Draft] = {}
    for (trip, _), number in placed:
        stream = terrain.tasks[number].stream
        trips.setdefault((trip, stream), Draft(stream=stream, tasks=[])).tasks.append(number)
    return list(trips.values())
