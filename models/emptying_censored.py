"""Fill found at an emptying as a censored law: a reading of 1 or more only says that the heap was at least that high.

Source: Tobin, Estimation of relationships for limited dependent variables (1958). The mean is boosted, the spread is
one number; the log likelihood of a censored row is log P(heap >= 1).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.stats import norm

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Flags, Floats
from features.emptying_recipe import features_of
from features.emptyings import EmptyingRows, Emptyings
from models.emptyings import EMPTYING_SETTINGS, taught_places
from models.quantile_gbm import Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

FULL = 1.0
ROUNDS = 150
SPREADS = tuple(round(0.05 * step, 2) for step in range(1, 17))
MEANS = tuple(round(0.4 + 0.025 * step, 3) for step in range(61))
LEAST_CHANCE = 1e-12


def log_likelihood(level: Floats, mean: Floats, spread: Floats | float) -> Floats:
    """Per row: log density below full, log P(heap >= 1) at full and above."""
    full = level >= FULL
    density = norm.logpdf(level, mean, spread)
    reached = np.log(np.maximum(norm.sf(FULL, mean, spread), LEAST_CHANCE))
    found: Floats = np.where(full, reached, density)
    return found


def likeliest(level: Floats) -> tuple[float, float]:
    """Mean and spread of one censored law for all rows, on a grid: the climatology."""
    scored = {
        (mean, spread): float(log_likelihood(level, np.full(len(level), mean), spread).mean())
        for mean in MEANS
        for spread in SPREADS
    }
    return max(scored, key=scored.__getitem__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CensoredFill:
    """`booster` adds to `start`, the mean of the climatology; shares of capacity, as are the spreads.

    `wide` is the spread of the climatology, `spread` what is left of it.
    """

    features: tuple[str, ...]
    booster: lgb.Booster
    start: float
    wide: float
    spread: float
    until_s: int

    @classmethod
    def train(cls, emptyings: Emptyings, *, until_s: int, settled: Settled = EMPTYING_SETTINGS) -> Self:
        rows, place = taught_places(emptyings, until_s=until_s, seed=settled.seed)
        features = features_of(emptyings, rows, emptyings.recent(rows))
        names = told_columns(features)
        matrix, level = as_matrix(features, names), emptyings.level[place]
        start, wide = likeliest(level)
        shown = lgb.Dataset(
            matrix, label=level, init_score=np.full(len(level), start), feature_name=list(names), free_raw_data=False
        )
        booster = lgb.train(
            settled.for_quantile(0.5) | {"objective": _Descent(level >= FULL, wide), "metric": "none"},
            shown,
            num_boost_round=min(ROUNDS, settled.rounds),
            keep_training_booster=False,
        )
        mean = start + np.asarray(booster.predict(matrix, num_threads=settled.threads), np.float64)
        spread = max(SPREADS, key=lambda one: float(log_likelihood(level, mean, one).mean()))
        return cls(features=names, booster=booster, start=start, wide=wide, spread=spread, until_s=until_s)

    def mean(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> Floats:
        """Mean of the uncensored heap, shares of capacity; it may lie above full."""
        matrix = as_matrix(features_of(emptyings, rows, emptyings.recent(rows)), self.features)
        return self.start + np.asarray(self.booster.predict(matrix, num_threads=threads), np.float64)


@dataclass(frozen=True, slots=True)
class _Descent:
    """Gradient and curvature of the negative log likelihood in the mean."""

    full: Flags
    spread: float

    def __call__(self, mean: Floats, shown: lgb.Dataset) -> tuple[Floats, Floats]:
        off = (np.asarray(shown.get_label(), np.float64) - mean) / self.spread
        short = (FULL - mean) / self.spread
        hazard = np.exp(norm.logpdf(short) - norm.logsf(short))
        slope = np.where(self.full, -hazard, -off) / self.spread
        curve = np.where(self.full, np.maximum(hazard * (hazard - short), 1e-3), 1.0) / self.spread**2
        return slope, curve
