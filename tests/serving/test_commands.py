"""The commands on a city that has lived through a whole day."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from typer.testing import CliRunner

from city.settings import Settings
from serving.cli import app
from serving.desk import Desk
from tests.serving.conftest import Answer, DemoHome, demo_words


def city(*words: str, home: Path) -> Answer:
    """In this process: starting Python anew costs seconds each time, and test_cli.py does it once."""
    result = CliRunner().invoke(app, ["--home", str(home), *words])
    return Answer(result.exit_code, result.stdout, result.stderr)


def plan_of(home: DemoHome, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((home.plan_folder(kind) / "plan.json").read_text(encoding="utf-8"))
    return document


def test_the_demo_makes_a_whole_day(demo_home: DemoHome) -> None:
    day = demo_home.day

    assert {feed["contract"] for feed in day["feeds"]} >= {"TrafficCounts", "BinReadings", "Weighings", "Entities"}
    assert sum(feed["quarantined"] for feed in day["feeds"]) > 0
    assert [trained["name"] for trained in day["trained"]] == ["congestion", "waste"]
    assert all(trained["promoted"] for trained in day["trained"])
    assert [len(plan["check"]["findings"]) for plan in day["plans"]] == [0, 0]


def test_plans_are_written_in_every_form(demo_home: DemoHome) -> None:
    signals, routes = demo_home.plan_folder("signals"), demo_home.plan_folder("routes")
    trucks = [route["truck_id"] for route in plan_of(demo_home, "routes")["routes"]]

    pages = ("junction-", "corridor-")
    assert {file.name for file in signals.iterdir() if not file.name.startswith(pages)} == {
        "plan.json", "check.json", "junctions.json", "verify_plan.py", "signals.add.xml", "signals.xlsx",
        "explained.json", "plan.html", "plotly.min.js",
    }  # fmt: skip
    assert {file.name for file in routes.iterdir()} >= {"plan.json", "check.json", "problem.json"}
    additional = ET.parse(signals / "signals.add.xml").getroot()  # noqa: S314  -- we wrote it
    assert additional.findall("tlLogic")
    assert json.loads((routes / "routes.geojson").read_text(encoding="utf-8"))["type"] == "FeatureCollection"
    assert set(fastexcel.read_excel(routes / "routes.xlsx").sheet_names) >= set(trucks)


def test_a_second_demo_uses_what_is_there_and_loses_nothing(demo_home: DemoHome) -> None:
    desk = Desk(Settings.from_environment({"CITY_HOME": str(demo_home.folder)}))
    before = desk.history.versions(), {plan.plan_id for plan in desk.ledger.plans()}

    again = city(*demo_words(), home=demo_home.folder)

    assert again.code == 0, again.err
    day = again.json()
    assert len(day["reused"]) == 8
    assert {plan["plan_id"] for plan in day["plans"]} <= before[1]
    assert (desk.history.versions(), {plan.plan_id for plan in desk.ledger.plans()}) == before


def test_a_demo_of_another_size_is_refused(demo_home: DemoHome) -> None:
    other = city("demo", "--no-serve", "--seed", "2", home=demo_home.folder)

    assert other.code == 1
    assert "asked for is seed 2, scale 1" in other.err


def test_another_city_is_not_let_into_the_same_home(demo_home: DemoHome, tmp_path: Path) -> None:
    mapping = tmp_path / "other.toml"
    mapping.write_text(
        '[city]\nname = "Elsewhere"\ntime_zone = "Europe/Berlin"\nnational_profile = "DE"\n'
        '[[feed]]\nname = "counts"\ncontract = "TrafficCounts"\npath = "c.csv"\nstep = "15min"\ndelay = "5min"\n'
        'district = "D01"\n[feed.columns]\ndetector_id = "d"\nstart_at = "t"\n'
        'flow_veh_h = { column = "n", unit = "veh/h" }\n',
        encoding="utf-8",
    )

    answer = city("import", "--mapping", str(mapping), home=demo_home.folder)

    assert answer.code == 1
    assert "Elsewhere (Europe/Berlin)" in answer.err
    assert "city --home FOLDER" in answer.err


def test_a_dry_run_of_the_same_files_brings_nothing_new(demo_home: DemoHome) -> None:
    mapping = demo_home.folder / "demo" / "departments" / "mapping.toml"

    answer = city("import", "--mapping", str(mapping), "--dry-run", "--json", home=demo_home.folder)

    assert answer.code == 0, answer.err
    assert sum(feed["new"] + feed["corrections"] for feed in answer.json()["feeds"]) == 0


def test_a_forecast_without_a_time_is_issued_at_the_feeds_last_news(demo_home: DemoHome) -> None:
    answer = city("forecast", "congestion", "--json", home=demo_home.folder)

    assert answer.code == 0, answer.err
    issued = answer.json()
    assert issued["rungs"] == {"champion": issued["rows"]["CongestionForecasts"]}
    assert issued["models"] == ["congestion v1"]
    assert "that is taken for now" in issued["assumed"][0]
    assert issued["issued_at"].startswith("2026-03-29T2")


def test_one_junction_can_be_planned_and_handed_over(demo_home: DemoHome, tmp_path: Path) -> None:
    junction = plan_of(demo_home, "signals")["day_plans"][0]["junction_id"]
    now = demo_home.day["files"]["now"]
    out = tmp_path / "handed-over"

    answer = city(
        "plan", "signals", "--junction", junction, "--at", now, "--out", str(out), "--json", home=demo_home.folder
    )

    assert answer.code == 0, answer.err
    plan = answer.json()["plan"]
    assert [day_plan["junction_id"] for day_plan in plan["day_plans"]] == [junction]
    assert plan["service_date"] == "2026-03-31"
    assert json.loads((out / "plan.json").read_text(encoding="utf-8")) == plan


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("plan", "signals", "--junction", "J999"), "there is no junction 'J999'"),
        (("plan", "signals", "--district", "D99"), "there is no district 'D99'"),
        (("plan", "routes", "--district", "D99"), "there is no district 'D99'"),
        (("plan", "routes", "--date", "2030-01-01"), "expected 2026-03-30 to 2026-04-0"),
        (("plan", "signals", "--date", "2030-01-01"), "no complete forecast of detector"),
        (("plan", "signals", "--at", "2020-01-01T00:00:00+08:00"), "signalised junctions"),
    ],
)
def test_unknown_things_are_named(demo_home: DemoHome, words: tuple[str, ...], complaint: str) -> None:
    answer = city(*words, home=demo_home.folder)

    assert answer.code == 1
    assert complaint in answer.err


@pytest.mark.parametrize("kind", ["signals", "routes"])
def test_a_stored_plan_passes_its_check_again(demo_home: DemoHome, kind: str) -> None:
    answer = city("check", str(demo_home.plan_folder(kind) / "plan.json"), "--json", home=demo_home.folder)

    assert answer.code == 0, answer.err
    assert answer.json()["ok"] is True


def test_a_plan_changed_by_hand_fails_its_check(demo_home: DemoHome, tmp_path: Path) -> None:
    plan = plan_of(demo_home, "routes")
    stop = plan["routes"][0]["trips"][0]["stops"][0]
    plan["routes"][0]["trips"][0]["stops"].remove(stop)
    changed = tmp_path / "plan.json"
    changed.write_text(json.dumps(plan), encoding="utf-8")

    answer = city("check", str(changed), home=demo_home.folder)

    assert answer.code == 1
    assert stop["point_id"] in answer.out
    assert f"Plan {plan['plan_id']} breaks" in answer.out


def test_a_green_that_was_cut_by_hand_fails_its_check(demo_home: DemoHome, tmp_path: Path) -> None:
    plan = plan_of(demo_home, "signals")
    green = plan["day_plans"][0]["plans"][0]["greens"][0]
    green["end_s"] = green["start_s"] + 1
    changed = tmp_path / "plan.json"
    changed.write_text(json.dumps(plan), encoding="utf-8")

    answer = city("check", str(changed), "--json", home=demo_home.folder)

    assert answer.code == 1
    rules = {finding["rule"] for finding in answer.json()["check"]["findings"]}
    assert rules & {"minimum-green", "pedestrian-minimum"}


def test_a_form_knows_the_detectors_and_is_not_overwritten(demo_home: DemoHome, tmp_path: Path) -> None:
    form = tmp_path / "junctions.json"

    first = city("template", "junctions", "--out", str(form), "--json", home=demo_home.folder)
    again = city("template", "junctions", "--out", str(form), home=demo_home.folder)

    assert first.code == 0, first.err
    assert Path(first.json()["mapping"]).is_file()
    assert "DET0001" in form.read_text(encoding="utf-8")
    assert again.code == 1
    assert "it is there already" in again.err
