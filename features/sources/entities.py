"""Master data: rows of a sheet, or JSON documents, to domain objects, each kept as canonical JSON.

The left side of a feed's columns is the path of a field (`shift.start_s`, `compartments.0.streams`); what a cell means
follows from the type of that field: `06:00` for seconds of the day, `06:00-09:00;18:00-21:00` for windows,
`residual;kitchen` for a tuple of streams, yes or no for a flag.
"""

import typing
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import numpy as np
import polars as pl

from city.documents import canonical_json, decode
from city.errors import CityError, SeveralErrors
from city.frames import Entities
from city.junction_building import build_junction
from city.junction_form import JunctionForm
from city.places import CityInfo, District
from city.signals import Corridor, Junction
from city.waste import CollectionPoint, Depot, DisposalSite, Truck
from features.sources.cells import field_type, in_our_words, put, value_of
from features.sources.coordinates import TO_WGS84
from features.sources.feeds import Column, Feed, Mapping
from features.sources.marked_rows import PART
from features.sources.places import placed
from features.sources.read import LINE, Raw
from features.sources.rows import FAULT, MARKS, REPAIR, REPAIRED, RULES, Rows, without_left_out
from features.sources.values import texts

T = TypeVar("T")

KINDS: dict[str, type[Any]] = {
    "city": CityInfo,
    "district": District,
    "junction": Junction,
    "corridor": Corridor,
    "point": CollectionPoint,
    "truck": Truck,
    "depot": Depot,
    "site": DisposalSite,
}
EVERY_DISTRICT = "*"  # the city itself, its weather and its calendar are everybody's


def entity_rows(feed: Feed, raw: Raw, now: datetime) -> Rows:
    """One row of `Entities` per record; a record that cannot become an object keeps its reason as fault."""
    counted = Rows(frame=pl.DataFrame())
    if raw.documents:
        items = _from_documents(feed, raw)
        counted.read = len(items)
    else:
        items = _from_records(feed, without_left_out(raw.records, feed, feed.parts[0], counted))
    rows = [_entity_row(feed, line, build) for line, build in items]
    since = feed.known_since
    known = now if since is None else since.replace(tzinfo=since.tzinfo or feed.zone)
    counted.frame = _frame(rows, known)
    return counted


def _entity_row(feed: Feed, line: int, build: Callable[[], Any]) -> tuple[Any, ...]:
    kind = feed.entity or ""
    try:
        thing = placed(_in_wgs84(build(), feed), kind, may_lack=feed.reading.document == "junction_form")
    except CityError as error:
        faults = error.errors if isinstance(error, SeveralErrors) else (error,)
        said, rules = "; ".join(str(fault) for fault in faults), "; ".join(_rule(kind, fault) for fault in faults)
        return feed.entity, None, None, feed.district, line, said, rules
    return kind, _id_of(kind, thing), canonical_json(thing), _district_of(thing) or feed.district, line, None, None


def _rule(kind: str, fault: CityError) -> str:
    """`truck|payload_kg`; `truck|whole` where the fault is not one field's."""
    return f"{kind}|{getattr(fault, 'field', None) or 'whole'}"


def declared(mapping: Mapping, now: datetime) -> pl.DataFrame:
    """The city and its districts, as the mapping names them."""
    things: list[tuple[str, CityInfo | District]] = [("district", district) for district in mapping.districts]
    if mapping.city is not None:
        things.append(("city", mapping.city))

    rows = [
        (kind, _id_of(kind, thing), canonical_json(thing), _district_of(thing) or EVERY_DISTRICT, line, None, None)
        for line, (kind, thing) in enumerate(things, 1)
    ]
    since = [feed.known_since for feed in mapping.feeds if feed.known_since is not None]
    known = min(since).replace(tzinfo=mapping.zone).astimezone(UTC) if since else now
    return _frame(rows, known)


