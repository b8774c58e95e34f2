"""A plan's clocks told anew: to the second its own under its own roads, and later on slower ones."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from city.collection_problem import CollectionProblem
from city.signal_plans import Provenance
from city.speed_profiles import DAY_S, SpeedProfiles
from city.waste import Shift, Stream, TimeWindow
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.retiming import most_seconds_apart, retimed
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, Town, carries, made_up_city

HOURLY = tuple(range(0, DAY_S + 1, HOUR))
paces = st.lists(st.floats(1.0, 4.0), min_size=24, max_size=24).map(tuple)


def with_pace(problem: CollectionProblem, factors: tuple[float, ...]) -> CollectionProblem:
    profiles = SpeedProfiles(classes=("city",), borders_s=HOURLY, factors=(factors,))
    return replace(problem, travel=problem.travel.with_profiles(profiles, [0] * len(problem.travel.places)))


def plan_of(problem: CollectionProblem) -> CollectionPlan:
    solution = start_solution(terrain(problem), seconds=0.5)
    return build_plan(
        problem,
        solution,
        reasons_for(problem, solution, seconds=0.1),
        plan_id=PLAN,
        provenance=Provenance(made_at=MADE_AT, seed=1),
        rung="start",
        degraded=(),
    )


@settings(max_examples=15, deadline=None)
@given(factors=paces, seed=st.integers(1, 60))
def test_a_plan_is_on_time_under_its_own_roads(factors: tuple[float, ...], seed: int) -> None:
    """Days and nights, breaks, queues and two sites: not one clock differs by a second."""
    problem = with_pace(made_up_city(16, 4, seed=seed), factors)
    plan = plan_of(problem)
    again = retimed(plan, problem)
    assert plan.routes
    assert again.routes == plan.routes
    assert most_seconds_apart(plan, again) == 0


@settings(max_examples=10, deadline=None)
@given(factors=paces, seed=st.integers(1, 60))
def test_a_retimed_plan_drives_what_the_check_finds_it_drives(factors: tuple[float, ...], seed: int) -> None:
    """Rules may break on slower roads, but ways and times add up: two reckonings agree on seconds at the wheel."""
    free = made_up_city(16, 4, seed=seed)
    slow = with_pace(free, factors)
    late = retimed(plan_of(free), slow)
    broken = {finding.rule for finding in check_plan(late, slow).findings}
    assert not broken & {"drive_time", "distance", "clock", "service_time", "queue", "tip_time"}


def test_slower_roads_make_the_same_route_late_and_the_check_says_so() -> None:
    town = Town().depot().site("S", 0, 0).truck(shift=Shift(start_s=7 * HOUR, end_s=9 * HOUR))
    town.point("P", 18_000, 0, windows=(TimeWindow(start_s=7 * HOUR, end_s=8 * HOUR),))
    free = town.build()
    slow = with_pace(free, (2.5,) * 24)
    plan = plan_of(free)
    late = retimed(plan, slow)
    (stop,) = late.routes[0].trips[0].stops
    assert stop.arrive_s == 7 * HOUR + 2.5 * 1800
    assert most_seconds_apart(plan, late) == late.routes[0].return_s - plan.routes[0].return_s
    assert {finding.rule for finding in check_plan(late, slow).findings} >= {"window", "shift"}
    assert check_plan(plan, free).ok


def test_a_wash_before_another_stream_is_part_of_the_clock() -> None:
    town = Town().depot().site("S", 1000, 0).truck(compartments=carries(Stream.RESIDUAL, Stream.GLASS), wash_s=900)
    town.point("P", 2000, 0).point("Q", 3000, 0, stream=Stream.GLASS)
    problem = town.build()
    plan = plan_of(problem)
    assert len(plan.routes[0].trips) == 2
    assert retimed(plan, problem).routes == plan.routes
