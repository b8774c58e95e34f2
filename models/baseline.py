"""The forecasts that any model must beat, and the rung that answers when there is none."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Floats
from features.steps import Known, Rows
from models.quantile_gbm import QUANTILES

WEEKS = (1, 2, 3, 4)
LEAST_PAIRS = 48
YOUNG_SPREAD = 1.6
"""Before a detector has two weeks: p90 - p50 over the mean absolute deviation of a normal law (1.28 / 0.80)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """The same local slot a week before the target.

    Where that is missing: the newest same weekday that is not, then the newest day at all, then the profile. Its
    quantiles add those of its own past errors, per detector.
    """

    measure: str
    errors: Floats
    """detectors x quantiles, in the measure's unit; NaN before there were enough pairs of weeks."""

    @classmethod
    def fit(cls, known: Known, measure: str, *, until_step: int) -> Self:
        """Errors of "a week earlier" over the last eight weeks before `until_step`."""
        week = 7 * known.grid.clock.slots_per_day
        values = known.grid.values[measure][max(0, until_step - 9 * week) : until_step].astype(np.float64)
        errors = np.full((values.shape[1], len(QUANTILES)), np.nan)
        if len(values) > week:
            off = values[week:] - values[:-week]
            enough = np.isfinite(off).sum(axis=0) >= LEAST_PAIRS
            errors[enough] = np.nanquantile(off[:, enough], QUANTILES, axis=0).T
        errors[:, QUANTILES.index(0.5)] = 0.0
        return cls(measure=measure, errors=errors)

    def predict(self, known: Known, rows: Rows) -> Floats:
        """Rows x quantiles, in the measure's unit, in order and not below 0."""
        middle = self._same_slot(known, rows)
        _, spread = known.usual(self.measure, rows)
        usual_off = np.array([-YOUNG_SPREAD, 0.0, YOUNG_SPREAD]) * spread.astype(np.float64)[:, None]
        off = self.errors[rows.detector]
        off = np.where(np.isfinite(off), off, usual_off)
        return np.sort(np.maximum(middle[:, None] + off, 0.0), axis=1)

    def _same_slot(self, known: Known, rows: Rows) -> Floats:
        clock, values = known.grid.clock, known.grid.values[self.measure]
        lead_days = np.maximum(1, -(-(rows.target - rows.origin) // clock.slots_per_day))
        found = np.full(len(rows), np.nan)
        for back in (*(np.full(len(rows), 7 * week) for week in WEEKS), *(lead_days + more for more in range(3))):
            step = clock.step_at(clock.day[rows.target] - back, clock.slot[rows.target])
            inside = (step >= 0) & (step <= rows.origin) & (step < len(values))
            value = np.where(inside, values[np.where(inside, step, 0), rows.detector], np.nan)
            found = np.where(np.isfinite(found), found, value)
        usual, _ = known.usual(self.measure, rows)
        return np.where(np.isfinite(found), found, usual.astype(np.float64))
