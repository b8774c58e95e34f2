"""The check of a replanned day finds each thing that must not be, in plans that somebody changed by hand."""

from dataclasses import replace

import pytest

from city.disturbances import event_of
from city.waste_plans import CollectionPlan, CollectionRoute
from optimization.collection.check_replan import Terms, check_replan
from tests.optimization.collection.driven import clock, driven, replanned, route, two_streets

NOW_S = clock(6, 4, 30)  # each truck is at its second stop
PROBLEM = two_streets().build()
PLAN = driven(PROBLEM, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])


def rules(new: CollectionPlan, *events: str, old: CollectionPlan = PLAN, now_s: int = NOW_S) -> set[str]:
    happened = tuple(map(event_of, events))
    return {finding.rule for finding in check_replan(old, new, PROBLEM, now_s=now_s, events=happened).findings}


def with_route(plan: CollectionPlan, changed: CollectionRoute) -> CollectionPlan:
    return replace(plan, routes=tuple(changed if one.truck_id == changed.truck_id else one for one in plan.routes))


def with_stop(plan: CollectionPlan, truck: str, place: int, **changes: float) -> CollectionPlan:
    one = route(plan, truck)
    trip = one.trips[0]
    stops = list(trip.stops)
    stops[place] = replace(stops[place], **changes)  # type: ignore[arg-type]
    return with_route(plan, replace(one, trips=(replace(trip, stops=tuple(stops)), *one.trips[1:])))


def test_the_old_plan_as_it_was_breaks_nothing() -> None:
    assert rules(PLAN) == set()


@pytest.mark.parametrize("place", [0, 1])
def test_a_second_in_what_has_begun_is_found(place: int) -> None:
    depart_s = route(PLAN, "T1").stops[place].depart_s
    assert "begun" in rules(with_stop(PLAN, "T1", place, depart_s=depart_s + 1))


def test_a_later_second_is_not_what_has_begun() -> None:
    start_s = route(PLAN, "T1").stops[3].start_s
    assert "begun" not in rules(with_stop(PLAN, "T1", 3, start_s=start_s + 1))


def test_a_route_that_vanishes_after_it_has_begun_is_found_and_one_that_never_began_is_not() -> None:
    without = replace(PLAN, routes=tuple(one for one in PLAN.routes if one.truck_id != "T1"))
    assert "begun" in rules(without)
    assert "begun" not in rules(without, now_s=clock(5))


def test_a_broken_truck_does_no_more() -> None:
    assert "broken_truck" in rules(PLAN, "breakdown:T1")


def test_a_closed_point_is_left() -> None:
    assert "closed_point" in rules(PLAN, "closure:A4")
    assert "closed_point" not in rules(PLAN, "closure:A4:07:00-08:00")
    assert "closed_point" not in rules(PLAN, "closure:A1")


def test_a_shut_site_takes_nothing() -> None:
    assert "shut_site" in rules(PLAN, "site-shut:S:06:00-07:00")
    assert "shut_site" not in rules(PLAN, "site-shut:S:08:00-09:00")


def test_an_urgent_point_is_in_time_or_listed() -> None:
    assert "urgent" in rules(PLAN, "urgent:A4:by=06:06")
    assert "urgent" not in rules(PLAN, "urgent:A4:by=06:30")


def test_a_late_truck_is_nowhere_before_its_delay_allows() -> None:
    """At 6:04:30 T1 still works at A2, until 6:05:20; 5 minutes late, it cannot be at A3 at 6:07."""
    assert "under_way" in rules(PLAN, "late:T1:5min")
    assert "late" in rules(PLAN, "late:T1:5min", now_s=clock(5))


def test_a_truck_cannot_be_turned_round_before_it_could_be_back() -> None:
    """At 6:05:50 T1 has driven 50 s from A2 towards A3; the plan sends it to A4 as if it had gone there at once."""
    new = driven(PROBLEM, T1=["A1 A2 A4 A3"], T2=["B1 B2 B3 B4"])
    left_s = route(PLAN, "T1").stops[1].depart_s
    assert route(new, "T1").stops[2].arrive_s == left_s + 200

    assert "under_way" not in rules(new, now_s=left_s + 50)

    back = driven(PROBLEM, T1=["A1 A2"], T2=["B1 B2 B3 B4 A3 A4"])
    assert "under_way" in rules(back, now_s=left_s + 50)


def test_the_price_of_calm_is_recomputed() -> None:
    done = replanned(PROBLEM, PLAN, NOW_S, "breakdown:T1", price=2.0)
    terms = Terms(price=2.0, tolerance_s=900)
    events = (event_of("breakdown:T1"),)
    assert dict(done.plan.cost)["disturbance_cost"] == 2.0 * dict(done.plan.cost)["disturbed_stops"] > 0

    cost = tuple((name, 0.0 if name == "disturbance_cost" else value) for name, value in done.plan.cost)
    wrong = replace(done.plan, cost=cost)
    found = check_replan(PLAN, wrong, done.problem, now_s=NOW_S, events=events, terms=terms).findings

    assert [finding.rule for finding in found] == ["cost"]
