"""A collection plan's folder: it verifies offline, and what is changed by hand comes back whole."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import fastexcel
import pytest
import xlsxwriter

from city.collection_problem import CollectionProblem
from city.documents import from_json, to_json
from city.errors import CityError, NotFoundError
from city.ids import PlanId
from city.settings import Settings
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.planner import plan_routes
from optimization.result import Result
from serving.checking import check_file
from serving.desk import Desk
from serving.exporting_routes import export_routes
from serving.plan_folder import copied, write_routes
from serving.plans_by_hand import write_by_hand
from tests.optimization.collection.towns import MADE_AT, made_up_city
from tests.serving.conftest import DemoHome
from tests.serving.test_commands import city

GPX = "{http://www.topografix.com/GPX/1/1}"


def planned(problem: CollectionProblem, name: str = "routes-2026-03-03-ab12cd") -> CollectionPlan:
    result = plan_routes(problem, plan_id=PlanId(name), made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return certified(result.plan, problem, check_plan(result.plan, problem))


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    return made_up_city(40, 5, seed=5)


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    return planned(problem)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, plan: CollectionPlan, problem: CollectionProblem) -> Desk:
    """One plan is stored, in the ledger and as a folder."""
    found = Desk(Settings.from_environment({}).at_home(tmp_path_factory.mktemp("home")))
    report = check_plan(plan, problem)
    found.ledger.save_plan(plan, report)
    write_routes(found.settings.plans, plan, report, problem)
    return found


@pytest.fixture(scope="module")
def folder(desk: Desk, plan: CollectionPlan) -> Path:
    return desk.settings.plans / plan.plan_id


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-I", "-S", "verify_plan.py", "plan.json", "problem.json"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_the_folder_verifies_where_nothing_but_python_is(folder: Path, plan: CollectionPlan) -> None:
    assert plan.certificate is not None

    done = verified(folder)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"certificate {plan.certificate.sha256} holds" in done.stdout


def test_a_changed_copy_of_the_folder_does_not(folder: Path, tmp_path: Path) -> None:
    copied(folder, tmp_path)
    document = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    document["routes"][0]["trips"][0]["stops"][0]["load_kg"] += 1
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")

    done = verified(tmp_path)

    assert done.returncode == 1
    assert "load: Truck" in done.stdout


def test_the_folder_holds_a_file_for_everybody(folder: Path, plan: CollectionPlan) -> None:
    names = {file.name for file in folder.iterdir()}

    assert names == {
        *("plan.json", "check.json", "problem.json", "verify_plan.py", "indicators.json"),
        *("routes.geojson", "routes.xlsx", "run_sheets.html"),
        *(f"route-{route.truck_id}.gpx" for route in plan.routes),
    }
    assert "WGS 84" in json.loads((folder / "routes.geojson").read_text(encoding="utf-8"))["plan"]["crs"]


def test_a_gpx_leads_through_all_places_in_order(
    folder: Path, plan: CollectionPlan, problem: CollectionProblem
) -> None:
    for route in plan.routes:
        tree = ET.parse(folder / f"route-{route.truck_id}.gpx")  # noqa: S314  -- our own file
        trips = tree.getroot().findall(f"{GPX}rte")
        points = [point for trip in trips for point in trip.findall(f"{GPX}rtept")]

        assert len(trips) == len(route.trips)
        assert len(points) == len(route.stops) + len(route.trips) + 2
        times = [point.findtext(f"{GPX}time") or "" for point in points]
        assert times == sorted(times)
        first = problem.point_of[route.stops[0].point_id, route.stops[0].stream]
        assert float(points[1].attrib["lat"]) == pytest.approx(first.lat, abs=1e-6)
        assert points[1].findtext(f"{GPX}name", "").startswith(f"01 {route.stops[0].point_id} ")


def test_an_edited_workbook_comes_back_with_clocks_findings_and_cost(
    desk: Desk, folder: Path, plan: CollectionPlan, tmp_path: Path
) -> None:
    """The first truck's stops in the opposite order, saved elsewhere: the summary says which plan it was."""
    changed = tmp_path / "mine.xlsx"
    name = plan.routes[0].truck_id
    with xlsxwriter.Workbook(str(changed)) as book:
        for sheet in fastexcel.read_excel(folder / "routes.xlsx").sheet_names:
            rows = fastexcel.read_excel(folder / "routes.xlsx").load_sheet(
                sheet, header_row=None, skip_rows=0, dtypes="string"
            ).to_polars().rows()  # fmt: skip
            if sheet == name:
                stops = [row for row in rows if row[3] == "Collect"]
                rows = [row for row in rows if row[3] != "Collect"]
                rows[3:3] = stops[::-1]
            page = book.add_worksheet(sheet)
            for line, row in enumerate(rows):
                page.write_row(line, 0, [cell or "" for cell in row])

    checked = check_file(desk, changed)

    assert checked.by_hand is not None
    assert checked.by_hand.before == plan
    assert isinstance(checked.plan, CollectionPlan)
    assert [s.point_id for s in checked.plan.routes[0].stops] == [s.point_id for s in plan.routes[0].stops][::-1]
    assert {finding.rule for finding in checked.report.findings} <= {"window", "shift", "break"}
    assert checked.indicators is not None
    write_by_hand(checked.by_hand, tmp_path / "whole.json")
    write_by_hand(checked.by_hand, tmp_path / "whole.xlsx")
    whole = from_json(CollectionPlan, (tmp_path / "whole.json").read_bytes(), "whole.json")
    assert whole == checked.plan
    assert check_file(desk, tmp_path / "whole.xlsx").plan == replace(checked.plan, plan_id=plan.plan_id)


