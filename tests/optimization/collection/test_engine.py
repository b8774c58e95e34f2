"""The improvement engine judged from outside: by the exact walk, by the city's own clocks, by brute force."""

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.collection_problem import CollectionProblem
from city.speed_profiles import DAY_S, WORK_PER_S, SpeedProfiles
from city.waste import Stream
from optimization.collection.engine import Chains, Engine
from optimization.collection.engine_board import FLEET, NOBODY, TASKS
from optimization.collection.engine_city import chains_of, days_of, layout_of
from optimization.collection.engine_search import total
from optimization.collection.engine_travel import moment_of, worked
from optimization.collection.solution import Solution
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import walk
from tests.optimization.collection.towns import HOUR, Town, carries, made_up_city

RUSH = SpeedProfiles(
    classes=("suburb", "centre"),
    borders_s=(0, 7 * HOUR, 9 * HOUR, DAY_S),
    factors=((1.0, 1.3, 1.0), (1.0, 2.0, 1.1)),
)
ITERATIONS = 3000


class Counted:
    """A clock that passes by one each time it is looked at: a run of so many looks, however fast the machine is."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def in_the_rush(problem: CollectionProblem) -> CollectionProblem:
    classes = [number % 2 for number in range(len(problem.travel.places))]
    return replace(problem, travel=problem.travel.with_profiles(RUSH, classes))


def with_short_sites(problem: CollectionProblem) -> CollectionProblem:
    sites = tuple(replace(site, throughput_kg_h=9000.0, daily_cap_kg=30_000.0) for site in problem.sites)
    return replace(problem, sites=sites)


def with_beats(problem: CollectionProblem) -> CollectionProblem:
    points = tuple(replace(point, usual_truck_id=problem.trucks[0].truck_id) for point in problem.points)
    return replace(problem, points=points, prices=replace(problem.prices, moved_stop=5.0))


def walked(ground: Terrain, chains: Chains) -> Solution:
    """Every day by the exact walk, which refuses what breaks a rule."""
    solution = Solution(terrain=ground)
    for vehicle, day in enumerate(days_of(ground, chains)):
        if day:
            exact = walk(ground, vehicle, day, solution.use)
            assert exact is not None, f"the walk refuses the day of vehicle {vehicle}"
            solution.put(vehicle, day, exact)
    return solution


@pytest.mark.parametrize("seed", [1, 2])
def test_the_engine_and_the_exact_walk_agree_on_every_cost(seed: int) -> None:
    ground = terrain(made_up_city(90, 6, seed=seed))
    engine = Engine(layout_of(ground), seed=seed)
    began = engine.cost

    engine.run(ITERATIONS, clock=Counted())

    exact = walked(ground, engine.chains())
    assert engine.cost < 0.99 * began
    # The walk may find a later departure that the engine did not try.
    assert engine.cost * (1 - 1e-3) <= exact.objective <= engine.cost + 1e-6


@pytest.mark.parametrize("harder", [in_the_rush, with_short_sites, with_beats])
def test_days_stay_exact_with_slow_hours_short_sites_and_beats(harder: object) -> None:
    assert callable(harder)
    ground = terrain(harder(made_up_city(60, 6, seed=3)))
    engine = Engine(layout_of(ground), seed=1)

    engine.run(ITERATIONS, clock=Counted())

    exact = walked(ground, engine.chains())
    assert exact.objective == pytest.approx(engine.cost, rel=2e-3)


def test_beats_are_kept_where_moving_a_stop_costs_more_than_it_saves() -> None:
    """Both trucks are alike; each stop has the farther truck's crew as its usual one."""
    town = Town().depot("D").site("S", 0, 100).truck("T1").truck("T2")
    for number in range(10):
        town.point(f"P{number}", 1000 if number % 2 else -1000, 100.0 * number, usual_truck_id=f"T{number % 2 + 1}")
    free, dear = (
        replace(town.build(), prices=replace(town.prices, truck_shift=0.0, moved_stop=p)) for p in (0.0, 50.0)
    )

    def strangers(problem: CollectionProblem) -> int:
        ground = terrain(problem)
        engine = Engine(layout_of(ground), seed=1)
        engine.run(ITERATIONS, clock=Counted())
        days = days_of(ground, engine.chains())
        return sum(ground.tasks[c].usual != v for v, day in enumerate(days) for draft in day for c in draft.tasks)

    assert strangers(dear) == 0
    assert strangers(free) > 0


def test_the_same_work_and_seed_give_the_same_days() -> None:
    ground = terrain(made_up_city(60, 5, seed=4))
    layout = layout_of(ground)
    first, again, other = (Engine(layout, seed=seed) for seed in (7, 7, 8))

    work = first.run(500, clock=Counted())
    again.repeat(work)
    other.repeat(work)

    assert work.iterations > 0
    assert again.chains() == first.chains()
    assert other.chains() != first.chains()


def test_work_that_ends_early_is_repeated_as_far_as_it_went() -> None:
    layout = layout_of(terrain(made_up_city(40, 4, seed=5)))
    first, again = Engine(layout, seed=1), Engine(layout, seed=1)
    clock = Counted()

    def slower_and_slower() -> float:
        clock.now *= 1.02
        return clock()

    work = first.run(300, clock=slower_and_slower)
    again.repeat(work)

    assert work.steps < 200
    assert again.chains() == first.chains()


