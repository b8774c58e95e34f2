"""The routes of a stored plan as lines along the city's own roads."""

from itertools import pairwise
from typing import Any, Final

from city.collection_problem import CollectionProblem
from city.documents import from_json
from city.frames import Links, Nodes
from city.ledger import StoredPlan
from city.waste import CollectionPoint, Depot, DisposalSite
from city.waste_plans import CollectionPlan, CollectionRoute
from optimization.collection.driven_paths import nodes_between, places_of
from serving.desk import Desk
from serving.moved_plans import Problems

DECIMALS: Final = 6  # 0.1 m
Position = list[float]


def paths_document(desk: Desk, problems: Problems, stored: StoredPlan) -> dict[str, Any]:
    plan = from_json(CollectionPlan, stored.document, f"plan {stored.plan_id}")
    problem = problems.of(desk, plan.plan_id)
    halts = {route.truck_id: places_of(route, problem) for route in plan.routes}
    nodes = desk.history.read(Nodes, as_of=plan.provenance.made_at).select("node_id", "lon", "lat")
    links = desk.history.read(Links, as_of=plan.provenance.made_at)
    legs = {leg for places in halts.values() for leg in pairwise(places)}
    between = nodes_between(legs, problem.trucks, nodes.get_column("node_id").to_list(), links)
    where = {node: _rounded(lon, lat) for node, lon, lat in nodes.iter_rows()}
    routes = []
    for route in plan.routes:
        spots, places = _spots(route, problem), halts[route.truck_id]
        path = [spots[0]]
        for number, leg in enumerate(pairwise(places)):
            path += [where[node] for node in between.get(leg, ())]
            path.append(spots[number + 1])
        routes.append({"truck_id": route.truck_id, "path": _without_repeats(path)})
    return {"plan_id": plan.plan_id, "routes": routes}


def _spots(route: CollectionRoute, problem: CollectionProblem) -> list[Position]:
    """Where the halts themselves lie, beside the road."""
    depot = next(_position(one) for one in problem.depots if one.depot_id == route.depot_id)
    sites = {site.site_id: site for site in problem.sites}
    spots = [depot]
    for trip in route.trips:
        spots += [_position(problem.point_of[stop.point_id, stop.stream]) for stop in trip.stops]
        if trip.tip is not None:
            spots.append(_position(sites[trip.tip.site_id]))
    return [*spots, depot]


def _position(thing: CollectionPoint | Depot | DisposalSite) -> Position:
    return _rounded(thing.lon, thing.lat)


def _rounded(lon: float, lat: float) -> Position:
    return [round(lon, DECIMALS), round(lat, DECIMALS)]


def _without_repeats(path: list[Position]) -> list[Position]:
    return [spot for number, spot in enumerate(path) if number == 0 or spot != path[number - 1]]
