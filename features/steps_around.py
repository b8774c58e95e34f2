"""The steps of the congestion recipe that look around: calendar, weather, complaints, each as known at the origin."""

from dataclasses import dataclass

import numpy as np

from features.arrays import HOUR_S, Columns, narrow
from features.calendar_days import weekday
from features.steps import FromOrigin, Known, Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarOfTarget(FromOrigin):
    """Clock and kind of day of the target as announced at the origin, and how far ahead it lies."""

    def columns(self, known: Known, rows: Rows) -> Columns:
        clock, known_s = known.grid.clock, known.known_s(rows)
        day = clock.first_day + clock.day[rows.target]
        announced = known.announced
        return {
            "lead_h": narrow((rows.target - rows.origin) * (known.grid.step_s / HOUR_S)),
            "hour": narrow(clock.slot[rows.target] * (known.grid.step_s / HOUR_S)),
            "weekday": narrow(weekday(day)),
            "day_class": narrow(announced.class_of(day, known_s)),
            "day_class_before": narrow(announced.class_of(day - 1, known_s)),
            "day_class_after": narrow(announced.class_of(day + 1, known_s)),
            "holiday": narrow(announced.is_holiday(day, known_s)),
            "festival_days": narrow(announced.festival_days(day, known_s)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherAsKnown(FromOrigin):
    """Measured up to the origin; forecast for the target, as it was forecast then."""

    def columns(self, known: Known, rows: Rows) -> Columns:
        known_s = known.known_s(rows)
        ahead = known.weather.forecast_known(known_s, known.grid.at_s(rows.target))
        return {
            "temperature_now": narrow(known.weather.temperature_known(known_s)),
            "rain_3h": narrow(known.weather.rain_known(known_s, 3 * HOUR_S)),
            "temperature_forecast": narrow(ahead["temperature_c"]),
            "rain_forecast": narrow(ahead["rain_mm"]),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintsNearby(FromOrigin):
    """Complaints of the detector's district over its own habit, by the origin."""

    windows_days: tuple[int, ...]

    def columns(self, known: Known, rows: Rows) -> Columns:
        known_s = known.known_s(rows)
        districts, of_detector = np.unique(known.grid.districts, return_inverse=True)
        of_row = of_detector[rows.detector]
        found: Columns = {}
        for window in self.windows_days:
            values = np.full(len(rows), np.nan, np.float32)
            for number, district in enumerate(districts):
                mine = of_row == number
                values[mine] = known.complaints.excess(str(district), known_s[mine], window)
            found[f"complaints_{window}d"] = values
        return found
