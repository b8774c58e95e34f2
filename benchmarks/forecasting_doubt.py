"""What intervals are worth on a judged block: coverage per level of the forecast, hour and worst day."""

from typing import Any

import numpy as np

from features.arrays import Floats, Ints, Narrow
from features.dense.grid import DenseGrid
from models.coverage import PREDICTED, coverage_report, tenths

DAY_HOURS = 24
TOP_SHARE = 0.95


def doubt(grid: DenseGrid, target: Ints, said: Floats, *, fitted: int, seed: int) -> dict[str, Any]:
    """The coverage report of forecasts for the steps `target`.

    Args:
        grid: What happened.
        target: Steps that were forecast.
        said: Targets x sensors x (p10, p50, p90).
        fitted: Steps before this one were known when training began: they say what is much for a sensor.
        seed: Of coins and draws.
    """
    block = said.reshape(-1, said.shape[2])
    top = _tops(grid.values[:fitted])
    hour = grid.slot(target) * DAY_HOURS // grid.slots_per_day
    report = coverage_report(
        grid.values[target].ravel(),
        block,
        day=np.repeat(grid.day(target), grid.sensors),
        buckets={PREDICTED: tenths((said[:, :, 1] / top).ravel()), "hour": np.repeat(hour, grid.sensors)},
        seed=seed,
    )
    return report.document()


def _tops(fitted: Narrow) -> Narrow:
    """Per sensor the 95th percentile; a sensor without a value takes the median of the others."""
    told = np.isfinite(fitted).any(axis=0)
    top = np.full(fitted.shape[1], np.nan, np.float32)
    top[told] = np.nanquantile(fitted[:, told], TOP_SHARE, axis=0)
    usual = np.nanmedian(top[top > 0]) if (top > 0).any() else np.float32(1.0)
    return np.where(top > 0, top, usual).astype(np.float32)
