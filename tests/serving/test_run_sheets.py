"""Run sheets: every stop in order, one page per truck, nothing loaded, nothing a name could do; PDF where it can be."""

import importlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import fastexcel
import pytest

from city.collection_problem import CollectionProblem
from city.errors import CityError
from city.ids import PlanId, TruckId
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.result import Result
from serving import run_sheets
from serving.plan_folder import write_routes
from serving.route_pages.sheet_page import sheets
from tests.optimization.collection.towns import MADE_AT, Town, made_up_city

HOSTILE = '../<script>alert("x")</script>&=1+1'


def planned(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PlanId("routes-1"), made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return result.plan


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    return made_up_city(40, 5, seed=5)


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    return planned(problem)


def test_run_sheets_show_each_truck_its_stops_in_order(plan: CollectionPlan, problem: CollectionProblem) -> None:
    pages = sheets(plan, problem).split('<section class="sheet">')[1:]

    assert len(pages) == len(plan.routes)
    for route, page in zip(plan.routes, pages, strict=True):
        assert f"Truck {route.truck_id} " in page
        places = [page.index(f'<td class="place">{stop.point_id}</td>') for stop in route.stops]
        assert places == sorted(places)
        assert page.count('<tr class="tip">') == len(route.trips)
        assert page.count('<tr class="break">') == (route.break_taken is not None)
        assert page.count("<polyline") == len(route.trips)
        assert "到达 ETA" in page
    assert not {"http:", "https:", "url(", "<script", "<img"} & set(
        re.findall(r"https?:|url\(|<\w+", sheets(plan, problem))
    )


def test_hostile_names_are_text_everywhere_and_stay_inside_the_folder(tmp_path: Path) -> None:
    town = Town().depot("D").site("S", 3000, 0).truck(HOSTILE).point(HOSTILE, 1000, 0)
    problem = town.build()
    plan = planned(problem)
    twin = replace(plan.routes[0], truck_id=TruckId("scriptalertxscript11-1"))
    problem = replace(problem, trucks=(*problem.trucks, replace(problem.trucks[0], truck_id=twin.truck_id)))

    written = write_routes(
        tmp_path / "plans", replace(plan, routes=(*plan.routes, twin)), check_plan(plan, problem), problem
    )

    assert [file.parent for file in tmp_path.rglob("*") if file.is_file()] == [written] * len(list(written.iterdir()))
    assert "<script>alert" not in (written / "run_sheets.html").read_text(encoding="utf-8")
    tracks = list(written.glob("route-*.gpx"))
    assert len(tracks) == 2
    assert all("<script>" not in ET.parse(one).getroot()[0][0].tag for one in tracks)  # noqa: S314
    book = fastexcel.read_excel(written / "routes.xlsx")
    cells = [
        str(cell)
        for name in book.sheet_names
        for row in book.load_sheet(name, header_row=None).to_polars().rows()
        for cell in row
        if isinstance(cell, str)
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def _absent(cause: Exception) -> Callable[[str], object]:
    def load(name: str) -> object:
        del name
        raise cause

    return load


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (ModuleNotFoundError("weasyprint"), "pip install 'chengyun\\[pdf\\]'"),
        (OSError("cannot load library 'libpango-1.0-0'"), "libpango-1.0-0.*Install Pango"),
    ],
)
def test_a_pdf_without_its_tools_is_refused_with_what_to_do(
    plan: CollectionPlan,
    problem: CollectionProblem,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cause: Exception,
    words: str,
) -> None:
    monkeypatch.setattr(importlib, "import_module", _absent(cause))

    with pytest.raises(CityError, match=f"(?s){words}.*print that from a browser"):
        run_sheets.write_run_sheets(plan, problem, tmp_path / "s.pdf")
    assert not (tmp_path / "s.pdf").exists()


def test_a_pdf_is_drawn_from_the_same_pages(
    plan: CollectionPlan, problem: CollectionProblem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[str] = []

    def document(string: str) -> SimpleNamespace:
        given.append(string)
        return SimpleNamespace(write_pdf=lambda: b"%PDF-")

    monkeypatch.setattr(importlib, "import_module", lambda _: SimpleNamespace(HTML=document))

    run_sheets.write_run_sheets(plan, problem, tmp_path / "s.pdf")

    assert given == [sheets(plan, problem)]
    assert (tmp_path / "s.pdf").read_bytes() == b"%PDF-"
