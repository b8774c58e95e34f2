"""Records that are none by the department's own word: counted under their reason, not quarantined."""

import polars as pl

from features.sources.feeds import Column, Feed, LeaveOut, Part
from features.sources.marked_rows import Rows
from features.sources.values import texts
from features.sources.wide import wide_columns
from features.sources.word_map import listed
from features.sources.workbooks import NOTHING_MAPPED, blank_rows


def without_left_out(records: pl.DataFrame, feed: Feed, part: Part, rows: Rows) -> pl.DataFrame:
    per_record = len(wide_columns(feed, records.columns)) or 1
    rows.read += records.height * per_record
    rules = [*feed.leave_out, *part.leave_out]
    blank = blank_rows(feed, records)
    if blank is not None:
        rows.left_out[NOTHING_MAPPED] += int(blank.sum()) * per_record
        records = records.filter(~blank)
    kept = records
    for rule in rules:
        kept = _leave_out(feed, kept, rule, rows, per_record)
    if part.when_present is not None:
        absent = texts(kept[part.when_present], Column(), feed.reading).is_null()
        rows.left_out[f"{part.when_present} is empty"] += int(absent.sum()) * per_record
        kept = kept.filter(~absent)
    return kept


def _leave_out(feed: Feed, kept: pl.DataFrame, rule: LeaveOut, rows: Rows, per_record: int) -> pl.DataFrame:
    column = kept[rule.column]
    named = _named(column.cast(pl.String).str.strip_chars(), rule)
    if column.dtype.is_float():
        named |= _named(texts(column, Column(), feed.reading), rule)
    rows.left_out[rule.reason] += int(named.sum()) * per_record
    return kept.filter(~named)


def _named(found: pl.Series, rule: LeaveOut) -> pl.Series:
    """Rows whose text is listed or fits a pattern. A lone * or ? is itself: it would leave out everything."""
    words = tuple((word, word) for word in rule.equals if word.strip("*?"))
    return found.is_in([*listed(found, words), *rule.equals]).fill_null(value=False)
