"""The solver begins where the own start ends: a start that it cannot read costs it all of its time."""

import pytest

from optimization.collection.model import RoutingModel
from optimization.collection.search import Found, RoutingSearch
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from tests.optimization.collection.towns import Town, made_up_city


def work_of(found: list[Found]) -> dict[str, float]:
    return dict(found[-1].work)


@pytest.mark.parametrize("seed", range(4))
def test_a_start_whose_trips_are_nearly_full_is_taken(seed: int) -> None:
    ground = terrain(made_up_city(90, 8, seed=seed))
    start = start_solution(ground, seconds=1.0).drafts()
    found: list[Found] = []

    RoutingSearch(RoutingModel(ground, start), found.append).run(start, 0.5)

    assert work_of(found)["start_taken"] == 1


def test_a_truck_filled_to_the_last_kg_is_taken() -> None:
    thirds = Town().depot("D").site("S", 3000, 0).truck("T", payload_kg=100.0)
    for number in range(3):
        thirds.point(f"P{number}", 1000 + number, 0, kg=100 / 3 - 1e-4)
    ground = terrain(thirds.build())
    start = start_solution(ground, seconds=1.0).drafts()
    found: list[Found] = []

    RoutingSearch(RoutingModel(ground, start), found.append).run(start, 0.3)

    assert [len(draft.tasks) for draft in start[0]] == [3]
    assert work_of(found)["start_taken"] == 1


def test_a_start_that_breaks_a_rule_is_not() -> None:
    town = Town().depot("D").site("S", 3000, 0).truck("T", payload_kg=100.0)
    ground = terrain(town.point("P", 1, 0, kg=60.0).point("Q", 2, 0, kg=60.0).build())
    start = start_solution(ground, seconds=1.0).drafts()
    together = [[start[0][0]]]
    together[0][0].tasks[:] = [0, 1]
    found: list[Found] = []

    RoutingSearch(RoutingModel(ground, together), found.append).run(together, 0.3)

    assert work_of(found)["start_taken"] == 0
