"""The judge of answers finds each broken rule, and agrees with PyVRP's own evaluation on answers of any quality."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.routing_check import checked
from benchmarks.routing_instances import Answer, Kind, RoutingInstance

SOUND: Answer = (((1, 2), (3,)), ((4,),))


def instance(kind: Kind = "multitrip", seed: int = 1, nodes: int = 5) -> RoutingInstance:
    draw = np.random.default_rng(seed)
    across, up = draw.integers(0, 50, (2, nodes))
    ways = np.rint(np.hypot(across[:, None] - across, up[:, None] - up)).astype(np.int64)
    opens = draw.integers(0, 100, nodes)
    opens[0] = 0
    closes = opens + draw.integers(50, 400, nodes)
    closes[0] = 400
    return RoutingInstance(
        name="drawn",
        kind=kind,
        cost=ways,
        duration=ways,
        demand=np.array([0, *draw.integers(1, 6, nodes - 1)]),
        service=np.array([0, *draw.integers(0, 10, nodes - 1)]),
        opens=opens,
        closes=closes,
        release=np.array([0, *draw.integers(0, 60, nodes - 1)]),
        capacity=10,
        vehicles=2,
    )


def roomy(**changes: object) -> RoutingInstance:
    wide = {"opens": np.zeros(5, dtype=np.int64), "closes": np.full(5, 10_000, dtype=np.int64)}
    made: RoutingInstance = replace(instance(), **{**wide, **changes})  # type: ignore[arg-type]
    return made


def test_a_sound_answer_is_passed_with_its_cost_counted_by_hand() -> None:
    ground = roomy()
    ways = ground.cost
    verdict = checked(ground, SOUND)
    assert verdict.violations == ()
    assert (verdict.vehicles, verdict.unserved) == (2, 0)
    assert verdict.cost == ways[0, 1] + ways[1, 2] + ways[2, 0] + 2 * ways[0, 3] + 2 * ways[0, 4]


@pytest.mark.parametrize(
    ("ground", "answer", "said"),
    [
        (roomy(), (((1, 2), (3,)), ((4, 1),)), "customer 1 is served 2 times"),
        (roomy(), (((1, 2), (3,)), ((4, 9),)), "no customers"),
        (roomy(vehicles=1), SOUND, "2 vehicles drive"),
        (roomy(capacity=1), SOUND, "holds 1"),
        (roomy(kind="vrptw"), SOUND, "2 trips"),
        (roomy(), (((1, 2), (), (3,)), ((4,),)), "without a customer"),
        (roomy(closes=np.array([10_000, 10_000, 0, 10_000, 10_000])), SOUND, "customer 2 is served from"),
        (roomy(closes=np.array([1, 10_000, 10_000, 10_000, 10_000])), SOUND, "the depot closes"),
        (roomy(release=np.array([0, 0, 20_000, 0, 0])), SOUND, "customer 1 is served from"),
        (roomy(opens=np.array([9_990, 0, 0, 0, 0])), SOUND, "the depot closes"),
    ],
)
def test_each_broken_rule_is_found(ground: RoutingInstance, answer: Answer, said: str) -> None:
    assert any(said in sentence for sentence in checked(ground, answer).violations)


def test_who_is_left_out_is_counted_apart_from_broken_rules() -> None:
    verdict = checked(roomy(), (((1, 2),),))
    assert (verdict.unserved, verdict.violations) == (2, ())
    assert checked(roomy(), ()).unserved == 4


@st.composite
def _answers(draw: st.DrawFn) -> tuple[RoutingInstance, Answer]:
    """Any order of some customers, cut into trips and vehicles anywhere: most such answers break rules."""
    nodes = draw(st.integers(3, 8))
    kind: Kind = draw(st.sampled_from(["cvrp", "vrptw", "multitrip"]))
    order = draw(st.permutations(range(1, nodes)))
    vehicles: list[list[list[int]]] = [[[order[0]]]]
    for stop in order[1:]:
        cut = draw(st.integers(0, 3))
        if cut == 3:
            vehicles.append([[stop]])
        elif cut == 2 and kind == "multitrip":
            vehicles[-1].append([stop])
        else:
            vehicles[-1][-1].append(stop)
    ground = replace(instance(kind, draw(st.integers(0, 10_000)), nodes), vehicles=nodes)
    return ground, tuple(tuple(tuple(trip) for trip in vehicle) for vehicle in vehicles)


@settings(max_examples=150)
@given(_answers())
def test_cost_loads_and_clocks_agree_with_those_of_pyvrp(drawn: tuple[RoutingInstance, Answer]) -> None:
    pyvrp = pytest.importorskip("pyvrp", reason="the extra `oracles` is not installed")
    from benchmarks.routing_pyvrp import data_of  # noqa: PLC0415

    ground, answer = drawn
    if ground.kind == "vrptw":
        ground = replace(ground, release=np.zeros_like(ground.release))
    data = data_of(ground)
    depot = pyvrp.Activity(pyvrp.ActivityType.DEPOT, 0)
    for vehicle in answer:
        activities: list[object] = []
        for trip in vehicle:
            activities += [depot] * bool(activities)
            activities += [pyvrp.Activity(pyvrp.ActivityType.CLIENT, stop - 1) for stop in trip]
        theirs = pyvrp.Route(data, activities, 0)
        ours = checked(ground, (vehicle,))
        assert ours.cost == theirs.distance()
        assert any("loads" in sentence for sentence in ours.violations) == theirs.has_excess_load()
        late = [sentence for sentence in ours.violations if "loads" not in sentence]
        assert bool(late) == theirs.has_time_warp()
