"""Files in, history out: what is good is kept, what is bad is named, and the numbers add up."""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
import xlsxwriter

from city.errors import BrokenRuleError, CityError, UnreadableInputError
from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, Detectors, TrafficCounts, Weighings
from city.places import CityInfo, District
from city.waste import CollectionPoint, Depot, DisposalSite, Stream, Truck
from features.sources.report import FeedReport
from tests.features.sources.conftest import NOW, Desk

COUNTS = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts*.csv"
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "sensor"
start_at = { column = "time", formats = ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M"] }
flow_veh_h = { column = "count", unit = "veh/interval" }
"""
HEADER = "sensor,time,count\n"


def flows(desk: Desk, as_of: datetime = NOW) -> dict[tuple[str, str], float]:
    rows = desk.history.read(TrafficCounts, as_of=as_of).select("detector_id", "start_at", "flow_veh_h")
    return {(sensor, f"{start:%m-%d %H:%M}"): flow for sensor, start, flow in rows.iter_rows()}


def test_a_long_file_becomes_counts_in_utc_and_per_hour(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\nA,02.03.2026 08:15,30\n")

    report = desk.run(COUNTS)

    assert flows(desk) == {("A", "03-02 07:00"): 100.0, ("A", "03-02 07:15"): 120.0}
    assert report.feeds == (
        FeedReport(
            feed="counts", contract="TrafficCounts", files=("counts.csv",), read=2, new=2, corrections=0,
            duplicates=0, quarantined=0, step_s=900, delay_s=300, district="centre",
        ),
    )  # fmt: skip
    known = desk.history.read(TrafficCounts, as_of=NOW)["known_at"]
    assert known[0] == datetime(2026, 3, 2, 7, 20, tzinfo=UTC), "end of the interval and five minutes"
    assert desk.history.entities(CityInfo, as_of=NOW)[0].time_zone == "Europe/Berlin"
    assert [district.name for district in desk.history.entities(District, as_of=NOW)] == ["Centre"]


def test_bad_rows_are_quarantined_with_reason_and_record_and_the_rest_goes_in(desk: Desk) -> None:
    rows = [f"A,2026-03-02 0{hour}:00,10" for hour in range(6)]
    bad = ["B,2026-03-02 08:00,-1", "B,yesterday,5", "B,2026-03-02 09:00,many", ",2026-03-02 09:00,5",
           "B,2026-04-02 09:00,5"]  # fmt: skip
    desk.file("counts.csv", HEADER + "\n".join(rows + bad) + "\n")

    report = desk.run(COUNTS)

    assert (report.feeds[0].new, report.feeds[0].quarantined) == (6, 5)
    assert desk.history.quarantined().select("line", "reason").rows() == [
        (7, "flow_veh_h is -4.0, expected 0 to 20000 veh/h"),
        (8, "start_at is 'yesterday', expected a time (as %Y-%m-%d %H:%M or %d.%m.%Y %H:%M)"),
        (9, "flow_veh_h is 'many', expected a number"),
        (10, "detector_id is missing"),
        (11, "it ends at 2026-04-02 07:15 UTC, after this import"),
    ]
    assert desk.history.quarantined()["row"][1] == '{"sensor":"B","time":"yesterday","count":"5"}'


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\nA,2026-03-02 08:00,25\nB,2026-03-02 08:00,-1\n")
    first = desk.run(COUNTS)

    second = desk.run(COUNTS, now=NOW + timedelta(days=1))

    assert (first.feeds[0].new, first.feeds[0].duplicates, first.feeds[0].quarantined) == (1, 1, 1)
    assert (second.feeds[0].new, second.feeds[0].duplicates, second.feeds[0].quarantined) == (0, 2, 1)
    assert desk.history.quarantined().height == 1
    assert second.versions == first.versions


def test_two_values_for_one_key_in_one_file_are_both_quarantined(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\nA,2026-03-02 08:00,26\nB,2026-03-02 08:00,1\n" * 1
              + "C,2026-03-02 08:00,1\n")  # fmt: skip

    report = desk.run(COUNTS)

    assert set(flows(desk)) == {("B", "03-02 07:00"), ("C", "03-02 07:00")}
    assert report.feeds[0].reasons == (("2 different values for one key (detector_id, start_at) in one file", 2),)


def test_a_later_file_corrects_and_the_former_value_stays_readable(desk: Desk) -> None:
    desk.file("counts_1.csv", HEADER + "A,2026-03-02 08:00,25\n")
    desk.run(COUNTS)
    desk.file("counts_2.csv", HEADER + "A,2026-03-02 08:00,30\n")
    later = NOW + timedelta(days=1)

    report = desk.run(COUNTS, now=later)

    assert (report.feeds[0].corrections, report.feeds[0].duplicates) == (1, 1)
    assert flows(desk, as_of=NOW) == {("A", "03-02 07:00"): 100.0}
    assert flows(desk, as_of=later) == {("A", "03-02 07:00"): 120.0}


def test_a_dry_run_counts_and_stores_nothing(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\nB,2026-03-02 08:00,-1\n")

    report = desk.run(COUNTS, dry_run=True)

    assert (report.feeds[0].new, report.feeds[0].quarantined) == (1, 1)
    assert desk.history.versions() == ()
    assert desk.history.quarantined().is_empty()
    assert desk.ledger.imports() == ()


def test_a_live_feed_is_known_from_its_import_on(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\n")

    desk.run(COUNTS.replace('delay = "5min"', 'delay = "5min"\nlive = true'))

    assert flows(desk, as_of=NOW - timedelta(seconds=1)) == {}
    assert len(flows(desk, as_of=NOW)) == 1


def test_a_publication_column_says_when_a_row_was_known(desk: Desk) -> None:
    desk.file("counts.csv", "sensor,time,count,published\nA,2026-03-02 08:00,25,2026-03-05 10:00\n")

    desk.run(COUNTS + 'known_at = "published"\n')

    assert desk.history.read(TrafficCounts)["known_at"][0] == datetime(2026, 3, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "counts.csv: the file is empty"),
        (HEADER, "it holds column names but no rows"),
        (HEADER + "A,,\nB,,\n", "2 x nothing was measured: flow, speed and occupancy are empty; start_at is missing."),
        ("sensor,tme,count\nA,1,2\n", "it lacks the column 'time' (did you mean 'tme'?)"),
        (HEADER + "A,2026-03-02 08:00,25,7,8\n", "a row has more fields than there are column names"),
        (HEADER + "A,x,25\nB,y,26\nC,2026-03-02 08:00,5\n", "2 of 3 records are bad, more than the allowed 50%"),
    ],
)
def test_an_unusable_file_is_refused_by_a_sentence_and_nothing_is_lost(desk: Desk, content: str, said: str) -> None:
    desk.file("counts_1.csv", HEADER + "A,2026-03-02 08:00,25\n")
    desk.run(COUNTS)
    before = desk.history.versions()
    desk.file("new.csv", HEADER + "N,2026-03-02 08:00,25\n")
    desk.file("counts.csv", content)

    with pytest.raises(CityError) as refused:
        desk.run(
            COUNTS.replace('"counts"', '"new"').replace("counts*.csv", "new.csv")
            + COUNTS.replace("counts*.csv", "counts.csv")
        )

    assert said in str(refused.value)
    assert "Feed 'counts'" in str(refused.value)
    assert desk.history.versions() == before
    assert len(flows(desk)) == 1


def test_an_absolute_path_is_refused_because_data_names_the_folder(desk: Desk) -> None:
    with pytest.raises(CityError, match="a path relative to the data folder"):
        desk.run(COUNTS.replace('"counts*.csv"', '"/somewhere/counts.csv"'))


def test_blanks_around_column_names_do_not_count(desk: Desk) -> None:
    desk.file("counts.csv", "sensor , time,count \nA,2026-03-02 08:00,25\n")

    desk.run(COUNTS)

    assert flows(desk) == {("A", "03-02 07:00"): 100.0}


def test_a_pattern_without_a_file_names_what_is_there(desk: Desk) -> None:
    desk.file("count.txt", HEADER)

    with pytest.raises(UnreadableInputError, match="no file matches"):
        desk.run(COUNTS)


def test_a_file_in_another_encoding_is_read_when_it_is_named(desk: Desk) -> None:
    desk.file("counts.csv", "检测器;时间;流量\n东1;2026-03-02 08:00;25,5\n", encoding="gb18030")
    feed = COUNTS.replace('"sensor"', '"检测器"').replace('"time"', '"时间"').replace('"count"', '"流量"')
    said = feed.replace('step = "15min"', 'step = "15min"\ndelimiter = ";"\ndecimal = ","\nencoding = "gb18030"')

    with pytest.raises(UnreadableInputError, match="it is not UTF-8"):
        desk.run(feed.replace('step = "15min"', 'step = "15min"\ndelimiter = ";"'))
    desk.run(said)

    assert flows(desk) == {("东1", "03-02 07:00"): 102.0}


WIDE = """
[[feed]]
name = "wide"
contract = "TrafficCounts"
path = "wide.csv"
step = "1h"
delay = "0s"
[feed.columns]
detector_id = "site"
start_at = { column = "day", formats = ["%d/%m/%y"] }
[feed.slots]
columns = "H00..H23"
into = "flow_veh_h"
unit = "veh/interval"
label = "start"
"""


def wide_file(*days: str, missing: str = "0") -> str:
    header = "site,day," + ",".join(f"H{hour:02d}" for hour in range(24))
    cells = [str(100 + hour) for hour in range(24)]
    rows = [",".join(["A", day, *cells]) for day in days]
    rows.append(",".join(["B", days[0], *(missing if hour == 2 else "7" for hour in range(24))]))
    return "\n".join([header, *rows]) + "\n"


def test_the_hour_that_a_clock_change_skips_is_left_out_if_empty_and_quarantined_if_not(desk: Desk) -> None:
    desk.file("wide.csv", wide_file("30/03/25", missing="0"))

    report = desk.run(WIDE)

    feed = report.feeds[0]
    assert (feed.read, feed.new, feed.quarantined) == (48, 46, 1)
    assert feed.left_out == (("an hour that the clock change skipped", 1),)
    assert feed.reasons[0][0] == "start_at is '2025-03-30 02:00', which the clock in Europe/Berlin skipped"
    assert flows(desk)["A", "03-30 01:00"] == 103.0, "03:00 summer time follows 01:00 winter time at once"


def test_the_hour_that_comes_twice_is_the_first_pass_in_a_wide_file(desk: Desk) -> None:
    desk.file("wide.csv", wide_file("26/10/25"))

    desk.run(WIDE)

    stored = flows(desk)
    assert stored["A", "10-26 00:00"] == 102.0, "02:00 summer time"
    assert ("A", "10-26 01:00") not in stored, "nothing is known of the second pass"
    assert stored["A", "10-26 02:00"] == 103.0


def test_the_hour_that_comes_twice_is_told_apart_by_order_in_a_long_file(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2025-10-26 02:00,1\nB,2025-10-26 02:00,5\nA,2025-10-26 02:00,2\n")

    desk.run(COUNTS)

    assert flows(desk) == {
        ("A", "10-26 00:00"): 4.0, ("A", "10-26 01:00"): 8.0, ("B", "10-26 00:00"): 20.0,
    }  # fmt: skip


def test_a_time_with_its_offset_needs_no_zone(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2025-10-26T02:00:00+0100,1\n")

    desk.run(COUNTS.replace('"%d.%m.%Y %H:%M"', '"%Y-%m-%dT%H:%M:%S%z"'))

    assert flows(desk) == {("A", "10-26 01:00"): 4.0}


def test_a_column_per_sensor_and_an_index_instead_of_times(desk: Desk) -> None:
    pl.DataFrame({"1": [4, 0, 6], "2": [1.0, 2.0, None]}).write_parquet(desk.folder / "wide.parquet")

    report = desk.run("""
[[feed]]
name = "sensors"
contract = "TrafficCounts"
path = "wide.parquet"
step = "15min"
first = "2026-03-01 00:00"
delay = "0s"
[feed.sensors]
columns = "*"
into = "flow_veh_h"
unit = "veh/interval"
zero_is_gap = true
id_template = "s-{column}"
""")

    assert flows(desk) == {
        ("s-1", "02-28 23:00"): 16.0, ("s-1", "02-28 23:30"): 24.0,
        ("s-2", "02-28 23:00"): 4.0, ("s-2", "02-28 23:15"): 8.0,
    }  # fmt: skip
    assert report.feeds[0].left_out == (("no value in the cell", 2),)


def test_a_database_table_is_read_by_its_url(desk: Desk) -> None:
    with closing(sqlite3.connect(desk.folder / "traffic.db")) as database, database:
        database.execute("create table counts (sensor text, time text, n, speed real)")
        database.executemany(
            "insert into counts values (?, ?, ?, ?)",
            [
                ("A", "2026-03-02 08:00", 25, 31.0),
                ("A", "2026-03-02 08:15", "n/a", 62.0),
                ("A", "2026-03-02 08:30", "x", None),
            ],
        )
    database.close()
    feed = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
database = "sqlite:///traffic.db"
table = "counts"
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "n", unit = "veh/interval" }
speed_kmh = { column = "speed", unit = "mph" }
"""

    report = desk.run(feed)

    stored = desk.history.read(TrafficCounts, as_of=NOW)
    assert stored["flow_veh_h"].to_list() == [100.0, None]
    assert stored["speed_kmh"].to_list() == pytest.approx([49.889664, 99.779328])
    assert report.feeds[0].reasons == (("flow_veh_h is 'x', expected a number", 1),)
    with pytest.raises(UnreadableInputError, match="no table 'count'; did you mean 'counts'"):
        desk.run(feed.replace('table = "counts"', 'table = "count"'))
    with pytest.raises(UnreadableInputError, match=r"no database file 'other\.db'"):
        desk.run(feed.replace("traffic.db", "other.db"))


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ('"nonsense"\ntable = "x"', "the database's URL cannot be understood"),
        ('"nosuchdriver://host/x"\ntable = "x"', "the database says: Can't load plugin"),
        ('"sqlite:///text.db"\ntable = "x"', "file is not a database"),
        ('"sqlite:///text.db"\nquery = "drop table x"', "an import changes nothing in a department's database"),
    ],
)
def test_a_database_that_cannot_be_read_is_refused(desk: Desk, database: str, said: str) -> None:
    desk.file("text.db", "no database at all " * 100)

    with pytest.raises(CityError) as refused:
        desk.run(COUNTS.replace('path = "counts*.csv"', f"database = {database}"))

    assert said in str(refused.value)


