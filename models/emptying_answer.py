"""What is found at the next emptyings and the work of the next days, answered and put into frames."""

from dataclasses import dataclass
from datetime import datetime

import dataframely as dy
import numpy as np
import polars as pl

from city.errors import CityError
from city.waste_forecasts import MOST_UNITS, WHOLE_CITY, EmptyingForecasts, WorkloadForecasts
from features.arrays import Flags, Floats, seconds, utc_column
from features.emptyings import EmptyingRows, Emptyings
from features.timetable import Visits, visits_ahead
from features.waste import FillRows
from features.workload import Workload, WorkRows
from models.emptying_overflow import RATE_DAYS, point_rate
from models.emptying_saved import saved_forest, saved_overflow, saved_workload
from models.emptying_training import (
    IN_WORDS,
    LAST_20,
    SIMPLE,
    THREE,
    simple_deciles,
)
from models.emptyings import LEAST_KNOWN
from models.quantile_gbm import QUANTILES
from models.waste_ladder import MEAN, NAIVE, FillAnswer, Gathered, answered_fill
from models.workload import LEADS

POOL = 5_000
"""Newest emptyings of a stream that say what a point finds of which hardly any is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAnswer:
    emptyings: dy.DataFrame[EmptyingForecasts]
    workload: dy.DataFrame[WorkloadForecasts]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Per row: rows x quantiles of bin-units, P(found full), P(found above full), and who said so."""

    units: Floats
    full: Floats
    over: Floats
    rung: list[str]
    model: list[str]
    reasons: tuple[str, ...]


def answered_emptyings(
    known: Gathered, fills: FillAnswer, issued_at: datetime, days: int, *, threads: int
) -> FoundAnswer:
    """By the model that answers for fills where it has learned it; else the newest 20; else the stream's own mean."""
    if known.emptyings is None:
        return FoundAnswer(
            emptyings=EmptyingForecasts.create_empty(),
            workload=WorkloadForecasts.create_empty(),
            reasons=("emptyings: no visit and no emptied bin is known yet",),
        )
    visits = visits_ahead(known.emptyings, known.fills.points, origin_s=seconds(issued_at), days=days)
    said = _said(known.emptyings, visits.rows, fills, threads=threads)
    work, why = _workload(known, known.emptyings, fills, seconds(issued_at), days, threads=threads)
    before = _overflow_before(known, known.emptyings, visits, fills, threads=threads)
    frame = _emptying_frame(known, known.emptyings, visits, said, before)
    return FoundAnswer(emptyings=frame, workload=work, reasons=(*said.reasons, *why))


def _said(emptyings: Emptyings, rows: EmptyingRows, fills: FillAnswer, *, threads: int) -> _Said:
    forest = None if fills.bundle is None else saved_forest(fills.bundle)
    simple = LAST_20 if fills.bundle is None else fills.bundle.about.get(SIMPLE, LAST_20)
    rung, label = fills.step.rung, fills.step.label
    reasons: tuple[str, ...] = ()
    units = np.empty((0, len(QUANTILES)))
    if forest is not None:
        try:
            units = forest.law(emptyings, rows, threads=threads).quantiles(QUANTILES)
        except CityError as refused:
            forest, reasons = None, (f"emptyings: {refused}",)
    elif fills.bundle is not None:
        reasons = (f"emptyings: {IN_WORDS[simple]} answers, because no learned forecast did better",)
    if forest is None:
        units, rung, label = simple_deciles(emptyings, rows, simple)[:, THREE], NAIVE, NAIVE
    full, over = _chances(emptyings, rows, fills, threads=threads)
    young = emptyings.recent(rows, LEAST_KNOWN).known < LEAST_KNOWN
    if young.any():
        units[young] = _of_stream(emptyings, rows.where(np.flatnonzero(young)))
        count = len(np.unique(rows.series[young]))
        what = "1 stream of a point has" if count == 1 else f"{count:,} streams of points have"
        reasons += (
            f"emptyings: {what} shown fewer than {LEAST_KNOWN} yet; what its kind of waste brings elsewhere answers",
        )
    return _Said(
        units=np.clip(np.sort(units, axis=1), 0.0, MOST_UNITS),
        full=full,
        over=np.minimum(over, full),
        rung=np.where(young, MEAN, rung).tolist(),
        model=np.where(young, MEAN, label).tolist(),
        reasons=reasons,
    )


def _chances(emptyings: Emptyings, rows: EmptyingRows, fills: FillAnswer, *, threads: int) -> tuple[Floats, Floats]:
    """P(found at 1 or more), P(found above 1): learned, else the point's own rates of 60 days."""
    forest = None if fills.bundle is None else saved_overflow(fills.bundle)
    if forest is not None:
        try:
            return forest.predict(emptyings, rows, threads=threads)
        except CityError:
            # The units of the same model say why; its chances need no sentence of their own.
            forest = None
    seen: tuple[Flags, Flags] = (emptyings.level >= 1.0, emptyings.level > 1.0)
    full, over = (point_rate(emptyings, rows, one.astype(np.float64), RATE_DAYS) for one in seen)
    return full, over


