"""The check passes a sound plan, and each of its rules catches the plan that breaks it."""

# ruff: noqa: ANN401  -- a mutation changes any field of anything

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from city.collection_problem import CollectionProblem
from city.ids import DepotId, PointId, SiteId, TruckId
from city.waste import EndLoaded, Shift, Stream, TimeWindow
from city.waste_plans import CollectionPlan, Reason, Tip, Trip, Unserved
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.result import Result
from tests.optimization.collection.towns import A_TRUCK, HOUR, MADE_AT, PLAN, Town, carries

Mutation = Callable[[CollectionPlan, CollectionProblem], tuple[CollectionPlan, CollectionProblem]]
BREAK = TimeWindow(start_s=7 * HOUR, end_s=8 * HOUR)


@pytest.fixture(scope="module")
def problem() -> CollectionProblem:
    """Two trips of residual and one of recyclable, a break, and one point that nobody can reach."""
    both = carries(Stream.RESIDUAL, Stream.RECYCLABLE, body_m3=30.0)
    shift = Shift(start_s=6 * HOUR, end_s=14 * HOUR, break_s=1800, break_window=BREAK)
    town = Town().depot("D").site("S", 3000, 0, queue_s=(120,) * 24)
    town.truck("T", compartments=both, shift=shift, wash_s=600, payload_kg=250.0)
    for number in range(4):
        town.point(f"P{number}", 4000, 1500.0 * number, service_s=1500)
    town.point("R", 500, 500, stream=Stream.RECYCLABLE).point("Far", 0, 9000)
    return town.build(cut_off=("Far",))


@pytest.fixture(scope="module")
def plan(problem: CollectionProblem) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
    assert isinstance(result, Result)
    return result.plan


def test_a_sound_plan_passes(plan: CollectionPlan, problem: CollectionProblem) -> None:
    report = check_plan(plan, problem)

    assert report.findings == ()
    assert report.measures["trips"] == 3
    assert report.measures["stops"] == 5
    assert report.measures["t"] == pytest.approx(0.5)
    assert report.measures["missed_mandatory_points"] == 1
    assert len({trip.stream for trip in plan.routes[0].trips}) == 2
    assert plan.routes[0].break_taken is not None


def _route(plan: CollectionPlan, **changes: Any) -> CollectionPlan:
    return replace(plan, routes=(replace(plan.routes[0], **changes),))


def _trip(plan: CollectionPlan, number: int, **changes: Any) -> CollectionPlan:
    trips = list(plan.routes[0].trips)
    trips[number] = replace(trips[number], **changes)
    return _route(plan, trips=tuple(trips))


def _tip(plan: CollectionPlan, number: int, **changes: Any) -> CollectionPlan:
    tip = plan.routes[0].trips[number].tip
    assert isinstance(tip, Tip)
    return _trip(plan, number, tip=replace(tip, **changes))


def _stop(plan: CollectionPlan, number: int, **changes: Any) -> CollectionPlan:
    """Changes the first stop of a trip."""
    first, *others = plan.routes[0].trips[number].stops
    return _trip(plan, number, stops=(replace(first, **changes), *others))


def _truck(problem: CollectionProblem, **changes: Any) -> CollectionProblem:
    return replace(problem, trucks=(replace(problem.trucks[0], **changes),))


def _site(problem: CollectionProblem, **changes: Any) -> CollectionProblem:
    return replace(problem, sites=(replace(problem.sites[0], **changes),))


def _points(problem: CollectionProblem, **changes: Any) -> CollectionProblem:
    return replace(problem, points=tuple(replace(point, **changes) for point in problem.points))


def _first(plan: CollectionPlan, number: int = 0) -> Any:
    return plan.routes[0].trips[number].stops[0]


def _rest(plan: CollectionPlan, **changes: int) -> CollectionPlan:
    rest = plan.routes[0].break_taken
    assert rest is not None
    return _route(plan, break_taken=replace(rest, **changes))


def _mixed(plan: CollectionPlan) -> CollectionPlan:
    """A recyclable stop slipped into a residual trip."""
    number = next(k for k, trip in enumerate(plan.routes[0].trips) if trip.stream is Stream.RESIDUAL)
    return _stop(plan, number, stream=Stream.RECYCLABLE)


