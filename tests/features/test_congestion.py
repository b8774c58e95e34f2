"""Counts on the city's own clock, and what surrounds them as it was known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from city.errors import MissingInputError
from city.frames import WeatherForecasts
from features.arrays import seconds
from features.congestion import CityTraffic
from features.congestion_around import AroundTraffic, without_calendar
from features.gather import Surroundings
from tests.features.small_city import MONDAY, PER_DAY, calendar_day, framed, noisy_counts, one_detector, surroundings

WEEK = np.arange(7.0 * PER_DAY) % 101


def around_of(traffic: CityTraffic, around: Surroundings) -> AroundTraffic:
    return AroundTraffic.of(traffic, around)


def test_days_begin_at_local_midnight_whatever_the_first_count() -> None:
    start = MONDAY + timedelta(hours=6)

    traffic = CityTraffic.of(one_detector("d", WEEK, start=start), surroundings())

    assert traffic.steps == 24 + 7 * PER_DAY
    assert np.isnan(traffic.values["flow"][:24]).all()
    assert traffic.values["flow"][24, 0] == 0.0
    assert traffic.dense("flow").first_weekday == 0
    assert traffic.dense("flow").first_date == date(2026, 3, 2)
    assert traffic.clock.at_s(np.array([0, 24])).tolist() == [seconds(MONDAY), seconds(start)]


def test_an_hour_that_comes_twice_keeps_its_first_pass_and_one_that_is_skipped_stays_empty() -> None:
    melbourne = surroundings(time_zone="Australia/Melbourne")
    back = datetime(2026, 4, 4, 13, tzinfo=UTC)  # midnight of the day on which 3:00 becomes 2:00
    forth = datetime(2026, 10, 3, 14, tzinfo=UTC)  # midnight of the day on which 2:00 becomes 3:00

    autumn = CityTraffic.of(one_detector("d", np.arange(100.0), start=back), melbourne).values["flow"][:, 0]
    spring = CityTraffic.of(one_detector("d", np.arange(92.0), start=forth), melbourne).values["flow"][:, 0]

    assert len(autumn) == len(spring) == PER_DAY
    np.testing.assert_array_equal(autumn[8:13], [8, 9, 10, 11, 16])
    assert np.isnan(spring[8:12]).all()
    np.testing.assert_array_equal(spring[12:14], [8, 9])


def test_a_model_sees_its_own_columns_on_its_own_clock() -> None:
    traffic = CityTraffic.of(noisy_counts(3, detectors=2), surroundings())
    earlier = traffic.seen_since(traffic.clock.start_day - 2)
    later = traffic.seen_since(traffic.clock.start_day + 1)
    chosen = traffic.seen_by(("gone", "d1"), ("north", "north"))

    assert np.isnan(earlier.values["flow"][: 2 * PER_DAY]).all()
    np.testing.assert_array_equal(earlier.values["flow"][2 * PER_DAY :], traffic.values["flow"])
    np.testing.assert_array_equal(later.values["flow"], traffic.values["flow"][PER_DAY:])
    assert np.isnan(chosen.values["flow"][:, 0]).all()
    np.testing.assert_array_equal(chosen.values["flow"][:, 1], traffic.values["flow"][:, 1])


def test_a_feed_that_is_late_is_asked_for_later_steps() -> None:
    late = CityTraffic.of(one_detector("d", WEEK, delay_s=1_200), surroundings())

    assert late.first_lead == 1 + 2
    assert late.known_s(np.array([0])).tolist() == [seconds(MONDAY) + 3 * 900]


def test_nothing_that_changes_is_refused_in_a_sentence() -> None:
    stuck = one_detector("d", np.full(3 * PER_DAY, 5.0))
    with pytest.raises(MissingInputError, match="any changing flow or speed of the 1 detectors"):
        CityTraffic.of(stuck, surroundings())


def test_a_holiday_counts_as_a_sunday_and_a_worked_saturday_as_a_working_day_once_announced() -> None:
    long_ago = MONDAY - timedelta(days=30)
    calendar = pl.concat(
        [
            calendar_day(date(2026, 3, 4), "holiday", long_ago),
            calendar_day(date(2026, 3, 7), "adjusted_workday", long_ago),
            calendar_day(date(2026, 3, 5), "holiday", MONDAY + timedelta(days=3)),
        ]
    )

    traffic = CityTraffic.of(one_detector("d", WEEK), surroundings(calendar=calendar))
    kinds = traffic.dense("flow").weekday(np.arange(7))
    plain = without_calendar(traffic).dense("flow").weekday(np.arange(7))

    assert kinds is not None
    assert kinds.tolist() == [0, 1, 6, 3, 4, 2, 6]
    assert plain is not None
    assert plain.tolist() == [0, 1, 2, 3, 4, 5, 6]


def rain(issued_at: datetime, mm: float) -> pl.DataFrame:
    hours = [MONDAY + timedelta(hours=k) for k in range(7 * 24)]
    utc = pl.Datetime("us", "UTC")
    return framed(
        WeatherForecasts,
        {
            "issued_at": pl.Series([issued_at] * len(hours), dtype=utc),
            "valid_at": pl.Series(hours, dtype=utc),
            "temperature_c": [10.0] * len(hours),
            "rain_mm": [mm] * len(hours),
            "known_at": pl.Series([issued_at] * len(hours), dtype=utc),
        },
    )


def test_weather_speaks_of_the_target_as_it_was_forecast_when_the_step_was_known() -> None:
    later = MONDAY + timedelta(days=2)
    forecasts = pl.concat([rain(MONDAY, 1.0), rain(later, 9.0)])
    traffic = CityTraffic.of(one_detector("d", WEEK), surroundings())
    around = around_of(traffic, surroundings(weather_forecasts=forecasts))

    said = around.ahead(traffic.dense("flow"), 8)["rain_forecast"][:, 0]

    known = traffic.known_s(np.arange(traffic.steps)) >= seconds(later)
    np.testing.assert_array_equal(said[: 7 * PER_DAY - 8], np.where(known, 9.0, 1.0)[: 7 * PER_DAY - 8])
    assert around.knows_weather(10, 4)
    assert not around.knows_weather(traffic.steps - 1, PER_DAY)


def test_what_a_model_never_heard_of_and_what_is_left_out_stay_silent() -> None:
    traffic = CityTraffic.of(one_detector("d", WEEK), surroundings())
    around = around_of(
        traffic, surroundings(weather_forecasts=pl.concat([rain(MONDAY, 1.0), rain(MONDAY + timedelta(days=1), 2.0)]))
    )
    grid = traffic.dense("flow")
    learned = around.learned(grid, 4)

    assert "rain_forecast" in learned
    assert "temperature_forecast" not in learned
    assert "complaints_7d" not in learned
    deaf = around.seen_by(traffic, ("day_class",)).ahead(grid, 4)
    assert np.isnan(deaf["rain_forecast"]).all()
    assert np.isfinite(deaf["day_class"]).all()
    dry = replace(around, sources=("calendar",)).ahead(grid, 4)
    assert np.isnan(dry["rain_forecast"]).all()
    assert dry.keys() == deaf.keys()
