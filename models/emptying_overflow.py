"""P(a bin is found full, or above full) at an emptying whose moment is given."""

from dataclasses import dataclass
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Floats, Ints
from features.emptying_recipe import features_of
from features.emptyings import EmptyingRows, Emptyings
from features.grouped_past import GroupedPast
from models.emptyings import EMPTYING_SETTINGS, taught_places
from models.quantile_gbm import Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

ROUNDS = 200
RATE_DAYS = 60
EVER_DAYS = 36_500
FOREST_SHARE = 0.6
"""Above full is written down for weeks and then not: the boosters are averaged with the point's rate of 60 days."""
PSEUDO_VISITS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowForest:
    """`full`: found at 1 or more (censored readings); `over`: found above 1. A constant where nothing ever differed."""

    features: tuple[str, ...]
    full: lgb.Booster
    over: lgb.Booster
    until_s: int

    @classmethod
    def train(cls, emptyings: Emptyings, *, until_s: int, settled: Settled = EMPTYING_SETTINGS) -> Self:
        rows, place = taught_places(emptyings, until_s=until_s, seed=settled.seed)
        features = features_of(emptyings, rows, emptyings.recent(rows))
        names = told_columns(features)
        matrix, level = as_matrix(features, names), emptyings.level[place]

        def taught(happened: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> lgb.Booster:
            shown = lgb.Dataset(matrix, label=happened.astype(np.float64), feature_name=list(names))
            return lgb.train(_binary(settled), shown, num_boost_round=ROUNDS, keep_training_booster=False)

        return cls(features=names, full=taught(level >= 1.0), over=taught(level > 1.0), until_s=until_s)

    def predict(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> tuple[Floats, Floats]:
        """P(found at 1 or more), P(found above 1); the second never exceeds the first."""
        matrix = as_matrix(features_of(emptyings, rows, emptyings.recent(rows)), self.features)
        full, over = (
            np.asarray(booster.predict(matrix, num_threads=threads), np.float64) for booster in (self.full, self.over)
        )
        rate = point_rate(emptyings, rows, (emptyings.level > 1.0).astype(np.float64), RATE_DAYS)
        return full, np.minimum(full, FOREST_SHARE * over + (1.0 - FOREST_SHARE) * rate)


def _binary(settled: Settled) -> dict[str, object]:
    return settled.for_quantile(0.5) | {"objective": "binary", "metric": "binary_logloss"}


def stream_rate(emptyings: Emptyings, rows: EmptyingRows, happened: Floats, days: int) -> Floats:
    """Per row: how often it happened to the row's stream in the last days known at the origin."""
    return _rate(emptyings, _stream_of_series(emptyings), rows, happened, days)


def point_rate(emptyings: Emptyings, rows: EmptyingRows, happened: Floats, days: int) -> Floats:
    """The same of the row's own point, as if it had seen a few more visits at its stream's rate."""
    own = np.arange(len(emptyings.keys))
    return _rate(emptyings, own, rows, happened, days, prior=stream_rate(emptyings, rows, happened, days))


def _stream_of_series(emptyings: Emptyings) -> Ints:
    return np.unique(emptyings.streams, return_inverse=True)[1].astype(np.int64)


def _rate(
    emptyings: Emptyings, group: Ints, rows: EmptyingRows, happened: Floats, days: int, *, prior: Floats | None = None
) -> Floats:
    past = GroupedPast.of(group[emptyings.series], emptyings.known_s, happened)
    count, total = past.counted(group[rows.series], rows.origin_s, days)
    if prior is not None:
        return (total + PSEUDO_VISITS * prior) / (count + PSEUDO_VISITS)
    overall = float(happened.mean()) if len(happened) else 0.0
    return np.where(count > 0, total / np.maximum(count, 1.0), overall)
