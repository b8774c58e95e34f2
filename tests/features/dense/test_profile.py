"""The profile against means by hand."""

import numpy as np
import pytest

from city.errors import MissingInputError
from features.dense.grid import DenseGrid
from features.dense.profile import Profile, Weighing, smoothed, without_day_too
from tests.features.dense.street import SLOTS, street

PLAIN = Weighing(smoothing_steps=0.0)


def days(*levels: float, weekday: int | None = None) -> DenseGrid:
    """One sensor, two slots a day, the same value all day."""
    return DenseGrid(values=np.repeat(np.array(levels, np.float32), 2)[:, None], slots_per_day=2, first_weekday=weekday)


def test_day_blocked_leaves_the_own_day_out_and_later_days_take_what_is_over() -> None:
    grid = days(10, 20, 60, 100, 200)
    profile = Profile(cutoff=6, past_only=False, weighing=PLAIN)

    today, tomorrow = (one.mean()[:, 0, 0] for one in profile.means(grid, ahead_days=1))

    # Fitted: the other two of 10, 20, 60. Later: everything before.
    np.testing.assert_allclose(today, [40, 35, 15, 30, 47.5], rtol=1e-5)
    # Used one day earlier: of a later day, the day before it is not over yet.
    np.testing.assert_allclose(tomorrow, [40, 35, 15, 15, 30], rtol=1e-5)


def test_without_learning_on_it_stays_as_it_was_fitted() -> None:
    profile = Profile(cutoff=6, past_only=False, weighing=PLAIN)

    mean = profile.means(days(10, 20, 60, 100, 200), live=False)[0].mean()[:, 0, 0]

    np.testing.assert_allclose(mean, [40, 35, 15, 30, 30], rtol=1e-5)


def test_past_only_knows_only_days_before() -> None:
    profile = Profile(cutoff=8, past_only=True, weighing=PLAIN)

    mean = profile.means(days(10, 20, 60, 100))[0].mean()[:, 0, 0]

    np.testing.assert_allclose(mean, [np.nan, 10, 15, 30], rtol=1e-5)


def test_two_days_can_be_left_out() -> None:
    profile = Profile(cutoff=6, past_only=False, weighing=PLAIN)
    means = profile.means(days(10, 20, 60))[0]

    np.testing.assert_allclose(without_day_too(means, 0, 1)[:, 0], 60)
    np.testing.assert_allclose(without_day_too(means, 2, 0)[:, 0], 20)


def test_recent_days_and_like_weekdays_weigh_more() -> None:
    halving = Profile(cutoff=6, past_only=True, weighing=Weighing(half_life_days=1.0, smoothing_steps=0.0))
    assert halving.means(days(10, 20, 60))[0].mean()[2, 0, 0] == pytest.approx((10 + 2 * 20) / 3)

    # Friday, Saturday, Sunday, Monday: the Monday takes the Friday.
    kinds = Profile(cutoff=8, past_only=True, weighing=Weighing(other_kind=0.0, smoothing_steps=0.0))
    monday = kinds.means(days(10, 50, 60, 90, weekday=4))[0].mean()[3, 0, 0]
    assert monday == pytest.approx(10, abs=0.1)


def test_settings_are_chosen_from_the_rows() -> None:
    weekly = Profile.fit(street(days=80, weekday=0))
    assert weekly.past_only
    assert weekly.weighing.other_kind < 0.01

    nameless = Profile.fit(street(days=12))
    assert not nameless.past_only
    assert nameless.weighing.other_kind == 1.0


def test_smoothing_keeps_the_sum_and_goes_around_midnight() -> None:
    cube = np.zeros((1, SLOTS, 1), np.float32)
    cube[0, 0] = 1.0

    wide = smoothed(cube, 1.5)[0, :, 0]

    assert wide.sum() == pytest.approx(1.0, abs=1e-5)
    assert wide[1] == pytest.approx(wide[-1])


def test_too_little_history_is_refused() -> None:
    with pytest.raises(MissingInputError, match="at least 3 days"):
        Profile.fit(days(10, 20))
