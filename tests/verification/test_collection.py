"""Routes against theory and against another solver: what is known to be true must come out."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.collection_problem import CollectionProblem, Prices
from city.signal_plans import Provenance
from city.waste import ALL_DAY, Compartment, ServiceKind, ServiceRule, Shift, Stream, TimeWindow
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan
from optimization.collection.planner import plan_routes
from optimization.collection.reasons import reasons_for
from optimization.collection.search import Found, RoutingTask, improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.start import rebuild, start_solution
from optimization.collection.terrain import terrain
from optimization.result import Result
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, Town, made_up_city

ONLY_KM = Prices(truck_shift=0.0, overtime_h=0.0, truck_h=0.0)
LONG_DAY = Shift(start_s=0, end_s=24 * HOUR)


def planned(problem: CollectionProblem, seconds: float) -> CollectionPlan:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=seconds)
    assert isinstance(result, Result)
    return result.plan


def improved(problem: CollectionProblem, seconds: float) -> Solution:
    """Start and search in this process: no time goes into starting another."""
    ground = terrain(problem)
    start = start_solution(ground, seconds=1)
    found: list[Found] = []
    improve_with_routing(RoutingTask(problem=problem, start=start.drafts(), seconds=seconds, seed=1), found.append)
    best = Solution(terrain=ground)
    for vehicle, day in enumerate(found[-1].days):
        rebuild(best, vehicle, day)
    return min(best, start, key=lambda solution: solution.objective)


def metres(solution: Solution) -> int:
    return sum(walked.metres for walked in solution.walked if walked is not None)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_four_points_take_the_way_that_brute_force_finds(seed: int) -> None:
    rng = random.Random(seed)
    town = Town(prices=ONLY_KM).depot("D", 5000, 5000).site("S", 8000, 5000).truck("T")
    names = ["A", "B", "C", "D4"]
    for name in names:
        town.point(name, rng.uniform(0, 10_000), rng.uniform(0, 10_000))
    problem = town.build()
    length = problem.travel.metres

    shortest = min(
        sum(length(a, b) for a, b in itertools.pairwise(("D", *order, "S", "D")))
        for order in itertools.permutations(names)
    )

    assert metres(improved(problem, 0.3)) == shortest


def test_what_is_collected_is_tipped_to_the_kilogram() -> None:
    problem = made_up_city(80, 4, seed=7)

    plan = planned(problem, 1)

    collected = sum(stop.kg for route in plan.routes for stop in route.stops)
    tipped = sum(trip.tip.kg for route in plan.routes for trip in route.trips if trip.tip is not None)
    expected = sum(
        problem.demand_of[stop.point_id, stop.stream].kg_p90 for route in plan.routes for stop in route.stops
    )
    assert collected == pytest.approx(tipped, abs=1e-6)
    assert collected == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("kg", "trips"), [(1000.0, 1), (1001.0, 2), (2000.0, 2), (2001.0, 3)])
def test_capacity_forces_exactly_the_trips_that_division_says(kg: float, trips: int) -> None:
    town = Town().depot("D").site("S", 500, 0).truck("T", payload_kg=1000.0)
    for number in range(10):
        town.point(f"P{number}", 100.0 * number, 1000, kg=100.0)
    for number in range(10):
        town.point(f"Q{number}", 100.0 * number, 2000, kg=(kg - 1000.0) / 10) if kg > 1000 else None

    assert len(planned(town.build(), 1).routes[0].trips) == trips


def _yardstick(rng: random.Random, *, windows: bool) -> tuple[Town, list[tuple[int, int, int, int, int]]]:
    """40 points around a depot that is also the site: a trip is a route of the classic problem."""
    town = Town(prices=ONLY_KM).depot("D", 5000, 5000).site("S", 5000, 5000, tip_s=0)
    clients = []
    for number in range(40):
        x, y, kg = round(rng.uniform(0, 10_000)), round(rng.uniform(0, 10_000)), rng.randint(40, 200)
        opens = rng.randrange(6, 12) * HOUR if windows else 0
        closes = opens + 2 * HOUR if windows else 24 * HOUR
        town.point(f"P{number}", x, y, kg=kg, service_s=300, windows=(TimeWindow(start_s=opens, end_s=closes),))
        clients.append((x, y, kg, opens, closes))
    return town, clients


@pytest.mark.parametrize(("windows", "within"), [(False, 1.05), (True, 1.06)])
def test_pyvrp_is_not_far_ahead_on_the_classic_problem(windows: bool, within: float) -> None:  # noqa: FBT001
    pyvrp = pytest.importorskip("pyvrp")
    town, clients = _yardstick(random.Random(11), windows=windows)
    shift = Shift(start_s=6 * HOUR, end_s=14 * HOUR) if windows else LONG_DAY
    for number in range(8):
        town.truck(f"T{number}", payload_kg=1000.0, shift=shift)
    problem = town.build()

    model = pyvrp.Model()
    home = model.add_location(5000, 5000)
    depot = model.add_depot(home, tw_early=shift.start_s, tw_late=shift.end_s)
    # Our trucks may go out again after a tip; theirs are as many as any plan could use.
    model.add_vehicle_type(40, capacity=[1000], start_depot=depot, tw_early=shift.start_s, tw_late=shift.end_s)
    places = [("D", home)]
    for number, (x, y, kg, opens, closes) in enumerate(clients):
        where = model.add_location(x, y)
        model.add_client(where, delivery=[kg], service_duration=300, tw_early=opens, tw_late=closes)
        places.append((f"P{number}", where))
    for (name, here), (other, there) in itertools.permutations(places, 2):
        model.add_edge(
            here, there, distance=problem.travel.metres(name, other), duration=problem.travel.seconds(name, other)
        )
    theirs = model.solve(stop=pyvrp.stop.MaxRuntime(2), seed=1, display=False)
    ours = improved(problem, 6)

    assert theirs.best.is_feasible()
    assert ours.left == set()
    assert metres(ours) <= within * theirs.cost()


def _windows(draw: st.DrawFn) -> tuple[TimeWindow, ...]:
    starts = draw(st.lists(st.integers(0, 26), min_size=1, max_size=2))
    return tuple(TimeWindow(start_s=start * HOUR, end_s=(start + draw(st.integers(1, 8))) * HOUR) for start in starts)


def _shift(draw: st.DrawFn) -> Shift:
    start, hours = draw(st.integers(0, 22)) * HOUR, draw(st.integers(3, 9)) * HOUR
    overtime = draw(st.sampled_from([0, HOUR]))
    if draw(st.booleans()):
        return Shift(start_s=start, end_s=start + hours, max_overtime_s=overtime)
    pause = TimeWindow(start_s=start + HOUR, end_s=start + draw(st.integers(4000, hours - 1800)))
    return Shift(start_s=start, end_s=start + hours, max_overtime_s=overtime, break_s=1800, break_window=pause)


@st.composite
def problems(draw: st.DrawFn) -> CollectionProblem:
    """Small cities with every rule there is, tight enough that many points cannot be served."""
    town = Town().depot("D", 4000, 4000).depot("E", 0, 0)
    streams = (Stream.RESIDUAL, Stream.KITCHEN, Stream.GLASS)
    for number in range(draw(st.integers(1, 2))):
        town.site(
            f"S{number}",
            draw(st.integers(0, 8000)),
            draw(st.integers(0, 8000)),
            streams=tuple(draw(st.sets(st.sampled_from(streams), min_size=1))),
            windows=_windows(draw),
            queue_s=tuple(draw(st.sampled_from([0, 600])) for _ in range(24)),
            daily_cap_kg=draw(st.sampled_from([None, 300.0, 1500.0])),
            throughput_kg_h=draw(st.sampled_from([None, 250.0, 1000.0])),
        )
    for number in range(draw(st.integers(1, 3))):
        town.truck(
            f"T{number}",
            depot_id=draw(st.sampled_from(["D", "E"])),
            payload_kg=draw(st.sampled_from([250.0, 1000.0])),
            compartments=tuple(
                Compartment(streams=carried, body_m3=draw(st.sampled_from([2.0, 9.0])), compaction_ratio=1.5)
                for carried in draw(st.sampled_from([(streams,), (streams[:1], streams[1:]), (streams[:2],)]))
            ),
            shift=_shift(draw),
            wash_s=draw(st.sampled_from([None, 0, 900])),
            speed_factor=draw(st.sampled_from([1.0, 1.3])),
            height_m=draw(st.sampled_from([2.4, 3.2])),
        )
    for number in range(draw(st.integers(1, 12))):
        twice = draw(st.sampled_from([False, False, True]))
        price = None if twice else draw(st.sampled_from([None, 0.5, 80.0, 800.0]))
        town.point(
            f"P{number}",
            draw(st.integers(0, 8000)),
            draw(st.integers(0, 8000)),
            kg=draw(st.sampled_from([0.0, 40.0, 120.5, 260.0])),
            m3=draw(st.sampled_from([0.0, 0.3, 2.2])),
            price=price,
            stream=draw(st.sampled_from(streams)),
            windows=_windows(draw) if draw(st.booleans()) else (ALL_DAY,),
            service_s=draw(st.sampled_from([0, 60, 2400])),
            max_height_m=draw(st.sampled_from([None, 3.0])),
            **({"rule": ServiceRule(kind=ServiceKind.DAILY, times_per_day=2)} if twice else {}),
        )
    return town.build(cut_off=draw(st.sampled_from([(), ("P0",)])))


def _loses_nothing(plan: CollectionPlan, problem: CollectionProblem) -> None:
    assert check_plan(plan, problem).findings == ()
    named = [(stop.point_id, stop.stream) for route in plan.routes for stop in route.stops]
    named += [(entry.point_id, entry.stream) for entry in plan.unserved]
    assert set(named) == set(problem.point_of)


@settings(max_examples=150)
@given(problems())
def test_every_plan_passes_its_check_and_loses_no_point(problem: CollectionProblem) -> None:
    result = plan_routes(problem, plan_id=PLAN, made_at=MADE_AT, seconds=1)

    if isinstance(result, Result):
        _loses_nothing(result.plan, problem)
    else:
        assert all(str(reason).startswith("Point P") for reason in result.reasons)


@settings(max_examples=25)
@given(problems())
def test_what_the_solver_finds_can_be_driven(problem: CollectionProblem) -> None:
    best = improved(problem, 0.2)

    plan = build_plan(
        problem,
        best,
        reasons_for(problem, best, seconds=1),
        plan_id=PLAN,
        provenance=Provenance(made_at=MADE_AT, seed=1),
        rung="optimised",
        degraded=(),
    )
    _loses_nothing(plan, problem)
