"""WZDx work zone feeds (4.x, GeoJSON) to events of work zones: opened, changed, closed.

A feed shows every zone as it is now. https://github.com/usdot-jpo-ode/wzdx/tree/main/spec-content
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import polars as pl

from city.documents import parse_json
from city.errors import CityError, UnreadableInputError
from city.frame_choices import VEHICLE_IMPACTS
from features.sources.feeds import Column, Feed, Part
from features.sources.json_records import framed, text_at

FIXED = (
    "id", "event_type", "data_source_id", "road", "direction", "description", "start_date", "end_date",
    "vehicle_impact", "lanes_closed", "reduced_speed_limit_kph", "opened", "changed", "closed", "lon", "lat", "course",
    "feed_update_date",
)  # fmt: skip
COLUMNS: tuple[tuple[str, Column], ...] = (
    ("work_zone_id", Column(column="id")),
    ("start_at", Column(column="start_date")),
    ("end_at", Column(column="end_date")),
    ("vehicle_impact", Column(column="vehicle_impact")),
    ("lanes_closed", Column(column="lanes_closed")),
    ("speed_limit_kmh", Column(column="reduced_speed_limit_kph", unit="km/h")),
    ("road", Column(column="road")),
    ("lon", Column(column="lon")),
    ("lat", Column(column="lat")),
    ("geometry", Column(column="course")),
)
PARTS = tuple(
    Part(
        columns=(("event", Column(value=event)), ("at", Column(column=event))),
        when_present=None if event == "opened" else event,
    )
    for event in ("opened", "changed", "closed")
)
_IMPACTS = {  # the six that a plan can tell apart; how lanes merge or shift is left out
    "some_lanes_closed_merge_left": "some_lanes_closed",
    "some_lanes_closed_merge_right": "some_lanes_closed",
    "some_lanes_closed_split": "some_lanes_closed",
    "all_lanes_open_shift_left": "all_lanes_open",
    "all_lanes_open_shift_right": "all_lanes_open",
    "temporary_traffic_signal": "alternating_one_way",
}
_NO_LANES = frozenset(("shoulder", "sidewalk", "bike-lane", "parking", "median"))
_SHOWN = 5  # ids in a sentence
_OVER = ("completed", "cancelled")


def records(feed: Feed, path: Path, where: str, *, rows: int) -> Iterator[pl.DataFrame]:
    """One record per road event, and one for each that the file before it showed and this one no longer does."""
    document = _feed_of(path, where)
    found = _zones(document, where)
    bare = _without_core(document)
    if bare and len(bare) == len(found):
        raise UnreadableInputError(
            source=where,
            problem=f"no road event has core_details, which WZDx {_version(document)} requires",
            todo='Ask the publisher for a valid feed, or read it as GeoJSON (format = "json").',
        )
    every = [*found, *_vanished(feed, path, found, _updated(document))]
    if not every:
        yield pl.DataFrame(schema=dict.fromkeys(feed.source_columns(), pl.String))
    yield from framed(feed, every, where, rows=rows, fixed=FIXED)


def notes(path: Path, where: str) -> tuple[str, ...]:
    """What the report has to say of this file: road events that lack what the standard requires."""
    document = _feed_of(path, where)
    bare = _without_core(document)
    if not bare:
        return ()
    named = ", ".join(repr(name) for name in bare[:_SHOWN]) + (", ..." if len(bare) > _SHOWN else "")
    count = f"{len(bare)} of {len(document['features'])} road events"
    return (f"{where}: {count} have no core_details ({named}): their road and times of announcement are not known",)


def _without_core(document: dict[str, Any]) -> list[str]:
    """Ids of the road events that lack the details that version 4 put into an object of their own."""
    if not _version(document).startswith("4"):
        return []
    return [
        str(feature.get("id"))
        for feature in document["features"]
        if isinstance(feature, dict) and not (feature.get("properties") or {}).get("core_details")
    ]


def _version(document: dict[str, Any]) -> str:
    return str(_info(document).get("version") or "")


def shown(path: Path, where: str) -> tuple[frozenset[str], datetime | None]:
    """The ids of the zones that a file shows, and as of when."""
    document = _feed_of(path, where)
    updated = _updated(document)
    try:
        moment = datetime.fromisoformat(updated or "")
    except ValueError:
        return frozenset(), None
    ids = frozenset(str(feature.get("id")) for feature in document["features"] if isinstance(feature, dict))
    return ids, moment.astimezone(UTC) if moment.tzinfo else None


def _vanished(feed: Feed, path: Path, found: list[dict[str, Any]], updated: str | None) -> list[dict[str, Any]]:
    """The feed is full: a zone of the file before (by name) that is no longer in it is over."""
    files = sorted(path.parent.glob(PurePath(feed.path or path.name).name))
    place = files.index(path) if path in files else 0
    if not place:
        return []
    former = files[place - 1]
    try:
        before = _zones(_feed_of(former, former.name), former.name)
    except CityError:  # it is refused as a file of its own
        return []
    present = {zone["id"] for zone in found}
    return [
        {**zone, "changed": None, "closed": updated}
        for zone in before
        if zone["id"] not in present and not zone["closed"]
    ]


def _feed_of(path: Path, where: str) -> dict[str, Any]:
    document = parse_json(path.read_bytes(), where)
    if not isinstance(document, dict) or not isinstance(document.get("features"), list):
        raise UnreadableInputError(source=where, problem="it has no list 'features', as a WZDx feed has")
    return document


def _updated(document: dict[str, Any]) -> str | None:
    return _info(document).get("update_date")


def _info(document: dict[str, Any]) -> dict[str, Any]:
    info = document.get("feed_info") or document.get("road_event_feed_info") or {}
    return info if isinstance(info, dict) else {}


def _zones(document: dict[str, Any], where: str) -> list[dict[str, Any]]:
    updated = _updated(document)
    if any(not isinstance(feature, dict) for feature in document["features"]):
        raise UnreadableInputError(source=where, problem="one of its features is no object")
    return [_zone(feature, updated) for feature in document["features"]]


def _zone(feature: dict[str, Any], updated: str | None) -> dict[str, Any]:
    properties = feature.get("properties") or {}
    core = properties.get("core_details") or properties
    said = str(properties.get("vehicle_impact") or "unknown")
    impact = _IMPACTS.get(said.replace("-", "_"), said.replace("-", "_"))
    points = _points(feature.get("geometry"))
    middle = points[len(points) // 2] if points else (None, None)
    return {
        **feature,
        **_times(core, properties, updated),
        "event_type": core.get("event_type"),
        "data_source_id": core.get("data_source_id"),
        "road": ", ".join(str(name) for name in core.get("road_names") or ()) or None,
        "direction": core.get("direction"),
        "description": core.get("description"),
        "start_date": properties.get("start_date"),
        "end_date": properties.get("end_date"),
        "vehicle_impact": impact if impact in VEHICLE_IMPACTS else said,
        "lanes_closed": _closed_lanes(properties.get("lanes")),
        "reduced_speed_limit_kph": properties.get("reduced_speed_limit_kph"),
        "lon": middle[0],
        "lat": middle[1],
        "course": json.dumps(feature["geometry"], separators=(",", ":")) if points else None,
        "feed_update_date": updated,
    }


def _times(core: dict[str, Any], properties: dict[str, Any], updated: str | None) -> dict[str, str | None]:
    """When the announcement was opened, changed, closed.

    Without a creation date the earliest time known stands in: a start that is past stays the same in every later feed.
    """
    changed = core.get("update_date")
    opened = core.get("creation_date")
    if opened is None:
        opened = min(filter(None, (properties.get("start_date"), changed, updated)), default=None)
    over = properties.get("event_status") in _OVER
    return {
        "opened": opened,
        "changed": changed if not over and changed is not None and changed > (opened or "") else None,
        "closed": (changed or updated or properties.get("end_date")) if over else None,
    }


def _closed_lanes(lanes: object) -> int | None:
    if not isinstance(lanes, list):
        return None
    known = [lane for lane in lanes if isinstance(lane, dict) and lane.get("type") not in _NO_LANES]
    return sum(text_at(lane, "status") == "closed" for lane in known)


def _points(geometry: object) -> list[tuple[float, float]]:
    """The positions of a LineString or MultiPoint, in their order."""
    positions = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(positions, list):
        return []
    return [(point[0], point[1]) for point in positions if isinstance(point, list) and len(point) >= 2]
