"""Complaints at the command line: forecasts with their rung, refused training, propensity; audits of stored plans."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from city.complaint_forecasts import ComplaintForecasts
from city.frames import ComplaintCounts
from city.ledger import Ledger
from city.settings import Settings
from optimization.collection.check import check_plan
from serving.audits import ordered_audits
from serving.cli import app
from serving.desk import Desk
from tests.features.small_city import MONDAY, stored
from tests.models.test_complaints import DISTRICTS, counts
from tests.optimization.collection.test_audits import drawn, planned, street
from tests.serving.conftest import DemoHome
from tests.serving.test_commands import city

DAYS = 45
NOW = MONDAY + timedelta(days=DAYS, hours=5)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    stored(folder, (ComplaintCounts, counts(DAYS)))
    return folder


def told(home: Path, *words: str, code: int = 0) -> dict[str, object]:
    answer = CliRunner().invoke(app, ["--home", str(home), *words, "--json"])
    assert answer.exit_code == code, answer.output
    found: dict[str, object] = json.loads(answer.stdout)
    return found


def test_a_forecast_without_a_model_is_stored_and_says_which_rung_and_why(home: Path) -> None:
    issued = told(home, "forecast", "complaints", "--at", NOW.isoformat())

    rows = 7 * len(DISTRICTS)
    assert issued["rows"] == {"ComplaintForecasts": rows}
    assert issued["rungs"] == {"same_weekdays": rows}
    degraded = " ".join(str(one) for one in issued["degraded"])  # type: ignore[attr-defined]
    assert "come from same_weekdays, not from the champion model" in degraded
    assert "no complaints model has been promoted yet" in degraded
    desk = Desk(Settings.from_environment({"CITY_HOME": str(home)}))
    assert desk.history.read_forecast(ComplaintForecasts).height == rows


def test_training_on_six_weeks_is_refused_with_what_is_missing(home: Path) -> None:
    refused = told(home, "train", "complaints", "--as-of", NOW.isoformat(), code=1)

    assert "56 days of counts" in str(refused["detail"])
    assert "the last same weekdays answer" in str(refused["detail"])


def test_a_city_without_complaints_is_told_what_to_import(tmp_path: Path) -> None:
    stored(tmp_path)
    refused = told(tmp_path, "forecast", "complaints", code=1)

    assert "complaints" in str(refused["detail"])
    assert "city import" in str(refused["detail"])


def test_propensity_is_told_with_its_interval_and_that_it_never_lowers_a_service(demo_home: DemoHome) -> None:
    answer = city("propensity", "--json", home=demo_home.folder)
    assert answer.code == 0, answer.err
    found = answer.json()

    assert found["categories"] == ["waste"]
    assert found["visits_left_out"] > 0
    for one in found["districts"]:
        assert 0 < one["low"] < one["propensity"] < one["high"]
    assert "never alone lowers a district's service" in found["notes"][-1]


def test_an_unknown_category_is_named_with_those_that_are_known(demo_home: DemoHome) -> None:
    answer = city("propensity", "--category", "wste", home=demo_home.folder)

    assert answer.code == 1
    assert "wste" in answer.err
    assert "waste" in answer.err.replace("wste", "")


def test_audits_come_out_of_the_ledger_with_their_probability(tmp_path: Path) -> None:
    problem = drawn(street())
    plan = planned(problem)
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    ledger.save_plan(plan, check_plan(plan, problem))

    audits = ordered_audits(ledger)

    (row,) = audits.rows(named=True)
    assert (row["point_id"], row["stream"], row["probability"]) == ("quiet", "residual", 0.02)
    # 3 March in Shanghai; trucks leave at six.
    assert row["planned_at"].isoformat().startswith("2026-03-02T22:")
    assert ordered_audits(Ledger(f"sqlite:///{tmp_path / 'empty.db'}")).is_empty()
