"""Time: UTC inside, city time at the edge, across clock changes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.clock import Grid, at_second, clock_text, midnight, to_utc, zone
from city.errors import BrokenRuleError, InvalidValueError

SHANGHAI = zone("Asia/Shanghai")
MELBOURNE = zone("Australia/Melbourne")
BERLIN = zone("Europe/Berlin")


def test_city_time_becomes_utc() -> None:
    assert to_utc(datetime(2026, 3, 30, 7), SHANGHAI) == datetime(2026, 3, 29, 23, tzinfo=UTC)


def test_an_hour_that_happens_twice_is_told_apart() -> None:
    first = to_utc(datetime(2026, 10, 25, 2, 30), BERLIN)
    second = to_utc(datetime(2026, 10, 25, 2, 30), BERLIN, second_pass=True)
    assert second - first == timedelta(hours=1)


def test_an_hour_that_never_happens_is_refused() -> None:
    with pytest.raises(BrokenRuleError, match="did not exist in Australia/Melbourne"):
        to_utc(datetime(2006, 10, 29, 2, 30), MELBOURNE)


def test_a_shift_keeps_its_length_over_a_clock_change() -> None:
    start, end = (at_second(date(2006, 10, 28), second, MELBOURNE) for second in (21 * 3600, 30 * 3600))
    assert end - start == timedelta(hours=9)


def test_midnight_is_the_citys_own() -> None:
    assert midnight(date(2026, 3, 30), SHANGHAI) == datetime(2026, 3, 29, 16, tzinfo=UTC)


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(InvalidValueError, match=r"'Asia/Peking'.*IANA"):
        zone("Asia/Peking")


@pytest.mark.parametrize(("second", "text"), [(0, "00:00"), (75_600, "21:00"), (93_600, "02:00+1")])
def test_clock_text_reads_as_a_person_writes(second: int, text: str) -> None:
    assert clock_text(second) == text


@given(st.sampled_from([60, 300, 900, 3600]), st.integers(0, 4_000_000_000))
def test_the_floor_lies_on_the_grid_and_within_one_step(step_s: int, stamp: int) -> None:
    moment = datetime.fromtimestamp(stamp, UTC)
    floor = Grid(step_s=step_s).floor(moment)
    assert floor.timestamp() % step_s == 0
    assert timedelta() <= moment - floor < timedelta(seconds=step_s)


@given(st.sampled_from([300, 900]), st.integers(0, 10_000), st.integers(0, 10_000))
def test_starts_are_exactly_the_steps_that_begin_inside(step_s: int, first_s: int, length_s: int) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=first_s)
    end = start + timedelta(seconds=length_s)
    expected = [
        start + timedelta(seconds=k)
        for k in range(length_s)
        if (start + timedelta(seconds=k)).timestamp() % step_s == 0
    ]
    assert Grid(step_s=step_s).starts(start, end) == expected


@pytest.mark.parametrize("step_s", [0, -900, 7000])
def test_a_step_that_does_not_divide_the_day_is_refused(step_s: int) -> None:
    with pytest.raises(InvalidValueError, match="divisor of 86,400"):
        Grid(step_s=step_s)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="with its offset"):
        Grid(step_s=900).floor(datetime(2026, 1, 1))
