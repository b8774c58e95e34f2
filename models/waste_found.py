"""The fill found at visits: a staircase over the fills that a point has shown.

Where crews write down what they find, the same few fills come back (0.8, full), and what was found before says more
than how long the heap has grown. The law is taught on visits asked after the one before was known. It learned from
weeks long past: which of its levels held in the last two weeks known is counted anew at every issue.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from city.errors import MissingInputError
from features.arrays import DAY_S, Flags, Floats, Ints
from features.emptyings import MEMORY, SERIES_SPAN, EmptyingRows, Emptyings
from features.waste import Asked, WasteFeatures
from models.emptying_overflow import PSEUDO_VISITS, RATE_DAYS, stream_rate
from models.emptyings import LEAST_KNOWN, EmptyingForest
from models.quantile_gbm import QUANTILES, Settled
from models.staircase import Staircase
from models.waste_sampling import sampled_fills

MOSTLY = 0.5
"""Share of readings that are emptyings: below it levels between visits say more."""
FADING_DAYS = 1.0
"""Beyond the longest known gap the law hands over to the growing heap within so many days, without a jump."""
RECENT_DAYS = 14
RANKS_PER_DAY = 300
LEAST_RANKS = 300
OUTER = (QUANTILES[0], QUANTILES[-1])
FURTHEST = ((0.01, 0.4), (0.6, 0.99))
"""How far the levels asked for p10 and for p90 may be moved."""


def visits_only(features: WasteFeatures) -> bool:
    return bool(features.fills.emptied.mean() >= MOSTLY)


def found_levels(emptyings: Emptyings) -> Emptyings:
    """The same visits with the fill of a bin as the amount."""
    return replace(emptyings, bins=np.ones_like(emptyings.bins))


def days_beyond(levels: Emptyings, rows: EmptyingRows) -> Floats:
    """How much further from the newest known visit a row lies than the point's visits have lately been apart; 0 within.

    Beyond that nobody has seen what is found; up to it the law knows, also where crews stayed away for long.
    """
    recent = levels.recent(rows)
    longest = np.nanmax(np.where(recent.held, levels.gap_days[recent.place], np.nan), axis=1, initial=0.0)
    beyond: Floats = np.maximum((rows.at_s - levels.at_s[recent.place[:, 0]]) / DAY_S - longest, 0.0)
    return beyond


def heap_share(beyond_days: Floats) -> Floats:
    """How much of the answer is the growing heap's: none where visits have been, all of it a day further."""
    return np.clip(beyond_days / FADING_DAYS, 0.0, 1.0)


def escape_chance(levels: Emptyings, rows: EmptyingRows) -> Floats:
    """P(above full) at a point that never showed it: its stream's rate, the less the more visits did not.

    Source: a point of n visits borrows a few of its stream's, as in `point_rate`.
    """
    visits = np.minimum(levels.recent(rows).known, MEMORY)
    rate = stream_rate(levels, rows, (levels.level > 1.0).astype(np.float64), RATE_DAYS)
    return PSEUDO_VISITS * rate / (visits + PSEUDO_VISITS)


def answerable_visits(features: WasteFeatures, levels: Emptyings, asked: Asked) -> tuple[EmptyingRows, Ints]:
    """Asked rows as visits, and their positions: those of points that had shown a few at the origin."""
    series = levels.series_of(list(features.fills.keys))[asked.rows.series]
    held = np.flatnonzero(series >= 0)
    rows = EmptyingRows(series=series[held], origin_s=asked.rows.origin_s[held], at_s=asked.rows.valid_s[held])
    enough = np.flatnonzero(levels.recent(rows, LEAST_KNOWN).known >= LEAST_KNOWN)
    return rows.where(enough), held[enough]


