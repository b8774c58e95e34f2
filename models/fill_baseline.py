"""What the waste models must beat: last week again, and what was found the last twenty times."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import DAY_S, HOUR_S, Floats
from features.trips import TripHistory, TripRows
from features.waste import Asked, WasteFeatures
from models.calibration import buckets
from models.quantile_gbm import QUANTILES

WEEKS = (1, 2)
LEAD_EDGES_H = (24.0, 72.0)
LEAST_ROWS = 30
FULLEST = 5.0


def weekly_growth(features: WasteFeatures, asked: Asked) -> Floats:
    """The level now and what grew over the same span a week or two before; the point's habit where that is unknown."""
    fills, rows, reference = features.fills, asked.rows, asked.reference
    found = np.full(len(rows), np.nan)
    for week in WEEKS:
        back = 7 * DAY_S * week
        until = fills.heap_at(rows.series, rows.valid_s - back, reference)
        since = fills.heap_at(rows.series, fills.at_s[reference] - back, reference)
        found = np.where(np.isfinite(found), found, fills.level_after(reference) + until - since)
    return np.where(np.isfinite(found), found, asked.expected)


def usually_found(features: WasteFeatures, asked: Asked, emptyings: int = 20) -> Floats:
    """Mean fill found at the newest known emptyings, whatever the time since; the habit before the first."""
    found = features.fills.recent_found(asked.reference, emptyings)
    return np.where(np.isfinite(found), found, asked.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyFill:
    """`weekly_growth` with the quantiles of its own past errors, per bucket of lead."""

    errors: Floats

    @classmethod
    def fit(cls, features: WasteFeatures, asked: Asked, truth: Floats) -> Self:
        off = truth - weekly_growth(features, asked)
        bucket = buckets(lead_h(asked), LEAD_EDGES_H)
        errors = np.zeros((len(LEAD_EDGES_H) + 1, len(QUANTILES)))
        for number in range(len(errors)):
            mine = off[bucket == number] if (bucket == number).sum() >= LEAST_ROWS else off
            errors[number] = np.quantile(mine, QUANTILES) if len(mine) else 0.0
        errors[:, QUANTILES.index(0.5)] = 0.0
        return cls(errors=errors)

    def predict(self, features: WasteFeatures, asked: Asked) -> Floats:
        """Rows x quantiles of fill, in order, 0 to 5."""
        middle = weekly_growth(features, asked)
        off = self.errors[buckets(lead_h(asked), LEAD_EDGES_H)]
        return np.sort(np.clip(middle[:, None] + off, 0.0, FULLEST), axis=1)


def lead_h(asked: Asked) -> Floats:
    lead: Floats = (asked.rows.valid_s - asked.rows.origin_s) / HOUR_S
    return lead


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyTrips:
    """A team's trips of a week before, with the quantiles of what trips weighed against that."""

    ratios: Floats

    @classmethod
    def fit(cls, trips: TripHistory, rows: TripRows, truth: Floats) -> Self:
        ratio = truth / trips.week_before(rows)
        ratio = ratio[np.isfinite(ratio)]
        known = np.quantile(ratio, QUANTILES) if len(ratio) >= LEAST_ROWS else np.array([0.7, 1.0, 1.3])
        known[QUANTILES.index(0.5)] = 1.0
        return cls(ratios=np.sort(known))

    def predict(self, trips: TripHistory, rows: TripRows) -> Floats:
        """Rows x quantiles, kg."""
        return trips.week_before(rows)[:, None] * self.ratios
