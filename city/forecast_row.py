"""What every forecast frame carries, whatever it speaks of."""

import dataframely as dy
import polars as pl

from city.frame_columns import name, one_of, utc

RUNGS = ("champion", "previous_champion", "ha_ar1", "profile", "seasonal_naive")
"""From the top down; `seasonal_naive` is the last rung of waste, and of congestion forecasts stored long ago."""


class ForecastRow(dy.Schema):
    """What every forecast carries."""

    district_id = name("district that may see this row")
    issued_at = utc("when it was issued: nothing known later was used", primary_key=True)
    model = name("registered model and version, or the baseline's name")
    rung = one_of(RUNGS, "which rung of the fallback ladder made it")


def ordered(low: str, middle: str, high: str) -> pl.Expr:
    columns = pl.col(low), pl.col(middle), pl.col(high)
    return (columns[0] <= columns[1]) & (columns[1] <= columns[2])
