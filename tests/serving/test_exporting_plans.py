"""A signal plan leaves the house certified, checkable by anybody, and in the forms that others read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from city.documents import from_json
from city.signal_plans import DayKind, SignalSchedule
from city.signals import Junction
from features.sources.synthetic.days import day_kind
from optimization.signals.exchange_files import read_csv, read_xlsx, tables_of_json
from optimization.signals.exchange_gmns import day_plans_of_gmns
from optimization.signals.exchange_sumo import program_id
from optimization.signals.exchange_sumo_reading import read_programs, sorted_greens
from optimization.signals.exchange_tables import day_plans
from optimization.signals.exchange_words import GB_T_20999, NTCIP, understood
from tests.serving.conftest import DemoHome
from tests.serving.test_commands import city


def stored(home: DemoHome) -> SignalSchedule:
    return from_json(SignalSchedule, (home.plan_folder("signals") / "plan.json").read_bytes(), "plan.json")


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", "junctions.json"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_a_plans_folder_holds_all_that_checking_it_takes(demo_home: DemoHome) -> None:
    done = verified(demo_home.plan_folder("signals"))
    certificate = stored(demo_home).certificate
    assert certificate is not None

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"certificate {certificate.sha256} holds" in done.stdout


def test_a_plan_changed_by_hand_loses_its_certificate(demo_home: DemoHome, tmp_path: Path) -> None:
    folder = demo_home.plan_folder("signals")
    document = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    document["assumed"].append("nothing")
    for name in ("junctions.json", "verify_plan.py"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")

    done = verified(tmp_path)
    kept = city("check", str(folder / "plan.json"), "--json", home=demo_home.folder).json()
    lost = city("check", str(tmp_path / "plan.json"), "--json", home=demo_home.folder).json()

    assert done.returncode == 1
    assert "The plan was changed after it was certified." in done.stdout
    assert (kept["ok"], kept["certificate"]["holds"]) == (True, True)
    assert (lost["ok"], lost["certificate"]["holds"]) == (True, False)


def test_a_split_that_does_not_fill_its_cycle_is_named_by_its_rule(demo_home: DemoHome, tmp_path: Path) -> None:
    document = json.loads((demo_home.plan_folder("signals") / "plan.json").read_text(encoding="utf-8"))
    document["day_plans"][0]["plans"][0]["splits"][0]["split_s"] += 1
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")

    answer = city("check", str(tmp_path / "plan.json"), "--json", home=demo_home.folder)

    assert answer.code == 1
    assert "splits-fill-cycle" in {finding["rule"] for finding in answer.json()["check"]["findings"]}


@pytest.mark.parametrize("form", ["ntcip", "gbt20999", "gmns"])
@pytest.mark.parametrize("name", ["plan.json", "plan.xlsx", "tables"])
def test_an_exported_plan_is_read_back(demo_home: DemoHome, tmp_path: Path, form: str, name: str) -> None:
    given, out = stored(demo_home), tmp_path / name

    answer = city(
        "export", "plan", "--plan", given.plan_id, "--as", form, "--out", str(out), "--json", home=demo_home.folder
    )

    assert answer.code == 0, answer.err
    assert "local midnight" in answer.json()["notes"][0]
    tables = (
        tables_of_json(out.read_bytes(), name)
        if name.endswith(".json")
        else read_xlsx(out)
        if name.endswith(".xlsx")
        else read_csv(out)
    )
    words = {"ntcip": NTCIP, "gbt20999": GB_T_20999}
    back = day_plans_of_gmns(tables) if form == "gmns" else day_plans(understood(tables, words[form]))
    if form == "gmns":  # it lists plans in the order in which they run
        assert [sorted(d.plans, key=lambda p: p.plan_number) for d in back] == [
            sorted(d.plans, key=lambda p: p.plan_number) for d in given.day_plans
        ]
        assert [d.entries for d in back] == [d.entries for d in given.day_plans]
    else:
        assert back == given.day_plans


def test_the_newest_plan_is_exported_for_sumo(demo_home: DemoHome, tmp_path: Path) -> None:
    folder, out = demo_home.plan_folder("signals"), tmp_path / "sumo" / "plan.add.xml"
    given = stored(demo_home)
    records = json.loads((folder / "junctions.json").read_text(encoding="utf-8"))["junctions"]
    junctions = tuple(from_json(Junction, json.dumps(record), "junctions.json") for record in records)

    answer = city("export", "plan", "--plan", given.plan_id, "--as", "sumo", "--out", str(out), home=demo_home.folder)
    programs, days = read_programs(out.read_text(encoding="utf-8"), junctions)

    assert answer.code == 0, answer.err
    plans = [plan for day in given.day_plans for plan in day.plans]
    ids = {program_id(given, plan.plan_number) for plan in plans}  # others are the cycles of switches
    assert [(p.cycle_s, p.offset_s, p.greens) for p in programs if p.program_id in ids] == [
        (p.cycle_s, p.offset_s, sorted_greens(p.greens)) for p in plans
    ]
    assert len(days) == len(given.day_plans)


def test_its_planned_actuated_parameters_are_exported_for_sumo(demo_home: DemoHome, tmp_path: Path) -> None:
    given, out = stored(demo_home), tmp_path / "actuated.add.xml"
    words = ("--plan", given.plan_id, "--as", "sumo-actuated", "--out", str(out))

    answer = city("export", "plan", *words, home=demo_home.folder)

    assert answer.code == 0, answer.err
    text = out.read_text(encoding="utf-8")
    plans = [plan for day in given.day_plans for plan in day.plans]
    assert text.count('type="actuated"') == sum(plan.actuation is not None for plan in plans)
    assert text.count("<tlLogic") == len(plans)


def test_a_plan_says_what_kind_of_day_it_is_for(demo_home: DemoHome) -> None:
    given = stored(demo_home)

    assert given.day_kind is DayKind(day_kind(given.service_date).day_type)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--as", "utdf", "--out", "x.xlsx"), "expected one of ntcip, gbt20999, gmns, sumo"),
        (("--plan", "P0", "--out", "x.xlsx"), "There is no plan 'P0'"),
        (("--out", "x.pdf"), "or a folder for CSV files"),
    ],
)
def test_what_cannot_be_exported_is_said(demo_home: DemoHome, words: tuple[str, ...], complaint: str) -> None:
    answer = city("export", "plan", *words, home=demo_home.folder)

    assert answer.code == 1
    assert complaint in answer.err
