"""Drafts of mappings: what a file shows is found, what it does not show is asked."""

import gzip
import json
import random
import sqlite3
import tomllib
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from city.errors import UnreadableInputError
from city.frames import BinReadings, TrafficCounts
from features.sources.suggest import Draft, suggest
from features.sources.suggest_columns import look_at
from tests.features.sources.conftest import NOW, Desk
from tests.features.sources.drafting import draft, open_questions

LOOPS = "sensor;zeit;anzahl\n" + "\n".join(
    f"K{loop};{day:02}.03.2026 {hour:02}:00;{hour + day}" for loop in (1, 2) for day in (1, 2, 13) for hour in range(24)
)


def answered(found: Draft, **answers: str) -> str:
    text = found.text.replace('time_zone = "?"', 'time_zone = "Europe/Berlin"').replace('delay = "?"', 'delay = "5min"')
    for key, answer in answers.items():
        text = text.replace(f'{key} = "?"', f'{key} = "{answer}"')
    return text


def test_a_german_detector_file_needs_four_answers_and_then_imports(desk: Desk) -> None:
    found = draft(desk.folder, "verkehr.csv", LOOPS)
    said = tomllib.loads(found.text)["feed"][0]

    assert (said["contract"], said["delimiter"], said["step"]) == ("TrafficCounts", ";", "60min")
    assert said["columns"]["detector_id"] == "sensor"
    assert said["columns"]["start_at"] == {"column": "zeit", "formats": ["%d.%m.%Y %H:%M"]}
    assert said["columns"]["flow_veh_h"] == {"column": "anzahl", "unit": "?"}
    assert len(found.questions) == 3
    assert all("'?'" in error for error in open_questions(found, desk.folder))

    report = desk.run(answered(found, unit="veh/interval"), city="", now=NOW.replace(day=20))
    assert (report.feeds[0].new, report.quarantined) == (144, 0)
    assert desk.history.read(TrafficCounts, as_of=NOW.replace(day=20)).height == 144


@pytest.mark.parametrize(
    ("dates", "formats", "asked"),
    [
        (["13/02/2026", "01/03/2026"], ["%d/%m/%Y"], 0),
        (["02/13/2026", "03/01/2026"], ["%m/%d/%Y"], 0),
        (["02/03/2026", "03/04/2026"], ["?"], 1),
        (["2/3/26 1:05 PM", "3/14/26 2:05 AM"], ["%m/%d/%y %I:%M %p"], 0),
        (["20260301120000", "20260302120000"], ["%Y%m%d%H%M%S"], 0),
        (["1767225600", "1767229200"], ["epoch_s"], 0),
        (["46023.5", "46024.5"], ["excel"], 0),
        (["2026年3月1日 08:00", "2026年3月12日 09:00"], ["%Y年%m月%d日 %H:%M"], 0),
        (["2026-03-01T08:00:00+01:00", "2026-03-02T08:00:00Z"], None, 0),
    ],
)
def test_day_and_month_are_told_by_numbers_above_twelve_or_asked(
    tmp_path: Path, dates: list[str], formats: list[str] | None, asked: int
) -> None:
    text = "detector,time,count\n" + "".join(f"A,{date},{number}\n" for number, date in enumerate(dates))
    found = draft(tmp_path, "counts.csv", text)
    start = tomllib.loads(found.text)["feed"][0]["columns"]["start_at"]

    assert (start.get("formats") if isinstance(start, dict) else None) == formats
    assert sum("formats of 'time'" in question for question in found.questions) == asked


MOMENTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2026, 3, 10))
PATTERNS = ("%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%Y/%m/%d %H:%M", "%d-%m-%y")


@given(st.lists(MOMENTS, min_size=1, max_size=30), st.sampled_from(PATTERNS))
def test_whatever_is_decided_reads_the_times_as_they_were_written(moments: list[datetime], pattern: str) -> None:
    written = [f"{moment:{pattern}}" for moment in moments]
    look = look_at("time", pl.Series("time", written))

    assert look.is_time
    ways = look.open_formats or (look.formats,)
    assert any(pattern in way or not way for way in ways)
    if look.formats:
        assert look.formats == (pattern,)


@pytest.mark.parametrize(
    ("encoding", "words", "key"),
    [
        ("utf-8", ("Straße", "Müll"), None),
        ("utf-8-sig", ("环卫", "交通"), None),
        ("gb18030", ("市容环卫", "交通拥堵"), "gb18030"),
        ("cp1252", ("Straße", "Grünfläche"), "cp1252"),
        ("utf-16", ("环卫", "Müll"), "utf-16"),
    ],
)
def test_the_encoding_is_tried_and_said(tmp_path: Path, encoding: str, words: tuple[str, str], key: str | None) -> None:
    rows = "".join(f"C{number},2026-03-01 08:00,{words[number % 2]}\n" for number in range(20))
    found = draft(tmp_path, "complaints.csv", ("case id,created,category\n" + rows).encode(encoding))
    said = tomllib.loads(found.text)["feed"][0]

    assert said.get("encoding") == key
    assert set(said["columns"]["category"]["map"]) == set(words)


