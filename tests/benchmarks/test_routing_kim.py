"""Kim's waste collection: read as published, planned by the product, and judged from the published file again."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.routing_kim import FEET_IN_A_MILE, LUNCH_FROM_S, LUNCH_UNTIL_S, KimInstance, read_kim
from benchmarks.routing_kim_check import checked_kim
from benchmarks.routing_kim_plan import planned, problem_of, trucks_to_plan_with
from city.errors import CityError
from city.ids import PointId
from city.waste_plans import CollectionPlan, CollectionRoute

MILE = FEET_IN_A_MILE
# One mile takes 90 s. Two loads: 25 of 20 yards. The day's work goes on over noon.
TEXT = f"""20.0 		// vehicle capacity (yards), real number
100.0		// total yardage allowed for a vehicle per day, real number
500		// total number of regular stops for a vehicle allowed per day
3600		// lunch time duration in second
40		// speed: MPH
Stop_ID	X(feet)	Y(feet)	Early_St_Time (HHMM)	Late_St_Time (HHMM)	Svice_Time(Sec)	Load (Yards)	"Stop_Type"
0   0.00   0.00  0400 1500 0  9999.00 0
9   {MILE}.00   {MILE}.00  0000 2400 600  9999.00 2
11   {2 * MILE}.00   0.00  0000 2400 300    12.00 1
12   {-2 * MILE}.00   0.00  1030 2400 300     8.00 1
13   0.00   {3 * MILE}.00  1145 1400 300     5.00 1
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("kim") / "5_stop.txt"
    file.write_text(TEXT.replace("\n", "\r\n"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def instance(path: Path) -> KimInstance:
    return read_kim(path)


@pytest.fixture(scope="module")
def plan(path: Path) -> CollectionPlan:
    return planned(problem_of(path), solver="city", seconds=1, seed=1)[0]


def test_the_file_is_read_with_its_units(instance: KimInstance) -> None:
    assert (instance.capacity_yd3, instance.daily_yd3, instance.max_stops) == (20.0, 100.0, 500)
    assert (instance.lunch_s, instance.speed_mph) == (3600, 40.0)
    assert (instance.depot.early_s, instance.depot.late_s) == (4 * 3600, 15 * 3600)
    assert [stop.load_yd3 for stop in instance.stops] == [12.0, 8.0, 5.0]
    assert instance.feet(instance.depot, instance.landfills[0]) == 2 * MILE
    assert instance.seconds(MILE) == pytest.approx(90.0)


def test_clocks_are_hundredths_of_hours_where_one_has_too_many_minutes(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "hundredths_stop.txt"
    other.write_text(path.read_text(encoding="utf-8").replace("1145", "1175"), encoding="utf-8")
    assert read_kim(path).stops[2].early_s == 11 * 3600 + 45 * 60
    assert read_kim(other).stops[2].early_s == 11 * 3600 + 45 * 60
    assert read_kim(path).stops[1].early_s == 10 * 3600 + 30 * 60
    assert read_kim(other).stops[1].early_s == 10 * 3600 + 18 * 60


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("9999.00 2", "9999.00 1", "0 of type 2"),
        ("12.00 1", "12.00", "11 have not"),
        ("40\t", "fast\t", "'fast' is not a number"),
        ("3600\t\t// lunch time duration in second\n", "", "one line each"),
        ("12.00 1", "12.00 3", "1 of type 3"),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    assert right in TEXT
    other = tmp_path / "other_stop.txt"
    other.write_text(TEXT.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(CityError, match=said):
        read_kim(other)


def test_stops_that_share_a_number_are_two_stops(tmp_path: Path) -> None:
    twice = tmp_path / "twice_stop.txt"
    twice.write_text(TEXT.replace("\n12 ", "\n11 "), encoding="utf-8")
    assert [stop.place_id for stop in read_kim(twice).stops] == ["11 of line 3", "11 of line 4", "13"]


def test_the_product_plans_it_with_one_truck_and_the_judge_agrees(instance: KimInstance, plan: CollectionPlan) -> None:
    verdict = checked_kim(instance, plan)
    assert (verdict.violations, verdict.unserved, verdict.trucks) == ((), 0, 1)
    assert len(plan.routes[0].trips) == 2
    assert verdict.miles == pytest.approx(dict(plan.cost)["km"] / 1.609344, rel=1e-3)


def test_the_fleet_leaves_room_above_what_the_day_asks_for(instance: KimInstance) -> None:
    assert trucks_to_plan_with(instance) == 5
    assert trucks_to_plan_with(replace(instance, daily_yd3=10.0)) == 9


def test_shared_files_are_read_whole(shared_data: Path) -> None:
    found = [read_kim(path) for path in sorted((shared_data / "routing" / "waste_kim2006").glob("*_stop.txt"))]
    sizes = {one.name: 1 + len(one.stops) + len(one.landfills) for one in found}
    assert sizes == {f"{size}_stop": size for size in (102, 1351, 2100, 277, 804)}
    of_2100 = next(one for one in found if one.name == "2100_stop")
    assert (6 * 3600 + 1800, 16 * 3600 + 2700) in {(site.early_s, site.late_s) for site in of_2100.landfills}


def _route(change: Callable[[CollectionRoute], dict[str, Any]]) -> Callable[[CollectionPlan], CollectionPlan]:
    return lambda plan: replace(plan, routes=(replace(plan.routes[0], **change(plan.routes[0])),))


def _trips(number: int, **changes: Any) -> Callable[[CollectionPlan], CollectionPlan]:  # noqa: ANN401
    def changed(route: CollectionRoute) -> dict[str, Any]:
        trips = list(route.trips)
        trips[number] = replace(trips[number], **changes)
        return {"trips": tuple(trips)}

    return _route(changed)


def _first_stop(route: CollectionRoute, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    trip = route.trips[0]
    return {"trips": (replace(trip, stops=(replace(trip.stops[0], **changes), *trip.stops[1:])), *route.trips[1:])}


def _one_trip(route: CollectionRoute) -> dict[str, Any]:
    return {"trips": (replace(route.trips[-1], stops=route.stops),)}


def _lunch(start_s: int, end_s: int) -> Callable[[CollectionPlan], CollectionPlan]:
    return _route(lambda route: {"break_taken": replace(route.break_taken, start_s=start_s, end_s=end_s)})  # type: ignore[type-var]


BROKEN: dict[str, tuple[str, Callable[[CollectionPlan], CollectionPlan]]] = {
    "leaves too early": ("outside", _route(lambda _: {"depart_s": 3 * 3600})),
    "comes home late": ("outside", _route(lambda _: {"return_s": 16 * 3600})),
    "drives too fast": ("are driven in", _route(lambda route: {"depart_s": route.stops[0].arrive_s - 60})),
    "serves too early": ("outside", _route(lambda route: _first_stop(route, start_s=0, point_id=PointId("13")))),
    "hurries": ("hurries", _route(lambda route: _first_stop(route, depart_s=route.stops[0].start_s))),
    "goes without lunch": ("no lunch", _route(lambda _: {"break_taken": None})),
    "lunches at nine": ("lunch lasts", _lunch(9 * 3600, 10 * 3600)),
    "lunches quickly": ("lunch lasts", _lunch(LUNCH_FROM_S, LUNCH_FROM_S + 600)),
    "works over lunch": ("during lunch", _lunch(LUNCH_FROM_S, LUNCH_UNTIL_S + 3600)),
    "loads too much": ("it holds 20", _route(_one_trip)),
    "goes home loaded": ("not tipped", _trips(-1, tip=None)),
    "goes where nothing is": ("no stop", _route(lambda route: _first_stop(route, point_id=PointId("77")))),
    "serves one twice": ("2 times", _route(lambda route: {"trips": (*route.trips, route.trips[0])})),
}


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_rule_is_found(name: str, instance: KimInstance, plan: CollectionPlan) -> None:
    said, breaking = BROKEN[name]
    found = checked_kim(instance, breaking(plan)).violations
    assert any(said in sentence for sentence in found), found


def test_limits_of_the_day_are_judged_from_the_file(instance: KimInstance, plan: CollectionPlan) -> None:
    assert "in its day" in " ".join(checked_kim(replace(instance, daily_yd3=24.0), plan).violations)
    assert "in its day" in " ".join(checked_kim(replace(instance, max_stops=2), plan).violations)
    assert checked_kim(replace(instance, daily_yd3=25.0, max_stops=3), plan).violations == ()


def test_a_stop_that_nobody_serves_is_counted(instance: KimInstance, plan: CollectionPlan) -> None:
    verdict = checked_kim(instance, _trips(0, stops=plan.routes[0].trips[0].stops[1:])(plan))
    assert verdict.unserved == 1
