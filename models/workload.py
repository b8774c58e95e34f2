"""Bin-units collected per day, zeros included: a staircase over what the point's days have brought.

One booster learns, for every amount that the same weekdays or the newest days have shown, the chance that the day stays
at or below it. The forecast is the median of that law: a day is served or not, and a mean of both is never right.
Totals of a stream have no learner: in rolling origins boosters lost to the habit moved to the last week's level.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import MissingInputError
from features.arrays import Floats, Ints
from features.emptying_amounts import DECIMALS, Steps
from features.work_amounts import step_features, steps_of
from features.workload import Workload, WorkRows, midnights_before
from models.quantile_gbm import Settled, as_matrix, told_columns
from models.staircase import AT, Staircase

import lightgbm as lgb  # isort: skip

LEADS = 7
ORIGINS = 500
LEAST_ROWS = 300
MOST_ROWS = 40_000
"""Rows that teach, each with about eight steps; of more a part is drawn, so that a large city fits into memory."""
PILED = 0.5
"""Share of served days whose amount was shown before: above it amounts are written down, not measured."""
WORKLOAD_SETTINGS = Settled(
    rounds=120, learning_rate=0.05, leaves=15, least_rows_in_leaf=200, feature_share=0.6, row_share=0.7
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadForest:
    features: tuple[str, ...]
    booster: lgb.Booster
    piled: bool

    @classmethod
    def train(cls, work: Workload, series: Ints, *, until_s: int, settled: Settled = WORKLOAD_SETTINGS) -> Self:
        """Fitted on days known whole at `until_s`, asked at midnights before it."""
        rows, truth = _taught(work, series, until_s=until_s, seed=settled.seed)
        steps = steps_of(work, rows)
        features = step_features(work, rows, steps)
        names = told_columns(features)
        gap = steps.gap[steps.held]
        shown = lgb.Dataset(
            as_matrix(features, names),
            label=(truth[:, None] <= steps.amount + AT)[steps.held].astype(np.float64),
            # As for emptyings: a step counts by the root of its distance to the next.
            weight=np.sqrt(gap / max(float(gap.mean()), AT)),
            init_score=steps.begin[steps.held],
            feature_name=list(names),
            params={"max_bin": settled.bins, "verbosity": -1, "min_data_in_leaf": settled.least_rows_in_leaf},
        )
        booster = lgb.train(
            settled.for_quantile(0.5) | {"objective": "binary", "metric": "none"},
            shown,
            num_boost_round=settled.rounds,
            keep_training_booster=False,
        )
        return cls(features=names, booster=booster, piled=_piled(truth, steps))

    def law(self, work: Workload, rows: WorkRows, *, threads: int = 1) -> Staircase:
        steps = steps_of(work, rows)
        odds = steps.begin
        if steps.held.any():
            matrix = as_matrix(step_features(work, rows, steps), self.features)
            odds[steps.held] += np.asarray(
                self.booster.predict(matrix, raw_score=True, num_threads=threads), np.float64
            )
        chance = 1.0 / (1.0 + np.exp(-odds))
        return Staircase.of(steps.amount, steps.held, chance, steps.most, piled=self.piled)

    def predict(self, work: Workload, rows: WorkRows, *, threads: int = 1) -> Floats:
        """Bin-units, the median: not below 0."""
        if not len(rows):
            return np.empty(0)
        return np.maximum(self.law(work, rows, threads=threads).quantiles((0.5,))[:, 0], 0.0)


def _taught(work: Workload, series: Ints, *, until_s: int, seed: int) -> tuple[WorkRows, Floats]:
    """Rows whose day is known whole at `until_s`, and what it brought."""
    origins = midnights_before(until_s, ORIGINS, work.time_zone)
    every = max(1, len(series) * len(origins) * LEADS // (10 * MOST_ROWS))
    asked = work.rows(series, origins[::-1][::every][::-1], LEADS)
    whole_until = int(asked.whole_until.max(initial=0))
    truth = work.at(asked.series, asked.day, np.full(len(asked), whole_until))
    held = np.flatnonzero(np.isfinite(truth))
    if len(held) > MOST_ROWS:
        held = np.sort(np.random.default_rng(seed).choice(held, MOST_ROWS, replace=False))
    if len(held) < LEAST_ROWS:
        raise MissingInputError(
            step="Training workload", missing=(f"at least {LEAST_ROWS} days of work",), todo="Import more weeks."
        )
    return asked.where(held), np.round(truth[held], DECIMALS)


def _piled(truth: Floats, steps: Steps) -> bool:
    served = truth > 0
    amounts = np.concatenate((np.where(steps.held, steps.amount, np.nan), steps.most[:, None]), axis=1)
    again = np.any(np.abs(amounts - truth[:, None]) < AT, axis=1)
    return bool(again[served].mean() >= PILED) if served.any() else True
