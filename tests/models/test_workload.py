"""The work of a day as a staircase: served or not, one of a few amounts, and nothing from after the origin."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import CalendarDays
from features.arrays import seconds
from features.emptying_amounts import MOST_STEPS, Steps
from features.emptyings import Emptyings
from features.work_amounts import steps_of
from features.workload import Workload
from models.metrics import mae
from models.workload import WORKLOAD_SETTINGS, WorkloadForest
from tests.features.small_city import MONDAY, TIME_ZONE, reading, readings

DAYS = 90
CUTOFF = seconds(MONDAY + timedelta(days=76))
QUICK = replace(WORKLOAD_SETTINGS, rounds=40, least_rows_in_leaf=30, threads=1)


def skipping(*, points: int = 20, measured: bool = False, seed: int = 3) -> pl.DataFrame:
    """Served on its three weekdays, but for one round in five that is left out; two whole bins at 0.8 or full."""
    random = np.random.default_rng(seed)
    rows = []
    for point in range(points):
        for day in range(DAYS):
            if (day - point) % 7 not in (0, 2, 4) or random.random() < 0.2:
                continue
            fill = random.uniform(0.3, 1.0) if measured else float(random.choice([0.8, 1.0], p=[0.3, 0.7]))
            rows.append(reading(f"p{point}", 24.0 * day + 8, fill, emptied=True) | {"bins": 2.0})
    return readings(rows)


def work_of(rows: pl.DataFrame) -> Workload:
    return Workload.of(Emptyings.of(rows, time_zone=TIME_ZONE, calendar=CalendarDays.create_empty()))


def known(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("known_at").dt.epoch("s") <= CUTOFF)


def forest_of(rows: pl.DataFrame) -> WorkloadForest:
    work = work_of(rows)
    return WorkloadForest.train(work, work.points, until_s=CUTOFF, settled=QUICK)


def test_one_round_left_out_is_not_left_out_again_next_week() -> None:
    rows = skipping()
    work, whole = work_of(known(rows)), work_of(rows)
    asked = work.rows(work.points, np.array([CUTOFF]), 7)
    truth = whole.at(asked.series, asked.day, np.full(len(asked), 10**6))
    forest = forest_of(known(rows))
    said = forest.predict(work, asked)

    assert forest.piled
    assert mae(truth, said) < 0.8 * mae(truth, work.week_before(asked))
    assert mae(truth, said) < 0.95 * mae(truth, work.habit(asked))
    assert set(np.round(said, 2)) <= {0.0, 1.6, 2.0}


def test_measured_amounts_lie_between_former_ones() -> None:
    rows = skipping(measured=True)
    work = work_of(known(rows))
    forest = forest_of(known(rows))
    said = forest.predict(work, work.rows(work.points, np.array([CUTOFF]), 7))

    assert not forest.piled
    assert (said >= 0.0).all()
    assert len(np.unique(np.round(said[said > 0.1], 6))) > 20


def test_what_became_known_after_the_cutoff_changes_neither_model_nor_forecast() -> None:
    rows = skipping()
    later = pl.col("known_at").dt.epoch("s") > CUTOFF
    other = rows.with_columns(pl.when(later).then(0.3).otherwise("fill_level").alias("fill_level"))

    said = []
    for one in (rows, other):
        work = work_of(one)
        said.append(forest_of(one).predict(work, work.rows(work.points, np.array([CUTOFF]), 7)).tolist())
    assert said[0] == said[1]


def test_a_day_counts_once_and_the_same_weekdays_come_first() -> None:
    work = work_of(readings([reading("a", 24.0 * day + 8, 0.1 * (day % 7 + 1), emptied=True) for day in range(84)]))
    monday = work.rows(work.points, np.array([seconds(MONDAY) + 84 * 86_400]), 1)
    steps = steps_of(work, monday)

    # The first step of a Monday is a Monday's 0.1: of the other days none stayed at or below it.
    assert steps.amount[0, 0] == pytest.approx(0.1)
    assert steps.shares["same"][0, 0] == pytest.approx(1.0, abs=1e-6)
    assert steps.shares["days"][0, 0] == pytest.approx(0.0, abs=1e-6)


def test_however_many_amounts_a_point_has_shown_nothing_at_all_stays_a_step() -> None:
    amounts = np.concatenate((np.zeros(5), np.linspace(0.5, 9.0, 60)))[None, :]
    steps = Steps.shown(amounts, {"all": np.ones_like(amounts)}, scale=np.ones(1), begins=("all", "all"))

    assert steps.amount[0, 0] == 0.0
    assert steps.shares["all"][0, 0] == pytest.approx(5 / 65)
    assert steps.held.sum() == MOST_STEPS


def test_too_few_days_are_refused_with_a_sentence() -> None:
    young = work_of(readings([reading("a", 24.0 * day, 0.5, emptied=True) for day in range(9)]))

    with pytest.raises(MissingInputError, match="at least 300 days of work"):
        WorkloadForest.train(young, young.points, until_s=CUTOFF)
