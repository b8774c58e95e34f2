"""Signals against theory: worked figures, capacity, platoons, brute force, and a green wave."""

import itertools
import math

import numpy as np
import pytest

from city.ids import GroupId, JunctionId
from city.national import CN, DE
from city.stage_timing import build_plan
from optimization.signals.areas import Area, areas_of
from optimization.signals.coordination import Network
from optimization.signals.delay import (
    capacity_pcu_h,
    control_delay_s,
    degree_of_saturation,
    effective_green_s,
    incremental_delay_s,
    pedestrian_wait_s,
    uniform_delay_s,
    webster_cycle_s,
    webster_delay_s,
)
from optimization.signals.offsets import cost_of, solve_offsets
from optimization.signals.platoons import Dispersion, disperse, queue
from optimization.signals.splits import SplitModel
from optimization.signals.streams import group_costs, levels_of, streams_of
from optimization.signals.structure import structure_of
from tests.optimization.signals.cases import corridor, demand, junction, problem


def test_websters_cycle() -> None:
    # L = 10 s, Y = 0.25 + 0.30: (15 + 5) / 0.45
    assert webster_cycle_s(10, 0.55) == pytest.approx(44.444, abs=1e-3)
    assert webster_cycle_s(10, 1.0) == math.inf


def test_websters_delay_by_hand() -> None:
    # C = 60, g = 30, s = 1800, q = 600: l = 0.5, x = 0.6667, q = 0.16667 pcu/s
    regular = 60 * 0.25 / (2 * (1 - 1 / 3))  # 11.25
    random = (4 / 9) / (2 / 6 * (1 / 3))  # 4.0
    correction = 0.65 * (60 * 36) ** (1 / 3) * (2 / 3) ** 4.5  # 1.355

    assert regular == pytest.approx(11.25)
    assert random == pytest.approx(4.0)
    assert webster_delay_s(600, 1800, 30, 60) == pytest.approx(11.25 + 4.0 - correction)
    assert webster_delay_s(600, 1800, 30, 60) == pytest.approx(13.895, abs=0.01)


def test_control_delay_by_hand() -> None:
    # C = 90, g = 40, s = 1800: c = 800; v = 600: X = 0.75
    # d1 = 45 (1 - 0.4444)^2 / (1 - 0.75 x 0.4444) = 20.833; d2 = 225 (-0.25 + sqrt(0.0625 + 3 / 200)) = 6.4
    assert capacity_pcu_h(1800, 40, 90) == pytest.approx(800)
    assert degree_of_saturation(600, 800) == pytest.approx(0.75)
    assert uniform_delay_s(90, 40, 0.75) == pytest.approx(20.833, abs=1e-3)
    assert incremental_delay_s(0.75, 800) == pytest.approx(225 * (-0.25 + math.sqrt(0.0625 + 0.015)), abs=1e-9)
    assert control_delay_s(600, 1800, 40, 90) == pytest.approx(27.22, abs=0.01)


def test_a_stream_above_capacity_waits_half_of_its_surplus_time() -> None:
    # With X = 1.5 for T = 0.25 h a queue grows: mean wait (X - 1) T / 2 = 225 s, and a little for chance.
    assert 225 < float(incremental_delay_s(1.5, 800)) < 235


def test_the_same_flow_waits_less_the_longer_its_green() -> None:
    delays = control_delay_s(600, 1800, np.arange(25, 85), 90)

    assert (np.diff(delays) < 0).all()


def test_people_wait_half_the_red_if_they_meet_it() -> None:
    # C = 90, walk 18: red 72, met with probability 0.8, then 36 s on average.
    assert pedestrian_wait_s(90, 18) == pytest.approx(0.8 * 36)


def test_effective_green_by_profile() -> None:
    assert effective_green_s(30, CN) == 30
    assert effective_green_s(30, DE) == 30
    assert effective_green_s(0, CN) == 0.5