def _of_stream(emptyings: Emptyings, rows: EmptyingRows) -> Floats:
    """Rows x quantiles of what was found at the newest emptyings of the stream."""
    streams = np.array(emptyings.streams)
    found = np.empty((len(rows), len(QUANTILES)))
    for stream in np.unique(streams[rows.series]):
        own = np.flatnonzero(streams[emptyings.series] == stream)
        newest = own[np.argsort(emptyings.at_s[own], kind="stable")][-POOL:]
        found[streams[rows.series] == stream] = np.quantile(emptyings.units[newest], QUANTILES)
    return found


def _overflow_before(
    known: Gathered, emptyings: Emptyings, visits: Visits, fills: FillAnswer, *, threads: int
) -> Floats:
    """P(fill above 1 at the moment if nobody came before), by whoever answers for fills."""
    place = {key: number for number, key in enumerate(known.fills.fills.keys)}
    series = np.array([place[key] for key in emptyings.keys], np.int64)[visits.rows.series]
    asked = FillRows(series=series, origin_s=visits.rows.origin_s, valid_s=visits.rows.at_s)
    fetch = (lambda: fills.step,) if fills.bundle is not None else ()
    return answered_fill(known, asked, fetch, threads=threads).overflow


def _emptying_frame(
    known: Gathered, emptyings: Emptyings, visits: Visits, said: _Said, before: Floats
) -> dy.DataFrame[EmptyingForecasts]:
    rows, district_of = visits.rows, known.district_of
    keys = [emptyings.keys[one] for one in rows.series]
    frame = pl.DataFrame(
        {
            "district_id": pl.Series([district_of[key] for key in keys], dtype=pl.String),
            "issued_at": utc_column(rows.origin_s),
            "model": pl.Series(said.model, dtype=pl.String),
            "rung": pl.Series(said.rung, dtype=pl.String),
            "point_id": pl.Series([point for point, _ in keys], dtype=pl.String),
            "stream": pl.Series([stream for _, stream in keys], dtype=pl.String),
            "emptied_at": utc_column(rows.at_s),
            "days_ahead": visits.days_ahead,
            "next_visit": visits.expected,
            "timetable": pl.Series(visits.source, dtype=pl.String),
            "units_p10": said.units[:, 0],
            "units_p50": said.units[:, 1],
            "units_p90": said.units[:, 2],
            "full_probability": np.clip(said.full, 0.0, 1.0),
            "over_probability": np.clip(said.over, 0.0, 1.0),
            "overflow_before_probability": np.clip(before, 0.0, 1.0),
        }
    )
    return EmptyingForecasts.validate(frame.select(EmptyingForecasts.column_names()), cast=False)


def _workload(
    known: Gathered, emptyings: Emptyings, fills: FillAnswer, origin_s: int, days: int, *, threads: int
) -> tuple[dy.DataFrame[WorkloadForecasts], tuple[str, ...]]:
    """Points by the learner where the model has one, whole streams by their habit at the last week's level."""
    work = Workload.of(emptyings)
    origin = np.array([origin_s], np.int64)
    points, totals = (work.rows(series, origin, min(days, LEADS)) for series in (work.points, work.totals))
    forest = None if fills.bundle is None else saved_workload(fills.bundle)
    rung, label = fills.step.rung, fills.step.label
    reasons: tuple[str, ...] = ()
    units = np.empty(0)
    if forest is not None:
        try:
            units = forest.predict(work, points, threads=threads)
        except CityError as refused:
            forest, reasons = None, (f"work per day: {refused}",)
    elif fills.bundle is not None:
        reasons = ("work per day: the habit of the weekday answers, because no learned forecast did better",)
    if forest is None:
        units, rung, label = work.habit(points), NAIVE, NAIVE
    frames = [
        _work_frame(known, work, points, units, rung=rung, model=label),
        _work_frame(known, work, totals, work.habit_at_level(totals), rung=NAIVE, model=NAIVE),
    ]
    return WorkloadForecasts.validate(pl.concat(frames), cast=False), reasons


def _work_frame(
    known: Gathered, work: Workload, rows: WorkRows, units: Floats, *, rung: str, model: str
) -> pl.DataFrame:
    keys, district_of = [work.keys[one] for one in rows.series], known.district_of
    return pl.DataFrame(
        {
            "district_id": pl.Series([district_of.get(key, WHOLE_CITY) for key in keys], dtype=pl.String),
            "issued_at": utc_column(rows.origin_s),
            "model": pl.Series([model] * len(keys), dtype=pl.String),
            "rung": pl.Series([rung] * len(keys), dtype=pl.String),
            "point_id": pl.Series([point or WHOLE_CITY for point, _ in keys], dtype=pl.String),
            "stream": pl.Series([stream for _, stream in keys], dtype=pl.String),
            "day": pl.Series(rows.day.astype(np.int32)).cast(pl.Date),
            "units": np.maximum(units, 0.0),
        }
    ).select(WorkloadForecasts.column_names())
