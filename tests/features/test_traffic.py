"""Counts on their grid: complete, regular, gaps as gaps."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import TrafficCounts
from features.clockwork import LocalClock, midnights_s
from features.traffic import TrafficGrid, flat_runs, traffic_grid
from tests.features.small_city import MONDAY, PER_DAY, TIME_ZONE, flow_shape, one_detector


def on_grid(*counts: pl.DataFrame, time_zone: str = TIME_ZONE) -> TrafficGrid:
    return traffic_grid(pl.concat(counts), time_zone=time_zone, ahead_s=86_400)


def test_a_gap_of_six_hours_is_a_gap_and_moves_nothing_after_it() -> None:
    flow = flow_shape(2 * PER_DAY)
    flow[40:64] = np.nan

    grid = on_grid(one_detector("d", flow))

    assert np.isnan(grid.values["flow"][40:64, 0]).all()
    assert grid.values["flow"][64, 0] == pytest.approx(flow[64], rel=1e-6)
    assert grid.steps == 2 * PER_DAY


def test_a_detector_that_appears_midway_has_gaps_before() -> None:
    late = one_detector("late", flow_shape(PER_DAY), start=MONDAY + timedelta(days=1))

    grid = on_grid(one_detector("old", flow_shape(2 * PER_DAY)), late)

    assert grid.detectors == ("late", "old")
    assert np.isnan(grid.values["flow"][:PER_DAY, 0]).all()
    assert np.isfinite(grid.values["flow"][PER_DAY:, 0]).all()


def test_of_two_rows_for_one_step_the_later_known_counts() -> None:
    first = one_detector("d", flow_shape(PER_DAY))
    correction = first.head(1).with_columns(pl.lit(77.0).alias("flow_veh_h"), pl.col("known_at") + timedelta(hours=5))

    assert on_grid(first, correction).values["flow"][0, 0] == pytest.approx(77.0)
    assert on_grid(correction, first).values["flow"][0, 0] == pytest.approx(77.0)


def test_a_finer_feed_is_averaged_onto_the_citys_step_and_a_foreign_one_is_named() -> None:
    main = one_detector("main", flow_shape(2 * PER_DAY))
    fine = one_detector("fine", np.array([100.0, 200.0, 300.0] * 20), step_s=300)
    foreign = one_detector("foreign", np.full(5, 9.0), step_s=3_600)

    grid = on_grid(main, fine, foreign)

    assert grid.step_s == 900
    assert grid.values["flow"][:20, grid.detectors.index("fine")] == pytest.approx(200.0)
    assert grid.left_out == ("foreign",)


def test_a_detector_stuck_for_a_day_is_a_gap_but_a_quiet_night_is_not() -> None:
    flow = flow_shape(4 * PER_DAY)
    flow[100:120] = 0.0
    flow[150 : 150 + PER_DAY] = 0.0

    values = on_grid(one_detector("d", flow)).values["flow"][:, 0]

    assert (values[100:120] == 0.0).all()
    assert np.isnan(values[150 : 150 + PER_DAY]).all()


def test_flat_runs_are_found_by_hand() -> None:
    series = np.array([[1.0], [2.0], [2.0], [2.0], [3.0], [np.nan], [np.nan]], np.float32)

    assert flat_runs(series, 3)[:, 0].tolist() == [False, True, True, True, False, False, False]


def test_the_feeds_delay_is_rounded_up_to_whole_steps() -> None:
    assert on_grid(one_detector("d", flow_shape(PER_DAY), delay_s=0)).delay_steps == 0
    assert on_grid(one_detector("d", flow_shape(PER_DAY), delay_s=60)).delay_steps == 1
    assert on_grid(one_detector("d", flow_shape(PER_DAY), delay_s=1_000)).delay_steps == 2


def test_no_counts_at_all_are_refused_in_a_sentence() -> None:
    with pytest.raises(MissingInputError, match="Congestion needs traffic counts"):
        traffic_grid(TrafficCounts.create_empty(), time_zone=TIME_ZONE, ahead_s=0)


def test_the_local_clock_skips_the_hour_that_melbourne_did_not_have() -> None:
    start = datetime(2006, 10, 28, 14, tzinfo=UTC)
    clock = LocalClock.of(
        start_s=int(start.timestamp()), step_s=900, steps=2 * PER_DAY, time_zone="Australia/Melbourne"
    )

    assert clock.lookup[0, 8:12].tolist() == [-1, -1, -1, -1]
    assert clock.slot[8] == 12
    assert clock.day[PER_DAY - 4] == 1


def test_midnights_are_those_of_the_citys_own_clock() -> None:
    days = np.array([20_514, 20_515])

    assert midnights_s(days, TIME_ZONE).tolist() == [20_514 * 86_400 - 28_800, 20_515 * 86_400 - 28_800]
