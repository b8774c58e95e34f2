"""Split-conformal correction: each quantile is moved so that it held on days that were not fitted on."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Floats, Ints

LEAST_ROWS = 100
PROBABILITY_BINS, LEAST_IN_BIN = 25, 20
POOLED_SHARE = 0.7
KNOTS, FURTHEST_ODDS = 41, 8.0
LEAST_SAID = 1e-4
LEAST_SLOPE = 0.02
PENALTY, NEWTON_STEPS, HALVINGS = 1.0, 30, 12
FURTHEST = 35.0
"""Log odds beyond which a chance is as good as certain."""


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
    """What a said probability has meant: rising everywhere, linear between its knots. Empty: taken at its word."""

    said: tuple[float, ...] = ()
    happened: tuple[float, ...] = ()

    @classmethod
    def fit(cls, said: Floats, happened: Floats) -> Self:
        """Pooled shares of what happened, mixed with beta calibration, which rises everywhere.

        The shares follow any shape but form plateaus, wide ones in a short history and beyond the last probability
        seen; the parametric part keeps what was told apart apart, without a jump. Beyond the last bin the shares go on
        as the parametric part does: a history of bins that were emptied in time shows no others.
        Sources: pool-adjacent-violators, Ayer et al. (1955); Kull, Silva Filho and Flach, Beta calibration (2017).
        """
        if len(said) < LEAST_ROWS:
            return cls()
        weights = _beta_weights(_inputs(said), happened)
        steps = _pooled(said, happened)
        odds = np.linspace(-FURTHEST_ODDS, FURTHEST_ODDS, KNOTS)
        knots = np.unique(np.concatenate(([0.0, 1.0], _chance(odds), steps[0])))
        smooth = _chance(_inputs(knots) @ weights)
        meant = POOLED_SHARE * _prolonged(knots, steps, smooth) + (1.0 - POOLED_SHARE) * smooth
        return cls(said=tuple(float(one) for one in knots), happened=tuple(float(one) for one in np.round(meant, 12)))

    def apply(self, said: Floats) -> Floats:
        return np.interp(said, self.said, self.happened) if self.said else said


def _prolonged(knots: Floats, steps: tuple[Floats, Floats], smooth: Floats) -> Floats:
    """The shares at `knots`, straight between the bins. Beyond the last the chance of none falls as `smooth` says."""
    last, share = steps[0][-1], steps[1][-1]
    none, none_at_last = 1.0 - smooth, 1.0 - float(np.interp(last, knots, smooth))
    beyond = 1.0 - (1.0 - share) * none / max(none_at_last, LEAST_SAID)
    return np.where(knots > last, np.maximum(beyond, share), np.interp(knots, *steps))


def _pooled(said: Floats, happened: Floats) -> tuple[Floats, Floats]:
    """Shares in bins of equal count at their mean probabilities; neighbours that are not in order are pooled."""
    order = np.argsort(said, kind="stable")
    pooled: list[tuple[float, float, int]] = []
    for one in np.array_split(order, min(PROBABILITY_BINS, len(said) // LEAST_IN_BIN)):
        pooled.append((float(said[one].mean()), float(happened[one].mean()), len(one)))
        while len(pooled) > 1 and (pooled[-2][1] >= pooled[-1][1] or pooled[-2][0] >= pooled[-1][0]):
            (x0, y0, n0), (x1, y1, n1) = pooled[-2:]
            both = n0 + n1
            pooled[-2:] = [((x0 * n0 + x1 * n1) / both, (y0 * n0 + y1 * n1) / both, both)]
    return np.array([x for x, _, _ in pooled]), np.array([y for _, y, _ in pooled])


def _beta_weights(rows: Floats, happened: Floats) -> Floats:
    """Newton's steps, halved until the penalised loss falls; "taken at its word" is the beginning."""
    start = np.array([1.0, 1.0, 0.0])

    def loss(weights: Floats) -> float:
        odds, off = rows @ weights, weights - start
        return float(np.sum(np.logaddexp(0.0, odds) - happened * odds) + 0.5 * PENALTY * off @ off)

    weights, now = start, loss(start)
    for _ in range(NEWTON_STEPS):
        chance = _chance(rows @ weights)
        slope = rows.T @ (chance - happened) + PENALTY * (weights - start)
        step = np.linalg.solve((rows * (chance * (1.0 - chance))[:, None]).T @ rows + PENALTY * np.eye(3), slope)
        for halved in 0.5 ** np.arange(HALVINGS):
            further = weights - halved * step
            further[:2] = np.maximum(further[:2], LEAST_SLOPE)
            if (then := loss(further)) < now:
                weights, now = further, then
                break
        else:
            break
    return weights


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-np.clip(odds, -FURTHEST, FURTHEST)))
    return chance


def _inputs(said: Floats) -> Floats:
    bounded = np.clip(said, LEAST_SAID, 1.0 - LEAST_SAID)
    return np.stack([np.log(bounded), -np.log(1.0 - bounded), np.ones(len(said))], axis=1)
