"""P(a bin is found full, or above full) at an emptying whose moment is given.

Two learners that err differently are averaged in log odds: boosters that begin at the point's own rates, and a
regression on how often it happened to the stream and to the point, lately and long, by weekday and by hour.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from features.arrays import Columns, Floats, Ints, narrow, stacked
from features.emptying_amounts import memories
from features.emptying_recipe import features_of
from features.emptyings import EmptyingRows, Emptyings
from features.grouped_past import GroupedPast
from features.visit_rates import visit_rates
from models.emptyings import EMPTYING_SETTINGS, enough_to_teach, taught_places
from models.quantile_gbm import Settled, as_matrix, told_columns
from models.rate_law import RateLaw

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
LAW_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class OverflowForest:
    """`full`: found at 1 or more (censored readings); `over`: found above 1. Both begin at the point's own rates.

    `laws` are of full and of over; models of before them have none.
    """

    features: tuple[str, ...]
    full: lgb.Booster
    over: lgb.Booster
    laws: tuple[RateLaw, RateLaw] | None
    until_s: int

    @classmethod
    def train(cls, emptyings: Emptyings, *, until_s: int, settled: Settled = EMPTYING_SETTINGS) -> Self:
        rows, place = taught_places(emptyings, until_s=until_s, seed=settled.seed)
        features = _features(emptyings, enough_to_teach(rows))
        names = told_columns(features)
        matrix, weight = as_matrix(features, names), emptyings.weight[place]

        def taught(seen: Floats) -> lgb.Booster:
            shown = lgb.Dataset(
                matrix,
                label=seen[place],
                weight=weight,
                init_score=begin(emptyings, rows, seen),
                feature_name=list(names),
            )
            return lgb.train(
                _binary(settled), shown, num_boost_round=min(ROUNDS, settled.rounds), keep_training_booster=False
            )

        def law(seen: Floats) -> RateLaw:
            return RateLaw.fit(visit_rates(emptyings, rows, seen), seen[place], weight)

        full, over = _seen(emptyings)
        return cls(features=names, full=taught(full), over=taught(over), laws=(law(full), law(over)), until_s=until_s)

    def predict(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> tuple[Floats, Floats]:
        """P(found at 1 or more), P(found above 1); the second never exceeds the first."""
        if not len(rows):
            return np.empty(0), np.empty(0)
        matrix = as_matrix(_features(emptyings, rows), self.features)

        def said(number: int, booster: lgb.Booster, seen: Floats) -> Floats:
            odds = begin(emptyings, rows, seen)
            off = np.asarray(booster.predict(matrix, raw_score=True, num_threads=threads), np.float64)
            chance = FOREST_SHARE * _chance(odds + off) + (1.0 - FOREST_SHARE) * _chance(odds)
            if self.laws is None:
                return chance
            by_law = self.laws[number].odds(visit_rates(emptyings, rows, seen))
            return _chance((1.0 - LAW_SHARE) * np.log(chance / (1.0 - chance)) + LAW_SHARE * by_law)

        seen_full, seen_over = _seen(emptyings)
        full, over = said(0, self.full, seen_full), said(1, self.over, seen_over)
        return full, np.minimum(full, over)


def _seen(emptyings: Emptyings) -> tuple[Floats, Floats]:
    """1 where an emptying was found full, and where it was found above full."""
    return (emptyings.level >= 1.0).astype(np.float64), (emptyings.level > 1.0).astype(np.float64)


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
