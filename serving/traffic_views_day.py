"""The congestion index in columns: what a map of thousands of detectors is coloured from, moment by moment."""

from typing import Any, Final

import polars as pl

from city.congestion_index import AreaKind
from serving.index_document import index_document
from serving.schemas.congestion_index import IndexQuery
from serving.schemas.forecasts import ForecastQuery

SHOWN: Final = (AreaKind.SEGMENT, AreaKind.CITY)
COLUMNS: Final = {"index_p10": 3, "index_p50": 3, "index_p90": 3, "congested_probability": 3}


def columns_document(frame: pl.DataFrame, query: ForecastQuery) -> dict[str, Any]:
    """One list per area and quantity, as long as `times`; null where nothing is forecast."""
    # Issue, levels and refusals are those of the whole index.
    head = index_document(frame, IndexQuery(area_kind=[AreaKind.CITY], district_id=query.district_id))
    rows = frame.filter(pl.col("area_kind").is_in([kind.value for kind in SHOWN]))
    if query.district_id:
        rows = rows.filter(pl.col("district_id").is_in(query.district_id))
    if query.from_ is not None:
        rows = rows.filter(pl.col("valid_at") >= query.from_)
    if query.to is not None:
        rows = rows.filter(pl.col("valid_at") < query.to)
    times = rows.select("valid_at").unique().sort("valid_at")
    return {
        **head,
        "times": times["valid_at"].dt.to_string("iso:strict").to_list(),
        "areas": _areas(rows, times),
    }


def _areas(rows: pl.DataFrame, times: pl.DataFrame) -> list[dict[str, Any]]:
    own = ("area_kind", "area_id")
    grid = rows.select(own).unique().join(times, how="cross")
    values = rows.select(*own, "valid_at", *(pl.col(name).round(digits) for name, digits in COLUMNS.items()))
    return (
        grid.join(values, on=[*own, "valid_at"], how="left")
        .sort("valid_at", maintain_order=True)
        .group_by(own, maintain_order=True)
        .agg(*COLUMNS)
        .sort(own)
        .to_dicts()
    )