def workbook(desk: Desk) -> None:
    with xlsxwriter.Workbook(desk.folder / "waste.xlsx") as book:
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet = book.add_worksheet("tickets")
        sheet.merge_range("A1:D1", "Weighbridge, all figures in tonnes")
        sheet.write_row(1, 0, ["ticket", "truck", "weighed", "t"])
        sheet.write_row(2, 0, [1001, "T1"])
        sheet.write_datetime(2, 2, datetime(2026, 3, 2, 14, 30), day)
        sheet.write(2, 3, 7.25)
        sheet.write_row(3, 0, [1002, "T1", "03.03.2026 15:00", "6,5"])
        trucks = book.add_worksheet("trucks")
        trucks.write_row(0, 0, ["truck", "payload t", "streams", "m3", "start", "end", "available"])
        trucks.write_row(1, 0, ["T1", 9, "residual;kitchen", 18, "21:00", "30:00", "yes"])
        trucks.write_row(2, 0, ["T2", 9, "residual", 18, "06:00", "14:00", "no"])
        trucks.write_row(3, 0, ["T3", 0, "residual", 18, "06:00", "14:00", "yes"])


TICKETS = """
[[feed]]
name = "tickets"
contract = "Weighings"
path = "waste.xlsx"
sheet = "tickets"
header_row = 2
decimal = ","
delay = "1h"
[feed.columns]
ticket_id = "ticket"
truck_id = "truck"
site_id = { value = "S1" }
stream = { value = "residual" }
weighed_at = { column = "weighed", formats = ["%d.%m.%Y %H:%M"] }
service_date = { column = "weighed", formats = ["%d.%m.%Y %H:%M"] }
net_kg = { column = "t", unit = "t" }
"""
TRUCKS = """
[[feed]]
name = "trucks"
entity = "truck"
path = "waste.xlsx"
sheet = "trucks"
[feed.columns]
truck_id = "truck"
depot_id = { value = "D1" }
payload_kg = { column = "payload t", unit = "t" }
"compartments.0.streams" = "streams"
"compartments.0.body_m3" = "m3"
"shift.start_s" = "start"
"shift.end_s" = "end"
available = "available"
"""