def _frame(rows: list[tuple[Any, ...]], known: datetime) -> pl.DataFrame:
    schema = dict.fromkeys(("kind", "entity_id", "document", "district_id"), pl.String)
    frame = pl.DataFrame(rows, schema={**schema, LINE: pl.Int64, FAULT: pl.String, RULES: pl.String}, orient="row")
    never_repaired = [pl.lit(None, dtype=pl.String).alias(mark) for mark in (REPAIR, REPAIRED, PART)]
    known_at = pl.lit(known.astimezone(UTC)).dt.cast_time_unit("us").alias("known_at")
    columns = [name for name in Entities.column_names() if name not in ("imported_at", "source")]
    return frame.with_columns(known_at, *never_repaired).select(*columns, LINE, *MARKS)


def _from_documents(feed: Feed, raw: Raw) -> list[tuple[int, Callable[[], Any]]]:
    kind = KINDS[feed.entity or ""]

    def builder(document: object) -> Callable[[], Any]:
        if feed.reading.document == "junction_form":
            return lambda: _junction_of(document)
        return lambda: decode(kind, document)

    return [(line, builder(document)) for line, document in enumerate(raw.documents, 1)]


def _junction_of(document: object) -> Junction:
    return build_junction(decode(JunctionForm, document))


def _from_records(feed: Feed, records: pl.DataFrame) -> list[tuple[int, Callable[[], Any]]]:
    kind = KINDS[feed.entity or ""]
    columns = [(path, spec, _cells(feed, spec, records)) for path, spec in feed.columns if path != "known_at"]

    def builder(row: int) -> Callable[[], Any]:
        return lambda: _object(kind, feed, [(path, spec, cells[row]) for path, spec, cells in columns])

    return [(line, builder(row)) for row, line in enumerate(records[LINE])]


def _cells(feed: Feed, spec: Column, records: pl.DataFrame) -> list[str | None]:
    if spec.column is not None:
        return texts(records[spec.column], spec, feed.reading).to_list()
    if spec.template is not None:
        parts = {name: texts(records[name], spec, feed.reading).to_list() for name in spec.sources}
        return [
            _filled(spec.template, {name: cells[row] for name, cells in parts.items()}) for row in range(records.height)
        ]
    return [None if spec.value is None else str(spec.value)] * records.height


def _filled(template: str, cells: dict[str, str | None]) -> str | None:
    """The template with its columns' texts; nothing where one of them is empty."""
    if None in cells.values():
        return None
    for name, cell in cells.items():
        template = template.replace("{" + name + "}", cell or "")
    return template


def _object(kind: type[T], feed: Feed, cells: list[tuple[str, Column, str | None]]) -> T:
    document: dict[str, Any] = {}
    errors: list[CityError] = []
    for path, spec, cell in cells:
        if cell is None:
            continue
        try:
            wanted = field_type(kind, path, feed.subject)
            text = in_our_words(cell, spec, path, feed, several=typing.get_origin(wanted) is tuple)
            put(document, path, value_of(wanted, path, text, spec, feed))
        except CityError as error:
            errors.append(error)
    names = {field.name for field in fields(cast("Any", kind))}
    if feed.district and "district_id" in names:
        document.setdefault("district_id", feed.district)
    if feed.district and "district_ids" in names:
        document.setdefault("district_ids", [feed.district])
    if errors:
        raise SeveralErrors(subject=feed.subject, errors=tuple(errors))
    return decode(kind, document)


def _in_wgs84(thing: T, feed: Feed) -> T:
    convert = TO_WGS84.get(feed.crs or "")
    place = [getattr(thing, name, None) for name in ("lon", "lat")]
    if convert is None or None in place:
        return thing
    lon, lat = convert(*(np.array([degrees], dtype=np.float64) for degrees in place))
    return cast("T", replace(cast("Any", thing), lon=float(lon[0]), lat=float(lat[0])))


def _id_of(kind: str, thing: object) -> str:
    """Points are named point/stream: one place may have several streams."""
    if kind == "city":
        return "city"
    own = str(getattr(thing, f"{kind}_id"))
    return f"{own}/{thing.stream}" if isinstance(thing, CollectionPoint) else own


def _district_of(thing: object) -> str | None:
    """Where a thing belongs to several districts, the first decides who may see its record."""
    several: tuple[str, ...] = getattr(thing, "district_ids", ())
    return several[0] if several else getattr(thing, "district_id", None)
