"""Kinds of days as they were announced when a forecast is issued."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from features.arrays import Floats, Ints, seconds_of

WORKDAY, SATURDAY, SUNDAY_OR_HOLIDAY = 0, 1, 2
DAY_CLASSES = 3
FAR_FROM_FESTIVAL = 30.0
EVE_DAYS, FEAST_DAYS = 10.0, 8.0
EVE, FEAST = -1.0, 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What the calendar says of each day (days since 1970, ascending), and since when that is known."""

    day: Ints
    day_class: Ints
    holiday: Ints
    festival: Floats
    known_s: Ints

    @classmethod
    def of(cls, calendar: pl.DataFrame) -> Self:
        rows = calendar.sort("day")
        day = rows.get_column("day").to_physical().to_numpy().astype(np.int64)
        kind = rows.get_column("day_type").to_list()
        holiday = np.array([name == "holiday" for name in kind], np.int64)
        working = np.array([name in {"workday", "adjusted_workday"} for name in kind], np.bool_)
        by_week = by_weekday(day)
        rest = np.where((holiday == 0) & (by_week == SATURDAY), SATURDAY, SUNDAY_OR_HOLIDAY)
        festival = rows.get_column("spring_festival_days").cast(pl.Float64).to_numpy()
        return cls(
            day=day,
            day_class=np.where(working, WORKDAY, rest),
            holiday=holiday,
            festival=np.where(np.abs(festival) <= FAR_FROM_FESTIVAL, festival, np.nan),
            known_s=seconds_of(rows, "known_at"),
        )

    def _found(self, day: Ints, known_s: Ints) -> tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        if len(self.day) == 0:
            return np.zeros(len(day), np.int64), np.zeros(len(day), np.bool_)
        place = np.minimum(np.searchsorted(self.day, day), len(self.day) - 1)
        return place, (self.day[place] == day) & (self.known_s[place] <= known_s)

    def class_of(self, day: Ints, known_s: Ints) -> Ints:
        """Day class as announced by `known_s`; by the weekday where nothing was announced."""
        place, found = self._found(day, known_s)
        usual = by_weekday(day)
        return np.where(found, self.day_class[place], usual) if len(self.day) else usual

    def is_holiday(self, day: Ints, known_s: Ints) -> Floats:
        place, found = self._found(day, known_s)
        return np.where(found, self.holiday[place], 0).astype(np.float64) if len(self.day) else np.zeros(len(day))

    def festival_days(self, day: Ints, known_s: Ints) -> Floats:
        """Days since lunar New Year's day, NaN when further than a month away or not announced."""
        place, found = self._found(day, known_s)
        return np.where(found, self.festival[place], np.nan) if len(self.day) else np.full(len(day), np.nan)


def festival_phase(days_since: Floats) -> Floats:
    """The ten days before lunar New Year, the eight from it on; NaN otherwise.

    A learner that is told the very day learns by heart what else happened on it: in one history each day is there once.
    """
    eve = (days_since >= -EVE_DAYS) & (days_since < 0)
    feast = (days_since >= 0) & (days_since < FEAST_DAYS)
    return np.where(eve, EVE, np.where(feast, FEAST, np.nan))


def weekday(day: Ints) -> Ints:
    """0 = Monday; 1970-01-01 was a Thursday."""
    return (day + 3) % 7


def by_weekday(day: Ints) -> Ints:
    of_week = weekday(day)
    return np.where(of_week == 5, SATURDAY, np.where(of_week == 6, SUNDAY_OR_HOLIDAY, WORKDAY))
