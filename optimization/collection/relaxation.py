"""What a relaxation means: the same change for the planner that looks for it and for the dispatcher who makes it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from city.collection_problem import CollectionProblem
from city.ids import TruckId
from city.waste import CollectionPoint, Compartment, DisposalSite, Stream, TimeWindow, Truck
from city.waste_plans import Relaxation, Unserved
from city.waste_plans import RelaxationKind as Kind

MIN_S = 60
ADVICE_BEGINS: Final = ("It fits with", "No single change was found", "There was no time to look for")

UNITS: Final[dict[Kind, str]] = {
    Kind.MAX_STOPS: "stops",
    Kind.DAILY_KG: "kg",
    Kind.DAILY_M3: "m3",
    Kind.SHIFT_LATER: "min",
    Kind.SHIFT_EARLIER: "min",
    Kind.WINDOW_LATER: "min",
    Kind.WINDOW_EARLIER: "min",
    Kind.SITE_LATER: "min",
    Kind.SITE_EARLIER: "min",
    Kind.SITE_CAP: "kg",
    Kind.SITE_THROUGHPUT: "kg",
    Kind.VOLUME: "m3",
    Kind.PAYLOAD: "kg",
    Kind.SKILL: "skills",
    Kind.TRUCK: "trucks",
    Kind.LICENCE: "compartments",
    Kind.SITE_STREAM: "streams",
    Kind.STREET_HEIGHT: "m",
    Kind.STREET_WEIGHT: "kg",
    Kind.SKIP_PRICE: "cost",
}

# How hard a change is for a dispatcher, told in minutes of overtime that are as hard: (once, per unit of the amount).
# A stop more or a longer shift is the dispatcher's own word; a window takes a call to whoever holds the key; a site is
# another organisation; payload is the legal gross weight, so more of it means a larger truck for the day.
EFFORT: Final[dict[Kind, tuple[float, float]]] = {
    Kind.MAX_STOPS: (0.0, 10.0),
    Kind.DAILY_KG: (10.0, 0.05),
    Kind.DAILY_M3: (10.0, 5.0),
    Kind.SHIFT_LATER: (0.0, 1.0),
    Kind.SHIFT_EARLIER: (5.0, 1.0),
    Kind.WINDOW_LATER: (10.0, 1.0),
    Kind.WINDOW_EARLIER: (10.0, 1.0),
    Kind.SITE_LATER: (30.0, 1.0),
    Kind.SITE_EARLIER: (30.0, 1.0),
    Kind.SITE_CAP: (30.0, 0.02),
    Kind.SITE_THROUGHPUT: (30.0, 0.02),
    Kind.VOLUME: (60.0, 10.0),
    Kind.PAYLOAD: (60.0, 0.1),
    Kind.SKILL: (120.0, 30.0),
    Kind.TRUCK: (240.0, 0.0),
    Kind.LICENCE: (300.0, 0.0),
    Kind.SITE_STREAM: (300.0, 0.0),
    Kind.STREET_HEIGHT: (360.0, 100.0),
    Kind.STREET_WEIGHT: (360.0, 0.01),
}


def effort_min(kind: Kind, amount: float) -> float:
    once, each = EFFORT[kind]
    return once + each * amount


def relaxed(problem: CollectionProblem, left: Unserved) -> CollectionProblem:
    """The problem with exactly the change that was advised for one point; as it is where nothing was advised."""
    change = left.relaxation
    if change is None:
        return problem
    if change.kind in OF_TRUCKS:
        trucks = tuple(
            relaxed_truck(truck, change.kind, change.amount, problem.point_of[left.point_id, left.stream])
            if truck.truck_id == change.subject_id
            else truck
            for truck in problem.trucks
        )
        return replace(problem, trucks=trucks)
    if change.kind in OF_SITES:
        sites = tuple(
            relaxed_site(site, change.kind, change.amount, left.stream, change.window)
            if site.site_id == change.subject_id
            else site
            for site in problem.sites
        )
        return replace(problem, sites=sites)
    return _other_change(problem, left, change)


def _other_change(problem: CollectionProblem, left: Unserved, change: Relaxation) -> CollectionProblem:
    if change.kind is Kind.TRUCK:
        model = next(truck for truck in problem.trucks if truck.truck_id == change.truck_id)
        return replace(problem, trucks=(*problem.trucks, one_more(model)))
    if change.kind is Kind.SKIP_PRICE:
        key = left.point_id, left.stream
        demand = tuple(
            replace(one, skip_price=one.skip_price + change.amount) if (one.point_id, one.stream) == key else one
            for one in problem.demand
        )
        return replace(problem, demand=demand)
    points = tuple(
        relaxed_point(point, change.kind, change.amount, change.window)
        if (point.point_id, point.stream) == (left.point_id, left.stream)
        else point
        for point in problem.points
    )
    return replace(problem, points=points)


def without_advice(left: Unserved) -> Unserved:
    """The reason alone: advice holds for the days of the plan that it was given with, and for no other."""
    sentence = left.sentence
    for begins in ADVICE_BEGINS:
        sentence = sentence.partition(f" {begins}")[0]
    return replace(left, sentence=sentence, relaxation=None, extra_km=None, extra_min=None)


def one_more(truck: Truck) -> Truck:
    return replace(truck, truck_id=TruckId(f"{truck.truck_id}+1"))


def relaxed_truck(truck: Truck, kind: Kind, amount: float, point: CollectionPoint) -> Truck:
    return OF_TRUCKS[kind](truck, amount, point)


def _more_stops(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return truck if truck.max_stops is None else replace(truck, max_stops=truck.max_stops + round(amount))


def _more_kg_a_day(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return truck if truck.daily_cap_kg is None else replace(truck, daily_cap_kg=truck.daily_cap_kg + amount)


def _more_m3_a_day(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return truck if truck.daily_cap_m3 is None else replace(truck, daily_cap_m3=truck.daily_cap_m3 + amount)


def _later_end(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return replace(truck, shift=replace(truck.shift, end_s=truck.shift.end_s + round(amount * MIN_S)))


def _earlier_start(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return replace(truck, shift=replace(truck.shift, start_s=max(0, truck.shift.start_s - round(amount * MIN_S))))


def _more_room(truck: Truck, amount: float, point: CollectionPoint) -> Truck:
    number = truck.compartment_for(point.stream)
    bodies = tuple(
        replace(body, body_m3=(body.loose_m3 + amount) / body.compaction_ratio) if k == number else body
        for k, body in enumerate(truck.compartments)
    )
    return replace(truck, compartments=bodies)


def _more_payload(truck: Truck, amount: float, _point: CollectionPoint) -> Truck:
    return replace(truck, payload_kg=truck.payload_kg + amount)


def _all_skills(truck: Truck, _amount: float, point: CollectionPoint) -> Truck:
    return replace(truck, skills=tuple(dict.fromkeys((*truck.skills, *point.skills))))


def _licensed(truck: Truck, _amount: float, point: CollectionPoint) -> Truck:
    first: Compartment = truck.compartments[0]
    return replace(
        truck, compartments=(replace(first, streams=(*first.streams, point.stream)), *truck.compartments[1:])
    )


OF_TRUCKS: Final[dict[Kind, Callable[[Truck, float, CollectionPoint], Truck]]] = {
    Kind.MAX_STOPS: _more_stops,
    Kind.DAILY_KG: _more_kg_a_day,
    Kind.DAILY_M3: _more_m3_a_day,
    Kind.SHIFT_LATER: _later_end,
    Kind.SHIFT_EARLIER: _earlier_start,
    Kind.VOLUME: _more_room,
    Kind.PAYLOAD: _more_payload,
    Kind.SKILL: _all_skills,
    Kind.LICENCE: _licensed,
}
OF_SITES: Final = frozenset({Kind.SITE_LATER, Kind.SITE_EARLIER, Kind.SITE_CAP, Kind.SITE_THROUGHPUT, Kind.SITE_STREAM})


def relaxed_site(site: DisposalSite, kind: Kind, amount: float, stream: Stream, window: int | None) -> DisposalSite:
    if kind is Kind.SITE_CAP:
        return site if site.daily_cap_kg is None else replace(site, daily_cap_kg=site.daily_cap_kg + amount)
    if kind is Kind.SITE_THROUGHPUT:
        return site if site.throughput_kg_h is None else replace(site, throughput_kg_h=site.throughput_kg_h + amount)
    if kind is Kind.SITE_STREAM:
        return replace(site, streams=(*site.streams, stream))
    return replace(site, windows=_moved(site.windows, window or 1, amount, later=kind is Kind.SITE_LATER))


def relaxed_point(point: CollectionPoint, kind: Kind, amount: float, window: int | None) -> CollectionPoint:
    if kind is Kind.STREET_HEIGHT:
        return replace(point, max_height_m=(point.max_height_m or 0.0) + amount)
    if kind is Kind.STREET_WEIGHT:
        return replace(point, max_weight_kg=(point.max_weight_kg or 0.0) + amount)
    return replace(point, windows=_moved(point.windows, window or 1, amount, later=kind is Kind.WINDOW_LATER))


def _moved(windows: tuple[TimeWindow, ...], number: int, amount: float, *, later: bool) -> tuple[TimeWindow, ...]:
    """The windows with one that ends later or starts earlier; none starts before midnight of the service date."""
    by_s = round(amount * MIN_S)
    one = windows[number - 1]
    moved = (
        TimeWindow(start_s=one.start_s, end_s=one.end_s + by_s)
        if later
        else TimeWindow(start_s=max(0, one.start_s - by_s), end_s=one.end_s)
    )
    return (*windows[: number - 1], moved, *windows[number:])
