"""What the traffic department hands over: a SQLite database, junction forms and corridors as JSON, GMNS roads."""

import csv
import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from city.documents import encode
from features.sources.synthetic.world import World

_TABLES = """
CREATE TABLE detectors (
    det_no TEXT PRIMARY KEY, crossing TEXT, arm TEXT, lanes INTEGER, lng REAL, lat REAL, district TEXT
);
CREATE TABLE counts (det_no TEXT, ts TEXT, veh INTEGER, speed REAL, occ REAL);
"""


def write_database(path: Path, world: World, counts: pl.DataFrame) -> None:
    """Counts per interval in city time: detector_id, start_at, vehicles, speed_kmh, occupancy."""
    path.unlink(missing_ok=True)
    detectors = [
        (d.detector_id, d.junction_id, d.arm, d.lanes, d.lon, d.lat, d.district_id) for d in world.crossings.detectors
    ]
    rows = counts.select(
        "detector_id", pl.col("start_at").dt.strftime("%Y-%m-%d %H:%M:%S"), "vehicles", "speed_kmh", "occupancy"
    )
    with closing(sqlite3.connect(path)) as database:
        database.executescript(_TABLES)
        database.executemany("INSERT INTO detectors VALUES (?, ?, ?, ?, ?, ?, ?)", detectors)
        database.executemany("INSERT INTO counts VALUES (?, ?, ?, ?, ?)", rows.iter_rows())
        database.commit()


def write_junctions(junctions: Path, corridors: Path, world: World) -> None:
    for path, things in ((junctions, world.crossings.forms), (corridors, world.crossings.corridors)):
        text = json.dumps([encode(thing) for thing in things], ensure_ascii=False, indent=1, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


def write_roads(nodes: Path, links: Path, world: World) -> None:
    """GMNS, with the district beside each row and the detector of a measured link."""
    roads = world.roads
    write_csv(
        nodes,
        ("node_id", "x_coord", "y_coord", "zone_id"),
        ((roads.node_id(cell), *roads.lon_lat(cell), roads.district(cell)) for cell in sorted(roads.metres)),
    )
    detector_on = {detector.link: detector.detector_id for detector in world.crossings.detectors}
    header = (
        "link_id", "from_node_id", "to_node_id", "directed", "length", "facility_type", "free_speed", "lanes",
        "capacity", "zone_id", "detector_id",
    )  # fmt: skip
    write_csv(
        links,
        header,
        (
            (
                link.link_id,
                roads.node_id(link.start),
                roads.node_id(link.end),
                1,
                link.length_m,
                link.road.name,
                link.road.speed_kmh,
                link.road.lanes,
                link.road.capacity_veh_h,
                roads.district(link.end),
                detector_on.get(pair, ""),
            )
            for pair, link in roads.links.items()
        ),
    )


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