def test_a_sheet_with_a_title_true_dates_and_text_dates(desk: Desk) -> None:
    workbook(desk)

    desk.run(TICKETS.replace('decimal = ","\n', ""))

    stored = desk.history.read(Weighings, as_of=NOW)
    assert stored.select("ticket_id", "net_kg", "service_date").rows() == [("1001", 7250.0, date(2026, 3, 2))]
    assert desk.history.quarantined()["reason"].to_list() == ["net_kg is '6,5', expected a number"]


def test_master_data_come_from_rows_and_a_truck_without_payload_is_named(desk: Desk) -> None:
    workbook(desk)

    report = desk.run(TRUCKS)

    night, day = desk.history.entities(Truck, as_of=NOW)
    assert (night.payload_kg, night.shift.start_s, night.shift.end_s) == (9000.0, 75_600, 108_000)
    assert (night.compartments[0].streams, day.available) == ((Stream.RESIDUAL, Stream.KITCHEN), False)
    assert report.feeds[0].reasons == (("Truck T3: payload_kg is 0.0, expected a payload above 0 kg.", 1),)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('sheet = "trucks"', 'sheet = "truck"', "it has no sheet 'truck'; did you mean 'trucks'?"),
        (
            'sheet = "trucks"\n',
            "",
            "it has several sheets (tickets, trucks). Name one as sheet, or several by a pattern",
        ),
        ('"payload t"', '"payload"', "it lacks the column 'payload' (did you mean 'payload t'?)"),
        ('"shift.start_s"', '"shift.begin_s"', "a field; did you mean"),
    ],
)
def test_a_workbook_that_does_not_fit_its_mapping_is_refused(desk: Desk, right: str, wrong: str, said: str) -> None:
    workbook(desk)
    assert right in TRUCKS

    with pytest.raises(CityError) as refused:
        desk.run(TRUCKS.replace(right, wrong))

    assert said in str(refused.value)


