"""What is usual for a sensor at each time of day: the middle of its reference days, and how far they spread."""

from dataclasses import dataclass

import numpy as np

from features.health.grid import DayGrid, Flags, Values

_FEWEST_DAYS = 3
_NORMAL = 1.4826  # MAD of a normal distribution -> its standard deviation


@dataclass(frozen=True, eq=False)
class Profile:
    """sensors x intervals of the day, for working days and for weekends. NaN where too little is known."""

    workday: Values
    weekend: Values
    spread: Values
    nonzero: Values
    seen: Values

    def of(self, weekend: Flags) -> Values:
        """Sensors x days x intervals."""
        return np.where(weekend[None, :, None], self.weekend[:, None, :], self.workday[:, None, :])


def profile(grid: DayGrid) -> Profile:
    days = min(grid.reference_days, grid.days)
    known = grid.values[:, :days]
    weekend = grid.weekend[:days]
    everyday = _middle(known)
    workday = _or(_middle(known[:, ~weekend]), everyday)
    at_weekend = _or(_middle(known[:, weekend], fewest=2), workday)
    usual = np.where(weekend[None, :, None], at_weekend[:, None, :], workday[:, None, :])
    spread = _smooth(_middle(np.abs(known - usual))) * _NORMAL
    level = np.mean(np.nan_to_num(workday), axis=1, keepdims=True)
    # Counts scatter by the root of what is counted; a floor keeps quiet nights from making every value a jump.
    floor = np.maximum(0.05 * level, np.sqrt(np.maximum(np.nan_to_num(workday), 0.0) * level) * 0.05)
    seen = np.sum(~np.isnan(known), axis=1).astype(np.float32)
    nonzero = (np.sum(np.nan_to_num(known) != 0, axis=1) / np.maximum(seen, 1)).astype(np.float32)
    return Profile(workday, at_weekend, np.maximum(np.nan_to_num(spread), floor).astype(np.float32), nonzero, seen)


def _middle(values: Values, fewest: int = _FEWEST_DAYS) -> Values:
    """Median over days without NaN; NaN where fewer days are known."""
    if values.shape[1] == 0:
        return np.full((values.shape[0], values.shape[2]), np.nan, dtype=np.float32)
    ordered = np.sort(values, axis=1)
    count = np.sum(~np.isnan(values), axis=1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, values.shape[1] - 1)
    pair = [np.take_along_axis(ordered, place[:, None, :], axis=1)[:, 0] for place in (low, high)]
    return np.where(count >= fewest, (pair[0] + pair[1]) / 2, np.nan).astype(np.float32)


def _or(values: Values, other: Values) -> Values:
    return np.where(np.isnan(values), other, values)


def _smooth(values: Values) -> Values:
    """Mean with both neighbours in the day's circle."""
    filled = np.nan_to_num(values)
    return ((np.roll(filled, 1, axis=1) + filled + np.roll(filled, -1, axis=1)) / 3).astype(np.float32)
