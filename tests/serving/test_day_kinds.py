"""What kind of day a plan is for: as the calendar says, else by the weekday, and then it is stated."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import cast

import polars as pl

from city.signal_plans import DayKind
from serving.day_kinds import day_kind_of
from serving.desk import Desk

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Calendar:
    kinds: dict[date, str]

    def read(self, _: object, *, as_of: datetime) -> pl.DataFrame:
        assert as_of == NOW
        schema = {"day": pl.Date, "day_type": pl.String}
        return pl.DataFrame({"day": list(self.kinds), "day_type": list(self.kinds.values())}, schema=schema)


def kind_of(day: date, kinds: dict[date, str]) -> tuple[DayKind, tuple[str, ...]]:
    return day_kind_of(cast("Desk", SimpleNamespace(history=Calendar(kinds))), day, known_at=NOW)


def test_the_calendar_knows_a_sunday_that_is_worked() -> None:
    sunday = date(2026, 3, 8)

    assert kind_of(sunday, {sunday: "adjusted_workday"}) == (DayKind.ADJUSTED_WORKDAY, ())
    assert kind_of(sunday, {date(2026, 3, 9): "holiday"})[0] is DayKind.WEEKEND


def test_without_a_calendar_the_weekday_decides_and_it_is_said() -> None:
    kind, said = kind_of(date(2026, 3, 9), {})

    assert kind is DayKind.WORKDAY
    assert said == ("No calendar says what kind of day 2026-03-09 is; by its weekday it is a workday.",)
