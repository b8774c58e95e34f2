"""Demand as it was counted, without any forecast: a usual workday, or one day as it came."""

from datetime import date, datetime, timedelta
from typing import Final, cast

import dataframely as dy
import polars as pl

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.signals import Junction
from optimization.signals.demand import demand_from_forecast
from optimization.signals.problem import SLOT_S, Demand
from serving.desk import Desk

WORKDAYS: Final = 5
WEEKS: Final = 4


def usual_demand(desk: Desk, junctions: tuple[Junction, ...], at: datetime) -> Demand:
    """A workday of the last weeks: median, and p90, of each quarter of an hour."""
    local = pl.col("start_at").dt.convert_time_zone(desk.zone().key)
    since = pl.col("start_at") >= at - timedelta(weeks=WEEKS)
    rows = _counts(desk, junctions, at).filter(since & (local.dt.weekday() <= WORKDAYS))
    return _demand(desk, junctions, rows, desk.local_date(at))


def demand_of_day(desk: Desk, junctions: tuple[Junction, ...], day: date, at: datetime) -> Demand:
    """What came on one local day, as known at `at`."""
    start, end = (midnight(day + timedelta(days=k), desk.zone()) for k in (0, 1))
    return _demand(desk, junctions, _counts(desk, junctions, at, since=start, until=end), day)


def _counts(
    desk: Desk,
    junctions: tuple[Junction, ...],
    at: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    detectors = {d for one in junctions for m in one.movements for d in m.detector_ids}
    rows = desk.history.read(TrafficCounts, as_of=at, since=since, until=until)
    return rows.filter(pl.col("detector_id").is_in(list(detectors)) & pl.col("flow_veh_h").is_not_null())


def _demand(desk: Desk, junctions: tuple[Junction, ...], counts: pl.DataFrame, day: date) -> Demand:
    time_zone = desk.city().time_zone
    rows = _as_a_day(counts, midnight(day, zone(time_zone)), time_zone)
    return demand_from_forecast(junctions, rows, service_date=day, time_zone=time_zone)


def _as_a_day(counts: pl.DataFrame, start: datetime, time_zone: str) -> dy.DataFrame[CongestionForecasts]:
    """Rows as of a forecast for the day that begins at `start`: planners read nothing else."""
    local = pl.col("start_at").dt.convert_time_zone(time_zone)
    slot_s = (local.dt.hour().cast(pl.Int64) * 3600 + local.dt.minute().cast(pl.Int64) * 60) // SLOT_S * SLOT_S
    rows = (
        counts.with_columns(slot_s=slot_s)
        .group_by("district_id", "detector_id", "slot_s")
        .agg(
            pl.col("step_s").max(),
            flow_p50_veh_h=pl.col("flow_veh_h").median(),
            flow_p90_veh_h=pl.col("flow_veh_h").quantile(0.9),
        )
        .with_columns(valid_at=pl.lit(start) + pl.duration(seconds=pl.col("slot_s")), rung=pl.lit("champion"))
    )
    return cast("dy.DataFrame[CongestionForecasts]", rows)
