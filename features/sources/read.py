"""Files, sheets and database tables as frames of what they hold, nothing interpreted yet, in batches.

CSV and Excel come as texts; Parquet and databases in their own types. `LINE` numbers the records of a source from 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from city.errors import UnreadableInputError
from features.sources import (
    csv_files,
    databases,
    json_records,
    open311,
    parquet_files,
    sensor_things,
    workbooks,
    wzdx,
)
from features.sources.archives import is_archive, members
from features.sources.csv_files import BROKEN, WHY
from features.sources.feeds import Feed, Format
from features.sources.missing_columns import lacking
from features.sources.toml_table import close_to

LINE = "__line"
BATCH_BYTES = 256 * 1024 * 1024  # texts may be long: a batch is closed when it is as large as this
_UNKNOWN_WIDTH = 1_000  # columns to reckon with where a mapping reads all of them
_MAY_BE_EMPTY = (Format.DATABASE, Format.OPEN311, Format.SENSORTHINGS, Format.WZDX)
_FILES = {
    Format.PARQUET: parquet_files.records,
    Format.JSON: json_records.records,
    Format.OPEN311: open311.records,
    Format.SENSORTHINGS: sensor_things.records,
    Format.WZDX: wzdx.records,
}


def _no_broken() -> pl.DataFrame:
    return pl.DataFrame(schema={LINE: pl.Int64, BROKEN: pl.String, WHY: pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """One batch of a source: a frame of records, or the objects of a JSON document.

    `broken` are the rows that could not be taken apart; `watermark` is as of the end of this batch.
    """

    source: str
    records: pl.DataFrame
    documents: tuple[Any, ...] = ()
    watermark: str | None = None
    broken: pl.DataFrame = field(default_factory=_no_broken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A file, one sheet of a workbook or file of an archive, or a database (no path)."""

    source: str
    path: Path | None = None
    sheet: str | None = None


def origins_of(feed: Feed, data_dir: Path) -> tuple[Origin, ...]:
    """What a feed reads, in the order of the files' names; a workbook's sheets in its own order."""
    if feed.reading.format is Format.DATABASE:
        return (Origin(source=databases.source_of(feed)),)
    found = sorted(path for path in data_dir.glob(feed.path or "") if path.is_file())
    if not found:
        some = sorted(path.name for path in data_dir.iterdir())
        raise UnreadableInputError(
            source=feed.subject,
            problem=f"no file matches {feed.path!r} in {data_dir.name}/; {close_to(feed.path or '', some)}",
        )
    return tuple(Origin(source=path.relative_to(data_dir).as_posix(), path=path) for path in found)


def sheets_of(feed: Feed, origin: Origin) -> tuple[Origin, ...]:
    """The origin itself, or one for each sheet of a workbook or file of an archive.

    Raises UnreadableInputError for an empty file.
    """
    if origin.path is None:
        return (origin,)
    where = f"{feed.subject}, {origin.source}"
    if origin.path.stat().st_size == 0:
        raise UnreadableInputError(source=where, problem="the file is empty")
    if feed.reading.format is Format.EXCEL:
        names = workbooks.sheets(feed, origin.path, where)
    elif feed.reading.format is Format.CSV and is_archive(origin.path):
        names = members(origin.path, feed.reading.sheet, where)
    else:
        return (origin,)
    return tuple(Origin(source=f"{origin.source}#{name}", path=origin.path, sheet=name) for name in names)


