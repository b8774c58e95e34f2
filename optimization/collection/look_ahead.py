"""How a point fares on its own: the age at which it is best emptied, and what each day of age is worth.

With q(a) = P(overflow within a days after an emptying), c the cost of a visit and a price for each day that a point
stands overflowed, a cycle of t days costs c + price (q(1) + ... + q(t)); its least mean per day is g (renewal reward).
The relative values of an age, which a look-ahead of some days ends in, obey

    V(a) = min(c + price q(1) + V(1), price q(a + 1) + V(a + 1)) - g,   V(1) = 0.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOOK_AHEAD_DAYS = 7
OLDEST_DAYS = 60  # a point as old as that is served whatever it costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What the forecast says of points: arrays of points x days.

    `left[:, k]`: P(overflow before the visit of day k if nobody comes earlier), k = 0 (today) to 7.
    `fresh[:, a]`: P(overflow within a days after an emptying), a = 0 to OLDEST_DAYS.
    `age_after`: days that an emptied point takes to the fill expected after the last day of `left`.
    """

    left: Floats
    fresh: Floats
    age_after: Floats

    def __len__(self) -> int:
        return len(self.left)


def standing(outlook: Outlook) -> Outlook:
    """The same with days that a point is expected to have stood overflowed by then, in place of chances.

    So priced, a bin that nobody comes to gets dearer day by day: else the far ones would be given up.
    """
    fresh = np.cumsum(outlook.fresh, axis=1)
    past = between(fresh, np.maximum(outlook.age_after - LOOK_AHEAD_DAYS, 0.0)[:, None])
    days = past + np.cumsum(outlook.left[:, 1:], axis=1)
    return Outlook(left=np.hstack([past, days]), fresh=fresh, age_after=outlook.age_after)


def between(by_age: Floats, ages: Floats) -> Floats:
    """Values of ages (points x any) between whole ones; the first column is age 0."""
    oldest = by_age.shape[1] - 1
    ages = np.minimum(ages, float(oldest))
    whole = np.minimum(ages.astype(np.int64), oldest - 1)
    part = ages - whole
    rows = np.arange(len(by_age))[:, None]
    found: Floats = (1 - part) * by_age[rows, whole] + part * by_age[rows, whole + 1]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """Per point: least cost per day, V (`values[:, a - 1]` is V(a)), and the age at which to empty it."""

    cost_per_day: Floats
    values: Floats
    best_age: Ints


def stationary(fresh: Floats, visit_costs: Floats, overflow_price: float) -> Cycles:
    """Each point is emptied at its best age for ever; `visit_costs` per point, in the unit of the trucks' costs.

    `fresh` is as in `Outlook`, chances or days standing.
    """
    oldest = fresh.shape[1] - 1
    ages = np.arange(1, oldest + 1)
    per_day = (visit_costs[:, None] + overflow_price * np.cumsum(fresh[:, 1:], axis=1)) / ages
    best = np.argmin(per_day, axis=1)
    rows = np.arange(len(fresh))
    cost_per_day = per_day[rows, best]
    return Cycles(
        cost_per_day=cost_per_day,
        values=_values(fresh, visit_costs, overflow_price, cost_per_day),
        best_age=ages[best],
    )


def _values(fresh: Floats, visit_costs: Floats, overflow_price: float, cost_per_day: Floats) -> Floats:
    oldest = fresh.shape[1] - 1
    values = np.empty((len(fresh), oldest))
    served = visit_costs + overflow_price * fresh[:, 1] - cost_per_day
    values[:, -1] = served
    for age in range(oldest - 1, 0, -1):
        waiting = overflow_price * fresh[:, age + 1] + values[:, age] - cost_per_day
        values[:, age - 1] = np.minimum(served, waiting)
    return values
