"""Kinds of days, as announced."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from features.arrays import Ints, seconds
from features.calendar_days import (
    EVE,
    FEAST,
    SATURDAY,
    SUNDAY_OR_HOLIDAY,
    WORKDAY,
    Announced,
    festival_phase,
    weekday,
)
from tests.features.small_city import calendar_day, surroundings

NOTICE = datetime(2025, 11, 4, tzinfo=UTC)
SPRING = pl.concat(
    [
        calendar_day(date(2026, 2, 14), "adjusted_workday", NOTICE, festival=-3),
        calendar_day(date(2026, 2, 17), "holiday", NOTICE, festival=0),
        calendar_day(date(2026, 2, 25), "workday", NOTICE, festival=8),
    ]
)


def days(*dates: date) -> Ints:
    return np.array([(one - date(1970, 1, 1)).days for one in dates])


def when(moment: datetime, count: int = 1) -> Ints:
    return np.full(count, seconds(moment))


def test_an_adjusted_saturday_is_a_workday_once_it_is_announced() -> None:
    announced = Announced.of(SPRING)
    saturday = days(date(2026, 2, 14))

    assert announced.class_of(saturday, when(datetime(2025, 12, 1, tzinfo=UTC))).tolist() == [WORKDAY]
    assert announced.class_of(saturday, when(datetime(2025, 10, 1, tzinfo=UTC))).tolist() == [SATURDAY]


def test_new_years_day_is_a_holiday_and_counts_days_to_itself() -> None:
    announced = Announced.of(SPRING)
    asked, known = days(date(2026, 2, 17)), when(datetime(2026, 1, 1, tzinfo=UTC))

    assert announced.class_of(asked, known).tolist() == [SUNDAY_OR_HOLIDAY]
    assert announced.is_holiday(asked, known).tolist() == [1.0]
    assert announced.festival_days(asked, known).tolist() == [0.0]
    assert announced.festival_days(days(date(2026, 2, 25)), known).tolist() == [8.0]


def test_days_around_the_feast_are_told_by_their_kind_and_no_day_by_itself() -> None:
    since = np.array([np.nan, -11.0, -10.0, -1.0, 0.0, 7.0, 8.0])

    assert festival_phase(since).tolist() == pytest.approx(
        [np.nan, np.nan, EVE, EVE, FEAST, FEAST, np.nan], nan_ok=True
    )
    assert len(np.unique(festival_phase(np.arange(-30.0, 31.0)))) == 3  # NaN counts once


def test_without_a_calendar_the_weekday_decides() -> None:
    nothing = Announced.of(surroundings().calendar)
    asked = days(date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 8))

    assert weekday(asked).tolist() == [4, 5, 6]
    assert nothing.class_of(asked, when(NOTICE, 3)).tolist() == [WORKDAY, SATURDAY, SUNDAY_OR_HOLIDAY]
    assert np.isnan(nothing.festival_days(asked, when(NOTICE, 3))).all()
