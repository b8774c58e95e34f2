"""How the waste learners are shown history, and what the gate window says of them."""

from dataclasses import dataclass, replace

import numpy as np

from city.errors import MissingInputError
from city.progress import Advance
from features.arrays import DAY_S, Flags, Floats, Ints
from features.clockwork import midnights_s
from features.trips import TripHistory, TripRows
from features.waste import Asked, FillRows, WasteFeatures
from models.backtest import Windows
from models.bundle import Part
from models.calibration import Conformal, ProbabilityCurve
from models.fill_baseline import FULLEST, LEAD_EDGES_H, WeeklyFill, WeeklyTrips, lead_h, usually_found
from models.metrics import brier, coverage, mae, mean_pinball, rmse
from models.overflow import probability_above
from models.quantile_gbm import QUANTILES, Lesson, QuantileForest, Settled

LONGEST_LEAD_S = 7 * DAY_S
NATURAL_SHARE = 0.7
LEAST_TICKETS = 200
BEYOND_USUAL = 1.5
TRIP_LEAVES = 12
"""Trips are few: a leaf takes at the most one twelfth of them, or nothing could be told apart."""
LEAST_TRIPS_IN_LEAF = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class FillSizes:
    fit: int = 100_000
    tune: int = 15_000
    calibrate: int = 15_000
    gate: int = 30_000


