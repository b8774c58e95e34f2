"""Who answers for fills and trips: the champion, the one before it, last week again, or the own mean; and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from city.errors import CityError
from features.allocation import KgPerFill
from features.arrays import DAY_S, Flags, Floats, Ints, seconds
from features.emptyings import Emptyings
from features.gather import WasteHistory
from features.trips import TripHistory, TripRows
from features.waste import FillRows, WasteFeatures
from models.bundle import Bundle
from models.fill_baseline import FULLEST, WeeklyTrips
from models.overflow import probability_above
from models.publishing import champion_or_reason
from models.quantile_gbm import QUANTILES
from models.registry import Champion, Registry
from models.trip_training import saved_trips, trip_rows
from models.waste_fill import saved_fill
from models.waste_frames import TripAnswer, fill_rows, trip_rows_ahead
from models.waste_sampling import sampled_fills
from models.waste_simple import SimpleFill

NAME = "waste"
CHAMPION, PREVIOUS, NAIVE, MEAN = "champion", "previous_champion", "seasonal_naive", "mean"
NAIVE_ROWS = 5_000
ENOUGH_READINGS = 5
ORDINARY_TRIP = (0.7, 1.0, 1.3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What was known, with its features. `emptyings` is None where nobody ever emptied anything."""

    history: WasteHistory
    fills: WasteFeatures
    trips: TripHistory
    emptyings: Emptyings | None

    @property
    def time_zone(self) -> str:
        return self.history.around.time_zone

    @property
    def kg(self) -> KgPerFill:
        return KgPerFill.fit(self.history.readings, self.history.weighings, self.history.points)

    @property
    def district_of(self) -> dict[tuple[str, str], str]:
        return dict(zip(self.fills.fills.keys, self.fills.fills.districts, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung above the simple ones: its name, the model's label and the model, or why there is none."""

    rung: str
    label: str
    bundle: Bundle | None
    why_not: str = ""

    @property
    def words(self) -> str:
        return self.rung.replace("_", " ")


def steps(registry: Registry) -> tuple[Callable[[], Step], ...]:
    """A lower one is fetched only where it is needed."""
    return (
        lambda: _step(CHAMPION, *champion_or_reason(registry, NAME)),
        lambda: _step(PREVIOUS, *_previous_or_reason(registry)),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FillAnswer:
    """Rows x quantiles of fill, P(above 1), and per row who said so. `bundle` is the model that answered, if one."""

    rows: FillRows
    quantiles: Floats
    overflow: Floats
    rung: list[str]
    model: list[str]
    reasons: tuple[str, ...]
    bundle: Bundle | None
    step: Step


def answered_fill(known: Gathered, asked: FillRows, fetch: Sequence[Callable[[], Step]], *, threads: int) -> FillAnswer:
    """The highest rung that can answer, with the reason of each that could not; the mean for rows it leaves open."""
    reasons: list[str] = []
    for one in fetch:
        step = one()
        if step.bundle is None:
            reasons.append(step.why_not if step.rung == CHAMPION else f"{step.words}: {step.why_not}")
            continue
        try:
            return _fill_of(known, asked, step, tuple(reasons), threads=threads)
        except CityError as refused:
            reasons.append(f"{step.words}: {refused}")
    step = Step(rung=NAIVE, label=NAIVE, bundle=None)
    try:
        return _fill_of(known, asked, step, tuple(reasons), threads=threads)
    except CityError as refused:
        reasons.append(f"last week again: {refused}")
    none = np.zeros(len(asked), np.bool_)
    return _joined(known, asked, none, np.empty((0, len(QUANTILES))), np.empty(0), _MEAN, tuple(reasons))


_MEAN = Step(rung=MEAN, label=MEAN, bundle=None)


def _fill_of(known: Gathered, asked: FillRows, step: Step, reasons: tuple[str, ...], *, threads: int) -> FillAnswer:
    able = _answerable(known.fills, asked)
    rows = asked.where(np.flatnonzero(able))
    if step.bundle is None:
        said, overflow, told = _simply(known, rows)
        return _joined(known, asked, able, said, overflow, step, (*reasons, *told))
    model = saved_fill(step.bundle).say(known.fills, known.emptyings, known.fills.ask(rows), threads=threads)
    return _joined(known, asked, able, model.quantiles, model.over, step, reasons)


def _answerable(fills: WasteFeatures, asked: FillRows) -> Flags:
    reference = fills.fills.reference(asked.series, asked.origin_s)
    found = reference >= 0
    growth = fills.fills.growth(reference[found], asked.origin_s[found])
    found[found] = np.isfinite(growth.slope)
    return found


def _joined(
    known: Gathered,
    asked: FillRows,
    able: Flags,
    said: Floats,
    overflow: Floats,
    step: Step,
    reasons: tuple[str, ...],
) -> FillAnswer:
    quantiles, over = np.empty((len(asked), len(QUANTILES))), np.empty(len(asked))
    quantiles[able], over[able] = said, overflow
    rest = np.flatnonzero(~able)
    if len(rest):
        mean = own_mean(known.fills, asked.where(rest))
        quantiles[rest], over[rest] = mean, probability_above(mean)
        series = len(np.unique(asked.series[rest]))
        reasons += (f"mean: nothing is known of how {series:,} of the points and streams fill between emptyings",)
    return FillAnswer(
        rows=asked,
        quantiles=quantiles,
        overflow=over,
        rung=np.where(able, step.rung, MEAN).tolist(),
        model=np.where(able, step.label, MEAN).tolist(),
        reasons=reasons,
        bundle=step.bundle,
        step=step,
    )


def _simply(known: Gathered, rows: FillRows) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Quantiles and P(above 1) of the simple forecast that was nearer lately, and which that is."""
    past = (int(known.fills.fills.at_s.min()), int(rows.origin_s.max(initial=0)))
    shown, truth = sampled_fills(known.fills, past, NAIVE_ROWS, 1, natural_share=1.0)
    simple = SimpleFill.fit(known.fills, known.emptyings, shown, truth)
    return *simple.predict(known.fills, known.emptyings, known.fills.ask(rows)), simple.told


def own_mean(fills: WasteFeatures, rows: FillRows) -> Floats:
    """Rows x quantiles of the levels read at the point, of all points where it was hardly looked into."""
    past = fills.fills
    known = past.known_s <= int(rows.origin_s.max(initial=0))
    everyone = np.quantile(past.level[known], QUANTILES) if known.any() else np.array([0.0, 0.5, 1.0])
    found = np.empty((len(rows), len(QUANTILES)))
    for series in np.unique(rows.series):
        own = past.level[known & (past.series == series)]
        found[rows.series == series] = np.quantile(own, QUANTILES) if len(own) >= ENOUGH_READINGS else everyone
    return np.clip(found, 0.0, FULLEST)


def all_fill_rows(known: Gathered, issued_at: datetime, days: int) -> FillRows:
    rows = fill_rows(known.fills, issued_at, days)
    reference = known.fills.fills.reference(rows.series, rows.origin_s)
    return rows.where(np.flatnonzero(reference >= 0))


def answered_trips(known: Gathered, answer: FillAnswer, issued_at: datetime, days: int, *, threads: int) -> TripAnswer:
    """By the model that answers for fills, where it knows trips; else last week again, else the usual weight."""
    rows = trip_rows_ahead(known.trips, issued_at, days)
    model = None if answer.bundle is None else saved_trips(answer.bundle)
    reasons: tuple[str, ...] = ()
    if model is not None:
        try:
            said = model.predict(known.trips, rows, threads=threads)
            return TripAnswer(rows=rows, kg=said, rung=answer.step.rung, model=answer.step.label)
        except CityError as refused:
            reasons = (f"trips: {refused}",)
    elif answer.bundle is not None:
        reasons = ("trips: the model had too few weighbridge tickets to learn from",)
    weekly = _weekly_trips(known, rows, issued_at)
    if weekly is not None:
        return TripAnswer(rows=rows, kg=weekly, rung=NAIVE, model=NAIVE, reasons=reasons)
    usual = known.trips.usual(rows)[:, None] * np.array(ORDINARY_TRIP)
    reasons += ("trips: no ticket of the last two weeks is known",) if len(rows) else ()
    return TripAnswer(rows=rows, kg=usual, rung=MEAN, model=MEAN, reasons=reasons)


def _weekly_trips(known: Gathered, rows: TripRows, issued_at: datetime) -> Floats | None:
    """None where no team has a known trip in the last two weeks."""
    issued_s = seconds(issued_at)
    shown, kg = trip_rows(known.trips, (issued_s - 28 * DAY_S, issued_s), known.time_zone, 1)
    newest: Ints = known.trips.known_s[known.trips.known_s <= issued_s]
    if not len(newest) or int(newest.max()) < issued_s - 14 * DAY_S:
        return None
    return WeeklyTrips.fit(known.trips, shown, kg).predict(known.trips, rows)
