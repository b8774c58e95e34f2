"""From detector forecasts to movement flows per quarter of an hour of the local day.

Plans are made for the upper quantile (p90 by default): x above 1 costs far more than a little idle green, so capacity
is sized for the flow that is exceeded one time in ten. They are scored on the median, which is what will mostly come.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import dataframely as dy
import numpy as np
import polars as pl

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.ids import DetectorId
from city.national import national_profile
from city.signal_parts import Movement, MovementKind
from city.signals import Junction
from optimization.signals.delay import Array, capacity_pcu_h, effective_green_s
from optimization.signals.problem import SLOT_S, SLOTS, Demand, MovementDemand

CENSORED_FROM = 0.9  # of the capacity under the running plan
LONGEST_GAP = 24  # slots (6 h) that may be filled from their neighbours: a forecast may end before the night does


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One detector's day, veh/h per slot; `filled` counts slots that were taken from their neighbours."""

    planned: Array
    expected: Array
    filled: int


def demand_from_forecast(
    junctions: Iterable[Junction],
    forecast: dy.DataFrame[CongestionForecasts],
    *,
    service_date: date,
    time_zone: str,
    quantile: Literal["p50", "p90"] = "p90",
    pcu_per_veh: float = 1.0,
) -> Demand:
    """Flows of every movement whose detectors are forecast; junctions that lack one are listed in `missing`."""
    day = _day(forecast, service_date, time_zone)
    series = _series(day, quantile)
    movements: list[MovementDemand] = []
    missing = []
    assumed = [f"One counted vehicle is {pcu_per_veh:g} pcu.", *_clock_changes(service_date, time_zone)]
    for junction in junctions:
        absent = sorted({d for m in junction.movements for d in m.detector_ids if d not in series})
        uncounted = [m.movement_id for m in junction.movements if m.kind is MovementKind.VEHICLE and not m.detector_ids]
        if absent:
            missing.append((junction.junction_id, f"no complete forecast of detector {', '.join(absent)}"))
        elif uncounted:
            missing.append((junction.junction_id, f"no detector counts {', '.join(uncounted)}"))
        else:
            movements += [_movement(junction, m, series, pcu_per_veh) for m in _driving(junction)]
            assumed += _assumed(junction, series)
    return Demand(
        movements=tuple(movements), missing=tuple(missing), assumed=tuple(assumed), degraded=tuple(_degraded(day))
    )


def _driving(junction: Junction) -> list[Movement]:
    return [movement for movement in junction.movements if movement.kind is not MovementKind.PEDESTRIAN]


def _day(forecast: pl.DataFrame, service_date: date, time_zone: str) -> pl.DataFrame:
    """The rows of the local day, one per quarter of an hour that they cover, with their slot by the wall clock."""
    start = midnight(service_date, zone(time_zone))
    end = midnight(date.fromordinal(service_date.toordinal() + 1), zone(time_zone))
    steps = pl.col("step_s").floordiv(SLOT_S).clip(lower_bound=1)
    return (
        forecast.filter(pl.col("flow_p50_veh_h").is_not_null())
        .with_columns(part=pl.int_ranges(0, steps))
        .explode("part")
        .with_columns(at=pl.col("valid_at") + pl.duration(seconds=pl.col("part") * SLOT_S))
        .filter((pl.col("at") >= start) & (pl.col("at") < end))
        .with_columns(local=pl.col("at").dt.convert_time_zone(time_zone))
        .with_columns(
            slot=pl.col("local").dt.hour().cast(pl.Int64) * 4 + pl.col("local").dt.minute().cast(pl.Int64) // 15,
            quarter=pl.col("at").dt.truncate("15m"),
        )
    )


