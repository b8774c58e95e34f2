"""The baseline against values worked out by hand."""

import numpy as np
import pytest

from city.errors import MissingInputError
from features.dense.grid import DenseGrid
from models.ha_ar1 import HaAr1

NAN = float("nan")


def grid(*values: float, slots: int = 2) -> DenseGrid:
    return DenseGrid(values=np.array(values, np.float32)[:, None], slots_per_day=slots)


def test_profile_and_coefficient_by_hand() -> None:
    """Two slots a day, three days: slot 0 holds 10, 12, 14 (mean 12), slot 1 holds 20, 23, 23 (mean 22)."""
    known = grid(10, 20, 12, 23, 14, 23)

    model = HaAr1.fit(known, (1,))

    np.testing.assert_allclose(model.profile[:, 0], [12, 22])
    # Residuals -2 -2 0 1 2 1: sum of products one step apart 4 + 0 + 0 + 2 + 2 = 8, of squares but the last 13.
    assert model.phi[0, 0] == pytest.approx(8 / 13)
    # From the last value, 23 (1 above its slot): the next slot 0 is 12 + 8 / 13.
    assert model.predict(known, np.array([5]), 1)[0, 0] == pytest.approx(12 + 8 / 13)


def test_the_last_value_is_carried_forward_over_a_gap() -> None:
    known = grid(10, 20, 12, 23, 14, 23)
    model = HaAr1.fit(known, (1,))
    with_gap = grid(10, 20, 12, 23, 14, 23, NAN)

    said = model.predict(with_gap, np.array([6]), 1)[0, 0]

    # 23 carried into slot 0, whose mean is 12: 11 above, then slot 1.
    assert said == pytest.approx(22 + 8 / 13 * 11)


def test_it_sees_nothing_after_the_origin() -> None:
    known = grid(10, 20, 12, 23, 14, 23)
    model = HaAr1.fit(known, (1,))

    now = model.predict(grid(10, 20, 12, 23, 14, 23), np.array([3]), 1)
    later = model.predict(grid(10, 20, 12, 23, 99, 99), np.array([3]), 1)

    np.testing.assert_array_equal(now, later)


def test_a_dead_sensor_takes_the_mean_of_all_and_an_empty_grid_is_refused() -> None:
    values = np.array([[10, NAN], [20, NAN], [12, NAN], [24, NAN]], np.float32)
    model = HaAr1.fit(DenseGrid(values=values, slots_per_day=2), (1,))

    assert np.isfinite(model.predict(DenseGrid(values=values, slots_per_day=2), np.array([3]), 1)).all()
    with pytest.raises(MissingInputError, match="any value"):
        HaAr1.fit(DenseGrid(values=np.full((4, 1), np.nan, np.float32), slots_per_day=2), (1,))


def test_its_interval_holds_eight_of_ten_on_noise_that_it_has_not_seen() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(50, 5, (24 * 60, 2)).astype(np.float32)
    whole = DenseGrid(values=values, slots_per_day=24)
    model = HaAr1.fit(whole.until(24 * 40), (1,))

    origins = np.arange(24 * 40, 24 * 60 - 1)
    said = model.quantiles(whole, origins, 1)
    truth = values[origins + 1]

    inside = (truth >= said[:, :, 0]) & (truth <= said[:, :, 2])
    assert inside.mean() == pytest.approx(0.8, abs=0.03)
