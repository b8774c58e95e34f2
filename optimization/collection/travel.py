"""Driving times between places: over the road network where there is one, along great circles where there is none."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from city.errors import CityError, InvalidValueError, UnknownIdError, raise_all
from city.frames import Links, Nodes
from city.network import TravelTimes
from city.waste import CollectionPoint, Depot, DisposalSite

EARTH_RADIUS_M = 6_371_000.0
DETOUR = 1.35  # driven over straight distance
CITY_SPEED_KMH = 25.0
FAR_FROM_ROAD_M = 1000.0
SPEED_SHARE = 0.75  # of the free-flow speed: a collection truck between stops, with turns and lights

ORIGINS_AT_ONCE = 100  # rows of the whole network that are held in memory

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """Travel times, where each thing lies in them ('point P1' -> place), and what was assumed."""

    times: TravelTimes
    places: dict[str, str]
    assumed: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    name: str
    lon: float
    lat: float
    node_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Roads:
    """Links between node numbers, sorted by (origin, target)."""

    nodes: int
    origin: Ints
    target: Ints
    seconds: Floats
    metres: Floats


def travel_between(
    *,
    points: tuple[CollectionPoint, ...],
    depots: tuple[Depot, ...],
    sites: tuple[DisposalSite, ...],
    nodes: dy.DataFrame[Nodes],
    links: dy.DataFrame[Links],
) -> Travel:
    """Seconds and metres between all points, depots and sites; things on one spot share one place."""
    things = [
        *(_Thing(name=f"point {p.point_id}", lon=p.lon, lat=p.lat, node_id=p.node_id) for p in points),
        *(_Thing(name=f"depot {d.depot_id}", lon=d.lon, lat=d.lat, node_id=d.node_id) for d in depots),
        *(_Thing(name=f"site {s.site_id}", lon=s.lon, lat=s.lat, node_id=s.node_id) for s in sites),
    ]
    _positions_are_numbers(things)
    return _as_the_crow_flies(things) if links.is_empty() else _over_the_network(things, nodes, links)


def _positions_are_numbers(things: Iterable[_Thing]) -> None:
    errors: list[CityError] = [
        InvalidValueError(
            subject=thing.name.capitalize(),
            field="position",
            found=(thing.lon, thing.lat),
            expected="longitude -180 to 180 and latitude -90 to 90, WGS 84",
        )
        for thing in things
        if not (-180 <= thing.lon <= 180 and -90 <= thing.lat <= 90)
    ]
    raise_all("Travel times", errors)


def great_circle_m(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Haversine distance; the arguments are degrees and broadcast."""
    lon1, lat1, lon2, lat2 = (np.radians(value) for value in (lon, lat, other_lon, other_lat))
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    distance: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return distance


def _as_the_crow_flies(things: list[_Thing]) -> Travel:
    places = {thing.name: f"{thing.lon:.6f} {thing.lat:.6f}" for thing in things}
    spots = {places[thing.name]: (thing.lon, thing.lat) for thing in things}
    lon, lat = (np.array(axis) for axis in zip(*spots.values(), strict=True))
    metres = great_circle_m(lon[:, None], lat[:, None], lon[None, :], lat[None, :]) * DETOUR
    return Travel(
        times=_times(tuple(spots), metres / CITY_SPEED_KMH * 3.6, metres),
        places=places,
        assumed=(f"There is no road network: ways are great circles x {DETOUR:g}, driven at {CITY_SPEED_KMH:g} km/h.",),
    )


def _over_the_network(things: list[_Thing], nodes: dy.DataFrame[Nodes], links: dy.DataFrame[Links]) -> Travel:
    node_ids = nodes.get_column("node_id").to_list()
    number_of = {node: number for number, node in enumerate(node_ids)}
    roads = _roads(links, number_of)
    snapped, assumed = _snap(things, nodes, number_of, links)
    used = list(dict.fromkeys(snapped))
    seconds, metres = _ways(roads, used)
    return Travel(
        times=_times(tuple(f"node {node_ids[number]}" for number in used), seconds, metres),
        places={thing.name: f"node {node_ids[number]}" for thing, number in zip(things, snapped, strict=True)},
        assumed=(
            f"Trucks drive {SPEED_SHARE:.0%} of the free-flow speed of each road, at all hours.",
            *assumed,
        ),
    )


