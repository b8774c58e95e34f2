"""The road network out of an OpenStreetMap extract (.osm.pbf, .osm): links between crossings, in the words of GMNS.

Ways are cut where they meet. Only the largest part in which every place can be reached from every other is kept: what
hangs on the edge of an extract, or on nothing, would leave trucks stranded.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from city.errors import MissingInputError, UnreadableInputError
from features.sources.osm_tags import RoadTags, road_tags

EARTH_RADIUS_M = 6_371_000.0
LEAST_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmLink:
    """One direction of a piece of road between two crossings."""

    link_id: str
    origin: int
    target: int
    length_m: float
    tags: RoadTags


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmRoads:
    """`at` is longitude and latitude of each crossing, by its OpenStreetMap number; `left_out` counts links cut off."""

    at: dict[int, tuple[float, float]]
    links: tuple[OsmLink, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    number: int
    refs: tuple[int, ...]
    tags: RoadTags


def read_osm_roads(path: Path) -> OsmRoads:
    ways, at = _read(path)
    met = Counter(ref for way in ways for ref in dict.fromkeys(way.refs))
    links = [link for way in ways for link in _links(way, met, at)]
    if not links:
        raise UnreadableInputError(
            source=path.name, problem="it holds no road that vehicles may use", todo="Is it an extract of the city?"
        )
    kept = _largest_part(links)
    ends = {end for link in kept for end in (link.origin, link.target)}
    return OsmRoads(at={ref: at[ref] for ref in sorted(ends)}, links=tuple(kept), left_out=len(links) - len(kept))


def _read(path: Path) -> tuple[list[_Way], dict[int, tuple[float, float]]]:
    osmium = _osmium()
    if not path.is_file():
        raise UnreadableInputError(source=str(path), problem="there is no such file")
    ways: list[_Way] = []
    at: dict[int, tuple[float, float]] = {}
    try:
        found = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("highway"))
        for thing in found:
            tags = road_tags({tag.k: tag.v for tag in thing.tags}) if thing.is_way() else None
            if tags is None:
                continue
            # An extract cuts ways at its edge: nodes beyond it have no place.
            nodes = [node for node in thing.nodes if node.location.valid()]
            at.update({node.ref: (node.lon, node.lat) for node in nodes})
            ways.append(_Way(number=thing.id, refs=tuple(node.ref for node in nodes), tags=tags))
    except RuntimeError as cause:
        raise UnreadableInputError(
            source=path.name, problem=f"it is no OpenStreetMap file ({cause})", todo="Give an .osm.pbf or .osm file."
        ) from cause
    return ways, at


def _osmium() -> Any:  # noqa: ANN401  -- an optional package
    try:
        return import_module("osmium")
    except ImportError as cause:
        raise MissingInputError(
            step="Reading an OpenStreetMap extract",
            missing=("the package osmium",),
            todo="Install it with `pip install osmium`, or import GMNS files instead (docs/mapping.md).",
        ) from cause


def _links(way: _Way, met: Counter[int], at: dict[int, tuple[float, float]]) -> Iterator[OsmLink]:
    """The way's pieces from crossing to crossing; one that closes on itself is cut in the middle too."""
    ends = [0, *(k for k in range(1, len(way.refs) - 1) if _is_crossing(way, k, met)), len(way.refs) - 1]
    for piece, (first, last) in enumerate(pairwise(ends)):
        refs = way.refs[first : last + 1]
        length_m = sum(_metres(at[one], at[two]) for one, two in pairwise(refs))
        if len(refs) < 2 or refs[0] == refs[-1] or length_m < LEAST_M:
            continue
        for drives, origin, target, side in (
            (way.tags.forward, refs[0], refs[-1], "f"),
            (way.tags.backward, refs[-1], refs[0], "b"),
        ):
            if drives:
                name = f"w{way.number}-{piece}{side}"
                yield OsmLink(link_id=name, origin=origin, target=target, length_m=round(length_m, 2), tags=way.tags)


def _is_crossing(way: _Way, k: int, met: Counter[int]) -> bool:
    closed = way.refs[0] == way.refs[-1]
    return met[way.refs[k]] > 1 or way.refs.count(way.refs[k]) > 1 or (closed and k == len(way.refs) // 2)


def _largest_part(links: list[OsmLink]) -> list[OsmLink]:
    numbers = {
        ref: k for k, ref in enumerate(dict.fromkeys(end for link in links for end in (link.origin, link.target)))
    }
    origin = np.array([numbers[link.origin] for link in links])
    target = np.array([numbers[link.target] for link in links])
    graph = coo_array((np.ones(len(links)), (origin, target)), shape=(len(numbers), len(numbers)))
    _, part = connected_components(graph, directed=True, connection="strong")
    largest = np.bincount(part).argmax()
    inside = (part[origin] == largest) & (part[target] == largest)
    return [link for link, kept in zip(links, inside.tolist(), strict=True) if kept]


def _metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lon1, lat1), (lon2, lat2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, half)))
