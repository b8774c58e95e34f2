"""Dates and times as departments write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from features.sources.feeds import Column, Format, Reading
from features.sources.stamps import days, is_format, moments, read_by

CSV = Reading(format=Format.CSV)
EIGHT = datetime(2026, 3, 2, 8)


def wall(text: str, *formats: str) -> datetime | None:
    column = Column(column="time", formats=formats)
    found: datetime | None = moments("time", pl.Series([text]), column, CSV, ZoneInfo("Europe/Berlin")).values[0]
    return found


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("2026-03-02 08:00", ()),
        ("2026-03-02T08:00:00.000", ()),
        ("2026-03-02T07:00:00Z", ()),
        ("2026-03-02T08:00+0100", ()),
        ("2026-03-02 15:00:00+08:00", ()),
        ("2/3/2026 8:00", ("%d/%m/%Y %H:%M",)),
        ("3/2/26 8:00", ("%m/%d/%y %H:%M",)),
        ("202603020800", ("%Y%m%d%H%M",)),
        ("2026-03-02 8", ("%Y-%m-%d %H",)),
        ("Mar 2, 2026 08:00 AM", ("%b %d, %Y %I:%M %p",)),
        ("2026年03月02日 08:00", ("%Y年%m月%d日 %H:%M",)),
        ("1772434800", ("epoch_s",)),
        ("1772434800000", ("epoch_ms",)),
        ("46083.3333333333", ("excel",)),
        ("02.03.2026 08:00", ("%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M")),
    ],
)
def test_a_time_is_read_to_the_second(text: str, formats: tuple[str, ...]) -> None:
    found = wall(text, *formats)

    assert found is not None
    assert abs((found - EIGHT).total_seconds()) < 1


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("01.03.2026 24:00", "%d.%m.%Y %H:%M"),
        ("2026-03-01 24:00:00", "%Y-%m-%d %H:%M:%S"),
        ("01/03/2026 24", "%d/%m/%Y %H"),
    ],
)
def test_24_o_clock_is_midnight_of_the_next_day(text: str, pattern: str) -> None:
    assert wall(text, pattern) == datetime(2026, 3, 2)


@pytest.mark.parametrize("text", ["2026-02-30 08:00", "25:00", "tomorrow", "2026-03-02 08:61"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert wall(text, "%Y-%m-%d %H:%M") is None


def test_a_format_that_cannot_be_read_by_is_known_beforehand() -> None:
    assert is_format("%d.%m.%Y %H:%M")
    assert not is_format("dd.mm.yyyy")


def test_a_lead_hour_is_added_to_the_run() -> None:
    runs = read_by(pl.Series(["2026110118 6", "2026110118 48", "2026110118 x", "2026110118 5000"]), "%Y%m%d%H +h")
    said = read_by(pl.Series(["2026110118Z 7.5"]), "%Y%m%d%H%z +h")

    assert runs.to_list() == [datetime(2026, 11, 2), datetime(2026, 11, 3, 18), None, None]
    assert said.to_list() == [datetime(2026, 11, 2, 1, 30, tzinfo=UTC)]


def test_chinese_words_of_the_half_day_and_full_width_digits_are_read() -> None:
    assert wall("２０２６-03-02 上午8:00", "%Y-%m-%d %p%I:%M") == EIGHT
    assert wall("2026-03-02 下午8:00", "%Y-%m-%d %p%I:%M") == datetime(2026, 3, 2, 20)


def test_a_night_shift_belongs_to_the_day_on_which_it_began() -> None:
    column = Column(column="time", formats=("%Y-%m-%d %H:%M",), day_starts_at_s=6 * 3600)
    texts = pl.Series(["2026-03-03 02:30", "2026-03-03 05:59", "2026-03-03 06:00", "no time", None])

    parsed = days("service_date", texts, column, CSV, ZoneInfo("Europe/Berlin"))

    assert parsed.values.to_list() == [date(2026, 3, 2), date(2026, 3, 2), date(2026, 3, 3), None, None]
    assert parsed.faults is not None
    assert parsed.faults.count() == 1
