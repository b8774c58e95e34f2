"""Train and forecast congestion: flow and, where it is measured, speed of every detector on the feed's own grid."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import dataframely as dy
import numpy as np

from city.clock import require_aware
from city.errors import CityError, InvalidValueError, MissingInputError
from city.forecasts import CongestionForecasts
from city.progress import Progress, silent
from city.settings import Settings
from city.store import History
from features.arrays import DAY_S, seconds
from features.clockwork import local_days, local_second_of_day
from features.congestion import HORIZON_S, CityTraffic
from features.congestion_around import SOURCES, AroundTraffic
from features.gather import Surroundings
from features.grid_reading import read_traffic_grid
from models.congestion_ladder import CHAMPION, PREVIOUS, Climbed, Kept, Question, climb
from models.congestion_model import CongestionModel
from models.congestion_notes import all_figures, doubts, explanations, in_utc, params, plots
from models.congestion_ready import ReadyForecast
from models.congestion_rows import frame_of, main_rung
from models.congestion_training import Course, evidence, teach
from models.dense_settings import DenseSettings
from models.publishing import publish
from models.registry import Champion, Registry, RunNotes
from models.trained import Trained

NAME = "congestion"
TRAINING_DAYS = 1_100
LEAST_TRAINING_DAYS = 28
MOST_CELLS = 3_000_000
"""Steps times detectors that are learned from at once, in about 2 GB: of a larger city the newest days."""
SERVING_DAYS = 84
GATE_DAYS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionAnswer:
    """A forecast, which rung of the ladder made (most of) it, why it is not a higher one, and what was missing.

    `notes` are no faults: how wide intervals had to be made after days that were off.
    """

    forecasts: dy.DataFrame[CongestionForecasts]
    rung: str
    reasons: tuple[str, ...]
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    ready: ReadyForecast | None = None
    """What the champion read, to be asked again; None where it had nothing to say."""


def course_of(
    history: History,
    *,
    as_of: datetime,
    sources: tuple[str, ...] = SOURCES,
    gate_days: int = GATE_DAYS,
    days: int = TRAINING_DAYS,
) -> Course:
    """What a model learns from at `as_of`. Raises CityError when the history is too short."""
    around = Surroundings.gather(history, as_of=require_aware(as_of), days=days)
    grid = read_traffic_grid(history, as_of=as_of, days=days, time_zone=around.time_zone)
    traffic = _newest_days(CityTraffic.of_grid(grid, around))
    return Course.of(AroundTraffic.of(traffic, around, sources=sources), gate_days=gate_days)


def _newest_days(traffic: CityTraffic) -> CityTraffic:
    """Of a city with many detectors only as many days as fit into memory."""
    per_day = traffic.clock.slots_per_day
    days = max(LEAST_TRAINING_DAYS, MOST_CELLS // (per_day * len(traffic.detectors)))
    first = -(-traffic.steps // per_day) - days
    return traffic if first <= 0 else traffic.seen_since(traffic.clock.start_day + first)


def train_congestion(
    history: History,
    settings: Settings,
    *,
    as_of: datetime,
    progress: Progress = silent,
    quick: bool = False,
    tuned: Mapping[str, float | int] | None = None,
) -> Trained:
    """Learn from what was known at `as_of`, judge on its last days, register and promote what is better.

    `tuned` replaces settings of the learner by name. Raises CityError when the history is too short; then nothing is
    registered.
    """
    started = time.perf_counter()
    course = course_of(history, as_of=as_of)
    learners = learners_of(course, settings, quick=quick, tuned=tuned)
    with progress("Training congestion", sum(_pieces(one) for one in learners.values())) as advance:
        taught = teach(course, learners, cutoff=as_of.isoformat(), advance=advance)
    registry = Registry(settings)
    champion = _model_of(registry.champion(NAME)) if registry.serving(NAME) is not None else None
    gate = evidence(course, taught, champion=champion, seed=settings.seed)
    windows = in_utc(course)
    explained, doubted = explanations(course, taught), doubts(course, taught)

    def notes(folder: Path) -> RunNotes:
        return RunNotes(
            params=params(course, learners, windows) | {"as_of": as_of.isoformat()},
            metrics=all_figures(course, taught, settings.seed),
            baseline=all_figures(course, taught, settings.seed, of_baseline=True),
            importances=taught.model.importances(),
            history_url=history.url,
            history_versions=history.versions(),
            plots=plots(folder, course, taught, explained, doubted),
            documents={"doubt": {measure: report.document() for measure, report in doubted.items()}},
            tables={f"shap_{measure}": one.table() for measure, one in explained.items()},
            tuned=dict(tuned or {}),
        )

    rows = int(np.any([np.isfinite(values) for values in course.traffic.values.values()], axis=0).sum())
    return publish(
        registry,
        taught.model,
        gate,
        notes,
        started=started,
        rows=rows,
        windows=windows,
        wanted_gate_days=GATE_DAYS,
    )


def learners_of(
    course: Course, settings: Settings, *, quick: bool, tuned: Mapping[str, float | int] | None = None
) -> dict[str, DenseSettings]:
    """Settings per measure, by the size of the history."""
    return {
        measure: tuned_with(
            course.learner(measure, quick=quick, seed=settings.seed, threads=settings.threads), tuned or {}
        )
        for measure in course.traffic.measures
    }


def tuned_with(settings: DenseSettings, tuned: Mapping[str, float | int]) -> DenseSettings:
    """Settings by name; `rate` is that of all boosters."""
    plain: dict[str, Any] = dict(tuned)
    if "rate" in plain:
        rate = float(plain.pop("rate"))
        settings = replace(settings, trial=replace(settings.trial, rate=rate), final=replace(settings.final, rate=rate))
    unknown = sorted(plain.keys() - {field.name for field in fields(settings)})
    if unknown:
        raise InvalidValueError(
            subject="Congestion training",
            field="tuned settings",
            found=", ".join(unknown),
            expected=f"rate or one of {', '.join(field.name for field in fields(settings))}",
        )
    return replace(settings, **plain)


def _pieces(settings: DenseSettings) -> int:
    """Learners to make, for the progress."""
    each = settings.folds + 2
    return settings.folds + settings.final_networks + each * len(settings.horizons)


def _model_of(champion: Champion | None) -> CongestionModel | None:
    """A champion of an older kind cannot be asked about the gate of a newer one."""
    return champion.model if champion is not None and isinstance(champion.model, CongestionModel) else None


def answer_congestion(
    history: History, settings: Settings, *, issued_at: datetime, horizon_s: int = DAY_S, progress: Progress = silent
) -> CongestionAnswer:
    """Every step that starts from `issued_at` on, as far as `horizon_s`; `rung` says who made it.

    With the reasons why a lower rung had to answer, and with what it had to do without.
    """
    if not 0 < horizon_s <= HORIZON_S:
        raise InvalidValueError(
            subject="Congestion forecast", field="horizon_s", found=horizon_s, expected=f"1 to {HORIZON_S} s"
        )
    with progress("Forecasting congestion", 3) as advance:
        kept = _kept(Registry(settings))
        advance(1)
        question = question_at(history, kept, issued_at=require_aware(issued_at), horizon_s=horizon_s)
        advance(1)
        answer = answer_of(question, kept, issued_at=issued_at)
        advance(1)
    return answer


def question_at(history: History, kept: tuple[Kept, ...], *, issued_at: datetime, horizon_s: int) -> Question:
    """What was known at `issued_at`, as far back as the first of the kept models looks."""
    days = _days_to_read(kept, issued_at)
    around = Surroundings.gather(history, as_of=issued_at, days=days)
    grid = read_traffic_grid(history, as_of=issued_at, days=days, time_zone=around.time_zone)
    question = asked(AroundTraffic.of(CityTraffic.of_grid(grid, around), around), issued_at, horizon_s)
    _is_recent(question, issued_at)
    return question


def answer_of(question: Question, kept: tuple[Kept, ...], *, issued_at: datetime) -> CongestionAnswer:
    climbed = climb(question, kept)
    frame = frame_of(question, climbed, issued_at)
    return CongestionAnswer(
        forecasts=frame,
        rung=main_rung(climbed),
        reasons=climbed.reasons,
        missing=climbed.missing,
        notes=climbed.notes,
        ready=_ready(question, climbed, kept),
    )


def _ready(question: Question, climbed: Climbed, kept: tuple[Kept, ...]) -> ReadyForecast | None:
    champion, traffic = kept[0], question.traffic
    if champion.model is None or not champion.model.sealed or not climbed.ready:
        return None
    row = {name: place for place, name in enumerate(champion.model.detectors)}
    mine = np.flatnonzero(climbed.of_detector == 0)
    return ReadyForecast(
        model_hash=champion.model.sealed,
        label=champion.label,
        issued_s=question.issued_s,
        newest_s=question.newest_s,
        step_s=traffic.clock.step_s,
        at_s=question.at_s,
        detectors=tuple(traffic.detectors[place] for place in mine),
        districts=tuple(traffic.districts[place] for place in mine),
        places=np.array([row[traffic.detectors[place]] for place in mine], np.int64),
        measures=climbed.ready,
        said=(*climbed.reasons, *climbed.missing),
    )


def _is_recent(question: Question, issued_at: datetime) -> None:
    if question.issued_s - question.newest_s > SERVING_DAYS * DAY_S:
        raise MissingInputError(
            step="Congestion",
            missing=(f"traffic counts of the {SERVING_DAYS} days before {issued_at.isoformat()}",),
            todo=f"Import newer ones: the last ended at {question.told_time(question.newest_s)}.",
        )


def _kept(registry: Registry) -> tuple[Kept, ...]:
    """The champion and what it replaced, where there was anything."""
    first = _asked_of(CHAMPION, registry.champion)
    before = _asked_of(PREVIOUS, registry.previous)
    return (first, before) if before.model is not None or before.reason else (first,)


def _asked_of(rung: str, load: Callable[[str], Champion | None]) -> Kept:
    try:
        found = load(NAME)
    except CityError as refused:
        return Kept(rung=rung, label=rung, model=None, reason=str(refused))
    if found is None:
        reason = f"no {NAME} model has been promoted yet" if rung == CHAMPION else ""
        return Kept(rung=rung, label=rung, model=None, reason=reason)
    model = _model_of(found)
    reason = "" if model is not None else f"{found.label} is of an older kind that is no longer read; train it anew"
    return Kept(rung=rung, label=found.label, model=model, reason=reason)


def _days_to_read(kept: tuple[Kept, ...], issued_at: datetime) -> int:
    """As far back as the model that is asked first was taught from; where there is none, what a profile needs."""
    first = next((one.model.start_day for one in kept if one.model is not None), None)
    if first is None:
        return SERVING_DAYS
    return min(max(LEAST_TRAINING_DAYS, int(seconds(issued_at)) // DAY_S - first + 2), TRAINING_DAYS + SERVING_DAYS)


def asked(around: AroundTraffic, issued_at: datetime, horizon_s: int) -> Question:
    """Every step from the one that begins at or after `issued_at`, counted from the newest known one."""
    clock, steps = around.traffic.clock, around.traffic.steps
    issued_s = seconds(issued_at)
    first_s = -(-issued_s // clock.step_s) * clock.step_s
    at_s = np.arange(first_s, issued_s + horizon_s, clock.step_s, dtype=np.int64)
    day = local_days(at_s, clock.time_zone)
    slot = local_second_of_day(at_s, clock.time_zone) // clock.step_s
    lead = (day - clock.start_day) * clock.slots_per_day + slot - (steps - 1)
    # Where the clock goes back an hour comes twice: its second pass may lie before the newest count by the wall clock.
    return Question(around=around, issued_s=issued_s, at_s=at_s, leads=np.maximum(lead, 1))
