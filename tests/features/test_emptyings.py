"""Emptyings as they were known: what comes after an origin moves nothing, and baselines are reckoned by hand."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.errors import InvalidValueError, MissingInputError
from city.frames import CalendarDays
from features.arrays import DAY_S, HOUR_S, seconds
from features.emptying_recipe import features_of, habit_scale
from features.emptyings import EmptyingRows, Emptyings
from features.grouped_past import GroupedPast
from features.weighted import weighted_mean, weighted_quantiles
from features.workload import Workload
from tests.features.small_city import MONDAY, TIME_ZONE, growing_bins, reading, readings

READINGS = growing_bins(40)
ORIGIN = seconds(MONDAY + timedelta(days=25))


def emptyings_of(rows: pl.DataFrame) -> Emptyings:
    return Emptyings.of(rows, time_zone=TIME_ZONE, calendar=CalendarDays.create_empty())


def asked(days: float = 1.5, series: int = 6) -> EmptyingRows:
    count = np.arange(series)
    return EmptyingRows(
        series=count, origin_s=np.full(series, ORIGIN), at_s=np.full(series, ORIGIN + int(days * DAY_S))
    )


def changed_after_origin(level: float, seed: int) -> pl.DataFrame:
    later = pl.col("known_at").dt.epoch("s") > ORIGIN
    some = pl.Series(np.random.default_rng(seed).random(READINGS.height) < 0.5)
    return READINGS.with_columns(
        pl.when(later & some).then(level).otherwise(pl.col("fill_level")).alias("fill_level"),
        pl.when(later & some).then(5.0).otherwise(pl.col("bins")).alias("bins"),
    )


@settings(max_examples=10)
@given(level=st.floats(0, 2), seed=st.integers(0, 999))
def test_nothing_known_after_the_origin_changes_a_feature(level: float, seed: int) -> None:
    before, after = emptyings_of(READINGS), emptyings_of(changed_after_origin(level, seed))

    assert features_of(before, asked(), before.recent(asked())).equals(
        features_of(after, asked(), after.recent(asked()))
    )


def test_what_was_known_does_change_features() -> None:
    all_known = emptyings_of(READINGS)
    fewer = emptyings_of(READINGS.filter(pl.col("read_at") < MONDAY + timedelta(days=20)))

    assert not features_of(all_known, asked(), all_known.recent(asked())).equals(
        features_of(fewer, asked(), fewer.recent(asked()))
    )


def test_bin_units_are_bins_times_fill_and_unknown_bins_count_as_one() -> None:
    emptyings = emptyings_of(
        readings([reading("a", 0, 0.5, emptied=True) | {"bins": 4.0}, reading("b", 0, 0.5, emptied=True)])
    )

    assert emptyings.units.tolist() == [2.0, 0.5]


def test_a_visit_that_emptied_nothing_is_no_emptying() -> None:
    rows = readings([reading("a", 0, 0.5, emptied=True), reading("a", 24, 0.9)])

    assert emptyings_of(rows).units.tolist() == [0.5]
    with pytest.raises(MissingInputError, match="Waste needs emptyings"):
        emptyings_of(rows.filter(~pl.col("emptied")))


def test_recent_holds_the_newest_first_and_says_how_many_are_known() -> None:
    emptyings = emptyings_of(readings([reading("a", 24.0 * day, 0.1 * day, emptied=True) for day in range(1, 6)]))
    at = seconds(MONDAY) + 4 * DAY_S + 12 * HOUR_S
    rows = EmptyingRows(series=np.array([0]), origin_s=np.array([at]), at_s=np.array([at + DAY_S]))
    recent = emptyings.recent(rows, 3)

    assert recent.of(emptyings.units)[0].tolist() == pytest.approx([0.4, 0.3, 0.2])
    assert recent.known.tolist() == [4]
    assert habit_scale(emptyings, emptyings.recent(rows)) == pytest.approx([0.25])


def test_an_emptying_before_its_origin_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="Emptying: time after the origin"):
        asked(-1.0)
    with pytest.raises(InvalidValueError, match="Emptying: time after the origin"):
        asked(16.0)


def test_points_never_emptied_before_are_not_answerable() -> None:
    late = emptyings_of(readings([reading("a", 24.0 * 30, 0.5, emptied=True)]))

    assert len(late.answerable(asked(series=1))) == 0


@given(
    values=st.lists(st.integers(0, 9).map(float), min_size=1, max_size=12),
    quantile=st.sampled_from((0.1, 0.25, 0.5, 0.9)),
)
def test_equal_weights_give_hazens_quantiles(values: list[float], quantile: float) -> None:
    row = np.array([[*values, np.nan]])

    found = weighted_quantiles(row, np.ones_like(row), (quantile,))[0, 0]

    assert found == pytest.approx(np.quantile(values, quantile, method="hazen"))


def test_a_weight_of_two_counts_as_two_values_and_no_weight_is_no_value() -> None:
    twice = np.array([[1.0, 3.0, np.nan]])

    assert weighted_mean(twice, np.array([[2.0, 1.0, 5.0]])) == pytest.approx([5.0 / 3.0])
    assert np.isnan(weighted_mean(twice, np.zeros((1, 3))))
    assert np.isnan(weighted_quantiles(twice, np.zeros((1, 3)), (0.5,))).all()


def test_a_groups_past_counts_what_became_known_in_the_days_before() -> None:
    past = GroupedPast.of(
        np.array([0, 0, 0, 1]), np.array([1, 2, 9]).repeat([1, 1, 2]) * DAY_S, np.array([1.0, 3, 8, 7])
    )

    assert past.mean(np.array([0, 0, 1]), np.array([2, 9, 8]) * DAY_S, 5).tolist()[:2] == [2.0, 8.0]
    assert np.isnan(past.mean(np.array([1]), np.array([8 * DAY_S]), 5))


def test_the_week_before_is_taken_only_when_it_was_known_whole() -> None:
    rows = readings(
        [reading("a", 24.0 * day + 10, 0.1 * (day % 7 + 1), emptied=True, delay_h=12.0) for day in range(28)]
    )
    work = Workload.of(emptyings_of(rows))
    week = work.rows(work.points, np.array([seconds(MONDAY) + 21 * DAY_S]), 7)

    assert work.week_before(week) == pytest.approx(0.1 * np.arange(1, 8))
    assert week.whole_until.max() < week.day.min() - 1
    assert work.week_before(week)[6] == work.at(week.series, week.day - 14, week.whole_until)[6]
    assert work.habit(week) == pytest.approx(work.week_before(week))


def test_days_without_a_visit_are_days_of_no_work_and_streams_add_up() -> None:
    rows = readings(
        [reading("a", 1, 0.5, emptied=True), reading("a", 73, 0.5, emptied=True), reading("b", 73, 0.25, emptied=True)]
    )
    work = Workload.of(emptyings_of(rows))

    assert work.units[:, work.totals[0]].tolist() == [0.5, 0.0, 0.0, 0.75]


@settings(max_examples=10)
@given(level=st.floats(0, 2), seed=st.integers(0, 999))
def test_workload_sees_no_day_that_was_not_known_whole(level: float, seed: int) -> None:
    before, after = (Workload.of(emptyings_of(rows)) for rows in (READINGS, changed_after_origin(level, seed)))
    rows = before.rows(before.points, np.array([ORIGIN]), 7)

    assert before.apply(rows).equals(after.apply(rows))
