"""Drift: a shift is found, chance is not, and errors are told apart from luck."""

import numpy as np
import pytest
from scipy.stats import ks_2samp, norm

from models.drift import drift_of, errors_of, kolmogorov_smirnov, population_stability


def test_the_index_of_a_moved_normal_is_what_theory_says() -> None:
    random = np.random.default_rng(3)
    former, recent = random.normal(0, 1, 200_000), random.normal(0.5, 1, 200_000)
    edges = norm.ppf(np.linspace(0, 1, 11))
    expected, found = np.full(10, 0.1), np.diff(norm.cdf(edges - 0.5))

    theory = float(((found - expected) * np.log(found / expected)).sum())
    assert population_stability(former, recent) == pytest.approx(theory, rel=0.03)
    assert population_stability(former, random.normal(0, 1, 200_000)) < 0.001


def test_the_distance_is_that_of_scipy() -> None:
    random = np.random.default_rng(4)
    former, recent = random.poisson(3, 500).astype(float), random.poisson(4, 700).astype(float)

    assert kolmogorov_smirnov(former, recent) == pytest.approx(ks_2samp(former, recent).statistic)


def weeks(*, seed: int, sway: float = 0.0, recent: float = 1.0, moved: float = 1.0) -> tuple[np.ndarray, ...]:
    """Ten series over six weeks, `recent` times as high in week 0 for `moved` of them; each week sways by itself."""
    random = np.random.default_rng(seed)
    week = np.repeat(np.arange(6), 10 * 168)
    series = np.tile(np.repeat(np.arange(10), 168), 6)
    level = np.exp(sway * random.standard_normal(6))[week] * np.where((week == 0) & (series < 10 * moved), recent, 1.0)
    return level * random.gamma(4.0, 100.0, len(week)), series, week


def test_a_feed_that_doubles_is_found_and_its_factor_named() -> None:
    found = drift_of(*weeks(seed=1, recent=2.0))

    assert found is not None
    assert found.large
    assert found.ratio == pytest.approx(2.0, rel=0.05)
    assert found.moved == 1.0


@pytest.mark.parametrize("seed", range(8))
def test_a_feed_as_it_always_was_is_not(seed: int) -> None:
    found = drift_of(*weeks(seed=seed))

    assert found is not None
    assert not found.large


def test_a_week_no_stranger_than_former_weeks_is_not() -> None:
    """The same distance is drift in a steady feed and none in one whose weeks always differ."""
    steady, swaying = drift_of(*weeks(seed=2, recent=1.5)), drift_of(*weeks(seed=2, sway=0.4, recent=1.5))

    assert steady is not None
    assert swaying is not None
    assert steady.large
    assert swaying.psi > 0.25
    assert not swaying.large


def test_too_little_is_not_judged() -> None:
    values, series, week = weeks(seed=1)

    assert drift_of(values[:100], series[:100], week[:100]) is None
    assert drift_of(values[week > 0], series[week > 0], week[week > 0]) is None


def test_errors_of_an_honest_forecast_are_its_own() -> None:
    random = np.random.default_rng(5)
    truth = random.normal(10, 2, 20_000)
    said = np.tile(norm.ppf([0.1, 0.5, 0.9], 10, 2), (20_000, 1))
    found = errors_of(truth, said, np.repeat(np.arange(20), 1_000), seed=1)

    assert found is not None
    assert (found.rows, found.days) == (20_000, 20)
    assert found.below == pytest.approx(0.1, abs=0.01)
    assert found.above == pytest.approx(0.1, abs=0.01)
    assert found.below_error == pytest.approx(np.sqrt(0.09 / 20_000), rel=0.5)
    # The pinball loss of a normal's own quantile q is sigma x its density there.
    density = np.asarray(norm.pdf(norm.ppf([0.1, 0.5, 0.9])))
    assert found.loss == pytest.approx(2 * density.mean(), rel=0.03)


def test_a_truth_at_the_edge_is_outside_by_a_fair_coin() -> None:
    truth = np.zeros(10_000)
    found = errors_of(truth, np.zeros((10_000, 3)), np.arange(10_000) % 10, seed=1)

    assert found is not None
    assert found.below == pytest.approx(0.5, abs=0.02)
    assert found.above == pytest.approx(0.25, abs=0.02)


def test_without_truth_there_are_no_errors() -> None:
    assert errors_of(np.array([np.nan]), np.zeros((1, 3)), np.zeros(1, np.int64), seed=1) is None
