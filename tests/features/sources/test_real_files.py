"""Real departments' files through the project's own mappings."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from city.frames import BinReadings, ComplaintCounts, ComplaintEvents, Detectors, TrafficCounts
from city.ledger import Ledger
from city.signals import Junction
from city.store import History
from city.waste import CollectionPoint
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping
from features.sources.report import ImportReport
from features.sources.templates import write_template

MAPPINGS = Path(__file__).resolve().parents[3] / "mappings"
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


def run(history: History, name: str, data: Path) -> ImportReport:
    mapping = load_mapping(MAPPINGS / name)
    return import_mapping(mapping, history, data_dir=data / "departments", now=NOW)


def test_scats_of_boroondara_with_the_day_of_23_hours(history: History, shared_data: Path) -> None:
    report = run(history, "scats_boroondara.toml", shared_data)

    volumes, detectors = report.feeds
    assert volumes.read == 4_192 * 96
    assert volumes.left_out == (("an hour that the clock change skipped", 437),)
    assert volumes.quarantined == 137 * 4 - 437, "27 sites wrote counts into an hour that did not exist"
    assert (detectors.new, detectors.duplicates) == (140, 4_052), "two detectors share one location name"
    day = history.read(
        TrafficCounts,
        since=datetime(2006, 10, 28, 14, tzinfo=UTC),
        until=datetime(2006, 10, 29, 13, tzinfo=UTC),
    )
    assert day.group_by("detector_id").len()["len"].unique().to_list() == [92]
    one = history.read(TrafficCounts).filter(pl.col("detector_id") == "970-249").head(2)
    assert one["start_at"][0] == datetime(2006, 9, 30, 14, tzinfo=UTC), "V00 is the first quarter of the local day"
    assert one["flow_veh_h"].to_list() == [86 * 4, 83 * 4]
    assert history.read(Detectors).filter(pl.col("lon").is_null()).height == 1, "a coordinate of zero is none"


def test_the_junctions_of_boroondara_come_as_forms_that_can_be_imported_at_once(
    history: History, shared_data: Path, tmp_path: Path
) -> None:
    run(history, "scats_boroondara.toml", shared_data)

    _, mapping = write_template("junctions", tmp_path / "junctions.json", history)
    import_mapping(load_mapping(mapping), history, now=NOW)

    assert len(history.entities(Junction, as_of=NOW)) == 40
    assert any("lanes are" in sentence for sentence in history.ledger.assumptions())


def test_scats_of_vicroads_has_no_column_of_times(history: History, shared_data: Path) -> None:
    (volumes,) = run(history, "scats_vicroads.toml", shared_data).feeds

    assert volumes.read == 195_168 * 10
    assert volumes.quarantined == 4
    week = history.read(
        TrafficCounts, since=datetime(2012, 7, 17, 14, tzinfo=UTC), until=datetime(2012, 7, 24, 14, tzinfo=UTC)
    )
    assert week.filter(pl.col("detector_id") == "site-6").height > 600
    assert week["flow_veh_h"].min() == 4.0, "a zero is a gap, so the least count is one vehicle in 15 minutes"


def test_bins_of_ankara_are_two_streams_and_an_overflow_is_kept(history: History, shared_data: Path) -> None:
    visits, paper, plastic = run(history, "bins_ankara.toml", shared_data).feeds

    assert dict(visits.left_out) == {
        "paper was not collected at this visit": 15_497,
        "plastic was not collected at this visit": 32_506,
    }
    assert (visits.read, visits.quarantined, visits.duplicates) == (66_725 * 2, 0, 6)
    readings = history.read(BinReadings)
    assert readings["fill_level"].max() == pytest.approx(1.1)
    assert readings["bins"].min() == 1.0
    assert (paper.new, plastic.new, len(history.entities(CollectionPoint, as_of=NOW))) == (76, 76, 152)


def test_daily_counts_of_philadelphia_leave_absent_days_absent(history: History, shared_data: Path) -> None:
    (feed,) = run(history, "philly_dumping.toml", shared_data).feeds

    assert (feed.read, feed.new, feed.derived) == (3_529, 3_528, 0)
    assert history.read(ComplaintCounts)["day"].min() == date(2016, 1, 11)


def test_complaints_of_new_york_are_opened_and_closed(history: History, shared_data: Path) -> None:
    (feed,) = run(history, "nyc_rats.toml", shared_data).feeds

    assert (feed.read, feed.new, feed.quarantined) == (310, 231, 16)
    assert feed.left_out == (("Closed Date is empty", 63),)
    events = history.read(ComplaintEvents)
    assert events.filter(pl.col("event") == "opened").height == 155
    assert set(events["district_id"]) == {"bronx", "brooklyn", "manhattan", "queens", "staten_island"}
