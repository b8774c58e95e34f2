"""Train and forecast complaints: how many are opened per category, district and day, 1 to 7 days ahead."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import dataframely as dy
import numpy as np
import polars as pl

from city.complaint_forecasts import ComplaintForecasts
from city.errors import CityError
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from features.arrays import DAY_S, Floats, seconds, utc_column
from features.complaint_days import ComplaintDays, ComplaintRows
from features.complaint_history import gather_complaints
from models.bundle import Bundle
from models.complaint_ladder import PART, Answer, Step, answered, as_counts, mean_of
from models.complaint_training import (
    LEADS,
    LONGEST_GATE,
    NAME,
    THREE,
    TRAINING_DAYS,
    ComplaintWindows,
    TaughtComplaints,
    issue_day,
    settled_for,
    teach_complaints,
)
from models.emptyings import DECILES
from models.plots import calibration_plot, importance_plot, shap_plots
from models.publishing import champion_or_reason, publish
from models.quantile_gbm import Settled, as_matrix
from models.registry import Champion, Registry, RunNotes
from models.shap import Explained, contributions
from models.trained import Trained

SERVING_DAYS = 800
MOST_REPORTS = 1_000_000.0
STALE_DAYS = 2
"""The newest count known may be of yesterday or the day before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintForecast:
    """The frame of one issue and why it is not of a higher rung, or made of less than usual."""

    forecasts: dy.DataFrame[ComplaintForecasts]
    reasons: tuple[str, ...] = ()


def train_complaints(
    history: History,
    settings: Settings,
    *,
    as_of: datetime,
    progress: Progress = silent,
    quick: bool = False,
    tuned: Mapping[str, float] | None = None,
) -> Trained:
    """Learn from what was known at `as_of`, judge on its last days, register and promote what is better.

    Raises CityError when the history is too short; then nothing is registered.
    """
    started = time.perf_counter()
    days = gather_complaints(history, as_of=as_of, days=TRAINING_DAYS)
    windows = ComplaintWindows.split(days)
    settled = settled_for(seed=settings.seed, threads=settings.threads, quick=quick, tuned=tuned)
    registry = Registry(settings)
    champion, _ = champion_or_reason(registry, NAME)
    with progress("Training complaints", len(DECILES)) as advance:
        taught = teach_complaints(
            days, windows, settled, champion=None if champion is None else champion.bundle, advance=advance
        )
    explained = {PART: _explained(days, taught, settled.seed)}

    def notes(folder: Path) -> RunNotes:
        importances = taught.part.forest.importances()
        return RunNotes(
            params={
                "as_of": as_of.isoformat(), "series": len(days.keys), "baseline": taught.baseline_name,
                **asdict(settled), **asdict(windows.moments(days.time_zone)),
            },
            metrics=taught.metrics,
            baseline=taught.baseline,
            importances={PART: importances},
            history_url=history.url,
            history_versions=history.versions(),
            plots=(
                calibration_plot(folder / "complaints_calibration.png", NAME, taught.truth, taught.said[:, THREE]),
                importance_plot(folder / "complaints_importance.png", NAME, importances),
                *shap_plots(folder, explained),
            ),
            tables={f"shap_{name}": one.table() for name, one in explained.items()},
            tuned=dict(tuned or {}),
        )  # fmt: skip

    bundle = _bundle(taught, settled, as_of)
    return publish(
        registry,
        bundle,
        taught.evidence,
        notes,
        started=started,
        rows=taught.rows,
        windows=windows.moments(days.time_zone),
        wanted_gate_days=LONGEST_GATE,
    )


def _explained(days: ComplaintDays, taught: TaughtComplaints, seed: int) -> Explained:
    """What moved the medians of the gate."""
    forest = taught.part.forest
    rows = as_matrix(days.apply(taught.asked), forest.features)
    return contributions(forest.boosters[0.5], rows, forest.features, seed=seed)


