"""Cutting a file into batches changes nothing: neither the history, nor the quarantine, nor the report."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.frames import TrafficCounts
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.report import FeedReport
from tests.features.sources.conftest import CITY, NOW, Desk

LONG = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
path = "counts*.csv"
step = "15min"
delay = "5min"
max_bad_share = 1
[feed.columns]
detector_id = "sensor"
start_at = "time"
flow_veh_h = { column = "count", unit = "veh/h" }
speed_kmh = { column = "speed", unit = "km/h", outside = "gap" }
[[feed.leave_out]]
column = "count"
equals = ["closed"]
reason = "road closed"
"""
HEADER = "sensor,time,count,speed\n"
LATER = NOW + timedelta(days=1)
Rows = list[tuple[str, str, str, str]]

times = st.integers(0, 2).map(lambda step: f"{datetime(2026, 3, 2, 8) + step * timedelta(minutes=15):%Y-%m-%d %H:%M}")
rows = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", ""]),
        times | st.sampled_from(["2025-10-26 02:15", "2025-10-26 02:30", "2026-03-29 02:15", "yesterday"]),
        st.sampled_from(["1", "1", "2", "3.5", "-1", "x", "", "closed", "1,2,3"]),
        st.sampled_from(["50", "", "999"]),
    ),
    min_size=1,
    max_size=14,
).filter(lambda rows: any(count in ("1", "2") for _, _, count, _ in rows))


@dataclass(frozen=True)
class Outcome:
    feeds: tuple[FeedReport, ...]
    stored: list[tuple[object, ...]]
    refused: list[tuple[object, ...]]


def outcome(desk: Desk, files: dict[str, Rows], batch_values: int, *, feeds: str = LONG, before: str = "") -> Outcome:
    if before:
        desk.file("counts_0.csv", before)
        desk.run(feeds, now=NOW - timedelta(days=1))
        (desk.folder / "counts_0.csv").unlink()
    for name, said in files.items():
        desk.file(name, HEADER + "".join(",".join(row) + "\n" for row in said))
    mapping = load_mapping(desk.file("mapping.toml", CITY + feeds))
    rehearsed = import_mapping(mapping, desk.history, now=NOW, dry_run=True, batch_values=batch_values)
    report = import_mapping(mapping, desk.history, now=NOW, batch_values=batch_values)
    assert rehearsed.feeds == report.feeds, "a dry run counts what the import does"
    stored = desk.history.read(TrafficCounts, as_of=LATER).drop("source").rows()
    return Outcome(report.feeds, stored, desk.history.quarantined().rows())


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=rows, second=rows, batch=st.integers(1, 7))
def test_any_size_of_batch_gives_the_same_import(
    make_desk: Callable[[], Desk], first: Rows, second: Rows, batch: int
) -> None:
    files = {"counts_1.csv": first, "counts_2.csv": second}
    before = HEADER + "A,2026-03-02 08:00,1,50\nB,2026-03-02 08:15,2,\n"

    whole = outcome(make_desk(), files, 1_000_000, before=before)
    cut = outcome(make_desk(), files, batch, before=before)

    assert cut == whole


def test_two_values_for_one_key_far_apart_are_both_quarantined(desk: Desk) -> None:
    good = [("B", f"2026-03-02 {hour:02d}:00", "7", "") for hour in range(8)]
    said = {"counts.csv": [("A", "2026-03-02 08:00", "1", ""), *good, ("A", "2026-03-02 08:00", "2", "")]}

    found = outcome(desk, said, batch_values=3)

    assert (found.feeds[0].new, found.feeds[0].quarantined) == (8, 2)
    assert [(row[2], row[3]) for row in found.refused] == [
        (line, "2 different values for one key (detector_id, start_at) in one file") for line in (1, 10)
    ]
    assert {row[3] for row in found.stored} == {"B"}, "what an earlier batch let in is taken back"


def test_the_same_record_far_apart_is_a_duplicate_and_the_second_pass_of_an_hour_is_none(desk: Desk) -> None:
    other = [("B", f"2026-03-02 {hour:02d}:00", "7", "") for hour in range(4)]
    twice = ("A", "2025-10-26 02:00", "1", "")

    found = outcome(desk, {"counts.csv": [twice, *other, ("A", "2025-10-26 02:00", "2", ""), *other]}, batch_values=2)

    assert (found.feeds[0].new, found.feeds[0].duplicates, found.feeds[0].quarantined) == (6, 4, 0)


