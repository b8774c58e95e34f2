"""Every kind of source gives its quarantined records back: wide files, databases, Parquet, sheets, documents."""

import json
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from city.frames import BinReadings, CalendarDays, ComplaintEvents
from city.quarantine import OPEN, RELEASED, STATE
from city.waste import Truck
from features.sources.release import TWICE
from tests.features.sources.release_city import (
    COUNTS,
    REPAIRED,
    City,
    local,
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


WIDE = """
[[feed]]
name = "days"
contract = "TrafficCounts"
path = "days.csv"
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "Site"
start_at = { column = "Date", formats = ["%d/%m/%Y"] }
[feed.slots]
columns = "V00..V95"
into = "flow_veh_h"
unit = "veh/interval"
label = "end"
"""


def wide_file(**cells: str) -> str:
    names = [f"V{slot:02}" for slot in range(96)]
    return f"Site,Date,{','.join(names)}\n7,02/03/2026,{','.join(cells.get(name, '10') for name in names)}\n"


def test_a_cell_of_a_wide_file_finds_its_own_interval_again(city: City) -> None:
    city.write("days.csv", wide_file(V03="9999", V40="-1"))
    city.load(WIDE)
    assert city.states() == {OPEN: 2}

    report = city.release(WIDE.replace('unit = "veh/interval"', 'unit = "veh/h"'))

    assert report.released == 1
    at = datetime(2026, 3, 2, 0, 45, tzinfo=UTC) - timedelta(hours=1)
    assert ("7", at, 9999.0) in city.flows()
    assert len(city.flows()) == 95


def test_a_repaired_cell_of_a_wide_file_is_released_and_its_neighbour_not(city: City) -> None:
    city.write("days.csv", wide_file(V03="9999", V40="-1"))
    city.load(WIDE)
    city.write("days.csv", wide_file(V03="99", V40="-1"))
    city.load(WIDE, now=REPAIRED)

    cells = {json.loads(row)["column"]: state for row, state in city.quarantined().select("row", STATE).iter_rows()}
    assert cells == {"V03": RELEASED, "V40": OPEN}


def test_a_file_without_times_tells_them_by_the_line(city: City) -> None:
    feed = """
[[feed]]
name = "sensors"
contract = "TrafficCounts"
path = "sensors.csv"
step = "15min"
delay = "5min"
first = "2026-03-02 00:00"
[feed.sensors]
columns = "*"
into = "flow_veh_h"
unit = "veh/interval"
id = "detector_id"
"""
    city.write("sensors.csv", "D1,D2\n1,2\n9999,4\n5,9999\n")
    city.load(feed)

    report = city.release(feed.replace('unit = "veh/interval"', 'unit = "veh/h"'))

    assert report.released == 2
    start = datetime(2026, 3, 1, 23, tzinfo=UTC)
    again = [(detector, at) for detector, at, flow in city.flows() if flow == 9999]
    assert again == [("D1", start + timedelta(minutes=15)), ("D2", start + timedelta(minutes=30))]


def test_true_times_out_of_a_database_are_times_again(city: City) -> None:
    with sqlite3.connect(city.folder / "t.sqlite") as connection:
        connection.execute("CREATE TABLE counts (sensor TEXT, at TEXT, n REAL, occ REAL)")
        rows = [("A", "2026-03-02 10:00:00", 100, 0.1), ("A", "2026-03-02 10:15:00", 100, 12.5)]
        connection.executemany("INSERT INTO counts VALUES (?, ?, ?, ?)", rows)
    connection.close()
    feed = COUNTS.replace('path = "counts*.csv"', 'database = "sqlite:///t.sqlite"\ntable = "counts"')
    city.load(feed)

    assert city.release(feed.replace('"share"', '"percent"')).released == 1
    assert city.flows()[1] == ("A", local(10, 15), 400.0)


def test_true_times_out_of_parquet_are_times_again_whatever_formats_say(city: City) -> None:
    moments = [datetime(2026, 3, 2, 10), datetime(2026, 3, 2, 10, 15)]
    pl.DataFrame({"sensor": "A", "at": moments, "n": [100, 100], "occ": [0.1, 12.5]}).write_parquet(
        city.folder / "counts.parquet"
    )
    feed = COUNTS.replace("counts*.csv", "counts.parquet").replace(
        'start_at = "at"', 'start_at = { column = "at", formats = ["%d.%m.%Y %H:%M"] }'
    )
    city.load(feed)

    assert city.release(feed.replace('"share"', '"percent"')).released == 1
    assert city.flows()[1] == ("A", local(10, 15), 400.0)


def test_two_records_in_one_row_stay_open_together_while_one_is_bad(city: City) -> None:
    feed = """
[[feed]]
name = "visits"
contract = "BinReadings"
path = "visits.csv"
delay = "1h"
max_bad_share = 1.0
[feed.columns]
point_id = "point"
read_at = "at"
method = { value = "visit" }
emptied = true
[[feed.part]]
[feed.part.columns]
stream = { value = "paper" }
fill_level = { column = "paper", unit = "percent" }
[[feed.part]]
[feed.part.columns]
stream = { value = "plastic" }
fill_level = { column = "plastic", unit = "percent" }
"""
    city.write("visits.csv", "point,at,paper,plastic\nP1,2026-03-02 10:00,50,999\n")
    city.load(feed)
    assert (city.rows(BinReadings), city.states()) == (1, {OPEN: 1})

    city.load(feed, now=REPAIRED)
    assert city.states() == {OPEN: 1}  # paper is good again, plastic is not

    report = city.release(feed.replace('column = "plastic", unit = "percent"', 'column = "plastic", unit = "permille"'))
    assert (report.released, city.rows(BinReadings)) == (1, 2)
    assert report.feeds[0].duplicates == 1


COMPLAINTS = """
[[feed]]
name = "complaints"
contract = "ComplaintEvents"
path = "complaints.csv"
delay = "1h"
crs = "WGS84"
[feed.columns]
complaint_id = "id"
event = { value = "opened" }
at = { column = "when", formats = ["%Y-%m-%d %H:%M"] }
category = { value = "waste" }
text = "text"
reporter = "who"
"""


def test_a_released_complaint_names_nobody_and_has_the_reporter_that_its_other_complaints_have(city: City) -> None:
    city.write("complaints.csv", "id,when,text,who\n1,2026-03-02 08:00,bin full,u-77\n"
                                 "2,02.03.2026 09:00,call me: 13912345678,u-77\n")  # fmt: skip
    city.load(COMPLAINTS)
    assert "13912345678" not in city.quarantined()["row"].item()

    report = city.release(COMPLAINTS.replace('["%Y-%m-%d %H:%M"]', '["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"]'))

    stored = city.history.read(ComplaintEvents).sort("complaint_id")
    assert report.released == 1
    assert stored["reporter"].n_unique() == 1
    assert "13912345678" not in stored["text"][1]
    assert stored["text"][1].startswith("call me")


def test_a_complaint_closed_before_it_was_opened_comes_in_when_the_mapping_reads_the_right_date(city: City) -> None:
    closing = """
[[feed.part]]
[feed.part.columns]
event = { value = "opened" }
at = { column = "opened", formats = ["%m/%d/%Y"] }
[[feed.part]]
[feed.part.columns]
event = { value = "closed" }
at = { column = "closed", formats = ["%m/%d/%Y"] }
"""
    feed = COMPLAINTS.partition("event =")[0] + 'category = { value = "waste" }\n' + closing
    city.write("complaints.csv", "id,opened,closed\n1,02/01/2025,02/02/2025\n2,02/10/2025,03/01/2025\n"
                                 "3,03/01/2025,01/02/2025\n")  # fmt: skip
    city.load(feed)
    found = city.quarantined()
    assert found["rule"].to_list() == ["closed_before_opened"]

    report = city.release(feed.replace("%m/%d/%Y", "%d/%m/%Y"))

    assert report.released == 1


def test_master_data_from_a_sheet_and_from_json_come_in_too(city: City) -> None:
    trucks = """
[[feed]]
name = "trucks"
entity = "truck"
path = "trucks.csv"
max_bad_share = 1.0
known_since = 2026-01-01
[feed.columns]
truck_id = "no"
depot_id = { value = "D" }
payload_kg = { column = "load", unit = "kg" }
"compartments.0.streams" = { value = "residual" }
"compartments.0.body_m3" = { value = 20, unit = "m3" }
"shift.start_s" = { value = "06:00" }
"shift.end_s" = { value = "14:00" }
"""
    city.write("trucks.csv", "no,load\nT1,8000\nT2,8 t\n")
    city.load(trucks)
    assert [truck.truck_id for truck in city.history.entities(Truck)] == ["T1"]

    report = city.release(trucks.replace('column = "load",', 'column = "load", map = { "8 t" = "8000" },'))

    assert (report.released, report.refused) == (1, ())
    assert [truck.truck_id for truck in city.history.entities(Truck)] == ["T1", "T2"]


def test_a_document_that_is_still_no_truck_is_said_with_its_reason(city: City) -> None:
    feed = """
[[feed]]
name = "trucks"
entity = "truck"
path = "trucks.json"
max_bad_share = 1.0
"""
    city.write("trucks.json", json.dumps([{"truck_id": "T3"}]))
    city.load(feed)

    report = city.release(feed)

    assert [one.reason for one in report.refused] == city.quarantined()["reason"].to_list()


def test_the_hour_that_comes_twice_needs_the_whole_file(city: City) -> None:
    rows = [f"A,2025-10-26 02:{minute:02},100,{occ}\n" for occ in ("0.1", "12") for minute in (0, 15)]
    city.counts(*rows)
    city.load(COUNTS)
    assert city.states() == {OPEN: 2}  # the second pass came in percent

    report = city.release(COUNTS.replace('"share"', '"percent"'))

    assert [(one.rows, one.reason) for one in report.refused] == [(2, TWICE)]
    assert len(city.flows()) == 2


def test_a_calendar_day_counts_as_known_since_its_notice(city: City) -> None:
    feed = """
[[feed]]
name = "calendar"
contract = "CalendarDays"
path = "days.csv"
max_bad_share = 1.0
known_since = 2026-01-01
[feed.columns]
day = "day"
day_type = { column = "kind", map = { "W" = "workday" } }
"""
    city.write("days.csv", "day,kind\n2026-03-02,W\n2026-03-08,E\n")
    city.load(feed)

    city.release(feed.replace('"W" = "workday"', '"W" = "workday", "E" = "weekend"'))

    rows = city.history.read(CalendarDays, as_of=datetime(2026, 2, 1, tzinfo=UTC))
    assert rows["day"].to_list() == [date(2026, 3, 2), date(2026, 3, 8)]
