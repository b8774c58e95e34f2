"""How wide the forecast really has to be: the errors of days that no learner had seen, in units of what was said.

An error above the median is divided by p90 - p50 as said, one below by p50 - p10. Its quantiles per bucket of lead are
the factors by which the distances are stretched: at 0.1 and 0.9 that is split-conformal prediction with scaled
residuals (Romano, Patterson and Candes, 2019), in between and outside it gives any quantile that is asked for. What is
then left of it at an hour of the day stretches that hour, as far as the days of the window are believed.
"""

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Self

import numpy as np

from features.arrays import Floats, Ints
from models.calibration import buckets

LEVELS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
LEAD_EDGES_H = (2.0, 8.0, 24.0)
LEAST_ROWS = 200
NARROWEST = 1e-6
PRIOR_DAYS = 1.0
"""Days of one window are alike: with few of them the widths that the learner chose on other days still count."""
DAY_HOURS = 24
HOUR_PRIOR_DAYS = 7.0
"""An hour comes once a day: a week of it is half believed."""
HOUR_BOUNDS = (0.75, 1 / 0.75)
"""A window of other days (a feast) must not undo an hour."""
OUTER = (0.1, 0.5, 0.9)
MEDIAN = LEVELS.index(0.5)
NORMAL = tuple(NormalDist().inv_cdf(level) / NormalDist().inv_cdf(0.9) for level in LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """`factors` is buckets of lead x LEVELS: negative below the median, 0 at it, ascending.

    `by_hour` is the target's hour of the day x (below, above); empty where hours were not told apart.
    """

    edges_h: tuple[float, ...] = ()
    factors: tuple[tuple[float, ...], ...] = (NORMAL,)
    by_hour: tuple[tuple[float, float], ...] = ()

    @classmethod
    def fit(cls, truth: Floats, said: Floats, lead_h: Floats, *, days: int, hour: Ints | None = None) -> Self:
        """`said` is rows x (p10, p50, p90), `hour` the target's. Too few rows with a truth leave it as said."""
        held = np.isfinite(truth) & np.isfinite(said).all(axis=1)
        if held.sum() < LEAST_ROWS:
            return cls()
        off = _scaled(truth[held], said[held])
        bucket = buckets(lead_h[held], LEAD_EDGES_H)
        share = days / (days + PRIOR_DAYS)
        factors = []
        for number in range(len(LEAD_EDGES_H) + 1):
            mine = off[bucket == number]
            factors.append(_factors(mine if len(mine) >= LEAST_ROWS else off, share))
        plain = cls(edges_h=LEAD_EDGES_H, factors=tuple(factors))
        if hour is None:
            return plain
        left = _scaled(truth[held], plain.apply(said[held], lead_h[held], OUTER))
        return replace(plain, by_hour=_by_hour(left, hour[held], days))

    def apply(self, said: Floats, lead_h: Floats, quantiles: tuple[float, ...], *, hour: Ints | None = None) -> Floats:
        """Rows x the quantiles asked for, in the order asked; never crossing. The median stays where it is.

        Beyond the outermost level the distance grows as a normal law's does.
        """
        factors = np.array(self.factors)
        asked = np.stack([_at(row, quantiles) for row in factors])[buckets(lead_h, self.edges_h)]
        below = np.maximum(said[:, 1] - said[:, 0], NARROWEST)[:, None]
        above = np.maximum(said[:, 2] - said[:, 1], NARROWEST)[:, None]
        if hour is not None and self.by_hour:
            stretched = np.array(self.by_hour)[hour]
            below, above = below * stretched[:, :1], above * stretched[:, 1:]
        moved: Floats = said[:, 1][:, None] + np.where(asked < 0, asked * below, asked * above)
        return moved


def _scaled(truth: Floats, said: Floats) -> Floats:
    error = truth - said[:, 1]
    below = np.maximum(said[:, 1] - said[:, 0], NARROWEST)
    above = np.maximum(said[:, 2] - said[:, 1], NARROWEST)
    scaled: Floats = np.where(error < 0, error / below, error / above)
    return scaled


def _by_hour(off: Floats, hour: Ints, days: int) -> tuple[tuple[float, float], ...]:
    """Per hour, with those beside it: how far the outer tenth reaches on each side, drawn to 1."""
    share = days / (days + HOUR_PRIOR_DAYS)
    found = []
    for one in range(DAY_HOURS):
        near = np.isin(hour, [(one - 1) % DAY_HOURS, one, (one + 1) % DAY_HOURS])
        if near.sum() < LEAST_ROWS:
            found.append((1.0, 1.0))
            continue
        reach = np.maximum([np.quantile(-off[near], 0.9), np.quantile(off[near], 0.9)], NARROWEST)
        below, above = np.clip(reach**share, *HOUR_BOUNDS)
        found.append((float(below), float(above)))
    return tuple(found)


def target_hours(origins: Ints, leads: Ints, slots_per_day: int) -> Ints:
    """Origins x leads; both in steps of the wall clock, origins from a midnight on."""
    hours: Ints = (origins[:, None] + leads) % slots_per_day * DAY_HOURS // slots_per_day
    return hours


def _factors(off: Floats, share: float) -> tuple[float, ...]:
    """Empirical quantiles, moved outward by (n + 1) / n, drawn to the said widths by 1 - `share`."""
    outward = (len(off) + 1) / len(off)
    level = np.array([1 - (1 - q) * outward if q < 0.5 else q * outward for q in LEVELS]).clip(0, 1)
    # A truth that repeats the median (a feed that counts in whole vehicles) must not flip a quantile to its far side.
    found = np.quantile(off, level)
    found = np.where(np.arange(len(LEVELS)) < MEDIAN, np.minimum(found, 0), np.maximum(found, 0))
    found[MEDIAN] = 0.0
    mixed = share * found + (1 - share) * np.array(NORMAL)
    return tuple(float(value) for value in np.sort(mixed))


def _at(factors: Floats, quantiles: tuple[float, ...]) -> Floats:
    """Linear between the levels on the scale of a normal law."""
    law = NormalDist()
    knots = np.array([law.inv_cdf(level) for level in LEVELS])
    asked = np.array([law.inv_cdf(quantile) for quantile in quantiles])
    inside = np.interp(asked, knots, factors)
    low, high = factors[0] * asked / knots[0], factors[-1] * asked / knots[-1]
    found: Floats = np.where(asked < knots[0], low, np.where(asked > knots[-1], high, inside))
    return found
