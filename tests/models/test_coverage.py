"""Coverage against theory: who tells the truth passes, who does not is named, and ties flatter nobody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from city.errors import BrokenRuleError, MissingInputError
from features.arrays import Floats, Ints
from models.coverage import CoverageReport, coverage_report, tenths
from models.metrics import mean_pinball

LEVELS = np.array([0.1, 0.5, 0.9])
DAYS, PER_DAY = 40, 1_200


def rows(seed: int) -> tuple[Ints, Ints, Floats, Floats]:
    """Day, hour, and the mean and deviation of what will happen: both depend on the hour."""
    rng = np.random.default_rng(seed)
    day, hour = np.repeat(np.arange(DAYS), PER_DAY), np.tile(np.arange(PER_DAY) // 50, DAYS)
    return day, hour, 30 + 10 * np.sin(hour / 4) + rng.normal(0, 3, len(day)), 1 + hour / 12


def said_of(mean: Floats, deviation: Floats) -> Floats:
    said: Floats = mean[:, None] + deviation[:, None] * norm.ppf(LEVELS)
    return said


def judged(truth: Floats, said: Floats, day: Ints, hour: Ints, **more: Floats) -> CoverageReport:
    return coverage_report(truth, said, day=day, buckets={"hour": hour}, seed=5, tie_shares=more.get("tie_shares"))


@settings(max_examples=4)
@given(seed=st.integers(0, 10_000))
def test_who_tells_the_truth_passes_everywhere(seed: int) -> None:
    day, hour, mean, deviation = rows(seed)
    truth = np.random.default_rng(seed + 1).normal(mean, deviation)

    found = judged(truth, said_of(mean, deviation), day, hour)

    assert found.misses == ()
    assert found.overall.below.value == pytest.approx(0.1, abs=0.01)
    assert found.overall.pinball == pytest.approx(mean_pinball(truth, said_of(mean, deviation), (0.1, 0.5, 0.9)))
    assert len(found.cells["hour"]) == 24
    assert len(found.cells["predicted"]) == 10


@settings(max_examples=4)
@given(shift=st.floats(0.3, 2.0), seed=st.integers(0, 1_000))
def test_a_shifted_forecast_misses_on_both_sides_by_what_theory_says(shift: float, seed: int) -> None:
    day, hour, mean, deviation = rows(seed)
    truth = np.random.default_rng(seed + 1).normal(mean, deviation)

    found = judged(truth, said_of(mean + shift * deviation, deviation), day, hour)

    assert found.overall.below.value == pytest.approx(norm.cdf(norm.ppf(0.1) + shift), abs=0.015)
    assert found.overall.above.value == pytest.approx(norm.sf(norm.ppf(0.9) + shift), abs=0.015)
    overall = [miss for miss in found.misses if miss.group == "all rows"]
    assert [miss.side for miss in overall] == ["under p10", "over p90"]
    assert all(miss.sure and not miss.by_ties for miss in overall)


def test_one_bad_hour_is_named_although_the_whole_looks_well() -> None:
    day, hour, mean, deviation = rows(1)
    truth = np.random.default_rng(2).normal(mean, np.where(hour == 8, 2 * deviation, deviation))

    found = judged(truth, said_of(mean, deviation), day, hour)

    assert {(miss.group, miss.name) for miss in found.misses} == {("hour", "8")}
    assert "hour 8: 2" in found.misses[0].sentence()
    assert "lie under p10, expected 10 ± 5 % (90 % interval" in found.misses[0].sentence()


def test_the_worst_day_is_found_and_a_stub_of_a_day_is_not_taken_for_it() -> None:
    day, hour, mean, deviation = rows(3)
    truth = np.random.default_rng(4).normal(mean, deviation)
    truth[day == 17] -= deviation[day == 17]
    truth[(day == 23)] += 9
    truth[np.flatnonzero(day == 23)[10:]] = np.nan

    found = judged(truth, said_of(mean, deviation), day, hour)

    assert found.worst_day.name == "17"
    assert found.worst_day.below.value == pytest.approx(norm.cdf(norm.ppf(0.1) + 1), abs=0.06)
    assert [miss.side for miss in found.misses if miss.group == "worst day"] == ["under p10", "over p90"]


def test_days_that_are_off_together_make_the_interval_wide() -> None:
    """Errors shared by a day: the interval must hold the truth's spread, which rows taken one by one would hide."""
    covered, widths = 0, []
    for seed in range(12):
        day, hour, mean, deviation = rows(seed)
        rng = np.random.default_rng(1_000 + seed)
        shared, own = rng.normal(0, 0.6, DAYS)[day], rng.normal(0, 0.8, len(day))
        found = judged(mean + deviation * (shared + own), said_of(mean, deviation), day, hour).overall.below
        covered += found.low <= 0.1 <= found.high
        widths.append(found.high - found.low)

    assert 9 <= covered <= 12
    one_by_one = 2 * 1.645 * np.sqrt(0.1 * 0.9 / (DAYS * PER_DAY))
    assert np.mean(widths) > 3 * one_by_one


