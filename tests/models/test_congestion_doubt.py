"""Widths that hold on days that nobody had seen, for any quantile, never crossing."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.arrays import Floats, Ints
from models.congestion_doubt import HOUR_BOUNDS, LEVELS, Doubt, target_hours

ROWS = 20_000
NEAR = np.full(ROWS, 1.0)


def narrow_forecast(half: float = 0.5) -> Floats:
    """p10, p50, p90 of a law whose p90 lies at 1.28: too narrow."""
    return np.tile(np.array([-half, 0.0, half]), (ROWS, 1))


def test_what_was_too_narrow_is_stretched_until_it_holds() -> None:
    random = np.random.default_rng(1)
    doubt = Doubt.fit(random.normal(size=ROWS), narrow_forecast(), NEAR, days=10_000)

    said = doubt.apply(narrow_forecast(), NEAR, (0.1, 0.5, 0.9))
    fresh = random.normal(size=ROWS)

    assert np.mean(fresh < said[:, 0]) == pytest.approx(0.1, abs=0.01)
    assert np.mean(fresh > said[:, 2]) == pytest.approx(0.1, abs=0.01)
    assert (said[:, 1] == 0.0).all()


def test_any_quantile_is_that_of_the_law_that_was_seen() -> None:
    random = np.random.default_rng(2)
    doubt = Doubt.fit(random.normal(size=ROWS), narrow_forecast(), NEAR, days=10_000)
    asked = (0.02, 0.25, 0.6, 0.85, 0.98)

    said = doubt.apply(narrow_forecast()[:1], NEAR[:1], asked)[0]

    np.testing.assert_allclose(said, [NormalDist().inv_cdf(q) for q in asked], atol=0.08)


def test_a_lopsided_law_keeps_its_sides_apart() -> None:
    random = np.random.default_rng(3)
    truth = random.exponential(size=ROWS) - np.log(2)

    said = Doubt.fit(truth, narrow_forecast(), NEAR, days=10_000).apply(
        narrow_forecast()[:1], NEAR[:1], (0.1, 0.5, 0.9)
    )[0]

    assert said[0] == pytest.approx(-np.log(0.9) - np.log(2), abs=0.05)
    assert said[2] == pytest.approx(-np.log(0.1) - np.log(2), abs=0.1)


def test_each_bucket_of_lead_has_its_own_width() -> None:
    random = np.random.default_rng(4)
    lead_h = np.repeat([1.0, 20.0], ROWS // 2)
    truth = random.normal(size=ROWS) * np.where(lead_h > 8, 3.0, 1.0)
    doubt = Doubt.fit(truth, narrow_forecast(), lead_h, days=10_000)

    near, far = doubt.apply(narrow_forecast()[:2], np.array([1.0, 20.0]), (0.1, 0.5, 0.9))[:, 2]

    assert far == pytest.approx(3 * near, rel=0.1)


def test_one_day_alone_is_half_believed_and_no_rows_leave_everything_as_said() -> None:
    random = np.random.default_rng(5)
    truth = random.normal(size=ROWS)
    one_day = Doubt.fit(truth, narrow_forecast(), NEAR, days=1).apply(narrow_forecast()[:1], NEAR[:1], (0.9,))
    nothing = Doubt.fit(np.full(ROWS, np.nan), narrow_forecast(), NEAR, days=7)

    assert one_day[0, 0] == pytest.approx((0.5 + 1.2816) / 2, abs=0.03)
    np.testing.assert_allclose(nothing.apply(narrow_forecast()[:1], NEAR[:1], (0.1, 0.5, 0.9)), [[-0.5, 0, 0.5]])


def wild_evenings(seed: int, *, wild: float = 1.25) -> tuple[Floats, Ints]:
    """Truths around 0 as wide as said, but for those from 16 to 20 h."""
    hour = np.arange(ROWS, dtype=np.int64) % 24
    spread = np.where((hour >= 16) & (hour < 20), wild, 1.0)
    return np.random.default_rng(seed).normal(size=ROWS) * spread, hour


def test_an_hour_that_strays_further_is_given_more_room_and_the_others_less() -> None:
    truth, hour = wild_evenings(7)
    doubt = Doubt.fit(truth, narrow_forecast(1.28), NEAR, days=10_000, hour=hour)
    fresh, _ = wild_evenings(8)

    plain, by_hour = (doubt.apply(narrow_forecast(1.28), NEAR, (0.1, 0.5, 0.9), hour=one) for one in (None, hour))

    for name, mine in (("evening", np.isin(hour, (17, 18))), ("night", np.isin(hour, (1, 2, 3)))):
        off = [abs(np.mean(fresh[mine] > said[mine, 2]) - 0.1) for said in (plain, by_hour)]
        assert off[1] < off[0], name
        assert off[1] < 0.02


def test_a_few_days_of_an_hour_are_half_believed_and_a_feast_does_not_undo_it() -> None:
    truth, hour = wild_evenings(9)
    sure, week = (Doubt.fit(truth, narrow_forecast(1.28), NEAR, days=days, hour=hour) for days in (10_000, 7))
    feast = Doubt.fit(*wild_evenings(9, wild=9.0)[:1], narrow_forecast(1.28), NEAR, days=10_000, hour=hour)

    assert np.log(week.by_hour[17][1]) == pytest.approx(np.log(sure.by_hour[17][1]) / 2, rel=0.25)
    assert max(max(one) for one in feast.by_hour) == pytest.approx(HOUR_BOUNDS[1])
    assert min(min(one) for one in feast.by_hour) >= HOUR_BOUNDS[0]


def test_the_hour_is_that_of_the_target_by_the_wall_clock() -> None:
    found = target_hours(np.array([0, 95]), np.array([1, 4, 96 + 72]), 96)

    assert found.tolist() == [[0, 1, 18], [0, 0, 17]]


@given(
    st.lists(st.floats(0.001, 0.999), min_size=2, max_size=9, unique=True),
    st.tuples(st.floats(0, 50), st.floats(0, 50)),
    st.integers(0, 99),
)
def test_quantiles_never_cross(asked: list[float], halves: tuple[float, float], seed: int) -> None:
    random = np.random.default_rng(seed)
    said = np.array([[100 - halves[0], 100.0, 100 + halves[1]]])
    truth = 100 + 10 * random.standard_t(2, 400)
    doubt = Doubt.fit(truth, np.repeat(said, 400, axis=0), np.full(400, 1.0), days=3)

    found = doubt.apply(said, np.array([1.0]), tuple(sorted(asked)))[0]

    assert (np.diff(found) >= 0).all()


def test_the_levels_are_ascending_with_the_median_among_them() -> None:
    assert list(LEVELS) == sorted(set(LEVELS))
    assert 0.5 in LEVELS
