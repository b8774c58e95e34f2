"""A benchmark folder of speeds as a city's history: what a city would have stored of the same roads."""

import warnings
from datetime import UTC, datetime, time, timedelta

import numpy as np
import polars as pl

from benchmarks.grid_folder import GridFolder
from benchmarks.training_history import name_the_city
from city.errors import InvalidValueError
from city.frames import TrafficCounts
from city.store import History
from features.arrays import DAY_S, Narrow

KMH = {"km/h": 1.0, "mph": 1.609344}
STORED_STEP_S = 900
DELAY = timedelta(minutes=5)


def store_speeds(folder: GridFolder, history: History) -> None:
    """Quarter hours (means, where the folder is finer) of one district, known five minutes after they ended.

    The file's own clock is taken for UTC.
    """
    if folder.unit not in KMH:
        raise InvalidValueError(subject=folder.name, field="unit", found=folder.unit, expected="km/h or mph")
    if folder.grid.first_date is None:
        raise InvalidValueError(subject=folder.name, field="clock", found="index", expected="steps with dates")
    step_s = max(STORED_STEP_S, DAY_S // folder.grid.slots_per_day)
    values = quarter_hours(folder.grid.values, step_s * folder.grid.slots_per_day // DAY_S) * KMH[folder.unit]
    begin = datetime.combine(folder.grid.first_date, time(), UTC)
    begin += timedelta(seconds=folder.grid.first_slot * DAY_S // folder.grid.slots_per_day)
    name_the_city(history, time_zone="UTC", known_at=begin)
    step, sensor = np.nonzero(np.isfinite(values))
    rows = pl.DataFrame(
        {"detector_id": np.array([f"s{one:03d}" for one in range(values.shape[1])])[sensor], "step": step}
    ).with_columns(
        pl.Series("speed_kmh", values[step, sensor].astype(np.float64)),
        (pl.lit(begin) + pl.duration(seconds=pl.col("step") * step_s)).dt.cast_time_unit("us").alias("start_at"),
    )
    known = pl.col("start_at") + timedelta(seconds=step_s) + DELAY
    history.append(
        TrafficCounts,
        rows.with_columns(
            known.alias("known_at"),
            known.alias("imported_at"),
            pl.lit(folder.name).alias("source"),
            pl.lit(folder.name).alias("district_id"),
            pl.lit(step_s, dtype=pl.Int64).alias("step_s"),
            *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("flow_veh_h", "occupancy")),
        ).select(TrafficCounts.column_names()),
    )


def quarter_hours(values: Narrow, steps: int) -> Narrow:
    """Means of so many steps each, NaN where none was measured; an incomplete last one is left out."""
    whole = len(values) // steps * steps
    parts = values[:whole].reshape(-1, steps, values.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's word for a quarter hour without a value
        found: Narrow = np.nanmean(parts, axis=1)
    return found
