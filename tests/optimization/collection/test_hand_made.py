"""Plans made by hand: what is left as it was comes back as it was, what breaks a rule is driven and named."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import xlsxwriter

from city.collection_problem import CollectionProblem
from city.documents import encode
from city.errors import CityError
from city.ids import PointId, SiteId, TruckId
from city.signal_plans import Provenance
from city.waste import Shift, Stream, TimeWindow
from city.waste_plans import CollectionPlan, Reason
from optimization.collection.check import check_plan
from optimization.collection.exchange_xlsx import to_xlsx
from optimization.collection.hand_made import BY_HAND, PlanByHand, RouteByHand, TripByHand, plan_by_hand
from optimization.collection.hand_made_json import hand_made_from_json, lacks_clocks
from optimization.collection.hand_made_xlsx import hand_made_from_xlsx
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, Town, carries, made_up_city

BY_A_PERSON = Provenance(made_at=MADE_AT, seed=0)


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    return made_up_city(40, 5, seed=5)


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    return planned(problem)


def planned(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return result.plan


def walked(given: PlanByHand, problem: CollectionProblem, before: CollectionPlan | None = None) -> CollectionPlan:
    return plan_by_hand(given, problem, plan_id=PLAN, provenance=BY_A_PERSON, before=before)


def broken(plan: CollectionPlan, problem: CollectionProblem) -> set[str]:
    return {finding.rule for finding in check_plan(plan, problem).findings}


def test_a_workbook_that_nobody_changed_is_the_plan_again(
    plan: CollectionPlan, problem: CollectionProblem, tmp_path: Path
) -> None:
    to_xlsx(plan, problem, tmp_path / "routes.xlsx")

    given = hand_made_from_xlsx(tmp_path / "routes.xlsx", problem)
    again = walked(given, problem, plan)

    assert given.plan_id == plan.plan_id
    assert again.routes == plan.routes
    assert again.unserved == plan.unserved
    assert again.cost == plan.cost
    assert again.rung == BY_HAND
    assert broken(again, problem) == set()


def test_json_without_clocks_is_the_plan_again(plan: CollectionPlan, problem: CollectionProblem) -> None:
    document = encode(plan)
    assert not lacks_clocks(document)
    for route in document["routes"]:
        for trip in route["trips"]:
            trip["stops"] = [{"point_id": stop["point_id"], "stream": stop["stream"]} for stop in trip["stops"]]
            trip["tip"] = {"site_id": trip["tip"]["site_id"]}
    assert lacks_clocks(document)

    assert walked(hand_made_from_json(document, problem, "plan.json"), problem, plan).routes == plan.routes


def _rows(path: Path, sheet: str) -> list[list[Any]]:
    book = fastexcel.read_excel(path)
    return [
        list(row) for row in book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars().rows()
    ]


def _rewritten(source: Path, target: Path, changed: dict[str, list[list[Any]]]) -> None:
    """As a spreadsheet program saves it: the same cells, some sheets with other rows."""
    with xlsxwriter.Workbook(str(target)) as book:
        for name in fastexcel.read_excel(source).sheet_names:
            page = book.add_worksheet(name)
            for line, row in enumerate(changed.get(name, _rows(source, name))):
                for column, cell in enumerate(row):
                    if cell is not None:
                        page.write_string(line, column, cell)


def test_a_stop_moved_to_another_truck_gets_its_clocks_there(
    plan: CollectionPlan, problem: CollectionProblem, tmp_path: Path
) -> None:
    source, target = tmp_path / "routes.xlsx", tmp_path / "changed.xlsx"
    to_xlsx(plan, problem, source)
    busy = {route.truck_id for route in plan.routes}
    donor = plan.routes[0].truck_id
    idle = [truck for truck in problem.fleet if truck.truck_id not in busy and Stream.RESIDUAL in truck.streams]
    taker = max(idle, key=lambda truck: truck.shift.end_s).truck_id
    rows = _rows(source, donor)
    moved = rows.pop(next(k for k, row in enumerate(rows) if row[3] == "Collect"))
    _rewritten(source, target, {donor: rows, "Unserved": [["What", "Place"]]})
    point_id = moved[4].removeprefix("Point ")

    with xlsxwriter.Workbook(str(tmp_path / "more.xlsx")) as book:
        for name in fastexcel.read_excel(target).sheet_names:
            page = book.add_worksheet(name)
            for line, row in enumerate(_rows(target, name)):
                page.write_row(line, 0, [cell or "" for cell in row])
        page = book.add_worksheet(taker)
        page.write_row(0, 0, ["What", "Place"])
        page.write_row(1, 0, ["collect", point_id])
        page.write_row(2, 0, ["tip", ""])
    again = walked(hand_made_from_xlsx(tmp_path / "more.xlsx", problem), problem, plan)

    by_truck = {route.truck_id: [stop.point_id for stop in route.stops] for route in again.routes}
    assert by_truck[TruckId(taker)] == [point_id]
    assert point_id not in by_truck[donor]
    assert broken(again, problem) == set()
    assert dict(again.cost)["total_cost"] > dict(plan.cost)["total_cost"]
    assert all(entry.sentence.startswith("In the plan before: ") for entry in again.unserved)


def test_what_a_workbook_names_wrongly_is_told_all_at_once(
    plan: CollectionPlan, problem: CollectionProblem, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in {
            "T1": [["What", "Place"], ["Collect", "Point nowhere"], ["Tip", "Site nowhere"], ["Dance", "Point P1"]],
            "T99": [["What", "Place"], ["Collect", plan.routes[0].stops[0].point_id]],
            "T2": [["Where", "When"]],
        }.items():
            page = book.add_worksheet(name)
            for line, row in enumerate(rows):
                page.write_row(line, 0, row)

    with pytest.raises(CityError) as refused:
        hand_made_from_xlsx(path, problem)

    told = str(refused.value)
    for words in ("sheet T1, row 2: there is no collection point 'Point nowhere'",
                  "sheet T1, row 3: there is no disposal site",
                  "sheet T1, row 4: What is 'Dance'",
                  "there is no truck 'T99'",
                  "sheet T2: no row names the columns What and Place"):  # fmt: skip
        assert words in told


def test_what_json_names_wrongly_is_told_all_at_once(problem: CollectionProblem) -> None:
    document = {
        "routes": [
            {"truck_id": "T99", "trips": [{"stops": [{"point_id": "P1"}, {"point": "P2"}, 3]}]},
            {"truck_id": "T1", "trips": [{"stops": []}], "colour": "red"},
        ]
    }

    with pytest.raises(CityError) as refused:
        hand_made_from_json(document, problem, "mine.json")

    told = str(refused.value)
    for words in ("there is no truck 'T99'", "point_id is None", "there is no field 'point'", "it is int",
                  "it has no stop", "there is no field 'colour'"):  # fmt: skip
        assert words in told


def two_trips(*, payload_kg: float = 5000.0, **changes: Any) -> CollectionProblem:  # noqa: ANN401
    town = Town().depot("D").site("S", 3000, 0).site("Far", 9000, 0).truck("T", payload_kg=payload_kg, **changes)
    return town.point("A", 1000, 0, kg=200).point("B", 2000, 0, kg=200).build()


def by_hand(*trips: TripByHand, truck: str = "T") -> PlanByHand:
    return PlanByHand(routes=(RouteByHand(truck_id=TruckId(truck), trips=trips),))


def stops(*names: str, stream: Stream = Stream.RESIDUAL, **changes: Any) -> TripByHand:  # noqa: ANN401
    return TripByHand(stops=tuple((PointId(name), stream) for name in names), **changes)


def test_clocks_are_those_of_the_ways_and_the_tip_is_where_the_hand_says() -> None:
    problem = two_trips()

    plan = walked(by_hand(stops("B", "A", site_id=SiteId("Far"))), problem)

    first, second = plan.routes[0].stops
    tip = plan.routes[0].trips[0].tip
    assert tip is not None
    # 10 m/s: 2 km, a minute of service, 1 km, a minute, 8 km, 5 minutes of tipping, 9 km.
    assert (first.start_s - plan.routes[0].depart_s, second.start_s - first.start_s) == (200, 160)
    assert (tip.site_id, tip.arrive_s - second.start_s) == ("Far", 860)
    assert plan.routes[0].return_s - tip.arrive_s == 300 + 900
    assert plan.routes[0].metres == 2000 + 1000 + 8000 + 9000
    assert broken(plan, problem) == set()


@pytest.mark.parametrize(
    ("rule", "problem", "given"),
    [
        ("payload", two_trips(payload_kg=250.0), by_hand(stops("A", "B"))),
        ("end_loaded", two_trips(), by_hand(stops("A"), stops("B", tips=False))),
        ("times_served", two_trips(), by_hand(stops("A"), stops("A", "B"))),
        ("shift", two_trips(shift=Shift(start_s=6 * HOUR, end_s=6 * HOUR + 500)), by_hand(stops("A", "B"))),
        ("licence", two_trips(compartments=carries(Stream.GLASS)), by_hand(stops("A", "B"))),
    ],
)
def test_what_breaks_a_rule_is_driven_all_the_same_and_named(
    rule: str, problem: CollectionProblem, given: PlanByHand
) -> None:
    assert rule in broken(walked(given, problem), problem)


def test_a_truck_in_the_workshop_is_walked_and_named() -> None:
    whole = two_trips()
    spare = replace(whole.trucks[0], truck_id=TruckId("U"))
    problem = replace(whole, trucks=(replace(whole.trucks[0], available=False), spare))

    plan = walked(by_hand(stops("A", "B")), problem)

    assert plan.routes[0].return_s > plan.routes[0].depart_s
    assert "truck" in broken(plan, problem)


def test_who_comes_too_late_serves_at_once_and_is_told() -> None:
    early = (TimeWindow(start_s=6 * HOUR, end_s=6 * HOUR + 150),)
    town = Town().depot("D").site("S", 3000, 0).truck("T")
    problem = town.point("A", 1000, 0, windows=early).point("B", 2000, 0).build()

    late = walked(by_hand(stops("B", "A")), problem)
    in_time = walked(by_hand(stops("A", "B")), problem)

    assert broken(late, problem) == {"window"}
    assert broken(in_time, problem) == set()
    assert late.routes[0].stops[1].start_s == late.routes[0].stops[1].arrive_s


def test_two_streams_in_one_trip_are_named() -> None:
    town = Town().depot("D").site("S", 3000, 0).truck("T", compartments=carries(Stream.RESIDUAL, Stream.GLASS))
    problem = town.point("A", 1000, 0).point("B", 2000, 0, stream=Stream.GLASS).build()
    mixed = TripByHand(stops=((PointId("A"), Stream.RESIDUAL), (PointId("B"), Stream.GLASS)))

    assert "stream_mix" in broken(walked(by_hand(mixed), problem), problem)


def test_where_there_is_no_way_the_check_says_so() -> None:
    town = Town().depot("D").site("S", 3000, 0).truck("T").point("A", 1000, 0).point("Island", 2000, 0)
    problem = town.build(cut_off=("Island",))

    assert "way" in broken(walked(by_hand(stops("A", "Island")), problem), problem)


def test_a_point_left_out_is_told_with_what_asks_for_it() -> None:
    problem = two_trips()

    plan = walked(by_hand(stops("A")), problem)

    assert [(entry.point_id, entry.reason, entry.mandatory) for entry in plan.unserved] == [
        ("B", Reason.LEFT_BY_HAND, True)
    ]
    assert "serves it 0 of 1 times: as the test says" in plan.unserved[0].sentence
    assert broken(plan, problem) == set()
    assert dict(plan.cost)["missed_cost"] == problem.prices.missed


def test_a_plan_by_hand_may_name_a_point_without_its_stream() -> None:
    problem = two_trips()
    document = json.loads(
        '{"routes": [{"truck_id": "T", "trips": [{"stops": [{"point_id": "B"}, {"point_id": "A"}]}]}]}'
    )

    plan = walked(hand_made_from_json(document, problem, "mine.json"), problem)

    assert [stop.point_id for stop in plan.routes[0].stops] == ["B", "A"]
    assert plan.routes[0].trips[0].tip is not None
    assert plan.routes[0].trips[0].tip.site_id == "S"
