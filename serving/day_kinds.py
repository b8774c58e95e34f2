"""What kind of day a plan is made for: by the city's calendar, else by its weekday."""

from datetime import date, datetime
from typing import Final

import polars as pl

from city.frames import CalendarDays
from city.signal_plans import DayKind
from serving.desk import Desk

_SATURDAY: Final = 5


def day_kind_of(desk: Desk, day: date, *, known_at: datetime) -> tuple[DayKind, tuple[str, ...]]:
    """The kind, and what had to be assumed to know it."""
    calendar = desk.history.read(CalendarDays, as_of=known_at)
    found = calendar.filter(pl.col("day") == day).get_column("day_type").to_list()
    if found:
        return DayKind(found[0]), ()
    kind = DayKind.WEEKEND if day.weekday() >= _SATURDAY else DayKind.WORKDAY
    return kind, (f"No calendar says what kind of day {day} is; by its weekday it is a {kind}.",)
