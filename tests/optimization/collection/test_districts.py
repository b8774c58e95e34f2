"""City scale: a city cut into districts, improved side by side, put together, and done again from its notes."""

import math
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from city.documents import to_json
from city.waste import Stream
from city.waste_plans import CollectionPlan
from optimization import side_by_side
from optimization.collection import districts as city_scale
from optimization.collection import planner
from optimization.collection.check import check_plan
from optimization.collection.district_choice import districts_of
from optimization.collection.district_layout import chains_part, chains_whole, layout_part
from optimization.collection.district_work import DISTRICTS
from optimization.collection.districts import Districts, district_count, improve_district
from optimization.collection.engine import BLOCKS, STEPS, Chains, Engine, Work
from optimization.collection.engine_board import NOBODY
from optimization.collection.engine_city import layout_of
from optimization.collection.engine_layout import Layout
from optimization.collection.planner import plan_routes
from optimization.collection.replay import routes_again
from optimization.collection.terrain import terrain
from optimization.result import Result
from optimization.side_by_side import hands
from tests.optimization.collection.test_engine import Counted, walked, with_beats, with_short_sites
from tests.optimization.collection.towns import MADE_AT, PLAN, Town, carries, made_up_city

LITTLE = Work(probe=100, per_step=(200,) * BLOCKS, steps=STEPS)
CITY = made_up_city(160, 12, seed=2)


@pytest.fixture(scope="module")
def layout() -> Layout:
    return layout_of(terrain(CITY))


@pytest.fixture(scope="module")
def chains(layout: Layout) -> Chains:
    engine = Engine(layout, seed=1)
    engine.run(200.0, clock=Counted())
    return engine.chains()


