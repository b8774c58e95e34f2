"""`city warnings` and `city indicators` as somebody types them, and the same over HTTP."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner, Result

from city.access import SCOPES
from serving.api.app import build_api
from serving.api.state import Office
from serving.cli import app
from serving.commands.warnings import UNTOLD
from serving.warnings_found import Watches
from tests.serving.test_indicator_series import routes_compared
from tests.serving.told_figures import MONDAY, SUNDAY
from tests.serving.watched_town import NOW, Town, town_in


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.delenv("CITY_WEBHOOKS", raising=False)
    monkeypatch.delenv("CITY_KEY", raising=False)
    monkeypatch.setenv("CITY_CLOCK_SHIFT_S", str(int((NOW - datetime.now(UTC)).total_seconds())))
    return town_in(tmp_path)


def city(town: Town, *words: str) -> Result:
    return CliRunner().invoke(app, ["--home", str(town.desk.settings.home), *words])


def told(town: Town, *words: str) -> dict[str, Any]:
    answer = city(town, *words, "--json")
    assert answer.exit_code == 0, answer.output
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


def overflow(town: Town) -> str:
    town.fill(("P1", 4.0, 0.9), ("P2", 5.0, 0.8))
    Watches(town.desk).look("forecasts")
    return town.desk.ledger.warnings.open()[0].warned.warning_id


def test_warnings_are_listed_and_acknowledged(town: Town) -> None:
    warning_id = overflow(town)

    listed = told(town, "warnings", "list", "--no-look", "--source", "forecasts", "--district", "north")
    assert [one["warning_id"] for one in listed["warnings"]] == [warning_id]
    assert told(town, "warnings", "list", "--no-look", "--district", "south")["warnings"] == []
    seen = told(town, "warnings", "acknowledge", warning_id, "--note", "truck T1 goes there")
    assert seen["acknowledged"]

    shown = city(town, "warnings", "list", "--no-look", "--parts").stdout
    assert "2 points of district north will probably overflow" in shown
    assert "truck T1 goes there" in shown
    assert "point P2 (residual) 2026-03-31 11:00, probability 80%" in shown


def test_a_warning_that_is_not_there_is_refused_with_a_sentence(town: Town) -> None:
    answer = city(town, "warnings", "acknowledge", "nothing", "--note", "seen")

    assert answer.exit_code == 1
    assert "no open warning" in answer.output
    assert city(town, "warnings", "list", "--source", "weather").exit_code == 1


def test_looking_finds_what_is_ahead_by_the_clock_of_the_city(town: Town) -> None:
    town.fill(("P1", 4.0, 0.9))

    listed = told(town, "warnings", "list", "--source", "plans", "--source", "forecasts")

    assert [one["cause"] for one in listed["warnings"]] == ["overflow-ahead"]
    assert listed["failed"] == {}


def test_sending_says_when_somebody_could_not_be_told(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "hooks.toml"
    path.write_text('[gone]\nurl = "http://127.0.0.1:9/"\nsecret = "0123456789abcdef"\n', encoding="utf-8")
    monkeypatch.setenv("CITY_WEBHOOKS", str(path))
    town.fill(("P1", 4.0, 0.9))

    answer = city(town, "warnings", "send", "--source", "forecasts", "--json")

    assert answer.exit_code == UNTOLD, answer.output
    (letter,) = json.loads(answer.stdout)["letters"]
    assert (letter["receiver"], letter["status"], letter["problem"]) == ("gone", "waiting", "ConnectError")
    assert told(town, "warnings", "letters")["letters"][0]["attempts"] == 1


def test_a_wrong_file_of_receivers_is_told_before_anything_else(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CITY_WEBHOOKS", str(tmp_path / "missing.toml"))

    answer = city(town, "warnings", "send")

    assert answer.exit_code == 1
    assert "missing.toml" in answer.output


RANGE = ("--from", MONDAY.isoformat(), "--to", SUNDAY.isoformat())


def test_indicators_are_shown_explained_and_written(town: Town, tmp_path: Path) -> None:
    routes_compared(town, MONDAY, [("north", 10, 9)], [30.0])
    out = tmp_path / "out.csv"

    shown = city(town, "indicators", "show", *RANGE, "--indicator", "waste.completion_rate").stdout
    listed = told(town, "indicators", "show", *RANGE)
    written = told(town, "indicators", "export", *RANGE, "--out", str(out))
    catalogue = told(town, "indicators", "catalogue")

    assert "collection completion rate (share); better: higher" in shown
    assert "0.9" in shown
    assert {one["value"] for one in listed["cells"]} == {0.9, 30.0}
    assert {one["indicator_id"] for one in listed["not_told"]} >= {"traffic.congestion_index", "forecasts.skill"}
    assert written["rows"] == pl.read_csv(out).height == 4
    assert {"waste.idle_rate", "routes.km"} <= {one["indicator_id"] for one in catalogue["definitions"]}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "--indicator", "waste.happiness"), 1, "waste.happiness"),
        (("show", "--indicator", "routes.km"), 1, "speaks of now"),
        (("show", "--from", "2026-03-01", "--to", "2026-02-01"), 1, "1 to 371 days"),
        (("show", "--period", "day", "--from", "2025-03-01", "--to", "2026-02-01"), 1, "1 to 92 days"),
        (("show", "--from", "yesterday"), 2, "is no date"),
        (("export", "--out", "out.pdf"), 1, ".parquet"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(town: Town, words: tuple[str, ...], code: int, said: str) -> None:
    answer = city(town, "indicators", *words)

    assert answer.exit_code == code
    assert said in answer.output


def test_the_series_and_the_catalogue_are_told_over_http(town: Town) -> None:
    routes_compared(town, MONDAY, [("north", 10, 9), ("south", 10, 5)], [30.0])
    key = town.desk.ledger.keys.make(person="Li Wei", scopes=SCOPES, districts=None, made_by="tests")
    client = TestClient(build_api(Office(town.desk)), headers={"authorization": f"Bearer {key.text}"})
    asked = {"from": MONDAY.isoformat(), "to": SUNDAY.isoformat(), "indicator_id": "waste.completion_rate"}

    series = client.get("/v1/indicators/series", params={**asked, "district_id": "north"}).json()
    catalogue = client.get("/v1/indicators/catalogue", params={"kind": "waste"}).json()

    (cell,) = series["cells"]
    assert (cell["value"], cell["start"], cell["end"], cell["support"]) == (
        0.9, date.isoformat(MONDAY), "2026-03-23", 10,
    )  # fmt: skip
    assert [one["indicator_id"] for one in series["definitions"]] == ["waste.completion_rate"]
    assert {one["kind"] for one in catalogue["definitions"]} == {"waste"}
    refused = client.get("/v1/indicators/series", params={**asked, "indicator_id": "waste.happiness"})
    assert refused.status_code == 422
    assert "waste.happiness" in refused.json()["detail"]