def test_what_the_engine_adds_up_is_what_stands_on_the_board() -> None:
    """After thousands of changes and undoings: cost, chains, list of what is left and pool of tips."""
    engine = Engine(layout_of(terrain(made_up_city(80, 6, seed=6))), seed=2)
    engine.run(ITERATIONS, clock=Counted())
    board = engine.board
    tasks, fleet = int(board.rules[TASKS]), int(board.rules[FLEET])

    assert engine.costs[0] == pytest.approx(total(board))
    unserved = set(np.flatnonzero(board.nodes["truck"][:tasks] == NOBODY).tolist())
    assert set(board.left[1 : board.left[0] + 1].tolist()) == unserved
    for v in range(fleet):
        x, before = int(board.nodes["nxt"][tasks + v]), tasks + v
        while x != tasks + fleet + v:
            assert board.nodes["prv"][x] == before
            assert board.nodes["truck"][x] == v
            x, before = int(board.nodes["nxt"][x]), x
    in_use = int((board.nodes["truck"][tasks + 2 * fleet :] != NOBODY).sum())
    assert in_use + int(board.free[0]) == len(board.nodes) - tasks - 2 * fleet


def test_one_truck_and_seven_points_are_driven_in_the_best_of_all_orders() -> None:
    rng = random.Random(1)
    at = [(rng.uniform(0, 5000), rng.uniform(0, 5000)) for _ in range(7)]
    town = Town().depot("D").site("S", 0, 50).truck("T")
    for number, (x, y) in enumerate(at):
        town.point(f"P{number}", x, y)
    ground = terrain(town.build())
    engine = Engine(layout_of(ground), seed=1)
    engine.run(ITERATIONS, clock=Counted())

    def metres(order: tuple[int, ...]) -> int:
        rows = [ground.vehicles[0].depot_row, *(ground.tasks[c].place.row for c in order)]
        site = ground.grounds[Stream.RESIDUAL][0].place.row
        way = [*rows, site, ground.vehicles[0].depot_row]
        return sum(ground.metres[one][two] for one, two in itertools.pairwise(way))

    shortest = min(metres(order) for order in itertools.permutations(range(7)))
    (chain,) = engine.chains()
    assert metres(tuple(c for c in chain if c != NOBODY)) == shortest


def test_a_start_is_kept_unless_something_better_is_found_and_a_day_against_the_rules_is_not_taken_over() -> None:
    town = Town().depot("D").site("S", 3000, 0).truck("T", payload_kg=250.0)
    for number in range(6):
        town.point(f"P{number}", 1000, 100.0 * number)
    ground = terrain(town.build())
    fair, overloaded = [[0, 1, NOBODY, 2, 3, NOBODY, 4, 5, NOBODY]], [[0, 1, 2, 3, 4, 5, NOBODY]]

    assert Engine(layout_of(ground), seed=1, start=fair).chains() == fair
    repaired = Engine(layout_of(ground), seed=1, start=overloaded)
    assert all(len(draft.tasks) <= 2 for day in days_of(ground, repaired.chains()) for draft in day)


def test_streams_are_never_mixed_and_a_change_of_stream_takes_its_wash() -> None:
    town = Town().depot("D").site("S", 500, 0, streams=(Stream.RESIDUAL, Stream.PAPER))
    town.truck("T", compartments=carries(Stream.RESIDUAL, Stream.PAPER), wash_s=900)
    for number in range(8):
        stream = Stream.PAPER if number % 2 else Stream.RESIDUAL
        town.point(f"P{number}", 1000, 100.0 * number, stream=stream)
    ground = terrain(town.build())
    engine = Engine(layout_of(ground), seed=1)
    engine.run(ITERATIONS, clock=Counted())

    (day,) = days_of(ground, engine.chains())
    assert [len({ground.tasks[c].stream for c in draft.tasks}) for draft in day] == [1, 1]
    assert walked(ground, engine.chains()).objective == pytest.approx(engine.cost)


def test_chains_and_days_say_the_same() -> None:
    ground = terrain(made_up_city(40, 4, seed=8))
    engine = Engine(layout_of(ground), seed=1)
    assert chains_of(days_of(ground, engine.chains())) == engine.chains()


@settings(max_examples=200, deadline=None)
@given(
    factors=st.lists(st.floats(1.0, 9.0), min_size=3, max_size=3),
    work_s=st.integers(0, 5 * HOUR),
    leave=st.integers(0, 3 * DAY_S),
)
def test_drives_take_as_long_as_the_city_says(factors: list[float], work_s: int, leave: int) -> None:
    profile = SpeedProfiles(classes=("all",), borders_s=(0, 7 * HOUR, 9 * HOUR, DAY_S), factors=(tuple(factors),))
    table, borders = np.array(profile.cumulated[0]), np.array(profile.borders_s)

    found = moment_of(table, borders, worked(table, borders, leave) + WORK_PER_S * work_s)

    assert found == profile.arrival_s(0, work_s, leave)
    assert not math.isinf(found)
