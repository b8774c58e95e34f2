"""Train and forecast waste: fill and allocated kg per point, what is found at emptyings, kg per trip, work per day."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import dataframely as dy
import polars as pl

from city.clock import require_aware
from city.errors import CityError, InvalidValueError, MissingInputError
from city.forecasts import EmptyingForecasts, FillForecasts, TripWeightForecasts, WorkloadForecasts
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from features.arrays import Floats
from features.calendar_days import Announced
from features.clockwork import local_days
from features.emptyings import Emptyings
from features.gather import WasteHistory
from features.trips import TripHistory
from features.waste import HORIZON_S, WasteFeatures
from models.backtest import Windows
from models.bundle import Bundle
from models.emptying_answer import answered_emptyings
from models.emptying_training import FOUND, teach_emptyings
from models.gate import GateEvidence
from models.plots import shap_plots
from models.publishing import champion_or_reason, publish
from models.quantile_gbm import QUANTILES, Settled
from models.registry import Registry, RunNotes
from models.trained import Trained
from models.trip_training import PART as TRIP
from models.trip_training import saved_trips, teach_trips
from models.waste_fill import FILL, saved_fill
from models.waste_frames import fill_frame, trip_frame
from models.waste_judging import GATE_DAYS, waste_windows
from models.waste_ladder import NAME, Gathered, all_fill_rows, answered_fill, answered_trips, steps
from models.waste_notes import Taught, explained_gate, gate_plots
from models.waste_training import QUICK_FILLS, FillSizes, TaughtFill, teach_fill

TRAINING_DAYS = 800
SERVING_DAYS = 120
MOST_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteForecast:
    """All frames of one issue, which rung made the fills, and why they are not of a higher one."""

    fill: dy.DataFrame[FillForecasts]
    trips: dy.DataFrame[TripWeightForecasts]
    emptyings: dy.DataFrame[EmptyingForecasts]
    workload: dy.DataFrame[WorkloadForecasts]
    rung: str
    reasons: tuple[str, ...] = ()


def gathered(history: History, as_of: datetime, days: int, audits: pl.DataFrame | None = None) -> Gathered:
    """`audits` are visits that plans ordered by lot (columns of AUDITS): who learns weighs them."""
    known = WasteHistory.gather(history, as_of=require_aware(as_of), days=days)
    zone, calendar = known.around.time_zone, known.around.calendar
    try:
        emptyings = Emptyings.of(known.readings, time_zone=zone, calendar=calendar, audits=audits)
    except MissingInputError:
        emptyings = None
    return Gathered(
        history=known,
        fills=WasteFeatures.fit(known.readings, known.points, known.around, audits),
        trips=TripHistory.of(known.weighings, zone, Announced.of(calendar)),
        emptyings=emptyings,
    )


def settled_for(settings: Settings, *, quick: bool, tuned: Mapping[str, float] | None = None) -> Settled:
    """How boosters of fill and of trips grow; `tuned` replaces settings by name, those of emptyings are left alone."""
    plain = Settled(seed=settings.seed, threads=settings.threads, rounds=100 if quick else 180, least_rows_in_leaf=60)
    own = {name: value for name, value in (tuned or {}).items() if not name.startswith(FOUND)}
    return replace(plain, **cast("dict[str, Any]", own))


def train_waste(
    history: History,
    settings: Settings,
    *,
    as_of: datetime,
    progress: Progress = silent,
    quick: bool = False,
    tuned: Mapping[str, float] | None = None,
    audits: pl.DataFrame | None = None,
) -> Trained:
    """Learn from what was known at `as_of`, judge on its last weeks, register, and promote what is better.

    `audits` are the visits that plans ordered by lot (columns of AUDITS): they speak for all that were skipped.

    Raises CityError when the history is too short; then nothing is registered.
    """
    started = time.perf_counter()
    known = gathered(history, as_of, TRAINING_DAYS, audits)
    at_s = known.fills.fills.at_s
    windows = waste_windows(int(at_s.min()), int(at_s.max()))
    settled = settled_for(settings, quick=quick, tuned=tuned)
    sizes = QUICK_FILLS if quick else FillSizes()
    registry = Registry(settings)
    champion, _ = champion_or_reason(registry, NAME)
    former = None if champion is None else champion.bundle
    taught = _taught(known, windows, settled, sizes, former=former, tuned=tuned, quick=quick, progress=progress)
    metrics, baseline = taught.figures
    explained = explained_gate(known, taught, settled.seed)
    params = {"as_of": as_of.isoformat(), **asdict(settled), **asdict(windows), **_prefixed("rows", asdict(sizes))}

    def notes(folder: Path) -> RunNotes:
        return RunNotes(
            params=params
            | {
                "series": len(known.fills.fills.keys),
                "teams": len(known.trips.teams),
                "left_out": "; ".join(taught.left_out),
            },
            metrics=metrics,
            baseline=baseline,
            importances={name: part.forest.importances() for name, part in taught.parts.items()},
            history_url=history.url,
            history_versions=history.versions(),
            plots=(*gate_plots(folder, taught), *shap_plots(folder, explained)),
            tables={f"shap_{name}": one.table() for name, one in explained.items()},
            tuned=dict(tuned or {}),
        )

    return publish(
        registry,
        _bundle(taught, settled, as_of),
        _evidence(known, taught, former, seed=settled.seed),
        notes,
        started=started,
        rows=known.history.readings.height + known.history.weighings.height,
        windows=windows,
        wanted_gate_days=GATE_DAYS,
    )


def _taught(
    known: Gathered,
    windows: Windows,
    settled: Settled,
    sizes: FillSizes,
    *,
    former: Bundle | None,
    tuned: Mapping[str, float] | None,
    quick: bool,
    progress: Progress,
) -> Taught:
    with progress("Training waste", 2 * len(QUANTILES) + 1) as advance:
        fill = teach_fill(known.fills, windows, settled, sizes, emptyings=known.emptyings, advance=advance)
        trips = teach_trips(known.trips, windows, settled, time_zone=known.time_zone, advance=advance)
        found = None
        if known.emptyings is not None:
            found = teach_emptyings(
                known.emptyings,
                windows,
                settled,
                quick=quick,
                district_of=known.district_of,
                champion=former,
                tuned=tuned,
                advance=advance,
            )
    return Taught(fill=fill, trips=trips, emptyings=found)


def _prefixed(prefix: str, values: dict[str, int]) -> dict[str, int]:
    return {f"{prefix}_{name}": value for name, value in values.items()}


def _bundle(taught: Taught, settled: Settled, as_of: datetime) -> Bundle:
    # Growth, pools, shown amounts and kg per fill are read anew from the history at every issue: no state to keep.
    about = taught.fill.model.about | ({} if taught.trips is None else taught.trips.model.about)
    return Bundle(
        name=NAME,
        cutoff=as_of.isoformat(),
        horizon_s=HORIZON_S,
        seed=settled.seed,
        threads=settled.threads,
        parts=taught.parts,
        state=pl.DataFrame({"cutoff": [as_of.isoformat()]}),
        about=about | ({} if taught.emptyings is None else taught.emptyings.about),
    )


def _evidence(known: Gathered, taught: Taught, champion: Bundle | None, *, seed: int) -> pl.DataFrame:
    """What the gate window showed of fills, trips and emptyings."""
    fills = known.fills.fills
    rows = taught.fill.asked.rows
    lines: list[pl.DataFrame] = [
        taught.fill.gate.evidence(
            FILL,
            local_days(rows.valid_s, known.time_zone),
            [fills.districts[one] for one in rows.series],
            champion=_said_of_fill(known, taught.fill, champion),
            seed=seed,
        )
    ]
    if taught.trips is not None:
        asked = taught.trips.rows
        former = None if champion is None else saved_trips(champion)
        lines.append(
            taught.trips.gate.evidence(
                TRIP,
                asked.day,
                [known.trips.districts[one] for one in asked.team],
                champion=None if former is None else former.predict(known.trips, asked),
                seed=seed,
            )
        )
    if taught.emptyings is not None and taught.emptyings.evidence is not None:
        lines.append(taught.emptyings.evidence)
    return GateEvidence.validate(pl.concat(lines))


def _said_of_fill(known: Gathered, taught: TaughtFill, champion: Bundle | None) -> Floats | None:
    if champion is None or FILL not in champion.parts:
        return None
    try:
        said = saved_fill(champion).say(known.fills, known.emptyings, taught.asked, threads=champion.threads)
    except CityError:
        # A champion whose recipe is another one now cannot answer; it would not serve either.
        return None
    return said.quantiles


def forecast_waste(
    history: History,
    settings: Settings,
    *,
    issued_at: datetime,
    days: int = MOST_DAYS,
    progress: Progress = silent,
) -> WasteForecast:
    """Fill at 6, 12, 18 and 24 h local, emptyings and trips of today and the days after it; `rung` says who made it."""
    if not 1 <= days <= MOST_DAYS:
        raise InvalidValueError(subject="Waste forecast", field="days", found=days, expected=f"1 to {MOST_DAYS}")
    with progress("Forecasting waste", 3) as advance:
        known = gathered(history, issued_at, SERVING_DAYS)
        asked = all_fill_rows(known, issued_at, days)
        answer = answered_fill(known, asked, steps(Registry(settings)), threads=settings.threads)
        advance(1)
        trips = answered_trips(known, answer, issued_at, days, threads=settings.threads)
        advance(1)
        found = answered_emptyings(known, answer, issued_at, days, threads=settings.threads)
        advance(1)
    return WasteForecast(
        fill=fill_frame(
            known.fills,
            answer.rows,
            answer.quantiles,
            answer.overflow,
            known.kg,
            model=answer.model,
            rung=answer.rung,
        ),
        trips=trip_frame(known.trips, trips),
        emptyings=found.emptyings,
        workload=found.workload,
        rung=answer.step.rung,
        reasons=(*answer.reasons, *trips.reasons, *found.reasons),
    )
