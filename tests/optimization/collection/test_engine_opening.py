"""An idle truck is sent out for points that pay for it together, and stays at home where they do not."""

import pytest

from city.collection_problem import CollectionProblem
from city.waste import Stream
from optimization.collection.engine import Engine
from optimization.collection.engine_city import days_of, layout_of
from optimization.collection.solution import Solution
from optimization.collection.terrain import terrain
from optimization.collection.walk import walk
from tests.optimization.collection.test_engine import Counted
from tests.optimization.collection.towns import Town, carries

ITERATIONS = 400


def far_street(count: int, price: float) -> CollectionProblem:
    """Points that may wait, 5 km from the depot; sending the truck costs 400, each is left at `price`."""
    town = Town().depot("D").site("S", 5000.0, 3000.0).truck("T")
    for number in range(count):
        town.point(f"P{number}", 5000.0 + 100.0 * number, 0.0, price=price)
    return town.build()


def served(problem: CollectionProblem, iterations: int = ITERATIONS) -> int:
    """By the engine, every day walked exactly and its cost compared."""
    ground = terrain(problem)
    engine = Engine(layout_of(ground), seed=1)
    engine.run(iterations, clock=Counted())
    exact = Solution(terrain=ground)
    for vehicle, day in enumerate(days_of(ground, engine.chains())):
        if day:
            walked = walk(ground, vehicle, day, exact.use)
            assert walked is not None
            exact.put(vehicle, day, walked)
    assert exact.objective == pytest.approx(engine.cost, rel=1e-3)
    return len(ground.tasks) - len(exact.left)


def test_thirty_points_send_the_truck_that_none_of_them_could_pay_for() -> None:
    assert served(far_street(30, 40.0)) == 30


def test_points_that_do_not_pay_for_the_truck_together_wait() -> None:
    assert served(far_street(30, 10.0)) == 0


def test_one_point_that_pays_for_its_own_truck_is_served() -> None:
    assert served(far_street(1, 1000.0)) == 1


def test_a_first_solution_alone_sends_it_already() -> None:
    assert served(far_street(30, 40.0), iterations=0) == 30


def test_beside_a_truck_that_drives_anyway_another_stream_still_gets_its_own() -> None:
    town = Town().depot("D").site("S", 5000.0, 3000.0)
    town.truck("T1").truck("T2", compartments=carries(Stream.RECYCLABLE))
    for number in range(20):
        town.point(f"M{number}", 100.0 * number, 500.0)
        town.point(f"R{number}", 100.0 * number, 700.0, price=40.0, stream=Stream.RECYCLABLE)

    assert served(town.build()) == 40


def test_of_two_trucks_the_second_stays_where_one_holds_everything() -> None:
    town = Town().depot("D").site("S", 5000.0, 3000.0).truck("T1").truck("T2")
    for number in range(30):
        town.point(f"P{number}", 5000.0 + 100.0 * number, 0.0, price=40.0)
    ground = terrain(town.build())
    engine = Engine(layout_of(ground), seed=2)
    engine.run(ITERATIONS, clock=Counted())

    assert sum(1 for day in days_of(ground, engine.chains()) if day) == 1