def test_a_workbook_of_an_unknown_plan_needs_its_problem(folder: Path, tmp_path: Path) -> None:
    stranger = Desk(Settings.from_environment({}).at_home(tmp_path / "elsewhere"))
    lonely = tmp_path / "lonely" / "routes.xlsx"
    lonely.parent.mkdir()
    lonely.write_bytes((folder / "routes.xlsx").read_bytes())

    with pytest.raises(NotFoundError, match=r"keep problem\.json beside it"):
        check_file(stranger, lonely)

    for name in ("problem.json", "plan.json"):
        (lonely.parent / name).write_bytes((folder / name).read_bytes())
    assert check_file(stranger, lonely).report.ok
    assert check_file(stranger, lonely.parent / "plan.json").certificate is not None


def test_clocks_of_a_reordered_document_follow_where_they_are_asked_to(
    desk: Desk, plan: CollectionPlan, tmp_path: Path
) -> None:
    first = plan.routes[0].trips[0]
    swapped = replace(first, stops=(first.stops[1], first.stops[0], *first.stops[2:]))
    routes = (replace(plan.routes[0], trips=(swapped, *plan.routes[0].trips[1:])), *plan.routes[1:])
    path = tmp_path / "changed.json"
    path.write_text(to_json(replace(plan, routes=routes)), encoding="utf-8")

    as_it_is = check_file(desk, path)
    followed = check_file(desk, path, clocks_follow=True)

    assert "drive_time" in {finding.rule for finding in as_it_is.report.findings}
    assert as_it_is.certificate is not None
    assert not as_it_is.certificate.holds
    assert "drive_time" not in {finding.rule for finding in followed.report.findings}


@pytest.mark.parametrize(
    ("form", "name"), [("run-sheets", "s.html"), ("gpx", "tracks"), ("geojson", "r.geojson"), ("workbook", "r.xlsx")]
)
def test_a_stored_plan_is_exported_in_the_form_asked_for(desk: Desk, tmp_path: Path, form: str, name: str) -> None:
    done = export_routes(desk, None, form, tmp_path / "out" / name)

    out = tmp_path / "out" / name
    assert out.exists()
    assert done.rows == len(list(out.iterdir())) if out.is_dir() else done.rows > 0
    assert "WGS 84" in done.notes[0]
    with pytest.raises(CityError, match="--out"):
        export_routes(desk, None, form, tmp_path / "out.docx")


def test_the_demos_routes_verify_and_its_workbook_is_its_plan(demo_home: DemoHome, tmp_path: Path) -> None:
    folder = demo_home.plan_folder("routes")
    kept = city("check", str(folder / "plan.json"), "--json", home=demo_home.folder)
    by_hand = city("check", str(folder / "routes.xlsx"), "--out", str(tmp_path / "w.xlsx"), home=demo_home.folder)
    as_json = city("check", str(folder / "routes.xlsx"), "--json", home=demo_home.folder).json()

    assert verified(folder).returncode == 0
    assert (kept.code, kept.json()["ok"], kept.json()["certificate"]["holds"]) == (0, True, True)
    assert kept.json()["indicators"]["km"] > 0
    assert by_hand.code == 0, by_hand.err
    assert "What it costs" in by_hand.out
    assert "How the trucks work" in by_hand.out
    assert (tmp_path / "w.xlsx").is_file()
    assert dict(as_json["plan"]["cost"]) == pytest.approx(as_json["cost_before"])


def test_points_and_trucks_that_a_sheet_does_not_know_are_told(desk: Desk, folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "wrong.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet("T77")
        page.write_row(0, 0, ["What", "Place"])
        page.write_row(1, 0, ["Collect", "nowhere"])
    (tmp_path / "problem.json").write_bytes((folder / "problem.json").read_bytes())

    with pytest.raises(CityError) as refused:
        check_file(desk, path)

    assert "there is no truck 'T77'" in str(refused.value)
    assert "row 2: there is no collection point 'nowhere'" in str(refused.value)
