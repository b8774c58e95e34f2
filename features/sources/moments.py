"""Wall clock to UTC, and when a row was known."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from city.catalogue import MASTER_DATA, TIME_COLUMN
from city.frames import (
    CalendarDays,
    ComplaintCounts,
    HistoryRow,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
)
from features.sources.feeds import AmbiguousHour, Feed

HOUR_S = 3600
_QUARTER_US = 900_000_000
_QUARTERS_SINCE = 1975  # before, some clocks stood at odd minutes
MAY_LIE_AHEAD: tuple[type[HistoryRow], ...] = (*MASTER_DATA, WeatherForecasts, CalendarDays)


class Passes:
    """How often each key's times in the hour that comes twice were met, over all batches of a source."""

    def __init__(self) -> None:
        self._met: dict[tuple[object, ...], int] = {}

    def are_second(self, rows: pl.DataFrame) -> pl.Series:
        """For each row (key and wall clock), whether one like it came before, in this batch or an earlier one."""
        before = rows.select(pl.int_range(pl.len()).over(rows.columns)).to_series()
        earlier = pl.Series([self._met.get(row, 0) for row in rows.iter_rows()], dtype=pl.Int64)
        for *row, number in rows.group_by(rows.columns, maintain_order=True).len().iter_rows():
            self._met[tuple(row)] = self._met.get(tuple(row), 0) + number
        return before + earlier > 0


def to_utc(naive: pl.Series, zone: ZoneInfo, pick: AmbiguousHour, key: pl.DataFrame, passes: Passes) -> pl.Series:
    """UTC of wall-clock times; null where the clock never showed that time.

    `key` tells rows apart: by order, the first row of a key in the hour that occurs twice lies in its first pass.
    """
    if pick is AmbiguousHour.SECOND:
        return _localised(naive, zone, "latest")
    first = _localised(naive, zone, "earliest")
    if pick is AmbiguousHour.FIRST:
        return first
    second = _localised(naive, zone, "latest")
    twice = (first != second).fill_null(value=False)
    if not twice.any():
        return first
    places = twice.arg_true()
    later = places.filter(passes.are_second(key[places].with_columns(naive.gather(places).alias("_wall"))))
    return first.scatter(later, second.gather(later))


def _localised(naive: pl.Series, zone: ZoneInfo, ambiguous: str) -> pl.Series:
    """Clocks change at whole quarters of an hour: the quarters are looked up, the rest is added."""
    wall = naive.cast(pl.Datetime("us"))
    least, most = wall.min(), wall.max()
    if not isinstance(least, datetime) or not isinstance(most, datetime) or least.year < _QUARTERS_SINCE:
        return _looked_up(wall, zone, ambiguous)
    start = least - timedelta(minutes=least.minute % 15, seconds=least.second, microseconds=least.microsecond)
    number = (most - start) // timedelta(microseconds=_QUARTER_US) + 1
    if number > len(wall) // 2:
        return _looked_up(wall, zone, ambiguous)
    quarters = pl.datetime_range(start, most, "15m", time_unit="us", eager=True)
    table = _looked_up(quarters, zone, ambiguous).to_physical()
    since = wall.to_physical() - _ticks(start)
    ticks = table.gather(since // _QUARTER_US) + since % _QUARTER_US
    return ticks.cast(pl.Datetime("us", "UTC"))


def _ticks(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001  -- a wall clock


def _looked_up(naive: pl.Series, zone: ZoneInfo, ambiguous: str) -> pl.Series:
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
