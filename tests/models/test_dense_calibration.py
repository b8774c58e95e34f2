"""Blend and widths against theory."""

import numpy as np
import pytest

from models.dense_calibration import Widths, best_share


def test_the_share_goes_to_the_forecast_that_errs_less() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 1, 4_000)

    assert best_share(truth, truth, truth + 1) == 1.0
    assert best_share(truth, truth + 1, truth) == 0.0
    # Two equally good and independent guesses are best halved.
    one, other = truth + rng.normal(0, 1, 4_000), truth + rng.normal(0, 1, 4_000)
    assert best_share(truth, one, other) == pytest.approx(0.5, abs=0.1)


def test_widths_said_too_narrow_become_what_they_should_be_per_level() -> None:
    rng = np.random.default_rng(2)
    level = rng.random(20_000)
    noise = np.where(level < 0.5, 1.0, 3.0)
    truth = rng.normal(0, 1, 20_000) * noise
    said = np.stack([np.full(20_000, -0.5), np.zeros(20_000), np.full(20_000, 0.5)], axis=1)

    honest = Widths.fit(truth, said, level).apply(said, level)

    for part in (level < 0.39, level > 0.61):
        assert (truth[part] < honest[part, 0]).mean() == pytest.approx(0.1, abs=0.01)
        assert (truth[part] > honest[part, 2]).mean() == pytest.approx(0.1, abs=0.01)


def test_widths_never_cross() -> None:
    said = np.array([[1.0, 1.0, 1.0]] * 300)
    honest = Widths.fit(np.full(300, 5.0), said, np.ones(300)).apply(said, np.ones(300))

    assert (np.diff(honest, axis=1) >= 0).all()
