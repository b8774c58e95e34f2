"""What a truck may hold, load and stop for over its whole day, however often it tips in between."""

from dataclasses import replace
from typing import Any

import pytest

from city.collection_problem import CollectionProblem
from city.documents import decode, encode
from city.errors import CityError
from city.signal_plans import Provenance
from city.waste import Truck
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.hand_made import PlanByHand, RouteByHand, TripByHand, plan_by_hand
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import A_TRUCK, MADE_AT, PLAN, Town

LIMITS = {"daily_kg": ("daily_cap_kg", 100), "daily_m3": ("daily_cap_m3", 1), "max_stops": ("max_stops", 1)}


def _problem(**limits: int) -> CollectionProblem:
    """Five points of 100 kg and 1 m3; a truck tips after two of them."""
    town = Town().depot("D").site("S", 3000, 0)
    for name in ("T1", "T2"):
        town.truck(name, payload_kg=250.0, **limits)
    for number in range(5):
        town.point(f"P{number}", 1000.0 * number, 500)
    return town.build()


def _planned(problem: CollectionProblem, seconds: float = 1) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=seconds)
    assert isinstance(result, Result)
    return result.plan


@pytest.mark.parametrize("rule", LIMITS)
def test_a_day_that_holds_more_than_its_limit_is_found_and_one_at_the_limit_is_not(rule: str) -> None:
    name, per_stop = LIMITS[rule]
    plan = _planned(_problem())
    assert len(plan.routes) == 1

    just_enough, too_little = (_problem(**{name: per_stop * stops}) for stops in (5, 4))

    assert check_plan(plan, just_enough).ok
    (finding,) = check_plan(plan, too_little).findings
    assert finding.rule == rule
    assert f"{5 * per_stop:g}" in finding.sentence
    assert f"{4 * per_stop:g}" in finding.sentence


@pytest.mark.parametrize(
    ("rules", "seconds"),
    [(["daily_kg"], 1), (["daily_m3"], 1), (["max_stops"], 1), (list(LIMITS), 5)],  # 5 s: improved by the solver
)
def test_a_planned_day_keeps_its_limits_by_sending_a_second_truck(rules: list[str], seconds: float) -> None:
    problem = _problem(**{name: 3 * per_stop for name, per_stop in (LIMITS[rule] for rule in rules)})

    plan = _planned(problem, seconds)

    assert not plan.unserved
    assert sorted(len(route.stops) for route in plan.routes) == [2, 3]
    assert check_plan(plan, problem).ok


def test_what_no_limit_leaves_room_for_is_left_with_a_reason() -> None:
    problem = _problem(max_stops=2)

    plan = _planned(problem)

    assert [len(route.stops) for route in plan.routes] == [2, 2]
    (left,) = plan.unserved
    assert left.sentence
    assert not _planned(_problem()).unserved


def test_a_day_made_by_hand_is_driven_beyond_its_limit_and_the_limit_is_named() -> None:
    (route,) = _planned(_problem()).routes
    trips = tuple(TripByHand(stops=tuple((stop.point_id, stop.stream) for stop in trip.stops)) for trip in route.trips)
    given = PlanByHand(routes=(RouteByHand(truck_id=route.truck_id, trips=trips),))
    limited = _problem(max_stops=4)

    by_hand = plan_by_hand(given, limited, plan_id=PLAN, provenance=Provenance(made_at=MADE_AT, seed=0))

    assert len(by_hand.routes[0].stops) == 5
    assert [finding.rule for finding in check_plan(by_hand, limited).findings] == ["max_stops"]


@pytest.mark.parametrize("field", ["daily_cap_kg", "daily_cap_m3", "max_stops"])
def test_a_limit_of_nothing_is_refused_by_name(field: str) -> None:
    limit: dict[str, Any] = {field: 0}
    with pytest.raises(CityError, match=field):
        replace(A_TRUCK, **limit)


def test_a_truck_written_before_there_were_limits_is_read_as_one_without() -> None:
    document = encode(A_TRUCK)
    for field in ("daily_cap_kg", "daily_cap_m3", "max_stops"):
        del document[field]

    assert decode(Truck, document) == A_TRUCK
