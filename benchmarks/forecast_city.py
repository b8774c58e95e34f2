"""A temporary city whose detectors count what is simulated: the product's own import, store, training and forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import polars as pl

from benchmarks.forecast_days import Counted
from city.clock import midnight, zone
from city.errors import CityError
from city.forecasts import CongestionForecasts
from city.ids import DetectorId
from city.progress import Progress, silent
from city.settings import Settings
from city.signal_parts import Movement, MovementKind
from city.signals import Junction
from optimization.signals.delay import Array
from optimization.signals.demand import demand_from_forecast
from optimization.signals.problem import SLOT_S, Demand
from serving.desk import Desk
from serving.forecasting import issue
from serving.importing import import_files
from serving.stored_forecasts import latest_congestion
from serving.training import train

MONDAY: Final = date(2026, 3, 2)
TIME_ZONE: Final = "UTC"
ISSUED_AT_H: Final = 22  # of the evening before: what comes after is not known to the plan
MAPPING: Final = """
[city]
name = "Simulated"
time_zone = "UTC"
national_profile = "DE"
districts = { centre = "Centre" }

[[feed]]
name = "stop lines"
contract = "TrafficCounts"
path = "counts.csv"
step = "15min"
delay = "5min"

[feed.columns]
detector_id = "detector"
start_at = { column = "start", formats = ["%Y-%m-%d %H:%M"] }
flow_veh_h = { column = "vehicles", unit = "veh/interval" }
"""


def date_of(day: int) -> date:
    """Days are counted from 0, a Monday."""
    return MONDAY + timedelta(days=day)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingCity:
    folder: Path
    desk: Desk

    @classmethod
    def at(cls, folder: Path, *, seed: int) -> "CountingCity":
        (folder / "files").mkdir(parents=True, exist_ok=True)
        (folder / "files" / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        settings = Settings.from_environment({"CITY_HOME": str(folder / "home"), "CITY_SEED": str(seed)})
        return cls(folder=folder / "files", desk=Desk(settings))

    def bring(self, day: int, counts: Mapping[str, Array]) -> int:
        """Import one day's counts as the detectors' export; rows that came in."""
        starts = [datetime.combine(date_of(day), datetime.min.time()) + k * timedelta(minutes=15) for k in range(96)]
        rows = [
            (detector, f"{start:%Y-%m-%d %H:%M}", int(count))
            for detector, own in counts.items()
            for start, count in zip(starts, own, strict=True)
        ]
        pl.DataFrame(rows, schema=["detector", "start", "vehicles"], orient="row").write_csv(self.folder / "counts.csv")
        import_files(self.desk, self.folder / "mapping.toml")
        return len(rows)

    def taught(self, until_day: int, *, progress: Progress = silent) -> tuple[str, ...]:
        """Train on the days before `until_day`; what came of it."""
        try:
            trained = train(self.desk, "congestion", asked=_midnight(until_day), progress=progress)
        except CityError as error:
            return (f"No model was trained: {error}",)
        return (f"Trained: {trained.reason}",)

    def forecast(self, day: int) -> tuple[pl.DataFrame, dict[str, int], tuple[str, ...]]:
        """Issued at 22:00 of the day before; with the rungs that answered and what it says of itself."""
        at = _midnight(day) - timedelta(hours=24 - ISSUED_AT_H)
        issued = issue(self.desk, "congestion", asked=at)
        return latest_congestion(self.desk, at), issued.rungs, issued.degraded


def _midnight(day: int) -> datetime:
    return midnight(date_of(day), zone(TIME_ZONE))


def as_if_forecast(counts: Mapping[str, Array], day: int) -> pl.DataFrame:
    """Counts in the place of a forecast that is sure of itself."""
    start, frames = _midnight(day), []
    for detector, own in counts.items():
        flow = pl.Series("flow", own * 3600 / SLOT_S, dtype=pl.Float64)
        moments = [start + k * timedelta(seconds=SLOT_S) for k in range(len(own))]
        frames.append(pl.DataFrame({"detector_id": [detector] * len(own), "valid_at": moments, "flow": flow}))
    quantiles = [pl.col("flow").alias(f"flow_{q}_veh_h") for q in ("p10", "p50", "p90")]
    empty = [pl.lit(None, dtype=pl.Float64).alias(f"speed_{q}_kmh") for q in ("p10", "p50", "p90")]
    return (
        pl.concat(frames)
        .with_columns(
            pl.col("valid_at").dt.cast_time_unit("us"),
            *quantiles,
            *empty,
            pl.lit("centre").alias("district_id"),
            pl.lit(start).dt.cast_time_unit("us").alias("issued_at"),
            pl.lit("counts").alias("model"),
            pl.lit("champion").alias("rung"),
            pl.lit(SLOT_S, dtype=pl.Int64).alias("step_s"),
        )
        .select(CongestionForecasts.column_names())
    )


def demand_on(
    junctions: tuple[Junction, ...], flows: pl.DataFrame, day: int, *, quantile: Literal["p50", "p90"] = "p90"
) -> Demand:
    return demand_from_forecast(
        junctions,
        CongestionForecasts.validate(flows, cast=True),
        service_date=date_of(day),
        time_zone=TIME_ZONE,
        quantile=quantile,
    )


def with_detectors(junctions: tuple[Junction, ...], survey: Counted) -> tuple[Junction, ...]:
    """One detector per approach, named like its edge; turning shares as the `survey` counted them."""
    return tuple(replace(j, movements=tuple(_counted(m, j, survey) for m in j.movements)) for j in junctions)


def _counted(movement: Movement, junction: Junction, survey: Counted) -> Movement:
    if movement.kind is not MovementKind.VEHICLE or movement.from_link_id is None:
        return movement
    turn = (str(movement.from_link_id), str(movement.to_link_id))
    alike = sum(
        (m.from_link_id, m.to_link_id) == (movement.from_link_id, movement.to_link_id) for m in _driving(junction)
    )
    total = float(survey.edges().get(turn[0], pl.Series([0.0]).to_numpy()).sum())
    own = float(survey.turns[turn].sum()) if turn in survey.turns else 0.0
    share = own / total / alike if total else 0.0
    return replace(movement, detector_ids=(DetectorId(turn[0]),), turning_share=round(share, 6))


def _driving(junction: Junction) -> list[Movement]:
    return [movement for movement in junction.movements if movement.kind is MovementKind.VEHICLE]
