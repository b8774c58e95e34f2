"""How good an index forecast was: what is counted, and against which simple forecasts."""

from dataclasses import dataclass

import numpy as np

from features.arrays import Flags, Floats
from models.metrics import brier, mae, mean_pinball

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntervalScore:
    """Of p10, p50, p90. `below` and `above` are the shares of truths outside; both should be 0.1."""

    below: float
    above: float
    coverage: float
    mae: float
    pinball: float
    interval_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScore:
    """Of P(level >= `level`). `skill` is 1 - brier / climatology's; an AUC is None where only one outcome came."""

    level: str
    events: int
    base_rate: float
    brier: float
    auc: float | None
    climatology_brier: float
    climatology_auc: float | None
    skill: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexScores:
    """Of one kind of area. `plain` are the segments' quantiles added up, the wrong but common way."""

    area_kind: str
    areas: int
    issues: int
    n: int
    index: IntervalScore
    plain: IntervalScore
    levels: tuple[LevelScore, ...]


def interval_score(truth: Floats, quantiles: Floats, at_floor: Floats, *, seed: int) -> IntervalScore:
    """`quantiles` is rows x (p10, p50, p90); `at_floor` the said probability of an index of exactly 1.

    A truth at the floor lies below p10 with the share of the floor's probability that does: without the coin a free
    road at night would always be inside its interval, with a fair one too often outside.
    """
    low, high = quantiles[:, 0], quantiles[:, 2]
    coin = np.random.default_rng(seed).random(len(truth))
    under = np.clip(0.1 / np.maximum(at_floor, 1e-9), 0.0, 1.0)
    over = np.clip((at_floor - 0.9) / np.maximum(at_floor, 1e-9), 0.0, 1.0)
    tied_low, tied_high = (truth <= 1.0) & (low <= 1.0), (truth <= 1.0) & (high <= 1.0)
    below = np.where(tied_low, coin < under, truth < low)
    above = np.where(tied_high, coin > 1.0 - over, truth > high)
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return IntervalScore(
        below=float(below.mean()),
        above=float(above.mean()),
        coverage=float(1.0 - below.mean() - above.mean()),
        mae=mae(truth, quantiles[:, 1]),
        pinball=mean_pinball(truth, quantiles, QUANTILES),
        interval_score=float((high - low + 2.0 / 0.2 * outside).mean()),
    )


def level_score(level: str, happened: Flags, said: Floats, climatology: Floats) -> LevelScore:
    came = happened.astype(np.float64)
    ours, usual = brier(came, said), brier(came, climatology)
    return LevelScore(
        level=level,
        events=int(happened.sum()),
        base_rate=float(came.mean()),
        brier=ours,
        auc=auc(happened, said),
        climatology_brier=usual,
        climatology_auc=auc(happened, climatology),
        skill=1.0 - ours / usual if usual > 0 else None,
    )


def auc(happened: Flags, said: Floats) -> float | None:
    """The chance that a case that came was said to be likelier than one that did not; equal ones count half.

    Source: Mann and Whitney (1947), by mid-ranks.
    """
    came, stayed = int(happened.sum()), int((~happened).sum())
    if not came or not stayed:
        return None
    _, place, count = np.unique(said, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2.0
    return float((middle[place][happened].sum() - came * (came + 1) / 2.0) / (came * stayed))
