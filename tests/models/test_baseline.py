"""Simple forecasts are perfect on a pure season, honest where the season is not, and see nothing after the origin."""

from dataclasses import replace

import numpy as np
import pytest

from features.dense.grid import DenseGrid
from models.baseline import SameWeekdays, ha_ar1_quantiles, profile_quantiles
from models.ha_ar1 import HaAr1
from tests.features.small_city import PER_DAY, flow_shape

DAYS = 28
DAY_AHEAD = np.arange(1, PER_DAY + 1)


def grid_of(*series: np.ndarray) -> DenseGrid:
    values = np.stack(series, axis=1).astype(np.float32)
    return DenseGrid(values=values, slots_per_day=PER_DAY, first_weekday=0)


def newest(grid: DenseGrid) -> np.ndarray:
    return np.array([grid.steps - 1])


def test_on_a_pure_season_same_weekdays_make_no_error_and_have_no_doubt() -> None:
    shape = flow_shape((DAYS + 1) * PER_DAY)
    known = grid_of(shape[: DAYS * PER_DAY])

    said = SameWeekdays.fit(known).quantiles(known, newest(known), DAY_AHEAD)[0, 0]

    np.testing.assert_allclose(said, np.repeat(shape[-PER_DAY:, None], 3, axis=1), rtol=1e-6)


def test_one_odd_week_does_not_move_the_median_of_eight() -> None:
    shape = flow_shape(63 * PER_DAY)
    odd = shape.copy()
    odd[49 * PER_DAY : 56 * PER_DAY] *= 3
    known = grid_of(odd[: 56 * PER_DAY])

    said = SameWeekdays.fit(known).quantiles(known, newest(known), DAY_AHEAD)[0, 0, :, 1]

    np.testing.assert_allclose(said, shape[56 * PER_DAY : 57 * PER_DAY], rtol=1e-6)


def test_its_quantiles_hold_its_own_past_errors() -> None:
    random = np.random.default_rng(1)
    shape = flow_shape((DAYS + 7) * PER_DAY)
    noisy = shape + random.normal(0, 20, len(shape))
    known = grid_of(noisy[: DAYS * PER_DAY])

    said = SameWeekdays.fit(known).quantiles(known, newest(known), np.arange(1, 7 * PER_DAY + 1))[0, 0]
    inside = (noisy[DAYS * PER_DAY :] >= said[:, 0]) & (noisy[DAYS * PER_DAY :] <= said[:, 2])

    assert inside.mean() == pytest.approx(0.8, abs=0.06)


def test_before_the_first_week_there_is_no_same_weekday() -> None:
    known = grid_of(flow_shape(3 * PER_DAY))

    assert np.isnan(SameWeekdays.fit(known).quantiles(known, newest(known), DAY_AHEAD)).all()


@pytest.mark.parametrize("origin", [15 * PER_DAY, 15 * PER_DAY + 40])
def test_what_came_after_the_origin_is_not_seen(origin: int) -> None:
    grid = grid_of(flow_shape(DAYS * PER_DAY), flow_shape(DAYS * PER_DAY, level=100.0))
    values = grid.values.copy()
    values[origin + 1 :] = 7.0
    changed = replace(grid, values=values)
    known = grid.until(14 * PER_DAY)
    leads = np.array([1, 5, PER_DAY, 8 * PER_DAY])

    weekdays, average = SameWeekdays.fit(known), HaAr1.fit(known, (1, 96))

    for one, other in (
        (weekdays.quantiles(grid, np.array([origin]), leads), weekdays.quantiles(changed, np.array([origin]), leads)),
        (ha_ar1_quantiles(average, grid, np.array([origin]), leads[:3]),
         ha_ar1_quantiles(average, changed, np.array([origin]), leads[:3])),
    ):  # fmt: skip
        np.testing.assert_array_equal(one, other)


def test_between_two_fitted_leads_ha_ar1_follows_the_profile_of_the_very_step() -> None:
    shape = np.tile(flow_shape(PER_DAY), DAYS + 1)
    known = grid_of(shape[: DAYS * PER_DAY])

    said = ha_ar1_quantiles(HaAr1.fit(known, (1, 48, 96)), known, newest(known), DAY_AHEAD)[0, 0, :, 1]

    np.testing.assert_allclose(said, shape[-PER_DAY:], rtol=1e-4)


def test_the_profile_knows_weekends_and_what_it_does_not_know_it_takes_from_the_mean_of_the_slot() -> None:
    weeks = grid_of(flow_shape(DAYS * PER_DAY))
    two_days = grid_of(np.tile(flow_shape(PER_DAY), 2))
    week_ahead = np.arange(1, 7 * PER_DAY + 1)

    said = profile_quantiles(weeks, week_ahead)[0, :, 1].reshape(7, PER_DAY).mean(axis=1)
    short = profile_quantiles(two_days, DAY_AHEAD)[0]

    assert said[6] == pytest.approx(0.6 * said[0], rel=0.05)
    np.testing.assert_allclose(short[:, 1], flow_shape(PER_DAY), rtol=1e-4)
    assert (np.diff(short, axis=1) >= 0).all()
