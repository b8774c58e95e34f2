"""What a signal plan means, from the forecast that it was made from."""

from collections.abc import Iterable
from datetime import date
from typing import cast

import dataframely as dy
import polars as pl

from city.forecasts import CongestionForecasts
from city.signals import Junction
from optimization.signals.demand import demand_from_forecast
from optimization.signals.explaining import Scenarios
from optimization.signals.problem import Demand


def scenarios_of(
    junctions: Iterable[Junction],
    forecast: dy.DataFrame[CongestionForecasts],
    *,
    service_date: date,
    time_zone: str,
) -> Scenarios:
    """The day at the forecast's p10, p50 and p90, all detectors together."""
    picked = tuple(junctions)

    def at(quantile: str) -> Demand:
        flow = pl.col(f"flow_{quantile}_veh_h")
        level = forecast.with_columns(flow_p50_veh_h=flow, flow_p90_veh_h=flow)
        rows = cast("dy.DataFrame[CongestionForecasts]", level)
        return demand_from_forecast(picked, rows, service_date=service_date, time_zone=time_zone)

    planned = demand_from_forecast(picked, forecast, service_date=service_date, time_zone=time_zone)
    return Scenarios(low=at("p10"), expected=at("p50"), high=at("p90"), planned=planned)
