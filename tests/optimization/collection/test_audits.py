"""Audit visits: a lot sends trucks to a few of the skipped points, and takes nothing from the others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from city.collection_problem import CollectionProblem, Due
from city.documents import from_json, to_json
from city.errors import InvalidValueError
from city.waste_plans import CollectionPlan, CollectionRoute, Reason, Stop, StopReason
from optimization.collection.audits import AUDIT_PROBABILITY, with_lots
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, SERVICE_DATE, Town

QUICK_S = 1.0


def planned(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=QUICK_S)
    assert isinstance(result, Result)
    assert check_plan(result.plan, problem).findings == ()
    return result.plan


def with_demand(problem: CollectionProblem, point: str, **changes: object) -> CollectionProblem:
    changed = [replace(one, **changes) if one.point_id == point else one for one in problem.demand]  # type: ignore[arg-type]
    return replace(problem, demand=tuple(changed))


def street(*, kg: float = 100.0, payload_kg: float = 5000.0) -> CollectionProblem:
    """One point that must be served, one beside it that nothing asks for today."""
    town = Town().depot("D").site("S", 3000, 0).truck("T", payload_kg=payload_kg)
    problem = town.point("must", 1000, 0).point("quiet", 1200, 0, kg=kg, price=1.0).build()
    return with_demand(problem, "quiet", due=Due.NOT_TODAY, skip_price=0.0, why="Nearly empty.")


def drawn(problem: CollectionProblem) -> CollectionProblem:
    return with_demand(problem, "quiet", audit_drawn=True, audit_probability=AUDIT_PROBABILITY)


def stops(plan: CollectionPlan) -> dict[str, Stop]:
    return {stop.point_id: stop for route in plan.routes for stop in route.stops}


def test_a_drawn_point_is_visited_and_the_plan_says_why() -> None:
    plan = planned(drawn(street()))

    audit = stops(plan)["quiet"]
    assert (audit.reason, audit.audit_probability) == (StopReason.AUDIT, AUDIT_PROBABILITY)
    assert (stops(plan)["must"].reason, stops(plan)["must"].audit_probability) == (StopReason.PLANNED, None)
    assert plan.unserved == ()
    assert from_json(CollectionPlan, to_json(plan), "plan") == plan


def test_a_point_that_was_not_drawn_stays_skipped() -> None:
    plan = planned(street())

    assert set(stops(plan)) == {"must"}
    assert [entry.reason for entry in plan.unserved] == [Reason.NOT_DUE]


def test_an_audit_that_does_not_fit_is_dropped_with_its_reason() -> None:
    plan = planned(drawn(street(kg=6000.0)))

    assert set(stops(plan)) == {"must"}
    (entry,) = plan.unserved
    assert (entry.reason, entry.mandatory) == (Reason.AUDIT_DROPPED, False)
    assert "6000 kg" in entry.sentence
    assert "a lot of 2%" in entry.sentence


def test_no_truck_is_sent_out_for_an_audit_alone() -> None:
    town = Town().depot("D").site("S", 3000, 0).truck("T")
    quiet = town.point("quiet", 1200, 0, price=1.0).build()
    plan = planned(drawn(with_demand(quiet, "quiet", due=Due.NOT_TODAY, skip_price=0.0)))

    assert plan.routes == ()
    assert [entry.reason for entry in plan.unserved] == [Reason.AUDIT_DROPPED]


def test_a_point_worth_its_visit_is_no_audit_and_one_left_for_its_price_is() -> None:
    dear, cheap = (with_demand(drawn(street()), "quiet", due=Due.MAY, skip_price=price) for price in (10_000.0, 1e-6))

    assert stops(planned(dear))["quiet"].reason is StopReason.PLANNED
    assert stops(planned(cheap))["quiet"].reason is StopReason.AUDIT


def changed_stop(plan: CollectionPlan, change: Callable[[Stop], Stop]) -> CollectionPlan:
    def route(one: CollectionRoute) -> CollectionRoute:
        trips = tuple(
            replace(trip, stops=tuple(change(stop) if stop.point_id == "quiet" else stop for stop in trip.stops))
            for trip in one.trips
        )
        return replace(one, trips=trips)

    return replace(plan, routes=tuple(route(one) for one in plan.routes))


@pytest.mark.parametrize(
    "change",
    [
        lambda stop: replace(stop, reason=StopReason.PLANNED),
        lambda stop: replace(stop, reason=StopReason.PLANNED, audit_probability=None),
        lambda stop: replace(stop, audit_probability=0.5),
        lambda stop: replace(stop, audit_probability=None),
    ],
)
def test_the_check_refuses_an_audit_that_hides_or_bends_its_lot(change: Callable[[Stop], Stop]) -> None:
    problem = drawn(street())
    bent = changed_stop(planned(problem), change)

    assert {finding.rule for finding in check_plan(bent, problem).findings} == {"audit"}


def test_a_visit_that_nobody_drew_is_no_audit() -> None:
    problem = street()
    plan = planned(drawn(problem))

    assert "times_served" in {finding.rule for finding in check_plan(plan, problem).findings}


def lots(seed: int, day: date, points: int) -> set[str]:
    town = Town().depot("D").site("S", 3000, 0).truck("T")
    for number in range(points):
        town.point(f"P{number}", 10.0 * number, 0, price=None if number % 10 == 0 else 1.0)
    found = with_lots(town.demand, town.points, service_date=day, seed=seed)
    return {one.point_id for one in found if one.audit_drawn}


def test_lots_are_fair_repeatable_and_new_every_day() -> None:
    first, second = lots(1, SERVICE_DATE, 10_000), lots(1, SERVICE_DATE + timedelta(days=1), 10_000)

    # 9,000 points by fill at 2 %: 180, with a standard deviation of 13.
    assert len(first) == pytest.approx(180, abs=50)
    assert lots(1, SERVICE_DATE, 10_000) == first
    assert len(first & second) < 20
    assert not any(int(name[1:]) % 10 == 0 for name in first | second)


def test_a_lot_needs_a_probability() -> None:
    with pytest.raises(InvalidValueError, match="audit_probability"):
        replace(street().demand[1], audit_drawn=True)


def test_a_full_shift_stays_as_it_is() -> None:
    """The truck has time for the one point only: the audit is dropped, the planned stop is not."""
    town = Town().depot("D").site("S", 3000, 0)
    town.truck("T")
    shift = replace(town.trucks[0].shift, end_s=6 * HOUR + 1000)
    town.trucks[0] = replace(town.trucks[0], shift=shift)
    town.point("must", 1000, 0).point("quiet", 4000, 3000, price=1.0)
    problem = with_demand(town.build(), "quiet", due=Due.NOT_TODAY, skip_price=0.0)
    plan = planned(drawn(problem))

    assert set(stops(plan)) == {"must"}
    assert [entry.reason for entry in plan.unserved] == [Reason.AUDIT_DROPPED]
