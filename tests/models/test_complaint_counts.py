"""Complaints per day: a season and a weekday are learned, and nothing is known before its time."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import CalendarDays, ComplaintCounts
from features.arrays import seconds
from features.complaint_days import ComplaintDays
from models.complaint_counts import COMPLAINT_SETTINGS, ComplaintForest, weekday_deciles
from models.emptyings import DECILES
from models.metrics import mean_pinball
from tests.features.small_city import MONDAY, TIME_ZONE, framed

DAYS = 420
FIRST = date(2026, 3, 2)
CUTOFF_DAY = 380
QUICK = replace(COMPLAINT_SETTINGS, rounds=60, least_rows_in_leaf=40, threads=1)


def counts(days: int = DAYS, *, seed: int = 3) -> pl.DataFrame:
    """Overdispersed counts, Mondays twice the rest, known at noon of the next day."""
    random = np.random.default_rng(seed)
    day = np.arange(days)
    mean = 20.0 * np.where(day % 7 == 0, 2.0, 1.0)
    return framed(
        ComplaintCounts,
        {
            "day": [FIRST + timedelta(days=int(one)) for one in day],
            "district_key": ["north"] * days,
            "category": ["dumping"] * days,
            "reports": random.negative_binomial(20, 20 / (20 + mean)),
            "known_at": pl.Series(
                [MONDAY + timedelta(days=int(one) + 1, hours=12) for one in day], dtype=pl.Datetime("us", "UTC")
            ),
        },
    )


def days_of(rows: pl.DataFrame) -> ComplaintDays:
    return ComplaintDays.of(rows, time_zone=TIME_ZONE, calendar=CalendarDays.create_empty())


def test_smooth_deciles_beat_those_of_eight_weekdays() -> None:
    days = days_of(counts())
    first = days.first_day + CUTOFF_DAY
    forest = ComplaintForest.train(days, until_s=seconds(MONDAY + timedelta(days=CUTOFF_DAY)), settled=QUICK)
    rows = days.rows(np.arange(first, first + 28), 7)
    truth = days.truth(rows.series, rows.day)
    said = forest.predict(days, rows)

    assert (np.diff(said, axis=1) >= 0).all()
    assert mean_pinball(truth, said, DECILES) < 0.97 * mean_pinball(truth, weekday_deciles(days, rows), DECILES)


def test_a_count_is_seen_only_once_it_was_known() -> None:
    days = days_of(counts())
    origin = days.first_day + 100
    rows = days.rows(np.array([origin]), 1)

    newest = days.before(rows, 3)[0]

    assert np.isnan(newest[0])
    assert newest[1] == days.reports[98, 0]


def test_what_became_known_later_changes_neither_model_nor_forecast() -> None:
    cutoff = MONDAY + timedelta(days=CUTOFF_DAY)
    other = counts().with_columns(pl.when(pl.col("known_at") > cutoff).then(999).otherwise("reports").alias("reports"))
    quick = replace(QUICK, rounds=5)

    said = []
    for days in (days_of(counts()), days_of(other)):
        rows = days.rows(np.array([days.first_day + CUTOFF_DAY]), 7)
        said.append(ComplaintForest.train(days, until_s=seconds(cutoff), settled=quick).predict(days, rows).tolist())

    assert said[0] == said[1]


def test_an_absent_day_is_unknown_and_not_a_day_without_complaints() -> None:
    rows = counts(100).filter(pl.col("day") != FIRST + timedelta(days=50))
    days = days_of(rows)
    asked = days.rows(np.array([days.first_day + 57]), 1)

    assert np.isnan(days.truth(np.array([0]), np.array([days.first_day + 50])))
    assert days.same_weekdays(asked, 1)[0, 0] == days.reports[43, 0]


def test_two_months_are_too_few_and_the_sentence_says_so() -> None:
    with pytest.raises(MissingInputError, match="Until then the last same weekdays answer"):
        ComplaintForest.train(days_of(counts(60)), until_s=seconds(MONDAY + timedelta(days=60)))
