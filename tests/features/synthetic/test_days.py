"""Calendar and weather of the demo city."""

from datetime import date, timedelta

import numpy as np
import pytest

from city.errors import InvalidValueError
from features.sources.synthetic.days import day_kind
from features.sources.synthetic.weather import FORECAST_HOURS, forecast_of, rain_of_hours, weather_of


@pytest.mark.parametrize(
    ("day", "day_type", "days"),
    [
        (date(2026, 2, 17), "holiday", 0),
        (date(2026, 2, 14), "adjusted_workday", -3),  # a Saturday
        (date(2026, 2, 28), "adjusted_workday", 11),
        (date(2026, 2, 24), "workday", 7),
        (date(2026, 3, 28), "weekend", 39),
        (date(2026, 1, 4), "adjusted_workday", -44),  # a Sunday
    ],
)
def test_days_are_what_the_state_council_announced(day: date, day_type: str, days: int) -> None:
    kind = day_kind(day)
    assert (kind.day_type, kind.spring_festival_days) == (day_type, days)
    assert kind.announced == date(2025, 11, 4)


def test_a_year_without_a_notice_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="2031"):
        day_kind(date(2031, 5, 1))


def test_rain_of_24_hours_is_the_sum_of_the_hours_before() -> None:
    days = [date(2026, 1, 1) + timedelta(days=k) for k in range(40)]
    today = next(day for day in days if weather_of(5, day).rain_mm.sum() > 0)
    yesterday = weather_of(5, today - timedelta(days=1)).rain_mm
    hours = np.concatenate([yesterday, weather_of(5, today).rain_mm])
    expected = [hours[hour + 1 : hour + 25].sum() for hour in range(24)]
    assert rain_of_hours(5, today, 24) == pytest.approx(expected)


def test_forecasts_know_tomorrow_better_than_the_day_after() -> None:
    errors = []
    for k in range(60):
        day = date(2026, 1, 5) + timedelta(days=k)
        forecast = forecast_of(5, day)
        truth = np.concatenate([weather_of(5, day + timedelta(days=d)).temperature_c for d in range(3)])
        errors.append(forecast.temperature_c - truth[5 : 5 + FORECAST_HOURS])
    spread = np.std(errors, axis=0)
    assert 0 < spread[:12].mean() < spread[12:24].mean() < spread[36:].mean()
