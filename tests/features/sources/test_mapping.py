"""A mapping file is read whole or refused with everything that is wrong in it."""

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from city.errors import CityError, InvalidValueError, SeveralErrors, UnreadableInputError
from features.sources.feeds import Column, Crs, Format, Label
from features.sources.mapping import load_mapping
from features.sources.stamps import is_format, read_by
from features.sources.word_map import listed

ROOT = Path(__file__).resolve().parents[3]
COUNTS = """
[city]
time_zone = "Europe/Berlin"
districts = { centre = "Centre" }

[[feed]]
name = "detectors"
contract = "TrafficCounts"
path = "counts_*.csv"
delimiter = ";"
step = "15min"
delay = "5min"

[feed.columns]
detector_id = "sensor"
start_at = { column = "time", formats = ["%d.%m.%Y %H:%M"] }
flow_veh_h = { column = "count", unit = "veh/interval" }
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return path


def sentence(folder: Path, text: str) -> str:
    with pytest.raises(CityError) as refused:
        load_mapping(written(folder, text))
    return str(refused.value)


def test_a_short_mapping_says_everything_that_is_needed(tmp_path: Path) -> None:
    mapping = load_mapping(written(tmp_path, COUNTS))

    (feed,) = mapping.feeds
    assert (feed.district, feed.step_s, feed.delay_s, feed.label) == ("centre", 900, 300, Label.START)
    assert (feed.reading.format, feed.reading.delimiter) == (Format.CSV, ";")
    assert dict(feed.columns)["detector_id"] == Column(column="sensor")
    assert feed.source_columns() == ("sensor", "time", "count")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('delay = "5min"', "", "delay is None, expected how long after start_at a row usually reaches the city"),
        ('delay = "5min"', 'delay = "soon"', "delay is 'soon', expected a duration such as \"15min\""),
        ("delimiter =", "delimeter =", "no such key here; did you mean 'delimiter'?"),
        ('"TrafficCounts"', '"TrafficCount"', "expected a contract; did you mean 'TrafficCounts'?"),
        ("detector_id =", "detector =", "expected a column of TrafficCounts; did you mean 'detector_id'?"),
        ("detector_id =", "occupancy =", "columns.detector_id is None, expected a column of the file or a value"),
        (', unit = "veh/interval"', "", "unit of flow_veh_h is None, expected one of veh/interval, veh/h"),
        ('"veh/interval"', '"cars"', "unit of flow_veh_h is 'cars', expected one of veh/interval"),
        ('"Europe/Berlin"', '"Berlin"', "expected an IANA name such as 'Asia/Shanghai'"),
        ('path = "counts_*.csv"', "", "path is None, expected a file pattern"),
        ('"counts_*.csv"', '"counts_*.dat"', "the ending of 'counts_*.dat' does not tell"),
        ('step = "15min"', "", "step_s is None"),
        ('"sensor"', '{ column = "sensor", value = "A" }', "expected exactly one of column, value and template"),
        ('step = "15min"', 'step = "15min"\nencoding = "gbk2"', "expected the name of an encoding"),
    ],
)
def test_a_fault_is_named_with_its_feed(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in COUNTS

    found = sentence(tmp_path, COUNTS.replace(right, wrong))

    assert said in found
    assert "m.toml" in found or "Berlin" in found


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    broken = COUNTS.replace("delimiter", "delimeter").replace('"TrafficCounts"', '"Traffic"').replace('"5min"', '"5"')

    with pytest.raises(SeveralErrors) as refused:
        load_mapping(written(tmp_path, broken))

    assert len(refused.value.errors) >= 3


def test_coordinates_need_their_reference_system(tmp_path: Path) -> None:
    place = '\nlat = "y"\nlon = "x"'
    detectors = (
        COUNTS.split("[[feed]]", maxsplit=1)[0]
        + """
[[feed]]
name = "places"
contract = "Detectors"
path = "places.csv"
CRS
[feed.columns]
detector_id = "sensor"
lanes = 1
"""
        + place
    )

    assert "coordinates without it may be 500 m off" in sentence(tmp_path, detectors.replace("CRS", ""))
    assert "Convert other coordinates" in sentence(tmp_path, detectors.replace("CRS", 'crs = "EPSG:2272"'))
    mapping = load_mapping(written(tmp_path, detectors.replace("CRS", 'crs = "gcj02"')))
    assert mapping.feeds[0].crs is Crs.GCJ02


def test_a_range_of_columns_is_written_out(tmp_path: Path) -> None:
    wide = (
        COUNTS.replace('flow_veh_h = { column = "count", unit = "veh/interval" }', "")
        + """
