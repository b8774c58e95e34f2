"""`city index`: the stored index as tables, as one JSON document and as a picture."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.image import imread
from typer.testing import CliRunner

from city.congestion_index import AreaKind
from city.errors import NotFoundError, UnknownIdError
from city.forecasts import CongestionForecasts, CongestionIndexForecasts
from city.frames import TrafficCounts
from city.settings import Settings
from serving.cli import app
from serving.desk import Desk
from serving.forecasting import stored_issue
from serving.index_document import index_document
from serving.index_making import free_flow_cutoff, make_index
from serving.schemas.congestion_index import CongestionIndex, IndexQuery
from tests.features.small_city import MONDAY, PER_DAY, noisy_counts, one_detector, stored
from tests.models.speed_forecasts import issue
from tests.serving.conftest import DemoHome
from tests.serving.test_commands import city

NOW = MONDAY + timedelta(days=8)


def forecasts() -> pl.DataFrame:
    """Two detectors, a day: one jams from 07 to 09 o'clock, the other is free."""
    speeds = np.tile([55.0, 58.0, 60.0], (PER_DAY, 2, 1))
    speeds[28:36, 0] = (8.0, 10.0, 14.0)
    return issue(speeds, issued_at=NOW, districts=["south", "north"])


def desk_in(folder: Path, *, counts: pl.DataFrame | None = None) -> Desk:
    measured = noisy_counts(9, detectors=2, with_speed=True) if counts is None else counts
    stored(folder, (TrafficCounts, measured.filter(pl.col("start_at") < NOW)))
    return Desk(Settings.from_environment({"CITY_HOME": str(folder)}))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a forecast and its index were stored, as `city forecast congestion` stores them."""
    folder = tmp_path_factory.mktemp("home")
    desk = desk_in(folder).pinned()
    made = make_index(desk, forecasts())
    assert any("taken as all alike" in reason for reason in made.reasons)
    desk.history.append_forecast(CongestionForecasts, forecasts())
    desk.history.append_forecast(CongestionIndexForecasts, made.frame)
    return folder


def asked(home: Path, *words: str) -> str:
    answer = CliRunner().invoke(app, ["--home", str(home), "index", *words])
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_the_tables_name_the_city_its_districts_and_the_worst_segment(home: Path) -> None:
    said = asked(home, "--worst", "1")

    assert "district south" in said
    assert "segment d0" in said
    assert "segment d1" not in said
    assert "severe 严重拥堵 from 2.1" in said


def test_the_document_says_when_it_is_worst_and_by_which_table(home: Path) -> None:
    document = json.loads(asked(home, "--json"))

    assert document["scale"]["points_at_index"][1] == [1.2, 2.0]
    south = next(one for one in document["areas"] if one["area_id"] == "south")
    assert south["first"]["level"] == "free"
    assert south["worst"]["level"] == "severe"
    assert south["worst"]["level_zh"] == "严重拥堵"
    assert south["worst"]["congested_probability"] > 0.9
    assert NOW + timedelta(hours=7) <= pl.Series([south["worst"]["valid_at"]]).str.to_datetime()[0]
    assert [one["area_id"] for one in document["worst_segments"]] == ["d0", "d1"]
    whole_city = next(one for one in document["values"] if one["area_kind"] == "city")
    assert len(whole_city["values"]) == PER_DAY


def test_hours_bound_what_is_looked_at(home: Path) -> None:
    document = json.loads(asked(home, "--json", "--hours", "6"))

    south = next(one for one in document["areas"] if one["area_id"] == "south")
    assert south["worst"]["level"] == "free"


def test_the_picture_is_a_png_in_which_the_jam_is_dark(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "new" / "index.png"

    said = asked(home, "--picture", str(file))

    assert "index.png" in said
    colours = {tuple(pixel) for pixel in (imread(file)[:, :, :3] * 255).round().astype(int).reshape(-1, 3)}
    severe, free = (0x67, 0x00, 0x0D), (0xD9, 0xF0, 0xD3)
    assert {severe, free} <= colours
    refused = CliRunner().invoke(app, ["--home", str(home), "index", "--picture", str(tmp_path / "index.svg")])
    assert refused.exit_code == 1
    assert "a name in .png" in refused.output


def test_before_any_forecast_it_says_what_to_run(tmp_path: Path) -> None:
    desk_in(tmp_path)

    answer = CliRunner().invoke(app, ["--home", str(tmp_path), "index"])

    assert answer.exit_code == 1
    assert "city forecast congestion" in answer.output


def test_a_city_that_only_counts_is_told_why_it_has_no_index(tmp_path: Path) -> None:
    desk = desk_in(tmp_path, counts=one_detector("d0", np.full(8 * PER_DAY, 300.0)))
    flow_only = forecasts().with_columns(pl.col("^speed_.*$").cast(pl.Float64) * None)
    desk.history.append_forecast(CongestionForecasts, flow_only)

    made = make_index(desk, flow_only)
    answer = CliRunner().invoke(app, ["--home", str(tmp_path), "index"])

    assert made.frame.is_empty()
    assert (
        "No congestion index for the city: every detector in it counts vehicles but measures no speed." in made.reasons
    )
    assert answer.exit_code == 1
    assert "measure no speed" in answer.output


def test_the_index_belongs_to_the_congestion_issue_but_does_not_count_as_its_values(home: Path) -> None:
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home)}))

    found = stored_issue(desk, "congestion", NOW)

    assert found is not None
    assert found.rows == {"CongestionForecasts": 2 * PER_DAY, "CongestionIndexForecasts": 5 * PER_DAY}
    assert found.rungs == {"champion": 2 * PER_DAY}


def test_free_flow_is_fitted_when_issued_where_no_trained_model_spoke(home: Path) -> None:
    assert free_flow_cutoff(Settings.from_environment({"CITY_HOME": str(home)}), forecasts()) == NOW


def test_the_document_of_the_service_holds_large_areas_unless_segments_are_asked_for(home: Path) -> None:
    stored_rows = Desk(Settings.from_environment({"CITY_HOME": str(home)})).history.read_forecast(
        CongestionIndexForecasts
    )

    large = CongestionIndex.model_validate(index_document(stored_rows, IndexQuery()))
    until = NOW + timedelta(hours=1)
    one = CongestionIndex.model_validate(
        index_document(stored_rows, IndexQuery(area_kind=[AreaKind.SEGMENT], area_id=["d1"], to=until))
    )

    assert [area.area_id for area in large.areas] == ["city", "north", "south"]
    assert [entry.from_index for entry in large.levels] == [1.0, 1.2, 1.5, 1.8, 2.1]
    assert [(area.area_id, len(area.values)) for area in one.areas] == [("d1", 4)]
    with pytest.raises(UnknownIdError, match="d7"):
        index_document(stored_rows, IndexQuery(area_id=["d7"]))
    with pytest.raises(NotFoundError, match="city forecast congestion"):
        index_document(stored_rows.clear(), IndexQuery())


def test_the_demo_citys_day_has_an_index(demo_home: DemoHome) -> None:
    answer = city("index", "--json", home=demo_home.folder)

    assert answer.code == 0, answer.err
    document = answer.json()
    assert {one["area_kind"] for one in document["areas"]} >= {"city", "district"}
    assert document["without_index"] == []
    assert all(one["worst"]["index_p10"] <= one["worst"]["index_p50"] for one in document["areas"])