def test_a_file_that_is_no_workbook_is_refused(desk: Desk) -> None:
    desk.file("waste.xlsx", "no workbook")

    with pytest.raises(UnreadableInputError, match="it cannot be opened as a workbook"):
        desk.run(TRUCKS)


def test_points_depots_and_sites_come_from_their_sheets(desk: Desk) -> None:
    desk.file(
        "points.csv",
        "id,stream,lat,lon,litres,days,windows\nP1,kitchen,39.911954,116.377817,240,0;3,06:00-09:00;18:00-02:00\n",
    )
    desk.file("places.csv", "id,lat,lon,streams,open\nX1,39.9,116.3,residual;kitchen,05:00-22:00\n")

    desk.run("""
[[feed]]
name = "points"
entity = "point"
path = "points.csv"
crs = "WGS84"
[feed.columns]
point_id = "id"
stream = "stream"
lat = "lat"
lon = "lon"
capacity_m3 = { column = "litres", unit = "l" }
density_kg_m3 = 300
service_s = { value = "2", unit = "min" }
"rule.kind" = { value = "fixed_days" }
"rule.weekdays" = "days"
windows = "windows"
[[feed]]
name = "depots"
entity = "depot"
path = "places.csv"
crs = "WGS84"
[feed.columns]
depot_id = "id"
lat = "lat"
lon = "lon"
[[feed]]
name = "sites"
entity = "site"
path = "places.csv"
crs = "WGS84"
[feed.columns]
site_id = "id"
kind = { value = "disposal" }
lat = "lat"
lon = "lon"
streams = "streams"
windows = "open"
tip_s = { value = "10", unit = "min" }
""")

    (point,) = desk.history.entities(CollectionPoint, as_of=NOW)
    assert point.capacity_m3 == pytest.approx(0.24)
    assert (point.service_s, point.rule.weekdays) == (120, (0, 3))
    assert [str(window) for window in point.windows] == ["06:00-09:00", "18:00-02:00+1"]
    assert desk.history.entities(Depot, as_of=NOW)[0].district_id == "centre"
    assert desk.history.entities(DisposalSite, as_of=NOW)[0].tip_s == 600


