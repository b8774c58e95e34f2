"""Deciles of what a truck takes at an emptying: boosters that begin at the point's own last emptyings.

Each booster of quantile q learns by how much the amount differs from the q quantile of the newest 20 known emptyings,
in shares of the point's own habit: with nothing learned the forecast is the baseline. What crews write down piles up at
few amounts (whole bins at 0.8 or full); where it does, a forecast is moved to an amount that the point has shown.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Floats, Ints
from features.clockwork import midnights_s
from features.emptying_recipe import HABIT, features_of, habit_scale
from features.emptyings import EmptyingRows, Emptyings, Recent
from features.weighted import weighted_quantiles
from models.quantile_gbm import QuantileForest, Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

DECILES = tuple(round(0.1 * tenth, 1) for tenth in range(1, 10))
COPIES = 2
"""Origins drawn for each emptying that teaches."""
LEADS = 7
LEAST_KNOWN = 5
LEAST_ROWS = 500
COMMON_PULL = 0.05
"""How much further off, in shares of the habit, an amount may lie for being shown e times as often."""
PILED = 0.5
"""Share of emptyings whose amount was among the 20 before: above it amounts are written down, not measured."""
EMPTYING_SETTINGS = Settled(
    rounds=250, learning_rate=0.05, leaves=7, least_rows_in_leaf=100, feature_share=0.5, row_share=0.7
)


def usual_deciles(emptyings: Emptyings, recent: Recent, newest: int = HABIT) -> Floats:
    """Rows x deciles of the newest known emptyings: the baseline, and where the boosters begin."""
    units = recent.of(emptyings.units)[:, :newest]
    return weighted_quantiles(units, np.ones_like(units), DECILES)


def taught_places(emptyings: Emptyings, *, until_s: int, seed: int, copies: int = COPIES) -> tuple[EmptyingRows, Ints]:
    """Every emptying known at `until_s`, each asked at local midnights of its own or an earlier day; rows and places.

    Rows whose series had shown fewer than LEAST_KNOWN emptyings at their origin are left out.
    """
    random = np.random.default_rng(seed)
    known = np.tile(np.flatnonzero(emptyings.known_s <= until_s), copies)
    day = emptyings.day[known] - random.integers(0, LEADS, len(known))
    rows = EmptyingRows(
        series=emptyings.series[known],
        origin_s=midnights_s(day, emptyings.time_zone),
        at_s=emptyings.at_s[known],
    )
    enough = np.flatnonzero(emptyings.recent(rows, LEAST_KNOWN).known >= LEAST_KNOWN)
    if len(enough) < LEAST_ROWS:
        raise MissingInputError(
            step="Training emptyings",
            missing=(f"at least {LEAST_ROWS} emptyings of points seen {LEAST_KNOWN} times ({len(enough)} are there)",),
            todo="Until then the point's own last emptyings answer.",
        )
    return rows.where(enough), known[enough]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyingForest:
    """Fitted on what was known at `until_s`; the amounts it starts from are looked up at every row's origin."""

    forest: QuantileForest
    until_s: int
    piled: bool

    @classmethod
    def train(
        cls,
        emptyings: Emptyings,
        *,
        until_s: int,
        settled: Settled = EMPTYING_SETTINGS,
        advance: Advance = lambda _count: None,
    ) -> Self:
        rows, place = taught_places(emptyings, until_s=until_s, seed=settled.seed)
        units = emptyings.units[place]
        recent = emptyings.recent(rows)
        features, scale = features_of(emptyings, rows, recent), habit_scale(emptyings, recent)
        off = (units[:, None] - usual_deciles(emptyings, recent)) / scale[:, None]
        names = told_columns(features)
        shown = lgb.Dataset(
            as_matrix(features, names),
            label=off[:, 0],
            weight=scale,
            feature_name=list(names),
            params={"max_bin": settled.bins, "verbosity": -1, "min_data_in_leaf": settled.least_rows_in_leaf},
            free_raw_data=False,
        )
        boosters: dict[float, lgb.Booster] = {}
        for number, quantile in enumerate(DECILES):
            shown.set_label(off[:, number])
            boosters[quantile] = lgb.train(
                settled.for_quantile(quantile), shown, num_boost_round=settled.rounds, keep_training_booster=False
            )
            advance(1)
        again = np.mean(np.any(_rounded(recent.of(emptyings.units)) == np.round(units, 2)[:, None], axis=1))
        return cls(
            forest=QuantileForest(features=names, boosters=boosters), until_s=until_s, piled=bool(again >= PILED)
        )

    def predict(self, emptyings: Emptyings, rows: EmptyingRows, *, threads: int = 1) -> Floats:
        """Rows x deciles of bin-units, never crossing. Rows must be answerable."""
        if not len(rows):
            return np.empty((0, len(DECILES)))
        recent = emptyings.recent(rows)
        off = _in_given_order(self.forest, features_of(emptyings, rows, recent), threads)
        scale = habit_scale(emptyings, recent)
        said = np.sort(usual_deciles(emptyings, recent) + off * scale[:, None], axis=1)
        return np.sort(shown_amounts(emptyings, recent, said, scale), axis=1) if self.piled else np.maximum(said, 0.0)


def _in_given_order(forest: QuantileForest, features: pl.DataFrame, threads: int) -> Floats:
    """Each booster's own answer: these are offsets from different quantiles, so their order means nothing yet."""
    rows = as_matrix(features, forest.features)
    answers = [np.asarray(one.predict(rows, num_threads=threads), np.float64) for one in forest.boosters.values()]
    return np.stack(answers, axis=1)


def _rounded(units: Floats) -> Floats:
    return np.round(units[:, :HABIT], 2)


def shown_amounts(emptyings: Emptyings, recent: Recent, said: Floats, scale: Floats) -> Floats:
    """The amount among the newest 20 of the point that lies nearest, common ones preferred."""
    shown = _rounded(recent.of(emptyings.units))
    times = (shown[:, :, None] == shown[:, None, :]).sum(axis=2)
    handicap = np.where(np.isfinite(shown), COMMON_PULL * np.log(np.maximum(times, 1)), -np.inf)
    moved = np.empty_like(said)
    for column in range(said.shape[1]):
        off = np.abs(np.nan_to_num(shown) - said[:, [column]]) / scale[:, None] - handicap
        moved[:, column] = np.take_along_axis(shown, np.argmin(off, axis=1)[:, None], axis=1)[:, 0]
    return moved
