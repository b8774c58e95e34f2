"""Emptyings learned: never worse where nothing can be learned, better where something can, repeatable."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import CalendarDays
from features.arrays import DAY_S, seconds
from features.emptyings import EmptyingRows, Emptyings
from features.workload import Workload
from models.emptying_baselines import lag_7, last_20, same_weekdays
from models.emptying_censored import CensoredFill, likeliest, log_likelihood
from models.emptying_overflow import OverflowForest, point_rate, stream_rate
from models.emptyings import DECILES, EMPTYING_SETTINGS, EmptyingForest
from models.metrics import brier, mae, mean_pinball
from models.workload import WORKLOAD_SETTINGS, WorkloadForest
from tests.features.small_city import MONDAY, TIME_ZONE, reading, readings

DAYS = 80
CUTOFF = seconds(MONDAY + timedelta(days=60))
QUICK = replace(EMPTYING_SETTINGS, rounds=60, least_rows_in_leaf=30, threads=1)


def rhythmic(days: int, *, points: int = 12, seed: int = 4) -> pl.DataFrame:
    """Two rounds a day; the one at noon finds twice the morning's fill, weekends half, written down in tenths."""
    random = np.random.default_rng(seed)
    rows = []
    for point in range(points):
        base = random.uniform(0.3, 0.6)
        for day in range(days):
            for hour, share in ((7, 0.6), (13, 1.2)):
                fill = base * share * (0.5 if day % 7 >= 5 else 1.0) * random.normal(1, 0.1)
                found = float(np.clip(round(fill, 1), 0.1, 1.1))
                rows.append(reading(f"p{point}", 24.0 * day + hour, found, emptied=True, delay_h=6.0) | {"bins": 3.0})
    return readings(rows)


def emptyings_of(rows: pl.DataFrame) -> Emptyings:
    return Emptyings.of(rows, time_zone=TIME_ZONE, calendar=CalendarDays.create_empty())


@pytest.fixture(scope="module")
def after() -> Emptyings:
    return emptyings_of(rhythmic(DAYS))


@pytest.fixture(scope="module")
def forest(after: Emptyings) -> EmptyingForest:
    return EmptyingForest.train(after, until_s=CUTOFF, settled=QUICK)


def week_after(emptyings: Emptyings) -> tuple[EmptyingRows, np.ndarray]:
    there = np.flatnonzero((emptyings.at_s >= CUTOFF) & (emptyings.at_s < CUTOFF + 7 * DAY_S))
    rows = EmptyingRows(
        series=emptyings.series[there], origin_s=np.full(len(there), CUTOFF), at_s=emptyings.at_s[there]
    )
    return rows, there


def test_a_rhythm_of_rounds_and_weekends_is_learned(after: Emptyings, forest: EmptyingForest) -> None:
    rows, there = week_after(after)
    said, usual, truth = forest.predict(after, rows), last_20(after, rows), after.units[there]

    assert mae(truth, said[:, 4]) < 0.7 * mae(truth, usual[:, 4])
    assert mean_pinball(truth, said, DECILES) < 0.7 * mean_pinball(truth, usual, DECILES)


def test_deciles_never_cross_and_are_amounts_that_were_written_down(after: Emptyings, forest: EmptyingForest) -> None:
    rows, _ = week_after(after)
    said = forest.predict(after, rows)

    assert forest.piled
    assert (np.diff(said, axis=1) >= 0).all()
    assert np.isin(np.round(said / 3.0 * 10.0, 6), np.arange(1.0, 12.0)).all()


def test_measured_amounts_are_not_moved_to_former_ones() -> None:
    random = np.random.default_rng(1)
    rows = [
        reading(f"p{point}", 24.0 * day + 8, float(random.uniform(0.2, 1.0)), emptied=True)
        for point in range(12)
        for day in range(DAYS)
    ]
    measured = emptyings_of(readings(rows))

    assert not EmptyingForest.train(measured, until_s=CUTOFF, settled=replace(QUICK, rounds=5)).piled


def test_where_nothing_can_be_learned_the_newest_twenty_are_hardly_left() -> None:
    random = np.random.default_rng(2)
    rows = [
        reading(f"p{point}", 24.0 * day + 8, float(random.choice([0.4, 0.6, 0.8])), emptied=True)
        for point in range(40)
        for day in range(DAYS)
    ]
    noise = emptyings_of(readings(rows))
    asked, there = week_after(noise)
    said = EmptyingForest.train(noise, until_s=CUTOFF, settled=QUICK).predict(noise, asked)

    assert mean_pinball(noise.units[there], said, DECILES) < 1.05 * mean_pinball(
        noise.units[there], last_20(noise, asked), DECILES
    )


def test_what_became_known_after_the_cutoff_changes_neither_model_nor_forecast(after: Emptyings) -> None:
    later = pl.col("known_at").dt.epoch("s") > CUTOFF
    other = emptyings_of(
        rhythmic(DAYS).with_columns(pl.when(later).then(2.0).otherwise("fill_level").alias("fill_level"))
    )
    rows, _ = week_after(after)
    quick = replace(QUICK, rounds=5)

    one, two = (EmptyingForest.train(past, until_s=CUTOFF, settled=quick) for past in (after, other))
    assert one.predict(after, rows).tolist() == two.predict(other, rows).tolist()

    full, over = (OverflowForest.train(past, until_s=CUTOFF, settled=quick) for past in (after, other))
    assert np.array_equal(full.predict(after, rows), over.predict(other, rows))


