"""Errors by hand, and coverage that ties cannot flatter."""

import numpy as np
import pytest

from models.metrics import brier, coverage, mae, mape, mean_pinball, pinball, rmse

TRUTH = np.array([1.0, 2.0, np.nan, 4.0])
SAID = np.array([2.0, 2.0, 9.0, 1.0])


def test_errors_by_hand_leave_out_what_was_not_measured() -> None:
    assert mae(TRUTH, SAID) == pytest.approx(4 / 3)
    assert rmse(TRUTH, SAID) == pytest.approx(np.sqrt(10 / 3))
    assert mape(TRUTH, SAID) == pytest.approx(100 * (1 + 0 + 0.75) / 3)


def test_mape_leaves_out_truths_of_zero() -> None:
    assert mape(np.array([0.0, 2.0]), np.array([5.0, 1.0])) == pytest.approx(50.0)


def test_pinball_by_hand_and_half_the_absolute_error_at_the_median() -> None:
    assert pinball(np.array([10.0]), np.array([8.0]), 0.9) == pytest.approx(1.8)
    assert pinball(np.array([8.0]), np.array([10.0]), 0.9) == pytest.approx(0.2)
    assert pinball(TRUTH, SAID, 0.5) == pytest.approx(mae(TRUTH, SAID) / 2)
    three = np.stack([SAID, SAID, SAID], axis=1)
    assert mean_pinball(TRUTH, three, (0.5, 0.5, 0.5)) == pytest.approx(mae(TRUTH, SAID) / 2)


def test_the_true_quantile_has_the_smallest_pinball_loss() -> None:
    truth = np.random.default_rng(1).normal(0, 1, 20_000)
    losses = {said: pinball(truth, np.full(len(truth), said), 0.9) for said in (0.8, 1.2816, 1.7)}

    assert min(losses, key=lambda said: losses[said]) == 1.2816


def test_coverage_of_true_quantiles_is_what_they_say() -> None:
    truth = np.random.default_rng(2).normal(0, 1, 20_000)
    bound = np.full(len(truth), 1.2816)

    assert coverage(truth, -bound, bound, seed=1) == pytest.approx(0.8, abs=0.01)
    assert coverage(truth, -bound / 2, bound / 2, seed=1) < 0.6


def test_ties_with_a_bound_count_outside_half_of_the_time() -> None:
    zeros = np.zeros(10_000)

    assert coverage(zeros, zeros, zeros + 1, seed=1) == pytest.approx(0.5, abs=0.02)
    assert coverage(zeros, zeros - 1, zeros + 1, seed=1) == 1.0


def test_brier_is_the_squared_error_of_a_probability() -> None:
    assert brier(np.array([1.0, 0.0]), np.array([0.8, 0.4])) == pytest.approx((0.04 + 0.16) / 2)
