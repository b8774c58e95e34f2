"""Train and forecast waste: fill and allocated kg per collection point, kg per trip."""

import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import dataframely as dy
import polars as pl

from city.clock import require_aware
from city.errors import CityError, InvalidValueError
from city.forecasts import FillForecasts, TripWeightForecasts
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from features.allocation import KgPerFill
from features.arrays import DAY_S, seconds
from features.calendar_days import Announced
from features.gather import WasteHistory
from features.trips import TripHistory
from features.waste import HORIZON_S, WasteFeatures
from models.backtest import Windows
from models.bundle import Bundle, Part
from models.fill_baseline import WeeklyFill, WeeklyTrips
from models.metrics import mean_pinball
from models.overflow import probability_above
from models.plots import calibration_plot, importance_plot
from models.promotion import GateLoss
from models.publishing import champion_or_reason, publish
from models.quantile_gbm import QUANTILES, Settled
from models.registry import Champion, Registry, RunNotes
from models.trained import Trained
from models.waste_frames import fill_frame, fill_rows, trip_frame, trip_rows_ahead
from models.waste_training import (
    QUICK_FILLS,
    FillSizes,
    TaughtFill,
    TaughtTrips,
    predicted_fill,
    predicted_trips,
    sampled_fills,
    teach_fill,
    teach_trips,
    trip_rows,
)

NAME = "waste"
NAIVE = "seasonal_naive"
CHAMPION = "champion"
TRAINING_DAYS = 800
SERVING_DAYS = 120
GATE_DAYS = 28
MOST_DAYS = 7
NAIVE_ROWS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteForecast:
    """Both frames of one issue, which rung made them, and why it is not a higher one."""

    fill: dy.DataFrame[FillForecasts]
    trips: dy.DataFrame[TripWeightForecasts]
    rung: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was known, with its features."""

    history: WasteHistory
    fills: WasteFeatures
    trips: TripHistory

    @property
    def time_zone(self) -> str:
        return self.history.around.time_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    fill: TaughtFill
    trips: TaughtTrips | None

    @property
    def parts(self) -> tuple[TaughtFill | TaughtTrips, ...]:
        return (self.fill,) if self.trips is None else (self.fill, self.trips)


def gathered(history: History, as_of: datetime, days: int) -> Gathered:
    known = WasteHistory.gather(history, as_of=require_aware(as_of), days=days)
    return Gathered(
        history=known,
        fills=WasteFeatures.fit(known.readings, known.points, known.around),
        trips=TripHistory.of(known.weighings, known.around.time_zone, Announced.of(known.around.calendar)),
    )


def train_waste(
    history: History, settings: Settings, *, as_of: datetime, progress: Progress = silent, quick: bool = False
) -> Trained:
    """Learn from what was known at `as_of`, judge on its last days, register and promote what is better.

    Raises CityError when the history is too short; then nothing is registered.
    """
    started = time.perf_counter()
    known = gathered(history, as_of, TRAINING_DAYS)
    at_s = known.fills.fills.at_s
    windows = Windows.split(int(at_s.min()), int(at_s.max()), what=NAME, gate_days=GATE_DAYS)
    settled = Settled(seed=settings.seed, threads=settings.threads, rounds=100 if quick else 180, least_rows_in_leaf=60)
    sizes = QUICK_FILLS if quick else FillSizes()
    with progress("Training waste", 2 * len(QUANTILES)) as advance:
        taught = Taught(
            fill=teach_fill(known.fills, windows, settled, sizes, advance=advance),
            trips=teach_trips(known.trips, windows, settled, time_zone=known.time_zone, advance=advance),
        )
    registry = Registry(settings)
    loss = _gate_loss(known, taught, champion_or_reason(registry, NAME)[0])
    params = {"as_of": as_of.isoformat(), **asdict(settled), **asdict(windows), **_prefixed("rows", asdict(sizes))}

    def notes(folder: Path) -> RunNotes:
        return RunNotes(
            params=params | {"series": len(known.fills.fills.keys), "teams": len(known.trips.teams)},
            metrics={key: value for part in taught.parts for key, value in part.metrics.items()},
            baseline={key: value for part in taught.parts for key, value in part.baseline.items()},
            importances={name: part.forest.importances() for name, part in _bundle_parts(taught).items()},
            history_url=history.url,
            history_versions=history.versions(),
            plots=_plots(folder, taught),
        )

    rows = known.history.readings.height + known.history.weighings.height
    return publish(registry, _bundle(taught, settled, as_of), loss, notes, started=started, rows=rows)


def _prefixed(prefix: str, values: dict[str, int]) -> dict[str, int]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _bundle_parts(taught: Taught) -> dict[str, Part]:
    parts = {"fill": taught.fill.part}
    return parts if taught.trips is None else parts | {"trip": taught.trips.part}


def _bundle(taught: Taught, settled: Settled, as_of: datetime) -> Bundle:
    # Growth, pools and kg per fill are read anew from the history at every issue: there is no state to keep.
    return Bundle(
        name=NAME,
        cutoff=as_of.isoformat(),
        horizon_s=HORIZON_S,
        seed=settled.seed,
        threads=settled.threads,
        parts=_bundle_parts(taught),
        state=pl.DataFrame({"cutoff": [as_of.isoformat()]}),
        about={},
    )


def _gate_loss(known: Gathered, taught: Taught, champion: Champion | None) -> GateLoss:
    judged = {"fill": taught.fill.gate} | ({} if taught.trips is None else {"trip": taught.trips.gate})
    losses = {name: gate.losses() for name, gate in judged.items()}
    return GateLoss(
        challenger={name: loss[0] for name, loss in losses.items()},
        baseline={name: loss[1] for name, loss in losses.items()},
        champion=None if champion is None else _champion_loss(known, taught, champion.bundle),
    )


def _champion_loss(known: Gathered, taught: Taught, bundle: Bundle) -> dict[str, float]:
    losses: dict[str, float] = {}
    if "fill" in bundle.parts:
        said = predicted_fill(known.fills, bundle.parts["fill"], taught.fill.asked, threads=bundle.threads)
        losses["fill"] = mean_pinball(taught.fill.gate.truth, said, QUANTILES)
    if "trip" in bundle.parts and taught.trips is not None:
        said = predicted_trips(known.trips, bundle.parts["trip"], taught.trips.rows, threads=bundle.threads)
        losses["trip"] = mean_pinball(taught.trips.gate.truth, said, QUANTILES)
    return losses


def _plots(folder: Path, taught: Taught) -> tuple[Path, ...]:
    made = []
    for name, part in zip(("fill", "trip"), taught.parts, strict=False):
        made.append(calibration_plot(folder / f"{name}_calibration.png", name, part.gate.truth, part.gate.model))
        made.append(importance_plot(folder / f"{name}_importance.png", name, part.part.forest.importances()))
    return tuple(made)


def forecast_waste(
    history: History,
    settings: Settings,
    *,
    issued_at: datetime,
    days: int = MOST_DAYS,
    progress: Progress = silent,
) -> WasteForecast:
    """Fill at 6, 12, 18 and 24 h local of today and the days after, trips per service date; `rung` says who made it."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidValueError(subject="Waste forecast", field="days", found=days, expected=f"1 to {MOST_DAYS}")
    with progress("Forecasting waste", 3) as advance:
        known = gathered(history, issued_at, SERVING_DAYS)
        champion, reason = champion_or_reason(Registry(settings), NAME)
        advance(1)
        answer = _answer(known, champion, reason, issued_at, days, threads=settings.threads)
        advance(2)
    return answer


