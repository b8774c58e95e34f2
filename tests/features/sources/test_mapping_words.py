"""Words that the mapping alone shows to be wrong are refused before a file is opened."""

from pathlib import Path

import pytest

from city.errors import CityError
from features.sources.mapping import Mapping, load_mapping
from features.sources.stamps import is_format

BINS = """
[city]
time_zone = "Europe/Berlin"
districts = { centre = "Centre", north = "North" }

[[feed]]
name = "levels"
contract = "BinReadings"
path = "levels.csv"
delay = "5min"

[feed.columns]
point_id = "bin"
read_at = "time"
stream = { column = "type", map = { "Glas" = "glass" } }
method = { value = "visit" }
emptied = { column = "done", default = "no", map = { "x" = "yes" } }
fill_level = { column = "fill", unit = "percent" }
district_id = { column = "area", map = { "C" = "centre", "W" = "*" } }
"""
TRUCKS = """
[city]
time_zone = "Europe/Berlin"
districts = { centre = "Centre" }

[[feed]]
name = "trucks"
entity = "truck"
path = "trucks.csv"
[feed.columns]
truck_id = "t"
depot_id = "d"
payload_kg = { column = "p", unit = "t" }
"compartments.0.streams" = { column = "s", map = { "both" = "Residual; paper", "G" = "glass" } }
"compartments.0.body_m3" = "b"
"shift.start_s" = { value = "06:00" }
"shift.end_s" = { value = "14:00" }
district_ids = { value = "centre" }
"""


def load(folder: Path, text: str) -> Mapping:
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return load_mapping(path)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"glass"', '"glas"', "stream: map is 'glas', expected one of its words; did you mean 'glass'?"),
        ('"glass"', '"Glass"', "map is 'Glass', expected one of its words; did you mean 'glass'?"),
        ('"visit"', '"visits"', "method: value is 'visits', expected one of its words; did you mean 'visit'?"),
        ('"yes"', '"yess"', "emptied: map is 'yess', expected one of its words; did you mean 'yes'?"),
        ('"no"', '"nope"', "emptied: default is 'nope', expected one of its words"),
        ('"C" = "centre"', '"C" = "center"',
         "map is 'center', expected a district of [city]; did you mean 'centre'?"),
        ('"W" = "*"', '"W" = "west"', "map is 'west', expected a district of [city]; there are centre, north"),
        ('delay = "5min"', 'delay = "5min"\ndistrict = "centr"', "district is 'centr', expected a district of [city]"),
    ],
)  # fmt: skip
def test_a_word_that_the_column_does_not_know_is_refused(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in BINS
    load(tmp_path, BINS)

    with pytest.raises(CityError) as refused:
        load(tmp_path, BINS.replace(right, wrong))

    assert said in str(refused.value)


def test_a_part_is_looked_at_too(tmp_path: Path) -> None:
    parted = BINS.replace('stream = { column = "type", map = { "Glas" = "glass" } }', "")
    parts = (
        '[[feed.part]]\n[feed.part.columns]\nstream = { value = "paper" }\n'
        '[[feed.part]]\ncolumns = { stream = { value = "WORD" } }\n'
    )

    load(tmp_path, parted + parts.replace("WORD", "glass"))
    with pytest.raises(CityError, match="part 2, column stream: value is 'wood', expected one of its words"):
        load(tmp_path, parted + parts.replace("WORD", "wood"))


def test_a_mapping_without_districts_may_name_those_of_the_history(tmp_path: Path) -> None:
    mapping = load(tmp_path, BINS.replace('districts = { centre = "Centre", north = "North" }', ""))

    assert not mapping.districts


def test_the_words_of_master_data_are_known_as_well(tmp_path: Path) -> None:
    load(tmp_path, TRUCKS)

    with pytest.raises(CityError, match="map is 'glas', expected one of its words; did you mean 'glass'"):
        load(tmp_path, TRUCKS.replace('"glass"', '"glas"'))
    with pytest.raises(CityError, match="value is 'center', expected a district of"):
        load(tmp_path, TRUCKS.replace('value = "centre"', 'value = "center"'))


@pytest.mark.parametrize(
    "pattern",
    ["%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d +s", "%Y%m%d%H +h", "%Y%m%d%H%z +h", "%d/%m/%y", "%Y-%m-%d %H",
     "%m/%d/%Y %I:%M:%S %p", "%b %d, %Y %I:%M %p", "%Y年%m月%d日 %H:%M", "%Y-%m-%d 00:00:00 %H:%M:%S", "epoch_s",
     "%Y-%m-%d %H:%M:%S +0800", "%Y-%m-%d %p%I:%M", "%Y-%m-%d %I %p", "%a %d %b %Y %T"],
)  # fmt: skip
def test_a_format_that_reads_what_it_writes_is_one(pattern: str) -> None:
    assert is_format(pattern)


@pytest.mark.parametrize(
    "pattern", ["%Y-%m-%d %Q", "%Q", "%Y-%m-%d +d", "%Y-%m-%d +hours", "%H:%M", "%d.%m. %H:%M", "%Y-%m-%d %I:%M", "+h"]
)
def test_a_format_by_which_no_time_can_be_read_is_none(pattern: str) -> None:
    assert not is_format(pattern)


def test_a_misspelt_contract_is_all_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(CityError) as refused:
        load(tmp_path, BINS.replace('"BinReadings"', '"BinReading"'))

    assert "expected a contract; did you mean 'BinReadings'?" in str(refused.value)
    assert "TrafficCounts" not in str(refused.value)
    assert "problem(s)" not in str(refused.value)


def test_a_misspelt_table_is_all_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(CityError) as refused:
        load(tmp_path, BINS.replace("[feed.columns]", "[feed.colums]"))

    assert "there is no table 'colums' here; did you mean 'columns'?" in str(refused.value)
    assert "point_id" not in str(refused.value)
    assert "problem(s)" not in str(refused.value)
