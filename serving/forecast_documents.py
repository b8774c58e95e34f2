"""Forecast frames as documents for the wire."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import polars as pl

from city.errors import NotFoundError
from serving.schemas.forecasts import CongestionQuery, ForecastQuery, WasteQuery
from serving.selection import chosen
from serving.subjects import degraded

FLOW = ("flow_p10_veh_h", "flow_p50_veh_h", "flow_p90_veh_h", "speed_p10_kmh", "speed_p50_kmh", "speed_p90_kmh")
FILL = ("fill_p10", "fill_p50", "fill_p90", "overflow_probability", "kg_p10", "kg_p50", "kg_p90")
TRIP = ("truck_id", "stream", "district_id", "service_date", "kg_p10", "kg_p50", "kg_p90", "model", "rung")


def cut_off_version(version: str, said: Sequence[str]) -> str:
    """Another version where something is said of it: nobody who holds the one is told that it is still the other."""
    return f"{version}-cut-off" if said else version


def with_said(document: dict[str, Any], said: Sequence[str]) -> dict[str, Any]:
    return {**document, "degraded": [*document.get("degraded", ()), *said]}


def congestion_document(frame: pl.DataFrame, query: CongestionQuery) -> dict[str, Any]:
    known(frame, "detector_id", "detector", query.detector_id)
    rows = _inside(frame, query)
    rows = rows.filter(pl.col("detector_id").is_in(query.detector_id)) if query.detector_id else rows
    return {
        **issue_head("congestion", frame, rows),
        "detectors": _grouped(rows, ("detector_id", "district_id", "model", "rung", "step_s"), FLOW),
    }


def waste_document(fill: pl.DataFrame, trips: pl.DataFrame, query: WasteQuery) -> dict[str, Any]:
    known(fill, "point_id", "collection point", query.point_id)
    rows = _inside(fill, query)
    rows = rows.filter(pl.col("point_id").is_in(query.point_id)) if query.point_id else rows
    if query.district_id:
        trips = trips.filter(pl.col("district_id").is_in(query.district_id))
    shown = trips.clear() if query.point_id else trips
    return {
        **issue_head("waste", fill, rows),
        "points": _grouped(rows, ("point_id", "stream", "district_id", "model", "rung"), FILL),
        "trips": shown.select(TRIP).with_columns(pl.col("service_date").dt.to_string("iso")).to_dicts(),
    }


def known(frame: pl.DataFrame, column: str, kind: str, asked: Sequence[str]) -> None:
    if frame.is_empty():
        raise NotFoundError(kind="stored forecast", name=kind, todo="Run `city forecast`, or ask for another issue.")
    if asked:
        chosen("Request", kind, asked, frame[column].unique().sort().to_list(), lambda name: name)


def _inside(frame: pl.DataFrame, query: ForecastQuery) -> pl.DataFrame:
    if query.district_id:
        chosen(
            "Request", "district", query.district_id, frame["district_id"].unique().sort().to_list(), lambda one: one
        )
        frame = frame.filter(pl.col("district_id").is_in(query.district_id))
    if query.from_ is not None:
        frame = frame.filter(pl.col("valid_at") >= query.from_)
    return frame if query.to is None else frame.filter(pl.col("valid_at") < query.to)


def issue_head(what: str, frame: pl.DataFrame, rows: pl.DataFrame) -> dict[str, Any]:
    issued_at: datetime = frame["issued_at"][0]
    rungs = Counter[str](dict(rows.group_by("rung").len().sort("rung").iter_rows()))
    return {
        "issued_at": issued_at.isoformat(),
        "rungs": dict(rungs),
        "models": rows["model"].unique().sort().to_list(),
        "degraded": list(degraded(what, rungs)),
    }


def _grouped(rows: pl.DataFrame, own: Sequence[str], values: Sequence[str]) -> list[dict[str, Any]]:
    """One entry per thing, with its values in the order of time."""
    value = pl.struct(
        pl.col("valid_at").dt.to_string("iso:strict").alias("valid_at"), *(pl.col(name).round(3) for name in values)
    )
    return (
        rows.sort("valid_at", maintain_order=True)
        .group_by(own, maintain_order=True)
        .agg(value.alias("values"))
        .sort(own[:2])
        .to_dicts()
    )
