"""Work zones that the history holds open and a later full feed no longer shows: they are over."""

from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from city.frames import EVENTS, WorkZones
from city.writing import Writing
from features.sources.feeds import Feed, Format
from features.sources.moments import known_at
from features.sources.read import LINE
from features.sources.rows import MARKS, Rows
from features.sources.wzdx import shown

_KEY = "work_zone_id"


def with_ended_zones(feed: Feed, rows: Rows, path: Path | None, writing: Writing | None, now: datetime) -> int:
    """Add a closing for each zone of this feed's files that is open and not in this one; how many were added.

    A file older than what is stored of the feed says nothing of what came after it.
    """
    if feed.reading.format is not Format.WZDX or path is None or writing is None:
        return 0
    ids, updated = shown(path, feed.subject)
    stored = writing.stored(WorkZones, pl.DataFrame({"event": EVENTS}))
    sources = [source for source in stored["source"].unique() if fnmatchcase(source, feed.path or "")]
    own = stored.filter(pl.col("source").is_in(sources))
    if updated is None or own.is_empty() or own.select((pl.col("at") > updated).any()).item():
        return 0
    present = {*ids, *(rows.frame[_KEY].to_list() if _KEY in rows.frame.columns else ())}
    latest = own.sort("at", "known_at").unique(_KEY, keep="last", maintain_order=True)
    over = latest.filter((pl.col("event") != "closed") & ~pl.col(_KEY).is_in(present))
    closing = over.drop("imported_at", "source").with_columns(
        pl.lit("closed").alias("event"),
        pl.lit(updated).dt.cast_time_unit("us").alias("at"),
        pl.lit(updated).dt.cast_time_unit("us").alias("known_at"),
        pl.lit(0, dtype=pl.Int64).alias(LINE),
        *(pl.lit(None, dtype=pl.String).alias(mark) for mark in MARKS),
    )
    closing = closing.with_columns(known_at(feed, now))
    rows.frame = pl.concat([rows.frame, closing.select(rows.frame.columns)]) if rows.frame.width else closing
    return closing.height
