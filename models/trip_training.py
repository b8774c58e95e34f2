"""The weight of trips, taught and judged: a learner and the last week's weight, mixed as earlier weeks say."""

from dataclasses import dataclass, replace

import numpy as np

from city.progress import Advance
from features.arrays import DAY_S, Floats
from features.clockwork import midnights_s
from features.trips import TripHistory, TripRows
from models.backtest import Windows
from models.bundle import Bundle, Part
from models.calibration import Conformal
from models.fill_baseline import WeeklyTrips
from models.metrics import coverage, mae, mean_pinball
from models.quantile_gbm import QUANTILES, Lesson, QuantileForest, Settled
from models.waste_judging import Judged

LEAST_TICKETS = 200
TRIP_LEAVES = 12
"""Trips are few: a leaf takes at the most one twelfth of them, or nothing could be told apart."""
LEAST_TRIPS_IN_LEAF = 15
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
SHARE, RATIOS = "trip_share", "trip_ratios"
PART = "trip"


@dataclass(frozen=True, slots=True, kw_only=True)
class TripModel:
    """`share` of the learner, the rest of what the team's trips weighed a week before, times `ratios`."""

    part: Part
    share: float
    ratios: tuple[float, ...]

    def predict(self, trips: TripHistory, rows: TripRows, *, threads: int = 1) -> Floats:
        """Rows x quantiles, kg, above 0."""
        usual = trips.usual(rows)[:, None]
        mixed = self.mixed(trips, rows, self.part.forest.predict(trips.apply(rows), threads=threads))
        moved = self.part.conformal.apply(mixed, np.full(len(rows), 24.0))
        return np.maximum(usual * (1.0 + moved), 1.0)

    def mixed(self, trips: TripHistory, rows: TripRows, learned: Floats) -> Floats:
        """Off from the usual weight, as a share of it, before the correction."""
        naive = WeeklyTrips(ratios=np.array(self.ratios)).predict(trips, rows) / trips.usual(rows)[:, None] - 1.0
        return np.sort(self.share * learned + (1.0 - self.share) * naive, axis=1)

    @property
    def about(self) -> dict[str, str]:
        return {SHARE: repr(self.share), RATIOS: ",".join(repr(one) for one in self.ratios)}


def saved_trips(bundle: Bundle) -> TripModel | None:
    """Models of before the mixture say nothing of it: they are the learner alone."""
    part = bundle.parts.get(PART)
    if part is None:
        return None
    ratios = tuple(float(one) for one in bundle.about.get(RATIOS, "0.7,1.0,1.3").split(","))
    return TripModel(part=part, share=float(bundle.about.get(SHARE, "1.0")), ratios=ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtTrips:
    model: TripModel
    metrics: dict[str, float]
    baseline: dict[str, float]
    gate: Judged
    rows: TripRows

    @property
    def part(self) -> Part:
        return self.model.part


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
    lessons = [_lesson(trips, rows, kg) for rows, kg in shown]
    forest = QuantileForest.train(lessons[0], lessons[1], _for_trips(settled, len(shown[0][1])), advance=advance)
    model = _mixture(trips, forest, shown[2], lessons[2], WeeklyTrips.fit(trips, *shown[1]), settled.threads)
    rows, kg = shown[3]
    gate = Judged(
        truth=kg,
        model=model.predict(trips, rows, threads=settled.threads),
        naive=WeeklyTrips.fit(trips, *shown[2]).predict(trips, rows),
    )
    return TaughtTrips(
        model=model,
        metrics=_figures(gate.truth, gate.model, settled.seed),
        baseline=_figures(gate.truth, gate.naive, settled.seed),
        gate=gate,
        rows=rows,
    )


def _mixture(
    trips: TripHistory,
    forest: QuantileForest,
    held: tuple[TripRows, Floats],
    lesson: Lesson,
    naive: WeeklyTrips,
    threads: int,
) -> TripModel:
    """The share with the least loss on the weeks before the gate, then corrected on them."""
    none = Part(forest=forest, conformal=Conformal(edges=(), shifts=((0.0,) * len(QUANTILES),)))
    learned = forest.predict(lesson.features, threads=threads)
    ratios = tuple(float(one) for one in naive.ratios)
    candidates = [TripModel(part=none, share=share, ratios=ratios) for share in SHARES]
    kg, usual = held[1], trips.usual(held[0])[:, None]

    def loss(model: TripModel) -> float:
        return mean_pinball(kg, usual * (1.0 + model.mixed(trips, held[0], learned)), QUANTILES)

    best = min(candidates, key=loss)
    mixed = best.mixed(trips, held[0], learned)
    conformal = Conformal.fit(lesson.truth, mixed, np.full(len(kg), 24.0), quantiles=QUANTILES, edges=())
    return replace(best, part=Part(forest=forest, conformal=conformal))


def _for_trips(settled: Settled, trips: int) -> Settled:
    least = max(LEAST_TRIPS_IN_LEAF, trips // TRIP_LEAVES)
    return replace(settled, least_rows_in_leaf=min(settled.least_rows_in_leaf, least))


def _lesson(trips: TripHistory, rows: TripRows, kg: Floats) -> Lesson:
    """Off from the usual, as a share of it; weighted so that the loss counts in kg."""
    usual = trips.usual(rows)
    return Lesson(features=trips.apply(rows), truth=kg / usual - 1.0, weight=usual / usual.mean())


def _figures(truth: Floats, forecasts: Floats, seed: int) -> dict[str, float]:
    return {
        "trip_mae": mae(truth, forecasts[:, 1]),
        "trip_pinball": mean_pinball(truth, forecasts, QUANTILES),
        "trip_coverage_80": coverage(truth, forecasts[:, 0], forecasts[:, 2], seed=seed),
    }
