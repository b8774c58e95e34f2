"""The narrow waist: forecast frames. Learners write them, planners read them, neither knows the other.

Every frame says when it was issued, by which model and on which rung of the fallback ladder.
"""

import dataframely as dy
import polars as pl

from city.complaint_forecasts import ComplaintForecasts
from city.congestion_index import CongestionIndexForecasts
from city.forecast_row import RUNGS, ForecastRow, ordered
from city.frame_columns import calendar_day, name, one_of, quantity, utc, whole
from city.waste import Stream
from city.waste_forecasts import WASTE_RUNGS, EmptyingForecasts, WorkloadForecasts

__all__ = [
    "FORECASTS",
    "RUNGS",
    "ComplaintForecasts",
    "CongestionForecasts",
    "CongestionIndexForecasts",
    "EmptyingForecasts",
    "FillForecasts",
    "ForecastRow",
    "TripWeightForecasts",
    "WorkloadForecasts",
]


class CongestionForecasts(ForecastRow):
    """Flow and, where measured, speed of one detector in one step."""

    detector_id = name("detector", primary_key=True)
    valid_at = utc("start of the step it speaks of", primary_key=True)
    step_s = whole("s", "length of the step", least=10, most=86_400)
    flow_p10_veh_h = quantity("veh/h", "10 % quantile of flow", least=0, most=20_000, nullable=True)
    flow_p50_veh_h = quantity("veh/h", "median of flow", least=0, most=20_000, nullable=True)
    flow_p90_veh_h = quantity("veh/h", "90 % quantile of flow", least=0, most=20_000, nullable=True)
    speed_p10_kmh = quantity("km/h", "10 % quantile of speed", least=0, most=200, nullable=True)
    speed_p50_kmh = quantity("km/h", "median of speed", least=0, most=200, nullable=True)
    speed_p90_kmh = quantity("km/h", "90 % quantile of speed", least=0, most=200, nullable=True)

    @dy.rule()
    def flow_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("flow_p10_veh_h", "flow_p50_veh_h", "flow_p90_veh_h")

    @dy.rule()
    def speed_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("speed_p10_kmh", "speed_p50_kmh", "speed_p90_kmh")


class FillForecasts(ForecastRow):
    """Fill of one stream at one point if nobody empties it before `valid_at`, and what it would weigh."""

    point_id = name("collection point", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    valid_at = utc("the moment it speaks of", primary_key=True)
    fill_p10 = quantity("share of capacity", "10 % quantile of fill", least=0, most=5)
    fill_p50 = quantity("share of capacity", "median of fill", least=0, most=5)
    fill_p90 = quantity("share of capacity", "90 % quantile of fill", least=0, most=5)
    overflow_probability = quantity("probability", "fill above 1", least=0, most=1)
    kg_p10 = quantity("kg", "10 % quantile, allocated", least=0, most=40_000, nullable=True)
    kg_p50 = quantity("kg", "median, allocated", least=0, most=40_000, nullable=True)
    kg_p90 = quantity("kg", "90 % quantile, allocated", least=0, most=40_000, nullable=True)
    rung = one_of(WASTE_RUNGS, "which rung of the fallback ladder made it")

    @dy.rule()
    def fill_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("fill_p10", "fill_p50", "fill_p90")


class TripWeightForecasts(ForecastRow):
    """Weight of a truck's trips of one stream on one service date, as a weighbridge would show it."""

    truck_id = name("truck", primary_key=True)
    stream = one_of(tuple(Stream), "waste stream", primary_key=True)
    service_date = calendar_day("date on which the shift starts", primary_key=True)
    kg_p10 = quantity("kg", "10 % quantile of one trip", least=0, most=40_000)
    kg_p50 = quantity("kg", "median of one trip", least=0, most=40_000)
    kg_p90 = quantity("kg", "90 % quantile of one trip", least=0, most=40_000)
    rung = one_of(WASTE_RUNGS, "which rung of the fallback ladder made it")

    @dy.rule()
    def quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("kg_p10", "kg_p50", "kg_p90")


FORECASTS: tuple[type[ForecastRow], ...] = (
    CongestionForecasts,
    CongestionIndexForecasts,
    FillForecasts,
    TripWeightForecasts,
    EmptyingForecasts,
    WorkloadForecasts,
    ComplaintForecasts,
)
