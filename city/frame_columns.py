"""Columns of the frame contracts: each kind says its unit, its bounds, whether it may be empty, and what it means."""

from datetime import UTC, date, datetime
from typing import Any

import dataframely as dy

# 1970 is what a clock says that was never set.
FIRST_MOMENT = datetime(1971, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


def described(unit: str, meaning: str) -> dict[str, Any]:
    return {"unit": unit, "meaning": meaning}


def utc(meaning: str, *, primary_key: bool = False, nullable: bool = False) -> dy.Datetime:
    return dy.Datetime(
        time_zone="UTC",
        min=FIRST_MOMENT,
        max=LAST_MOMENT,
        primary_key=primary_key,
        nullable=nullable,
        metadata=described("UTC", meaning),
    )


def calendar_day(meaning: str, *, primary_key: bool = False) -> dy.Date:
    return dy.Date(
        min=date(FIRST_MOMENT.year, 1, 1),
        max=date(LAST_MOMENT.year, 1, 1),
        primary_key=primary_key,
        metadata=described("date", meaning),
    )


def name(meaning: str, *, primary_key: bool = False, nullable: bool = False) -> dy.String:
    return dy.String(
        min_length=1,
        max_length=200,
        primary_key=primary_key,
        nullable=nullable,
        metadata=described("id", meaning),
    )


def words(unit: str, meaning: str, *, least: int, most: int, nullable: bool = False) -> dy.String:
    """`least` and `most` count letters."""
    return dy.String(min_length=least, max_length=most, nullable=nullable, metadata=described(unit, meaning))


_CLOCK = r"([01]\d|2[0-4]):[0-5]\d"
SPANS = "clock times such as 07:00-09:00 or 22:00-06:00,12:00-14:00; 00:00-24:00 is always"


def clock_spans(meaning: str) -> dy.String:
    """Hours of every day, in city time; those that end before they begin last past midnight."""
    pattern = rf"^{_CLOCK}-{_CLOCK}(,{_CLOCK}-{_CLOCK})*$"
    return dy.String(regex=pattern, max_length=200, nullable=True, metadata=described(SPANS, meaning))


def one_of(choices: tuple[str, ...], meaning: str, *, primary_key: bool = False, nullable: bool = False) -> dy.String:
    # Not dy.Enum: Delta Lake panics on Enum columns and LightGBM aborts on them.
    return dy.String(
        primary_key=primary_key,
        nullable=nullable,
        check={"known_value": lambda column: column.is_in(choices)},
        metadata={**described("one of " + ", ".join(choices), meaning), "choices": choices},
    )


def yes_or_no(meaning: str) -> dy.Bool:
    return dy.Bool(metadata=described("yes or no", meaning))


def quantity(unit: str, meaning: str, *, least: float, most: float, nullable: bool = False) -> dy.Float64:
    return dy.Float64(min=least, max=most, nullable=nullable, metadata=described(unit, meaning))


def whole(
    unit: str, meaning: str, *, least: int, most: int, primary_key: bool = False, nullable: bool = False
) -> dy.Int64:
    return dy.Int64(min=least, max=most, primary_key=primary_key, nullable=nullable, metadata=described(unit, meaning))


def expected(column: dy.Column) -> str:
    """What a column may hold, in words: `0 to 20000 veh/h`, `1 to 200 letters`, `one of opened, changed, closed`."""
    unit = str((column.metadata or {}).get("unit", ""))
    return f"{bounds(column)} {unit}" if isinstance(column, (dy.Float64, dy.Int64)) else bounds(column)


def bounds(column: dy.Column) -> str:
    """Least and most, without the unit of a number."""
    if isinstance(column, (dy.Float64, dy.Int64)) and column.min is not None and column.max is not None:
        return f"{_number(column.min)} to {_number(column.max)}"
    if isinstance(column, (dy.Datetime, dy.Date)) and column.min is not None and column.max is not None:
        return f"{column.min:%Y-%m-%d} to {column.max:%Y-%m-%d}"
    if isinstance(column, dy.String) and column.regex is None and column.max_length is not None:
        return f"{column.min_length or 0} to {column.max_length} letters"
    return str((column.metadata or {}).get("unit", ""))


def _number(bound: float) -> str:
    return str(int(bound)) if float(bound).is_integer() else str(bound)
