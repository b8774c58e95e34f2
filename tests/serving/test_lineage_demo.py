"""Lineage of a whole day: real imports, training, forecasts and plans; and what they saw, read back."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from city.frames import BinReadings, Entities, HistoryRow
from city.pinned import PinnedHistory
from city.settings import Settings
from city.store import History
from models.registry_reading import trained_models
from serving.cli import app
from serving.desk import Desk
from serving.effort import Effort
from serving.forecasting import issue
from serving.lineage_records import gather
from serving.planning_routes import make_route_plan
from serving.selection import RouteRequest
from serving.training import train
from tests.serving.conftest import Answer, DemoHome


def city(*words: str, home: Path) -> Answer:
    result = CliRunner().invoke(app, ["--home", str(home), *words])
    return Answer(result.exit_code, result.stdout, result.stderr)


@pytest.mark.parametrize("kind", ["signals", "routes"])
def test_a_plan_of_the_demo_goes_back_to_the_departments_files(demo_home: DemoHome, kind: str) -> None:
    plan_id = demo_home.plan_folder(kind).name

    found = city("lineage", plan_id, "--json", home=demo_home.folder).json()

    assert found["unknown"] == []
    assert [model["version"] for model in found["models"]] == ["1"]
    (brought,) = found["imports"]
    departments = demo_home.folder / "demo" / "departments"
    hashed = {file["source"].split("#")[0]: file["sha256"] for file in brought["files"] if file["sha256"] is not None}
    assert hashed.keys() >= {"weather.csv", "node.csv", "sanitation.xlsx", "junctions.json"}
    assert hashed == {name: sha256((departments / name).read_bytes()).hexdigest() for name in hashed}
    of_plan = {one["table"] for one in found["tables"] if one["of"].startswith("plan")}
    assert of_plan == ({"Entities"} if kind == "signals" else {"BinReadings", "Entities", "Links", "Nodes"})


def test_a_departments_file_reaches_what_was_made_from_it(demo_home: DemoHome) -> None:
    departments = demo_home.folder / "demo" / "departments"

    by_path = city("affected-by", str(departments / "link.csv"), "--json", home=demo_home.folder).json()
    database = city("affected-by", "traffic.sqlite", "--json", home=demo_home.folder).json()

    assert [one["table"] for one in by_path["tables"]] == ["Links"]
    assert {one["plan"]["kind"] for one in by_path["plans"]} == {"routes"}
    assert by_path["models"] == []
    assert {one["table"] for one in database["tables"]} == {"Detectors", "TrafficCounts"}
    assert {one["model"]["name"] for one in database["models"]} == {"congestion"}


@dataclass
class Seen:
    """What one reader was given, and how it asked."""

    contract: type[HistoryRow]
    how: dict[str, Any]
    rows: pl.DataFrame


@pytest.fixture
def desk(demo_home: DemoHome, tmp_path: Path) -> Desk:
    """A copy of the demo's home with a registry of its own: what is imported here disturbs nobody."""
    home = tmp_path / "home"
    shutil.copytree(demo_home.folder, home, ignore=shutil.ignore_patterns("mlruns", "*.log"))
    return Desk(Settings.from_environment({"CITY_HOME": str(home), "CITY_MLRUNS": str(tmp_path / "mlruns")}))


@pytest.fixture
def watched(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> list[Seen]:
    """Every read of a pinned history; at the first one another import lands and corrects what is about to be read."""
    seen: list[Seen] = []
    read: Callable[..., dy.DataFrame[Any]] = PinnedHistory.read

    def reading(self: History, contract: type[HistoryRow], **how: Any) -> dy.DataFrame[Any]:  # noqa: ANN401  -- read's
        if not seen:
            correct(desk.history)
        rows = read(self, contract, **how)
        seen.append(Seen(contract, how, rows))
        return rows

    monkeypatch.setattr(PinnedHistory, "read", reading)
    return seen


def correct(history: History) -> None:
    """Every bin was fuller than the department had said, and every point has another document."""
    readings = history.read(BinReadings).filter(~pl.col("emptied"))
    news = pl.lit(datetime.fromisoformat("2026-03-29T00:00:00Z")).dt.cast_time_unit("us")
    later = readings.with_columns(
        (pl.col("fill_level") * 0.5 + 0.6).clip(0, 2), known_at=news, imported_at=news, source=pl.lit("later.csv")
    )
    history.append(BinReadings, later, published=True)
    points = history.read(Entities).filter(pl.col("kind") == "truck")
    changed = points.with_columns(pl.col("document").str.replace('"truck_id"', ' "truck_id"'), source=pl.lit("later"))
    history.append(Entities, changed, published=True)


def assert_read_back(history: History, seen: list[Seen], versions: dict[str, int]) -> None:
    """The versions that were noted give what was seen; the newest do not any more."""
    assert seen
    for one in seen:
        name = one.contract.__name__
        if name not in versions:
            assert one.rows.is_empty()
            continue
        assert_frame_equal(history.read(one.contract, **one.how, version=versions[name]), one.rows)
    readings = next(one for one in seen if one.contract is BinReadings)
    assert not history.read(BinReadings, **readings.how).equals(readings.rows)


def test_the_versions_named_in_a_plan_give_what_the_planner_saw(
    desk: Desk, demo_home: DemoHome, watched: list[Seen]
) -> None:
    now = datetime.fromisoformat(demo_home.day["files"]["now"])

    plan = make_route_plan(desk, RouteRequest(at=now, seconds=1)).plan

    versions = dict(plan.provenance.history_versions)
    assert versions.keys() == {
        "BinReadings", "Entities", "Links", "Nodes", "FillForecasts", "CongestionIndexForecasts"
    }  # fmt: skip
    assert_read_back(desk.history, watched, versions)


def test_the_versions_noted_with_a_forecast_and_a_model_give_what_they_saw(
    desk: Desk, demo_home: DemoHome, watched: list[Seen]
) -> None:
    now = datetime.fromisoformat(demo_home.day["files"]["now"])

    trained = train(desk, "waste", asked=now, effort=Effort(quick=True))
    of_training = list(watched)
    issued = issue(desk, "waste", asked=now + timedelta(minutes=1))

    model = next(one for one in trained_models(desk.settings) if one.run_id == trained.run_id)
    assert model.read is not None
    assert_read_back(desk.history, of_training, dict(model.read))
    stored = next(one for one in gather(desk).issues if one.issued_at == issued.issued_at)
    assert stored.read is not None
    of_issue = watched[len(of_training) :]
    assert {one.contract.__name__ for one in of_issue if not one.rows.is_empty()} == dict(stored.read).keys()
    assert dict(stored.read)["BinReadings"] == dict(model.read)["BinReadings"] + 1
