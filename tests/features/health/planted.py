"""Healthy series and faults planted at a known interval: what the judge of feed health is judged by."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.health.findings import Fault

Series = NDArray[np.float64]
ZONE = ZoneInfo("Australia/Melbourne")
FACTORS = (4.0, 0.25, 12.0, 1 / 12, 100.0, 0.01, 1000.0, 0.001)


def counts(seed: int, *, days: int = 35, step_s: int = 900, level: float = 300.0) -> Series:
    """One detector: two peaks a day, quiet nights that fall to zero, calmer weekends, busy and calm days, noise."""
    dice = np.random.default_rng(seed)
    slots = 86_400 // step_s
    hour = np.arange(slots) * 24 / slots
    morning, evening = dice.uniform(7, 9), dice.uniform(16, 18.5)
    shape = np.exp(-((hour - morning) ** 2) / 3) + 0.9 * np.exp(-((hour - evening) ** 2) / 5)
    shape += 0.5 * (hour > 6) * (hour < 22)
    weekend = 0.6 * np.exp(-((hour - 13) ** 2) / 14)
    mean = np.concatenate([(weekend if day % 7 >= 5 else shape) * dice.normal(1, 0.06) for day in range(days)])
    expected = np.maximum(mean * level * step_s / 3600, 0.02)
    return dice.poisson(expected).astype(np.float64) * 3600 / step_s


def _shifted(series: Series, start: int, steps: int) -> Series:
    moved = series.copy()
    moved[start:] = np.roll(series, steps)[start:]
    return moved


def _jumping(series: Series, start: int, dice: np.random.Generator) -> Series:
    hit = dice.random(len(series) - start) < 0.3
    wild = dice.uniform(0, 3 * np.nanmax(series), len(series) - start)
    series[start:] = np.where(hit, wild, series[start:])
    return series


def _holes(series: Series, start: int, dice: np.random.Generator) -> Series:
    series[start:][dice.random(len(series) - start) < 0.5] = np.nan
    series[-1] = 1.0
    return series


def planted(series: Series, fault: Fault, start: int, seed: int, *, step_s: int = 900) -> Series:
    """A copy of the series that shows the fault from `start` to its end."""
    dice = np.random.default_rng(seed)
    own = series.copy()
    if fault is Fault.STALE:
        own[start:] = np.nan
    elif fault is Fault.ALL_ZERO:
        own[start:] = 0.0
    elif fault is Fault.FLAT:
        own[start:] = max(float(own[start]), 4.0)
    elif fault is Fault.UNIT_CHANGED:
        own[start:] *= float(dice.choice((4.0, 0.25, 12.0, 100.0)))
    elif fault is Fault.CLOCK_SHIFTED:
        own = _shifted(own, start, int(dice.choice((-2, -1, 1, 8))) * 3600 // step_s)
    else:
        own = (_jumping if fault is Fault.JUMPING else _holes)(own, start, dice)
    return own


def frame(series: dict[str, Series], begin: datetime, *, step_s: int = 900) -> pl.DataFrame:
    """Wall-clock series as the rows of a feed; the hour that a clock change leaves out falls away."""
    length = max(len(one) for one in series.values())
    walls = pl.datetime_range(
        begin, begin + timedelta(seconds=step_s * (length - 1)), interval=f"{step_s}s", eager=True
    ).dt.replace_time_zone(ZONE.key, ambiguous="latest", non_existent="null")
    moments = walls.dt.convert_time_zone("UTC").alias("at")
    parts = [
        pl.DataFrame({"at": moments[: len(one)], "value": one}).with_columns(sensor=pl.lit(name))
        for name, one in series.items()
    ]
    rows = pl.concat(parts).filter(pl.col("at").is_not_null() & pl.col("value").is_not_nan())
    return rows.select("sensor", "at", "value")
