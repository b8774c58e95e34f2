"""Complaints per local day as they became known, from what a city hands over: counts, single complaints, or both."""

from datetime import datetime, timedelta

import polars as pl

from city.clock import require_aware
from city.errors import MissingInputError
from city.frames import CalendarDays, ComplaintCounts, ComplaintEvents
from city.store import History
from features.complaint_days import ComplaintDays
from features.gather import city_of

USUAL_DELAY = 0.99
"""The share of single complaints that a day is waited for; what is later makes its day known later."""
DAY = timedelta(days=1)


def gather_complaints(history: History, *, as_of: datetime, days: int) -> ComplaintDays:
    """Everything that a forecast of complaints may look at. Raises MissingInputError where there is nothing."""
    moment = require_aware(as_of)
    since = moment - timedelta(days=days)
    time_zone = city_of(history).time_zone
    counts = history.read(ComplaintCounts, as_of=moment, since=since)
    events = history.read(ComplaintEvents, as_of=moment, since=since)
    rows = joined(counts, counted(events, time_zone=time_zone, until=moment))
    if rows.is_empty():
        raise MissingInputError(
            step="Complaints",
            missing=(f"complaints of whole days in the {days} days before {moment.isoformat()}",),
            todo="Import single complaints or counts per day first.",
        )
    return ComplaintDays.of(rows, time_zone=time_zone, calendar=history.read(CalendarDays, as_of=moment))


def joined(counts: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Counts as handed over; single complaints speak where no department counted that category of that district."""
    handed = counts.select(events.columns)
    return pl.concat([handed, events.join(handed, on=["district_key", "category"], how="anti")])


def counted(events: pl.DataFrame, *, time_zone: str, until: datetime) -> pl.DataFrame:
    """Rows like ComplaintCounts from single complaints, with zeros for days without any.

    A day's count is known when the usual delay after its end has passed and its last complaint is known. The first day
    is left out (the feed may have begun at noon), and so is every day that is not over and waited for at `until`.
    """
    opened = events.filter(pl.col("event") == "opened").with_columns(
        pl.col("at").dt.convert_time_zone(time_zone).dt.date().alias("day"),
        pl.col("district_id").alias("district_key"),
    )
    if opened.is_empty():
        return _as_counts(opened.with_columns(reports=pl.lit(0, pl.Int64)))
    delay = opened.select((pl.col("known_at") - pl.col("at")).quantile(USUAL_DELAY, "higher")).item()
    last = opened["day"].max()
    began = opened.group_by("category").agg(pl.col("day").min().alias("began"))
    days = opened.select(pl.date_range(pl.col("day").min() + DAY, pl.lit(last), "1d").alias("day"))
    series = opened.select("district_key", "category", "district_id").unique()
    reported = opened.group_by("day", "district_key", "category").agg(
        pl.len().cast(pl.Int64).alias("reports"), pl.col("known_at").max().alias("heard_at")
    )
    whole = (
        series.join(began, on="category")
        .join(days, how="cross")
        .filter(pl.col("day") > pl.col("began"))
        .join(reported, on=["day", "district_key", "category"], how="left")
        .with_columns(
            pl.col("reports").fill_null(0),
            pl.max_horizontal(_end(pl.col("day"), time_zone) + delay, "heard_at").alias("known_at"),
        )
    )
    return _as_counts(whole.filter(pl.col("known_at") <= until))


def _end(day: pl.Expr, time_zone: str) -> pl.Expr:
    midnight = (
        (day + DAY).cast(pl.Datetime("us")).dt.replace_time_zone(time_zone, ambiguous="earliest", non_existent="null")
    )
    # Where the clock jumps over midnight the day ends with the hour after it.
    later = (day + DAY).cast(pl.Datetime("us")).dt.offset_by("1h").dt.replace_time_zone(time_zone, ambiguous="earliest")
    return pl.coalesce(midnight, later).dt.convert_time_zone("UTC")


def _as_counts(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select("day", "district_key", "category", "reports", "known_at", "district_id").sort(
        "district_key", "category", "day"
    )