def _bundle(taught: TaughtComplaints, settled: Settled, as_of: datetime) -> Bundle:
    # Levels, weekdays and seasons are read anew from the history at every issue: there is no state to keep.
    return Bundle(
        name=NAME,
        cutoff=as_of.isoformat(),
        horizon_s=(LEADS + 1) * DAY_S,
        seed=settled.seed,
        threads=settled.threads,
        parts={PART: taught.part},
        state=pl.DataFrame({"cutoff": [as_of.isoformat()]}),
        about={"baseline": taught.baseline_name},
    )


def forecast_complaints(
    history: History, settings: Settings, *, issued_at: datetime, progress: Progress = silent
) -> ComplaintForecast:
    """Counts of the seven local days after `issued_at`, down the ladder champion, previous, same weekdays, mean."""
    with progress("Forecasting complaints", 3) as advance:
        days = gather_complaints(history, as_of=issued_at, days=SERVING_DAYS)
        steps = _steps(Registry(settings))
        advance(1)
        origin_s = seconds(issued_at)
        rows = _ahead(days, origin_s)
        answer = answered(days, rows, steps, threads=settings.threads)
        advance(2)
    return ComplaintForecast(
        forecasts=_frame(days, rows, answer, origin_s), reasons=(*answer.reasons, *_lateness(days, origin_s))
    )


def _steps(registry: Registry) -> tuple[Callable[[], Step], ...]:
    return (
        lambda: _step("champion", *champion_or_reason(registry, NAME)),
        lambda: _step("previous_champion", *_previous_or_reason(registry)),
    )


def _previous_or_reason(registry: Registry) -> tuple[Champion | None, str]:
    try:
        previous = registry.previous(NAME)
    except CityError as refused:
        return None, str(refused)
    return (previous, "") if previous is not None else (None, "there is none before it")


def _step(rung: str, found: Champion | None, why_not: str) -> Step:
    if found is None:
        return Step(rung=rung, label="", bundle=None, why_not=why_not)
    return Step(rung=rung, label=found.label, bundle=found.bundle)


def _ahead(days: ComplaintDays, origin_s: int) -> ComplaintRows:
    today = issue_day(days, origin_s)
    rows = days.rows(np.array([today]), LEADS, first=1)
    return ComplaintRows(series=rows.series, origin_s=np.full(len(rows), origin_s), day=rows.day)


def _lateness(days: ComplaintDays, origin_s: int) -> tuple[str, ...]:
    known = np.isfinite(days.reports) & (days.known_s <= origin_s)
    newest = days.first_day + int(np.flatnonzero(known.any(axis=1))[-1])
    late = issue_day(days, origin_s) - newest
    if late <= STALE_DAYS:
        return ()
    return (f"the newest count known is of {np.datetime64(newest, 'D')}, {late} days before the day of issue",)


def _frame(days: ComplaintDays, rows: ComplaintRows, answer: Answer, origin_s: int) -> dy.DataFrame[ComplaintForecasts]:
    counts: Floats = np.minimum(as_counts(answer.deciles), MOST_REPORTS)[:, THREE]
    frame = pl.DataFrame(
        {
            "district_id": [days.districts[one] for one in rows.series],
            "issued_at": utc_column(rows.origin_s),
            "model": answer.model,
            "rung": answer.rung,
            "district_key": [days.keys[one][0] for one in rows.series],
            "category": [days.keys[one][1] for one in rows.series],
            "day": pl.Series(rows.day).cast(pl.Int32).cast(pl.Date),
            "days_ahead": rows.day - issue_day(days, origin_s),
            "reports_p10": counts[:, 0],
            "reports_p50": counts[:, 1],
            "reports_p90": counts[:, 2],
            "reports_mean": np.minimum(mean_of(answer.deciles), MOST_REPORTS),
        }
    )
    return ComplaintForecasts.validate(frame.select(ComplaintForecasts.column_names()), cast=False)
