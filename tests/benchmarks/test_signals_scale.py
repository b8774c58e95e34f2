"""The generated city is as varied as it says, and the judge of the planner's speed reads the solver's own gap."""

from collections import Counter

import pytest

from benchmarks.signals_city import OPPOSITE, generated_city
from benchmarks.signals_scale import OffsetsSeen, main, planned
from city.ids import JunctionId
from city.signal_parts import MovementKind, Turn
from city.signals import stage_greens_s
from optimization.signals.offsets import OffsetSolution
from optimization.signals.problem import SignalProblem


@pytest.fixture(scope="module")
def city() -> SignalProblem:
    return generated_city(50, seed=1)


def test_a_seed_names_one_city(city: SignalProblem) -> None:
    assert generated_city(50, seed=1) == city
    assert generated_city(50, seed=2) != city


def test_its_junctions_differ_as_those_of_a_city_do(city: SignalProblem) -> None:
    driving = [[m for m in j.movements if m.kind is MovementKind.VEHICLE] for j in city.junctions]
    arms = Counter(len({m.approach for m in own}) for own in driving)
    lefts = [(j, m) for j, own in zip(city.junctions, driving, strict=True) for m in own if m.turn is Turn.LEFT]
    gives_way = [any(a == m.movement_id for a, _ in j.permitted_yields) for j, m in lefts]

    assert arms[3] >= 5
    assert arms[4] >= 20
    assert any(m.group_id.endswith("turn") for _, m in lefts)
    assert sum(gives_way) >= 10
    assert any(m.shared_lane for _, m in lefts)
    assert any(m.pocket_m for _, m in lefts)
    assert sum(m.kind is MovementKind.PEDESTRIAN for j in city.junctions for m in j.movements) > 50


def test_blocks_are_corridors_whose_ways_lead_to_the_approach_that_faces_them(city: SignalProblem) -> None:
    known = {j.junction_id: {m.movement_id: m for m in j.movements} for j in city.junctions}
    assert [len(c.junction_ids) for c in city.corridors] == [20, 20, 10]
    for link in (link for corridor in city.corridors for link in corridor.links):
        arriving = {known[link.to_junction_id][i].approach for i in link.to_movement_ids}
        leaving = {known[link.from_junction_id][i].approach for i in link.from_movement_ids}
        assert len(arriving) == 1
        assert OPPOSITE[arriving.pop()] not in leaving  # nobody turns back


def test_every_junction_can_hold_its_demand_and_runs_a_plan_with_its_minimums(city: SignalProblem) -> None:
    for junction in city.junctions:
        flows = city.demand.of(junction.junction_id)
        running = junction.running_plan
        assert running is not None
        assert all(s.split_s >= stage_greens_s(junction)[s.stage_id] for s in running.splits)
        for movement in junction.movements:
            if movement.kind is MovementKind.VEHICLE:
                assert max(flows[movement.movement_id].expected_pcu_h) < (movement.saturation_pcu_h or 0)


def test_the_gap_is_the_solvers_own() -> None:
    def solution(cost: float, bound: float) -> OffsetSolution:
        return OffsetSolution(offsets_s={JunctionId("A"): 0}, cost=cost, bound=bound, chosen="optimised", work=0.0)

    seen = OffsetsSeen()
    assert seen.gaps()["offset_gap_pct"] is None
    seen.found += [solution(100.0, 98.0), solution(300.0, 306.0), solution(0.0, 0.0)]
    # Costs are rounded in the solver: a bound above the cost is no gap.
    assert seen.gaps() == {"offset_problems": 3, "offset_gap_pct": 0.5, "offset_gap_worst_pct": 2.0}


def test_a_city_is_planned_and_judged_in_figures() -> None:
    row = planned(2, seed=1)
    assert row["planned"] + row["unchanged"] == 2
    assert row["violations"] == 0
    assert row["cpu_s"] > 0
    assert row["peak_mb"] > 50
    assert row["offset_gap_pct"] is None or row["offset_gap_pct"] <= row["offset_gap_worst_pct"]


def test_help_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    assert "--junctions 20,1000" in capsys.readouterr().out
