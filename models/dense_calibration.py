"""What the learners said of days they had not seen, and what follows from it: blend weights and honest widths."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Floats, Ints

LEAST_ROWS = 200
BUCKETS = 5
SHARES = np.linspace(0.0, 1.0, 21)
NARROWEST = 1e-3


def best_share(truth: Floats, one: Floats, other: Floats) -> float:
    """The share of `one` in a mean of two forecasts with the smallest absolute error."""
    errors = [float(np.abs(truth - share * one - (1 - share) * other).mean()) for share in SHARES]
    return float(SHARES[int(np.argmin(errors))])


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """Per bucket of the predicted level (share of the sensor's 95th percentile): factors of both half-widths.

    Source: split-conformal prediction with scaled residuals, one-sided per quantile (Romano, Patterson and Candes,
    2019): the factor is the (n + 1) 0.9 / n quantile of the error in units of the half-width that was said.
    """

    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def fit(cls, truth: Floats, said: Floats, level: Floats) -> Self:
        """`said` is rows x (p10, p50, p90)."""
        edges = tuple(float(edge) for edge in np.unique(np.quantile(level, np.arange(1, BUCKETS) / BUCKETS)))
        bucket = _bucket(level, edges)
        below = (said[:, 1] - truth) / np.maximum(said[:, 1] - said[:, 0], NARROWEST)
        above = (truth - said[:, 1]) / np.maximum(said[:, 2] - said[:, 1], NARROWEST)
        low, high = [], []
        for number in range(len(edges) + 1):
            mine = bucket == number
            rows = mine if mine.sum() >= LEAST_ROWS else np.ones(len(truth), np.bool_)
            low.append(_factor(below[rows]))
            high.append(_factor(above[rows]))
        return cls(edges=edges, low=tuple(low), high=tuple(high))

    def apply(self, said: Floats, level: Floats) -> Floats:
        """Never crossing: half-widths are never negative."""
        bucket = _bucket(level, self.edges)
        low = np.array(self.low)[bucket] * np.maximum(said[:, 1] - said[:, 0], NARROWEST)
        high = np.array(self.high)[bucket] * np.maximum(said[:, 2] - said[:, 1], NARROWEST)
        return np.stack([said[:, 1] - low, said[:, 1], said[:, 1] + high], axis=1)


def _bucket(level: Floats, edges: tuple[float, ...]) -> Ints:
    return np.searchsorted(np.array(edges), level, side="left").astype(np.int64)


def _factor(error: Floats) -> float:
    share = min(0.9 * (len(error) + 1) / len(error), 1.0)
    return max(float(np.quantile(error, share)), 0.0)