def test_titles_above_the_header_decimal_commas_and_gzip(tmp_path: Path) -> None:
    text = "Bericht der Waage\nStand 2026\n" + "ticket;fahrzeug;datum;netto kg\n" + "".join(
        f"T{number};LKW{number % 3};{number % 28 + 1:02}.03.2026 08:00;1.2{number % 10}4,5\n" for number in range(40)
    )  # fmt: skip
    found = draft(tmp_path, "waage.csv.gz", gzip.compress(text.encode()))
    said = tomllib.loads(found.text)["feed"][0]

    assert (said["contract"], said["header_row"], said["decimal"], said["thousands"]) == ("Weighings", 3, ",", ".")
    assert said["columns"]["net_kg"] == {"column": "netto kg", "unit": "kg"}


def test_wide_days_and_wide_sensors_are_told_apart(tmp_path: Path) -> None:
    slots = [f"V{number:02}" for number in range(96)]
    day = (
        "site,date,"
        + ",".join(slots)
        + "\n"
        + "".join(f"{site},{date}/03/2026," + ",".join("7" * 96) + "\n" for site in (1, 2) for date in (1, 20))
    )
    wide = tomllib.loads(draft(tmp_path, "days.csv", day).text)["feed"][0]
    sensors = "time,s101,s102,s103,s104\n" + "".join(f"2026-03-01 {hour:02}:00,1,2,3,4\n" for hour in range(24))
    beside = tomllib.loads(draft(tmp_path, "hours.csv", sensors).text)["feed"][0]

    assert (wide["step"], wide["slots"]["columns"], wide["columns"]["detector_id"]) == ("15min", "V00..V95", "site")
    assert (wide["slots"]["label"], wide["slots"]["unit"]) == ("?", "?")
    assert (beside["step"], beside["sensors"]["columns"], beside["columns"]) == ("60min", "*", {"start_at": "time"})


def test_a_second_column_of_the_key_is_found(tmp_path: Path) -> None:
    rows = "".join(
        f"S{site},{lane},2026-03-01 {hour:02}:00,{random.Random(hour).randint(0, 9)}{lane}{site}\n"
        for site in range(5)
        for lane in (1, 2)
        for hour in range(24)
    )
    said = tomllib.loads(draft(tmp_path, "counts.csv", "site,lane,time,volume\n" + rows).text)["feed"][0]

    assert said["columns"]["detector_id"] == {"template": "{site}-{lane}"}


def test_units_are_written_only_where_a_name_says_them(tmp_path: Path) -> None:
    text = "bin id,stream,read at,fill %,temp\n" + "".join(
        f"B{n},glass,2026-03-0{n} 08:00,{n * 10},4\n" for n in range(1, 9)
    )
    said = tomllib.loads(draft(tmp_path, "fill.csv", text).text)["feed"][0]
    shares = draft(tmp_path, "shares.csv", text.replace(",10,", ",0.1,").replace("0,4", ",4").replace("%", "percent"))

    assert said["columns"]["fill_level"] == {"column": "fill %", "unit": "percent"}
    assert said["columns"]["stream"] == "stream"  # the city's own word already
    assert "fill_level" in shares.text


def test_percent_signs_in_the_cells_say_the_unit_and_are_read(desk: Desk) -> None:
    rows = "".join(f"B{n},glass,2026-03-0{n} 08:00,{n * 10} %\n" for n in range(1, 9))
    found = draft(desk.folder, "fill.csv", "bin id,stream,read at,level\n" + rows)
    said = tomllib.loads(found.text)["feed"][0]

    assert said["columns"]["fill_level"] == {"column": "level", "unit": "percent"}
    report = desk.run(answered(found).replace('method = { value = "?" }', 'method = { value = "sensor" }'), city="")
    assert (report.feeds[0].new, report.quarantined) == (8, 0)
    assert desk.history.read(BinReadings, as_of=NOW)["fill_level"].max() == 0.8


