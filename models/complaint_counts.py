"""Deciles of complaints per district, category and day, 1 to 7 days ahead, in shares of the last weeks' mean."""

from dataclasses import dataclass
from typing import Self

import numpy as np

import models.passive  # noqa: F401  -- sets how LightGBM's threads wait, which they read when they start
from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Floats
from features.clockwork import local_days
from features.complaint_days import ComplaintDays, ComplaintRows
from features.weighted import weighted_quantiles
from models.emptyings import DECILES
from models.quantile_gbm import QuantileForest, Settled, as_matrix, told_columns

import lightgbm as lgb  # isort: skip

LEADS = 7
FIRST_DAYS = 60
"""Days of history before the first day that teaches."""
LEAST_ROWS = 300
WEEKDAYS_BACK = 8
COMPLAINT_SETTINGS = Settled(
    rounds=150, learning_rate=0.05, leaves=7, least_rows_in_leaf=100, feature_share=0.5, row_share=0.6
)


def weekday_deciles(days: ComplaintDays, rows: ComplaintRows, weeks: int = WEEKDAYS_BACK) -> Floats:
    """The baseline: deciles of the newest same weekdays known."""
    values = days.same_weekdays(rows, weeks)
    return weighted_quantiles(values, np.ones_like(values), DECILES)


def spread(counts: Floats, seed: int) -> Floats:
    """Each count as a number around it that rounds back to it."""
    return counts + np.random.default_rng(seed).random(len(counts)) - 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintForest:
    forest: QuantileForest
    until_s: int

    @classmethod
    def train(
        cls,
        days: ComplaintDays,
        *,
        until_s: int,
        settled: Settled = COMPLAINT_SETTINGS,
        asked: ComplaintRows | None = None,
        advance: Advance = lambda _count: None,
    ) -> Self:
        """Fitted on the counts known at `until_s`, by default each asked at its own midnight and the six before.

        A count y teaches as a number drawn evenly from y - 0.5 to y + 0.5: quantiles of counts have no slope to follow.
        Source: Machado and Santos Silva, Quantiles for Counts (2005).
        """
        if asked is None:
            today = int(local_days(np.array([until_s]), days.time_zone)[0])
            asked = days.rows(np.arange(days.first_day + FIRST_DAYS, today), LEADS)
        at_end = ComplaintRows(series=asked.series, origin_s=np.full(len(asked), until_s), day=asked.day)
        truth = days.at(at_end, asked.day)
        held = np.flatnonzero(np.isfinite(truth))
        if len(held) < LEAST_ROWS:
            raise MissingInputError(
                step="Training complaints",
                missing=(f"at least {LEAST_ROWS // LEADS} days of counts after the first {FIRST_DAYS}",),
                todo="Until then the last same weekdays answer.",
            )
        rows = asked.where(held)
        features, scale = days.apply(rows), days.scale(rows)
        names = told_columns(features)
        shown = lgb.Dataset(
            as_matrix(features, names),
            label=spread(truth[held], settled.seed) / scale,
            weight=scale,
            feature_name=list(names),
        )
        boosters: dict[float, lgb.Booster] = {}
        for quantile in DECILES:
            boosters[quantile] = lgb.train(
                settled.for_quantile(quantile), shown, num_boost_round=settled.rounds, keep_training_booster=False
            )
            advance(1)
        return cls(forest=QuantileForest(features=names, boosters=boosters), until_s=until_s)

    def predict(self, days: ComplaintDays, rows: ComplaintRows, *, threads: int = 1) -> Floats:
        """Rows x deciles of reports, in order, not below 0."""
        shares = self.forest.predict(days.apply(rows), threads=threads)
        return np.maximum(shares * days.scale(rows)[:, None], 0.0)
