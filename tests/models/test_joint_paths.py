"""Joint paths keep each detector's own forecast, and take from past days who is slow together."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.frames import CalendarDays
from features.arrays import DAY_S, Floats
from features.calendar_days import Announced
from features.traffic import TrafficGrid, traffic_grid
from models.joint_paths import LEAST_PATHS, JointPaths, probability_of
from tests.features.small_city import PER_DAY, TIME_ZONE, one_detector

DAYS = 30
ANNOUNCED = Announced.of(CalendarDays.create_empty())


def city_of_noise(common: float, *, detectors: int = 8, days: int = DAYS, seed: int = 3) -> TrafficGrid:
    """Speeds around 50 km/h; `common` is the share of each hour's deviation that all detectors have together."""
    random = np.random.default_rng(seed)
    steps = days * PER_DAY
    together = random.normal(0, 5, steps // 4).repeat(4)
    frames = []
    for number in range(detectors):
        own = random.normal(0, 5, steps // 4).repeat(4)
        speed = np.clip(50 + np.sqrt(common) * together + np.sqrt(1 - common) * own, 5, 120)
        frames.append(one_detector(f"d{number}", np.full(steps, 300.0), speed=speed))
    return traffic_grid(pl.concat(frames), time_zone=TIME_ZONE, ahead_s=2 * DAY_S)


def paths_of(grid: TrafficGrid, *, origin: int | None = None, steps: int = 96, detectors: int = 8) -> JointPaths:
    last = grid.steps - 1 if origin is None else origin
    names = tuple(f"d{number}" for number in range(detectors))
    return JointPaths.fit(grid, ANNOUNCED, detectors=names, origin=last, targets=last + 1 + np.arange(steps))


def mean_speed_width(paths: JointPaths) -> float:
    """Width from p10 to p90 of the mean over detectors that each say 50 km/h, 40 to 60."""
    one = np.full((96, 8), 50.0)
    mean = paths.speeds(0, 96, one - 10, one, one + 10).mean(axis=2)
    low, high = np.quantile(mean, (0.1, 0.9), axis=0, method="hazen")
    return float((high - low).mean())


def test_slow_together_makes_an_area_wide_and_each_for_itself_narrow() -> None:
    together, apart = (paths_of(city_of_noise(common)) for common in (1.0, 0.0))
    alone = 20.0  # each detector's own width: what an area of detectors that move as one must have

    assert mean_speed_width(together) == pytest.approx(alone, rel=0.03)
    # of 8 independent ones it would be 1 / sqrt(8); a quarter of the doubt is always shared
    assert mean_speed_width(apart) == pytest.approx(alone * np.sqrt(0.25 + 0.75 / 8), rel=0.12)


@settings(max_examples=20)
@given(st.floats(0.0, 1.0), st.integers(2, 12))
def test_every_detector_keeps_its_own_distribution(common: float, days: int) -> None:
    paths = paths_of(city_of_noise(common, days=days))
    assert paths.paths >= LEAST_PATHS

    places = np.sort(paths.places(0, 96), axis=0)

    assert (places == np.arange(paths.paths).reshape(-1, 1, 1)).all()
    one = np.full((96, 8), 50.0)
    drawn = paths.speeds(0, 96, one - 20, one, one + 5)
    assert np.quantile(drawn, (0.1, 0.5, 0.9), axis=0, method="hazen")[:, 0, 0] == pytest.approx([30, 50, 55], abs=0.6)


def test_without_a_past_day_all_are_slow_together_and_it_is_known_that_nothing_is() -> None:
    paths = paths_of(city_of_noise(0.0, days=2), origin=50)

    assert not paths.is_known
    assert mean_speed_width(paths) == pytest.approx(20.0, rel=0.01)


def test_a_day_counts_only_when_all_of_it_was_known() -> None:
    grid = city_of_noise(0.5, days=10)

    assert paths_of(grid, steps=96).days == 9
    assert paths_of(grid, steps=97).days == 8  # the block of yesterday would end after the origin


@settings(max_examples=15)
@given(st.integers(5 * PER_DAY, 8 * PER_DAY), st.floats(1.0, 100.0))
def test_nothing_after_the_origin_is_looked_at(origin: int, later_kmh: float) -> None:
    grid = city_of_noise(0.5, days=10)
    before = paths_of(grid, origin=origin)

    grid.values["speed"][origin + 1 :] = later_kmh

    assert np.array_equal(paths_of(grid, origin=origin).ranks, before.ranks)
    grid.values["speed"][origin - PER_DAY : origin : 7, :3] = later_kmh
    assert not np.array_equal(paths_of(grid, origin=origin).ranks, before.ranks)


def test_a_detector_without_a_past_and_one_with_gaps_go_with_the_others() -> None:
    grid = city_of_noise(1.0)
    grid.values["speed"][:, 7] = np.nan

    paths = paths_of(grid, detectors=9)  # d8 was never seen

    one = np.full((96, 9), 50.0)
    drawn = paths.speeds(0, 96, one - 10, one, one + 10)
    for silent in (7, 8):
        assert np.corrcoef(drawn[:, :, silent].ravel(), drawn[:, :, 0].ravel())[0, 1] > 0.95


@given(st.floats(20.0, 50.0), st.floats(0.0, 20.0), st.floats(0.0, 20.0), st.floats(0.0, 90.0))
def test_the_probability_of_at_most_a_value_is_what_the_paths_show(
    middle: float, down: float, up: float, value: float
) -> None:
    low, centre, high = (np.array([[one]]) for one in (middle - down, middle, middle + up))
    paths = JointPaths.slow_together(1, 1)

    drawn: Floats = paths.speeds(0, 1, low, centre, high)

    said = float(probability_of(np.array([[value]]), low, centre, high)[0, 0])
    assert (drawn < value).mean() - 0.006 <= said <= (drawn <= value).mean() + 0.006
