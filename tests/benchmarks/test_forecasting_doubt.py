"""The judged block's doubt, on a street whose quantiles are known."""

import numpy as np
from scipy.stats import norm

from benchmarks.forecasting_doubt import doubt
from features.dense.grid import DenseGrid

SLOTS, SENSORS, DAYS = 48, 20, 30
LEVELS = norm.ppf([0.1, 0.5, 0.9])


def block(late: float) -> tuple[DenseGrid, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """A fast and a slow half of sensors, twenty days to fit on, ten to judge; from noon on `late` times the noise."""
    rng = np.random.default_rng(3)
    usual = np.where(np.arange(SENSORS) < SENSORS // 2, 80.0, 40.0) * np.ones((DAYS * SLOTS, 1))
    usual *= 1 - 0.3 * rng.random(usual.shape)
    noise = np.where(np.arange(DAYS * SLOTS) % SLOTS >= SLOTS // 2, late, 1.0)[:, None]
    values = (usual + rng.normal(0, 1, usual.shape) * noise).astype(np.float32)
    return DenseGrid(values=values, slots_per_day=SLOTS), usual[:, :, None] + LEVELS


def test_a_forecast_that_tells_the_truth_passes_in_every_bucket() -> None:
    grid, said = block(1.0)
    target = np.arange(20 * SLOTS, DAYS * SLOTS)

    found = doubt(grid, target, said[target], fitted=20 * SLOTS, seed=1)

    assert found["misses"] == []
    assert [cell["name"] for cell in found["cells"]["hour"]] == [str(hour) for hour in range(24)]
    assert found["overall"]["days"] == 10


def test_hours_that_are_wilder_than_said_are_named() -> None:
    grid, said = block(2.0)
    target = np.arange(20 * SLOTS, DAYS * SLOTS)

    found = doubt(grid, target, said[target], fitted=20 * SLOTS, seed=1)

    named = {miss["sentence"].split(":")[0] for miss in found["misses"] if miss["sentence"].startswith("hour")}
    assert named == {f"hour {hour}" for hour in range(12, 24)}
