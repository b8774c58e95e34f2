"""The stored congestion index as a document for the wire."""

from typing import Any

import polars as pl

from city.congestion_index import LOCAL, POINTS_PER_LEVEL, Level
from city.errors import NotFoundError
from serving.schemas.congestion_index import IndexQuery
from serving.selection import chosen

OWN = ("area_kind", "area_id", "district_id", "model", "rung", "step_s")
VALUES = ("index_p10", "index_p50", "index_p90", "scale")


def index_document(frame: pl.DataFrame, query: IndexQuery) -> dict[str, Any]:
    if frame.is_empty():
        raise NotFoundError(
            kind="stored forecast",
            name="congestion index",
            todo="Run `city forecast congestion`, or ask for another issue. Without speeds there is no index.",
        )
    rows = frame.filter(pl.col("area_kind").is_in([kind.value for kind in query.area_kind]))
    for column, kind, asked in (("area_id", "area", query.area_id), ("district_id", "district", query.district_id)):
        if asked:
            chosen("Request", kind, asked, frame[column].unique().sort().to_list(), lambda one: one)
            rows = rows.filter(pl.col(column).is_in(asked))
    if query.from_ is not None:
        rows = rows.filter(pl.col("valid_at") >= query.from_)
    if query.to is not None:
        rows = rows.filter(pl.col("valid_at") < query.to)
    return {
        "issued_at": frame["issued_at"][0].isoformat(),
        "levels": [
            {
                "level": level.value,
                "chinese": level.chinese,
                "from_index": LOCAL.begins_at(level),
                "from_points": POINTS_PER_LEVEL * place,
            }
            for place, level in enumerate(Level)
        ],
        "areas": _areas(rows),
    }


def _areas(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """One entry per area, with its values in the order of time."""
    value = pl.struct(
        pl.col("valid_at").dt.to_string("iso:strict").alias("valid_at"),
        *(pl.col(name).round(3) for name in VALUES),
        "level",
        pl.col("congested_probability").round(4),
    )
    return (
        rows.sort("valid_at", maintain_order=True)
        .group_by(OWN, maintain_order=True)
        .agg(pl.col("segments").max(), pl.col("unmeasured").min(), value.alias("values"))
        .sort("area_kind", "area_id")
        .to_dicts()
    )