def test_a_row_known_before_is_quarantined_with_the_other_value_of_its_file(desk: Desk) -> None:
    """The first of the two was stored by an earlier import: nothing of it is in this writing to be taken back."""
    known = HEADER + "A,2026-03-02 08:00,1,\n"
    other = [("B", f"2026-03-02 {hour:02d}:00", "7", "") for hour in range(4)]
    said = [("A", "2026-03-02 08:00", "1", ""), *other, ("A", "2026-03-02 08:00", "2", "")]

    found = outcome(desk, {"counts.csv": said}, batch_values=2, before=known)

    assert (found.feeds[0].new, found.feeds[0].corrections, found.feeds[0].quarantined) == (4, 0, 2)
    assert [row[6] for row in found.stored if row[3] == "A"] == [1.0], "the value known before stays"


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
outside = "clip"
"""


def test_a_wide_file_in_batches_names_line_and_column(desk: Desk) -> None:
    header = "site,day," + ",".join(f"H{hour:02d}" for hour in range(24)) + "\n"
    cells = [str(hour) for hour in range(24)]
    rows = [f"S{number},02/03/26," + ",".join(cells) + "\n" for number in range(5)]
    rows[3] = rows[3].replace(",17,", ",many,").replace(",5,", ",-3,").replace(",8,", ",,")
    desk.file("wide.csv", header + "".join(rows))
    mapping = load_mapping(desk.file("mapping.toml", CITY + WIDE))

    (feed,) = import_mapping(mapping, desk.history, now=NOW, batch_values=48).feeds

    assert (feed.read, feed.new, feed.quarantined, feed.repaired) == (120, 118, 1, 1)
    assert feed.left_out == (("no value in the cell", 1),)
    assert feed.repairs == (("flow_veh_h was -3.0, outside 0 to 20000 veh/h: set to the bound", 1),)
    refused = desk.history.quarantined()
    assert refused.select("line", "reason", "rule", "feed").rows() == [
        (4, "flow_veh_h is 'many', expected a number", "flow_veh_h|unreadable", "wide")
    ]
    assert refused["row"][0] == '{"site":"S3","day":"02/03/26","column":"H17","value":"many"}'
    third = desk.history.read(TrafficCounts, as_of=NOW).filter(pl.col("detector_id") == "S3")
    assert third["flow_veh_h"].to_list()[:7] == [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 6.0]


def test_repairs_are_counted_and_a_word_that_the_map_lacks_takes_the_default(desk: Desk) -> None:
    desk.file(
        "visits.csv",
        "p,when,fill,kind\n1,2026-03-02 08:00,50,Glas\n2,2026-03-02 08:00,300,Glas\n3,2026-03-02 08:00,20,Holz\n"
        "4,2026-03-02 08:00,20,\n",
    )
    feeds = """
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
stream = { column = "kind", map = { "Glas" = "glass" }, default = "residual" }
fill_level = { column = "fill", unit = "percent", outside = "clip" }
"""

    (feed,) = desk.run(feeds).feeds

    assert (feed.new, feed.repaired, feed.quarantined) == (4, 2, 0)
    assert feed.repairs == (
        ("fill_level was 3.0, outside 0 to 2 share of capacity: set to the bound", 1),
        ("stream was 'Holz', which the mapping does not list: residual", 1),
    )


@pytest.mark.parametrize(
    ("outside", "said"), [("gap", '"clip": this column must not be empty'), ("drop", "one of gap, clip")]
)
def test_a_repair_that_cannot_be_is_refused_with_the_mapping(desk: Desk, outside: str, said: str) -> None:
    with pytest.raises(Exception, match=said):
        desk.run(f"""
[[feed]]
name = "weather"
contract = "WeatherObserved"
path = "weather.csv"
delay = "1h"
[feed.columns]
at = "at"
temperature_c = {{ column = "t", unit = "degree C", outside = "{outside}" }}
rain_mm = {{ column = "r", unit = "mm" }}
""")
