"""How the congestion learner is shown history: sampled rows, four windows, and what the gate says."""

from dataclasses import dataclass

import numpy as np

from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import DAY_S, HOUR_S, Floats
from features.congestion import HORIZON_S, CongestionFeatures
from features.steps import Rows
from features.traffic import TrafficGrid
from models.backtest import Windows
from models.baseline import SeasonalNaive
from models.bundle import Part
from models.calibration import Conformal
from models.metrics import coverage, mae, mape, mean_pinball, rmse
from models.quantile_gbm import QUANTILES, Lesson, QuantileForest, Settled

LEAD_EDGES_H = (2.0, 8.0, 24.0)
SCORED_LEADS_H = (1, 4, 24)
BURN_IN_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Rows shown: the cap keeps training quick whatever the history's length."""

    fit: int = 100_000
    tune: int = 20_000
    calibrate: int = 20_000
    gate: int = 40_000


QUICK = Sizes(fit=20_000, tune=5_000, calibrate=5_000, gate=8_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """One measure's part, and what the gate window says of it beside seasonal-naive."""

    part: Part
    metrics: dict[str, float]
    baseline: dict[str, float]
    gate: "GateRows"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRows:
    """The judged rows: truth, forecasts of the learner and of seasonal-naive, in the measure's unit."""

    rows: Rows
    truth: Floats
    model: Floats
    naive: Floats


def sampled_rows(features: CongestionFeatures, measure: str, window: tuple[int, int], count: int, seed: int) -> Rows:
    """Rows whose target was measured inside `window` (seconds), over detectors and leads.

    A third of the leads lies within 2 h, four fifths within a day. Origins lie after a burn-in (two weeks, less
    where the history is short), so that profiles have seen something.
    """
    grid = features.known.grid
    random = np.random.default_rng(seed)
    first, last = (int(np.clip((edge - grid.start_s) // grid.step_s, 0, grid.steps)) for edge in window)
    burn_in = min(BURN_IN_DAYS * DAY_S // grid.step_s, grid.steps // 4)
    if last - first < 1:
        raise MissingInputError(step="Training congestion", missing=(f"{measure} in every part of the history",))
    draws = 2 * count
    target = random.integers(first, last, draws)
    origin = target - _leads(grid, draws, random)
    detector = random.integers(0, len(grid.detectors), draws)
    drawn = Rows(origin=origin, target=target, detector=detector)
    early = origin < burn_in
    safe = Rows(origin=np.where(early, 0, origin), target=target, detector=detector)
    usable = ~early & np.isfinite(features.truth(measure, drawn))
    usable &= np.isfinite(features.to_deviation(measure, safe, features.truth(measure, safe)))
    return chosen(drawn, np.flatnonzero(usable)[:count])


def chosen(rows: Rows, place: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Rows:
    return Rows(origin=rows.origin[place], target=rows.target[place], detector=rows.detector[place])


def _leads(grid: TrafficGrid, count: int, random: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    nearest, furthest = 1 + grid.delay_steps, HORIZON_S // grid.step_s
    near = min(furthest, nearest + 2 * HOUR_S // grid.step_s)
    day = max(near + 1, min(furthest, DAY_S // grid.step_s))
    kind = random.choice(3, count, p=[0.35, 0.45, 0.2])
    low, high = np.array([nearest, nearest, day - 1])[kind], np.array([near, day, furthest])[kind]
    return random.integers(low, np.maximum(high, low) + 1)


def lesson(features: CongestionFeatures, measure: str, rows: Rows) -> Lesson:
    """Deviations from the profile, weighted by scale, so that the loss counts in the measure's unit."""
    return Lesson(
        features=features.apply(measure, rows),
        truth=features.to_deviation(measure, rows, features.truth(measure, rows)),
        weight=features.known.scale(measure, rows).astype(np.float64),
    )


def lead_h(features: CongestionFeatures, rows: Rows) -> Floats:
    lead: Floats = ((rows.target - rows.origin) * (features.known.grid.step_s / HOUR_S)).astype(np.float64)
    return lead


def predicted(features: CongestionFeatures, measure: str, part: Part, rows: Rows, *, threads: int = 1) -> Floats:
    """Rows x quantiles in the measure's unit, not below 0."""
    deviation = part.predict(features.apply(measure, rows), lead_h(features, rows), threads=threads)
    return np.maximum(features.from_deviation(measure, rows, deviation), 0.0)


def teach(
    features: CongestionFeatures, measure: str, windows: Windows, settled: Settled, sizes: Sizes, *, advance: Advance
) -> Taught:
    """Fit, stop, calibrate and judge one measure, each on days of its own."""
    spans = {
        "fit": (windows.start_s, windows.tune_s),
        "tune": (windows.tune_s, windows.calibrate_s),
        "calibrate": (windows.calibrate_s, windows.gate_s),
        "gate": (windows.gate_s, windows.end_s),
    }
    rows = {
        name: sampled_rows(features, measure, span, getattr(sizes, name), settled.seed + number)
        for number, (name, span) in enumerate(spans.items())
    }
    forest = QuantileForest.train(
        lesson(features, measure, rows["fit"]), lesson(features, measure, rows["tune"]), settled, advance=advance
    )
    held = lesson(features, measure, rows["calibrate"])
    conformal = Conformal.fit(
        held.truth,
        forest.predict(held.features, threads=settled.threads),
        lead_h(features, rows["calibrate"]),
        quantiles=QUANTILES,
        edges=LEAD_EDGES_H,
    )
    part = Part(forest=forest, conformal=conformal)
    gate = judge(features, measure, part, rows["gate"], until_s=windows.gate_s, threads=settled.threads)
    leads = _scored_leads(features, measure, part, windows, settled)
    return Taught(
        part=part,
        metrics=_figures(measure, gate.truth, gate.model, settled.seed) | leads[0],
        baseline=_figures(measure, gate.truth, gate.naive, settled.seed) | leads[1],
        gate=gate,
    )


def judge(
    features: CongestionFeatures, measure: str, part: Part, rows: Rows, *, until_s: int, threads: int
) -> GateRows:
    until = int((until_s - features.known.grid.start_s) // features.known.grid.step_s)
    naive = SeasonalNaive.fit(features.known, measure, until_step=until)
    return GateRows(
        rows=rows,
        truth=features.truth(measure, rows).astype(np.float64),
        model=predicted(features, measure, part, rows, threads=threads),
        naive=naive.predict(features.known, rows),
    )


def _figures(measure: str, truth: Floats, forecasts: Floats, seed: int) -> dict[str, float]:
    low, middle, high = forecasts.T
    return {
        f"{measure}_mae": mae(truth, middle),
        f"{measure}_rmse": rmse(truth, middle),
        f"{measure}_mape": mape(truth, middle),
        f"{measure}_pinball": mean_pinball(truth, forecasts, QUANTILES),
        f"{measure}_coverage_80": coverage(truth, low, high, seed=seed),
    }


def _scored_leads(
    features: CongestionFeatures, measure: str, part: Part, windows: Windows, settled: Settled
) -> tuple[dict[str, float], dict[str, float]]:
    """MAE at 1, 4 and 24 h ahead on the gate window, learner and seasonal-naive."""
    model: dict[str, float] = {}
    naive: dict[str, float] = {}
    any_lead = sampled_rows(features, measure, (windows.gate_s, windows.end_s), 12_000, settled.seed + 99)
    for hours in SCORED_LEADS_H:
        lead = max(1 + features.known.grid.delay_steps, hours * HOUR_S // features.known.grid.step_s)
        rows = Rows(origin=np.maximum(any_lead.target - lead, 0), target=any_lead.target, detector=any_lead.detector)
        scored = judge(features, measure, part, rows, until_s=windows.gate_s, threads=settled.threads)
        model[f"{measure}_mae_{hours}h"] = mae(scored.truth, scored.model[:, 1])
        naive[f"{measure}_mae_{hours}h"] = mae(scored.truth, scored.naive[:, 1])
    return model, naive
