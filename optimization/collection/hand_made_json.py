"""A plan made by hand as JSON: the shape of plan.json, in which clocks and loads may be missing."""

from dataclasses import fields
from typing import Any

from city.collection_problem import CollectionProblem, PointKey
from city.errors import raise_all
from city.ids import PlanId
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip, Trip
from optimization.collection.hand_made import PlanByHand, RouteByHand, TripByHand
from optimization.collection.hand_made_names import Names

Document = dict[str, Any]


def hand_made_from_json(document: object, problem: CollectionProblem, source: str) -> PlanByHand:
    """Needed are `routes` with `truck_id` and `trips`, these with `stops` that name their `point_id`.

    A trip without the field `tip` tips wherever is best; with `"tip": null` the truck goes home loaded. Clocks, loads
    and cost are not read: they follow from the order.
    """
    names = Names(problem)
    plan = _object(document, CollectionPlan, source, names)
    routes = tuple(
        route
        for k, entry in enumerate(_list(plan, "routes", source, names))
        if (route := _route(entry, f"{source}: routes[{k}]", names)) is not None
    )
    plan_id = plan.get("plan_id")
    raise_all(source, names.errors)
    return PlanByHand(routes=routes, plan_id=PlanId(plan_id) if isinstance(plan_id, str) else None)


def lacks_clocks(document: object) -> bool:
    """Whether a plan's document leaves clocks for the walk to find."""
    routes = document.get("routes") if isinstance(document, dict) else None
    if not isinstance(routes, list):
        return False
    trips = [trip for route in routes if isinstance(route, dict) for trip in _inside(route, "trips")]
    stops = [stop for trip in trips for stop in _inside(trip, "stops")]
    return any("arrive_s" not in stop for stop in stops) or any("tip" not in trip for trip in trips)


def _inside(owner: Document, name: str) -> list[Document]:
    found = owner.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _route(entry: object, where: str, names: Names) -> RouteByHand | None:
    route = _object(entry, CollectionRoute, where, names)
    truck_id = names.truck(_text(route, "truck_id", where, names) or "", where)
    trips = tuple(
        trip
        for k, one in enumerate(_list(route, "trips", where, names))
        if (trip := _trip(one, f"{where}.trips[{k}]", names)) is not None
    )
    return None if truck_id is None else RouteByHand(truck_id=truck_id, trips=trips)


def _trip(entry: object, where: str, names: Names) -> TripByHand | None:
    trip = _object(entry, Trip, where, names)
    stops = tuple(
        key
        for k, one in enumerate(_list(trip, "stops", where, names))
        if (key := _stop(one, f"{where}.stops[{k}]", names, trip.get("stream"))) is not None
    )
    if trip.get("stops") == []:
        names.refuse(where, "it has no stop")
    if trip.get("tip", {}) is None:
        return TripByHand(stops=stops, tips=False)
    tip = _object(trip.get("tip", {}), Tip, f"{where}.tip", names)
    named = _text(tip, "site_id", f"{where}.tip", names) if "site_id" in tip else None
    return TripByHand(stops=stops, site_id=names.site(named, f"{where}.tip") if named is not None else None)


def _stop(entry: object, where: str, names: Names, stream: object) -> PointKey | None:
    stop = _object(entry, Stop, where, names)
    point_id, of = _text(stop, "point_id", where, names), stop.get("stream", stream)
    return None if point_id is None else names.point(point_id, of if isinstance(of, str) else None, where)


def _object(entry: object, kind: type[Any], where: str, names: Names) -> Document:
    if not isinstance(entry, dict):
        names.refuse(where, f"it is {type(entry).__name__}, expected an object with the fields of a {kind.__name__}")
        return {}
    known = [field.name for field in fields(kind)]
    for name in sorted(set(entry) - set(known)):
        names.refuse(where, f"there is no field {name!r}; known are {', '.join(known)}")
    return entry


def _list(owner: Document, name: str, where: str, names: Names) -> list[object]:
    found = owner.get(name)
    if isinstance(found, list):
        return found
    names.refuse(where, f"{name} is {found!r}, expected a list")
    return []


def _text(owner: Document, name: str, where: str, names: Names) -> str | None:
    found = owner.get(name)
    if isinstance(found, str):
        return found
    names.refuse(where, f"{name} is {found!r}, expected a text")
    return None