def _series(day: pl.DataFrame, quantile: str) -> dict[DetectorId, _Series]:
    # An hour that comes twice (clock back) runs one plan: the busier of the two counts.
    slots = (
        day.group_by("detector_id", "slot", "quarter")
        .agg(planned=pl.col(f"flow_{quantile}_veh_h").mean(), expected=pl.col("flow_p50_veh_h").mean())
        .group_by("detector_id", "slot")
        .agg(pl.col("planned").max(), pl.col("expected").max())
        .sort("detector_id", "slot")
    )
    found: dict[DetectorId, _Series] = {}
    for (detector_id,), rows in slots.group_by("detector_id", maintain_order=True):
        known = rows["slot"].to_numpy()
        if _longest_gap(known) > LONGEST_GAP:
            continue
        every = np.arange(SLOTS)
        found[DetectorId(str(detector_id))] = _Series(
            planned=np.interp(every, known, rows["planned"].to_numpy(), period=SLOTS),
            expected=np.interp(every, known, rows["expected"].to_numpy(), period=SLOTS),
            filled=SLOTS - len(known),
        )
    return found


def _longest_gap(known: np.ndarray) -> int:
    return int(np.diff(np.append(known, known[0] + SLOTS)).max()) - 1


def _movement(
    junction: Junction, movement: Movement, series: Mapping[DetectorId, _Series], pcu_per_veh: float
) -> MovementDemand:
    counted = [series[detector_id] for detector_id in movement.detector_ids]
    factor = pcu_per_veh * movement.turning_share
    planned = factor * np.sum([s.planned for s in counted] or [np.zeros(SLOTS)], axis=0)
    expected = factor * np.sum([s.expected for s in counted] or [np.zeros(SLOTS)], axis=0)
    limit = CENSORED_FROM * running_capacity_pcu_h(junction, movement)
    return MovementDemand(
        junction_id=junction.junction_id,
        movement_id=movement.movement_id,
        flow_pcu_h=tuple(float(v) for v in np.maximum(planned, expected)),
        expected_pcu_h=tuple(float(v) for v in expected),
        censored=tuple(bool(v) for v in (expected >= limit) & (expected > 0)),
    )


def running_capacity_pcu_h(junction: Junction, movement: Movement) -> float:
    """Capacity of a movement under the plan that runs today; infinite where no plan is known."""
    plan = junction.running_plan
    if plan is None or movement.saturation_pcu_h is None:
        return float("inf")
    green_s = sum(green.end_s - green.start_s for green in plan.greens if green.group_id == movement.group_id)
    effective = effective_green_s(green_s, national_profile(junction.national_profile))
    return float(capacity_pcu_h(movement.saturation_pcu_h, effective, plan.cycle_s))


def _assumed(junction: Junction, series: Mapping[DetectorId, _Series]) -> list[str]:
    uncounted = [m.movement_id for m in _driving(junction) if not m.detector_ids]
    filled = {d: series[d].filled for m in junction.movements for d in m.detector_ids if series[d].filled}
    said = []
    if uncounted:
        said.append(
            f"Junction {junction.junction_id}: nobody counts {', '.join(uncounted)}; they get their minimum greens."
        )
    said += [
        f"Detector {detector_id}: {count} of {SLOTS} quarters of an hour were filled from their neighbours."
        for detector_id, count in filled.items()
    ]
    return said


def _clock_changes(service_date: date, time_zone: str) -> list[str]:
    end = midnight(date.fromordinal(service_date.toordinal() + 1), zone(time_zone))
    hours = (end - midnight(service_date, zone(time_zone))).total_seconds() / 3600
    if hours == 24:
        return []
    return [
        f"{service_date} has {hours:g} hours; plans change by the wall clock, an hour that comes twice runs one plan."
    ]


def _degraded(day: pl.DataFrame) -> list[str]:
    fallen = day.filter(pl.col("rung") != "champion")
    if fallen.is_empty():
        return []
    rungs = ", ".join(sorted(fallen["rung"].unique().to_list()))
    return [f"{fallen['detector_id'].n_unique()} detectors are forecast by a lower rung ({rungs})."]
