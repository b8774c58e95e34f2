"""Event logs of controllers that were cut to minutes, or to some seconds, on their way to the file."""

from math import gcd

import polars as pl

from city.frame_rules import COARSEST_EVENT_S, TELLING_INSTANTS
from city.writing import Writing

_SECOND_US = 1_000_000


def coarse_events(rows: pl.DataFrame, writing: Writing) -> pl.DataFrame | None:
    """Events of junctions whose moments all lie on one grid of more than a second."""
    del writing
    steps = [
        (junction_id, step_us // _SECOND_US)
        for junction_id, moments in rows.group_by("junction_id").agg(pl.col("at").unique()).iter_rows()
        if len(moments) >= TELLING_INSTANTS and (step_us := _step_us(moments)) > COARSEST_EVENT_S * _SECOND_US
    ]
    if not steps:
        return None
    coarse = pl.DataFrame(steps, schema={"junction_id": pl.String, "step_s": pl.Int64}, orient="row")
    return rows.join(coarse, on="junction_id", maintain_order="left").select(
        pl.col("__row"),
        pl.lit("finer_than_seconds").alias("rule"),
        pl.format(
            "all moments of junction {} are multiples of {} s: this is no event data of "
            f"{COARSEST_EVENT_S} s or finer. Export the log with its seconds; a spreadsheet that saved it may have cut "
            "them off",
            "junction_id",
            "step_s",
        ).alias("reason"),
    )


def _step_us(moments: list[object]) -> int:
    ticks = pl.Series(moments, dtype=pl.Datetime("us", "UTC")).to_physical().sort()
    step = 0
    for tick in ticks.diff().drop_nulls():
        step = gcd(step, tick)
        if step <= COARSEST_EVENT_S * _SECOND_US:
            break
    return step