def batches(
    feed: Feed, origin: Origin, data_dir: Path, *, values: int | None, since: str | None = None
) -> Iterator[Raw]:
    """The origin's records, about `values` of them at a time (None: all at once), after wide rows are taken apart.

    Raises UnreadableInputError if it cannot be read, lacks a column, or holds nothing.
    """
    where = f"{feed.subject}, {origin.source}"
    if feed.reading.format is Format.JSON and feed.entity is not None and origin.path is not None:
        found = json_records.objects(feed, origin.path, where)
        yield Raw(source=origin.source, records=pl.DataFrame(), documents=found)
        return
    width = _width(feed)
    rows = max(1, values // width) if values is not None else 2**31
    line, watermark = 1, since
    for frame in _regrouped(_frames(feed, origin, data_dir, rows, since), rows):
        numbered = frame.with_row_index(LINE, offset=line).with_columns(pl.col(LINE).cast(pl.Int64))
        line += frame.height
        watermark = databases.later(feed, watermark, frame)
        yield _split(origin.source, _complete(feed, numbered, where), watermark)
    if line == 1 and feed.reading.format not in _MAY_BE_EMPTY:
        raise UnreadableInputError(source=where, problem="it holds column names but no rows")


def _width(feed: Feed) -> int:
    if feed.slots is not None:
        return len(feed.slots.columns)
    return 1 if feed.sensors is None else len(feed.sensors.columns) or _UNKNOWN_WIDTH


def _frames(feed: Feed, origin: Origin, data_dir: Path, rows: int, since: str | None) -> Iterator[pl.DataFrame]:
    where = f"{feed.subject}, {origin.source}"
    if origin.path is None:
        yield from databases.records(feed, data_dir, where, rows=rows, since=since)
    elif feed.reading.format is Format.EXCEL:
        yield from workbooks.records(feed, origin.path, where, rows=rows, sheet=origin.sheet)
    elif feed.reading.format is Format.CSV:
        yield from csv_files.records(feed, origin.path, where, rows=rows, member=origin.sheet)
    else:
        yield from _FILES[feed.reading.format](feed, origin.path, where, rows=rows)


def _regrouped(frames: Iterator[pl.DataFrame], rows: int) -> Iterator[pl.DataFrame]:
    """Frames of `rows` rows each but for the last, whatever pieces the format came in."""
    held: list[pl.DataFrame] = []
    height = size = 0
    given = False
    for frame in frames:
        if height and frame.height and _plain(held[0]).schema != _plain(frame).schema:
            yield from _joined(held).iter_slices(rows)
            given, held, height, size = True, [], 0, 0
        if not held or frame.height:
            held.append(frame)
            height, size = height + frame.height, size + int(frame.estimated_size())
        if height >= rows or size >= BATCH_BYTES:
            together = _joined(held)
            whole = height if size >= BATCH_BYTES else height - height % rows
            yield from together.head(whole).iter_slices(rows)
            given, held = True, [together.slice(whole)]
            height, size = held[0].height, int(held[0].estimated_size())
    if height:
        yield from _joined(held).iter_slices(rows)
    elif held and not given:
        yield held[0]  # its columns are looked at even so


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop(BROKEN, WHY, strict=False)


def _joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    filled = [frame for frame in frames if frame.height] or frames[:1]
    return filled[0] if len(filled) == 1 else pl.concat(filled, how="diagonal")


def _complete(feed: Feed, frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """The same records, once every column that the mapping names is there; optional ones may be empty."""
    absent = [name for name in feed.reading.optional if name not in frame.columns]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    missing = [column for column in feed.source_columns() if column not in frame.columns]
    if missing:
        raise lacking(feed.reading, missing, [name for name in frame.columns if name not in (LINE, BROKEN, WHY)], where)
    nested = [column for column in feed.source_columns() if frame.schema[column].is_nested()]
    if nested:
        raise UnreadableInputError(source=where, problem=f"column {nested[0]!r} holds lists or structures, not values")
    return frame


def _split(source: str, frame: pl.DataFrame, watermark: str | None) -> Raw:
    if BROKEN not in frame.columns:
        return Raw(source=source, records=frame, watermark=watermark)
    is_broken = pl.col(BROKEN).is_not_null()
    return Raw(
        source=source,
        records=frame.filter(~is_broken).drop(BROKEN, WHY),
        broken=frame.filter(is_broken).select(LINE, BROKEN, WHY),
        watermark=watermark,
    )
