"""Open311 GeoReport v2: what the standard's own example looks like, and what must never be kept."""

import json
from pathlib import Path

import polars as pl
import pytest

from city.errors import CityError, UnreadableInputError
from city.frames import ComplaintEvents
from features.sources import open311
from features.sources.feeds import Crs, Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "Europe/Berlin"\ndistricts = { centre = "Centre" }\n'
FEED = """
[[feed]]
name = "311"
format = "open311"
path = "requests.*"
delay = "1h"
[feed.columns]
category = { column = "service_code", default = "other", map = { "006" = "waste" } }
"""
OPEN = {
    "service_request_id": "638344", "status": "open", "service_name": "Sidewalk and Curb Issues", "service_code": "006",
    "description": "The bin at the corner overflows", "requested_datetime": "2026-03-01T06:37:38-08:00",
    "updated_datetime": "2026-03-01T06:37:38-08:00", "address": "8TH AVE and JUDAH ST", "lat": 37.76, "long": -122.41,
    "email": "jane@example.org", "phone": "555 0100", "first_name": "Jane", "last_name": "Doe",
}  # fmt: skip
CHANGED = {**OPEN, "service_request_id": "2", "updated_datetime": "2026-03-02T06:00:00-08:00", "service_code": "009"}
CLOSED = {**CHANGED, "service_request_id": "3", "status": "closed"}
XML = """<?xml version="1.0" encoding="utf-8"?>
<service_requests><request>
  <service_request_id>638344</service_request_id><status>closed</status><service_code>006</service_code>
  <description>Bin &amp; bag</description><requested_datetime>2026-03-01T06:37:38-08:00</requested_datetime>
  <updated_datetime>2026-03-02T06:00:00-08:00</updated_datetime><lat>37.76</lat><long>-122.41</long>
</request></service_requests>"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><r><q><status>&b;</status></q></r>'


def feed_of(folder: Path) -> Feed:
    (folder / "m.toml").write_text(CITY + FEED, encoding="utf-8")
    return load_mapping(folder / "m.toml").feeds[0]


def read(folder: Path, name: str, text: str) -> pl.DataFrame:
    (folder / name).write_text(text, encoding="utf-8")
    return pl.concat(open311.records(feed_of(folder), folder / name, name, rows=10))


def test_the_standard_needs_no_columns_and_its_coordinates_are_wgs84(tmp_path: Path) -> None:
    feed = feed_of(tmp_path)

    assert feed.contract is ComplaintEvents
    assert feed.crs is Crs.WGS84
    assert dict(feed.columns)["category"].values == (("006", "waste"),)
    assert [dict(part.columns)["event"].value for part in feed.parts] == ["opened", "changed", "closed"]


def test_a_request_is_opened_and_then_changed_or_closed(tmp_path: Path) -> None:
    found = read(tmp_path, "requests.json", json.dumps([OPEN, CHANGED, CLOSED]))

    assert found.select("service_request_id", "changed_datetime", "closed_datetime", "closed").rows() == [
        ("638344", None, None, None),
        ("2", "2026-03-02T06:00:00-08:00", None, None),
        ("3", None, "2026-03-02T06:00:00-08:00", "closed"),
    ]


def test_nothing_but_one_id_of_the_reporter_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "requests.json", json.dumps([OPEN, {**OPEN, "account_id": "A7"}]))

    assert found["reporter"].to_list() == ["jane@example.org", "A7"]  # hashed by the import, before anything is stored
    rest = json.dumps(found.drop("reporter").to_dicts())
    assert not any(secret in rest for secret in ("jane@", "555 0100", "Jane", "Doe"))


def test_xml_says_the_same(tmp_path: Path) -> None:
    (row,) = read(tmp_path, "requests.xml", XML).rows(named=True)

    assert (row["service_request_id"], row["description"], row["closed_datetime"]) == (
        "638344", "Bin & bag", "2026-03-02T06:00:00-08:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("requests.xml", BOMB, "it declares a document type"),
        ("requests.xml", "<a><b>", "it is not XML"),
        ("requests.json", '["x"]', "a service request is 'x', expected an object"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(UnreadableInputError, match=said):
        read(tmp_path, name, text)


def test_another_contract_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(CITY + FEED.replace('delay = "1h"', 'delay = "1h"\ncontract = "Weighings"'))

    with pytest.raises(CityError, match="contract is 'Weighings', expected ComplaintEvents, which open311 holds"):
        load_mapping(tmp_path / "m.toml")


def test_events_are_stored_and_the_same_file_adds_nothing(desk: Desk) -> None:
    undated = {**CLOSED, "service_request_id": "4", "updated_datetime": None}
    desk.file("requests.json", json.dumps([OPEN, CHANGED, CLOSED, undated]))

    first, second = desk.run(FEED), desk.run(FEED)

    assert (first.feeds[0].read, first.feeds[0].new, first.feeds[0].quarantined) == (12, 6, 1)
    assert (second.feeds[0].new, second.feeds[0].corrections) == (0, 0)
    rows = desk.history.read(ComplaintEvents, as_of=NOW).sort("complaint_id", "at")
    assert rows["reporter"].str.contains("jane").sum() == 0
    assert desk.history.quarantined()["row"].str.contains("jane").sum() == 0
    assert rows.select("complaint_id", "event", "category").rows() == [
        ("2", "opened", "other"), ("2", "changed", "other"), ("3", "opened", "other"), ("3", "closed", "other"),
        ("4", "opened", "other"), ("638344", "opened", "waste"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requests.json", '[{"code": 400, "description": "jurisdiction_id is required"}]'),
        ("requests.json", '{"errors": [{"code": 400, "description": "jurisdiction_id is required"}]}'),
        (
            "requests.xml",
            "<errors><error><code>400</code><description>jurisdiction_id is required</description></error></errors>",
        ),
    ],
)
def test_what_the_server_says_instead_of_requests_is_handed_on(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(UnreadableInputError, match=r"the server answered with an error, not .* 400: jurisdiction_id"):
        read(tmp_path, name, text)
