"""What is watched: which column of which table tells of which kind of sensor, and its series of the last weeks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from city.frames import (
    BinReadings,
    ComplaintCounts,
    ComplaintEvents,
    HistoryRow,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)
from serving.desk import Desk

WEEK = timedelta(days=7)
SERIES = ("sensor", "at", "value", "source")
_SAMPLE = 200  # series that say how often a feed comes
RATES = (4.0, 0.25, 12.0, 1 / 12, 3.0, 1 / 3, 60.0, 1 / 60, 100.0, 0.01, 1000.0, 0.001)
SPEEDS = (1.609, 1 / 1.609, 3.6, 1 / 3.6)
SHARES = (100.0, 0.01)
WEIGHTS = (1000.0, 0.001, 2.2046, 1 / 2.2046)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A column of a table whose series are watched; `sensor` is the expression that tells its series apart."""

    column: str
    noun: str
    sensor: pl.Expr
    factors: tuple[float, ...] = ()
    zero_is_normal: bool = False
    events: bool = False
    only: pl.Expr | None = None


_POINT = pl.concat_str("point_id", pl.lit(" "), "stream")
_DETECTOR, _DISTRICT = pl.col("detector_id"), pl.col("district_id")
QUANTITIES: dict[type[HistoryRow], tuple[str, tuple[Quantity, ...]]] = {
    TrafficCounts: (
        "start_at",
        (
            Quantity(column="flow_veh_h", noun="detector", sensor=_DETECTOR, factors=RATES),
            Quantity(column="speed_kmh", noun="detector", sensor=_DETECTOR, factors=SPEEDS),
            Quantity(column="occupancy", noun="detector", sensor=_DETECTOR, factors=SHARES),
        ),
    ),
    BinReadings: (
        "read_at",
        (
            Quantity(
                column="fill_level", noun="bin sensor", sensor=_POINT, factors=SHARES, only=pl.col("method") == "sensor"
            ),
            Quantity(
                column="fill_level",
                noun="collection point",
                sensor=_POINT,
                events=True,
                only=pl.col("method") == "visit",
            ),
        ),
    ),
    Weighings: ("weighed_at", (Quantity(column="net_kg", noun="site", sensor=pl.col("site_id"), factors=WEIGHTS),)),
    WeatherObserved: (
        "at",
        (
            Quantity(column="temperature_c", noun="weather station", sensor=_DISTRICT),
            Quantity(column="rain_mm", noun="weather station", sensor=_DISTRICT, zero_is_normal=True, events=True),
        ),
    ),
    WeatherForecasts: (
        "issued_at",
        (Quantity(column="temperature_c", noun="forecast", sensor=_DISTRICT, events=True),),
    ),
    ComplaintEvents: ("at", (Quantity(column="opened", noun="district", sensor=_DISTRICT, events=True),)),
    ComplaintCounts: (
        "day",
        (Quantity(column="reports", noun="district", sensor=pl.col("district_key"), events=True),),
    ),
}


def observed_step_s(rows: pl.DataFrame, *, events: bool) -> int:
    """The median time between the values of a series; of events, between those of the whole feed."""
    if events:
        steps = rows["at"].unique().sort().diff()
    else:
        few = rows.filter(pl.col("sensor").is_in(rows["sensor"].unique().head(_SAMPLE).implode()))
        steps = few.sort("sensor", "at").select(pl.col("at").diff().over("sensor")).to_series()
    seconds = steps.drop_nulls().dt.total_seconds().median()
    return max(1, int(seconds)) if isinstance(seconds, (int, float)) else 86_400


def series(
    desk: Desk, contract: type[HistoryRow], since: datetime, now: datetime
) -> Iterator[tuple[Quantity, pl.DataFrame]]:
    """Each quantity of a table with SERIES as its columns.

    The table is read once and a week at a time: five weeks of 5,000 detectors are 17 million rows.
    """
    time, quantities = QUANTITIES[contract]
    parts: list[list[pl.DataFrame]] = [[] for _ in quantities]
    start = since
    while start < now:
        week = _of_week(desk, contract, (start, min(now, start + WEEK)), now)
        for place, quantity in enumerate(quantities):
            parts[place].append(_series(week, quantity, _moment(desk, time)))
        start += WEEK
    for place, quantity in enumerate(quantities):
        own, parts[place] = parts[place], []
        yield quantity, pl.concat(own)


def _of_week(desk: Desk, contract: Any, week: tuple[datetime, datetime], now: datetime) -> pl.DataFrame:  # noqa: ANN401  -- any table
    found: pl.DataFrame = desk.history.read(contract, as_of=now, since=week[0], until=week[1])
    if contract is ComplaintEvents:
        return found.filter(pl.col("event") == "opened").with_columns(opened=pl.lit(1.0))
    return found


def _moment(desk: Desk, time: str) -> pl.Expr:
    if time != "day":
        return pl.col(time).dt.cast_time_unit("us")
    return pl.col(time).cast(pl.Datetime("us")).dt.replace_time_zone(desk.zone().key).dt.convert_time_zone("UTC")


def _series(rows: pl.DataFrame, quantity: Quantity, at: pl.Expr) -> pl.DataFrame:
    own = rows if quantity.only is None else rows.filter(quantity.only)
    own = own.filter(pl.col(quantity.column).is_not_null())
    return own.select(
        sensor=quantity.sensor.cast(pl.String).cast(pl.Categorical),
        at=at,
        value=pl.col(quantity.column).cast(pl.Float32),
        source=pl.col("source").cast(pl.Categorical),
    )
