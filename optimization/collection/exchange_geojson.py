"""A collection plan as GeoJSON (RFC 7946): WGS 84, longitude first.

Each truck is a line along its places in order (straight between them: the plan does not hold the streets), each stop,
tip and unserved point a point with its figures. Clocks are seconds after midnight of the service date, and text.
"""

import json
from typing import Any

from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.ids import PointId
from city.waste import CollectionPoint, Depot, DisposalSite, Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip

Position = list[float]
Feature = dict[str, Any]
DECIMALS = 6  # 0.1 m


def to_geojson(plan: CollectionPlan, problem: CollectionProblem) -> str:
    features: list[Feature] = []
    for route in plan.routes:
        features.append(_line(route, problem))
        features.extend(_halts(route, problem))
    features.extend(
        _feature(
            "Point",
            _point(problem, entry.point_id, entry.stream),
            kind="unserved",
            point_id=entry.point_id,
            stream=entry.stream,
            reason=entry.reason,
            sentence=entry.sentence,
            mandatory=entry.mandatory,
        )
        for entry in plan.unserved
    )
    collection = {
        "type": "FeatureCollection",
        # A foreign member, as section 6.1 allows: what the features belong to.
        "plan": {
            "plan_id": plan.plan_id,
            "service_date": plan.service_date.isoformat(),
            "time_zone": plan.time_zone,
            "crs": "WGS 84 (OGC:CRS84), longitude and latitude in degrees",
            "clocks": "s after local midnight of the service date",
            "lengths": "m",
            "mass": "kg",
            "volume": "loose m3",
        },
        "features": features,
    }
    return json.dumps(collection, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _line(route: CollectionRoute, problem: CollectionProblem) -> Feature:
    depot = _position(next(depot for depot in problem.depots if depot.depot_id == route.depot_id))
    places = [depot]
    for trip in route.trips:
        places += [_point(problem, stop.point_id, stop.stream) for stop in trip.stops]
        if trip.tip is not None:
            places.append(_site(problem, trip.tip))
    return _feature(
        "LineString",
        [*places, depot],
        kind="route",
        truck_id=route.truck_id,
        depot_id=route.depot_id,
        depart_s=route.depart_s,
        return_s=route.return_s,
        depart=clock_text(route.depart_s),
        **{"return": clock_text(route.return_s)},
        trips=len(route.trips),
        stops=len(route.stops),
        metres=route.metres,
    )


def _halts(route: CollectionRoute, problem: CollectionProblem) -> list[Feature]:
    features = []
    order = 0
    for number, trip in enumerate(route.trips, 1):
        for stop in trip.stops:
            order += 1
            features.append(_stop(route, problem, stop, order=order, trip=number))
        if trip.tip is not None:
            order += 1
            tip = _halt_figures(route, trip.tip, order=order, trip=number)
            where = _site(problem, trip.tip)
            features.append(
                _feature("Point", where, kind="tip", site_id=trip.tip.site_id, kg=round(trip.tip.kg, 1), **tip)
            )
    return features


def _stop(route: CollectionRoute, problem: CollectionProblem, stop: Stop, *, order: int, trip: int) -> Feature:
    return _feature(
        "Point",
        _point(problem, stop.point_id, stop.stream),
        kind="stop",
        point_id=stop.point_id,
        stream=stop.stream,
        kg=round(stop.kg, 1),
        m3=round(stop.m3, 3),
        load_kg=round(stop.load_kg, 1),
        load_m3=round(stop.load_m3, 3),
        reason=stop.reason.value,
        **_halt_figures(route, stop, order=order, trip=trip),
    )


def _halt_figures(route: CollectionRoute, halt: Stop | Tip, *, order: int, trip: int) -> dict[str, Any]:
    return {
        "truck_id": route.truck_id,
        "order": order,
        "trip": trip,
        "arrive_s": halt.arrive_s,
        "start_s": halt.start_s,
        "depart_s": halt.depart_s,
        "arrive": clock_text(halt.arrive_s),
    }


def _feature(geometry: str, coordinates: Any, **properties: Any) -> Feature:  # noqa: ANN401  -- JSON data
    return {
        "type": "Feature",
        "geometry": {"type": geometry, "coordinates": coordinates},
        "properties": properties,
    }


def _point(problem: CollectionProblem, point_id: PointId, stream: Stream) -> Position:
    return _position(problem.point_of[point_id, stream])


def _site(problem: CollectionProblem, tip: Tip) -> Position:
    return _position(next(site for site in problem.sites if site.site_id == tip.site_id))


def _position(thing: CollectionPoint | Depot | DisposalSite) -> Position:
    return [round(thing.lon, DECIMALS), round(thing.lat, DECIMALS)]