@settings(max_examples=4)
@given(rate=st.floats(0.05, 6.0), seed=st.integers(0, 1_000))
def test_counts_whose_quantiles_lie_on_atoms_pass_when_the_coin_is_the_forecasters(rate: float, seed: int) -> None:
    day, hour, _, _ = rows(seed)
    rates = rate * (1 + hour / 24)
    truth = np.random.default_rng(seed).poisson(rates).astype(np.float64)
    said = np.asarray(poisson.ppf(LEVELS, rates[:, None]))
    low, high = said[:, 0], said[:, 2]
    shares = np.stack(
        [
            (0.1 - poisson.cdf(low - 1, rates)) / poisson.pmf(low, rates),
            (0.1 - poisson.sf(high, rates)) / poisson.pmf(high, rates),
        ],
        axis=1,
    )

    assert judged(truth, said, day, hour, tie_shares=shares).misses == ()
    # With a fair coin atoms are misjudged, and every such miss says that ties decide.
    assert all(miss.by_ties for miss in judged(truth, said, day, hour).misses)


def test_a_fair_coin_counts_half_of_the_ties_and_says_how_many_there_were() -> None:
    day, hour, _, _ = rows(1)
    zeros = np.zeros(len(day))

    found = judged(zeros, np.stack([zeros, zeros, zeros + 1], axis=1), day, hour).overall

    assert found.below.value == pytest.approx(0.5, abs=0.02)
    assert (found.below.least, found.below.most) == (0.0, 1.0)
    assert (found.above.value, found.above.most) == (0.0, 0.0)
    assert found.interval_score == pytest.approx(1.0)


def test_one_day_has_no_interval_and_crossed_quantiles_are_counted() -> None:
    said = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, np.nan, 3.0]])
    found = coverage_report(np.full(3, 2.0), said, day=np.zeros(3, np.int64), buckets={}, seed=1)

    assert (found.overall.rows, found.crossed_rows) == (2, 1)
    assert found.document()["overall"]["below"]["low"] is None
    assert not any(miss.sure for miss in found.misses)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(BrokenRuleError, match=r"hour has the shape \(2,\)"):
        coverage_report(np.ones(3), np.ones((3, 3)), day=np.zeros(3, np.int64), buckets={"hour": np.ones(2)}, seed=1)
    with pytest.raises(MissingInputError, match="any row"):
        coverage_report(np.full(3, np.nan), np.ones((3, 3)), day=np.zeros(3, np.int64), buckets={}, seed=1)


def test_tenths_keep_equal_levels_together() -> None:
    assert np.bincount(tenths(np.arange(1_000.0)))[1:].tolist() == [100] * 10
    assert np.unique(tenths(np.zeros(50))).tolist() == [1]
