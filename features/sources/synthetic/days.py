"""What kind of day it is, from the State Council's yearly notices as the package chinese-calendar records them."""

from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar

from city.errors import InvalidValueError

# Days of lunar New Year, and when the year's notice was published.
NEW_YEAR_DAYS = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
}
ANNOUNCED = {2024: date(2023, 10, 25), 2025: date(2024, 11, 12), 2026: date(2025, 11, 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DayKind:
    day: date
    day_type: str
    holiday: str | None
    spring_festival_days: int | None
    announced: date

    @property
    def works(self) -> bool:
        return self.day_type in {"workday", "adjusted_workday"}


def day_kind(day: date) -> DayKind:
    """Raises InvalidValueError for a year whose notice is not known here."""
    if day.year not in ANNOUNCED:
        raise InvalidValueError(
            subject="Demo city",
            field="day",
            found=day.isoformat(),
            expected=f"a day from {min(ANNOUNCED)} to {max(ANNOUNCED)}",
        )
    off, holiday = chinese_calendar.get_holiday_detail(day)
    rest, work = ("holiday" if holiday else "weekend"), ("adjusted_workday" if day.weekday() >= 5 else "workday")
    return DayKind(
        day=day,
        day_type=rest if off else work,
        holiday=str(holiday) if holiday and off else None,
        spring_festival_days=_from_new_year(day),
        announced=ANNOUNCED[day.year],
    )


def _from_new_year(day: date) -> int | None:
    nearest = min(((day - new_year).days for new_year in NEW_YEAR_DAYS.values()), key=abs)
    return nearest if abs(nearest) <= 200 else None


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]
