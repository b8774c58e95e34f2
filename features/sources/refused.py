"""Refused rows as the quarantine keeps them: each with its reason, its rule and the record as it came."""

import json
from datetime import datetime

import polars as pl

from city.frames import ComplaintEvents, Quarantine
from features.sources.csv_files import BROKEN, WHY
from features.sources.feeds import Feed
from features.sources.marked_rows import PART
from features.sources.privacy import hashed, masked
from features.sources.read import LINE, Raw
from features.sources.rows import RULES
from features.sources.screen import REASON
from features.sources.wide import CELL, wide_columns

BROKEN_ROW = "row|fields"
_SHOWN_LETTERS = 2_000  # of a row that could not be taken apart


def refused_rows(feed: Feed, raw: Raw, bad: pl.DataFrame, imported_at: datetime, salt: bytes) -> pl.DataFrame:
    """Rows for the quarantine table, by line; RULES beside them. `bad` has LINE, REASON, RULES, PART; CELL if wide."""
    came = _documents(raw) if raw.documents else _records(feed, raw, bad, salt)
    joined = bad.select(LINE, REASON, RULES, PART, *_cell(bad)).join(
        came, on=[LINE, *_cell(bad)], how="left", maintain_order="left", nulls_equal=True
    )
    columns = (LINE, REASON, RULES, PART, "row", *_cell(bad))
    ordered = pl.concat([joined.select(columns), _broken(feed, raw)], how="diagonal")
    reason = ordered[REASON]
    if _names_people(feed):
        reason = masked(reason)
    # Shortened only after it was masked: half a telephone number is not recognised as one.
    reason = reason.str.head(_SHOWN_LETTERS)
    return ordered.with_columns(
        reason,
        pl.lit(feed.contract.__name__).alias("contract"),
        pl.lit(feed.name).alias("feed"),
        pl.col(PART).alias("part"),
        pl.lit(raw.source).alias("source"),
        pl.col(LINE).alias("line"),
        pl.col(RULES).str.split("; ").list.first().alias("rule"),
        pl.lit(imported_at).dt.cast_time_unit("us").alias("imported_at"),
    ).sort(LINE, *_cell(bad), maintain_order=True).select(*Quarantine.column_names(), RULES)  # fmt: skip


def _names_people(feed: Feed) -> bool:
    return feed.contract is ComplaintEvents


def _cell(bad: pl.DataFrame) -> list[str]:
    return [CELL] if CELL in bad.columns else []


def _documents(raw: Raw) -> pl.DataFrame:
    texts = [json.dumps(document, ensure_ascii=False) for document in raw.documents]
    return pl.DataFrame({LINE: range(1, len(texts) + 1), "row": texts}, schema={LINE: pl.Int64, "row": pl.String})


def _records(feed: Feed, raw: Raw, bad: pl.DataFrame, salt: bytes) -> pl.DataFrame:
    """Only what the mapping reads, as it came: the rest of a record may name people."""
    columns = wide_columns(feed, raw.records.columns)
    fields = [name for name in feed.source_columns() if name not in set(columns)]
    plain = raw.records.filter(pl.col(LINE).is_in(bad[LINE].unique().implode()))
    plain = plain.select(LINE, *(_unnamed(feed, plain[name].cast(pl.String), salt) for name in fields))
    shown = list(fields)
    if CELL in bad.columns:
        cells = _wide_cells(raw.records, columns, bad.select(LINE, CELL).unique())
        plain = cells.join(plain, on=LINE, how="left", suffix="_")
        shown += ["column", "value"]
    if not shown:
        return plain.with_columns(pl.lit("{}").alias("row"))
    kept = [LINE, *_cell(bad)]
    return plain.select(*kept, pl.struct(*dict.fromkeys(shown)).struct.json_encode().alias("row"))


def _wide_cells(records: pl.DataFrame, columns: tuple[str, ...], wanted: pl.DataFrame) -> pl.DataFrame:
    """LINE, CELL, and the column's name and value as it came, of each wanted cell."""
    found = [
        own.select(LINE, CELL, pl.lit(columns[int(number)]).alias("column"), value.alias("value"))
        for (number,), own in wanted.group_by(CELL)
        for value in [_values_at(records, columns[int(number)], own[LINE])]
    ]
    schema = {LINE: pl.Int64, CELL: pl.UInt32, "column": pl.String, "value": pl.String}
    return pl.concat(found) if found else pl.DataFrame(schema=schema)


def _values_at(records: pl.DataFrame, column: str, lines: pl.Series) -> pl.Series:
    pairs = lines.to_frame().join(
        records.select(LINE, pl.col(column).alias("_v")), on=LINE, how="left", maintain_order="left"
    )
    return pairs["_v"].cast(pl.String)


def _unnamed(feed: Feed, column: pl.Series, salt: bytes) -> pl.Series:
    """Nothing by which a person could be recognised reaches a file, not even in quarantine."""
    if not _names_people(feed):
        return column
    specs = [*feed.columns, *(pair for part in feed.parts for pair in part.columns)]
    read_as = {name for name, spec in specs if column.name in spec.sources}
    if "reporter" in read_as:
        return hashed(column, salt)
    # Of a row that slipped by a column the text stands anywhere; the key alone must come back as it was.
    return column if "complaint_id" in read_as else masked(column)


def _broken(feed: Feed, raw: Raw) -> pl.DataFrame:
    text = pl.col(BROKEN).str.head(_SHOWN_LETTERS)
    shown = pl.lit(None, dtype=pl.String) if _names_people(feed) else text
    return raw.broken.select(
        LINE,
        pl.col(WHY).alias(REASON),
        pl.lit(BROKEN_ROW).alias(RULES),
        pl.struct(shown.alias("line")).struct.json_encode().alias("row"),
    )
