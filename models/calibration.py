"""Split-conformal correction: each quantile is moved so that it held on days that were not fitted on."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Floats, Ints

LEAST_ROWS = 100
PROBABILITY_BINS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformal:
    """`shifts` is buckets x quantiles, in the learner's unit; `edges` are the leads (h) between the buckets."""

    edges: tuple[float, ...]
    shifts: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(
        cls, truth: Floats, forecasts: Floats, lead_h: Floats, *, quantiles: tuple[float, ...], edges: tuple[float, ...]
    ) -> Self:
        """The (n + 1) q / n quantile of truth - forecast, per bucket of lead.

        Source: Romano, Patterson and Candes, Conformalized Quantile Regression (2019), one-sided per quantile. The
        median stays where it is: moving it would trade its error for nothing. A bucket of too few rows takes all.
        """
        bucket = buckets(lead_h, edges)
        shifts = []
        for number in range(len(edges) + 1):
            mine = bucket == number
            rows = mine if mine.sum() >= LEAST_ROWS else np.ones(len(truth), np.bool_)
            shifts.append(tuple(_shift(truth[rows] - forecasts[rows, k], q) for k, q in enumerate(quantiles)))
        return cls(edges=edges, shifts=tuple(shifts))

    def apply(self, forecasts: Floats, lead_h: Floats) -> Floats:
        """Moved and put in order again."""
        return np.sort(forecasts + np.array(self.shifts)[buckets(lead_h, self.edges)], axis=1)


def buckets(lead_h: Floats, edges: tuple[float, ...]) -> Ints:
    return np.searchsorted(np.array(edges), lead_h, side="left").astype(np.int64)


def _shift(off: Floats, quantile: float) -> float:
    off = off[np.isfinite(off)]
    if quantile == 0.5 or len(off) < LEAST_ROWS:
        return 0.0
    outward = (len(off) + 1) / len(off)
    level = 1.0 - (1.0 - quantile) * outward if quantile < 0.5 else quantile * outward
    return float(np.quantile(off, np.clip(level, 0.0, 1.0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilityCurve:
    """What a said probability has meant: never falling, linear between its knots. Empty: taken at its word."""

    said: tuple[float, ...] = ()
    happened: tuple[float, ...] = ()

    @classmethod
    def fit(cls, said: Floats, happened: Floats) -> Self:
        """Observed shares in bins of equal count, made monotone by pooling neighbours that violate it.

        Source: pool-adjacent-violators, Ayer et al. (1955).
        """
        if len(said) < LEAST_ROWS:
            return cls()
        order = np.argsort(said, kind="stable")
        bins = np.array_split(order, min(PROBABILITY_BINS, len(said) // 20))
        pooled: list[tuple[float, float, int]] = []
        for one in bins:
            pooled.append((float(said[one].mean()), float(happened[one].mean()), len(one)))
            while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
                (x0, y0, n0), (x1, y1, n1) = pooled[-2:]
                both = n0 + n1
                pooled[-2:] = [((x0 * n0 + x1 * n1) / both, (y0 * n0 + y1 * n1) / both, both)]
        return cls(said=tuple(x for x, _, _ in pooled), happened=tuple(y for _, y, _ in pooled))

    def apply(self, said: Floats) -> Floats:
        return np.interp(said, self.said, self.happened) if self.said else said