@pytest.fixture
def small_districts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds for a city of 10,000 points is tried on one of 160."""
    monkeypatch.setattr(city_scale, "LEAST_TRUCKS", 1)
    monkeypatch.setattr(city_scale, "TASKS_OF_A_DISTRICT", 50)
    monkeypatch.setattr(city_scale, "LARGE", 100)
    monkeypatch.setattr(planner, "ENOUGH_S_PER_TASK", 0.02)


def near_of(layout: Layout) -> np.ndarray:
    return Engine(layout, seed=1).board.near


@given(seed=st.integers(0, 2**31), count=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_every_truck_and_every_task_is_in_one_district(layout: Layout, chains: Chains, seed: int, count: int) -> None:
    districts = districts_of(layout, near_of(layout), chains, count, (seed,))

    assert sorted(truck for district in districts for truck in district.trucks) == list(range(len(chains)))
    assert sorted(task for district in districts for task in district.tasks) == list(range(len(layout.tasks)))
    for district in districts:
        own = {task for truck in district.trucks for task in chains[truck]} - {NOBODY}
        assert own <= set(district.tasks.tolist())


def test_borders_lie_elsewhere_in_the_next_round(layout: Layout, chains: Chains) -> None:
    near = near_of(layout)
    cuts = {
        frozenset(
            frozenset(district.trucks.tolist()) for district in districts_of(layout, near, chains, 3, (1, number))
        )
        for number in range(10)
    }

    assert len(cuts) > 3


def test_trucks_that_share_no_stream_are_no_neighbours() -> None:
    """Glass and paper at the same doors: a district of both could exchange nothing between them."""
    town = Town().depot("D").site("S", 5000)
    for number in range(4):
        stream = Stream.GLASS if number % 2 else Stream.PAPER
        town.truck(f"T{number}", compartments=carries(stream))
        for door in range(5):
            town.point(f"P{number}-{door}", 500 * number + 100 * door, 100, stream=stream)
    layout = layout_of(terrain(town.build()))
    chains = [[*range(5 * number, 5 * number + 5), NOBODY] for number in range(4)]

    for seed in range(5):
        districts = districts_of(layout, near_of(layout), chains, 2, (seed,))
        assert {frozenset(district.trucks.tolist()) for district in districts} == {frozenset({0, 2}), frozenset({1, 3})}


@pytest.mark.parametrize("change", [lambda city: city, with_beats])
def test_the_parts_cost_together_what_the_whole_costs(change: Callable[..., object], chains: Chains) -> None:
    layout = layout_of(terrain(change(CITY)))  # type: ignore[arg-type]
    whole = Engine(layout, seed=1, start=chains)
    districts = districts_of(layout, whole.board.near, whole.chains(), 3, (1,))

    parts = [
        Engine(layout_part(layout, district), seed=1, start=chains_part(whole.chains(), district, len(layout.tasks)))
        for district in districts
    ]

    chains_of_parts = dict(
        entry
        for district, part in zip(districts, parts, strict=True)
        for entry in chains_whole(part.chains(), district).items()
    )
    assert [chains_of_parts[truck] for truck in range(len(chains))] == whole.chains()
    assert sum(part.cost for part in parts) == pytest.approx(whole.cost)


def improved(layout: Layout, start: Chains, *, cores: int = 1) -> Districts:
    with hands(cores) as work:
        city = Districts(layout, count=3, seed=4, start=start, work=work)
        city.repeat(LITTLE)
    return city


def test_a_city_gets_better_by_districts_and_keeps_every_rule_of_the_exact_walk(layout: Layout) -> None:
    ground = terrain(CITY)
    start = Engine(layout, seed=1)

    city = improved(layout, start.chains())

    assert city.cost < 0.99 * start.cost
    assert walked(ground, city.best).objective == pytest.approx(city.cost)


def test_districts_together_keep_what_a_site_takes() -> None:
    layout = layout_of(terrain(with_short_sites(CITY)))
    start = Engine(layout, seed=1)

    city = improved(layout, start.chains())

    by_hour = city.given.sum(axis=0)
    assert city.cost < start.cost
    assert by_hour.sum() > 10_000
    assert (by_hour <= layout.sites["hour_kg"][:, None] + 1e-6).all()
    assert (by_hour.sum(axis=1) <= layout.sites["cap_kg"] + 1e-6).all()


def test_work_is_done_again_by_however_many_hands(layout: Layout) -> None:
    start = Engine(layout, seed=1).chains()
    with hands(1) as work:
        city = Districts(layout, count=3, seed=4, start=start, work=work)
        city.run(0.5)
    with hands(2) as work:
        other = Districts(layout, count=3, seed=4, start=start, work=work)
        other.repeat(city.done)

    assert (other.best, other.cost) == (city.best, city.cost)


class ByPost:
    """As a cluster does it: every district and every answer goes over a wire."""

    cores = 1

    def __call__(
        self, work: Callable[[Any], Any], tasks: Sequence[Callable[[], Any]], /, *, end_at: float = math.inf
    ) -> list[Any]:
        del end_at
        return [pickle.loads(pickle.dumps(work(pickle.loads(pickle.dumps(make()))))) for make in tasks]  # noqa: S301  -- its own words


def test_districts_may_be_worked_on_elsewhere(layout: Layout) -> None:
    start = Engine(layout, seed=1).chains()
    little = Work(probe=100, per_step=(20,), steps=20)
    with hands(1) as work:
        here, elsewhere = (Districts(layout, count=3, seed=4, start=start, work=one) for one in (work, ByPost()))
        here.repeat(little)
        elsewhere.repeat(little)

    assert (elsewhere.best, elsewhere.cost) == (here.best, here.cost)


def test_a_round_that_the_clock_ends_is_as_if_it_had_not_been(layout: Layout) -> None:
    start = Engine(layout, seed=1).chains()
    with hands(1) as work:
        city = Districts(layout, count=3, seed=4, start=start, work=work)
        begun = city.cost
        city.run(0.0)

        assert (city.cost, city.done.steps) == (begun, 0)


def test_small_towns_are_not_cut() -> None:
    assert district_count(300, 8, cores=2) == 1
    assert district_count(5000, 7, cores=2) == 1  # no room among so few trucks for the stops of one of them


@pytest.mark.parametrize(("cores", "count"), [(1, 5), (2, 6), (4, 7)])
def test_districts_are_shared_out_evenly_among_the_cores_as_far_as_the_trucks_go(cores: int, count: int) -> None:
    assert district_count(10_000, 58, cores=cores) == count


def test_a_plan_by_districts_is_checked_and_can_be_made_again(small_districts: None) -> None:  # noqa: ARG001
    result = plan_routes(CITY, plan_id=PLAN, made_at=MADE_AT, seed=3, seconds=6, cores=2)
    assert isinstance(result, Result)
    plan = result.plan

    assert dict(plan.provenance.work)[DISTRICTS] >= 2
    assert dict(plan.provenance.work)["improved"] == 1.0
    assert check_plan(plan, CITY).ok
    again = routes_again(CITY, plan_id=PLAN, provenance=plan.provenance)
    assert isinstance(again, CollectionPlan)
    assert to_json(again) == to_json(plan)


def test_a_cluster_that_does_not_answer_leaves_the_work_to_this_machine(
    small_districts: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(side_by_side, "REACHED_WITHIN_S", 1)
    result = plan_routes(CITY, plan_id=PLAN, made_at=MADE_AT, seconds=5, cores=2, scheduler="tcp://127.0.0.1:9")
    assert isinstance(result, Result)

    assert "Dask scheduler tcp://127.0.0.1:9: nobody answers there" in result.plan.provenance.solver[0]
    assert "on this machine" in result.plan.provenance.solver[0]
    assert check_plan(result.plan, CITY).ok


def test_the_best_survives_a_worker_that_dies(
    small_districts: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rounds = iter(range(12))

    def mortal(task: city_scale.DistrictTask) -> city_scale.DistrictDone | None:
        if next(rounds, None) is None:
            raise MemoryError
        return improve_district(task)

    monkeypatch.setattr(city_scale, "improve_district", mortal)
    result = plan_routes(CITY, plan_id=PLAN, made_at=MADE_AT, seconds=12, cores=2)
    assert isinstance(result, Result)

    assert "The solver failed (MemoryError" in result.plan.provenance.solver[0]
    assert check_plan(result.plan, CITY).ok
