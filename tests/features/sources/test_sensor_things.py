"""OGC SensorThings 1.1: saved responses in the shapes that servers give."""

import json
from pathlib import Path

import polars as pl
import pytest

from city.errors import BrokenRuleError, UnreadableInputError
from city.frames import BinReadings
from features.sources import sensor_things
from features.sources.feeds import Feed
from features.sources.mapping import load_mapping
from tests.features.sources.conftest import NOW, Desk

CITY = '[city]\ntime_zone = "Europe/Berlin"\ndistricts = { centre = "Centre" }\n'
FEED = """
[[feed]]
name = "bins"
format = "sensorthings"
contract = "BinReadings"
path = "observations*.json"
delay = "10min"
[feed.columns]
point_id = "Thing.name"
stream = { value = "glass" }
fill_level = { column = "result", unit = "percent" }
"""
THING = {"@iot.id": 3, "name": "BIN-3", "properties": {"street": "Main"}}
STREAM = {"@iot.id": 17, "name": "fill", "unitOfMeasurement": {"name": "percent", "symbol": "%"}, "Thing": THING}
SEEN = {"@iot.id": 1, "phenomenonTime": "2026-03-01T08:00:00Z/2026-03-01T08:10:00Z", "result": 61, "resultTime": None}


def feed_of(folder: Path, more: str = "") -> Feed:
    (folder / "m.toml").write_text(CITY + FEED + more, encoding="utf-8")
    return load_mapping(folder / "m.toml").feeds[0]


def saved(folder: Path, response: object, name: str = "observations.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(response), encoding="utf-8")
    return path


def read(feed: Feed, path: Path) -> pl.DataFrame:
    return pl.concat(sensor_things.records(feed, path, path.name, rows=100))


@pytest.mark.parametrize(
    "response",
    [
        {"value": [{**SEEN, "Datastream": STREAM}]},
        [{**SEEN, "Datastream": STREAM}],
        {"value": [{**STREAM, "Observations": [SEEN]}]},
        {"value": [{**THING, "Datastreams": [{**STREAM, "Thing": None, "Observations": [SEEN]}]}]},
        {"value": [{"Datastream": STREAM, "components": list(SEEN), "dataArray": [list(SEEN.values())]}]},
    ],
    ids=["observations", "a bare list", "datastreams", "things", "a data array"],
)
def test_the_same_observation_in_every_shape(tmp_path: Path, response: object) -> None:
    (row,) = read(feed_of(tmp_path), saved(tmp_path, response)).rows(named=True)

    assert row == {"Thing.name": "BIN-3", "phenomenon_end": "2026-03-01T08:10:00Z", "result": "61"}


def test_the_units_of_file_and_mapping_must_agree(tmp_path: Path) -> None:
    volts = {**STREAM, "name": "battery", "unitOfMeasurement": {"name": "Kelvin", "symbol": "K"}}
    path = saved(tmp_path, {"value": [{**SEEN, "Datastream": STREAM}, {**SEEN, "Datastream": volts}]})

    with pytest.raises(BrokenRuleError, match="datastream 'battery' measures in 'K', the mapping says percent"):
        read(feed_of(tmp_path), path)

    rule = '[[feed.leave_out]]\ncolumn = "Datastream.name"\nequals = ["battery"]\nreason = "no fill"\n'
    assert read(feed_of(tmp_path, rule), path).height == 2


def test_pages_that_are_missing_are_counted_and_not_fetched(tmp_path: Path) -> None:
    page = {"value": [{**SEEN, "Datastream": STREAM}] * 10, "@iot.count": 42, "@iot.nextLink": "http://no.such/next"}
    first = saved(tmp_path, page, "observations1.json")
    feed = feed_of(tmp_path)

    assert sensor_things.notes(feed, first, "f") == (
        "f: the response goes on: 4 pages are missing; save them as files of their own",
    )
    last = saved(tmp_path, {**page, "@iot.nextLink": None} | {"value": page["value"]}, "observations2.json")
    last.write_text(last.read_text().replace('"@iot.nextLink": null', '"x": 1'))
    assert sensor_things.notes(feed, first, "f") == ()  # the page after it is there, and says that it is the last


def test_a_unit_that_nobody_knows_is_said_where_all_measure_in_it(tmp_path: Path) -> None:
    odd = {**STREAM, "unitOfMeasurement": {"name": "bars", "symbol": "▮"}}
    path = saved(tmp_path, {"value": [{**SEEN, "Datastream": odd}]})

    assert "'fill' measures in '▮', which is not known here" in sensor_things.notes(feed_of(tmp_path), path, "f")[0]
    assert read(feed_of(tmp_path), path).height == 1


@pytest.mark.parametrize("symbol", ["V", "mV", "dBm", "hPa", "lx", "µg/m3"])
def test_a_quantity_that_the_mapping_cannot_mean_is_refused(tmp_path: Path, symbol: str) -> None:
    battery = {**STREAM, "name": "battery", "unitOfMeasurement": {"name": "other", "symbol": symbol}}
    alone = saved(tmp_path, {"value": [{**SEEN, "Datastream": battery}]})

    with pytest.raises(BrokenRuleError, match=f"'battery' measures in '{symbol}', the mapping says percent"):
        read(feed_of(tmp_path), alone)


def test_beside_a_datastream_that_agrees_an_unknown_unit_is_refused(tmp_path: Path) -> None:
    odd = {**STREAM, "name": "count", "unitOfMeasurement": {"name": "bars", "symbol": "▮"}}
    both = saved(tmp_path, {"value": [{**SEEN, "Datastream": STREAM}, {**SEEN, "Datastream": odd}]})

    with pytest.raises(BrokenRuleError, match="'count' measures in '▮', which is not known here; the mapping says"):
        read(feed_of(tmp_path), both)

    rule = '[[feed.leave_out]]\ncolumn = "Datastream.name"\nequals = ["count"]\nreason = "no fill"\n'
    assert read(feed_of(tmp_path, rule), both).height == 2


@pytest.mark.parametrize(
    ("response", "said"),
    [
        ({"features": []}, "it has no list 'value'"),
        ({"value": [STREAM | {"Observations": []}]}, "it holds no observations"),
        ({"value": [7]}, "an item of 'value' is 7"),
    ],
)
def test_what_is_no_response_is_a_sentence(tmp_path: Path, response: object, said: str) -> None:
    with pytest.raises(UnreadableInputError, match=said):
        read(feed_of(tmp_path), saved(tmp_path, response))


def test_readings_reach_the_history_in_the_citys_unit(desk: Desk) -> None:
    saved(desk.folder, {"value": [{**SEEN, "Datastream": STREAM}, {**SEEN, "result": "x", "Datastream": STREAM}]})

    report = desk.run(FEED)

    assert (report.feeds[0].new, report.feeds[0].quarantined) == (1, 1)
    (row,) = desk.history.read(BinReadings, as_of=NOW).select("point_id", "fill_level", "method", "emptied").rows()
    assert row == ("BIN-3", 0.61, "sensor", False)
