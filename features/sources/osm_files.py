"""An OpenStreetMap extract as GMNS files with their mapping: what the ordinary import reads, and people can look at."""

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from city.errors import MissingInputError
from city.places import CityInfo, District
from city.store import History
from city.waste import CollectionPoint, Depot
from features.sources.osm_roads import OsmRoads, read_osm_roads

NODES, LINKS, MAPPING = "node.csv", "link.csv", "roads.toml"
Place = tuple[float, float, str]  # longitude, latitude, district


@dataclass(frozen=True, slots=True, kw_only=True)
class OsmFiles:
    """Where the files are, and what is in them."""

    mapping: Path
    nodes: int
    links: int
    left_out: int
    banned: int
    limited: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.nodes} nodes and {self.links} links; {self.banned} links with hours closed to trucks, "
            f"{self.limited} with a limit of height or weight; {self.left_out} links that hang together with no "
            "others were left out."
        )


def write_osm_roads(extract: Path, folder: Path, history: History) -> OsmFiles:
    """node.csv, link.csv and roads.toml in `folder`. A road lies in the district of the nearest thing that has one."""
    info, districts = _city_of(history)
    roads = read_osm_roads(extract)
    district_of = _districts(roads, districts, _known_places(history))
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / NODES,
        ("node_id", "x_coord", "y_coord", "zone_id"),
        ((f"n{ref}", f"{lon:.7f}", f"{lat:.7f}", district_of[ref]) for ref, (lon, lat) in roads.at.items()),
    )
    _write(folder / LINKS, _LINK_HEADER, _link_rows(roads, district_of))
    mapping = folder / MAPPING
    mapping.write_text(_mapping_text(info, districts, extract.name), encoding="utf-8")
    return OsmFiles(
        mapping=mapping,
        nodes=len(roads.at),
        links=len(roads.links),
        left_out=roads.left_out,
        banned=sum(link.tags.truck_ban is not None for link in roads.links),
        limited=sum(link.tags.max_height_m is not None or link.tags.max_weight_t is not None for link in roads.links),
    )


_LINK_HEADER = (
    "link_id", "from_node_id", "to_node_id", "directed", "length", "facility_type", "free_speed", "lanes",
    "max_height", "max_weight", "truck_ban", "zone_id",
)  # fmt: skip


def _link_rows(roads: OsmRoads, district_of: dict[int, str]) -> Iterable[Sequence[object]]:
    for link in roads.links:
        tags = link.tags
        yield (
            link.link_id,
            f"n{link.origin}",
            f"n{link.target}",
            1,
            link.length_m,
            tags.kind,
            round(tags.speed_kmh, 1),
            tags.lanes,
            "" if tags.max_height_m is None else tags.max_height_m,
            "" if tags.max_weight_t is None else tags.max_weight_t,
            tags.truck_ban or "",
            district_of[link.target],
        )


def _city_of(history: History) -> tuple[CityInfo, tuple[District, ...]]:
    cities, districts = history.entities(CityInfo), history.entities(District)
    if not cities or not districts:
        raise MissingInputError(
            step="Importing roads",
            missing=("the city, its time zone and its districts",),
            todo="Import any feed with a mapping that has a [city] part first (docs/mapping.md).",
        )
    return cities[0], districts


def _known_places(history: History) -> list[Place]:
    things: list[CollectionPoint | Depot] = [*history.entities(CollectionPoint), *history.entities(Depot)]
    return [(thing.lon, thing.lat, str(thing.district_id)) for thing in things]


def _districts(roads: OsmRoads, districts: tuple[District, ...], places: list[Place]) -> dict[int, str]:
    if len(districts) == 1:
        return dict.fromkeys(roads.at, str(districts[0].district_id))
    if not places:
        raise MissingInputError(
            step="Importing roads",
            missing=("a collection point or depot from whose place the districts of roads could be told",),
            todo="Import points or depots first: `city template sites --out sites.xlsx`.",
        )
    at = np.array(list(roads.at.values()))
    stretch = np.array([np.cos(np.radians(at[:, 1].mean())), 1.0])  # a degree of longitude is shorter
    tree = cKDTree(np.array([(lon, lat) for lon, lat, _ in places]) * stretch)
    _, nearest = tree.query(at * stretch)
    return {ref: places[int(k)][2] for ref, k in zip(roads.at, np.asarray(nearest), strict=True)}


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _mapping_text(info: CityInfo, districts: tuple[District, ...], source: str) -> str:
    named = ", ".join(f"{_quoted(one.district_id)} = {_quoted(one.name)}" for one in districts)
    return _MAPPING.format(
        source=source,
        name=_quoted(info.name),
        zone=_quoted(info.time_zone),
        profile=_quoted(info.national_profile),
        districts=f"{{ {named} }}",
    )


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(str(text), ensure_ascii=False)


_MAPPING = """# Roads out of {source}, © OpenStreetMap contributors (ODbL).
[city]
name = {name}
time_zone = {zone}
national_profile = {profile}
districts = {districts}

[[feed]]
name = "road nodes"
contract = "Nodes"
path = "node.csv"
crs = "WGS84"
[feed.columns]
node_id = "node_id"
lon = "x_coord"
lat = "y_coord"
district_id = "zone_id"

[[feed]]
name = "road links"
contract = "Links"
path = "link.csv"
[feed.columns]
link_id = "link_id"
from_node_id = "from_node_id"
to_node_id = "to_node_id"
length_m = {{ column = "length", unit = "m" }}
free_speed_kmh = {{ column = "free_speed", unit = "km/h" }}
lanes = "lanes"
max_height_m = {{ column = "max_height", unit = "m" }}
max_weight_kg = {{ column = "max_weight", unit = "t" }}
truck_ban = "truck_ban"
district_id = "zone_id"
"""
