"""Rows of a table that were repaired in the database: known by their keys, for their lines move."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from city.frames import TrafficCounts
from city.quarantine import OPEN, RELEASED, REPLACED
from tests.features.sources.release_city import IMPORTED, REPAIRED, City

TABLE = """
[[feed]]
name = "loops"
contract = "TrafficCounts"
database = "sqlite:///traffic.db"
table = "counts"
incremental = "changed"
max_bad_share = 1.0
step = "15min"
delay = "1min"
[feed.columns]
detector_id = "loop"
start_at = "t"
flow_veh_h = { column = "n", unit = "veh/h" }
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City(tmp_path)
    write(made, "CREATE TABLE counts (loop TEXT, t TEXT, n REAL, changed INTEGER)")
    rows = [f"('A', '2026-03-02 1{k}:00', {-5 if k == 3 else 100}, {k})" for k in range(5)]
    write(made, f"INSERT INTO counts VALUES {', '.join(rows)}")  # noqa: S608
    made.load(TABLE, now=IMPORTED)
    assert made.states() == {OPEN: 1}
    return made


def write(city: City, statement: str) -> None:
    with closing(sqlite3.connect(city.folder / "traffic.db")) as connection, connection:
        connection.execute(statement)


def test_a_row_repaired_in_the_table_is_released_although_it_is_read_in_another_line(city: City) -> None:
    write(city, "UPDATE counts SET n = 50, changed = 9 WHERE n = -5")
    city.load(TABLE, now=REPAIRED)

    assert city.states() == {RELEASED: 1}
    assert city.rows(TrafficCounts) == 5


def test_a_new_row_of_another_key_in_its_line_releases_nothing(city: City) -> None:
    rows = [f"('B', '2026-03-02 1{k}:00', 7, 9)" for k in range(6)]
    write(city, f"INSERT INTO counts VALUES {', '.join(rows)}")  # noqa: S608
    city.load(TABLE, now=REPAIRED)

    assert city.states() == {OPEN: 1}


def test_a_row_that_is_read_again_elsewhere_and_still_refused_is_open_once(city: City) -> None:
    write(city, "UPDATE counts SET n = -6, changed = 9 WHERE n = -5")
    city.load(TABLE, now=REPAIRED)

    assert city.states() == {OPEN: 1, REPLACED: 1}


def test_without_incremental_the_whole_table_is_read_again_and_adds_only_what_is_new(city: City) -> None:
    write(city, "UPDATE counts SET n = 50 WHERE n = -5")
    city.load(TABLE, now=REPAIRED)
    assert city.states() == {OPEN: 1}  # its changed stayed below what was read

    city.load(TABLE.replace('incremental = "changed"\n', ""), now=REPAIRED)
    assert city.states() == {RELEASED: 1}
    assert city.rows(TrafficCounts) == 5