def test_a_saturated_approach_serves_s_g_over_c() -> None:
    opened = np.zeros(90)
    opened[10:40] = 1.0
    arrivals = np.full((1, 90), 900 / 3600)

    departures, _ = queue(arrivals, opened, 1800)

    assert departures.sum() == pytest.approx(0.99 * 1800 * 30 / 3600)


def test_even_arrivals_wait_as_the_uniform_formula_says() -> None:
    opened = np.zeros(90)
    opened[20:60] = 1.0

    _, delay = queue(np.full((1, 90), 500 / 3600), opened, 1800)

    assert delay[0] == pytest.approx(float(uniform_delay_s(90, 40, 500 / 800)), rel=0.02)


def test_a_platoon_that_meets_green_does_not_wait() -> None:
    opened = np.zeros(60)
    opened[:30] = 1.0
    arrivals = np.zeros((2, 60))
    arrivals[0, 5:15] = 0.4
    arrivals[1, 35:45] = 0.4

    _, delay = queue(arrivals, opened, 1800)

    assert delay[0] == pytest.approx(0, abs=1e-9)
    assert delay[1] > 20


def test_platoons_spread_but_lose_nobody() -> None:
    profile = np.zeros((1, 80))
    profile[0, :20] = 0.5

    spread = disperse(profile, 30.0, Dispersion())
    kept = disperse(profile, 30.0, Dispersion(alpha=0.0, beta=1.0))

    assert spread.sum() == pytest.approx(profile.sum())
    assert spread.max() < profile.max()
    assert kept == pytest.approx(np.roll(profile, 30, axis=1))


def test_dispersion_follows_robertsons_recursion() -> None:
    profile = np.zeros((1, 60))
    profile[0, 3:12] = 0.4
    late, share = 16, 1 / (1 + 0.35 * 16)
    expected = np.zeros(60)
    for _ in range(40):  # cycles, until the recursion has settled
        for second in range(60):
            expected[second] = share * profile[0, second - late] + (1 - share) * expected[second - 1]

    assert disperse(profile, 20.0, Dispersion())[0] == pytest.approx(expected, abs=1e-9)


def test_two_stages_are_split_as_enumeration_would() -> None:
    of = junction(turns=False)
    streams = streams_of(of, demand(of, pcu_h={"N": 900, "S": 700, "E": 450, "W": 300}))
    flows = levels_of(streams.planned, range(4), streams.planned.sum(axis=0))
    for cycle_s in (60, 75, 96):
        tables = group_costs(streams, flows, cycle_s)

        solution = SplitModel(of, structure_of(of), cycle_s, tables, least_s={}).solve(1)

        costs = {}
        for first_s in range(1, cycle_s):
            try:
                one = build_plan(of, plan_number=1, offset_s=0, splits_s={"NS": first_s, "EW": cycle_s - first_s})  # type: ignore[dict-item]
            except Exception:  # noqa: BLE001, S112 -- enumeration tries splits that leave no green
                continue
            greens = {g.group_id: g.end_s - g.start_s for g in one.greens}
            if all(greens[group.group_id] >= max(group.min_green_s, group.green_flash_s + 1) for group in of.groups):
                costs[first_s] = sum(float(tables[group_id][green]) for group_id, green in greens.items())
        assert solution is not None
        assert solution.cost == pytest.approx(min(costs.values()), rel=1e-4)
        assert solution.bound == pytest.approx(solution.cost, rel=1e-4)
        assert dict(solution.splits_s)["NS"] == min(costs, key=costs.__getitem__)  # type: ignore[index]


