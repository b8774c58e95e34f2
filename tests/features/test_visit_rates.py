"""Rates of what was found at visits, by hand: who leans on whom, and that only what was known counts."""

from datetime import timedelta

import numpy as np
import pytest

from city.frames import CalendarDays
from features.arrays import DAY_S, Columns, seconds
from features.emptyings import EmptyingRows, Emptyings
from features.visit_rates import BASE, visit_rates
from tests.features.small_city import MONDAY, TIME_ZONE, reading, readings

ORIGIN = seconds(MONDAY + timedelta(days=63))


def rates_of(rows: list[dict[str, object]], series: list[int], *, hour: float = 8.0) -> Columns:
    emptyings = Emptyings.of(readings(rows), time_zone=TIME_ZONE, calendar=CalendarDays.create_empty())
    asked = EmptyingRows(
        series=np.array(series),
        origin_s=np.full(len(series), ORIGIN),
        at_s=np.full(len(series), ORIGIN + int(3_600 * hour)),
    )
    return visit_rates(emptyings, asked, (emptyings.level > 1.0).astype(np.float64))


def chance(odds: np.ndarray) -> list[float]:
    return [float(one) for one in 1.0 / (1.0 + np.exp(-odds.astype(np.float64)))]


def daily(point: str, level: float, *, hour: float = 8.0, days: int = 63) -> list[dict[str, object]]:
    return [reading(point, 24.0 * day + hour, level, emptied=True) for day in range(days)]


def test_a_point_leans_on_its_stream_with_five_visits() -> None:
    rates = rates_of(daily("a", 1.1) + daily("b", 0.5), [0, 1])

    assert chance(rates[BASE]) == pytest.approx([0.5, 0.5], abs=0.01)
    # 14 visits in 14 days, all or none above full, and five borrowed at a half.
    assert chance(rates["point_14"]) == pytest.approx([16.5 / 19.0, 2.5 / 19.0], abs=0.01)


def test_a_weekday_and_an_hour_that_overflow_are_told_from_the_others() -> None:
    mondays = [reading("a", 24.0 * day + 8, 1.1 if day % 7 == 0 else 0.5, emptied=True) for day in range(63)]
    evenings = [reading("a", 24.0 * day + 18, 1.1, emptied=True) for day in range(63)]

    # Day 63 is a Monday again.
    morning, evening = rates_of(mondays + evenings, [0]), rates_of(mondays + evenings, [0], hour=18.0)

    assert morning["point_weekday"][0] > morning["point_120"][0] + 0.5
    assert evening["point_part"][0] > morning["point_part"][0] + 1.0
    assert evening["part_28"][0] > morning["part_28"][0] + 1.0


def test_what_was_not_known_at_the_origin_does_not_count() -> None:
    known = daily("a", 0.5)
    later = [*known, reading("a", 24.0 * 62 + 9, 1.1, emptied=True, delay_h=72.0)]

    one, two = rates_of(known, [0]), rates_of(later, [0])

    assert all(one[name].tolist() == two[name].tolist() for name in one)
    assert ORIGIN - seconds(MONDAY) == 63 * DAY_S
