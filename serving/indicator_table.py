"""A series as one flat table for other tools: a row per indicator, part, district and period."""

import polars as pl

from serving.indicator_catalogue import BY_ID
from serving.indicator_series.asked import TRUNCATED, Series

WHOLE_CITY = "city"


def table_of(series: Series) -> pl.DataFrame:
    """`end` is the day after the period's last; `district_id` of the whole city is `city`."""
    words = pl.DataFrame(
        [
            {"indicator_id": one, "name": BY_ID[one].name, "unit": BY_ID[one].unit, "better": BY_ID[one].better}
            for one in series.asked.indicator_ids
        ],
        schema={"indicator_id": pl.String, "name": pl.String, "unit": pl.String, "better": pl.String},
    )
    joined = series.cells.join(words, on="indicator_id", how="left", maintain_order="left")
    return joined.select(
        "indicator_id",
        "name",
        "unit",
        "better",
        "part",
        pl.col("district_id").fill_null(WHOLE_CITY),
        period=pl.lit(series.asked.period),
        start="start",
        end=pl.col("start").dt.offset_by(TRUNCATED[series.asked.period]),
        value="value",
        support="support",
        note="note",
        as_of=pl.lit(series.asked.as_of),
    )