def _street(count: int, *, both_ways: bool, dispersion: Dispersion) -> tuple[Network, dict[JunctionId, object]]:
    nodes = [junction(f"J{k}", turns=False, lat=40.0 + 0.004 * k) for k in range(count)]
    flows = demand(*nodes, pcu_h={"N": 500 if both_ways else 1, "S": 700, "E": 1, "W": 1})
    given = problem(flows, *nodes, corridors=(corridor(*nodes, length_m=400.0, both_ways=both_ways),))
    area = areas_of(given, [n.junction_id for n in nodes])[0][0]
    streams = {n.junction_id: streams_of(n, flows) for n in nodes}
    plans = {n.junction_id: build_plan(n, plan_number=1, offset_s=0, splits_s={"NS": 40, "EW": 40}) for n in nodes}  # type: ignore[dict-item]
    return Network(area=area, streams=streams, dispersion=dispersion), plans  # type: ignore[return-value]


def test_a_green_wave_runs_at_the_speed_of_the_street() -> None:
    # 400 m at 50 km/h: 28.8 s from green to green.
    network, plans = _street(4, both_ways=False, dispersion=Dispersion(alpha=0.0, beta=1.0))
    pairs = network.pair_tables(plans, lambda s: s.planned[:, :1])  # type: ignore[arg-type]

    solution = solve_offsets(tuple(plans), 80, pairs, running_s={}, seed=1)

    offsets = [solution.offsets_s[JunctionId(f"J{k}")] for k in range(4)]
    steps = [(b - a) % 80 for a, b in itertools.pairwise(offsets)]
    assert solution.chosen in ("tree", "optimised")
    assert all(abs(step - 29) <= 4 for step in steps), steps
    assert solution.cost == pytest.approx(solution.bound, abs=len(pairs))
    assert cost_of(pairs, dict.fromkeys(solution.offsets_s, 0)) > 3 * max(solution.cost, 1)


def test_offsets_are_optimal_by_enumeration() -> None:
    rng = np.random.default_rng(4)
    ids = (JunctionId("A"), JunctionId("B"), JunctionId("C"))
    pairs = {pair: rng.integers(0, 1000, 20).astype(float) for pair in itertools.combinations(ids, 2)}

    solution = solve_offsets(ids, 20, pairs, running_s={}, seed=1)

    every = [cost_of(pairs, {ids[0]: 0, ids[1]: b, ids[2]: c}) for b, c in itertools.product(range(20), repeat=2)]
    assert solution.cost == min(every)
    assert solution.bound == pytest.approx(min(every))


def test_running_offsets_are_kept_where_nothing_is_better() -> None:
    ids = (JunctionId("A"), JunctionId("B"))
    table = np.full(30, 100.0)
    table[17] = 1.0

    solution = solve_offsets(ids, 30, {(ids[0], ids[1]): table}, running_s={ids[0]: 5, ids[1]: 22}, seed=1)

    assert solution.chosen == "running"
    assert solution.offsets_s == {ids[0]: 5, ids[1]: 22}


def test_platoons_against_offsets_are_told_apart_by_the_evaluation() -> None:
    network, plans = _street(2, both_ways=False, dispersion=Dispersion())
    ids = [JunctionId("J0"), JunctionId("J1")]
    table = network.pair_tables(plans, lambda s: s.planned[:, :1])[ids[0], ids[1]]  # type: ignore[arg-type]

    def waits(offset_s: int) -> float:
        turned = {
            ids[0]: plans[ids[0]],
            ids[1]: build_plan(
                network.streams[ids[1]].junction,
                plan_number=1,
                offset_s=offset_s,
                splits_s={"NS": 40, "EW": 40},  # type: ignore[dict-item]
            ),
        }
        found = network.evaluate(turned, lambda s: s.planned)[ids[1]]  # type: ignore[arg-type]
        position = network.streams[ids[1]].groups.index(GroupId("S"))
        return float(found.delay_s[position, 0])

    assert int(table.argmin()) != int(table.argmax())
    assert waits(int(table.argmin())) < waits(int(table.argmax())) - 5


def test_an_area_without_feeds_is_one_junction() -> None:
    of = junction()

    assert areas_of(problem(demand(of), of), [of.junction_id]) == ((Area(junctions=(of,)),), ())
