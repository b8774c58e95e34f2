"""Complaints with what the city made of them in the end: the records that a triage learns from and is judged by."""

from datetime import datetime

import polars as pl

LABELS = ("category", "department", "priority")


def labelled(events: pl.DataFrame) -> pl.DataFrame:
    """One row per complaint that was opened and closed, by time of opening.

    `opened_*` is what was said at first, `closed_*` at the end, `known_at` when the end was known. `events` are rows of
    ComplaintEvents as known at some moment. A department that was never named is null.
    """
    first = _told(events, "opened", "opened").sort("at").unique("complaint_id", keep="first", maintain_order=True)
    last = _told(events, "closed", "closed").sort("at").unique("complaint_id", keep="last", maintain_order=True)
    ends = last.select("complaint_id", "known_at", *(f"closed_{name}" for name in LABELS), closed_at="at")
    return first.drop("known_at").join(ends, on="complaint_id").sort("at", "complaint_id")


def _told(events: pl.DataFrame, event: str, prefix: str) -> pl.DataFrame:
    return events.filter(pl.col("event") == event).select(
        "complaint_id",
        "district_id",
        "at",
        "known_at",
        "text",
        "lon",
        "lat",
        **{f"{prefix}_{name}": pl.col(name) for name in LABELS},
    )


def misrouted(records: pl.DataFrame) -> pl.DataFrame:
    """Per month of opening: complaints closed by a department, and those sent to another one first.

    Columns month, complaints, misrouted. Complaints without a department at either end are not counted.
    """
    both = records.drop_nulls(["opened_department", "closed_department"])
    wrong = pl.col("opened_department") != pl.col("closed_department")
    return (
        both.group_by(month=pl.col("at").dt.strftime("%Y-%m"))
        .agg(pl.len().cast(pl.Int64).alias("complaints"), wrong.sum().cast(pl.Int64).alias("misrouted"))
        .sort("month")
    )


def known_before(records: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """Whose end was known by then: what a model could have learned from."""
    return records.filter(pl.col("known_at") < moment)