def test_chinese_coordinates_are_converted_for_rows_and_master_data(desk: Desk) -> None:
    desk.file("places.csv", "id,lat,lon\nX1,39.91334545536069,116.38404722455657\n")
    feeds = """
[[feed]]
name = "detectors"
contract = "Detectors"
path = "places.csv"
crs = "GCJ-02"
[feed.columns]
detector_id = "id"
lanes = 2
lat = "lat"
lon = "lon"
[[feed]]
name = "depots"
entity = "depot"
path = "places.csv"
crs = "GCJ-02"
[feed.columns]
depot_id = "id"
lat = "lat"
lon = "lon"
"""

    desk.run(feeds)

    row = desk.history.read(Detectors, as_of=NOW)
    assert (row["lon"][0], row["lat"][0]) == pytest.approx((116.377817, 39.911954), abs=1e-7)
    depot = desk.history.entities(Depot, as_of=NOW)[0]
    assert (depot.lon, depot.lat) == pytest.approx((116.377817, 39.911954), abs=1e-7)


def test_two_streams_of_one_visit_are_two_readings(desk: Desk) -> None:
    desk.file("visits.csv", "p,when,np,fp,nk,fk\n7,2026-03-02 08:00,3,75,0,0\n8,2026-03-02 09:00,1,110,2,50\n")

    report = desk.run("""
[[feed]]
name = "visits"
contract = "BinReadings"
path = "visits.csv"
delay = "1h"
[feed.columns]
point_id = "p"
read_at = "when"
method = { value = "visit" }
emptied = true
[[feed.part]]
columns = { stream = { value = "paper" }, fill_level = { column = "fp", unit = "percent" }, bins = "np" }
leave_out = [{ column = "np", equals = [0], reason = "paper not collected" }]
[[feed.part]]
columns = { stream = { value = "kitchen" }, fill_level = { column = "fk", unit = "percent" }, bins = "nk" }
leave_out = [{ column = "nk", equals = [0], reason = "kitchen not collected" }]
""")

    rows = desk.history.read(BinReadings, as_of=NOW).select("point_id", "stream", "fill_level", "bins").rows()
    assert rows == [("7", "paper", 0.75, 3.0), ("8", "kitchen", 0.5, 2.0), ("8", "paper", pytest.approx(1.1), 1.0)]
    assert (report.feeds[0].read, report.feeds[0].left_out) == (4, (("kitchen not collected", 1),))


