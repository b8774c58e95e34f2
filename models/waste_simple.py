"""What a fill forecast must beat, and what answers without a model: last week again, or the last twenty visits."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Floats
from features.emptyings import Emptyings
from features.waste import Asked, WasteFeatures
from features.weighted import weighted_mean
from models.emptying_baselines import last_20
from models.emptyings import DECILES
from models.fill_baseline import WeeklyFill
from models.metrics import mean_pinball
from models.overflow import probability_above
from models.quantile_gbm import QUANTILES
from models.waste_found import (
    answerable_visits,
    days_beyond,
    escape_chance,
    found_levels,
    heap_share,
    visits_only,
)

LAST = 20
THREE = tuple(DECILES.index(quantile) for quantile in QUANTILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleFill:
    """`by_visits`: what was found at a point's last twenty visits says more than what grew the week before."""

    weekly: WeeklyFill
    by_visits: bool

    @classmethod
    def fit(cls, features: WasteFeatures, emptyings: Emptyings | None, asked: Asked, truth: Floats) -> Self:
        """The one that was nearer on these rows."""
        weekly = WeeklyFill.fit(features, asked, truth)
        if emptyings is None or not len(truth) or not visits_only(features):
            return cls(weekly=weekly, by_visits=False)
        both = (cls(weekly=weekly, by_visits=one) for one in (False, True))
        losses = [mean_pinball(truth, one.predict(features, emptyings, asked)[0], QUANTILES) for one in both]
        return cls(weekly=weekly, by_visits=losses[1] < losses[0])

    @property
    def told(self) -> tuple[str, ...]:
        """That another one than last week again answers, and why."""
        if not self.by_visits:
            return ()
        return ("what was found at a point's last 20 visits answers: it was nearer lately than last week again",)

    def predict(self, features: WasteFeatures, emptyings: Emptyings | None, asked: Asked) -> tuple[Floats, Floats]:
        """Rows x quantiles of fill, P(above 1). Further than visits have been apart never below the growth."""
        said = self.weekly.predict(features, asked)
        over = probability_above(said)
        if not self.by_visits or emptyings is None:
            return said, over
        levels = found_levels(emptyings)
        rows, place = answerable_visits(features, levels, asked)
        found = last_20(levels, rows)[:, THREE]
        level = levels.recent(rows).of(levels.level)[:, :LAST]
        above = weighted_mean(np.where(np.isfinite(level), level > 1.0, np.nan), np.ones_like(level))
        above = above + (1.0 - above) * escape_chance(levels, rows) * over[place]
        heap = heap_share(days_beyond(levels, rows))
        over[place] = (1.0 - heap) * above + heap * np.maximum(above, over[place])
        beyond = heap[:, None]
        said[place] = (1.0 - beyond) * found + beyond * np.maximum(found, said[place])
        return said, over