QUICK_FILLS = FillSizes(fit=15_000, tune=4_000, calibrate=4_000, gate=8_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Truth, forecasts of the learner and of the baseline on the gate window, in one unit."""

    truth: Floats
    model: Floats
    naive: Floats

    def losses(self) -> tuple[float, float]:
        return mean_pinball(self.truth, self.model, QUANTILES), mean_pinball(self.truth, self.naive, QUANTILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtFill:
    part: Part
    metrics: dict[str, float]
    baseline: dict[str, float]
    gate: Judged
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtTrips:
    part: Part
    metrics: dict[str, float]
    baseline: dict[str, float]
    gate: Judged
    rows: TripRows


def sampled_fills(
    features: WasteFeatures, window: tuple[int, int], count: int, seed: int, *, natural_share: float
) -> tuple[Asked, Floats]:
    """Rows whose target reading lies in the window, and the fill that would have been there.

    Natural rows: nobody emptied between the origin and the target, so the truth was seen. The others teach how a heap
    goes on growing: it is summed over emptyings, and taken only beyond the point's own usual interval, where no
    natural row can be.
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
    return asked, np.clip(np.round(fills.level_after(asked.reference) + grown, 6), 0.0, FULLEST)


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
    chances = _half_emptyings(fills.emptied[candidates])
    if not len(candidates):
        return candidates, earliest
    drawn = random.choice(len(candidates), count, p=chances)
    span = fills.at_s[candidates[drawn]] - earliest[drawn]
    return candidates[drawn], earliest[drawn] + (random.random(count) * span).astype(np.int64)


def _half_emptyings(emptied: Flags) -> Floats:
    weight = np.where(emptied, 1.0 / max(int(emptied.sum()), 1), 1.0 / max(int((~emptied).sum()), 1))
    chances: Floats = weight / weight.sum() if len(weight) else weight
    return chances


def _beyond(features: WasteFeatures, candidates: Ints, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
    """Targets and origins between which somebody emptied, further apart than the point's usual interval."""
    fills = features.fills
    if not len(candidates):
        return candidates, candidates
    target = random.choice(candidates, 2 * count)
    origin_s = fills.at_s[target] - 1 - (random.random(len(target)) * LONGEST_LEAD_S).astype(np.int64)
    reference = fills.reference(fills.series[target], origin_s)
    held = np.flatnonzero((reference >= 0) & (reference < _emptied_before(features)[target]))
    usual = fills.growth(reference[held], origin_s[held]).gap_days
    far = (fills.at_s[target[held]] - fills.at_s[reference[held]]) / DAY_S > BEYOND_USUAL * usual
    chosen = held[far][:count]
    return target[chosen], origin_s[chosen]


def _lesson(features: WasteFeatures, asked: Asked, truth: Floats) -> Lesson:
    """Off from what the point's own habit expects, in shares of capacity."""
    return Lesson(features=features.apply(asked), truth=truth - asked.expected, weight=np.ones(len(truth)))


def predicted_fill(features: WasteFeatures, part: Part, asked: Asked, *, threads: int = 1) -> Floats:
    """Rows x quantiles of fill, 0 to 5."""
    off = part.predict(features.apply(asked), lead_h(asked), threads=threads)
    return np.clip(asked.expected[:, None] + off, 0.0, FULLEST)


def teach_fill(
    features: WasteFeatures, windows: Windows, settled: Settled, sizes: FillSizes, *, advance: Advance
) -> TaughtFill:
    """Fit, stop and calibrate on rows seen and extrapolated; judge on rows whose truth was seen."""
    seed = settled.seed

    def shown(span: tuple[int, int], count: int, number: int, share: float) -> tuple[Asked, Floats]:
        return sampled_fills(features, span, count, seed + number, natural_share=share)

    fit = shown((windows.start_s, windows.tune_s), sizes.fit, 0, NATURAL_SHARE)
    tune = shown((windows.tune_s, windows.calibrate_s), sizes.tune, 1, NATURAL_SHARE)
    held, held_truth = shown((windows.calibrate_s, windows.gate_s), sizes.calibrate, 2, NATURAL_SHARE)
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
    part = _with_curve(features, Part(forest=forest, conformal=conformal), held, held_truth, settled.threads)
    naive = WeeklyFill.fit(features, held, held_truth)
    gate = Judged(
        truth=truth,
        model=predicted_fill(features, part, asked, threads=settled.threads),
        naive=naive.predict(features, asked),
    )
    figures = _fill_figures(gate, part, seed)
    figures[1]["fill_mae_last_20"] = mae(truth, usually_found(features, asked))
    figures[1]["fill_mae_habit"] = mae(truth, asked.expected)
    return TaughtFill(part=part, metrics=figures[0], baseline=figures[1], gate=gate, asked=asked)


def _with_curve(features: WasteFeatures, part: Part, held: Asked, truth: Floats, threads: int) -> Part:
    """Found fills pile up at exactly full, so the law between quantiles says too much of "above": it is corrected."""
    said = probability_above(predicted_fill(features, part, held, threads=threads))
    return replace(part, curve=ProbabilityCurve.fit(said, (truth > 1.0).astype(np.float64)))


def _fill_figures(gate: Judged, part: Part, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    over = (gate.truth > 1.0).astype(np.float64)

    def figures(forecasts: Floats, curve: ProbabilityCurve) -> dict[str, float]:
        return {
            "fill_mae": mae(gate.truth, forecasts[:, 1]),
            "fill_rmse": rmse(gate.truth, forecasts[:, 1]),
            "fill_pinball": mean_pinball(gate.truth, forecasts, QUANTILES),
            "fill_coverage_80": coverage(gate.truth, forecasts[:, 0], forecasts[:, 2], seed=seed),
            "overflow_brier": brier(over, curve.apply(probability_above(forecasts))),
        }

    return figures(gate.model, part.curve), figures(gate.naive, ProbabilityCurve())


def trip_rows(trips: TripHistory, window: tuple[int, int], time_zone: str, seed: int) -> tuple[TripRows, Floats]:
    """One row per ticket of the window, asked 0 to 7 days before its date; rows without any known trip are left out."""
    random = np.random.default_rng(seed)
    midnight_s = midnights_s(trips.day, time_zone)
    inside = np.flatnonzero((midnight_s >= window[0]) & (midnight_s < window[1]))
    origin_s = midnight_s[inside] - random.integers(0, 8, len(inside)) * DAY_S
    rows = TripRows(team=trips.team[inside], origin_s=origin_s, day=trips.day[inside])
    known = np.flatnonzero(np.isfinite(trips.usual(rows)))
    kept = TripRows(team=rows.team[known], origin_s=rows.origin_s[known], day=rows.day[known])
    return kept, trips.kg[inside[known]]


def predicted_trips(trips: TripHistory, part: Part, rows: TripRows, *, threads: int = 1) -> Floats:
    """Rows x quantiles, kg, above 0."""
    lead = np.full(len(rows), 24.0)
    ratio = 1.0 + part.predict(trips.apply(rows), lead, threads=threads)
    return np.maximum(trips.usual(rows)[:, None] * ratio, 1.0)


def teach_trips(
    trips: TripHistory, windows: Windows, settled: Settled, *, time_zone: str, advance: Advance
) -> TaughtTrips | None:
    """None where there are too few tickets to learn from."""
    spans = (
        (windows.start_s, windows.tune_s),
        (windows.tune_s, windows.calibrate_s),
        (windows.calibrate_s, windows.gate_s),
        (windows.gate_s, windows.end_s + 1),
    )
    shown = [trip_rows(trips, span, time_zone, settled.seed + number) for number, span in enumerate(spans)]
    if len(shown[0][1]) < LEAST_TICKETS or not all(len(kg) for _, kg in shown):
        return None
    lessons = [_trip_lesson(trips, rows, kg) for rows, kg in shown]
    forest = QuantileForest.train(lessons[0], lessons[1], _for_trips(settled, len(shown[0][1])), advance=advance)
    guess = forest.predict(lessons[2].features, threads=settled.threads)
    conformal = Conformal.fit(lessons[2].truth, guess, np.full(len(guess), 24.0), quantiles=QUANTILES, edges=())
    part = Part(forest=forest, conformal=conformal)
    rows, kg = shown[3]
    naive = WeeklyTrips.fit(trips, *shown[2])
    gate = Judged(
        truth=kg,
        model=predicted_trips(trips, part, rows, threads=settled.threads),
        naive=naive.predict(trips, rows),
    )
    return TaughtTrips(
        part=part,
        metrics=_trip_figures(gate.truth, gate.model, settled.seed),
        baseline=_trip_figures(gate.truth, gate.naive, settled.seed),
        gate=gate,
        rows=rows,
    )


def _for_trips(settled: Settled, trips: int) -> Settled:
    least = max(LEAST_TRIPS_IN_LEAF, trips // TRIP_LEAVES)
    return replace(settled, least_rows_in_leaf=min(settled.least_rows_in_leaf, least))


def _trip_lesson(trips: TripHistory, rows: TripRows, kg: Floats) -> Lesson:
    """Off from the usual, as a share of it; weighted so that the loss counts in kg."""
    usual = trips.usual(rows)
    return Lesson(features=trips.apply(rows), truth=kg / usual - 1.0, weight=usual / usual.mean())


def _trip_figures(truth: Floats, forecasts: Floats, seed: int) -> dict[str, float]:
    return {
        "trip_mae": mae(truth, forecasts[:, 1]),
        "trip_pinball": mean_pinball(truth, forecasts, QUANTILES),
        "trip_coverage_80": coverage(truth, forecasts[:, 0], forecasts[:, 2], seed=seed),
    }