def _answer(
    known: Gathered, champion: Champion | None, reason: str, issued_at: datetime, days: int, *, threads: int
) -> WasteForecast:
    if champion is not None:
        try:
            return _from_champion(known, champion, issued_at, days, threads=threads)
        except CityError as refused:
            reason = str(refused)
    return _from_baseline(known, reason, issued_at, days)


def _from_champion(
    known: Gathered, champion: Champion, issued_at: datetime, days: int, *, threads: int
) -> WasteForecast:
    rows, label = fill_rows(known.fills, issued_at, days), champion.label
    part = champion.bundle.parts["fill"]
    filled = predicted_fill(known.fills, part, known.fills.ask(rows), threads=threads)
    overflow = part.curve.apply(probability_above(filled))
    ahead = trip_rows_ahead(known.trips, issued_at, days)
    reasons: tuple[str, ...] = ()
    if "trip" in champion.bundle.parts:
        weights = predicted_trips(known.trips, champion.bundle.parts["trip"], ahead, threads=threads)
        trips = trip_frame(known.trips, ahead, weights, model=label, rung=CHAMPION)
    else:
        trips = _naive_trips(known, issued_at, days)
        reasons = ("trips: the model had too few weighbridge tickets to learn from",)
    return WasteForecast(
        fill=fill_frame(known.fills, rows, filled, overflow, _kg(known), model=label, rung=CHAMPION),
        trips=trips,
        rung=CHAMPION,
        reasons=reasons,
    )


def _from_baseline(known: Gathered, reason: str, issued_at: datetime, days: int) -> WasteForecast:
    rows = fill_rows(known.fills, issued_at, days)
    past = (int(known.fills.fills.at_s.min()), seconds(issued_at))
    shown, truth = sampled_fills(known.fills, past, NAIVE_ROWS, 1, natural_share=1.0)
    filled = WeeklyFill.fit(known.fills, shown, truth).predict(known.fills, known.fills.ask(rows))
    return WasteForecast(
        fill=fill_frame(known.fills, rows, filled, probability_above(filled), _kg(known), model=NAIVE, rung=NAIVE),
        trips=_naive_trips(known, issued_at, days),
        rung=NAIVE,
        reasons=(reason,),
    )


def _naive_trips(known: Gathered, issued_at: datetime, days: int) -> dy.DataFrame[TripWeightForecasts]:
    past = (seconds(issued_at) - 28 * DAY_S, seconds(issued_at))
    shown, kg = trip_rows(known.trips, past, known.time_zone, 1)
    ahead = trip_rows_ahead(known.trips, issued_at, days)
    weights = WeeklyTrips.fit(known.trips, shown, kg).predict(known.trips, ahead)
    return trip_frame(known.trips, ahead, weights, model=NAIVE, rung=NAIVE)


def _kg(known: Gathered) -> KgPerFill:
    return KgPerFill.fit(known.history.readings, known.history.weighings, known.history.points)
