"""The stops of a plan by what they are, so that the same stop is found again in another plan of the same day."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass

from city.collection_problem import CollectionProblem
from city.ids import PointId, TruckId
from city.waste import Stream
from city.waste_plans import CollectionPlan, Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class StopId:
    """`visit` counts a point's visits of the day from 0."""

    point_id: PointId
    stream: Stream
    visit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A stop with its truck and its place in the truck's order."""

    truck_id: TruckId
    place: int
    stop: Stop


def planned_stops(plan: CollectionPlan, problem: CollectionProblem) -> dict[StopId, Planned]:
    """In the order of trucks and stops. Of several visits of a point, each is known by the windows it starts in."""
    placed = [
        Planned(truck_id=route.truck_id, place=place, stop=stop)
        for route in plan.routes
        for place, stop in enumerate(route.stops)
    ]
    taken: dict[tuple[PointId, Stream], set[int]] = defaultdict(set)
    visit_of: dict[int, int] = {}
    for one in sorted(placed, key=lambda one: one.stop.start_s):
        key = (one.stop.point_id, one.stop.stream)
        visit_of[id(one)] = _visit(problem, one.stop, taken[key])
        taken[key].add(visit_of[id(one)])
    return {StopId(point_id=one.stop.point_id, stream=one.stop.stream, visit=visit_of[id(one)]): one for one in placed}


def in_rising_order(before: dict[StopId, Planned], after: dict[StopId, Planned]) -> set[StopId]:
    """The most stops that keep their truck and, among each other, their order."""
    trucks: dict[TruckId, list[StopId]] = defaultdict(list)
    for stop, at in before.items():
        to = after.get(stop)
        if to is not None and to.truck_id == at.truck_id:
            trucks[at.truck_id].append(stop)
    kept: set[StopId] = set()
    for stops in trucks.values():
        order = sorted(stops, key=lambda stop: after[stop].place)
        places = [before[stop].place for stop in order]
        kept.update(order[position] for position in _longest_rising(places))
    return kept


def _longest_rising(places: list[int]) -> list[int]:
    """Positions of a longest part, not necessarily adjoining, that only rises."""
    ends: list[int] = []
    at_end: list[int] = []
    previous: list[int] = []
    for position, place in enumerate(places):
        length = bisect_left(ends, place)
        previous.append(at_end[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        at_end[length : length + 1] = [position]
    found: list[int] = []
    position = at_end[-1] if at_end else -1
    while position >= 0:
        found.append(position)
        position = previous[position]
    return found[::-1]


def _visit(problem: CollectionProblem, stop: Stop, taken: set[int]) -> int:
    key = (stop.point_id, stop.stream)
    visits = problem.visits(key) if key in problem.point_of else ()
    fitting = (
        visit.number
        for visit in visits
        if visit.number not in taken and any(window.start_s <= stop.start_s <= window.end_s for window in visit.windows)
    )
    return next(fitting, len(taken))
