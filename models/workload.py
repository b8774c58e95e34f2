"""Bin-units collected per day, zeros included: what a point's next days differ from its habit.

Totals of a stream have no learner: in rolling origins boosters lost to the habit moved to the last week's level.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import MissingInputError
from features.arrays import Floats, Ints
from features.workload import Workload, WorkRows, midnights_before
from models.quantile_gbm import Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

LEADS = 7
ORIGINS = 500
LEAST_ROWS = 300
MOST_ROWS = 100_000
"""Rows that teach; of more a part is drawn, so that a large city fits into memory."""
WORKLOAD_SETTINGS = Settled(
    rounds=250, learning_rate=0.05, leaves=15, least_rows_in_leaf=100, feature_share=0.6, row_share=0.7
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadForest:
    features: tuple[str, ...]
    booster: lgb.Booster

    @classmethod
    def train(cls, work: Workload, series: Ints, *, until_s: int, settled: Settled = WORKLOAD_SETTINGS) -> Self:
        """Fitted on days known whole at `until_s`, asked at midnights before it."""
        origins = midnights_before(until_s, ORIGINS, work.time_zone)
        every = max(1, len(series) * len(origins) * LEADS // (4 * MOST_ROWS))
        asked = work.rows(series, origins[::-1][::every][::-1], LEADS)
        whole_until = int(asked.whole_until.max(initial=0))
        truth = work.at(asked.series, asked.day, np.full(len(asked), whole_until))
        held = np.flatnonzero(np.isfinite(truth))
        if len(held) > MOST_ROWS:
            held = np.sort(np.random.default_rng(settled.seed).choice(held, MOST_ROWS, replace=False))
        rows = asked.where(held)
        if len(rows) < LEAST_ROWS:
            raise MissingInputError(
                step="Training workload", missing=(f"at least {LEAST_ROWS} days of work",), todo="Import more weeks."
            )
        features, scale = work.apply(rows), work.scale(rows)
        names = told_columns(features)
        shown = lgb.Dataset(
            as_matrix(features, names),
            label=(truth[held] - work.habit(rows)) / scale,
            weight=scale,
            feature_name=list(names),
        )
        booster = lgb.train(
            settled.for_quantile(0.5), shown, num_boost_round=settled.rounds, keep_training_booster=False
        )
        return cls(features=names, booster=booster)

    def predict(self, work: Workload, rows: WorkRows, *, threads: int = 1) -> Floats:
        """Bin-units, not below 0."""
        said = self.booster.predict(as_matrix(work.apply(rows), self.features), num_threads=threads)
        return np.maximum(work.habit(rows) + np.asarray(said, np.float64) * work.scale(rows), 0.0)
