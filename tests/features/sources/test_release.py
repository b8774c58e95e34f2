"""Quarantined rows come in after all: by a repaired file, or by a corrected mapping."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from city.errors import NotFoundError
from city.frames import TrafficCounts
from city.quarantine import ID, OPEN, RELEASED, STATE
from features.sources.release import LEFT_OUT
from tests.features.sources.release_city import COUNTS, GOOD, IN_PERCENT, NEGATIVE, RELEASED_AT, REPAIRED, City, local


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def test_a_repaired_file_releases_what_it_repaired(city: City) -> None:
    city.counts(GOOD, IN_PERCENT, NEGATIVE)
    city.load(COUNTS)
    assert city.states() == {OPEN: 2}

    city.counts(GOOD, IN_PERCENT.replace(",12\n", ",0.12\n"), NEGATIVE)
    city.load(COUNTS, now=REPAIRED)

    decided = city.quarantined().sort("line")
    assert decided.select("line", STATE).rows() == [(2, RELEASED), (3, OPEN)]
    assert decided["import_id"][0] == city.history.ledger.imports()[-1].import_id
    assert len(city.flows()) == 2


def test_another_record_in_the_same_line_of_a_file_of_the_same_name_releases_nothing(city: City) -> None:
    """latest.csv is overwritten every day."""
    city.counts(GOOD, NEGATIVE)
    city.load(COUNTS)

    city.counts("B,2026-03-03 10:00,100,0.10\n", "B,2026-03-03 10:15,100,0.10\n")
    city.load(COUNTS, now=REPAIRED)
    assert city.states() == {OPEN: 1}

    city.counts(GOOD, NEGATIVE.replace("-5", "5"))
    city.load(COUNTS, now=REPAIRED + timedelta(days=1))
    assert city.states() == {RELEASED: 1}


def test_a_repaired_key_is_known_by_the_rest_of_its_record(city: City) -> None:
    city.counts(GOOD, "A,soon,100,0.20\n", "A,later,100,0.30\n")
    city.load(COUNTS)

    city.counts(GOOD, "A,2026-03-02 11:00,100,0.20\n", "A,2026-03-02 12:00,7,0.90\n")
    city.load(COUNTS, now=REPAIRED)

    decided = city.quarantined().sort("line")
    assert decided.select("line", STATE).rows() == [(2, RELEASED), (3, RELEASED)]
    city.counts(GOOD, "B,soon,100,0.20\n")
    city.load(COUNTS, now=REPAIRED + timedelta(days=1))
    city.counts(GOOD, "C,2026-03-02 11:00,100,0.20\n")
    city.load(COUNTS, now=REPAIRED + timedelta(days=2))
    assert city.states() == {RELEASED: 2, OPEN: 1}  # another detector


def test_the_same_file_again_releases_nothing_and_quarantines_nothing_new(city: City) -> None:
    city.counts(GOOD, IN_PERCENT, NEGATIVE)
    city.load(COUNTS)
    city.load(COUNTS, now=REPAIRED)

    assert city.states() == {OPEN: 2}


def test_a_corrected_mapping_lets_stored_rows_in_and_only_from_now_on(city: City) -> None:
    city.counts(GOOD, IN_PERCENT, NEGATIVE)
    city.load(COUNTS)
    corrected = COUNTS.replace('unit = "share"', 'unit = "percent"')

    report = city.release(corrected)

    assert (report.chosen, report.released) == (2, 1)
    assert [(one.rows, one.reason) for one in report.refused] == [(1, "flow_veh_h is -20.0, expected 0 to 20000 veh/h")]
    assert city.states() == {RELEASED: 1, OPEN: 1}
    assert city.flows() == [("A", local(10), 400.0), ("A", local(10, 15), 400.0)]
    assert city.flows(as_of=RELEASED_AT - timedelta(seconds=1)) == [("A", local(10), 400.0)]
    row = city.history.read(TrafficCounts).filter(pl.col("start_at") == local(10, 15)).row(0, named=True)
    assert (row["known_at"], row["imported_at"], row["source"]) == (RELEASED_AT, RELEASED_AT, "counts.csv")
    assert row["occupancy"] == pytest.approx(0.12)


def test_a_release_is_an_import_of_its_own_in_the_ledger(city: City) -> None:
    city.counts(GOOD, IN_PERCENT)
    city.load(COUNTS)

    report = city.release(COUNTS.replace('unit = "share"', 'unit = "percent"'))

    record = city.history.ledger.imports()[-1]
    assert (record.import_id, record.mapping, record.imported_at) == (report.import_id, "corrected.toml", RELEASED_AT)
    assert [(one.feed, one.source, one.sha256, one.rows) for one in record.files] == [("counts", "counts.csv", None, 1)]
    assert (record.feeds[0]["new"], record.feeds[0]["live"]) == (1, False)
    assert dict(record.versions)["TrafficCounts"] > dict(record.before)["TrafficCounts"]
    decided = city.quarantined().row(0, named=True)
    assert (decided["by"], decided["why"]) == ("ana", "read again through corrected.toml")
    assert decided["import_id"] == report.import_id


def test_a_release_that_lets_nothing_in_leaves_no_trace(city: City) -> None:
    city.counts(GOOD, NEGATIVE)
    city.load(COUNTS)
    before = city.history.versions()

    report = city.release(COUNTS)

    assert (report.released, report.import_id) == (0, None)
    assert city.history.versions() == before
    assert len(city.history.ledger.imports()) == 1
    assert city.states() == {OPEN: 1}


def test_a_rehearsed_release_says_the_same_and_stores_nothing(city: City) -> None:
    city.counts(GOOD, IN_PERCENT, NEGATIVE)
    city.load(COUNTS)
    corrected = COUNTS.replace('unit = "share"', 'unit = "percent"')

    rehearsed = city.release(corrected, dry_run=True)

    assert (rehearsed.released, city.states(), len(city.flows())) == (1, {OPEN: 2}, 1)
    real = city.release(corrected)
    assert (real.released, real.refused, real.feeds) == (rehearsed.released, rehearsed.refused, rehearsed.feeds)


def test_a_released_row_is_not_released_twice(city: City) -> None:
    city.counts(GOOD, IN_PERCENT)
    city.load(COUNTS)
    corrected = COUNTS.replace('unit = "share"', 'unit = "percent"')
    city.release(corrected)

    with pytest.raises(NotFoundError, match="no open quarantined row"):
        city.release(corrected)


def test_a_publication_time_is_kept(city: City) -> None:
    published = COUNTS.replace('delay = "5min"\n', "") + 'known_at = "out"\n'
    city.write("counts.csv", "sensor,at,n,occ,out\nA,2026-03-02 10:00,100,0.1,2026-03-02 11:00\n"
                             "A,2026-03-02 10:15,100,12,2026-03-02 11:15\n")  # fmt: skip
    city.load(published)

    city.release(published.replace('unit = "share"', 'unit = "percent"'))

    known = city.history.read(TrafficCounts).sort("start_at")["known_at"].to_list()
    assert known == [local(11), local(11, 15)]


def test_of_two_values_for_one_key_a_person_names_the_right_one(city: City) -> None:
    city.counts(GOOD, "A,2026-03-02 10:15,100,0.1\n", "A,2026-03-02 10:15,300,0.3\n")
    city.load(COUNTS)
    cases = city.quarantined().sort("line")

    both = city.release(COUNTS)
    assert both.released == 0
    assert both.refused[0].reason.startswith("2 different values for one key")

    one = city.release(COUNTS, ids=(cases[ID][1],))
    assert one.released == 1
    assert city.flows()[1] == ("A", local(10, 15), 1200.0)


def test_only_what_was_chosen_is_read_again(city: City) -> None:
    city.counts(GOOD, IN_PERCENT)
    city.counts(IN_PERCENT.replace("A,", "B,"), name="counts_b.csv")
    city.load(COUNTS)

    report = city.release(COUNTS.replace('unit = "share"', 'unit = "percent"'), source="counts_b.csv")

    assert (report.chosen, report.released) == (1, 1)
    assert city.quarantined().filter(pl.col(STATE) == OPEN)["source"].to_list() == ["counts.csv"]


def test_a_row_that_the_mapping_now_leaves_out_stays_open_and_says_so(city: City) -> None:
    city.counts(GOOD, NEGATIVE)
    city.load(COUNTS)
    leaves_out = COUNTS + '[[feed.leave_out]]\ncolumn = "n"\nequals = ["-5"]\nreason = "test signal"\n'

    report = city.release(leaves_out)

    assert [one.reason for one in report.refused] == [LEFT_OUT]
    assert city.states() == {OPEN: 1}


def test_a_mapping_that_reads_more_than_was_kept_asks_for_the_file(city: City) -> None:
    city.write("counts.csv", "sensor,at,n,occ,v\nA,2026-03-02 10:00,100,0.1,50\nA,2026-03-02 10:15,100,12,50\n")
    city.load(COUNTS)

    more = COUNTS.replace('"share"', '"percent"') + 'speed_kmh = { column = "v", unit = "km/h" }\n'
    report = city.release(more)

    assert report.refused[0].reason == "the mapping reads v now, which was not kept; import the file again"


def test_a_mapping_of_something_else_says_that_it_does_not_read_this_source(city: City) -> None:
    city.counts(GOOD, NEGATIVE)
    city.load(COUNTS)

    other = city.release(COUNTS.replace('"counts"', '"others"').replace("counts*.csv", "else.csv"))
    renamed = city.release(COUNTS.replace('name = "counts"', 'name = "renamed"'))

    assert other.refused[0].reason == "no feed of this mapping reads this source into this table"
    assert renamed.refused[0].reason == "flow_veh_h is -20.0, expected 0 to 20000 veh/h"
