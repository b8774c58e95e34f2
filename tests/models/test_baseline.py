"""Seasonal-naive is perfect on a pure season, and honest where the season is not."""

import numpy as np
import pytest

from features.arrays import DAY_S, Floats, seconds
from features.congestion import CongestionFeatures
from features.steps import Rows
from models.baseline import SeasonalNaive
from tests.features.small_city import MONDAY, PER_DAY, flow_shape, one_detector, surroundings

DAYS = 28


def features_of(flow: Floats) -> CongestionFeatures:
    days = len(flow) // PER_DAY
    return CongestionFeatures.fit(one_detector("d", flow), surroundings(), cutoff_s=seconds(MONDAY) + days * DAY_S)


def next_day(steps: int, lead: int = PER_DAY) -> Rows:
    return Rows(origin=np.full(lead, steps - 1), target=steps + np.arange(lead), detector=np.zeros(lead, np.int64))


def said(features: CongestionFeatures, rows: Rows) -> Floats:
    naive = SeasonalNaive.fit(features.known, "flow", until_step=features.known.grid.steps)
    return naive.predict(features.known, rows)


def test_on_a_pure_season_it_makes_no_error_and_has_no_doubt() -> None:
    shape = flow_shape((DAYS + 2) * PER_DAY)
    features = features_of(shape[: DAYS * PER_DAY])

    forecast = said(features, next_day(DAYS * PER_DAY, 2 * PER_DAY))

    for quantile in range(3):
        assert forecast[:, quantile] == pytest.approx(shape[DAYS * PER_DAY :], rel=1e-5)


def test_its_quantiles_hold_on_a_season_with_noise() -> None:
    random = np.random.default_rng(1)
    shape = flow_shape(64 * PER_DAY, level=500.0)
    noisy = np.maximum(shape + random.normal(0, 20, len(shape)), 0)
    features = features_of(noisy[: 63 * PER_DAY])

    forecast = said(features, next_day(63 * PER_DAY))

    truth = noisy[63 * PER_DAY :]
    assert np.mean((truth > forecast[:, 0]) & (truth < forecast[:, 2])) == pytest.approx(0.8, abs=0.12)
    assert (np.diff(forecast, axis=1) >= 0).all()


def test_a_missing_week_is_bridged_by_the_one_before() -> None:
    flow = flow_shape(DAYS * PER_DAY)
    flow[21 * PER_DAY + 10] = np.nan
    features = features_of(flow)

    assert said(features, next_day(DAYS * PER_DAY))[10, 1] == pytest.approx(flow[14 * PER_DAY + 10], rel=1e-5)


def test_with_three_days_the_newest_day_speaks() -> None:
    flow = flow_shape(3 * PER_DAY) + np.repeat([0.0, 10.0, 20.0], PER_DAY)
    features = features_of(flow)

    forecast = said(features, next_day(3 * PER_DAY))

    assert forecast[:, 1] == pytest.approx(flow[2 * PER_DAY :], rel=1e-4)
    assert (forecast[:, 2] >= forecast[:, 1]).all()
