"""How the waste learners are shown history, and what the gate window says of them."""

from dataclasses import dataclass, replace

import numpy as np

from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import Flags, Floats
from features.emptyings import Emptyings
from features.waste import Asked, WasteFeatures
from models.backtest import Windows
from models.bundle import Part
from models.calibration import Conformal, ProbabilityCurve
from models.emptyings import EMPTYING_SETTINGS
from models.fill_baseline import LEAD_EDGES_H, lead_h, usually_found
from models.metrics import brier, coverage, mae, mean_pinball, rmse
from models.overflow import probability_above
from models.quantile_gbm import QUANTILES, Lesson, QuantileForest, Settled
from models.waste_fill import FillModel, FillSaid, predicted_fill
from models.waste_found import FoundFill, visits_only
from models.waste_judging import Judged
from models.waste_sampling import sampled_fills, tells_overflow
from models.waste_simple import SimpleFill

NATURAL_SHARE = 0.7
FOUND_ROUNDS, QUICK_FOUND_ROUNDS = 150, 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSizes:
    fit: int = 100_000
    tune: int = 15_000
    calibrate: int = 15_000
    gate: int = 30_000
    visits: int = 40_000
    found_rounds: int = FOUND_ROUNDS


QUICK_FILLS = FillSizes(
    fit=15_000, tune=4_000, calibrate=4_000, gate=8_000, visits=10_000, found_rounds=QUICK_FOUND_ROUNDS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtFill:
    model: FillModel
    metrics: dict[str, float]
    baseline: dict[str, float]
    gate: Judged
    asked: Asked
    left_out: tuple[str, ...]


def _lesson(features: WasteFeatures, asked: Asked, truth: Floats) -> Lesson:
    """Off from what the point's own habit expects, in shares of capacity."""
    return Lesson(features=features.apply(asked), truth=truth - asked.expected, weight=np.ones(len(truth)))


def teach_fill(
    features: WasteFeatures,
    windows: Windows,
    settled: Settled,
    sizes: FillSizes,
    *,
    emptyings: Emptyings | None = None,
    advance: Advance,
) -> TaughtFill:
    """Fit and stop on rows seen and extrapolated; calibrate and judge on rows whose truth was seen."""
    seed = settled.seed

    def shown(span: tuple[int, int], count: int, number: int, share: float) -> tuple[Asked, Floats]:
        return sampled_fills(features, span, count, seed + number, natural_share=share)

    fit = shown((windows.start_s, windows.tune_s), sizes.fit, 0, NATURAL_SHARE)
    tune = shown((windows.tune_s, windows.calibrate_s), sizes.tune, 1, NATURAL_SHARE)
    held, held_truth = shown((windows.calibrate_s, windows.gate_s), sizes.calibrate, 2, 1.0)
    asked, truth = shown((windows.gate_s, windows.end_s + 1), sizes.gate, 3, 1.0)
    forest = QuantileForest.train(_lesson(features, *fit), _lesson(features, *tune), settled, advance=advance)
    lesson = _lesson(features, held, held_truth)
    conformal = Conformal.fit(
        lesson.truth,
        forest.predict(lesson.features, threads=settled.threads),
        lead_h(held),
        quantiles=QUANTILES,
        edges=LEAD_EDGES_H,
    )
    part = _with_curve(features, Part(forest=forest, conformal=conformal), held, held_truth, settled)
    growth = FillModel(growth=part, found=None, seed=seed)
    model, left_out = _with_found(features, emptyings, windows, growth, sizes, threads=settled.threads)
    said = model.say(features, emptyings, asked, threads=settled.threads)
    simple = SimpleFill.fit(features, emptyings, held, held_truth)
    naive = simple.predict(features, emptyings, asked)[0]
    gate = Judged(truth=truth, model=said.quantiles, naive=naive, rank=said.rank(truth, seed))
    weekly = simple.weekly.predict(features, asked)
    told = tells_overflow(features, asked)
    baseline = _fill_figures(truth, FillSaid(quantiles=weekly, over=probability_above(weekly)), seed, told)
    return TaughtFill(
        model=model,
        metrics=_fill_figures(truth, said, seed, told),
        baseline=baseline
        | {
            "fill_mae_simple": mae(truth, naive[:, 1]),
            "fill_pinball_simple": mean_pinball(truth, naive, QUANTILES),
            "fill_mae_last_20": mae(truth, usually_found(features, asked)),
            "fill_mae_habit": mae(truth, asked.expected),
        },
        gate=gate,
        asked=asked,
        left_out=left_out,
    )


def _with_found(
    features: WasteFeatures,
    emptyings: Emptyings | None,
    windows: Windows,
    growth: FillModel,
    sizes: FillSizes,
    *,
    threads: int,
) -> tuple[FillModel, tuple[str, ...]]:
    """With the law of what is found at visits, where that is nearer than the growth alone on the weeks to tune on."""
    if emptyings is None or not visits_only(features):
        return growth, ()
    settled = replace(EMPTYING_SETTINGS, seed=growth.seed, threads=threads, rounds=sizes.found_rounds)
    span, tune = (windows.start_s, windows.tune_s), (windows.tune_s, windows.calibrate_s)
    try:
        found = FoundFill.train(features, emptyings, span, settled=settled, count=sizes.visits)
    except MissingInputError as few:
        return growth, (f"fills found at visits: {few}",)
    both = replace(growth, found=found)
    asked, truth = sampled_fills(features, tune, sizes.tune, growth.seed + 4, natural_share=1.0)
    with_found, alone = (
        mean_pinball(truth, one.say(features, emptyings, asked, threads=threads).quantiles, QUANTILES)
        for one in (both, growth)
    )
    if with_found < alone:
        return both, ()
    return growth, ("fills found at visits: no better than the growth of the heap on the weeks to tune on",)


def _with_curve(features: WasteFeatures, part: Part, held: Asked, truth: Floats, settled: Settled) -> Part:
    """Found fills pile up at exactly full, so the law between quantiles says too much of "above": it is corrected."""
    said = probability_above(predicted_fill(features, part, held, seed=settled.seed, threads=settled.threads))
    told = tells_overflow(features, held)
    return replace(part, curve=ProbabilityCurve.fit(said[told], (truth[told] > 1.0).astype(np.float64)))


def _fill_figures(truth: Floats, said: FillSaid, seed: int, told: Flags) -> dict[str, float]:
    """Of overflow only what was `told`: rows that could have shown it."""
    low, middle, high = said.quantiles.T
    inside = coverage(truth, low, high, seed=seed)
    if said.law is not None:
        rank = said.rank(truth, seed)
        inside = float(np.mean((rank >= QUANTILES[0]) & (rank <= QUANTILES[-1])))
    return {
        "fill_mae": mae(truth, middle),
        "fill_rmse": rmse(truth, middle),
        "fill_pinball": mean_pinball(truth, said.quantiles, QUANTILES),
        "fill_coverage_80": inside,
        "overflow_brier": brier((truth[told] > 1.0).astype(np.float64), said.over[told]),
    }
