"""The forecast of complaints: how many will be opened, never how dirty a district is."""

import dataframely as dy
import polars as pl

from city.forecast_row import ForecastRow, ordered
from city.frame_columns import calendar_day, name, one_of, quantity, whole

COMPLAINT_RUNGS = ("champion", "previous_champion", "same_weekdays", "mean")


class ComplaintForecasts(ForecastRow):
    """Complaints opened in one category, district and local day."""

    district_key = name("district counted", primary_key=True)
    category = name("the city's own category", primary_key=True)
    day = calendar_day("local day on which they are opened", primary_key=True)
    days_ahead = whole("days", "days from the local day of issue", least=1, most=7)
    reports_p10 = quantity("complaints", "10 % quantile", least=0, most=1_000_000)
    reports_p50 = quantity("complaints", "median", least=0, most=1_000_000)
    reports_p90 = quantity("complaints", "90 % quantile", least=0, most=1_000_000)
    reports_mean = quantity("complaints", "mean", least=0, most=1_000_000)
    rung = one_of(COMPLAINT_RUNGS, "which rung of the fallback ladder made it")

    @dy.rule()
    def reports_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("reports_p10", "reports_p50", "reports_p90")
