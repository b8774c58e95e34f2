"""Single complaints become counts per local day: none twice, none too early, zeros where nobody complained."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl

from city.frames import ComplaintEvents
from features.complaint_history import counted, joined
from tests.features.small_city import MONDAY, TIME_ZONE, framed

FIRST = date(2026, 3, 2)
LATE = datetime(2026, 6, 1, tzinfo=UTC)


def events(hours: list[float], *, delay_h: float = 1.0, district: str = "north", event: str = "opened") -> pl.DataFrame:
    at = [MONDAY + timedelta(hours=hour) for hour in hours]
    return framed(
        ComplaintEvents,
        {
            "complaint_id": [f"{district} {event} {number}" for number in range(len(hours))],
            "event": [event] * len(hours),
            "at": pl.Series(at, dtype=pl.Datetime("us", "UTC")),
            "category": ["waste"] * len(hours),
            "district_id": [district] * len(hours),
            "known_at": pl.Series([one + timedelta(hours=delay_h) for one in at], dtype=pl.Datetime("us", "UTC")),
        },
    )


def by_day(counts: pl.DataFrame) -> dict[int, int]:
    return {(day - FIRST).days: reports for day, reports in counts.select("day", "reports").iter_rows()}


def test_days_are_the_citys_and_empty_ones_are_zero() -> None:
    # 23:30 of the second local day, 00:30 of the third, then nothing until the fifth.
    rows = events([1.0, 47.5, 48.5, 49.0, 100.0])

    assert by_day(counted(rows, time_zone=TIME_ZONE, until=LATE)) == {1: 1, 2: 2, 3: 0, 4: 1}


def test_the_first_day_and_a_day_that_is_not_over_are_not_counted() -> None:
    rows = events([12.0, 30.0, 50.0])

    told = counted(rows, time_zone=TIME_ZONE, until=MONDAY + timedelta(hours=60))

    assert by_day(told) == {1: 1}
    assert told["known_at"].to_list() == [MONDAY + timedelta(hours=49)]


def test_closing_a_complaint_is_not_another_complaint() -> None:
    rows = pl.concat([events([1.0, 30.0]), events([31.0], event="closed")])

    assert by_day(counted(rows, time_zone=TIME_ZONE, until=LATE)) == {1: 1}


def test_a_day_is_known_when_its_last_complaint_is() -> None:
    many = events(list(np.arange(0.5, 24 * 9, 0.5)))
    late = pl.concat([many, events([30.0], delay_h=200.0, district="south")])
    known = {
        (district, day): known_at
        for district, day, known_at in counted(late, time_zone=TIME_ZONE, until=LATE)
        .select("district_key", "day", "known_at")
        .iter_rows()
    }

    second = FIRST + timedelta(days=1)
    assert known["south", second] == MONDAY + timedelta(hours=230)
    assert known["north", second] == MONDAY + timedelta(hours=49)


def test_a_departments_own_count_is_not_counted_again() -> None:
    rows = counted(events([1.0, 30.0, 55.0]), time_zone=TIME_ZONE, until=LATE)
    handed = rows.with_columns(reports=pl.lit(7, pl.Int64))
    others = counted(events([1.0, 30.0, 55.0], district="south"), time_zone=TIME_ZONE, until=LATE)

    both = joined(handed, pl.concat([rows, others]))

    assert both.group_by("district_key").agg(pl.col("reports").sum()).sort("district_key").rows() == [
        ("north", 14),
        ("south", 2),
    ]


def test_a_city_without_single_complaints_has_no_counts_of_them() -> None:
    assert counted(events([]), time_zone=TIME_ZONE, until=LATE).is_empty()
