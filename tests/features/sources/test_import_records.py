"""What an import notes of its files and feeds, and what it keeps of rows that did not come in."""

import gzip
import sqlite3
from contextlib import closing
from datetime import timedelta
from hashlib import sha256

import pytest

from city.errors import CityError
from city.frames import ComplaintEvents, TrafficCounts
from tests.features.sources.conftest import NOW, Desk
from tests.features.sources.test_importing import COUNTS, HEADER

COMPLAINTS = """
[[feed]]
name = "hotline"
contract = "ComplaintEvents"
path = "hotline.csv"
delay = "0s"
[feed.columns]
complaint_id = "id"
event = { value = "opened" }
at = "when"
category = { column = "kind", map = { "Litter" = "waste" } }
text = "said"
reporter = "who"
"""


def test_each_file_is_noted_with_its_hash_and_the_rows_that_it_held(desk: Desk) -> None:
    content = HEADER + "A,2026-03-02 08:00,25\nA,2026-03-02 08:15,x\n"
    path = desk.file("counts_1.csv", content)
    (desk.folder / "counts_2.csv.gz").write_bytes(gzip.compress((HEADER + "B,2026-03-02 08:00,25\n").encode()))

    desk.run(COUNTS.replace('"counts*.csv"', '"counts*"\nformat = "csv"'))

    first, second = desk.ledger.imports()[0].files
    assert (first.feed, first.contract, first.source, first.rows) == ("counts", "TrafficCounts", "counts_1.csv", 2)
    assert (first.sha256, first.size_bytes) == (sha256(content.encode()).hexdigest(), path.stat().st_size)
    assert (second.source, second.rows) == ("counts_2.csv.gz", 1)


def test_a_feed_says_what_its_health_is_judged_by(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\n")

    desk.run(COUNTS.replace('delay = "5min"', 'delay = "5min"\ncadence = "1h"\nlive = true'))

    noted = desk.ledger.imports()[0].feeds[0]
    assert {name: noted[name] for name in ("contract", "step_s", "delay_s", "cadence_s", "live", "district")} == {
        "contract": "TrafficCounts", "step_s": 900, "delay_s": 300, "cadence_s": 3600, "live": True,
        "district": "centre",
    }  # fmt: skip


def test_a_database_is_read_on_from_its_watermark(desk: Desk) -> None:
    feed = COUNTS.replace(
        'path = "counts*.csv"', 'database = "sqlite:///traffic.db"\ntable = "counts"\nincremental = "time"'
    )
    with closing(sqlite3.connect(desk.folder / "traffic.db")) as database, database:
        database.execute("create table counts (sensor text, time text, count)")
        database.execute("insert into counts values ('A', '2026-03-02 08:00', 25)")
    first = desk.run(feed).feeds[0]
    with closing(sqlite3.connect(desk.folder / "traffic.db")) as database, database:
        database.execute("delete from counts")
        database.execute("insert into counts values ('A', '2026-03-01 08:00', 1), ('A', '2026-03-02 08:15', 26)")

    second = desk.run(feed, now=NOW + timedelta(days=1)).feeds[0]
    third = desk.run(feed, now=NOW + timedelta(days=2)).feeds[0]

    assert (first.watermark, second.watermark, third.watermark) == (
        "text 2026-03-02 08:00", "text 2026-03-02 08:15", "text 2026-03-02 08:15",
    )  # fmt: skip
    assert (second.read, second.new, third.read, third.duplicates) == (1, 1, 1, 1), "what lies behind is not read"


def test_a_row_with_too_many_fields_is_quarantined_with_its_line_and_the_others_keep_theirs(desk: Desk) -> None:
    desk.file("counts.csv", HEADER + "A,2026-03-02 08:00,25\nA,2026-03-02 08:15,1,5\nA,2026-03-02 08:30,x\n")

    (feed,) = desk.run(COUNTS.replace("[feed.columns]", "max_bad_share = 0.9\n[feed.columns]")).feeds

    assert (feed.read, feed.new, feed.quarantined) == (3, 1, 2)
    assert desk.history.quarantined().select("line", "rule", "reason", "row").rows() == [
        (2, "row|fields", "it has 4 fields, expected 3", '{"line":"A,2026-03-02 08:15,1,5"}'),
        (3, "flow_veh_h|unreadable", "flow_veh_h is 'x', expected a number",
         '{"sensor":"A","time":"2026-03-02 08:30","count":"x"}'),
    ]  # fmt: skip


@pytest.mark.parametrize("secret", ["13912345678", "anna.mueller@example.org"])
def test_who_complained_is_in_no_file_neither_stored_nor_refused(desk: Desk, secret: str) -> None:
    desk.file(
        "hotline.csv",
        f"id,when,kind,said,who\n1,2026-03-02 08:00,Litter,call {secret},{secret}\n"
        f"2,2026-03-02 08:00,Noise,call {secret},{secret}\n3,2026-03-02 08:00,Litter,call {secret},{secret},{secret}\n"
        f"4,2026-03-02 08:00,Litter,fine,{secret}\n",
    )

    (feed,) = desk.run(COMPLAINTS).feeds

    rows = desk.history.read(ComplaintEvents, as_of=NOW + timedelta(days=1))
    assert (feed.new, feed.quarantined) == (2, 2)
    assert rows["text"][1] == "fine"
    assert rows["reporter"].n_unique() == 1, "the same person both times"
    assert secret not in str(rows.rows())
    assert secret not in str(desk.history.quarantined().rows())


def test_nothing_counts_of_an_import_whose_last_file_is_wrong(desk: Desk) -> None:
    desk.file("counts_1.csv", HEADER + "A,2026-03-02 08:00,25\n")
    desk.file("counts_2.csv", "sensor,tme,count\nA,1,2\n")

    with pytest.raises(CityError, match="it lacks the column 'time'"):
        desk.run(COUNTS)

    assert desk.history.read(TrafficCounts, as_of=NOW).is_empty()
    assert desk.ledger.imports() == ()
