"""Plans as others read them: GeoJSON, Excel, and the problem as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from fastexcel import read_excel

from city.collection_documents import problem_from_json, problem_to_json
from city.collection_problem import CollectionProblem
from city.errors import CityError, UnreadableInputError
from city.ids import TruckId
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.exchange_geojson import to_geojson
from optimization.collection.exchange_xlsx import plain_text, to_xlsx
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import MADE_AT, PLAN, Town, made_up_city


def planned(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return result.plan


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    return made_up_city(25, 4, seed=5)


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    return planned(problem)


def test_geojson_holds_each_route_as_a_line_and_each_stop_as_a_point(
    plan: CollectionPlan, problem: CollectionProblem
) -> None:
    collection = json.loads(to_geojson(plan, problem))

    kinds = [feature["properties"]["kind"] for feature in collection["features"]]
    assert collection["type"] == "FeatureCollection"
    assert kinds.count("route") == len(plan.routes)
    assert kinds.count("stop") == sum(len(route.stops) for route in plan.routes)
    assert kinds.count("tip") == sum(len(route.trips) for route in plan.routes)
    assert kinds.count("unserved") == len(plan.unserved)
    line = collection["features"][0]["geometry"]
    assert line["type"] == "LineString"
    assert len(line["coordinates"]) == 2 + len(plan.routes[0].stops) + len(plan.routes[0].trips)


def test_geojson_puts_longitude_first(plan: CollectionPlan, problem: CollectionProblem) -> None:
    features = json.loads(to_geojson(plan, problem))["features"]

    stop = next(feature for feature in features if feature["properties"]["kind"] == "stop")
    point = next(p for p in problem.points if p.point_id == stop["properties"]["point_id"])
    assert stop["geometry"]["coordinates"] == [round(point.lon, 6), round(point.lat, 6)]


def test_the_workbook_has_a_sheet_per_truck_with_every_halt_in_order(
    plan: CollectionPlan, problem: CollectionProblem, tmp_path: Path
) -> None:
    to_xlsx(plan, problem, tmp_path / "routes.xlsx")

    book = read_excel(tmp_path / "routes.xlsx")
    assert book.sheet_names == ["Summary", *(route.truck_id for route in plan.routes), "Unserved", "Indicators"]
    for route in plan.routes:
        rows = book.load_sheet(route.truck_id, header_row=1).to_polars()
        rests = 1 if route.break_taken else 0
        assert rows.height == len(route.stops) + len(route.trips) + rests + 2
        assert rows.get_column("No.").to_list() == list(range(1, rows.height + 1))
        assert [rows.item(0, "What"), rows.item(-1, "What")] == ["Leave", "Return"]
        assert rows.get_column("What").to_list().count("Collect") == len(route.stops)


def test_an_id_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://x")'
    town = Town().depot("D").site("S", 100, 0).truck("@T").point(evil, 50, 0).point("+far", 1e6, 0)
    problem = town.build()

    to_xlsx(planned(problem), problem, tmp_path / "routes.xlsx")

    book = read_excel(tmp_path / "routes.xlsx")
    texts = [
        str(value)
        for name in book.sheet_names
        for row in book.load_sheet(name, header_row=None).to_polars().rows()
        for value in row
        if value is not None
    ]
    assert f"Point {evil}" in texts
    assert "'+far" in texts
    assert not [text for text in texts if text.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\t=1"])
def test_what_could_start_a_formula_is_quoted(text: str) -> None:
    assert plain_text(text) == f"'{text}"
    assert plain_text("P 1 = fine") == "P 1 = fine"


def test_truck_names_that_excel_refuses_get_sheets_all_the_same(tmp_path: Path) -> None:
    town = Town().depot("D").site("S", 100, 0).truck("沪A/1:[x]").point("P", 50, 0)
    problem = town.build()
    plan = planned(problem)
    twin = replace(plan.routes[0], truck_id=TruckId("沪a/1:(x]"))
    long = replace(plan.routes[0], truck_id=TruckId("T" * 40))

    to_xlsx(replace(plan, routes=(*plan.routes, twin, long)), problem, tmp_path / "routes.xlsx")

    assert len(read_excel(tmp_path / "routes.xlsx").sheet_names) == 6


def test_a_problem_reads_back_and_judges_the_plan_as_before(plan: CollectionPlan, problem: CollectionProblem) -> None:
    text = problem_to_json(problem)
    again = problem_from_json(text, "problem.json")

    assert problem_to_json(again) == text
    assert check_plan(plan, again) == check_plan(plan, problem)


def test_a_document_that_is_no_problem_is_refused(problem: CollectionProblem) -> None:
    with pytest.raises(UnreadableInputError, match="expected the fields points, demand"):
        problem_from_json("{}", "problem.json")
    broken = json.loads(problem_to_json(problem))
    broken["points"][0]["service_s"] = "soon"
    with pytest.raises(CityError, match=r"points\[0\].service_s"):
        problem_from_json(json.dumps(broken), "problem.json")
    del broken["points"][0]
    with pytest.raises(CityError, match="there is no point"):
        problem_from_json(json.dumps(broken), "problem.json")
