"""The judge of plans for Kim's instances: from the published file and the plan's order and clocks, nothing else.

It works in the file's own feet, yards and unrounded driving times, and shares no code with the product's check.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from benchmarks.routing_kim import FEET_IN_A_MILE, LUNCH_FROM_S, LUNCH_UNTIL_S, KimInstance, KimPlace
from city.waste_plans import CollectionPlan, CollectionRoute

ROUNDING_S: Final = 1e-6
ROUNDING_YD3: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class KimVerdict:
    miles: float
    trucks: int
    unserved: int
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halt:
    place: KimPlace
    arrive_s: int
    start_s: int
    depart_s: int


def checked_kim(instance: KimInstance, plan: CollectionPlan) -> KimVerdict:
    known = {place.place_id: place for place in (*instance.stops, *instance.landfills)}
    stops = {place.place_id for place in instance.stops}
    served = Counter(str(stop.point_id) for route in plan.routes for stop in route.stops)
    named = {str(trip.tip.site_id) for route in plan.routes for trip in route.trips if trip.tip is not None}
    found = [f"there is no stop or landfill {name}" for name in sorted((set(served) - stops) | (named - set(known)))]
    if found:
        return KimVerdict(miles=0.0, trucks=len(plan.routes), unserved=len(stops), violations=tuple(found))
    found += [f"stop {name} is served {count} times" for name, count in sorted(served.items()) if count > 1]
    feet = 0.0
    for route in plan.routes:
        halts = list(_halts(instance, route, known))
        feet += sum(instance.feet(one.place, other.place) for one, other in pairwise(halts))
        broken = [*_clocks(instance, halts), *_lunch(instance, route, halts), *_loads(instance, route, known)]
        found += [f"truck {route.truck_id}: {sentence}" for sentence in broken]
    unserved = len(stops - set(served))
    miles = feet / FEET_IN_A_MILE
    return KimVerdict(miles=miles, trucks=len(plan.routes), unserved=unserved, violations=tuple(found))


def _halts(instance: KimInstance, route: CollectionRoute, known: dict[str, KimPlace]) -> Iterator[_Halt]:
    yield _in_depot(instance, route.depart_s)
    for trip in route.trips:
        for stop in trip.stops:
            place = known[str(stop.point_id)]
            yield _Halt(place=place, arrive_s=stop.arrive_s, start_s=stop.start_s, depart_s=stop.depart_s)
        if trip.tip is not None:
            tip, place = trip.tip, known[str(trip.tip.site_id)]
            yield _Halt(place=place, arrive_s=tip.arrive_s, start_s=tip.start_s, depart_s=tip.depart_s)
    yield _in_depot(instance, route.return_s)


def _in_depot(instance: KimInstance, clock_s: int) -> _Halt:
    return _Halt(place=instance.depot, arrive_s=clock_s, start_s=clock_s, depart_s=clock_s)


def _clocks(instance: KimInstance, halts: list[_Halt]) -> Iterator[str]:
    for one, other in pairwise(halts):
        drive = instance.seconds(instance.feet(one.place, other.place))
        if other.arrive_s < one.depart_s + drive - ROUNDING_S:
            yield f"{drive:.1f} s to {other.place.place_id} are driven in {other.arrive_s - one.depart_s} s"
    for halt in halts:
        place = halt.place
        if not place.early_s <= halt.start_s <= place.late_s:
            yield f"it is at {place.place_id} at {halt.start_s} s, outside {place.early_s} to {place.late_s} s"
        if halt.start_s < halt.arrive_s or halt.depart_s < halt.start_s + place.service_s:
            yield f"at {place.place_id} it hurries its service of {place.service_s} s"


def _lunch(instance: KimInstance, route: CollectionRoute, halts: list[_Halt]) -> Iterator[str]:
    taken = route.break_taken
    if not instance.lunch_s or not route.depart_s < LUNCH_UNTIL_S < route.return_s:
        return
    if taken is None:
        yield "it has no lunch"
        return
    if not LUNCH_FROM_S <= taken.start_s <= LUNCH_UNTIL_S or taken.end_s - taken.start_s < instance.lunch_s:
        yield f"lunch lasts from {taken.start_s} to {taken.end_s} s"
    for halt in halts:
        if min(halt.depart_s, taken.end_s) > max(halt.start_s, taken.start_s):
            yield f"it works at {halt.place.place_id} during lunch"
    for one, other in pairwise(halts):
        drive = instance.seconds(instance.feet(one.place, other.place))
        resting = max(0, min(other.arrive_s, taken.end_s) - max(one.depart_s, taken.start_s))
        if other.arrive_s - one.depart_s < drive + resting - ROUNDING_S:
            yield f"it drives to {other.place.place_id} during lunch"


def _loads(instance: KimInstance, route: CollectionRoute, known: dict[str, KimPlace]) -> Iterator[str]:
    loads = [sum(known[str(stop.point_id)].load_yd3 for stop in trip.stops) for trip in route.trips]
    for load, trip in zip(loads, route.trips, strict=True):
        if load > instance.capacity_yd3 + ROUNDING_YD3:
            yield f"it loads {load:g} cubic yards, it holds {instance.capacity_yd3:g}"
        if trip.tip is None:
            yield "a load is not tipped"
    if sum(loads) > instance.daily_yd3 + ROUNDING_YD3:
        yield f"it collects {sum(loads):g} cubic yards in its day, allowed are {instance.daily_yd3:g}"
    if len(route.stops) > instance.max_stops:
        yield f"it serves {len(route.stops)} stops in its day, allowed are {instance.max_stops}"
