"""WZDx 4.2 work zone feeds: one record per zone as it is now, and what became of zones that vanish."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from city.errors import UnreadableInputError
from city.frames import WorkZones
from features.sources import wzdx
from features.sources.feeds import Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "America/Chicago"\ndistricts = { centre = "Centre" }\n'
FEED = '\n[[feed]]\nname = "works"\nformat = "wzdx"\npath = "works*.geojson"\ndelay = "5min"\n'
LINE = {"type": "LineString", "coordinates": [[-93.1, 41.0], [-93.2, 41.1], [-93.3, 41.2]]}


def zone(name: str = "Z1", *, core: dict[str, Any] | None = None, **properties: object) -> dict[str, Any]:
    details = {
        "event_type": "work-zone", "data_source_id": "1", "road_names": ["I-80", "US-6"], "direction": "eastbound",
        "creation_date": "2026-02-01T00:00:00Z", "update_date": "2026-02-02T00:00:00Z", **(core or {}),
    }  # fmt: skip
    return {
        "id": name, "type": "Feature", "geometry": LINE,
        "properties": {
            "core_details": details, "start_date": "2026-02-10T00:00:00Z", "end_date": "2026-04-10T00:00:00Z",
            "vehicle_impact": "some-lanes-closed-merge-left", "reduced_speed_limit_kph": 90,
            "lanes": [
                {"order": 1, "type": "general", "status": "closed"}, {"order": 2, "type": "general", "status": "open"},
                {"order": 3, "type": "shoulder", "status": "closed"},
            ],
            **properties,
        },
    }  # fmt: skip


def feed_text(*zones: dict[str, Any], updated: str = "2026-02-20T00:00:00Z") -> str:
    info = {"update_date": updated, "publisher": "X", "version": "4.2", "data_sources": []}
    return json.dumps({"feed_info": info, "type": "FeatureCollection", "features": list(zones)})


def feed_of(folder: Path) -> Feed:
    (folder / "m.toml").write_text(CITY + FEED, encoding="utf-8")
    return load_mapping(folder / "m.toml").feeds[0]


def read(folder: Path, text: str, name: str = "works1.geojson") -> pl.DataFrame:
    (folder / name).write_text(text, encoding="utf-8")
    return pl.concat(wzdx.records(feed_of(folder), folder / name, name, rows=100))


def test_a_zone_becomes_a_record_in_the_citys_words(tmp_path: Path) -> None:
    (row,) = read(tmp_path, feed_text(zone())).rows(named=True)

    assert row | {"course": None} == {
        "id": "Z1", "start_date": "2026-02-10T00:00:00Z", "end_date": "2026-04-10T00:00:00Z",
        "vehicle_impact": "some_lanes_closed", "lanes_closed": "1", "reduced_speed_limit_kph": "90",
        "road": "I-80, US-6",
        "lon": "-93.2", "lat": "41.1", "course": None, "opened": "2026-02-01T00:00:00Z",
        "changed": "2026-02-02T00:00:00Z", "closed": None,
    }  # fmt: skip
    assert json.loads(row["course"]) == LINE


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        ("all-lanes-closed", "all_lanes_closed"),
        ("all-lanes-open-shift-left", "all_lanes_open"),
        ("flagging", "flagging"),
        ("temporary-traffic-signal", "alternating_one_way"),
        ("unknown", "unknown"),
        (None, "unknown"),
    ],
)
def test_impacts_are_told_in_six_words(tmp_path: Path, said: str | None, ours: str) -> None:
    assert read(tmp_path, feed_text(zone(vehicle_impact=said)))["vehicle_impact"].to_list() == [ours]


def test_a_zone_that_is_completed_or_vanished_is_closed(tmp_path: Path) -> None:
    done = read(tmp_path, feed_text(zone(event_status="completed"), zone("Z2")))
    assert done.select("id", "closed").rows() == [("Z1", "2026-02-02T00:00:00Z"), ("Z2", None)]

    later = read(tmp_path, feed_text(zone("Z3"), updated="2026-02-21T00:00:00Z"), "works2.geojson")
    assert later.select("id", "closed").rows() == [("Z3", None), ("Z2", "2026-02-21T00:00:00Z")]


def test_without_a_creation_date_the_earliest_time_known_stands_in(tmp_path: Path) -> None:
    bare = zone(core={"creation_date": None, "update_date": None})

    assert read(tmp_path, feed_text(bare))["opened"].to_list() == ["2026-02-10T00:00:00Z"]
    assert read(tmp_path, feed_text(bare, updated="2026-02-05T00:00:00Z"))["opened"].to_list() == [
        "2026-02-05T00:00:00Z"
    ]


def test_what_is_no_feed_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="it has no list 'features'"):
        read(tmp_path, "[]")


def test_zones_reach_the_history_as_events(desk: Desk) -> None:
    desk.file("works1.geojson", feed_text(zone(), zone("Z2")))
    city = CITY.replace("America/Chicago", "Europe/Berlin")
    first = desk.run(FEED, city=city)
    desk.file("works2.geojson", feed_text(zone(), updated="2026-02-21T00:00:00Z"))
    second = desk.run(FEED, city=city, now=NOW + timedelta(hours=1))

    assert (first.feeds[0].new, second.feeds[0].new, second.feeds[0].quarantined) == (4, 1, 0)
    rows = desk.history.read(WorkZones, as_of=NOW + timedelta(hours=2)).sort("work_zone_id", "at")
    assert rows.select("work_zone_id", "event").rows() == [
        ("Z1", "opened"), ("Z1", "changed"), ("Z2", "opened"), ("Z2", "changed"), ("Z2", "closed"),
    ]  # fmt: skip
    assert rows["speed_limit_kmh"].to_list() == [90.0] * 5


def test_a_file_that_is_written_over_ends_what_it_no_longer_shows(desk: Desk) -> None:
    city = CITY.replace("America/Chicago", "Europe/Berlin")
    desk.file("works.geojson", feed_text(zone(), zone("Z2")))
    desk.run(FEED, city=city)
    desk.file("works.geojson", feed_text(zone(), updated="2026-02-21T00:00:00Z"))

    rehearsal = desk.run(FEED, city=city, now=NOW + timedelta(hours=1), dry_run=True)
    second = desk.run(FEED, city=city, now=NOW + timedelta(hours=1))
    third = desk.run(FEED, city=city, now=NOW + timedelta(hours=2))

    assert (second.feeds[0].new, second.feeds[0].derived, rehearsal.feeds[0].new) == (1, 1, 1)
    assert (third.feeds[0].new, third.feeds[0].derived) == (0, 0)
    closed = desk.history.read(WorkZones, as_of=NOW + timedelta(hours=3)).filter(event="closed")
    assert closed.select("work_zone_id", "at").rows() == [("Z2", datetime(2026, 2, 21, tzinfo=UTC))]
    assert closed["known_at"].to_list() == [datetime(2026, 2, 21, 0, 5, tzinfo=UTC)]


def test_an_older_file_ends_nothing_and_an_empty_feed_ends_all(desk: Desk) -> None:
    city = CITY.replace("America/Chicago", "Europe/Berlin")
    desk.file("works.geojson", feed_text(zone(), zone("Z2")))
    desk.run(FEED, city=city)
    desk.file("works.geojson", feed_text(zone(), updated="2026-01-21T00:00:00Z"))
    assert desk.run(FEED, city=city, now=NOW + timedelta(hours=1)).feeds[0].derived == 0

    desk.file("works.geojson", feed_text(updated="2026-02-22T00:00:00Z"))
    assert desk.run(FEED, city=city, now=NOW + timedelta(hours=2)).feeds[0].derived == 2


def test_an_impact_that_is_none_is_quoted_as_the_file_writes_it(tmp_path: Path) -> None:
    assert read(tmp_path, feed_text(zone(vehicle_impact="closed-ish")))["vehicle_impact"].to_list() == ["closed-ish"]


def without_core(name: str) -> dict[str, Any]:
    bare = zone(name)
    del bare["properties"]["core_details"]
    return bare


def test_a_feed_whose_events_have_no_core_details_is_refused(tmp_path: Path) -> None:
    text = feed_text(without_core("Z1"), without_core("Z2"))

    with pytest.raises(UnreadableInputError, match=r"no road event has core_details, which WZDx 4\.2 requires"):
        read(tmp_path, text)
    assert read(tmp_path, text.replace('"4.2"', '"3.1"')).height == 2  # there the fields stand beside each other


def test_single_events_without_core_details_are_said(desk: Desk) -> None:
    desk.file("works1.geojson", feed_text(zone(), without_core("Z2")))

    report = desk.run(FEED, city=CITY.replace("America/Chicago", "Europe/Berlin"))

    assert [said for said in report.assumed if "1 of 2 road events have no core_details ('Z2')" in said]
