"""The crews' usual routes: where they come from, what a plan that starts from them keeps, and what that costs."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.collection_problem import CollectionProblem
from city.ids import TruckId
from city.waste import Stream
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.terrain import terrain
from optimization.collection.usual import (
    MOVED_STOP_MIN,
    price_of_calm,
    stops_kept,
    usual_routes,
    usual_start,
    usual_terms,
    with_usual,
)
from tests.optimization.collection.driven import as_plan, driven, order, started, two_streets
from tests.optimization.collection.towns import Town, made_up_city

BEATS = {"T1": ["A1 A2 A3 A4"], "T2": ["B1 B2 B3 B4"]}


def from_the_usual(
    problem: CollectionProblem, last_week: CollectionPlan | None, *, moved_stop: float | None = None
) -> tuple[CollectionProblem, CollectionPlan]:
    """Every day in it is walked, and checked as a plan."""
    usual = usual_routes(problem, last_week)
    today = with_usual(problem, usual, moved_stop=moved_stop)
    return today, as_plan(today, usual_start(terrain(today), usual, seconds=2.0))


def test_last_weeks_plan_comes_before_the_record_and_the_record_before_nothing() -> None:
    town = two_streets().point("new", 100, 100, usual_truck_id=TruckId("T2")).point("nobody", 200, 100)
    problem = town.build()
    points = tuple(
        replace(point, usual_truck_id=TruckId("T2")) if point.point_id == "A1" else point for point in problem.points
    )
    problem = replace(problem, points=points)
    last_week = driven(problem, T1=["A1 A2"])

    usual = usual_routes(problem, last_week)

    trucks = {name: truck for (name, _), truck in usual.trucks.items()}
    assert trucks == {"A1": "T1", "A2": "T1", "new": "T2"}
    assert "of plan routes-2026-03-03 of 2026-03-03 for 2 points, those in the records for 1" in usual.said
    assert usual_routes(problem, None).trucks == {
        ("A1", Stream.RESIDUAL): "T2",
        ("new", Stream.RESIDUAL): "T2",
    }


def test_a_day_like_the_last_is_the_last_in_its_order() -> None:
    problem = two_streets().build()
    last_week = driven(problem, T1=["A4 A2 A3 A1"], T2=["B1 B3 B2 B4"])

    today, plan = from_the_usual(problem, last_week)

    assert order(plan) == order(last_week)
    assert stops_kept(today, plan.routes).share == 1


def test_without_a_plan_the_records_give_the_trucks() -> None:
    town = Town().depot("D").site("S").truck("T1").truck("T2")
    for number in range(1, 5):
        town.point(f"A{number}", 1000.0 * number, 0.0, usual_truck_id=TruckId("T2"))
        town.point(f"B{number}", 0.0, 1000.0 * number, usual_truck_id=TruckId("T1"))

    today, plan = from_the_usual(town.build(), None)

    assert {truck: set(stops.split()) for truck, stops in order(plan).items()} == {
        "T1": {"B1", "B2", "B3", "B4"},
        "T2": {"A1", "A2", "A3", "A4"},
    }
    assert stops_kept(today, plan.routes).kept == 8


def test_the_stops_of_a_truck_in_the_workshop_go_to_the_others() -> None:
    problem = two_streets().build()
    last_week = driven(problem, **BEATS)
    trucks = tuple(replace(truck, available=truck.truck_id != "T1") for truck in problem.trucks)

    today, plan = from_the_usual(replace(problem, trucks=trucks), last_week)

    kept = stops_kept(today, plan.routes)
    assert (kept.stops, kept.kept, kept.away) == (8, 4, 4)
    assert plan.unserved == ()
    assert dict(usual_terms(today, plan.routes)) == {"moved_stops": 4, "moved_stop_cost": 0}


def test_a_usual_trip_that_is_too_heavy_today_becomes_two() -> None:
    town = Town().depot("D").site("S").truck("T1", payload_kg=250.0)
    for number in range(1, 5):
        town.point(f"A{number}", 1000.0 * number, 0.0, kg=50.0)
    last_week = driven(town.build(), T1=["A1 A2 A3 A4"])
    heavy = town.build()
    demand = tuple(replace(one, kg_p50=120.0, kg_p90=120.0) for one in heavy.demand)

    _, plan = from_the_usual(replace(heavy, demand=demand), last_week)

    assert len(plan.routes[0].trips) == 2
    assert plan.unserved == ()


@pytest.mark.parametrize(("moved_stop", "truck"), [(0.0, "T1"), (1000.0, "T2")])
def test_a_moved_stop_has_its_price(moved_stop: float, truck: str) -> None:
    """T2 serves `far` as a rule; today its shift has no other work, so that only the price of the move sends it out."""
    town = Town().depot("D").site("S").truck("T1").truck("T2").point("A1", 1000, 0).point("far", 1500, 0)
    problem = town.build()
    usual = usual_routes(problem, driven(problem, T1=["A1"], T2=["far"]))
    today = with_usual(problem, usual, moved_stop=moved_stop)
    bare = replace(usual, places={})
    ground = terrain(today)
    if not moved_stop:
        ground.tasks = [replace(task, usual=None) for task in ground.tasks]

    plan = as_plan(today, usual_start(ground, bare, seconds=2.0))

    assert [one.truck_id for one in plan.routes for stop in one.stops if stop.point_id == "far"] == [truck]


def test_the_price_of_calm_is_the_difference_between_two_plans() -> None:
    problem = two_streets().build()
    usual = usual_routes(problem, driven(problem, **BEATS))
    today = with_usual(problem, usual)
    calm, free = driven(today, **BEATS), driven(today, T1=["A1 A2 A3 A4", "B1 B2 B3 B4"])

    figure = price_of_calm(today, calm, free)

    assert (figure.share_with_price, figure.share_without) == (1, 0.5)
    assert dict(figure.more)["truck_shifts"] == 1
    assert today.prices.moved_stop == today.prices.truck_h * MOVED_STOP_MIN / 60
    assert dict(usual_terms(today, free.routes)) == {"moved_stops": 4, "moved_stop_cost": 4 * today.prices.moved_stop}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 20), away=st.integers(0, 5))
def test_a_start_from_usual_routes_keeps_all_rules_and_most_trucks(seed: int, away: int) -> None:
    problem = made_up_city(50, 6, seed=seed)
    last_week = started(problem)
    trucks = tuple(replace(truck, available=number != away) for number, truck in enumerate(problem.trucks))

    today, plan = from_the_usual(replace(problem, trucks=trucks), last_week)

    kept = stops_kept(today, plan.routes)
    assert kept.kept >= 0.85 * (kept.stops - kept.away)


def test_the_check_recomputes_what_moved_stops_cost() -> None:
    problem = two_streets().build()
    today = with_usual(problem, usual_routes(problem, driven(problem, **BEATS)))
    plan = driven(today, T1=["A1 A2 A3 A4", "B1 B2 B3 B4"])
    wrong = {"moved_stops": 3.0, "moved_stop_cost": 0.0}
    told = replace(plan, cost=tuple((name, wrong.get(name, value)) for name, value in plan.cost))

    assert dict(plan.cost)["moved_stops"] == 4
    assert check_plan(plan, today).findings == ()
    assert [finding.rule for finding in check_plan(told, today).findings] == ["cost", "cost"]
