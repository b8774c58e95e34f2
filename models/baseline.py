"""The simple forecasts that the congestion model must beat, and the rungs that answer where there is none."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from city.errors import MissingInputError
from features.arrays import Floats, Ints
from features.dense.grid import DenseGrid
from features.dense.profile import Profile
from features.dense.residuals import Residuals
from models.dense_settings import QUANTILES
from models.ha_ar1 import HaAr1
from models.leads import between

WEEKS = 8
LEAST_PAIRS = 48
SPREADS = np.array([-1.6, 0.0, 1.6])
"""p90 - p50 over the mean absolute deviation of a normal law (1.28 / 0.80)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SameWeekdays:
    """The median of the same clock slot on the last eight same weekdays; quantiles by its own past errors."""

    errors: Floats
    """Sensors x quantiles, in the grid's unit."""

    @classmethod
    def fit(cls, known: DenseGrid) -> Self:
        """Errors of the same forecast on the rows of `known`; a sensor of few pairs takes those of all."""
        off = known.values - _median_of_weeks(known, np.arange(known.steps), WEEKS)
        seen = np.isfinite(off)
        pooled = np.quantile(off[seen], QUANTILES) if seen.any() else np.zeros(len(QUANTILES))
        errors = np.tile(pooled, (known.sensors, 1))
        for sensor in np.flatnonzero(seen.sum(axis=0) >= LEAST_PAIRS):
            errors[sensor] = np.quantile(off[seen[:, sensor], sensor], QUANTILES)
        errors[:, QUANTILES.index(0.5)] = 0.0
        return cls(errors=errors)

    def quantiles(self, grid: DenseGrid, origins: Ints, leads: Ints) -> Floats:
        """Origins x sensors x leads x quantiles; NaN where no such weekday is known. Sees nothing after the origin."""
        farthest = int(leads.max())
        extended = grid.extended(farthest)
        middle = [_median_of_weeks(extended, origins + lead, WEEKS, known_until=origins) for lead in leads]
        said: Floats = np.stack(middle, axis=2)[..., None] + self.errors[:, None, :]
        return said


def _median_of_weeks(grid: DenseGrid, step: Ints, weeks: int, *, known_until: Ints | None = None) -> Floats:
    back = 7 * grid.slots_per_day
    found = np.full((weeks, len(step), grid.sensors), np.nan, np.float32)
    for week in range(1, weeks + 1):
        earlier = step - week * back
        usable = earlier >= 0 if known_until is None else (earlier >= 0) & (earlier <= known_until)
        found[week - 1, usable] = grid.values[earlier[usable]]
    held = np.isfinite(found).any(axis=0)
    middle = np.full(held.shape, np.nan)
    middle[held] = np.nanmedian(found[:, held], axis=0)
    return middle


def ha_ar1_quantiles(model: HaAr1, grid: DenseGrid, origins: Ints, leads: Ints) -> Floats:
    """Origins x sensors x leads x quantiles: linear in the lead, around the profile, between the fitted horizons."""
    at = model.horizons
    off = np.stack(
        [model.quantiles(grid, origins, h) - model.profile[grid.slot(origins + h)][..., None] for h in at], axis=2
    )
    usual = np.stack([model.profile[grid.slot(origins + lead)] for lead in leads], axis=2)
    said: Floats = usual[..., None] + between(at, off, leads)
    return said


def profile_quantiles(known: DenseGrid, leads: Ints) -> Floats:
    """Sensors x leads x quantiles for steps after the last one of `known`, whatever the newest values say.

    What is usual for the weekday and clock slot and how far days stray from it; with less than three days the mean
    of the slot.
    """
    target = known.steps - 1 + leads
    try:
        state = Residuals.fit(known, Profile.fit(known))
    except MissingInputError:
        plain = HaAr1.fit(known, (1,))
        return np.swapaxes(plain.profile[known.slot(target)][..., None] + plain.errors[0], 0, 1)
    unusual = state.apply(known.extended(int(leads.max())), ahead_days=0, live=True)
    usual, spread = unusual.usual[0][target], np.nan_to_num(unusual.spread[0][target]) * state.sd
    said: Floats = np.swapaxes(usual[..., None] + spread[..., None] * SPREADS, 0, 1)
    return said
