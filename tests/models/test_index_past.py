"""What areas did on like days is the other half of their draws: it sees nothing later, and mends a sum of medians."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.congestion_index import Level
from city.frames import CalendarDays
from features.arrays import DAY_S, Floats
from features.calendar_days import Announced
from features.traffic import TrafficGrid, traffic_grid
from models.congestion_index import SpeedField, index_field
from models.index_past import PastIndex, measured_index
from models.joint_paths import JointPaths
from tests.features.small_city import PER_DAY, TIME_ZONE, one_detector
from tests.models.speed_forecasts import areas_of, free_flow_of, issue

DAYS = 35
EVENING = 18 * 4
JAM_KMH, FREE_KMH = 7.0, 60.0
ANNOUNCED = Announced.of(CalendarDays.create_empty())


def jammed_evenings() -> TrafficGrid:
    """Weeks from Monday: the first street stands from 17 to 19 h on every working day, the others never do."""
    random = np.random.default_rng(2)
    slot, day = np.arange(DAYS * PER_DAY) % PER_DAY, np.arange(DAYS * PER_DAY) // PER_DAY
    jam = (slot // 4 >= 17) & (slot // 4 < 19) & (day % 7 < 5)
    usual = [np.where(jam, JAM_KMH, FREE_KMH)] + [np.full(len(slot), FREE_KMH)] * 2
    speeds = [speed + random.normal(0, 0.1, len(slot)) for speed in usual]
    rows = [one_detector(f"d{k}", np.full(len(slot), 300.0), speed=speed) for k, speed in enumerate(speeds)]
    return traffic_grid(pl.concat(rows), time_zone=TIME_ZONE, ahead_s=2 * DAY_S)


GRID = jammed_evenings()
MEASURED = measured_index(GRID, areas_of(3), free_flow_of(*[FREE_KMH] * 3))[:, 3:]
IN_JAM = (1 / JAM_KMH + 2 / FREE_KMH) / (3 / FREE_KMH)
"""3.5 by hand: severe."""


def past_of(*, known: int) -> PastIndex:
    return PastIndex(measured=MEASURED.copy(), grid=GRID, announced=ANNOUNCED, known=known)


def drawn_at(target: int, *, known: int) -> Floats:
    return past_of(known=known).drawn(np.array([target]), 100)[:, 0, 0]


def test_working_days_tell_of_working_days_and_free_ones_of_free_ones() -> None:
    friday = 18 * PER_DAY + EVENING
    week_after_next_saturday = 33 * PER_DAY + EVENING

    assert drawn_at(friday, known=18 * PER_DAY - 1) == pytest.approx(IN_JAM, rel=0.1)
    assert drawn_at(week_after_next_saturday, known=33 * PER_DAY - 1) == pytest.approx(1.0, abs=0.01)


def test_a_young_history_has_no_second_opinion() -> None:
    tuesday = 8 * PER_DAY + EVENING

    assert np.isfinite(drawn_at(tuesday + 2 * PER_DAY, known=10 * PER_DAY - 1)).all()  # eight working days
    assert np.isnan(drawn_at(tuesday, known=8 * PER_DAY - 1)).all()  # six


@settings(max_examples=15)
@given(st.integers(14 * PER_DAY, 20 * PER_DAY), st.floats(2.0, 30.0))
def test_nothing_after_the_known_step_is_looked_at(known: int, later: float) -> None:
    past, targets = past_of(known=known), known + 1 + np.arange(3 * PER_DAY)
    before = past.drawn(targets, 50)

    past.measured[known + 1 :] = later

    assert np.array_equal(past.drawn(targets, 50), before, equal_nan=True)
    past.measured[known - 7 * PER_DAY : known] = later
    assert not np.array_equal(past.drawn(targets, 50), before, equal_nan=True)


def test_a_sum_of_medians_between_jam_and_free_road_is_set_right_by_what_the_area_did() -> None:
    friday = 18 * PER_DAY + EVENING
    between = np.array([[[5.0, 25.0, 55.0], [55.0, 60.0, 62.0], [55.0, 60.0, 62.0]]])
    areas = areas_of(3)
    field = SpeedField.of(issue(between), areas, free_flow_of(*[FREE_KMH] * 3))
    paths = JointPaths.slow_together(1, 3)
    past = past_of(known=18 * PER_DAY - 1).drawn(np.array([friday]), paths.paths)

    alone, both = index_field(field, areas, paths), index_field(field, areas, paths, past=past)

    city = -1
    assert both.at_least[Level.MODERATE][city, 0] == pytest.approx((1 + alone.at_least[Level.MODERATE][city, 0]) / 2)
    assert abs(both.quantiles[city, 0, 1] - IN_JAM) < abs(alone.quantiles[city, 0, 1] - IN_JAM)
    segments = slice(0, 3)
    assert np.array_equal(both.quantiles[segments], alone.quantiles[segments])  # a segment is its own forecast
