"""When a point is likely to be visited, and what the forecast says of that moment."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.clock import at_second
from city.waste import CollectionPoint, ServiceKind, ServiceRule, Shift, Stream, TimeWindow, Truck
from optimization.collection.fill_at import FillAt, fill_at
from optimization.collection.visit_moments import visit_moments
from tests.optimization.collection.towns import A_POINT, A_TRUCK, HOUR, NIGHT, SERVICE_DATE, carries

ZONE = ZoneInfo("Asia/Shanghai")
NIGHT_TRUCK = replace(A_TRUCK, shift=Shift(start_s=21 * HOUR, end_s=30 * HOUR))
SIX = datetime(2026, 3, 3, 6, tzinfo=UTC)


def visited_h(point: CollectionPoint, trucks: tuple[Truck, ...], usual_h: float | None = None) -> float:
    """Hours after midnight of the service date."""
    usual = {} if usual_h is None else {(point.point_id, point.stream): int(usual_h * HOUR)}
    found = visit_moments((point,), trucks, usual, service_date=SERVICE_DATE, city_zone=ZONE)
    return (found[point.point_id, point.stream] - at_second(SERVICE_DATE, 0, ZONE)) / timedelta(hours=1)


def test_crews_are_expected_when_they_usually_come() -> None:
    assert visited_h(A_POINT, (A_TRUCK, NIGHT_TRUCK), 8.5) == 8.5


def test_without_a_habit_it_is_the_last_moment_at_which_a_truck_can_come() -> None:
    morning = replace(A_POINT, windows=(TimeWindow(start_s=6 * HOUR, end_s=10 * HOUR),))

    assert visited_h(A_POINT, (A_TRUCK,)) == 14
    assert visited_h(morning, (A_TRUCK, NIGHT_TRUCK)) == 10
    assert visited_h(A_POINT, (A_TRUCK, NIGHT_TRUCK)) == 30


def test_trucks_that_may_not_take_the_waste_do_not_count() -> None:
    other = replace(NIGHT_TRUCK, compartments=carries(Stream.KITCHEN))

    assert visited_h(A_POINT, (A_TRUCK, other)) == 14


def test_after_midnight_is_the_end_of_the_night_shift() -> None:
    at_night = replace(A_POINT, windows=(NIGHT,))

    assert visited_h(at_night, (A_TRUCK, NIGHT_TRUCK), 2.0) == 26
    assert visited_h(at_night, (A_TRUCK, NIGHT_TRUCK), 23.0) == 23


def test_a_habit_that_no_shift_allows_any_more_is_forgotten() -> None:
    assert visited_h(A_POINT, (A_TRUCK,), 17.0) == 14


def test_several_visits_a_day_take_what_grows_until_the_last() -> None:
    twice = replace(A_POINT, rule=ServiceRule(kind=ServiceKind.DAILY, times_per_day=2))

    assert visited_h(twice, (A_TRUCK,), 8.0) == 14


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.none() | st.integers(0, 86_399))
def test_the_moment_lies_in_a_shift(day: date, usual_s: int | None) -> None:
    usual = {} if usual_s is None else {(A_POINT.point_id, A_POINT.stream): usual_s}
    found = visit_moments((A_POINT,), (A_TRUCK, NIGHT_TRUCK), usual, service_date=day, city_zone=ZONE)
    hours = (found[A_POINT.point_id, A_POINT.stream] - at_second(day, 0, ZONE)) / timedelta(hours=1)

    assert 6 <= hours <= 14 or 21 <= hours <= 30


def told(hours: float, fill: float, kg: float | None = None) -> FillAt:
    return FillAt(
        valid_at=SIX + timedelta(hours=hours),
        p50=fill,
        p90=2 * fill,
        overflow_probability=fill / 2,
        kg_p50=kg,
        kg_p90=kg,
    )


def test_between_two_moments_the_forecast_goes_straight() -> None:
    half = fill_at((told(0, 0.2, 10.0), told(6, 0.6, 30.0)), SIX + timedelta(hours=3))

    assert (half.p50, half.p90, half.overflow_probability) == pytest.approx((0.4, 0.8, 0.2))
    assert half.kg_p50 == pytest.approx(20.0)


def test_kg_that_one_moment_does_not_know_are_not_known_between() -> None:
    assert fill_at((told(0, 0.2), told(6, 0.6, 30.0)), SIX + timedelta(hours=3)).kg_p50 is None


def test_outside_its_moments_the_nearest_holds() -> None:
    entries = (told(0, 0.2), told(6, 0.6))

    assert fill_at(entries, SIX - timedelta(hours=3)).p50 == 0.2
    assert fill_at(entries, SIX + timedelta(hours=30)).p50 == 0.6


def test_a_point_without_a_forecast_is_taken_as_full() -> None:
    assert (fill_at((), SIX).p50, fill_at((), SIX).overflow_probability) == (1.0, 1.0)
