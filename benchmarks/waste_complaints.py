"""Complaints 1 to 7 days ahead over daily origins of the last year, refitted every fourth week."""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.waste_judging import Figures, Scored, figures
from city.errors import MissingInputError
from city.frames import CalendarDays, ComplaintCounts
from city.store import History
from features.arrays import Ints, moment_of
from features.clockwork import midnights_s
from features.complaint_days import ComplaintDays
from features.gather import city_of
from models.complaint_counts import COMPLAINT_SETTINGS, LEADS, ComplaintForest, weekday_deciles

JUDGED_DAYS = 365
REFIT_DAYS = 28
LEAST_TRAINING_DAYS = 120
BASELINE = "same_weekdays_8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    first_day: int
    days: int

    @classmethod
    def last(cls, after: ComplaintDays, *, back_days: int = 0) -> "Judged":
        held = min(JUDGED_DAYS, len(after.reports) - back_days - LEAST_TRAINING_DAYS)
        if held < LEADS:
            raise MissingInputError(
                step="The complaints benchmark", missing=(f"{LEAST_TRAINING_DAYS + LEADS} days of counts",)
            )
        return cls(first_day=after.first_day + len(after.reports) - back_days - held, days=held)


def complaints(history: History, *, seed: int, back_days: int = 0) -> dict[str, object] | None:
    """Per category: all horizons and each; None for a city without counts."""
    if history.read(ComplaintCounts).is_empty():
        return None
    after = _days(history, None)
    judged = Judged.last(after, back_days=back_days)
    parts = [_month(history, after, judged, begin, seed) for begin in range(0, judged.days, REFIT_DAYS)]
    scored = Scored.joined([part for part in parts if len(part)])
    return {
        "first_day": str(np.datetime64(judged.first_day, "D")),
        "days": judged.days,
        "categories": {
            str(one): _horizons(scored.where(scored.stream == one), seed) for one in np.unique(scored.stream)
        },
    }


def _horizons(scored: Scored, seed: int) -> dict[str, Figures]:
    return {"all": figures(scored, seed=seed, worse_than=BASELINE)} | {
        str(horizon): figures(scored.where(scored.horizon == horizon), seed=seed, worse_than=BASELINE)
        for horizon in np.unique(scored.horizon)
    }


def _month(history: History, after: ComplaintDays, judged: Judged, begin: int, seed: int) -> Scored:
    """Four weeks of daily origins, with a model of what was known at the first of them.

    Within them what each origin knew is told by `known_at`; the counts themselves are read as of the newest origin.
    """
    origins = judged.first_day + np.arange(begin, min(begin + REFIT_DAYS, judged.days), dtype=np.int64)
    midnights = midnights_s(origins, after.time_zone)
    taught = _days(history, int(midnights[0]))
    forest = ComplaintForest.train(taught, until_s=int(midnights[0]), settled=replace(COMPLAINT_SETTINGS, seed=seed))
    known = _days(history, int(midnights[-1]))
    rows = known.rows(origins, LEADS)
    truth = after.truth(_of_series(rows.series, known, after), rows.day)
    held = np.isfinite(truth) & (rows.day < judged.first_day + judged.days)
    rows = rows.where(held)
    return Scored(
        series=_of_series(rows.series, known, after),
        stream=np.array([category for _, category in known.keys])[rows.series],
        horizon=rows.day - np.repeat(origins, len(known.keys) * LEADS)[held] + 1,
        truth=truth[held],
        said=forest.predict(known, rows),
        baselines={
            BASELINE: weekday_deciles(known, rows),
            "same_weekdays_4": weekday_deciles(known, rows, 4),
            "lag_7": weekday_deciles(known, rows, 1),
        },
    )


def _of_series(series: Ints, known: ComplaintDays, after: ComplaintDays) -> Ints:
    place = {key: number for number, key in enumerate(after.keys)}
    return np.array([place[key] for key in known.keys], np.int64)[series]


def _days(history: History, at_s: int | None) -> ComplaintDays:
    as_of = None if at_s is None else moment_of(at_s)
    return ComplaintDays.of(
        history.read(ComplaintCounts, as_of=as_of),
        time_zone=city_of(history).time_zone,
        calendar=history.read(CalendarDays, as_of=as_of),
    )
