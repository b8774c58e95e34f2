"""What the same day of earlier years was like: feasts and holiday seasons, learned without a list of them.

A day's kin in an earlier year are the same date (25 December), the same weekday of the month (the second Monday in
June) and the same distance from Easter. All lie about a year back: whatever the horizon, they are over at the origin.
"""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from features.arrays import Ints, Narrow
from features.dense.grid import DenseGrid
from features.dense.residuals import FARTHEST, Unusual

YEARS = 3
FROM_DAYS = 500
"""With less history too few training rows have a year before them."""


def has_years(grid: DenseGrid, cutoff: int) -> bool:
    return grid.first_date is not None and cutoff >= FROM_DAYS * grid.slots_per_day


def anniversaries(grid: DenseGrid, unusual: Unusual, usual: Narrow, sd: Narrow) -> dict[str, Narrow]:
    """Of each step's own day, steps x sensors, NaN where no earlier year is known; none without a `first_date`.

    `kin_*_city` is the mean residual of all sensors on the kin days, `kin_*_level` the value there at the same slot,
    less `usual` (what is usual for the step's day as known at its earliest origin), in sd.
    """
    if grid.first_date is None:
        return {}
    values, residual = grid.cube(grid.values), grid.cube(unusual.residual)
    city = _mean(np.clip(residual, -FARTHEST, FARTHEST).reshape(grid.days, -1))
    found = {}
    for name, kin in KINDS.items():
        day = _kin_days(grid.first_date, grid.days, kin)
        by_day = _over_years(city[:, None, None], day)
        found[f"kin_{name}_city"] = grid.flat(np.broadcast_to(by_day, values.shape))
        level = (grid.flat(_over_years(values, day)) - usual) / sd
        found[f"kin_{name}_level"] = np.clip(level, -FARTHEST, FARTHEST).astype(np.float32)
    return found


def _mean(rows: Narrow) -> Narrow:
    seen = np.isfinite(rows)
    count = seen.sum(axis=1)
    total = np.where(seen, rows, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _over_years(cube: Narrow, kin: Ints) -> Narrow:
    """Days x ...: the mean over each day's kin; NaN where none was measured."""
    total = np.zeros_like(cube)
    count = np.zeros_like(cube)
    for day in kin.T:
        one = np.where((day >= 0)[:, None, None], cube[np.maximum(day, 0)], np.float32(np.nan))
        seen = np.isfinite(one)
        total += np.where(seen, one, np.float32(0.0))
        count += seen
    return np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan)).astype(np.float32)


def _kin_days(first: date, days: int, kin: Callable[[date, int], date | None]) -> Ints:
    """Days x years: places of the kin days in the grid, -1 where there are none."""
    found = np.full((days, YEARS), -1, np.int64)
    for place in range(days):
        for back in range(1, YEARS + 1):
            then = kin(first + timedelta(days=place), back)
            if then is not None and then >= first:
                found[place, back - 1] = (then - first).days
    return found


def same_date(day: date, years_back: int) -> date | None:
    if (day.month, day.day) == (2, 29):
        return None
    return day.replace(year=day.year - years_back)


def same_weekday_of_month(day: date, years_back: int) -> date | None:
    """The n-th Monday of a month stays the n-th Monday; None where that year's month has no fifth one."""
    start = date(day.year - years_back, day.month, 1)
    ahead = (day.weekday() - start.weekday()) % 7 + (day.day - 1) // 7 * 7
    then = start + timedelta(days=ahead)
    return then if then.month == day.month else None


def same_from_easter(day: date, years_back: int) -> date | None:
    return easter(day.year - years_back) + (day - easter(day.year))


def easter(year: int) -> date:
    """Easter Sunday, Gregorian. Source: the anonymous algorithm (Meeus, Astronomical Algorithms, 1991)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


KINDS: dict[str, Callable[[date, int], date | None]] = {
    "date": same_date,
    "weekday": same_weekday_of_month,
    "easter": same_from_easter,
}
