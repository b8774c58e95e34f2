"""Indicators against a day that can be reckoned by hand."""

from dataclasses import replace

import pytest

from city.collection_problem import CollectionProblem
from city.errors import InvalidValueError
from city.ids import TruckId
from city.waste import Shift, TimeWindow
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.indicators import ASSUMED_L_PER_100KM, CO2_KG_PER_L, indicators
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import A_TRUCK, HOUR, MADE_AT, PLAN, Town, made_up_city


def planned(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return result.plan


def one_truck(**changes: object) -> CollectionProblem:
    """Out 3 km, a point that opens at 06:30, on 6 km to the site with 10 minutes of queue, 9 km home, at 10 m/s."""
    late = (TimeWindow(start_s=6 * HOUR + 1800, end_s=7 * HOUR),)
    shift = Shift(start_s=6 * HOUR, end_s=8 * HOUR)
    town = Town().depot("D").site("S", 9000, 0, queue_s=(600,) * 24, tip_s=300)
    town.truck("T", shift=shift, payload_kg=1000.0, **changes)
    return town.point("P", 3000, 0, kg=500, service_s=240, windows=late).build()


def test_a_day_reckoned_by_hand() -> None:
    problem = one_truck(fuel_l_per_100km=50.0)
    plan = planned(problem)
    waited_s = plan.routes[0].stops[0].start_s - plan.routes[0].stops[0].arrive_s

    told = indicators(plan, problem)
    one = told.trucks[0]

    assert (one.stops, one.trips, one.km, one.t) == (1, 1, 18.0, 0.5)
    assert one.drive_h == pytest.approx(1800 / 3600)
    assert one.service_h == pytest.approx(240 / 3600)
    assert one.site_h == pytest.approx(900 / 3600)
    assert one.waiting_h == pytest.approx(waited_s / 3600)
    assert one.hours == pytest.approx(one.drive_h + one.service_h + one.site_h + one.waiting_h)
    assert one.shift_share == pytest.approx(one.hours / 2)
    assert one.fullest_share == pytest.approx(0.5)
    assert (one.fuel_l, one.fuel_assumed) == (9.0, False)
    assert one.co2_kg == pytest.approx(9.0 * 2.68, rel=0.005)
    assert [sentence.partition(":")[0] for sentence in told.assumed] == ["CO2"]


def test_fuel_that_nobody_knows_is_assumed_and_said() -> None:
    told = indicators(planned(one_truck()), one_truck())

    assert told.trucks[0].fuel_l == pytest.approx(0.18 * ASSUMED_L_PER_100KM)
    assert told.co2_kg == pytest.approx(told.fuel_l * CO2_KG_PER_L)
    assert told.assumed[0].startswith("Fuel of T is assumed: 84 l/100 km")
    electric = one_truck(fuel_l_per_100km=0.0)
    assert indicators(planned(electric), electric).co2_kg == 0.0
    with pytest.raises(InvalidValueError, match="fuel_l_per_100km"):
        replace(A_TRUCK, fuel_l_per_100km=-1.0)


def test_hours_add_up_and_sums_are_those_of_the_check() -> None:
    problem = made_up_city(60, 5, seed=11)
    plan = planned(problem)

    told, measures = indicators(plan, problem), check_plan(plan, problem).measures

    for one in told.trucks:
        parts = one.drive_h + one.service_h + one.site_h + one.waiting_h + one.break_h
        assert one.hours == pytest.approx(parts)
        assert 0 <= one.waiting_share < 1
    assert told.km == pytest.approx(measures["km"])
    assert told.t == pytest.approx(measures["t"])
    assert told.hours == pytest.approx(measures["truck_h"])
    assert told.stops_per_h == pytest.approx(measures["stops_per_h"])
    hours = [one.hours for one in told.trucks]
    assert told.hours_spread == pytest.approx(max(hours) - min(hours))


def test_a_plan_without_routes_divides_by_nothing() -> None:
    problem = one_truck()
    plan = replace(planned(problem), routes=())

    assert indicators(plan, problem).stops_per_h == 0.0
    assert (
        indicators(replace(plan, routes=(replace(planned(problem).routes[0], truck_id=TruckId("X")),)), problem).km == 0
    )