def test_coordinates_in_china_ask_for_their_shift(tmp_path: Path) -> None:
    rows = "".join(f"N{n},{104 + n / 100},{30 + n / 100}\n" for n in range(20))
    here = draft(tmp_path, "node.csv", "node_id,x_coord,y_coord\n" + rows)
    abroad = draft(
        tmp_path, "nodes.csv", "node_id,x_coord,y_coord\n" + rows.replace(",104", ",13").replace(",30", ",52")
    )
    metres = draft(tmp_path, "nodes.csv", "node_id,x_coord,y_coord\n" + rows.replace(",104", ",610000"))

    assert any("GCJ-02 (Amap, Tencent) or BD-09" in question for question in here.questions)
    assert any("nearly always WGS84" in question for question in abroad.questions)
    assert any("are no degrees" in question for question in metres.questions)


def test_a_workbook_of_alike_sheets_with_merged_titles_is_one_feed(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "visits.xlsx") as book:
        for month in ("2025-01", "2025-02"):
            sheet = book.add_worksheet(month)
            sheet.write("A1", f"Visits of {month}")
            sheet.merge_range("A3:A4", "Point")
            sheet.merge_range("B3:B4", "Date")
            sheet.merge_range("C3:D3", "Paper")
            sheet.write_row("C4", ["fill %", "bins"])
            for row in range(4, 14):
                sheet.write_row(row, 0, [f"P{row % 3}", f"{month}-{row + 1:02} 08:00", row * 5, 2])
    found = suggest(tmp_path / "visits.xlsx")
    (said,) = tomllib.loads(found.text)["feed"]

    assert (said["sheet"], said["header_row"], said["header_rows"]) == ("*", 3, 2)
    assert (said["columns"]["point_id"], said["columns"]["fill_level"]["column"]) == ("Point", "Paper fill %")


def test_standards_are_recognised_by_their_fields(tmp_path: Path) -> None:
    request = {
        "service_request_id": "1",
        "service_code": "6",
        "requested_datetime": "2026-03-01T08:00:00Z",
        "status": "open",
    }
    seen = {"value": [{"phenomenonTime": "2026-03-01T08:00:00Z", "result": 5}]}
    works = {
        "type": "FeatureCollection",
        "features": [{"id": "1", "properties": {"core_details": {}}, "geometry": None}],
    }

    formats = [
        tomllib.loads(draft(tmp_path, "x.json", json.dumps(document)).text)["feed"][0]["format"]
        for document in ([request], seen, works)
    ]
    assert formats == ["open311", "sensorthings", "wzdx"]


def test_each_table_of_a_database_is_a_feed(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "traffic.db") as connection:
        connection.execute("CREATE TABLE counts (det TEXT, ts TEXT, veh INTEGER)")
        connection.executemany(
            "INSERT INTO counts VALUES ('A', ?, 5)", [(f"2026-03-01 {hour:02}:00:00",) for hour in range(24)]
        )
        connection.execute("CREATE TABLE detectors (det_no TEXT, lng REAL, lat REAL, lanes INTEGER)")
        connection.execute("INSERT INTO detectors VALUES ('A', 104.1, 30.6, 2)")
    connection.close()
    feeds = tomllib.loads(suggest(tmp_path / "traffic.db").text)["feed"]

    assert [(feed["contract"], feed["table"]) for feed in feeds] == [
        ("TrafficCounts", "counts"),
        ("Detectors", "detectors"),
    ]


@pytest.mark.parametrize(("name", "data"), [("none.csv", None), ("empty.csv", b""), ("broken.xlsx", b"PK\x03\x04")])
def test_a_file_without_a_table_is_a_sentence(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)

    with pytest.raises(UnreadableInputError):
        suggest(tmp_path / name)


def test_columns_that_fit_nothing_are_said_to_fit_nothing(tmp_path: Path) -> None:
    found = draft(tmp_path, "x.csv", "apple,pear\nred,1\ngreen,2\n")

    assert found.fits == ("x: nothing fits",)
    assert "its columns fit no contract (apple, pear)" in found.text


def test_a_file_without_column_names_is_given_some(desk: Desk) -> None:
    desk.file("d04.txt", "".join(f"03/{day}/2026 08:00:00,715898,{day * 7},0.05\n" for day in range(1, 10)))
    found = suggest(desk.folder / "d04.txt")

    assert 'column_names = "c1..c4"' in found.text
    assert "'c1': times" in found.text

    feed = """
[[feed]]
name = "stations"
contract = "TrafficCounts"
path = "d04.txt"
column_names = ["time", "station", "flow", "lane1..lane1"]
step = "5min"
delay = "5min"
[feed.columns]
detector_id = "station"
start_at = { column = "time", formats = ["%m/%d/%Y %H:%M:%S"] }
flow_veh_h = { column = "flow", unit = "veh/interval" }
occupancy = { column = "lane1", unit = "share" }
"""
    assert desk.run(feed).feeds[0].new == 9