def _roads(links: dy.DataFrame[Links], number_of: dict[str, int]) -> _Roads:
    """Directed links as arrays, sorted by their ends; of several between the same two nodes the quickest counts."""
    ends = {name: links.get_column(name).to_list() for name in ("link_id", "from_node_id", "to_node_id")}
    unknown: list[CityError] = [
        UnknownIdError(subject=f"Link {link}", kind="node", found=node)
        for column in ("from_node_id", "to_node_id")
        for link, node in zip(ends["link_id"], ends[column], strict=True)
        if node not in number_of
    ]
    raise_all("Road network", unknown)
    quickest = (
        links.select(
            origin=pl.col("from_node_id").replace_strict(number_of, return_dtype=pl.Int64),
            target=pl.col("to_node_id").replace_strict(number_of, return_dtype=pl.Int64),
            seconds=pl.col("length_m") / (pl.col("free_speed_kmh") * SPEED_SHARE) * 3.6,
            metres=pl.col("length_m"),
        )
        .filter(pl.col("origin") != pl.col("target"))
        .sort("origin", "target", "seconds", "metres")
        .unique(["origin", "target"], keep="first", maintain_order=True)
    )
    columns = {name: quickest.get_column(name).to_numpy() for name in ("origin", "target", "seconds", "metres")}
    return _Roads(nodes=len(number_of), **columns)


def _snap(
    things: list[_Thing], nodes: dy.DataFrame[Nodes], number_of: dict[str, int], links: dy.DataFrame[Links]
) -> tuple[list[int], list[str]]:
    """The node of each thing: its own if it names one, else the nearest that a road leaves and reaches."""
    both_ways = set(links.get_column("from_node_id").to_list()) & set(links.get_column("to_node_id").to_list())
    numbers = np.array([number for node, number in number_of.items() if node in both_ways] or list(number_of.values()))
    lon, lat = nodes.get_column("lon").to_numpy()[numbers], nodes.get_column("lat").to_numpy()[numbers]
    tree = cKDTree(_on_the_ball(lon, lat))
    where = _on_the_ball(np.array([t.lon for t in things]), np.array([t.lat for t in things]))
    chords, nearest = (np.asarray(found) for found in tree.query(where))
    snapped, far = [], []
    for thing, chord, position in zip(things, chords, nearest, strict=True):
        if thing.node_id in number_of:
            snapped.append(number_of[thing.node_id])
            continue
        snapped.append(int(numbers[position]))
        if chord > FAR_FROM_ROAD_M:
            far.append(f"{thing.name} ({chord:.0f} m)")
    shown = ", ".join(far[:5]) + (", ..." if len(far) > 5 else "")
    return snapped, [
        f"{len(far)} places lie far from any road and are taken to its nearest node: {shown}."
    ] if far else []


def _on_the_ball(lon: Floats, lat: Floats) -> Floats:
    """Points in space [m]: their straight distance orders as the great circle does."""
    east, north = np.radians(lon), np.radians(lat)
    return EARTH_RADIUS_M * np.column_stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)))


def _ways(roads: _Roads, used: list[int]) -> tuple[Floats, Floats]:
    """Seconds of the quickest ways between the used nodes, and the metres of the same ways."""
    graph = csr_array((roads.seconds, (roads.origin, roads.target)), shape=(roads.nodes, roads.nodes))
    keys = roads.origin * roads.nodes + roads.target
    columns = np.array(used)
    seconds, metres = np.empty((len(used), len(used))), np.empty((len(used), len(used)))
    for first in range(0, len(used), ORIGINS_AT_ONCE):
        rows = slice(first, first + ORIGINS_AT_ONCE)
        reached, before = dijkstra(graph, indices=used[rows], return_predecessors=True)
        seconds[rows] = reached[:, columns]
        for row, previous in enumerate(before, first):
            metres[row] = _metres_to(previous.astype(np.int64), keys, roads)[columns]
    return seconds, np.where(np.isfinite(seconds), metres, np.inf)


def _metres_to(previous: Ints, keys: Ints, roads: _Roads) -> Floats:
    """Metres along the tree of quickest ways, by doubling: each round adds the way of a node's ancestor."""
    here = np.arange(roads.nodes)
    rooted = previous < 0
    parent = np.where(rooted, here, previous)
    last_link = np.searchsorted(keys, parent * roads.nodes + here).clip(max=len(keys) - 1)
    metres = np.where(rooted, 0.0, roads.metres[last_link])
    while (parent != parent[parent]).any():
        metres += metres[parent]
        parent = parent[parent]
    return metres


def _times(places: tuple[str, ...], seconds: Floats, metres: Floats) -> TravelTimes:
    def whole(values: Floats) -> "array[int]":
        reachable = np.isfinite(values)
        return array("i", np.where(reachable, np.ceil(np.where(reachable, values, 0.0)), -1).astype(np.int32).tobytes())

    return TravelTimes.from_flat(places, whole(np.round(seconds, 6)), whole(np.round(metres, 6)))
