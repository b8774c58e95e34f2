"""Historical average with one autoregressive coefficient: the baseline that a forecast has to beat.

The forecast of sensor s for step t + h is P(s, slot(t + h)) + phi(s, h) * (x(s, t) - P(s, slot(t))), where P is the
mean per sensor and clock slot of the rows fitted on, x(s, t) the last value carried forward, and phi the coefficient
of the regression without intercept of the residual h steps later on the residual now.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from city.errors import MissingInputError
from features.arrays import Floats, Ints
from features.dense.grid import DenseGrid, carried

QUANTILES = (0.1, 0.5, 0.9)
LEAST_ERRORS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class HaAr1:
    """`profile` is slots x sensors, `phi` horizons x sensors, `errors` horizons x sensors x quantiles."""

    cutoff: int
    horizons: tuple[int, ...]
    profile: Floats
    phi: Floats
    errors: Floats

    @classmethod
    def fit(cls, known: DenseGrid, horizons: tuple[int, ...]) -> Self:
        """Learns from all rows of `known`; a slot without a value takes the sensor's mean."""
        values = known.values.astype(np.float64)
        if not np.isfinite(values).any():
            raise MissingInputError(step="HA + AR(1)", missing=("any value",), todo="Import history first.")
        profile, without_own = _profiles(known)
        slot = known.slot(np.arange(known.steps))
        off, blocked = values - profile[slot], carried(known.values) - without_own
        phi = np.stack([_coefficient(off, horizon) for horizon in horizons])
        errors = np.stack(
            [_error_quantiles(values, without_own, blocked, one, step) for one, step in zip(phi, horizons, strict=True)]
        )
        return cls(cutoff=known.steps, horizons=horizons, profile=profile, phi=phi, errors=errors)

    def predict(self, grid: DenseGrid, origins: Ints, horizon: int) -> Floats:
        """Origins x sensors. Sees nothing after each origin."""
        phi = self.phi[self.horizons.index(horizon)]
        now = carried(grid.values[: int(origins.max()) + 1])[origins] - self.profile[grid.slot(origins)]
        forecast: Floats = self.profile[grid.slot(origins + horizon)] + phi * np.nan_to_num(now)
        return forecast

    def quantiles(self, grid: DenseGrid, origins: Ints, horizon: int) -> Floats:
        """Origins x sensors x (p10, p50, p90): the point forecast and its own past errors, per sensor."""
        middle = self.predict(grid, origins, horizon)
        said: Floats = middle[:, :, None] + self.errors[self.horizons.index(horizon)]
        return said


def _profiles(known: DenseGrid) -> tuple[Floats, Floats]:
    """Mean per slot (slots x sensors), and for each step the mean of the other days (steps x sensors)."""
    cube = known.cube(known.values).astype(np.float64)
    seen = np.isfinite(cube)
    total, count = np.where(seen, cube, 0.0).sum(axis=0), seen.sum(axis=0)
    whole = total.sum(axis=0) / np.maximum(count.sum(axis=0), 1)
    whole = np.where(count.sum(axis=0) > 0, whole, np.nanmean(known.values))
    profile = np.where(count > 0, total / np.maximum(count, 1), whole)
    others = count - seen
    blocked = np.where(others > 0, (total - np.where(seen, cube, 0.0)) / np.maximum(others, 1), whole)
    flat = blocked.reshape(-1, known.sensors)[known.first_slot : known.first_slot + known.steps]
    return profile, flat


def _coefficient(off: Floats, horizon: int) -> Floats:
    now, later = off[:-horizon], off[horizon:]
    both = np.isfinite(now) & np.isfinite(later)
    now, later = np.where(both, now, 0.0), np.where(both, later, 0.0)
    power = (now * now).sum(axis=0)
    found: Floats = np.where(power > 0, (now * later).sum(axis=0) / np.maximum(power, 1e-12), 0.0)
    return found


def _error_quantiles(values: Floats, without_own: Floats, blocked: Floats, phi: Floats, horizon: int) -> Floats:
    """Sensors x quantiles of the errors that the forecast makes on days that its profile has not seen."""
    errors = values[horizon:] - without_own[horizon:] - phi * np.nan_to_num(blocked[:-horizon])
    pooled = np.quantile(errors[np.isfinite(errors)], QUANTILES) if np.isfinite(errors).any() else np.zeros(3)
    found = np.tile(pooled, (errors.shape[1], 1))
    for sensor in np.flatnonzero(np.isfinite(errors).sum(axis=0) >= LEAST_ERRORS):
        mine = errors[:, sensor]
        found[sensor] = np.quantile(mine[np.isfinite(mine)], QUANTILES)
    found[:, 1] = 0.0
    return found
