"""JSON records by dotted paths, from documents, lines and GeoJSON."""

import json
from pathlib import Path

import polars as pl
import pytest

from city.errors import UnreadableInputError
from city.frames import ComplaintEvents
from features.sources import json_records
from features.sources.feeds import Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "Europe/Berlin"\ndistricts = { centre = "Centre" }\n'
FEED = """
[[feed]]
name = "reports"
contract = "ComplaintEvents"
path = "FILE"
KEYS
crs = "WGS84"
delay = "1h"
[feed.columns]
complaint_id = "id"
event = { value = "opened" }
at = "properties.created"
category = { column = "properties.tags.0", default = "other" }
lon = "geometry.coordinates.0"
lat = "geometry.coordinates.1"
"""
FEATURE = {
    "type": "Feature",
    "id": 7,
    "properties": {"created": "2026-03-01T08:00:00+01:00", "tags": ["waste", "bulky"], "open": True},
    "geometry": {"type": "Point", "coordinates": [13.4, 52.5]},
}


def feed_of(folder: Path, file: str, keys: str = "") -> Feed:
    path = folder / "m.toml"
    path.write_text(CITY + FEED.replace("FILE", file).replace("KEYS", keys), encoding="utf-8")
    return load_mapping(path).feeds[0]


def read(feed: Feed, path: Path, rows: int = 100) -> pl.DataFrame:
    return pl.concat(json_records.records(feed, path, path.name, rows=rows))


@pytest.mark.parametrize(
    ("file", "keys", "text"),
    [
        ("a.json", "", json.dumps([FEATURE])),
        ("a.json", "", json.dumps(FEATURE)),
        ("a.json", 'items = "data"', json.dumps({"data": [FEATURE]})),
        ("a.json", 'items = "answer.data"', json.dumps({"answer": {"data": [FEATURE]}})),
        ("a.geojson", "", json.dumps({"type": "FeatureCollection", "features": [FEATURE]})),
        ("a.jsonl", "", "\ufeff" + json.dumps(FEATURE) + "\n\n"),
        ("a.ndjson", "", json.dumps(FEATURE)),
    ],
)
def test_the_same_record_in_every_wrapping(tmp_path: Path, file: str, keys: str, text: str) -> None:
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")

    (row,) = read(feed_of(tmp_path, file, keys), path).rows(named=True)

    assert row == {
        "id": "7",
        "properties.created": "2026-03-01T08:00:00+01:00",
        "properties.tags.0": "waste",
        "geometry.coordinates.0": "13.4",
        "geometry.coordinates.1": "52.5",
    }


def test_values_are_texts_as_they_are_written() -> None:
    record = {"flag": False, "none": None, "list": [1, {"a": "ü"}], "a.b": "dotted", "n": 0.1}

    found = {
        name: json_records.text_at(record, name)
        for name in ("flag", "none", "list", "a.b", "n", "list.1.a", "list.9", "n.x")
    }

    assert found == {
        "flag": "false", "none": None, "list": '[1,{"a":"ü"}]', "a.b": "dotted", "n": "0.1", "list.1.a": "ü",
        "list.9": None, "n.x": None,
    }  # fmt: skip


def test_lines_come_in_batches_and_a_rare_path_may_come_late(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    bare = {**FEATURE, "properties": {"created": "2026-03-01"}}
    path.write_text("\n".join(json.dumps(record) for record in [bare, bare, bare, FEATURE]), encoding="utf-8")

    frames = list(json_records.records(feed_of(tmp_path, "a.jsonl"), path, "a", rows=3))

    assert [frame.height for frame in frames] == [3, 1]
    assert frames[1]["properties.tags.0"].to_list() == ["waste"]


def test_a_path_that_no_record_has_is_named_unless_it_is_optional(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{**FEATURE, "properties": {"creatd": "2026-03-01", "tags": []}}]), encoding="utf-8")

    with pytest.raises(
        UnreadableInputError, match=r"no record has 'properties.created' \(did you mean 'properties.creatd'"
    ):
        read(feed_of(tmp_path, "a.json"), path)

    optional = 'optional = ["properties.created", "properties.tags.0"]'
    assert read(feed_of(tmp_path, "a.json", optional), path)["properties.created"].to_list() == [None]


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("a.json", "[]", "its list is empty"),
        ("a.json", "{", "it is not JSON"),
        ("a.jsonl", '{"id": 1}\n{"id": ', "a.jsonl, line 2: it is not JSON"),
        ("a.json", '[{"id": NaN}]', "it holds NaN, which is not a number JSON knows"),
    ],
)
def test_what_is_no_json_is_a_sentence(tmp_path: Path, file: str, text: str, said: str) -> None:
    path = tmp_path / file
    path.write_text(text, encoding="utf-8")

    with pytest.raises(UnreadableInputError, match=said):
        read(feed_of(tmp_path, file), path)


def test_records_become_rows_of_the_contract(desk: Desk) -> None:
    desk.file("a.geojson", json.dumps({"type": "FeatureCollection", "features": [FEATURE]}))

    report = desk.run(FEED.replace("FILE", "a.geojson").replace("KEYS", ""))

    assert report.feeds[0].new == 1
    (row,) = desk.history.read(ComplaintEvents, as_of=NOW).select("complaint_id", "category", "lon", "lat").rows()
    assert row == ("7", "waste", 13.4, 52.5)