def sampled_visits(
    features: WasteFeatures, levels: Emptyings, window: tuple[int, int], count: int, seed: int
) -> tuple[EmptyingRows, Ints]:
    """Visits of a window, asked after the one before was known; rows and the places of what was found."""
    asked, _ = sampled_fills(features, window, count, seed, natural_share=1.0)
    rows, _ = answerable_visits(features, levels, asked)
    moment = levels.series * SERIES_SPAN + levels.at_s
    wanted = rows.series * SERIES_SPAN + rows.at_s
    place = np.minimum(np.searchsorted(moment, wanted), len(moment) - 1)
    made = np.flatnonzero(moment[place] == wanted)
    return rows.where(made), place[made]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLaw:
    """The law of the asked rows at `place`; `outer` is rows x 2, the levels that have meant 10 and 90 % lately.

    `beyond_days` is above 0 where it says too little: nobody has lately stayed away for so long. `escape` is the
    chance of more than full where the point never showed it.
    """

    law: Staircase
    place: Ints
    beyond_days: Floats
    escape: Floats
    outer: Floats

    @property
    def seen(self) -> Flags:
        inside: Flags = self.beyond_days <= 0.0
        return inside

    def above_full(self, heap: Floats) -> Floats:
        """P(above 1) where visits have been. `heap` is the growing heap's: it ranks points whose law never saw it."""
        shown = self.law.above(1.0)
        return shown + (1.0 - shown) * self.escape * heap

    @property
    def quantiles(self) -> Floats:
        levels = np.insert(self.outer, 1, 0.5, axis=1)
        return self.law.quantiles(levels)

    def rank(self, truth: Floats, seed: int) -> Floats:
        """Where each truth lies, 0 to 1, by a draw within the chance of its step; 0.1 is p10 as it was said."""
        rank, half = self.law.rank(np.round(truth, 2), seed), np.full(len(truth), 0.5)
        low, high = self.outer.T
        below = QUANTILES[0] * rank / low
        above = 1.0 - (1.0 - QUANTILES[-1]) * (1.0 - rank) / (1.0 - high)
        return np.where(rank < low, below, np.where(rank > high, above, half))


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFill:
    forest: EmptyingForest

    @classmethod
    def train(
        cls, features: WasteFeatures, emptyings: Emptyings, window: tuple[int, int], *, settled: Settled, count: int
    ) -> Self:
        """Raises MissingInputError where there are too few visits."""
        levels = found_levels(emptyings)
        taught = sampled_visits(features, levels, window, count, settled.seed)
        return cls(forest=EmptyingForest.train(levels, until_s=window[1], settled=settled, taught=taught))

    def law(
        self, features: WasteFeatures, emptyings: Emptyings, asked: Asked, *, seed: int, threads: int = 1
    ) -> FoundLaw:
        levels = found_levels(emptyings)
        rows, place = answerable_visits(features, levels, asked)
        outer = self._outer(features, levels, rows.origin_s, seed=seed, threads=threads)
        law = self.forest.law(levels, rows, threads=threads)
        return FoundLaw(
            law=law,
            place=place,
            beyond_days=days_beyond(levels, rows),
            escape=escape_chance(levels, rows),
            outer=outer,
        )

    def _outer(self, features: WasteFeatures, levels: Emptyings, origin_s: Ints, *, seed: int, threads: int) -> Floats:
        """Rows x 2: quantiles of the ranks of what was found lately, by the day of the origin."""
        outer = np.tile(np.array(OUTER), (len(origin_s), 1))
        day_s = origin_s // DAY_S * DAY_S
        days: Ints = np.unique(day_s)
        if not len(days):
            return outer
        since_s, until_s = int(days[0]) - RECENT_DAYS * DAY_S, int(days[-1])
        count = RANKS_PER_DAY * ((until_s - since_s) // DAY_S)
        try:
            rows, place = sampled_visits(features, levels, (since_s, until_s), count, seed)
        except MissingInputError:
            return outer
        rank = self.forest.law(levels, rows, threads=threads).rank(np.round(levels.level[place], 2), seed)
        known_s, at_s = levels.known_s[place], levels.at_s[place]
        for day in days:
            lately = (known_s <= day) & (at_s >= day - RECENT_DAYS * DAY_S)
            if lately.sum() >= LEAST_RANKS:
                low, high = np.quantile(rank[lately], OUTER)
                outer[day_s == day] = np.clip(low, *FURTHEST[0]), np.clip(high, *FURTHEST[1])
        return outer
