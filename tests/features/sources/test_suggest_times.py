"""Drafts of times that stand in two columns or in digits alone, and what else a draft says of a file."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from city.errors import UnreadableInputError
from features.sources.suggest import suggest
from tests.features.sources.drafting import draft


def test_ten_digits_are_a_day_with_its_hour_and_no_unix_time(tmp_path: Path) -> None:
    rows = "".join(f"A,20261101{hour:02d},7\n" for hour in range(24))

    found = draft(tmp_path, "counts.csv", "detector,time,vehicles\n" + rows)

    assert 'start_at = { column = "time", formats = ["%Y%m%d%H"] }' in found.text
    assert 'step = "60min"' in found.text


def test_unix_times_stay_unix_times(tmp_path: Path) -> None:
    rows = "".join(f"A,{1_772_000_000 + 900 * k},7\n" for k in range(24))

    assert "epoch_s" in draft(tmp_path, "counts.csv", "detector,time,vehicles\n" + rows).text


@pytest.mark.parametrize(
    ("names", "day", "times", "right", "step"),
    [
        (
            "Datum;Uhrzeit", "24.03.2026", [f"{k // 4:02d}:{k % 4 * 15:02d}" for k in range(40)],
            '{ template = "{Datum} {Uhrzeit}", formats = ["%d.%m.%Y %H:%M"] }', "15min",
        ),
        (
            "Datum;Stunde", "24.03.2026", [str(k) for k in range(1, 25)],
            '{ template = "{Datum} {Stunde}", formats = ["%d.%m.%Y %H"] }', "60min",
        ),
        ("date;time", "2026-03-24", ["07:00", "07:15", "07:30"], '{ template = "{date} {time}" }', "15min"),
    ],
)  # fmt: skip
def test_a_day_and_a_time_of_day_in_two_columns_are_one_time(
    tmp_path: Path, names: str, day: str, times: list[str], right: str, step: str
) -> None:
    rows = "".join(f"A;{day};{time};7\n" for time in times)

    found = draft(tmp_path, "counts.csv", f"detector;{names};Anzahl\n{rows}")

    assert f"start_at = {right}" in found.text
    assert f'step = "{step}"' in found.text


def test_a_time_with_its_clock_takes_nothing_from_another_column(tmp_path: Path) -> None:
    rows = "".join(f"A,2026-03-24 0{k}:00,0{k}:30,7\n" for k in range(9))

    assert 'start_at = "begin_time"' in draft(tmp_path, "counts.csv", "detector,begin_time,end,vehicles\n" + rows).text


def test_chinese_names_are_understood(tmp_path: Path) -> None:
    rows = "".join(f"A,2026/3/24 0{k}:00,{k},40,12\n" for k in range(9))

    text = draft(tmp_path, "a.csv", "检测器,采集时间,流量,速度,占有率\n" + rows).text

    for left, name in (
        ("detector_id", "检测器"),
        ("start_at", "采集时间"),
        ("flow_veh_h", "流量"),
        ("occupancy", "占有率"),
    ):
        line = next(line for line in text.splitlines() if line.startswith(f"{left} = "))
        assert name in line


def test_a_column_of_a_table_that_grows_is_offered(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection, connection:
        connection.execute("CREATE TABLE counts (detector TEXT, time TEXT, vehicles INTEGER, updated_at TEXT)")
        connection.execute("INSERT INTO counts VALUES ('A', '2026-03-24 07:00', 7, '2026-03-24 07:16')")

    assert '# incremental = "updated_at" would read only newer rows' in suggest(tmp_path / "t.db").text


def test_columns_that_are_not_listed_are_counted(tmp_path: Path) -> None:
    names = ",".join(f"c{k}x" for k in range(52))

    assert (
        "and 12 more columns" in draft(tmp_path, "x.csv", f"{names}\n" + ",".join("abc" for _ in range(52)) + "\n").text
    )


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="it is a folder"):
        suggest(tmp_path)
