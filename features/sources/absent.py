"""Days without a row in a file of daily counts, where the department says that they mean zero."""

from datetime import datetime

import polars as pl

from city.frames import ComplaintCounts
from features.sources.feeds import AbsentDays, Feed
from features.sources.moments import known_at
from features.sources.read import LINE
from features.sources.rows import FAULT, MARKS, Rows


def with_absent_days(feed: Feed, rows: Rows, now: datetime) -> int:
    """Add a count of 0 for each absent day between the first and the last of a key; how many were added."""
    if feed.contract is not ComplaintCounts or feed.absent_days is not AbsentDays.ZERO or rows.frame.is_empty():
        return 0
    key = ["district_key", "category"]
    counted = rows.frame.filter(pl.col(FAULT).is_null() & pl.col("day").is_not_null())
    spans = counted.group_by([*key, "district_id"], maintain_order=True).agg(
        pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )
    every = spans.with_columns(pl.date_ranges("first", "last").alias("day")).explode("day").drop("first", "last")
    absent = every.join(counted, on=[*key, "day"], how="anti").with_columns(
        pl.lit(0, dtype=pl.Int64).alias("reports"),
        pl.lit(0, dtype=pl.Int64).alias(LINE),
        *(pl.lit(None, dtype=pl.String).alias(mark) for mark in MARKS),
    )
    known = absent.with_columns(known_at(feed, now))
    rows.frame = pl.concat([rows.frame, known.select(rows.frame.columns)])
    return absent.height