[feed.slots]
columns = "V08..V11"
into = "flow_veh_h"
unit = "veh/interval"
label = "end"
"""
    )
    slots = load_mapping(written(tmp_path, wide)).feeds[0].slots

    assert slots is not None
    assert slots.columns == ("V08", "V09", "V10", "V11")
    assert "label is None, expected start or end" in sentence(tmp_path, wide.replace('label = "end"', ""))


def test_a_file_that_is_no_toml_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"m\.toml: it is not TOML"):
        load_mapping(written(tmp_path, "[city"))
    with pytest.raises(UnreadableInputError, match=r"none\.toml: it cannot be read"):
        load_mapping(tmp_path / "none.toml")


def test_counts_of_days_must_say_what_an_absent_day_means(tmp_path: Path) -> None:
    daily = (
        COUNTS.split("[[feed]]", maxsplit=1)[0]
        + """
[[feed]]
name = "daily"
contract = "ComplaintCounts"
path = "daily.csv"
delay = "1d"
[feed.columns]
day = "day"
district_key = { value = "centre" }
category = { value = "waste" }
reports = "n"
"""
    )

    with pytest.raises(InvalidValueError, match="what a day without a row means"):
        load_mapping(written(tmp_path, daily))


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "mappings").glob("*.toml")))
def test_the_mappings_of_the_project_are_without_fault(name: str) -> None:
    assert load_mapping(ROOT / "mappings" / name).feeds


def test_patterns_stand_for_words_that_are_not_listed_themselves() -> None:
    pairs = (("Missed Garbage", "waste"), ("Missed*", "missed"), ("*", "other"))

    found = listed(["Missed Garbage", "Missed Glass", "Signal Out", None], pairs)

    assert [found[word] for word in ("Missed Garbage", "Missed Glass", "Signal Out")] == ["waste", "missed", "other"]
    assert listed(["Missed Glass"], pairs[:1]) == {"Missed Garbage": "waste"}


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"sensor"', '"?"', "columns.detector_id is '?', expected a decision"),
        ('"sensor"', '{ value = "?" }', "value is '?', expected a decision"),
        ('"sensor"', '{ column = "sensor", map = { "A" = "?" } }', "map is '?', expected a decision"),
        ('delay = "5min"', 'delay = "?"', "delay is '?', expected a duration"),
        ('delay = "5min"', 'delay = "5min"\ndistrict = "?"', "district is '?', expected a decision"),
        ('"Europe/Berlin"', '"?"', "time_zone is '?', expected an IANA name"),
        ('["%d.%m.%Y %H:%M"]', '["?"]', "formats is '?', expected a format"),
        ('"veh/interval"', '"?"', "unit of flow_veh_h is '?', expected one of veh/interval"),
        ('step = "15min"', 'step = "?"', "step is '?', expected a duration"),
    ],
)
def test_what_a_draft_left_open_is_refused_once(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in COUNTS
    refused = sentence(tmp_path, COUNTS.replace(right, wrong))

    assert said in refused
    assert "problem(s)" not in refused


@pytest.mark.parametrize("name", ["CGCS2000", "EPSG:4490", "cgcs 2000"])
def test_chinas_own_datum_is_known(tmp_path: Path, name: str) -> None:
    nodes = COUNTS.split("[[feed]]", maxsplit=1)[0] + (
        f'[[feed]]\nname = "n"\ncontract = "Nodes"\npath = "n.csv"\ncrs = "{name}"\n'
        '[feed.columns]\nnode_id = "n"\nlon = "x"\nlat = "y"\n'
    )

    assert load_mapping(written(tmp_path, nodes)).feeds[0].crs is Crs.CGCS2000


def test_a_geometry_cannot_be_shifted(tmp_path: Path) -> None:
    works = COUNTS.split("[[feed]]", maxsplit=1)[0] + (
        '[[feed]]\nname = "w"\nformat = "wzdx"\npath = "w.json"\ndelay = "0s"\ncrs = "GCJ-02"\n'
    )

    assert "expected WGS84 or CGCS2000: a geometry is kept as the file says it" in sentence(tmp_path, works)


def test_a_standard_must_be_given_its_own_contract(tmp_path: Path) -> None:
    feed = (
        COUNTS.split("[[feed]]", maxsplit=1)[0]
        + '[[feed]]\nname = "s"\nformat = "sensorthings"\npath = "s.json"\ndelay = "0s"\n'
    )

    assert "exactly one of contract (rows of a table) and entity" in sentence(tmp_path, feed)
    assert "expected a contract, no entity" in sentence(tmp_path, feed + 'entity = "point"\n')


def test_seconds_and_minutes_since_midnight_are_a_last_word() -> None:
    seconds = read_by(
        pl.Series(["2017-05-06 180", "2017-05-06 86400", "2017-05-06 x", "06.05.2017 0", None]), "%Y-%m-%d +s"
    )
    minutes = read_by(pl.Series(["06.05.2017 90", "06.05.2017 1441"]), "%d.%m.%Y +min")

    assert seconds.to_list() == [datetime(2017, 5, 6, 0, 3), datetime(2017, 5, 7), None, None, None]
    assert minutes.to_list() == [datetime(2017, 5, 6, 1, 30), None]
    assert is_format("%Y-%m-%d +s")
