"""From detector forecasts to movement flows per quarter of an hour of the local day.

Plans are made for the upper quantile (p90 by default): x above 1 costs far more than a little idle green, so capacity
is sized for the flow that is exceeded one time in ten. They are scored on the median, which is what will mostly come.
Where no detector counts, a person's estimate of the busiest quarter of an hour follows the day of detectors nearby.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import dataframely as dy
import numpy as np
import polars as pl

from city.clock import midnight, zone
from city.forecasts import CongestionForecasts
from city.ids import DetectorId, DistrictId
from city.signal_parts import Movement, MovementKind
from city.signals import Junction
from optimization.signals.censoring import censored_slots
from optimization.signals.delay import Array
from optimization.signals.problem import SLOT_S, SLOTS, Demand, MovementDemand

LONGEST_GAP = 24  # slots (6 h) that may be filled from their neighbours: a forecast may end before the night does


@dataclass(frozen=True, slots=True, kw_only=True)
class _Series:
    """One detector's day, veh/h per slot; `filled` counts slots that were taken from their neighbours."""

    district_id: DistrictId
    planned: Array
    expected: Array
    filled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How flow goes through the day, as a share of its busiest quarter of an hour, and whose course it is."""

    planned: Array
    expected: Array
    of: str


def demand_from_forecast(
    junctions: Iterable[Junction],
    forecast: dy.DataFrame[CongestionForecasts],
    *,
    service_date: date,
    time_zone: str,
    quantile: Literal["p50", "p90"] = "p90",
    pcu_per_veh: float = 1.0,
) -> Demand:
    """Flows of every movement whose detectors are forecast, or whose busiest quarter of an hour a person estimated.

    Junctions of which a movement has neither are listed in `missing`.
    """
    day = _day(forecast, service_date, time_zone)
    series = _series(day, quantile)
    junctions = tuple(junctions)
    full = censored_slots(junctions, {d: pcu_per_veh * one.expected for d, one in series.items()})
    movements: list[MovementDemand] = []
    missing = []
    known: list[Junction] = []
    estimates: list[str] = []
    for junction in junctions:
        course = _course(junction, series)
        lacking = _lacking(junction, series, course)
        if lacking is not None:
            missing.append((junction.junction_id, lacking))
            continue
        known.append(junction)
        for movement in _driving(junction):
            if course is not None and movement.uncounted_peak_veh_h is not None:
                movements.append(_estimated(junction, movement, course, pcu_per_veh))
            else:
                movements.append(_counted(junction, movement, series, pcu_per_veh, full))
        estimates += _estimates(junction, course)
    return Demand(
        movements=tuple(movements),
        missing=tuple(missing),
        assumed=(
            f"One counted vehicle is {pcu_per_veh:g} pcu.",
            *_clock_changes(service_date, time_zone),
            *_bicycles(known),
            *_filled(known, series),
            *estimates,
        ),
        degraded=tuple(_degraded(day)),
    )


def _lacking(junction: Junction, series: Mapping[DetectorId, _Series], course: _Course | None) -> str | None:
    """Why nobody knows what passes, if so."""
    absent = sorted({d for m in junction.movements for d in m.detector_ids if d not in series})
    if absent:
        return f"no complete forecast of detector {', '.join(absent)}"
    vehicles = [m for m in junction.movements if m.kind is MovementKind.VEHICLE and not m.detector_ids]
    unknown = [m.movement_id for m in vehicles if m.uncounted_peak_veh_h is None]
    if unknown:
        return f"no detector counts {', '.join(unknown)}, and nobody estimated their uncounted_peak_veh_h"
    if vehicles and course is None:
        return "no detector is forecast whose day its estimated flows could follow"
    return None


def _course(junction: Junction, series: Mapping[DetectorId, _Series]) -> _Course | None:
    """The mean day of the junction's own detectors, else of its district's, else of all; None where all are still."""
    own = {detector_id for movement in junction.movements for detector_id in movement.detector_ids}
    nearby = [s for s in series.values() if s.district_id == junction.district_id]
    for counted, where in (
        ([s for detector_id, s in series.items() if detector_id in own], "at the junction"),
        (nearby, f"in district {junction.district_id}"),
        (list(series.values()), "in the whole forecast"),
    ):
        planned = np.sum([s.planned for s in counted] or [np.zeros(SLOTS)], axis=0)
        expected = np.sum([s.expected for s in counted] or [np.zeros(SLOTS)], axis=0)
        if expected.max() > 0:
            of = f"{len(counted)} {'detector' if len(counted) == 1 else 'detectors'} {where}"
            return _Course(planned=planned / planned.max(), expected=expected / expected.max(), of=of)
    return None


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
        .agg(
            pl.col("district_id").first(),
            planned=pl.col(f"flow_{quantile}_veh_h").mean(),
            expected=pl.col("flow_p50_veh_h").mean(),
        )
        .group_by("detector_id", "slot")
        .agg(pl.col("district_id").first(), pl.col("planned").max(), pl.col("expected").max())
        .sort("detector_id", "slot")
    )
    found: dict[DetectorId, _Series] = {}
    for (detector_id,), rows in slots.group_by("detector_id", maintain_order=True):
        known = rows["slot"].to_numpy()
        if _longest_gap(known) > LONGEST_GAP:
            continue
        every = np.arange(SLOTS)
        found[DetectorId(str(detector_id))] = _Series(
            district_id=DistrictId(rows["district_id"][0]),
            planned=np.interp(every, known, rows["planned"].to_numpy(), period=SLOTS),
            expected=np.interp(every, known, rows["expected"].to_numpy(), period=SLOTS),
            filled=SLOTS - len(known),
        )
    return found


def _longest_gap(known: np.ndarray) -> int:
    return int(np.diff(np.append(known, known[0] + SLOTS)).max()) - 1


def _counted(
    junction: Junction,
    movement: Movement,
    series: Mapping[DetectorId, _Series],
    pcu_per_veh: float,
    full: Mapping[DetectorId, np.ndarray],
) -> MovementDemand:
    counted = [series[detector_id] for detector_id in movement.detector_ids]
    factor = pcu_per_veh * movement.turning_share
    planned = factor * np.sum([s.planned for s in counted] or [np.zeros(SLOTS)], axis=0)
    expected = factor * np.sum([s.expected for s in counted] or [np.zeros(SLOTS)], axis=0)
    censored = np.any([full[d] for d in movement.detector_ids] or [np.zeros(SLOTS, dtype=bool)], axis=0)
    return MovementDemand(
        junction_id=junction.junction_id,
        movement_id=movement.movement_id,
        flow_pcu_h=tuple(float(v) for v in np.maximum(planned, expected)),
        expected_pcu_h=tuple(float(v) for v in expected),
        censored=tuple(bool(v) for v in censored),
    )


def _estimated(junction: Junction, movement: Movement, course: _Course, pcu_per_veh: float) -> MovementDemand:
    """Flow = estimated peak x course of the day. A guess is no count: it is never censored."""
    peak_pcu_h = pcu_per_veh * (movement.uncounted_peak_veh_h or 0.0)
    planned, expected = peak_pcu_h * course.planned, peak_pcu_h * course.expected
    return MovementDemand(
        junction_id=junction.junction_id,
        movement_id=movement.movement_id,
        flow_pcu_h=tuple(float(v) for v in np.maximum(planned, expected)),
        expected_pcu_h=tuple(float(v) for v in expected),
        censored=(False,) * SLOTS,
    )


def _estimates(junction: Junction, course: _Course | None) -> list[str]:
    peaks_veh_h: dict[str, float] = {}
    for movement in junction.movements:
        if movement.uncounted_peak_veh_h is not None:
            arm = movement.approach
            peaks_veh_h[arm] = peaks_veh_h.get(arm, 0.0) + movement.uncounted_peak_veh_h
    if not peaks_veh_h or course is None:
        return []
    peaks = ", ".join(f"{arm} {peak:,.0f}" for arm, peak in peaks_veh_h.items())
    said = (
        f"Junction {junction.junction_id}: where no detector counts, a person's estimates of the busiest quarter hour"
    )
    return [f"{said} are taken: {peaks} veh/h; the day follows {course.of}."]


def _bicycles(junctions: Sequence[Junction]) -> list[str]:
    """One sentence for all junctions at which the same bicycles are not counted."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for junction in junctions:
        cycles = [m for m in junction.movements if m.kind is MovementKind.CYCLE]
        uncounted = [m.movement_id for m in cycles if not m.detector_ids]
        if uncounted:
            what = "bicycles" if len(uncounted) == len(cycles) else ", ".join(uncounted)
            alike[what].append(junction.junction_id)
    return [
        f"{_named('Junction', ids)}: nobody counts {what}; they get their minimum greens."
        for what, ids in alike.items()
    ]


def _filled(junctions: Sequence[Junction], series: Mapping[DetectorId, _Series]) -> list[str]:
    """One sentence for all detectors of which as many quarters of an hour were filled."""
    alike: defaultdict[int, list[str]] = defaultdict(list)
    used = dict.fromkeys(d for junction in junctions for m in junction.movements for d in m.detector_ids)
    for detector_id in used:
        alike[series[detector_id].filled].append(detector_id)
    return [
        f"{_named('Detector', ids)}: {count} of {SLOTS} quarters of an hour were filled from their neighbours."
        for count, ids in alike.items()
        if count
    ]


def _named(word: str, ids: Sequence[str]) -> str:
    return f"{word if len(ids) == 1 else word + 's'} {', '.join(ids)}"


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