COMPLAINTS = """
[[feed]]
name = "complaints"
contract = "ComplaintEvents"
path = "311.csv"
delay = "0s"
[feed.columns]
complaint_id = "id"
category = { column = "type", map = { "Rodent" = "pest", "Litter" = "waste" } }
[[feed.part]]
columns = { event = { value = "opened" }, at = { column = "opened", formats = ["%m/%d/%Y"] } }
[[feed.part]]
when_present = "closed"
not_before = "opened"
columns = { event = { value = "closed" }, at = { column = "closed", formats = ["%m/%d/%Y"] } }
"""


def test_a_complaint_is_opened_and_closed_and_its_text_is_stored_nowhere(desk: Desk) -> None:
    desk.file(
        "311.csv",
        "id,type,opened,closed,text\n1,Rodent,01/22/2026,01/25/2026,call me\n2,Litter,01/22/2026,,x\n"
        "3,Litter,01/22/2026,01/02/2026,call Ann\n4,Noise,01/22/2026,,y\n",
    )

    report = desk.run(COMPLAINTS)

    rows = desk.history.read(ComplaintEvents, as_of=NOW).select("complaint_id", "event", "category").rows()
    assert rows == [
        ("1", "closed", "pest"),
        ("1", "opened", "pest"),
        ("2", "opened", "waste"),
        ("3", "opened", "waste"),
    ]
    assert set(desk.history.quarantined()["reason"]) == {
        "at is 2026-01-02 00:00, before opened 2026-01-22 00:00",
        "category is 'Noise', expected a word that the mapping lists",
    }
    assert "Ann" not in "".join(desk.history.quarantined()["row"])
    assert report.feeds[0].left_out == (("closed is empty", 2),)


