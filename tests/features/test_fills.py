"""Cycles of fill: what lies there, what grew, and what a point usually does, as known."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import BinReadings
from features.arrays import DAY_S, Ints, seconds
from features.fills import INTERCEPT_PENALTY, PSEUDO_CYCLES, FillHistory
from tests.features.small_city import MONDAY, growing_bins, reading, readings


def at(*hours: float) -> Ints:
    return np.array([seconds(MONDAY + timedelta(hours=hour)) for hour in hours])


def one_point() -> FillHistory:
    return FillHistory.of(
        readings(
            [
                reading("p", 0, 0.5, emptied=True),
                reading("p", 12, 0.3),
                reading("p", 24, 0.6, emptied=True),
                reading("p", 36, 0.2),
                reading("p", 72, 0.8, emptied=True),
            ]
        )
    )


def test_the_heap_is_what_would_lie_there_had_nobody_emptied() -> None:
    assert one_point().heap.tolist() == pytest.approx([0.5, 0.8, 1.1, 1.3, 1.9])


def test_an_emptied_bin_is_empty_and_a_read_one_is_not() -> None:
    assert one_point().level_after(np.array([0, 1, 2])).tolist() == [0.0, 0.3, 0.0]


def test_the_reference_is_the_newest_reading_that_was_known() -> None:
    fills = one_point()
    series = np.zeros(4, np.int64)

    assert fills.reference(series, at(0.5, 1.5, 24.5, 25.5)).tolist() == [-1, 0, 1, 2]


def test_a_reading_known_late_holds_back_those_after_it() -> None:
    late = readings([reading("p", 0, 0.5, delay_h=30), reading("p", 12, 0.6, delay_h=1)])

    assert FillHistory.of(late).reference(np.zeros(2, np.int64), at(20, 31)).tolist() == [-1, 1]


def test_a_sensor_that_ends_at_full_says_at_least_full_there() -> None:
    under_the_lid = FillHistory.of(
        readings([reading("p", 0, 1.2, emptied=True), reading("p", 12, 0.9), reading("p", 24, 1.0)])
    )
    above_it = FillHistory.of(
        readings([reading("p", 0, 1.0), reading("p", 12, 1.1), reading("p", 24, 1.0, emptied=True)])
    )
    places = np.arange(3)

    assert under_the_lid.at_least(places).tolist() == [False, False, True]
    assert under_the_lid.tells_over.tolist() == [True, False, False]
    assert above_it.at_least(places).tolist() == [False, False, False]


def test_one_point_does_not_see_its_neighbour() -> None:
    both = readings([reading("a", 0, 0.9, emptied=True), reading("b", 5, 0.1)])
    fills = FillHistory.of(both)

    assert fills.reference(np.array([0, 1]), at(100, 2)).tolist() == [0, -1]
    assert fills.heap.tolist() == pytest.approx([0.9, 0.1])
    assert fills.last_emptied_s.tolist() == [int(at(0)[0]), -1]


def test_growth_is_the_ridge_regression_over_the_points_own_cycles() -> None:
    already_there = (pl.col("fill_level") * 0.5 + 0.4).alias("fill_level")
    fills = FillHistory.of(growing_bins(60, points=3).with_columns(already_there))
    last = int(np.flatnonzero(fills.series == 1)[-1])
    origin = np.array([int(fills.known_s[last])])
    ended = np.flatnonzero(fills.emptied & (fills.series == 1))
    days = np.diff(fills.at_s[ended]) / DAY_S
    found = fills.level[ended][1:]
    held = list(zip(days, found, strict=True))[-20:]
    every = [
        (gap, level)
        for series in range(3)
        for gap, level, known in zip(
            np.diff(fills.at_s[fills.emptied & (fills.series == series)]) / DAY_S,
            fills.level[fills.emptied & (fills.series == series)][1:],
            fills.known_s[fills.emptied & (fills.series == series)][1:],
            strict=True,
        )
        if known <= origin[0]
    ]
    x = np.array([gap for gap, _ in held] + [np.mean([gap for gap, _ in every])])
    y = np.array([level for _, level in held] + [np.mean([level for _, level in every])])
    weight = np.array([1.0] * len(held) + [PSEUDO_CYCLES])
    design = np.stack([np.ones_like(x), x], axis=1)
    ridge = design.T @ (weight[:, None] * design) + np.diag([INTERCEPT_PENALTY, 0.0])
    start, slope = np.linalg.solve(ridge, design.T @ (weight * y))

    growth = fills.growth(np.array([last]), origin)

    assert start > 0
    assert growth.slope[0] == pytest.approx(slope, rel=1e-6)
    assert growth.start[0] == pytest.approx(start, rel=1e-6)
    assert growth.cycles[0] == 20


def test_a_point_without_a_cycle_grows_as_its_stream_does() -> None:
    rows = [reading("old", 24.0 * day, 0.5, emptied=True) for day in range(10)]
    fills = FillHistory.of(readings([*rows, reading("young", 200, 0.1)]))
    young = np.array([len(rows)])

    assert fills.growth(young, at(300)).slope[0] == pytest.approx(0.5, rel=0.01)
    assert np.isnan(fills.growth(young, at(20)).slope[0])


def test_a_line_that_would_start_below_empty_starts_at_empty() -> None:
    rows, hour = [reading("p", 0, 0.1, emptied=True)], 0
    for turn in range(12):
        gap_days = 1 if turn % 2 else 3
        hour += 24 * gap_days
        rows.append(reading("p", hour, 0.1 if gap_days == 1 else 1.5, emptied=True))
    fills = FillHistory.of(readings(rows))

    growth = fills.growth(np.array([len(rows) - 1]), at(hour + 2))

    assert growth.start[0] == 0.0
    assert growth.slope[0] == pytest.approx((6 * 0.1 + 18 * 1.5) / (6 * 1 + 6 * 9), rel=0.05)


def test_a_visit_that_opened_no_bin_is_no_reading() -> None:
    looked = readings([reading("p", 0, 0.0, emptied=True, bins=0.0), reading("p", 5, 0.4, emptied=True, bins=2.0)])

    assert FillHistory.of(looked).level.tolist() == [0.4]


def test_the_heap_between_readings_is_drawn_straight_and_only_as_far_as_known() -> None:
    fills = one_point()

    assert fills.heap_at(np.array([0]), at(6), np.array([4]))[0] == pytest.approx(0.65)
    assert np.isnan(fills.heap_at(np.array([0]), at(30), np.array([2]))[0])


def test_no_readings_are_refused_in_a_sentence() -> None:
    with pytest.raises(MissingInputError, match="Waste needs bin readings"):
        FillHistory.of(BinReadings.create_empty())
