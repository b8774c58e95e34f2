"""The answers of the signal commands on the demo city: audit, what-if, checks that score, logs, shadow mode."""

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from serving.cli import app
from tests.serving.conftest import Answer, DemoHome

LOG = """junction,plan,from,until,mode
{junction},{due},2026-03-31 00:00,2026-03-31 05:00,fixed
{junction},77,2026-03-31 05:00,2026-03-31 06:00,fixed
{junction},,2026-03-31 06:00,2026-03-31 07:00,HAND
"""
MAPPING = """
[city]
name = "Yunhe (demo city)"
time_zone = "Asia/Shanghai"
national_profile = "CN"
districts = {{ {district} = "District" }}

[[feed]]
name = "controller log"
contract = "SignalRuns"
path = "log.csv"
delay = "0min"
[feed.columns]
junction_id = "junction"
plan_number = "plan"
start_at = "from"
end_at = "until"
mode = {{ column = "mode", map = {{ fixed = "fixed", HAND = "manual" }} }}
district_id = {{ value = "{district}" }}
"""


def city(*words: str, home: Path) -> Answer:
    """The command without a process of its own."""
    done = CliRunner().invoke(app, ["--home", str(home), *words])
    return Answer(done.exit_code, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def plan(demo_home: DemoHome) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((demo_home.plan_folder("signals") / "plan.json").read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def own_home(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy to import into."""
    return Path(shutil.copytree(demo_home.folder, tmp_path_factory.mktemp("own") / "home"))


def a_planned_junction(plan: dict[str, Any]) -> str:
    return str(plan["day_plans"][0]["junction_id"])


def test_an_audit_says_what_is_doubtful_and_refuses_an_unknown_junction(
    demo_home: DemoHome, plan: dict[str, Any]
) -> None:
    name = a_planned_junction(plan)

    answer = city("audit", "junction", name, "--json", home=demo_home.folder)
    unknown = city("audit", "junction", "J999", home=demo_home.folder)

    audited = answer.json()
    assert answer.code == (0 if audited["ok"] else 1)
    assert [one["junction_id"] for one in audited["junctions"]] == [name]
    assert {one["weight"] for one in audited["junctions"][0]["doubts"]} <= {"wrong", "doubtful", "missing"}
    assert all(one["sentence"].endswith(".") for one in audited["junctions"][0]["doubts"])
    assert unknown.code == 1
    assert "no junction 'J999'" in unknown.err


def test_a_plan_lies_beside_its_meaning_and_its_pages(demo_home: DemoHome, plan: dict[str, Any]) -> None:
    folder = demo_home.plan_folder("signals")

    told = json.loads((folder / "explained.json").read_text(encoding="utf-8"))

    assert {one["junction_id"] for one in told} <= {one["junction_id"] for one in plan["day_plans"]}
    assert (folder / "plan.html").is_file()
    assert (folder / f"junction-{a_planned_junction(plan)}.html").is_file()


def test_a_what_if_is_compared_and_stores_nothing(demo_home: DemoHome, plan: dict[str, Any], tmp_path: Path) -> None:
    name = a_planned_junction(plan)
    before = sorted(path.name for path in (demo_home.folder / "plans").iterdir())

    answer = city(
        "plan", "signals", "--junction", name, "--what-if", "demand:+30%", "--out", str(tmp_path / "out"), "--json",
        home=demo_home.folder,
    )  # fmt: skip

    (one,) = answer.json()["junctions"]
    assert one["running"]["expected_s"] > one["today"]["expected_s"]
    assert one["planned"]["expected_s"] < one["running"]["expected_s"]
    assert one["stored"] is not None
    assert sorted(path.name for path in (demo_home.folder / "plans").iterdir()) == before
    assert "What if: demand +30 %" in (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")


def test_what_ifs_that_cannot_be_are_refused(demo_home: DemoHome, plan: dict[str, Any]) -> None:
    name = a_planned_junction(plan)

    unread = city("plan", "signals", "--what-if", "more traffic", home=demo_home.folder)
    kept = city(
        "plan", "signals", "--what-if", f"close-lane:{name}:N-through:1", "--keep", home=demo_home.folder
    )  # fmt: skip
    routes = city("plan", "routes", "--what-if", "demand:+10%", home=demo_home.folder)

    assert (unread.code, kept.code, routes.code) == (1, 1, 2)
    assert "demand:+20%" in unread.err
    assert "cannot be stored" in kept.err


def test_a_plan_changed_by_hand_is_checked_and_scored_at_once(
    demo_home: DemoHome, plan: dict[str, Any], tmp_path: Path
) -> None:
    same = demo_home.plan_folder("signals") / "plan.json"
    by_hand = json.loads(json.dumps(plan))
    green = by_hand["day_plans"][0]["plans"][0]["greens"][0]
    green["end_s"] -= 1
    changed = tmp_path / "plan.json"
    changed.write_text(json.dumps(by_hand), encoding="utf-8")

    untouched = city("check", str(same), "--json", home=demo_home.folder).json()
    touched = city("check", str(changed), "--json", home=demo_home.folder).json()

    assert untouched["scores"]["compared_with"] == plan["plan_id"]
    for one in untouched["scores"]["junctions"]:
        assert one["given"] == one["stored"]
    assert not touched["certificate"]["holds"]
    first = touched["scores"]["junctions"][0]
    assert first["given"] != first["stored"]


def test_the_services_check_says_whether_the_certificate_holds_and_scores(
    service: httpx.Client, plan: dict[str, Any]
) -> None:
    whole = service.post("/v1/signals/check", json=plan).json()
    renamed = service.post("/v1/signals/check", json=plan | {"degraded": ["somebody wrote this"]}).json()
    bare = service.post("/v1/signals/check", json=plan | {"certificate": None}).json()

    assert whole["ok"]
    assert whole["certificate"]["holds"]
    assert whole["certificate"]["broken"] == []
    assert renamed["certificate"]["broken"] == ["The plan was changed after it was certified."]
    assert bare["certificate"]["broken"] == ["The plan carries no certificate."]
    assert whole["scores"]["compared_with"] == plan["plan_id"]
    assert {one["junction_id"] for one in whole["scores"]["junctions"]} <= {
        one["junction_id"] for one in plan["day_plans"]
    }


def test_a_controllers_log_is_imported_and_drift_is_a_warning(
    own_home: Path, plan: dict[str, Any], tmp_path: Path
) -> None:
    day_plan = plan["day_plans"][0]
    name, due = day_plan["junction_id"], day_plan["entries"][0]["plan_number"]
    (tmp_path / "m.toml").write_text(MAPPING.format(district=day_plan["district_id"]), encoding="utf-8")
    (tmp_path / "log.csv").write_text(LOG.format(junction=name, due=due), encoding="utf-8")

    nothing = city("watch", "signals", home=own_home)
    imported = city("import", "--mapping", str(tmp_path / "m.toml"), home=own_home)
    watched = city("watch", "signals", "--plan", plan["plan_id"], "--date", "2026-03-31", "--json", home=own_home)

    assert nothing.code == 0
    assert "No controller's log" in nothing.out
    assert imported.code == 0, imported.err
    assert watched.code == 3
    found = watched.json()
    assert "05:00 to 06:00" in found["findings"][0]["sentence"]
    assert "plan 77 ran" in found["findings"][0]["sentence"]
    assert "mode manual" in found["notes"][0]["sentence"]


def test_shadow_mode_compares_once_the_counts_have_come(demo_home: DemoHome, plan: dict[str, Any]) -> None:
    answer = city("shadow", "--json", home=demo_home.folder).json()

    # The demo's plans are for tomorrow: nothing has been counted yet.
    assert all(one["day"] != plan["service_date"] for one in answer["days"])
    assert any(plan["service_date"] in said for said in answer["said"])
