"""Numbers as departments write them: decimal sign, groups of three, full-width digits, number cells."""

from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from city.frames import BinReadings
from features.sources.feeds import Column, Feed, Format, Reading
from features.sources.number_texts import number_text
from features.sources.values import numbers
from features.sources.workbooks import records

GERMAN = Reading(format=Format.CSV, decimal=",", thousands=".")
ENGLISH = Reading(format=Format.CSV, decimal=".", thousands=",")


def read(text: str, reading: Reading) -> float | None:
    found: float | None = numbers("flow_veh_h", pl.Series([text]), Column(column="V"), reading).values[0]
    return found


@pytest.mark.parametrize(
    ("text", "reading", "value"),
    [
        ("1.234,5", GERMAN, 1234.5),
        ("1.234", GERMAN, 1234.0),
        ("-1.234.567,25", GERMAN, -1234567.25),
        ("62,5", GERMAN, 62.5),
        ("1234,5", GERMAN, 1234.5),
        ("1,234.5", ENGLISH, 1234.5),
        ("1'234.5", Reading(format=Format.CSV, thousands="'"), 1234.5),
        ("1 234,5", Reading(format=Format.CSV, decimal=",", thousands=" "), 1234.5),
    ],
)
def test_a_thousands_sign_stands_before_groups_of_three(text: str, reading: Reading, value: float) -> None:
    assert read(text, reading) == value
    assert float(number_text(text, reading)) == value


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("62.5", GERMAN), ("12.34", GERMAN), ("1234.567", GERMAN), ("1.2345,5", GERMAN), (".125", GERMAN),
        ("1,234.567", GERMAN), ("62,5", ENGLISH), ("1,23,456", ENGLISH), ("1234,567", ENGLISH),
    ],
)  # fmt: skip
def test_a_thousands_sign_anywhere_else_is_never_left_out(text: str, reading: Reading) -> None:
    """Left out it would make 625 of 62.5."""
    parsed = numbers("flow_veh_h", pl.Series([text]), Column(column="V"), reading)

    assert parsed.values[0] is None
    assert parsed.faults is not None
    expected = f"a number with {reading.thousands!r} only before groups of three digits"
    assert parsed.faults[0] == f"flow_veh_h is '{text}', expected {expected}"
    with pytest.raises(ValueError, match="could not convert"):
        float(number_text(text, reading))


@given(st.integers(min_value=-(10**9), max_value=10**9), st.integers(min_value=0, max_value=99))
def test_what_is_written_with_groups_is_read_again(whole: int, hundredths: int) -> None:
    written = f"{whole:,}".replace(",", ".") + f",{hundredths:02d}"

    assert read(written, GERMAN) == float(f"{whole}.{hundredths:02d}")


@pytest.mark.parametrize(("text", "value"), [("１２", 12.0), ("－３．５", -3.5), ("１２．５％", 12.5)])
def test_full_width_digits_are_digits(text: str, value: float) -> None:
    plain = Reading(format=Format.CSV)
    parsed = numbers("fill_level", pl.Series([text, "7"]), Column(column="V", unit="percent"), plain)

    assert parsed.values.to_list() == [value, 7.0]
    assert parsed.faults is None


def test_a_raised_digit_is_no_digit() -> None:
    assert read("12²", Reading(format=Format.CSV)) is None


def test_number_cells_of_a_workbook_are_what_they_are(tmp_path: Path) -> None:
    """Beside texts of another notation: 12.345 in a number cell is no twelve thousand."""
    cells = [12.5, 12.345, "12.345", "1.234,5", 2200.5, "62.5.1", 7, "8,25"]
    workbook = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = workbook.add_worksheet()
    for row, cell in enumerate(["Fill", *cells]):
        sheet.write(row, 0, cell)
    workbook.close()
    reading = Reading(format=Format.EXCEL, decimal=",", thousands=".")
    feed = feed_of(reading)

    found = pl.concat(records(feed, tmp_path / "a.xlsx", "a.xlsx", rows=100))
    values = numbers("fill_level", found["Fill"], Column(column="Fill"), reading).values.to_list()

    assert values == [12.5, 12.345, 12345.0, 1234.5, 2200.5, None, 7.0, 8.25]


def feed_of(reading: Reading) -> Feed:
    columns = (("fill_level", Column(column="Fill")),)
    return Feed(name="f", zone=ZoneInfo("UTC"), reading=reading, contract=BinReadings, columns=columns)
