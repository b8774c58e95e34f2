"""The fill of a point as the waste model says it: how the heap grows, and what is found where crews come usually."""

from dataclasses import dataclass, field

import numpy as np

from features.arrays import Floats, Ints
from features.emptyings import Emptyings
from features.waste import Asked, WasteFeatures
from models.bundle import Bundle, Part
from models.emptyings import EmptyingForest
from models.fill_baseline import FULLEST
from models.fill_lately import corrected_lately
from models.overflow import probability_above
from models.waste_found import FoundFill, FoundLaw, heap_share

FILL, FOUND = "fill", "fill_found"
PILED = "fills_piled"
ONE = 0.5
"""The key of the one booster of a law."""
NO_ROWS: Ints = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSaid:
    """Rows x quantiles of fill and P(above 1); the rows at `by_law` are quantiles of `law` as they are."""

    quantiles: Floats
    over: Floats
    law: FoundLaw | None = None
    by_law: Ints = field(default_factory=lambda: NO_ROWS)

    def rank(self, truth: Floats, seed: int) -> Floats:
        """Where each truth lies, 0 to 1: below 0.1 it is under p10. Ties with a bound by a fair coin, or by the law."""
        drawn = np.random.default_rng(seed).random(len(truth))
        low, high = self.quantiles[:, 0], self.quantiles[:, -1]
        coin = drawn < ONE
        below = (truth < low) | ((truth == low) & coin)
        above = (truth > high) | ((truth == high) & ~coin)
        rank = np.where(below, 0.0, np.where(above, 1.0, ONE))
        if self.law is not None:
            of_law = np.full(len(truth), np.nan)
            of_law[self.law.place] = self.law.rank(truth[self.law.place], seed)
            rank[self.by_law] = of_law[self.by_law]
        return rank


@dataclass(frozen=True, slots=True, kw_only=True)
class FillModel:
    """`found` is None where levels between visits, or the growth alone, say more."""

    growth: Part
    found: FoundFill | None
    seed: int

    def say(self, features: WasteFeatures, emptyings: Emptyings | None, asked: Asked, *, threads: int = 1) -> FillSaid:
        """As far as visits have been apart, what is found; beyond that the heap goes on, and is never below it."""
        grown = predicted_fill(features, self.growth, asked, seed=self.seed, threads=threads)
        raw = probability_above(grown)
        over = self.growth.curve.apply(raw)
        if self.found is None or emptyings is None:
            return FillSaid(quantiles=grown, over=over)
        law = self.found.law(features, emptyings, asked, seed=self.seed, threads=threads)
        found, heap = np.clip(law.quantiles, 0.0, FULLEST), heap_share(law.beyond_days)
        at, beyond = law.place, heap[:, None]
        # The curve was learned where visits are; beyond them the chance must agree with the quantiles.
        above = law.above_full(raw[at])
        over[at] = (1.0 - heap) * above + heap * np.maximum(above, raw[at])
        grown[at] = (1.0 - beyond) * found + beyond * np.maximum(found, grown[at])
        return FillSaid(quantiles=grown, over=over, law=law, by_law=law.place[law.seen])

    @property
    def parts(self) -> dict[str, Part]:
        return {FILL: self.growth} | ({} if self.found is None else {FOUND: self.found.forest.part})

    @property
    def about(self) -> dict[str, str]:
        return {} if self.found is None else {PILED: str(self.found.forest.piled)}


def saved_fill(bundle: Bundle) -> FillModel:
    part = bundle.parts.get(FOUND)
    found = None
    if part is not None:
        found = FoundFill(forest=EmptyingForest.of(part, piled=bundle.about.get(PILED) == str(True)))
    return FillModel(growth=bundle.parts[FILL], found=found, seed=bundle.seed)


def predicted_fill(features: WasteFeatures, part: Part, asked: Asked, *, seed: int, threads: int = 1) -> Floats:
    """How the heap grows if nobody comes: rows x quantiles of fill, 0 to 5."""
    off = corrected_lately(features, part, asked, seed=seed, threads=threads)
    return np.clip(asked.expected[:, None] + off, 0.0, FULLEST)
