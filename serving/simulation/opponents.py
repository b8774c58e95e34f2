"""Honest opponents: what a city could do without forecasts, lived from the same morning through the same days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

import dataframely as dy
import polars as pl

from city.clock import midnight
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.ids import JunctionId
from city.signal_plans import SignalSchedule
from city.signals import Junction
from features.sources.synthetic.days import day_kind
from serving.desk import Desk
from serving.simulation.webster import Averages, fixed_schedule, junction_ids

STEP_S: Final = 900
WEEKS: Final = 4  # of counts that are averaged: newer ones know the season
Kind = Literal["workday", "free day"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPrograms:
    """Webster's programs for workdays and for free days."""

    schedules: dict[Kind, SignalSchedule]

    @classmethod
    def of(cls, desk: Desk, junctions: Sequence[Junction], at: datetime) -> "FixedPrograms":
        counts = desk.history.read(TrafficCounts, as_of=at, since=at - timedelta(weeks=WEEKS))
        zone = desk.zone()
        local = counts.with_columns(local=pl.col("start_at").dt.convert_time_zone(zone.key))
        days = {day: kind_of(day) for day in local["local"].dt.date().unique().to_list()}
        schedules: dict[Kind, SignalSchedule] = {}
        for kind in ("workday", "free day"):
            own = [day for day, one in days.items() if one == kind]
            mean = (
                local.filter(pl.col("local").dt.date().is_in(own))
                .group_by("detector_id", "district_id", slot=(pl.col("local").dt.hour().cast(pl.Int32) * 4
                          + pl.col("local").dt.minute().cast(pl.Int32) // 15))
                .agg(pl.col("flow_veh_h").mean())
            )  # fmt: skip
            day = max(own, default=desk.local_date(at))
            frame = _as_forecast(mean, midnight(day, zone), at)
            schedules[kind] = fixed_schedule(
                junctions, Averages(day=day, frame=frame, time_zone=zone.key)
            )  # fmt: skip
        return cls(schedules=schedules)

    def on(self, day: date) -> SignalSchedule:
        return self.schedules[kind_of(day)]

    @property
    def junction_ids(self) -> tuple[JunctionId, ...]:
        """Junctions that have a program of each kind."""
        return tuple(sorted(frozenset.intersection(*map(junction_ids, self.schedules.values()))))


def kind_of(day: date) -> Kind:
    return "workday" if day_kind(day).works else "free day"


def _as_forecast(mean: pl.DataFrame, starts: datetime, issued_at: datetime) -> dy.DataFrame[CongestionForecasts]:
    """The frame that demand is read from; every quantile is the average."""
    at = pl.lit(starts).dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    none = pl.lit(None, dtype=pl.Float64)
    frame = mean.select(
        pl.col("district_id"),
        pl.lit(issued_at).dt.convert_time_zone("UTC").dt.cast_time_unit("us").alias("issued_at"),
        pl.lit("average counts").alias("model"),
        pl.lit("seasonal_naive").alias("rung"),
        pl.col("detector_id"),
        (at + pl.duration(seconds=pl.col("slot") * STEP_S)).alias("valid_at"),
        pl.lit(STEP_S).alias("step_s"),
        *(pl.col("flow_veh_h").alias(f"flow_{q}_veh_h") for q in ("p10", "p50", "p90")),
        *(none.alias(f"speed_{q}_kmh") for q in ("p10", "p50", "p90")),
    )
    return CongestionForecasts.validate(frame.select(CongestionForecasts.column_names()), cast=True)
