"""Which rows of the history teach how full a point is: readings, and moments before them at which one could ask."""

import numpy as np

from city.errors import MissingInputError
from features.arrays import DAY_S, Flags, Floats, Ints
from features.waste import Asked, FillRows, WasteFeatures
from models.fill_baseline import FULLEST

LONGEST_LEAD_S = 7 * DAY_S
BEYOND_USUAL = 1.5
"""Times the point's usual interval: that far from the last reading few have looked."""


def sampled_fills(
    features: WasteFeatures, window: tuple[int, int], count: int, seed: int, *, natural_share: float
) -> tuple[Asked, Floats]:
    """Rows whose target reading lies in the window, and the fill that would have been there.

    Natural rows: nobody emptied between the origin and the target, so the truth was seen. The others teach how a heap
    goes on growing: it is summed over emptyings, and taken only beyond the point's own usual interval, where no
    natural row can be. An audit is drawn as often as the visits that it speaks for: skipped points teach too.
    """
    random = np.random.default_rng(seed)
    fills = features.fills
    inside = (fills.at_s >= window[0]) & (fills.at_s < window[1])
    naturals = _natural(features, np.flatnonzero(inside), round(count * natural_share), random)
    parts = [naturals]
    if natural_share < 1.0:
        parts.append(_beyond(features, np.flatnonzero(inside), count - round(count * natural_share), random))
    target = np.concatenate([target for target, _ in parts])
    origin_s = np.concatenate([origin for _, origin in parts])
    rows = FillRows(series=fills.series[target], origin_s=origin_s, valid_s=fills.at_s[target])
    reference = fills.reference(rows.series, rows.origin_s)
    held = np.flatnonzero(reference >= 0)
    held = held[np.isfinite(fills.growth(reference[held], rows.origin_s[held]).slope)]
    if not len(held):
        raise MissingInputError(
            step="Training waste", missing=("finished intervals between emptyings in every part of the history",)
        )
    asked = features.ask(rows.where(held))
    grown = fills.heap[target[held]] - fills.heap[asked.reference]
    # Rounded, because a sum of levels that says exactly full must not come out a hair above it.
    truth = np.round(fills.level_after(asked.reference) + grown, 6)
    # Buckley and James (1979): what is only known to be more is taken as expected, if that is more.
    truth = np.where(fills.at_least(target[held]), np.fmax(truth, asked.expected), truth)
    return asked, np.clip(truth, 0.0, FULLEST)


def tells_overflow(features: WasteFeatures, asked: Asked) -> Flags:
    """Rows whose target could have shown more than full: the others say nothing of overflow."""
    fills = features.fills
    return fills.tells_over[fills.reading_at(asked.rows.series, asked.rows.valid_s)]


def _emptied_before(features: WasteFeatures) -> Ints:
    """Per reading: the newest emptying of its series before it, -1 where there is none."""
    fills = features.fills
    marked = np.where(fills.emptied, np.arange(len(fills.at_s)), -1)
    newest = np.concatenate(([-1], np.maximum.accumulate(marked)[:-1]))
    return np.where(newest >= fills.first_reading[fills.series], newest, -1)


def _natural(features: WasteFeatures, candidates: Ints, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Targets, half of them emptyings, with origins at which the emptying before was known and that lie before."""
    fills = features.fills
    before = _emptied_before(features)[candidates]
    known = np.where(before >= 0, fills.known_s[before], fills.at_s[candidates])
    earliest = np.maximum(known, fills.at_s[candidates] - LONGEST_LEAD_S)
    usable = earliest < fills.at_s[candidates]
    candidates, earliest = candidates[usable], earliest[usable]
    chances = _half_emptyings(fills.emptied[candidates], fills.weight[candidates])
    if not len(candidates):
        return candidates, earliest
    drawn = random.choice(len(candidates), count, p=chances)
    span = fills.at_s[candidates[drawn]] - earliest[drawn]
    return candidates[drawn], earliest[drawn] + (random.random(count) * span).astype(np.int64)


def _half_emptyings(emptied: Flags, weight: Floats) -> Floats:
    own = np.where(emptied, weight / max(float(weight[emptied].sum()), 1.0), 0.0)
    other = np.where(emptied, 0.0, weight / max(float(weight[~emptied].sum()), 1.0))
    chances: Floats = own + other
    return chances / chances.sum() if len(chances) else chances


def _beyond(features: WasteFeatures, candidates: Ints, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Targets and origins between which somebody emptied, further apart than the point's usual interval."""
    fills = features.fills
    if not len(candidates):
        return candidates, candidates
    weight = fills.weight[candidates]
    audited = bool((weight != 1.0).any())
    target = random.choice(candidates, 2 * count, p=weight / weight.sum() if audited else None)
    origin_s = fills.at_s[target] - 1 - (random.random(len(target)) * LONGEST_LEAD_S).astype(np.int64)
    reference = fills.reference(fills.series[target], origin_s)
    held = np.flatnonzero((reference >= 0) & (reference < _emptied_before(features)[target]))
    usual = fills.growth(reference[held], origin_s[held]).gap_days
    far = (fills.at_s[target[held]] - fills.at_s[reference[held]]) / DAY_S > BEYOND_USUAL * usual
    chosen = held[far][:count]
    return target[chosen], origin_s[chosen]
