"""P(a bin is found full, or above full) at an emptying whose moment is given."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Columns, Flags, Floats, Ints, narrow, stacked
from features.emptying_amounts import memories
from features.emptying_recipe import features_of
from features.emptyings import EmptyingRows, Emptyings
from features.grouped_past import GroupedPast
from models.emptyings import EMPTYING_SETTINGS, enough_to_teach, taught_places
from models.quantile_gbm import Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

ROUNDS, LEAVES = 120, 7
RATE_DAYS, NEW_DAYS, NOW_DAYS = 60, 28, 14
EVER_DAYS = 36_500
FOREST_SHARE = 0.7
"""Above full is written down for weeks and then not: the boosters are averaged with where they begin."""
FOLLOWED = 0.6
"""How far a point follows its stream's last two weeks, in log odds."""
PSEUDO_VISITS = 5.0
LEAST_CHANCE, MOST_CHANCE = 0.005, 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowForest:
    """`full`: found at 1 or more (censored readings); `over`: found above 1. Both begin at the point's own rates."""

    features: tuple[str, ...]
    full: lgb.Booster
    over: lgb.Booster
    until_s: int

    @classmethod
    def train(cls, emptyings: Emptyings, *, until_s: int, settled: Settled = EMPTYING_SETTINGS) -> Self:
        rows, place = taught_places(emptyings, until_s=until_s, seed=settled.seed)
        features = _features(emptyings, enough_to_teach(rows))
        names = told_columns(features)
        matrix = as_matrix(features, names)

        def taught(happened: Flags) -> lgb.Booster:
            seen = happened.astype(np.float64)
            shown = lgb.Dataset(
                matrix, label=seen[place], init_score=begin(emptyings, rows, seen), feature_name=list(names)
            )
            return lgb.train(
                _binary(settled), shown, num_boost_round=min(ROUNDS, settled.rounds), keep_training_booster=False
            )

        return cls(
            features=names, full=taught(emptyings.level >= 1.0), over=taught(emptyings.level > 1.0), until_s=until_s
        )

    def predict(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> tuple[Floats, Floats]:
        """P(found at 1 or more), P(found above 1); the second never exceeds the first."""
        matrix = as_matrix(_features(emptyings, rows), self.features)

        def said(booster: lgb.Booster, happened: Flags) -> Floats:
            odds = begin(emptyings, rows, happened.astype(np.float64))
            if not len(matrix):
                return odds
            off = np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), np.float64)
            return FOREST_SHARE * _chance(odds + off) + (1.0 - FOREST_SHARE) * _chance(odds)

        full, over = said(self.full, emptyings.level >= 1.0), said(self.over, emptyings.level > 1.0)
        return full, np.minimum(full, over)


def begin(emptyings: Emptyings, rows: EmptyingRows, happened: Floats) -> Floats:
    """Log odds before anything is learned: the point's rates of four weeks and of two months, the latter moved on.

    What crews write down changes for a whole stream within days: the long rate follows its stream's last two weeks.
    """
    new, long = (_odds(point_rate(emptyings, rows, happened, days)) for days in (NEW_DAYS, RATE_DAYS))
    now, then = (_odds(stream_rate(emptyings, rows, happened, days)) for days in (NOW_DAYS, RATE_DAYS))
    found: Floats = 0.5 * new + 0.5 * (long + FOLLOWED * (now - then))
    return found


def _odds(chance: Floats) -> Floats:
    bounded = np.clip(chance, LEAST_CHANCE, MOST_CHANCE)
    odds: Floats = np.log(bounded / (1.0 - bounded))
    return odds


def _chance(odds: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-odds))
    return chance


def _features(emptyings: Emptyings, rows: EmptyingRows) -> pl.DataFrame:
    """The recipe, beside how often bins were full and above full in each memory of the point."""
    recent = emptyings.recent(rows)
    level = recent.of(emptyings.level)
    columns: Columns = {}
    for name, weight in memories(emptyings, rows, recent).items():
        total = np.maximum(weight.sum(axis=1), 1e-12)
        columns[f"was_full_{name}"] = narrow(((level >= 1.0) * weight).sum(axis=1) / total)
        columns[f"was_over_{name}"] = narrow(((level > 1.0) * weight).sum(axis=1) / total)
    return features_of(emptyings, rows, recent).hstack(stacked(columns))


def _binary(settled: Settled) -> dict[str, object]:
    own = {"objective": "binary", "metric": "none", "num_leaves": LEAVES}
    return settled.for_quantile(0.5) | own


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
