# ruff: noqa: ANN401  -- a town changes any field of the things in it
"""Plans where roads are slow by the hour: the walk and the check, each by its own reckoning, agree to the second."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.collection_documents import problem_from_json, problem_to_json
from city.collection_problem import CollectionProblem
from city.signal_plans import Provenance
from city.speed_profiles import DAY_S, SpeedProfiles
from city.waste import Shift, Stream, TimeWindow
from city.waste_plans import Break, CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_drive import Leg, drive_of
from optimization.collection.plan_building import build_plan
from optimization.collection.planner import plan_routes
from optimization.collection.reasons import reasons_for
from optimization.collection.solution import Solution
from optimization.collection.start import start_solution
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import Draft, SiteUse, walk_from
from optimization.result import Result
from serving.problem_file import read_problem, write_problem
from tests.optimization.collection.towns import A_TRUCK, HOUR, MADE_AT, PLAN, Town, made_up_city

RUSH = SpeedProfiles(
    classes=("suburb", "centre"),
    borders_s=(0, 7 * HOUR, 9 * HOUR, DAY_S),
    factors=((1.0, 1.3, 1.0), (1.0, 2.0, 1.0)),
)
HOURLY = tuple(range(0, DAY_S + 1, HOUR))


def at_pace(problem: CollectionProblem, profiles: SpeedProfiles) -> CollectionProblem:
    """Every other place lies in the profiles' last class."""
    classes = [number % len(profiles.classes) for number in range(len(problem.travel.places))]
    return replace(problem, travel=problem.travel.with_profiles(profiles, classes))


def all_slow(problem: CollectionProblem) -> CollectionProblem:
    return replace(problem, travel=problem.travel.with_profiles(RUSH, [1] * len(problem.travel.places)))


def started(problem: CollectionProblem) -> tuple[Terrain, Solution]:
    land = terrain(problem)
    return land, start_solution(land, seconds=0.5)


def plan_of(problem: CollectionProblem) -> CollectionPlan:
    _, solution = started(problem)
    return build_plan(
        problem,
        solution,
        reasons_for(problem, solution, seconds=0.1),
        plan_id=PLAN,
        provenance=Provenance(made_at=MADE_AT, seed=1),
        rung="start",
        degraded=(),
    )


def rules(plan: CollectionPlan, problem: CollectionProblem) -> set[str]:
    return {finding.rule for finding in check_plan(plan, problem).findings}


def small_town(**shift: Any) -> CollectionProblem:
    """A point an hour's drive from the depot, whose truck starts at seven, as the rush does."""
    hours: dict[str, Any] = {"start_s": 7 * HOUR, "end_s": 15 * HOUR, **shift}
    return Town().depot().site("S", 0, 0).truck(shift=Shift(**hours)).point("P", 36_000, 0).build()


def test_who_leaves_into_the_rush_is_there_when_it_is_over() -> None:
    land = terrain(all_slow(small_town()))
    walked = walk_from(land, 0, [Draft(stream=Stream.RESIDUAL, tasks=[0])], SiteUse(land), 7 * HOUR)
    assert walked is not None
    assert walked.halts[0][0].arrive_s == 9 * HOUR  # two hours at half the pace
    assert walked.drive_s == 2 * HOUR + HOUR


def test_a_plan_lets_the_rush_pass_where_the_day_has_room_for_it() -> None:
    plan = plan_of(all_slow(small_town()))
    assert plan.routes[0].depart_s == 9 * HOUR
    assert plan.routes[0].drive_s == 2 * HOUR
    assert rules(plan, all_slow(small_town())) == set()
    short = all_slow(small_town(end_s=11 * HOUR))
    assert plan_of(short).routes[0].depart_s == 7 * HOUR


def test_a_plan_made_for_free_roads_breaks_the_check_of_the_rush() -> None:
    free = plan_of(small_town())
    assert rules(free, small_town()) == set()
    assert rules(free, all_slow(small_town())) == {"drive_time", "distance"}


def test_a_clock_that_is_one_second_early_is_found() -> None:
    problem = all_slow(small_town())
    plan = plan_of(problem)
    (route,) = plan.routes
    (trip,) = route.trips
    early = replace(trip.stops[0], arrive_s=trip.stops[0].arrive_s - 1)
    wrong = replace(plan, routes=(replace(route, trips=(replace(trip, stops=(early,)),)),))
    assert rules(wrong, problem) == {"drive_time"}


@settings(max_examples=12, deadline=None)
@given(
    factors=st.lists(st.floats(1.0, 6.0), min_size=24, max_size=24),
    others=st.lists(st.floats(1.0, 2.0), min_size=24, max_size=24),
    seed=st.integers(1, 50),
)
def test_the_walk_and_the_check_agree_on_every_second(factors: list[float], others: list[float], seed: int) -> None:
    profiles = SpeedProfiles(classes=("a", "b"), borders_s=HOURLY, factors=(tuple(factors), tuple(others)))
    problem = at_pace(made_up_city(14, 4, seed=seed), profiles)
    problem = replace(problem, trucks=tuple(replace(truck, speed_factor=1.15) for truck in problem.trucks))
    plan = plan_of(problem)
    assert plan.routes
    assert check_plan(plan, problem).findings == ()


