"""What each stop of a plan costs, in km and hours: the way to it and the work there are its own.

The ways to a site and home, and the time at the site, are shared by the stops of the trip in equal parts.
"""

from dataclasses import dataclass

from city.collection_problem import CollectionProblem
from city.waste_plans import CollectionPlan, CollectionRoute, Trip


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Of one plan: by-fill points (which may be skipped) and daily ones apart."""

    km: float
    hours: float
    by_fill_km: float
    by_fill_h: float
    daily_km: float
    daily_h: float
    shifts: int
    stops: int
    by_fill_stops: int


def work_of(plan: CollectionPlan, problem: CollectionProblem) -> Work:
    km, hours = [0.0, 0.0], [0.0, 0.0]
    stops = [0, 0]
    for route in plan.routes:
        for trip, metres, seconds in _trips(route, problem):
            for stop, own_m, own_s in zip(trip.stops, metres, seconds, strict=True):
                kind = int(problem.point_of[stop.point_id, stop.stream].rule.may_skip)
                km[kind] += own_m / 1000
                hours[kind] += own_s / 3600
                stops[kind] += 1
    return Work(
        km=sum(route.metres for route in plan.routes) / 1000,
        hours=sum(route.return_s - route.depart_s for route in plan.routes) / 3600,
        by_fill_km=km[1],
        by_fill_h=hours[1],
        daily_km=km[0],
        daily_h=hours[0],
        shifts=sum(1 for route in plan.routes if route.stops),
        stops=sum(stops),
        by_fill_stops=stops[1],
    )


def _trips(route: CollectionRoute, problem: CollectionProblem) -> list[tuple[Trip, list[float], list[float]]]:
    """Each trip with the metres and the seconds of its stops; the way home belongs to the last trip that has stops."""
    depot = problem.place("depot", route.depot_id)
    here, now_s = depot, route.depart_s
    found: list[tuple[Trip, list[float], list[float]]] = []
    shared: list[tuple[float, float]] = []
    for trip in route.trips:
        if not trip.stops:
            continue
        metres, seconds = [], []
        for stop in trip.stops:
            place = problem.place("point", stop.point_id)
            metres.append(float(problem.travel.metres(here, place)))
            seconds.append(float(stop.depart_s - now_s))
            here, now_s = place, stop.depart_s
        site_m = site_s = 0.0
        if trip.tip is not None:
            site = problem.place("site", trip.tip.site_id)
            site_m, site_s = float(problem.travel.metres(here, site)), float(trip.tip.depart_s - now_s)
            here, now_s = site, trip.tip.depart_s
        found.append((trip, metres, seconds))
        shared.append((site_m, site_s))
    if found:
        shared[-1] = (shared[-1][0] + problem.travel.metres(here, depot), shared[-1][1] + route.return_s - now_s)
    for (trip, metres, seconds), (more_m, more_s) in zip(found, shared, strict=True):
        for k in range(len(trip.stops)):
            metres[k] += more_m / len(trip.stops)
            seconds[k] += more_s / len(trip.stops)
    return found
