"""What the simplest honest forecast would have said: the middle of the same clock time on former same weekdays.

It is made beside each forecast that the champion issued, from rows known when that was issued.
"""

from datetime import datetime, timedelta

import polars as pl

from city.frames import TrafficCounts
from serving.desk import Desk

WEEKS = 8
WEEK = timedelta(days=7)
LEAST_ERRORS = 48
LEVELS = {"simple_p10": 0.1, "simple_p90": 0.9}
KEY = ("series", "issued_at", "valid_at")
COLUMN = {"flow_veh_h": "flow_veh_h", "speed_kmh": "speed_kmh"}


def with_simple(desk: Desk, quantity: str, rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """The rows with simple_p10, simple_p50, simple_p90; as they are for what has no clock time of its own.

    The quantiles lie around the middle as far as the same forecast strayed in the weeks before the first of the rows.
    """
    column = COLUMN.get(quantity)
    if column is None or rows.is_empty():
        return rows
    oldest: datetime = rows.select(pl.col("issued_at").min()).item()
    seen = desk.history.read(TrafficCounts, as_of=now, since=oldest - (WEEKS + 1) * WEEK, until=now).select(
        series="detector_id", at="start_at", value=column, known_at="known_at"
    )
    seen = seen.drop_nulls("value")
    zone = desk.zone().key
    middle = _middle(rows.select(KEY), seen, zone)
    errors = _errors(seen, oldest, zone)
    told = rows.join(middle, on=KEY, how="left").join(errors, on="series", how="left")
    return told.with_columns(
        (pl.col("simple_p50") + pl.col(f"off_{name}").fill_null(pl.lit(_all(errors, name)))).alias(name)
        for name in LEVELS
    )


def _middle(asked: pl.DataFrame, seen: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Weeks are those of the city's clock: also over a change of the hour it is the same time of day."""
    local = asked.with_columns(local=pl.col("valid_at").dt.convert_time_zone(zone))
    former = [
        local.with_columns(at=pl.col("local").dt.offset_by(f"-{week}w").dt.convert_time_zone("UTC"))
        .join(seen, on=("series", "at"))
        .filter(pl.col("known_at") <= pl.col("issued_at"))
        .select(*KEY, "value")
        for week in range(1, WEEKS + 1)
    ]
    return pl.concat(former).group_by(KEY).agg(simple_p50=pl.col("value").median())


def _errors(seen: pl.DataFrame, oldest: datetime, zone: str) -> pl.DataFrame:
    """How far the truth lay from the middle, per series, in the two weeks before `oldest`."""
    before = seen.filter((pl.col("at") >= oldest - 2 * WEEK) & (pl.col("at") < oldest) & (pl.col("known_at") <= oldest))
    asked = before.select("series", "value", issued_at=pl.col("at"), valid_at=pl.col("at"))
    strayed = asked.join(_middle(asked.select(KEY), seen, zone), on=KEY).with_columns(
        off=pl.col("value") - pl.col("simple_p50")
    )
    own = strayed.group_by("series").agg(
        pl.len().alias("errors"),
        *(pl.col("off").quantile(at).alias(f"off_{name}") for name, at in LEVELS.items()),
    )
    return own.filter(pl.col("errors") >= LEAST_ERRORS).drop("errors")


def _all(errors: pl.DataFrame, name: str) -> float | None:
    found: float | None = errors.select(pl.col(f"off_{name}").median()).item() if errors.height else None
    return found