def test_too_few_emptyings_are_refused_with_a_sentence() -> None:
    young = emptyings_of(rhythmic(3))

    with pytest.raises(MissingInputError, match="at least 500 emptyings of points seen 5 times"):
        EmptyingForest.train(young, until_s=CUTOFF)


def test_baselines_say_what_the_same_weekdays_said() -> None:
    weekly = [reading("p", 24.0 * day + 8, 0.1 * (day % 7 + 1), emptied=True) for day in range(60)]
    pure = emptyings_of(readings(weekly + [reading("p", 24.0 * 60 + 8 + 24 * k, 1.0, emptied=True) for k in range(7)]))
    rows, _ = week_after(pure)

    expected = 0.1 * ((60 + np.arange(7)) % 7 + 1)
    assert lag_7(pure, rows)[:, 4] == pytest.approx(expected)
    assert same_weekdays(pure, rows, 4)[:, 0] == pytest.approx(expected)
    assert last_20(pure, rows)[:, 4] == pytest.approx(np.full(7, np.median(pure.units[40:60])), abs=0.05)


def test_overflow_is_told_better_than_by_its_rate_and_over_never_exceeds_full() -> None:
    bins = rhythmic(DAYS).with_columns((pl.col("fill_level") * 2.0).clip(0.0, 1.1))
    emptyings = emptyings_of(bins)
    rows, there = week_after(emptyings)
    full, over = OverflowForest.train(emptyings, until_s=CUTOFF, settled=QUICK).predict(emptyings, rows)
    seen = (emptyings.level >= 1.0).astype(np.float64)

    assert (over <= full).all()
    assert brier(seen[there], full) < 0.6 * brier(seen[there], stream_rate(emptyings, rows, seen, 60))


def test_the_censored_likelihood_is_a_density_below_full_and_a_chance_from_there() -> None:
    found = log_likelihood(np.array([0.5, 1.0, 1.1]), np.full(3, 1.0), 0.5)

    assert found[0] == pytest.approx(-np.log(0.5 * np.sqrt(2 * np.pi)) - 0.5)
    assert found[1:] == pytest.approx([np.log(0.5)] * 2)


def test_a_heap_hidden_by_full_bins_is_found_again() -> None:
    """Fills drawn around 1.1 and cut at full: their plain mean is below 1, the censored one is not."""
    heap = np.random.default_rng(7).normal(1.1, 0.3, 4_000)
    mean, spread = likeliest(np.minimum(heap, 1.0))

    assert mean == pytest.approx(1.1, abs=0.05)
    assert spread == pytest.approx(0.3, abs=0.05)


def test_the_censored_law_learns_more_than_its_climatology() -> None:
    emptyings = emptyings_of(rhythmic(DAYS).with_columns((pl.col("fill_level") * 2.0).clip(0.0, 1.1)))
    rows, there = week_after(emptyings)
    law = CensoredFill.train(emptyings, until_s=CUTOFF, settled=QUICK)
    level = emptyings.level[there]

    learned = log_likelihood(level, law.mean(emptyings, rows), law.spread).mean()
    assert learned > log_likelihood(level, np.full(len(level), law.start), law.wide).mean() + 0.1


def test_rates_count_only_what_was_known_and_points_are_shrunk_to_their_stream() -> None:
    rows = readings(
        [reading("a", 24.0 * day, 1.1, emptied=True) for day in range(50)]
        + [reading("b", 24.0 * day, 0.5, emptied=True) for day in range(50)]
        + [reading("b", 24.0 * 65, 1.1, emptied=True)]
    )
    emptyings = emptyings_of(rows)
    asked = EmptyingRows(series=np.array([0, 1]), origin_s=np.full(2, CUTOFF), at_s=np.full(2, CUTOFF + DAY_S))
    happened = (emptyings.level > 1.0).astype(np.float64)

    assert stream_rate(emptyings, asked, happened, 365).tolist() == [0.5, 0.5]
    own = point_rate(emptyings, asked, happened, 365)
    assert own == pytest.approx([(50 + 2.5) / 55, 2.5 / 55])


def test_workload_learns_a_week_that_last_week_alone_cannot_tell(after: Emptyings) -> None:
    known = emptyings_of(rhythmic(DAYS).filter(pl.col("known_at").dt.epoch("s") <= CUTOFF))
    work, whole = Workload.of(known), Workload.of(after)
    rows = work.rows(work.points, np.array([CUTOFF]), 7)
    truth = whole.at(rows.series, rows.day, np.full(len(rows), 10**6))
    forest = WorkloadForest.train(work, work.points, until_s=CUTOFF, settled=replace(WORKLOAD_SETTINGS, threads=1))

    assert mae(truth, forest.predict(work, rows)) < mae(truth, work.week_before(rows))