@settings(max_examples=12, deadline=None)
@given(factors=st.lists(st.floats(1.0, 6.0), min_size=24, max_size=24), seed=st.integers(1, 50))
def test_who_starts_a_day_later_is_nowhere_earlier(factors: list[float], seed: int) -> None:
    profiles = SpeedProfiles(classes=("city",), borders_s=HOURLY, factors=(tuple(factors),))
    # A queue that shrinks within an hour, a break or a full site may let who comes later through first: none of them.
    town = Town().depot().site("S", 5000, 0).truck(shift=Shift(start_s=6 * HOUR, end_s=22 * HOUR))
    for number in range(6):
        town.point(f"P{number}", 700.0 * (seed * number % 11), 900.0 * number)
    land, solution = started(at_pace(town.build(), profiles))
    (day,) = solution.days
    days = [walk_from(land, 0, day, SiteUse(land), (6 + lapse) * HOUR) for lapse in range(5)]
    assert days[0] is not None
    for early, late in pairwise(walked for walked in days if walked is not None):
        assert early.return_s <= late.return_s


def test_roads_that_are_free_at_all_hours_change_nothing() -> None:
    free = SpeedProfiles(classes=("city",), borders_s=HOURLY, factors=((1.0,) * 24,))
    problem = made_up_city(30, 4, seed=3)
    one, other = plan_of(problem), plan_of(at_pace(problem, free))
    assert (one.routes, one.cost) == (other.routes, other.cost)


def test_the_solver_plans_by_the_clock_too() -> None:
    problem = at_pace(made_up_city(25, 4, seed=5), RUSH)
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=4.0)
    assert isinstance(result, Result)
    assert check_plan(result.plan, problem).findings == ()


def test_a_solver_without_a_clock_plans_at_the_average_pace_of_the_shift() -> None:
    problem = all_slow(small_town(start_s=7 * HOUR, end_s=11 * HOUR))
    (vehicle,) = terrain(problem).vehicles
    depot, point = 0, problem.travel.places.index("P")
    slowness = 4 / (2 / 2 + 2)  # two hours at half the pace and two at the whole
    assert vehicle.typical(depot, point) == vehicle.typical_s(depot)[point] == round(HOUR * slowness)
    assert terrain(small_town()).vehicles[0].typical(depot, point) == HOUR


def test_a_problem_at_pace_survives_its_documents(tmp_path_factory: pytest.TempPathFactory) -> None:
    problem = all_slow(small_town())
    path = tmp_path_factory.mktemp("plan") / "problem.json"
    write_problem(path, problem)
    for back in (problem_from_json(problem_to_json(problem), "problem.json"), read_problem(path)):
        assert back.travel.profiles == RUSH
        assert back.travel.class_of == problem.travel.class_of
        assert check_plan(plan_of(problem), back).findings == ()


# How the check reckons a leg: an hour of free-flow driving from D to P, in the rush from seven to nine.
def leg(depart_s: int, arrive_s: int, wash_s: int = 0) -> Leg:
    return Leg(origin="D", target="P", depart_s=depart_s, arrive_s=arrive_s, wash_s=wash_s)


@pytest.mark.parametrize(
    ("told", "rest", "drive_s", "earliest_s"),
    [
        (leg(6 * HOUR, 7 * HOUR), None, HOUR, 7 * HOUR),
        (leg(7 * HOUR, 9 * HOUR), None, 2 * HOUR, 9 * HOUR),
        (leg(6 * HOUR, 8 * HOUR, wash_s=1800), None, 1800 + HOUR, 7 * HOUR + HOUR),
        # a break before the drive: the plan has the time for all of it after nine
        (leg(7 * HOUR, 10 * HOUR), Break(start_s=8 * HOUR, end_s=9 * HOUR), HOUR, 10 * HOUR),
        # a break on the way: an hour in the rush is half of the work, the rest is free
        (leg(7 * HOUR, 9 * HOUR + 1800), Break(start_s=8 * HOUR, end_s=9 * HOUR), HOUR + 1800, 9 * HOUR + 1800),
        # a break that begins when the truck has long arrived
        (leg(5 * HOUR, 8 * HOUR), Break(start_s=7 * HOUR, end_s=9 * HOUR), HOUR, 6 * HOUR),
        # a break while the wash waits: wash and drive follow it
        (leg(8 * HOUR, 11 * HOUR, 600), Break(start_s=8 * HOUR, end_s=9 * HOUR), HOUR, 10 * HOUR + 600),
        # a break at another time of the day
        (leg(6 * HOUR, 7 * HOUR), Break(start_s=12 * HOUR, end_s=13 * HOUR), HOUR, 7 * HOUR),
    ],
)
def test_a_leg_ends_when_its_work_is_done(told: Leg, rest: Break | None, drive_s: int, earliest_s: int) -> None:
    travel = all_slow(small_town()).travel
    drive = drive_of(told, travel, A_TRUCK, rest)
    assert (drive.drive_s, drive.earliest_s) == (drive_s, earliest_s)


def test_a_break_is_kept_in_the_rush() -> None:
    pause = TimeWindow(start_s=8 * HOUR, end_s=10 * HOUR)
    problem = all_slow(small_town(break_s=1800, break_window=pause, end_s=16 * HOUR))
    plan = plan_of(problem)
    assert plan.routes[0].break_taken is not None
    assert rules(plan, problem) == set()
