"""People on foot are on the generated net, cross every arm, and wait as the theory of a fixed red says."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks.signals_lamps import rules_of_net
from benchmarks.signals_on_foot import arms_of, reached, write_scenario
from benchmarks.signals_simulation import Run, simulate
from city.signal_parts import MovementKind
from optimization.signals.sumo_net import read_sumo_net

PEOPLE_PER_H = 240.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    made = tmp_path_factory.mktemp("on-foot")
    return write_scenario(made, people_per_h=PEOPLE_PER_H, veh_h=0.2, columns=1, rows=1, seed=1)


def test_every_arm_is_crossed_both_ways(folder: Path) -> None:
    arms = arms_of(folder / "grid.net.xml")
    walks = ET.parse(folder / "people.rou.xml").getroot().findall("person/walk")  # noqa: S314 -- written by us
    ways = {(walk.attrib["from"], walk.attrib["to"]) for walk in walks}

    assert len(arms) == 4
    assert ways == {(a, b) for (a, _), (b, _) in arms} | {(b, a) for (a, _), (b, _) in arms}
    assert len(walks) == pytest.approx(4 * PEOPLE_PER_H, rel=0.15)


def test_people_wait_as_long_as_the_red_makes_them(folder: Path) -> None:
    """Mean wait of random arrivals at a red of r s in a cycle of C s: r^2 / 2C."""
    net = read_sumo_net(folder / "grid.net.xml")
    (junction,) = net.junctions
    plan = junction.running_plan
    assert plan is not None
    walks = {m.group_id for m in junction.movements if m.kind is MovementKind.PEDESTRIAN}
    reds = [plan.cycle_s - (green.end_s - green.start_s) for green in plan.greens if green.group_id in walks]
    expected_s = sum(red**2 / (2 * plan.cycle_s) for red in reds) / len(reds)
    found = simulate(
        Run(
            key=("test",), net=folder / "grid.net.xml", routes=(folder / "vehicles.rou.xml", folder / "people.rou.xml"),
            additional=(), begin_s=0, end_s=1200, judged_from_s=0, seed=1, scale=1.0, rules=rules_of_net(net),
        )
    )  # fmt: skip
    assert found.violations == 0
    assert found.walks == pytest.approx(4 * PEOPLE_PER_H / 3, rel=0.2)
    assert found.walk_wait_s == pytest.approx(expected_s, rel=0.2)


def test_the_ratio_is_that_of_the_fixed_plan_to_the_own_program() -> None:
    entry = {
        "rules": "completed", "violations": 1,
        "controllers": {"own": {"walk_wait_s": 20.0}, "fixed_plan": {"walk_wait_s": 15.0}, "webster": {}},
    }  # fmt: skip
    found = reached([entry])
    assert found["fixed_plan_over_own_walk_wait"] == {"completed": 0.75}
    assert found["violations"] == 1