def _untipped(plan: CollectionPlan) -> CollectionPlan:
    """Two streams in one compartment, one after the other, without a tip between."""
    trips = plan.routes[0].trips
    last = next(k for k in range(1, len(trips)) if trips[k].stream != trips[k - 1].stream)
    return _trip(plan, last - 1, tip=None)


def _twice(plan: CollectionPlan) -> CollectionPlan:
    trip = plan.routes[0].trips[0]
    return _trip(plan, 0, stops=(*trip.stops, trip.stops[0]))


def _without_last_trip(plan: CollectionPlan) -> CollectionPlan:
    return _route(plan, trips=plan.routes[0].trips[:-1])


SERVED_TOO = Unserved(
    point_id=PointId("P0"), stream=Stream.RESIDUAL, reason=Reason.NO_TIME, sentence="No time.", mandatory=True
)

MUTATIONS: dict[str, tuple[str, Mutation]] = {
    "another day": ("day", lambda p, q: (replace(p, time_zone="Europe/Berlin"), q)),
    "unknown truck": ("truck", lambda p, q: (_route(p, truck_id=TruckId("X")), q)),
    "truck out twice": ("truck", lambda p, q: (replace(p, routes=p.routes * 2), q)),
    "truck in the workshop": (
        "truck",
        lambda p, q: (
            p,
            replace(q, trucks=(replace(q.trucks[0], available=False), replace(A_TRUCK, truck_id=TruckId("U")))),
        ),
    ),
    "another depot": ("depot", lambda p, q: (_route(p, depot_id=DepotId("X")), q)),
    "leaves before its shift": ("shift", lambda p, q: (_route(p, depart_s=5 * HOUR), q)),
    "returns after its shift": (
        "shift",
        lambda p, q: (p, _truck(q, shift=Shift(start_s=6 * HOUR, end_s=p.routes[0].return_s - 1))),
    ),
    "a trip without stops": ("empty_trip", lambda p, q: (_trip(p, 0, stops=()), q)),
    "drives too fast": ("drive_time", lambda p, q: (_stop(p, 0, arrive_s=_first(p).arrive_s - 1), q)),
    "a slower truck": ("drive_time", lambda p, q: (p, _truck(q, speed_factor=1.2))),
    "a longer wash": ("drive_time", lambda p, q: (p, _truck(q, wash_s=3000))),
    "no way there": ("way", lambda p, q: (_stop(p, 0, point_id=PointId("Far")), q)),
    "metres made up": ("distance", lambda p, q: (_route(p, metres=p.routes[0].metres - 1), q)),
    "drive time made up": ("distance", lambda p, q: (_route(p, drive_s=p.routes[0].drive_s + 1), q)),
    "no break": ("break", lambda p, q: (_route(p, break_taken=None), q)),
    "break too early": ("break", lambda p, q: (_rest(p, start_s=BREAK.start_s - 1), q)),
    "break too late": ("break", lambda p, q: (_rest(p, start_s=BREAK.end_s + 1, end_s=BREAK.end_s + 1801), q)),
    "break too short": (
        "break",
        lambda p, q: (_rest(p, end_s=p.routes[0].break_taken.start_s + 1799), q),  # type: ignore[union-attr]
    ),
    "works in its break": ("break", lambda p, q: (_stop(p, 0, start_s=6 * HOUR, depart_s=9 * HOUR), q)),
    "two streams in one trip": ("stream_mix", lambda p, q: (_mixed(p), q)),
    "two streams without a tip": ("stream_mix", lambda p, q: (_untipped(p), q)),
    "change of stream forbidden": ("stream_change", lambda p, q: (p, _truck(q, wash_s=None))),
    "no licence": ("licence", lambda p, q: (p, _truck(q, compartments=carries(Stream.RESIDUAL)))),
    "goes home loaded": ("end_loaded", lambda p, q: (_trip(p, -1, tip=None), q)),
    "load made up": ("load", lambda p, q: (_stop(p, 0, load_kg=1.0), q)),
    "over the payload": ("payload", lambda p, q: (p, _truck(q, payload_kg=150.0))),
    "over the volume": (
        "volume",
        lambda p, q: (p, _truck(q, compartments=carries(Stream.RESIDUAL, Stream.RECYCLABLE, body_m3=1.5))),
    ),
    "kg lost before the tip": ("kg_tipped", lambda p, q: (_tip(p, 0, kg=1.0), q)),
    "unknown point": ("point", lambda p, q: (_stop(p, 0, point_id=PointId("X")), q)),
    "starts before it is there": ("clock", lambda p, q: (_stop(p, 0, start_s=_first(p).arrive_s - 60), q)),
    "hurried service": ("service_time", lambda p, q: (_stop(p, 0, depart_s=_first(p).depart_s - 1), q)),
    "too high for the street": ("access", lambda p, q: (p, _points(q, max_height_m=2.5))),
    "too heavy for the street": ("access", lambda p, q: (p, _points(q, max_weight_kg=10_000.0))),
    "unknown site": ("site", lambda p, q: (_tip(p, 0, site_id=SiteId("X")), q)),
    "stream not accepted": ("site_stream", lambda p, q: (p, _site(q, streams=(Stream.GLASS,)))),
    "site closed": (
        "site_hours",
        lambda p, q: (p, _site(q, windows=(TimeWindow(start_s=12 * HOUR, end_s=13 * HOUR),))),
    ),
    "jumps the queue": ("queue", lambda p, q: (p, _site(q, queue_s=(900,) * 24))),
    "hurried tip": ("tip_time", lambda p, q: (p, _site(q, tip_s=301))),
    "site over its cap": ("site_cap", lambda p, q: (p, _site(q, daily_cap_kg=450.0))),
    "site over its throughput": ("site_throughput", lambda p, q: (p, _site(q, throughput_kg_h=50.0))),
    "served too often": ("times_served", lambda p, q: (_twice(p), q)),
    "outside its window": (
        "window",
        lambda p, q: (p, _points(q, windows=(TimeWindow(start_s=12 * HOUR, end_s=13 * HOUR),))),
    ),
    "another load than forecast": ("stop_load", lambda p, q: (_stop(p, 0, kg=_first(p).kg - 1), q)),
    "a point lost": ("accounted", lambda p, q: (_without_last_trip(p), q)),
    "an unserved point forgotten": ("accounted", lambda p, q: (replace(p, unserved=()), q)),
    "served and unserved": ("accounted", lambda p, q: (replace(p, unserved=(*p.unserved, SERVED_TOO)), q)),
    "unserved twice": ("accounted", lambda p, q: (replace(p, unserved=p.unserved * 2), q)),
    "unserved and unknown": (
        "accounted",
        lambda p, q: (replace(p, unserved=(*p.unserved, replace(SERVED_TOO, point_id=PointId("X")))), q),
    ),
    "a broken rule hidden": (
        "unserved_reason",
        lambda p, q: (replace(p, unserved=(replace(p.unserved[0], mandatory=False),)), q),
    ),
    "unserved without a word": (
        "unserved_reason",
        lambda p, q: (replace(p, unserved=(replace(p.unserved[0], sentence=""),)), q),
    ),
    "cost made up": ("cost", lambda p, q: (replace(p, cost=(*p.cost[:-1], ("total_cost", 1.0))), q)),
    "cost left out": ("cost", lambda p, q: (replace(p, cost=p.cost[1:]), q)),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_is_found_by_name_and_with_a_sentence(
    name: str, plan: CollectionPlan, problem: CollectionProblem
) -> None:
    rule, mutate = MUTATIONS[name]

    report = check_plan(*mutate(plan, problem))

    found = [finding for finding in report.findings if finding.rule == rule]
    assert found, [finding.sentence for finding in report.findings]
    assert all(finding.subject in finding.sentence for finding in found)
    assert not report.ok


def test_a_truck_may_go_home_loaded_where_its_rule_says_so_but_never_with_kitchen_waste() -> None:
    def ends_loaded(stream: Stream) -> set[str]:
        town = Town().depot("D").site("S", 3000, 0).point("P", 1000, 0, stream=stream)
        problem = town.truck("T", compartments=carries(stream), end_loaded=EndLoaded(allowed=True)).build()
        result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)
        assert isinstance(result, Result)
        trip = result.plan.routes[0].trips[0]
        plan = _route(result.plan, trips=(Trip(stream=stream, stops=trip.stops, tip=None),), metres=2000, drive_s=200)
        return {finding.rule for finding in check_plan(plan, problem).findings}

    assert "end_loaded" not in ends_loaded(Stream.RESIDUAL)
    assert "end_loaded" in ends_loaded(Stream.KITCHEN)
