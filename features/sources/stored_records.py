"""Quarantined rows turned back into the records that they were, so that a mapping can read them once more."""

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import polars as pl

from city.quarantine import ID
from features.sources.feeds import Feed, Format, Mapping
from features.sources.marked_rows import PART
from features.sources.parts import part_names
from features.sources.read import LINE, Raw
from features.sources.refused import BROKEN_ROW
from features.sources.wide import CELL, wide_columns

WHY = "still_refused"
RULE_NOW = "rule_now"
_NATIVE_MOMENT = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$"
NO_FEED = "no feed of this mapping reads this source into this table"
NOT_TAKEN_APART = "the row could not be taken apart; it comes in by a repaired file"
NO_RECORD = "what was kept is no record any more; it comes in by a repaired file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """What one source's cases are read from: `places` says which LINE and CELL of `raw` each case is.

    PART beside them says which record of a row of several, null any of them.
    `lacking` are the cases that cannot be read, with RULE_NOW and WHY.
    """

    feed: Feed
    raw: Raw
    places: pl.DataFrame
    lacking: pl.DataFrame


def feed_of(mapping: Mapping, name: str | None, contract: str, source: str) -> Feed | None:
    """By its name; else (renamed, or never stored) the only one that reads such a source into this table."""
    able = [feed for feed in mapping.feeds if feed.contract.__name__ == contract]
    for feed in able:
        if feed.name == name:
            return feed
    near = [feed for feed in able if _reads(feed, source)]
    return near[0] if len(near) == 1 else None


def _reads(feed: Feed, source: str) -> bool:
    if feed.reading.format is Format.DATABASE:
        return source.endswith(f"#{feed.reading.table or 'query'}")
    return feed.path is not None and PurePath(source.partition("#")[0]).match(feed.path)


def again(feed: Feed, source: str, cases: pl.DataFrame) -> Again:
    """The records of cases (quarantined rows with ID) of one source."""
    objects = [object_of(row) for row in cases["row"]]
    if _comes_as_documents(feed):
        return _documents(feed, source, cases, objects)
    parts = _parts(feed, cases)
    records = _records(feed, cases["line"].to_list(), objects)
    native = _with_native_times(feed, records.drop(WHY))
    whole = records[WHY].is_null()
    cells = _cells(feed, records.columns, cases, objects)
    places = cases.select(ID).with_columns(records[LINE], cells, parts)
    lacking = cases.select(ID, "rule").with_columns(
        pl.when(pl.col("rule") == BROKEN_ROW).then(pl.lit(NOT_TAKEN_APART)).otherwise(records[WHY]).alias(WHY)
    )
    return Again(
        feed=feed,
        raw=Raw(source=source, records=native.filter(whole)),
        places=places.filter(whole),
        lacking=lacking.filter(~whole).select(ID, pl.lit("not kept").alias(RULE_NOW), WHY),
    )


def object_of(row: str) -> dict[str, Any]:
    """A quarantined record by its JSON; nothing if that is no object."""
    try:
        found = json.loads(row)
    except json.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _comes_as_documents(feed: Feed) -> bool:
    return feed.entity is not None and feed.reading.format is Format.JSON


def _documents(feed: Feed, source: str, cases: pl.DataFrame, objects: list[dict[str, Any]]) -> Again:
    lines = pl.Series(LINE, range(1, cases.height + 1), dtype=pl.Int64)
    no_cell = pl.lit(None, dtype=pl.UInt32).alias(CELL)
    return Again(
        feed=feed,
        raw=Raw(source=source, records=pl.DataFrame(), documents=tuple(objects)),
        places=cases.select(ID).with_columns(lines, no_cell, pl.lit(None, dtype=pl.String).alias(PART)),
        lacking=pl.DataFrame(schema={ID: pl.String, RULE_NOW: pl.String, WHY: pl.String}),
    )


def _parts(feed: Feed, cases: pl.DataFrame) -> pl.Series:
    """The part of each case; null if the mapping has no such part any more, or the case is older than their names."""
    named = [name for name in part_names(feed) if name is not None]
    part = pl.col("part") if "part" in cases.columns else pl.lit(None, dtype=pl.String)
    return cases.select(pl.when(part.is_in(named)).then(part).alias(PART)).to_series()


def _records(feed: Feed, lines: list[int], objects: list[dict[str, Any]]) -> pl.DataFrame:
    """A record per case, of texts. A cell of a wide file is a record with that cell alone.

    Cases are numbered anew, because a file of the same name may have held another record in the same line since;
    only where the time follows from the line it stays.
    """
    wide = feed.slots is not None or feed.sensors is not None
    named = [_spread(one) if wide else one for one in objects]
    sensors = [name for one in named for name in one] if feed.sensors is not None else []
    columns = list(dict.fromkeys([*feed.source_columns(), *sensors]))
    texts = [[_text(one.get(name)) for one in named] for name in columns]
    frame = pl.DataFrame(dict(zip(columns, texts, strict=True)), schema=dict.fromkeys(columns, pl.String))
    needed = set(feed.source_columns()) - set(feed.reading.optional)
    needed -= set(wide_columns(feed, columns))
    why = [_why(one, needed) for one in named]
    numbers = lines if feed.first is not None else list(range(1, len(objects) + 1))
    return frame.with_columns(pl.Series(LINE, numbers, dtype=pl.Int64), pl.Series(WHY, why, dtype=pl.String))


def _spread(one: dict[str, Any]) -> dict[str, Any]:
    """The cell under the name of its column."""
    rest = {name: value for name, value in one.items() if name not in ("column", "value")}
    return {**rest, str(one["column"]): one.get("value")} if "column" in one else rest


def _why(one: dict[str, Any], needed: set[str]) -> str | None:
    if not one:
        return NO_RECORD
    lacking = sorted(needed - set(one))
    if not lacking:
        return None
    return f"the mapping reads {', '.join(lacking)} now, which was not kept; import the file again"


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _cells(feed: Feed, columns: list[str], cases: pl.DataFrame, objects: list[dict[str, Any]]) -> pl.Series:
    wide = {
        name: number for number, name in enumerate(wide_columns(feed, [c for c in columns if c not in (LINE, WHY)]))
    }
    found = [wide.get(str(one.get("column"))) if wide else None for one in objects]
    return pl.Series(CELL, found if cases.height else [], dtype=pl.UInt32)


def _with_native_times(feed: Feed, records: pl.DataFrame) -> pl.DataFrame:
    """Databases and Parquet files hand over true times, which were kept as texts: formats do not hold for them."""
    if feed.reading.format not in (Format.DATABASE, Format.PARQUET):
        return records
    native = [
        pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
        for name, dtype in records.schema.items()
        if dtype == pl.String and _are_native_moments(records[name])
    ]
    return records.with_columns(native)


def _are_native_moments(column: pl.Series) -> bool:
    held = column.drop_nulls()
    return len(held) > 0 and bool(held.str.contains(_NATIVE_MOMENT).all())
