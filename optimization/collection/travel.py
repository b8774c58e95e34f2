"""Driving times between places: over the road network where there is one, along great circles where there is none."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import dataframely as dy
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from city.errors import CityError, InvalidValueError, raise_all
from city.frames import Links, Nodes
from city.network import TravelTimes
from city.waste import CollectionPoint, Depot, DisposalSite, Truck
from optimization.collection.street_limits import PlaceLimit
from optimization.collection.street_network import Network
from optimization.collection.ways import refuse_unknown_nodes

EARTH_RADIUS_M = 6_371_000.0
DETOUR = 1.35  # driven over straight distance
CITY_SPEED_KMH = 25.0
FAR_FROM_ROAD_M = 1000.0
SPEED_SHARE = 0.75  # of the free-flow speed: a collection truck between stops, with turns and lights

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Travel:
    """Travel times, where each thing lies in them ('point P1' -> place), and what was assumed.

    `limits` hold for things ('point P1') that lie behind streets which not every truck may use at every hour.
    """

    times: TravelTimes
    places: dict[str, str]
    assumed: tuple[str, ...]
    limits: dict[str, PlaceLimit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Thing:
    name: str
    lon: float
    lat: float
    node_id: str | None


def travel_between(
    *,
    points: tuple[CollectionPoint, ...],
    depots: tuple[Depot, ...],
    sites: tuple[DisposalSite, ...],
    nodes: dy.DataFrame[Nodes],
    links: dy.DataFrame[Links],
    trucks: tuple[Truck, ...] = (),
    cache: Path | None = None,
) -> Travel:
    """Seconds and metres between all points, depots and sites; things on one spot share one place.

    Ways keep to streets that `trucks` may use; matrices are kept in the folder `cache`, if one is given.
    """
    things = [
        *(_Thing(name=f"point {p.point_id}", lon=p.lon, lat=p.lat, node_id=p.node_id) for p in points),
        *(_Thing(name=f"depot {d.depot_id}", lon=d.lon, lat=d.lat, node_id=d.node_id) for d in depots),
        *(_Thing(name=f"site {s.site_id}", lon=s.lon, lat=s.lat, node_id=s.node_id) for s in sites),
    ]
    _positions_are_numbers(things)
    if links.is_empty():
        return _as_the_crow_flies(things)
    return _over_the_network(things, nodes, links, trucks, cache)


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


def _over_the_network(
    things: list[_Thing],
    nodes: dy.DataFrame[Nodes],
    links: dy.DataFrame[Links],
    trucks: tuple[Truck, ...],
    cache: Path | None,
) -> Travel:
    node_ids = nodes.get_column("node_id").to_list()
    number_of = {node: number for number, node in enumerate(node_ids)}
    refuse_unknown_nodes(links, number_of)
    snapped, assumed = _snap(things, nodes, number_of, links)
    used = list(dict.fromkeys(snapped))
    depots = [number for thing, number in zip(things, snapped, strict=True) if thing.name.startswith("depot ")]
    network = Network(links=links, number_of=number_of, speed_share=SPEED_SHARE, trucks=trucks, cache=cache)
    ways, limits, told = network.ways(used, depots)
    return Travel(
        times=_times(tuple(f"node {node_ids[number]}" for number in used), ways.seconds, ways.metres),
        places={thing.name: f"node {node_ids[number]}" for thing, number in zip(things, snapped, strict=True)},
        assumed=(
            f"Trucks drive {SPEED_SHARE:.0%} of the free-flow speed of each road.",
            *assumed,
            *told,
        ),
        limits={
            thing.name: limits[number]
            for thing, number in zip(things, snapped, strict=True)
            if number in limits and not thing.name.startswith("depot ")
        },
    )


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


def _times(places: tuple[str, ...], seconds: Floats, metres: Floats) -> TravelTimes:
    def whole(values: Floats) -> "array[int]":
        reachable = np.isfinite(values)
        return array("i", np.where(reachable, np.ceil(np.where(reachable, values, 0.0)), -1).astype(np.int32).tobytes())

    return TravelTimes.from_flat(places, whole(np.round(seconds, 6)), whole(np.round(metres, 6)))
