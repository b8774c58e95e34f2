"""The rolling correction against streets whose noise is known, honest ones and ones that changed overnight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from city.errors import InvalidValueError
from features.arrays import Floats, Ints, Narrow
from models.rolling_correction import RollingCorrection

SLOTS, SENSORS, DAYS, HORIZON = 96, 20, 14, 4
ROLLING = RollingCorrection(slots_per_day=SLOTS, gain=0.3)


def course(noise: Floats, seed: int = 1) -> tuple[Floats, Ints, Narrow]:
    """What was said (calibrated for noise of 1), the origins, and what came with the noise of each step (x sensor)."""
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (DAYS * SLOTS, SENSORS)) * noise
    origins = np.arange(DAYS * SLOTS - HORIZON)
    said = np.tile(norm.ppf([0.1, 0.5, 0.9]), (len(origins), SENSORS, 1))
    return said, origins, values.astype(np.float32)


def outside(said: Floats, origins: Ints, values: Narrow, since_day: int = 0) -> tuple[float, float]:
    late = origins >= since_day * SLOTS
    truth = values[origins[late] + HORIZON]
    return float((truth < said[late, :, 0]).mean()), float((truth > said[late, :, 2]).mean())


def test_intervals_that_became_too_narrow_are_widened_and_come_back() -> None:
    noise = np.where(np.arange(DAYS * SLOTS) // SLOTS >= 4, 2.0, 1.0)[:, None]
    said, origins, values = course(noise)

    moved = ROLLING.apply(said, origins, HORIZON, values)

    assert outside(said, origins, values, since_day=8)[0] > 0.24
    for share in outside(moved, origins, values, since_day=8):
        # Fading pulls back towards what training settled: the most is mended, not all.
        assert 0.08 < share < 0.16


def test_only_the_side_that_was_off_is_moved() -> None:
    said, origins, values = course(np.ones((DAYS * SLOTS, 1)))
    values[4 * SLOTS :] -= 1.0

    moved = ROLLING.apply(said, origins, HORIZON, values)

    low, high = (moved[-1, 0, 1] - moved[-1, 0, 0], moved[-1, 0, 2] - moved[-1, 0, 1])
    assert low > 1.5 * 1.2816
    assert high < 1.2816


def test_honest_intervals_stay_nearly_as_they_are() -> None:
    said, origins, values = course(np.ones((DAYS * SLOTS, 1)))

    moved = ROLLING.apply(said, origins, HORIZON, values)

    assert np.abs(moved[:, :, [0, 2]] / said[:, :, [0, 2]] - 1).max() < 0.1


def test_groups_are_mended_apart_and_silent_sensors_are_left_alone() -> None:
    group = np.arange(SENSORS) % 3
    said, origins, values = course(np.where(group == 1, 2.0, 1.0))
    values[:, group == 2] = np.nan

    moved = RollingCorrection(slots_per_day=SLOTS, gain=0.3, groups=group).apply(said, origins, HORIZON, values)

    width = moved[-1, :, 2] - moved[-1, :, 0]
    assert (width[group == 1] > 1.4 * width[group == 0]).all()
    np.testing.assert_allclose(moved[:, group == 2], said[:, group == 2])


@settings(max_examples=6)
@given(step=st.integers(1, DAYS * SLOTS - 1), block=st.integers(1, 120), gain=st.floats(0.05, 3.0))
def test_nothing_after_the_origin_is_seen_and_quantiles_never_cross(step: int, block: int, gain: float) -> None:
    said, origins, values = course(np.full((DAYS * SLOTS, 1), 1.7))
    rolling = RollingCorrection(slots_per_day=SLOTS, gain=gain, block_steps=block)
    other = values.copy()
    other[step:] = 50.0

    moved = rolling.apply(said, origins, HORIZON, values)

    early = origins < step
    np.testing.assert_array_equal(moved[early], rolling.apply(said, origins, HORIZON, other)[early])
    assert (np.diff(moved, axis=2) >= 0).all()


def test_a_gain_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="numbers above 0"):
        RollingCorrection(slots_per_day=SLOTS, gain=0.0)
