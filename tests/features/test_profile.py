"""Profiles learn from earlier days alone."""

import numpy as np
import polars as pl
import pytest

from features.arrays import Floats
from features.calendar_days import SATURDAY, WORKDAY, Announced
from features.profile import MEMORY, ProfileState
from features.traffic import TrafficGrid, traffic_grid
from tests.features.small_city import PER_DAY, TIME_ZONE, flow_shape, one_detector, surroundings

DAYS = 21
NOTHING_ANNOUNCED = Announced.of(surroundings().calendar)


def grid_of(flow: Floats) -> TrafficGrid:
    return traffic_grid(one_detector("d", flow), time_zone=TIME_ZONE, ahead_s=86_400)


def fitted(flow: Floats, *, days: int = DAYS, saved: pl.DataFrame | None = None) -> ProfileState:
    grid = grid_of(flow)
    return ProfileState.fit(grid, "flow", NOTHING_ANNOUNCED, cutoff_s=grid.start_s + days * 86_400, saved=saved)


def noisy(seed: int) -> Floats:
    shape = flow_shape(DAYS * PER_DAY)
    return np.maximum(shape + np.random.default_rng(seed).normal(0, 30, len(shape)), 1.0)


def test_a_days_own_values_do_not_shape_the_profile_that_it_sees() -> None:
    flow = noisy(1)
    shouted = flow.copy()
    shouted[9 * PER_DAY : 10 * PER_DAY] *= 3.0

    before, after = fitted(flow), fitted(shouted)

    assert np.array_equal(before.mean[:10], after.mean[:10], equal_nan=True)
    assert not np.array_equal(before.mean[10], after.mean[10], equal_nan=True)


def test_the_profile_of_a_slot_is_the_forgetting_mean_of_its_earlier_days() -> None:
    flow = noisy(2)
    state = fitted(flow)
    workdays = [day for day in range(18) if day % 7 < 5]
    mean = 0.0
    for seen, day in enumerate(workdays):
        mean += max(1.0 / (seen + 1), MEMORY) * (flow[day * PER_DAY + 30] - mean)

    assert state.mean[18, WORKDAY, 30, 0] == pytest.approx(mean, rel=1e-5)


def test_a_class_not_seen_yet_takes_what_the_other_days_say() -> None:
    state = fitted(noisy(3))

    assert state.mean[4, SATURDAY, 30, 0] == pytest.approx(state.mean[4, WORKDAY, 30, 0])
    assert state.mean[13, SATURDAY, 30, 0] < state.mean[13, WORKDAY, 30, 0]


def test_the_state_stops_at_its_cutoff() -> None:
    flow = noisy(4)
    other = flow.copy()
    other[10 * PER_DAY :] = 5.0 + np.arange(len(other) - 10 * PER_DAY) % 7

    early, again = fitted(flow, days=10), fitted(other, days=10)

    assert early.cutoff_day == 9
    assert np.array_equal(early.mean, again.mean, equal_nan=True)


def test_a_saved_profile_stands_in_for_days_that_were_not_seen() -> None:
    long = noisy(5)
    saved = fitted(long).table(grid_of(long))
    young = fitted(long[: 2 * PER_DAY], days=2, saved=saved)

    assert np.isfinite(young.mean[0]).all()
    assert young.mean[0, SATURDAY, 30, 0] == pytest.approx(
        saved.filter((pl.col("day_class") == SATURDAY) & (pl.col("slot") == 30)).item(0, "mean"), rel=1e-6
    )


def test_nothing_is_known_before_the_first_day() -> None:
    assert np.isnan(fitted(noisy(6)).mean[0]).all()
