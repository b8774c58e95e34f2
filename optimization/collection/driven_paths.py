"""Where trucks drive: the quickest ways of a plan along the roads, node by node, for a map."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from city.collection_problem import CollectionProblem
from city.waste import Truck
from city.waste_plans import CollectionRoute
from optimization.collection.street_limits import Bans, limits_of, open_to_all
from optimization.collection.travel import SPEED_SHARE
from optimization.collection.ways import ORIGINS_AT_ONCE, Roads, roads_of

NODE = "node "  # how the problem names a place on the road network
SEARCHED_S = (120.0, 600.0, np.inf)  # most ways are short: those beyond are looked for in a second and third round
Leg = tuple[str, str]
Ways = dict[tuple[int, int], tuple[int, ...]]


def places_of(route: CollectionRoute, problem: CollectionProblem) -> tuple[str, ...]:
    """Names in the problem's travel times, from depot to depot."""
    depot = problem.place("depot", route.depot_id)
    halts = [
        place
        for trip in route.trips
        for place in (
            *(problem.place("point", stop.point_id) for stop in trip.stops),
            *(() if trip.tip is None else (problem.place("site", trip.tip.site_id),)),
        )
    ]
    return (depot, *halts, depot)


def nodes_between(
    legs: Iterable[Leg], trucks: tuple[Truck, ...], node_ids: Sequence[str], links: pl.DataFrame
) -> Mapping[Leg, tuple[str, ...]]:
    """The nodes of the quickest way of each leg, both ends included, on streets that all `trucks` may use.

    A leg between places that are no nodes, or that such streets do not join, is missing.
    """
    number_of = {f"{NODE}{node}": number for number, node in enumerate(node_ids)}
    wanted = {
        leg: (number_of[leg[0]], number_of[leg[1]]) for leg in legs if leg[0] in number_of and leg[1] in number_of
    }
    if links.is_empty() or not wanted:
        return {}
    bans = Bans.of(links)
    limits = limits_of(links, bans)
    passable = open_to_all(limits, bans, trucks)
    numbers = {str(node): number for number, node in enumerate(node_ids)}
    found = _ways(roads_of(links, numbers, SPEED_SHARE, limits, passable), set(wanted.values()))
    return {leg: tuple(node_ids[node] for node in found[ends]) for leg, ends in wanted.items() if ends in found}


def _ways(roads: Roads, wanted: set[tuple[int, int]]) -> Ways:
    graph = csr_array((roads.seconds, (roads.origin, roads.target)), shape=(roads.nodes, roads.nodes))
    found: Ways = {ends: (ends[0],) for ends in wanted if ends[0] == ends[1]}
    for most_s in SEARCHED_S:
        open_ones = wanted - found.keys()
        origins = sorted({origin for origin, _ in open_ones})
        for first in range(0, len(origins), ORIGINS_AT_ONCE):
            some = origins[first : first + ORIGINS_AT_ONCE]
            _, before = dijkstra(graph, indices=some, return_predecessors=True, limit=most_s)
            row = {origin: number for number, origin in enumerate(some)}
            found |= {
                ends: way for ends in open_ones if ends[0] in row and (way := tuple(_back(before[row[ends[0]]], *ends)))
            }
    return found


def _back(before: "np.ndarray[tuple[int, ...], np.dtype[np.int32]]", origin: int, target: int) -> Iterator[int]:
    """From origin to target; nothing where the target was not reached."""
    way = [target]
    while way[-1] != origin:
        previous = int(before[way[-1]])
        if previous < 0:
            return
        way.append(previous)
    yield from reversed(way)
