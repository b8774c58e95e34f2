"""Drafts for whole files: the demo city's, real departments', and whatever else a file may hold."""

import csv
import io
import tempfile
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import CityError
from features.sources.suggest import suggest
from features.sources.synthetic import build_demo_city
from tests.features.sources.drafting import open_questions

WORDS = st.sampled_from(["", "%", "fill", "time", '"', "\\", "veh", "2026-03-01 08:00", "1,5", "12.03.26"])
CELLS = st.one_of(st.text(max_size=12), st.integers().map(str), st.dates().map(str), WORDS)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(1, 6))
    return draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12))


@given(tables(), st.sampled_from([",", ";", "\t"]))
def test_whatever_a_table_holds_the_draft_is_toml_or_a_sentence(rows: list[list[str]], delimiter: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(text.getvalue().encode("utf-8", errors="replace"))
        try:
            found = suggest(path)
        except CityError:
            return
        said = tomllib.loads(found.text)
        questions = open_questions(found, Path(folder))

    assert said["city"]["time_zone"] == "?"
    assert questions


DEMO = {
    "calendar.csv": {"CalendarDays"}, "complaints.csv": {"ComplaintEvents"}, "link.csv": {"Links"},
    "node.csv": {"Nodes"},
    "weather.csv": {"WeatherObserved"}, "weather_forecast.csv": {"WeatherForecasts"},
    "traffic.sqlite": {"TrafficCounts", "Detectors"},
    "sanitation.xlsx": {"point", "truck", "depot", "site", "Weighings", "BinReadings"},
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_demo_city(tmp_path_factory.mktemp("demo"), scale=0.1, days=10).folder


@pytest.mark.parametrize("name", DEMO)
def test_the_demo_citys_files_are_recognised_and_only_decisions_are_left(demo: Path, tmp_path: Path, name: str) -> None:
    found = suggest(demo / name)

    assert {fit.rpartition(": ")[2] for fit in found.fits} == DEMO[name]
    assert all("'?'" in error for error in open_questions(found, tmp_path))


REAL = {
    "bins_ankara/location_data.csv": "point",
    "bins_ankara/visits_fullness.csv": "BinReadings",
    "complaints/nyc311_rat_sightings_2018_sample.csv": "ComplaintEvents",
    "complaints/philly_illegal_dumping_daily.csv": "ComplaintCounts",
    "scats_boroondara/scats_october_2006.csv": "TrafficCounts",
    "scats_vicroads/volume_15min.parquet": "TrafficCounts",
    "tonnage/austin_daily.csv": "Weighings",
    "truck_visits/philly_sanitation_segment_visits_sample.csv.gz": "nothing fits",
}


@pytest.mark.parametrize("name", REAL)
def test_real_departments_files_are_recognised_and_only_decisions_are_left(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    found = suggest(shared_data / "departments" / name)

    assert [fit.rpartition(": ")[2] for fit in found.fits] == [REAL[name]]
    assert all("'?'" in error for error in open_questions(found, tmp_path))
