"""Several records of one row in quarantine: each is found, counted and released for itself."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from city.frames import BinReadings
from city.quarantine import ID, OPEN, RELEASED, REPLACED, STATE
from tests.features.sources.release_city import IMPORTED, REPAIRED, City

VISITS = """
[[feed]]
name = "visits"
contract = "BinReadings"
path = "visits.csv"
max_bad_share = 1.0
delay = "1h"
[feed.columns]
point_id = "site"
read_at = "when"
method = { value = "visit" }
emptied = true
[[feed.part]]
columns = { stream = { value = "paper" }, fill_level = { column = "p", unit = "percent" } }
[[feed.part]]
columns = { stream = { value = "glass" }, fill_level = { column = "g", unit = "percent" } }
"""
BOTH_BAD = "S1,2026-03-02 10:00,900,-5\n"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def write(city: City, *lines: str) -> None:
    city.write("visits.csv", "site,when,p,g\n" + "".join(lines))


def said_by_last_import(city: City) -> int:
    return sum(int(feed["quarantined"]) for feed in city.history.ledger.imports()[-1].feeds)


def test_two_records_of_one_row_have_ids_of_their_own_although_one_rule_refuses_both(city: City) -> None:
    write(city, "S1,2026-03-02 10:00,900,800\n")
    city.load(VISITS)

    rows = city.quarantined().sort("part")
    assert rows["part"].to_list() == ["stream=glass", "stream=paper"]
    assert rows[ID].n_unique() == 2 == said_by_last_import(city)


def test_of_two_bad_records_of_a_row_the_repaired_one_is_released_and_the_other_counts_once(city: City) -> None:
    write(city, BOTH_BAD)
    city.load(VISITS)
    write(city, BOTH_BAD.replace("900", "90"))
    city.load(VISITS, now=REPAIRED)

    decided = city.quarantined().filter(pl.col(STATE) != REPLACED).sort("part")
    assert decided.select("part", STATE).rows() == [("stream=glass", OPEN), ("stream=paper", RELEASED)]
    assert said_by_last_import(city) == 1


def test_what_is_refused_again_with_another_value_is_open_once(city: City) -> None:
    write(city, BOTH_BAD)
    city.load(VISITS)
    write(city, BOTH_BAD.replace("900", "950"))
    city.load(VISITS, now=REPAIRED)

    assert city.states()[OPEN] == said_by_last_import(city) == 2


def test_a_record_that_the_row_no_longer_has_is_not_released_by_the_other(city: City) -> None:
    leave_out = '[[feed.part.leave_out]]\ncolumn = "g"\nequals = ["-5"]\nreason = "no glass"\n'
    write(city, BOTH_BAD)
    city.load(VISITS)
    write(city, BOTH_BAD.replace("900", "90"))
    city.load(VISITS + leave_out, now=REPAIRED)

    assert city.states() == {OPEN: 1, RELEASED: 1}


def test_a_corrected_mapping_releases_one_record_of_a_row_and_leaves_the_other(city: City) -> None:
    write(city, BOTH_BAD)
    city.load(VISITS)

    report = city.release(VISITS.replace('"p", unit = "percent"', '"p", unit = "permille"'))

    assert (report.chosen, report.released) == (2, 1)
    assert city.states() == {OPEN: 1, RELEASED: 1}
    assert city.history.read(BinReadings)["fill_level"].to_list() == [pytest.approx(0.9)]


def test_rows_stored_before_parts_were_told_apart_stay_open_under_their_id_and_are_not_quarantined_again(
    city: City,
) -> None:
    write(city, BOTH_BAD)
    city.load(VISITS)
    as_before = city.history.quarantined().with_columns(pl.lit(None, dtype=pl.String).alias("part"))
    (city.folder / "other").mkdir()
    other = City(city.folder / "other")
    other.history.quarantine(as_before)
    before = other.quarantined()[ID].to_list()
    write(other, BOTH_BAD)
    other.load(VISITS, now=IMPORTED + timedelta(hours=1))

    assert sorted(other.quarantined()[ID]) == sorted(before)
    assert other.states() == {OPEN: 2}
    write(other, BOTH_BAD.replace("900", "90"))
    other.load(VISITS, now=IMPORTED + timedelta(hours=2))
    # Which of the row's records paper's was, was not stored: it may not go too early.
    assert other.states() == {OPEN: 2, REPLACED: 1}
    write(other, BOTH_BAD.replace("900", "90").replace("-5", "5"))
    other.load(VISITS, now=REPAIRED)
    assert other.states() == {RELEASED: 2, REPLACED: 1}