@pytest.mark.parametrize(("meaning", "expected"), [("missing", [5, 7]), ("zero", [5, 0, 7])])
def test_a_day_without_a_row_means_what_the_mapping_says(desk: Desk, meaning: str, expected: list[int]) -> None:
    desk.file("daily.csv", "day,n\n2026-03-01,5\n2026-03-03,7\n")

    report = desk.run(f"""
[[feed]]
name = "daily"
contract = "ComplaintCounts"
path = "daily.csv"
delay = "1d"
absent_days = "{meaning}"
[feed.columns]
day = "day"
district_key = {{ value = "centre" }}
category = {{ value = "waste" }}
reports = "n"
""")

    assert desk.history.read(ComplaintCounts, as_of=NOW)["reports"].to_list() == expected
    assert report.feeds[0].derived == len(expected) - 2


def test_a_row_of_an_unknown_district_is_quarantined(desk: Desk) -> None:
    desk.file("counts.csv", "sensor,time,count,area\nA,2026-03-02 08:00,25,N\nB,2026-03-02 08:00,25,S\n")
    desk.file("areas.csv", "area,district\nN,centre\nS,south\n")

    desk.run(
        COUNTS
        + 'district_id = { column = "area", lookup = { file = "areas.csv", key = "area", value = "district" } }\n'
    )

    assert set(flows(desk)) == {("A", "03-02 07:00")}
    assert desk.history.quarantined()["reason"].to_list() == ["district_id is 'south', expected one of centre, *"]


def test_the_import_is_recorded_with_its_counts_and_assumptions(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\n")
    city = '[city]\ntime_zone = "UTC"\ndistricts = { centre = "Centre" }\nassumed = ["every count is true"]\n'

    desk.run(COUNTS, city=city)

    (record,) = desk.ledger.imports()
    assert (record.mapping, record.imported_at) == ("mapping.toml", NOW)
    assert record.feeds[0]["new"] == 1
    assert dict(record.versions)["TrafficCounts"] == 0
    assert desk.ledger.assumptions() == ("every count is true",)


def test_a_report_whose_numbers_do_not_add_up_cannot_exist() -> None:
    with pytest.raises(BrokenRuleError, match="5 records were read and 0 derived, but 4 are accounted for"):
        FeedReport(feed="f", contract="c", files=(), read=5, new=1, corrections=1, duplicates=1, quarantined=1)
