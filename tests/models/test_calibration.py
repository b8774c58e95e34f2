"""Quantiles that were too narrow hold after the correction, on days that it has not seen."""

import numpy as np
import pytest

from features.arrays import Floats
from models.calibration import Conformal, ProbabilityCurve, buckets
from models.overflow import probability_above

QUANTILES = (0.1, 0.5, 0.9)
EDGES = (2.0,)


def too_narrow(seed: int, count: int = 4_000) -> tuple[Floats, Floats, Floats]:
    """Truth twice as wide at long leads; forecasts half as wide as they should be."""
    random = np.random.default_rng(seed)
    lead_h = np.where(np.arange(count) % 2, 1.0, 10.0)
    truth = random.normal(0, np.where(lead_h > 2, 2.0, 1.0))
    return truth, np.tile([-0.64, 0.0, 0.64], (count, 1)), lead_h


def test_corrected_quantiles_hold_per_bucket_on_unseen_rows() -> None:
    correction = Conformal.fit(*too_narrow(1), quantiles=QUANTILES, edges=EDGES)
    truth, forecasts, lead_h = too_narrow(2)

    moved = correction.apply(forecasts, lead_h)

    for far in (False, True):
        mine = (lead_h > 2) == far
        assert np.mean(truth[mine] < forecasts[mine, 0]) > 0.2
        assert np.mean(truth[mine] < moved[mine, 0]) == pytest.approx(0.1, abs=0.02)
        assert np.mean(truth[mine] < moved[mine, 2]) == pytest.approx(0.9, abs=0.02)


def test_the_median_stays_and_nothing_crosses() -> None:
    truth, forecasts, lead_h = too_narrow(3)
    correction = Conformal.fit(truth * 0.01, forecasts, lead_h, quantiles=QUANTILES, edges=EDGES)

    moved = correction.apply(forecasts, lead_h)

    assert {shift[1] for shift in correction.shifts} == {0.0}
    assert (np.diff(moved, axis=1) >= 0).all()


def test_too_few_rows_correct_nothing() -> None:
    truth, forecasts, lead_h = too_narrow(4, count=50)

    assert Conformal.fit(truth, forecasts, lead_h, quantiles=QUANTILES, edges=EDGES).shifts == ((0.0,) * 3,) * 2


def test_a_lead_on_the_edge_belongs_below_it() -> None:
    assert buckets(np.array([1.9, 2.0, 2.1]), EDGES).tolist() == [0, 0, 1]


def test_overconfident_probabilities_are_brought_to_what_happened() -> None:
    random = np.random.default_rng(5)
    chance = random.random(20_000)
    happened = (random.random(20_000) < chance).astype(np.float64)
    curve = ProbabilityCurve.fit(chance**3, happened)

    said = np.linspace(0, 1, 50)
    meant = curve.apply(said)

    assert (np.diff(meant) > 0).all()
    assert curve.apply(np.array([0.125]))[0] == pytest.approx(0.5, abs=0.05)
    assert ProbabilityCurve().apply(said).tolist() == said.tolist()


def test_a_short_history_leaves_no_two_probabilities_tied_and_none_beyond_reach() -> None:
    """Said up to 0.4 only, on 150 rows: what is said above is neither cut off there nor thrown to certainty."""
    random = np.random.default_rng(6)
    chance = 0.4 * random.random(150)
    curve = ProbabilityCurve.fit(chance, (random.random(150) < chance).astype(np.float64))

    meant = curve.apply(np.linspace(0.0, 1.0, 200))

    assert (np.diff(meant) > 0).all()
    assert np.diff(meant).max() < 0.1


def test_bins_fuller_than_any_that_was_seen_are_not_called_half_likely_to_overflow() -> None:
    """Crews came in time: hardly ever was more than 0.3 said, and what was said was right."""
    random = np.random.default_rng(7)
    chance = 0.3 * random.random(10_000) ** 2
    curve = ProbabilityCurve.fit(chance, (random.random(10_000) < chance).astype(np.float64))

    assert curve.apply(np.array([0.2]))[0] == pytest.approx(0.2, abs=0.04)
    assert curve.apply(np.array([0.9]))[0] == pytest.approx(0.9, abs=0.08)
    assert curve.apply(np.array([0.99]))[0] > 0.93


def test_far_bins_are_told_apart_by_the_tail_of_their_law() -> None:
    far = np.array([[0.1, 0.2, 0.3], [0.1, 0.2, 0.4], [1.5, 1.8, 2.0], [1.2, 1.8, 2.0]])

    never, hardly, surely, mostly = probability_above(far)

    assert 0.0 < never < hardly < 0.1
    assert 0.9 < mostly < surely < 1.0


def test_the_law_between_quantiles_gives_their_own_probabilities_back() -> None:
    forecasts = np.array([[0.2, 0.6, 1.4]])

    assert probability_above(forecasts, 0.6)[0] == pytest.approx(0.5)
    assert probability_above(forecasts, 0.2)[0] == pytest.approx(0.9)
    assert probability_above(forecasts, 1.4)[0] == pytest.approx(0.1)
    assert probability_above(forecasts, 1.0)[0] == pytest.approx(0.3)


def test_overflow_never_falls_when_the_bin_is_fuller() -> None:
    levels = np.linspace(0, 2, 60)
    forecasts = np.stack([levels * 0.8, levels, levels * 1.1 + 0.05], axis=1)

    probability = probability_above(forecasts)

    assert (np.diff(probability) >= 0).all()
    assert probability[0] == pytest.approx(0.0, abs=1e-9)
    assert probability[-1] > 0.98


def test_equal_quantiles_are_a_certainty() -> None:
    assert probability_above(np.array([[0.9, 0.9, 0.9], [1.1, 1.1, 1.1]])).tolist() == [0.0, 1.0]
