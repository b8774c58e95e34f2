"""Wall clock to UTC, and when a row was known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from city.frames import (
    CalendarDays,
    ComplaintCounts,
    HistoryRow,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
)
from city.store import MASTER_DATA, TIME_COLUMN
from features.sources.feeds import AmbiguousHour, Feed

HOUR_S = 3600
MAY_LIE_AHEAD: tuple[type[HistoryRow], ...] = (*MASTER_DATA, WeatherForecasts, CalendarDays)


def to_utc(naive: pl.Series, zone: ZoneInfo, pick: AmbiguousHour, key: pl.DataFrame) -> pl.Series:
    """UTC of wall-clock times; null where the clock never showed that time.

    `key` tells rows apart: by order, the first row of a key in the hour that occurs twice lies in its first pass.
    """
    first = _localised(naive, zone, "earliest")
    if pick is AmbiguousHour.FIRST:
        return first
    second = _localised(naive, zone, "latest")
    if pick is AmbiguousHour.SECOND:
        return second
    twice = (first != second).fill_null(value=False)
    if not twice.any():
        return first
    places = twice.arg_true()
    rows = key[places].with_columns(naive.gather(places).alias("_wall"))
    again = rows.select(pl.int_range(pl.len()).over([*key.columns, "_wall"]) > 0).to_series()
    later = places.filter(again)
    return first.scatter(later, second.gather(later))


def _localised(naive: pl.Series, zone: ZoneInfo, ambiguous: str) -> pl.Series:
    there = naive.to_frame("t").select(
        pl.col("t")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone(zone.key, ambiguous=ambiguous, non_existent="null")  # type: ignore[arg-type]
        .dt.convert_time_zone("UTC")
    )
    return there.to_series()


def step_of(feed: Feed) -> pl.Expr | None:
    """Length of the interval that a time names, s; None for moments."""
    if feed.contract is TrafficCounts:
        return pl.col("step_s")
    return pl.lit(HOUR_S) if feed.contract is WeatherObserved else None


def end_of(feed: Feed) -> pl.Expr:
    """When what a row speaks of was over: the end of its interval, or of its day."""
    contract = feed.contract
    if contract is WeatherForecasts:
        return pl.col("issued_at")
    time = pl.col(TIME_COLUMN[contract])
    if contract is ComplaintCounts:
        wall = (time + timedelta(days=1)).cast(pl.Datetime("us"))
        # Where a clock change takes the midnight itself, the day ends an hour later.
        zoned = wall.dt.replace_time_zone(feed.zone.key, ambiguous="earliest", non_existent="null")
        late = (wall + timedelta(hours=1)).dt.replace_time_zone(
            feed.zone.key, ambiguous="earliest", non_existent="null"
        )
        return pl.coalesce(zoned, late).dt.convert_time_zone("UTC")
    step = step_of(feed)
    return time if step is None else time + pl.duration(seconds=step)


def known_at(feed: Feed, now: datetime) -> pl.Expr:
    """Publication time if mapped, else end of interval plus delay; of live feeds not before the import."""
    moment = pl.lit(now.astimezone(UTC)).dt.cast_time_unit("us")
    if feed.published:
        known = pl.col("known_at")
    elif feed.contract in MASTER_DATA:
        since = feed.known_since
        known = moment if since is None else pl.lit(since.replace(tzinfo=since.tzinfo or feed.zone).astimezone(UTC))
    else:
        known = end_of(feed) + timedelta(seconds=feed.delay_s or 0)
    known = pl.max_horizontal(known, moment) if feed.live else known
    return known.dt.cast_time_unit("us").alias("known_at")
