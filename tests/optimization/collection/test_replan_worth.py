"""What a repair is worth: calm at its price, never worse than the smallest repair, refusals in sentences."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.collection_problem import CollectionProblem
from city.disturbances import event_of
from city.errors import BrokenRuleError, SeveralErrors, UnsafePlanError
from city.waste_plans import CollectionPlan
from optimization.collection.replan import Replanned, Wishes, replan
from optimization.collection.replan_search import Repaired
from optimization.collection.replan_solution import Resumed, longest_rising
from tests.optimization.collection.driven import (
    AGAIN,
    clock,
    driven,
    order,
    replanned,
    started,
)
from tests.optimization.collection.test_replan import SECOND_STOP, streets
from tests.optimization.collection.towns import MADE_AT, Town, made_up_city


def crossed_streets() -> tuple[CollectionProblem, CollectionPlan]:
    """Two streets side by side; each truck has the last stop of the other's street."""
    town = Town().depot("D").site("S").truck("T1").truck("T2")
    for number in range(1, 5):
        town.point(f"A{number}", 1000.0 * number, 0.0).point(f"B{number}", 1000.0 * number, 500.0)
    problem = town.build()
    return problem, driven(problem, T1=["A1 A2 A3 B4"], T2=["B1 B2 B3 A4"])


def test_a_price_per_disturbed_stop_keeps_crews_calm() -> None:
    """Giving each street its last stop back saves some way, but not the price of two disturbed stops."""
    problem, plan = crossed_streets()

    free = replanned(problem, plan, SECOND_STOP, "late:T1:10min", price=0.0)
    calm = replanned(problem, plan, SECOND_STOP, "late:T1:10min", price=1000.0)

    assert free.difference.untouched_share < 1
    assert calm.difference.untouched_share == 1
    assert dict(calm.plan.cost)["disturbance_cost"] == 0
    assert dict(free.plan.cost)["total_cost"] < dict(calm.plan.cost)["total_cost"]


def test_a_search_that_makes_things_worse_is_not_followed() -> None:
    problem, plan = streets()

    def vandal(solution: Resumed, _hit: list[int], **_: object) -> Repaired:
        floor = solution.objective
        solution.put(1, [], None)
        return Repaired(floor=floor, rounds=1, improved=1)

    events = (event_of("breakdown:T1"),)
    done = replan(problem, plan, events, now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT, improver=vandal)

    assert isinstance(done, Replanned)
    assert (done.result.status, done.result.objective) == ("repaired", done.floor)
    assert "A3" in order(done.plan)["T2"]


def test_so_many_rounds_give_the_same_plan_again() -> None:
    problem = made_up_city(60, 6, seed=4)
    plan = started(problem)

    one, other = (replanned(problem, plan, clock(6), "breakdown:T1", rounds=12) for _ in range(2))

    assert one.plan.routes == other.plan.routes
    assert dict(one.plan.provenance.work)["rounds"] == 12


def test_a_replanned_day_can_be_replanned() -> None:
    problem = made_up_city(60, 6, seed=3)
    first = replanned(problem, started(problem), clock(6), "late:T1:30min")

    last = max((one for route in first.plan.routes for one in route.stops), key=lambda one: one.start_s)
    second = replanned(first.problem, first.plan, clock(7), "breakdown:T1", f"urgent:{last.point_id}:by=09:00")

    assert not second.unchanged
    third = replanned(second.problem, second.plan, clock(7), "closure:P1:05:00-06:00")
    assert third.unchanged


def test_events_of_unknown_things_are_refused_all_at_once() -> None:
    problem, plan = streets()
    events = tuple(map(event_of, ("breakdown:T9", "closure:A9", "site-shut:S9", "urgent:A3:by=05:00")))

    with pytest.raises(SeveralErrors) as refused:
        replan(problem, plan, events, now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT)

    for word in ("'T9'", "'A9'", "'S9'", "'05:00'"):
        assert word in str(refused.value)


def test_a_point_that_was_served_today_cannot_be_urgent_today() -> None:
    problem, plan = streets()

    with pytest.raises(BrokenRuleError, match="has served point A1 by now"):
        replan(problem, plan, (event_of("urgent:A1:by=09:00"),), now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT)


def test_a_plan_that_breaks_a_rule_is_not_repaired() -> None:
    problem, plan = streets()
    wrong = replace(plan, routes=(replace(plan.routes[0], metres=1), plan.routes[1]))

    with pytest.raises(UnsafePlanError):
        replan(problem, wrong, (event_of("breakdown:T1"),), now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT)


KINDS = st.sampled_from(
    (
        "breakdown:T{t}",
        "late:T{t}:{m}min",
        "closure:P{p}",
        "closure:P{p}:07:00-09:30",
        "site-shut:S1:07:00-10:00",
        "urgent:P{p}:by=13:30",
    )
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 3),
    now_min=st.integers(4 * 60, 12 * 60),
    kinds=st.lists(KINDS, min_size=1, max_size=3),
    numbers=st.tuples(st.integers(1, 5), st.integers(1, 40), st.integers(1, 120)),
)
def test_whatever_happens_the_answer_keeps_all_rules_and_is_no_worse_than_the_smallest_repair(
    seed: int, now_min: int, kinds: list[str], numbers: tuple[int, int, int]
) -> None:
    problem = made_up_city(40, 5, seed=seed)
    plan = started(problem)
    texts = dict.fromkeys(kind.format(t=numbers[0], p=numbers[1], m=numbers[2]) for kind in kinds)
    events = tuple(map(event_of, texts))

    try:
        done = replan(
            problem, plan, events, now_s=now_min * 60, plan_id=AGAIN, made_at=MADE_AT, wishes=Wishes(rounds=4)
        )
    except BrokenRuleError as refused:
        assert "by now as often as its day asks for" in str(refused)  # noqa: PT017  -- a refusal is one of two answers
        return

    assert isinstance(done, Replanned)
    assert done.check.findings == ()
    assert done.result.objective <= done.floor
    assert 0 <= done.difference.kept <= done.difference.pending
    if not done.unchanged:
        assert done.difference.disturbed == dict(done.plan.cost)["disturbed_stops"]


@given(st.permutations(range(7)))
def test_the_longest_rising_part_is_that_of_all_parts(places: list[int]) -> None:
    def rises(chosen: int) -> bool:
        part = [place for position, place in enumerate(places) if chosen >> position & 1]
        return part == sorted(part)

    assert longest_rising(places) == max(chosen.bit_count() for chosen in range(2**7) if rises(chosen))


def test_so_many_untouched_stops_keep_truck_and_order_whatever_it_costs() -> None:
    problem, plan = crossed_streets()

    def share(least_kept: float) -> float:
        wishes = Wishes(rounds=20, price=0.0, least_kept=least_kept)
        events = (event_of("late:T1:10min"),)
        done = replan(problem, plan, events, now_s=SECOND_STOP, plan_id=AGAIN, made_at=MADE_AT, wishes=wishes)
        assert isinstance(done, Replanned)
        return done.difference.untouched_share

    assert share(0.0) < 0.9
    assert share(0.9) >= 0.9
