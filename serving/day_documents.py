"""Forecasts by the day as documents for the wire: complaints, emptyings, work."""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from serving.forecast_documents import issue_head, known
from serving.schemas.day_forecasts import ComplaintQuery, DayQuery, PointDayQuery
from serving.selection import chosen

COMPLAINTS = ("days_ahead", "reports_p10", "reports_p50", "reports_p90", "reports_mean")
EMPTYINGS = (
    "days_ahead", "next_visit", "timetable", "units_p10", "units_p50", "units_p90", "full_probability",
    "over_probability", "overflow_before_probability",
)  # fmt: skip
POINT = ("point_id", "stream", "district_id", "model", "rung")
AREA = ("district_key", "category", "district_id", "model", "rung")


def complaints_document(frame: pl.DataFrame, query: ComplaintQuery) -> dict[str, Any]:
    known(frame, "category", "category of complaints", query.category)
    rows = _inside(frame, query, pl.col("day"))
    rows = rows.filter(pl.col("category").is_in(query.category)) if query.category else rows
    told = _day(rows, "day")
    return {**issue_head("complaints", frame, rows), "series": _grouped(told, AREA, ("day", *COMPLAINTS))}


def emptyings_document(frame: pl.DataFrame, query: PointDayQuery, zone: ZoneInfo) -> dict[str, Any]:
    """Days are those of the city's clock on which a point would be emptied."""
    local = pl.col("emptied_at").dt.convert_time_zone(zone.key).dt.date()
    rows = _of_points(frame, query, local)
    told = rows.sort("emptied_at", maintain_order=True).with_columns(
        pl.col("emptied_at").dt.to_string("iso:strict"), pl.selectors.float().round(4)
    )
    return {**issue_head("waste", frame, rows), "points": _grouped(told, POINT, ("emptied_at", *EMPTYINGS))}


def work_document(frame: pl.DataFrame, query: PointDayQuery) -> dict[str, Any]:
    rows = _of_points(frame, query, pl.col("day"))
    return {**issue_head("waste", frame, rows), "points": _grouped(_day(rows, "day"), POINT, ("day", "units"))}


def _of_points(frame: pl.DataFrame, query: PointDayQuery, day: pl.Expr) -> pl.DataFrame:
    known(frame, "point_id", "collection point", query.point_id)
    rows = _inside(frame, query, day)
    return rows.filter(pl.col("point_id").is_in(query.point_id)) if query.point_id else rows


def _inside(frame: pl.DataFrame, query: DayQuery, day: pl.Expr) -> pl.DataFrame:
    if query.district_id:
        there = frame["district_id"].unique().sort().to_list()
        chosen("Request", "district", query.district_id, there, lambda one: one)
        frame = frame.filter(pl.col("district_id").is_in(query.district_id))
    if query.from_ is not None:
        frame = frame.filter(day >= query.from_)
    return frame if query.to is None else frame.filter(day <= query.to)


def _day(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    ordered = rows.sort(column, maintain_order=True)
    return ordered.with_columns(pl.col(column).dt.to_string("iso"), pl.selectors.float().round(4))


def _grouped(rows: pl.DataFrame, own: Sequence[str], values: Sequence[str]) -> list[dict[str, Any]]:
    """One entry per thing, with its values in the order in which they came."""
    return rows.group_by(own, maintain_order=True).agg(pl.struct(*values).alias("values")).sort(own[:2]).to_dicts()
