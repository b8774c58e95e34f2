"""The judge of signal plans: what it counts, what it refuses to overlook, and that it treats everybody alike."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from scipy.stats import poisson

from benchmarks.signals import seeds_of
from benchmarks.signals_lamps import LampJudge, LampRules, rules_of_net
from benchmarks.signals_lines import Terms, lineup
from benchmarks.signals_pressure import MaxPressure, Passage
from benchmarks.signals_programs import staging_of
from benchmarks.signals_scenario import Counts, Scenario, counts_of, demand_of
from benchmarks.signals_simulation import Run, _trips, simulate
from benchmarks.signals_webster import progressed, webster_plans
from city.errors import MissingInputError
from city.ids import JunctionId
from optimization.signals import gate
from optimization.signals.sumo_net import NetImport, NetRules, RuleSet, read_sumo_net
from tests.optimization.signals.nets import generated, scenario, with_program

ROOT = Path(__file__).resolve().parents[2]
A0, B0 = JunctionId("A0"), JunctionId("B0")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("scenario")
    return scenario(made, generated(made))


@pytest.fixture(scope="module")
def given(folder: Path) -> Scenario:
    return Scenario.read(folder, folder)


@pytest.fixture(scope="module")
def counts(given: Scenario) -> Counts:
    return counts_of(given)


@pytest.fixture(scope="module")
def net(given: Scenario) -> NetImport:
    return read_sumo_net(given.net)


def run(given: Scenario, judged_by: NetImport, **changes: object) -> Run:
    made = Run(
        key=("test",),
        net=given.net,
        routes=given.routes,
        additional=(),
        begin_s=given.begin_s,
        end_s=given.end_s,
        judged_from_s=given.begin_s,
        seed=1,
        scale=1.0,
        rules=rules_of_net(judged_by),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rules(**changes: object) -> LampRules:
    """Links 0 and 1 cross; link 2 turns through link 0 and may give way."""
    made = LampRules(
        light_id="J",
        foes=frozenset({(0, 1), (1, 0), (0, 2), (2, 0)}),
        gives_way=frozenset({(2, 0)}),
        intergreen_s={(0, 1): 5, (1, 0): 5},
        yellow_s={0: 3, 1: 3, 2: 3},
        min_green_s={0: 5, 1: 5, 2: 5},
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def judged(*shown: tuple[str, int], by: LampRules | None = None) -> LampJudge:
    judge, second = LampJudge(rules=by or rules()), 0
    for state, seconds in shown:
        for _ in range(seconds):
            judge.see(second, state)
            second += 1
    return judge


def test_a_safe_sequence_breaks_nothing() -> None:
    shown = (("Grg", 10), ("yrg", 3), ("rry", 3), ("rGr", 5), ("ryr", 3), ("rrr", 2), ("Grr", 6))
    assert judged(*shown).said == []


@pytest.mark.parametrize(
    ("shown", "sentence"),
    [
        ((("Grr", 9), ("GGr", 1)), "links 0 and 1 meet and are green together (G, G)"),
        ((("GrG", 9),), "links 0 and 2 meet and are green together (G, G)"),
        ((("grG", 9),), "links 0 and 2 meet and are green together (g, G)"),
        ((("rrr", 1), ("Grr", 9), ("yrr", 3), ("rrr", 1), ("rGr", 9)), "link 1 is green 4 s after link 0, 5 s are due"),
        ((("rrr", 1), ("Grr", 4), ("yrr", 3)), "link 0 was green for 4 s, 5 s are due"),
        ((("Grr", 9), ("yrr", 2), ("rrr", 9)), "link 0 was yellow for 2 s, 3 s are due"),
        ((("Grr", 9), ("rrr", 9)), "link 0 loses its green without yellow"),
        ((("Grr", 9), ("yrr", 2), ("Grr", 9)), "link 0 is green again within its yellow"),
    ],
)
def test_each_rule_is_counted_once_with_its_sentence(shown: tuple[tuple[str, int], ...], sentence: str) -> None:
    judge = judged(*shown)
    assert any(said.endswith(sentence) for said in judge.said)
    assert judge.count == len(judge.said)


def test_what_gives_way_by_the_policy_is_no_violation_and_only_that() -> None:
    assert judged(("Grg", 9), ("yrg", 3)).count == 0
    assert judged(("Grg", 9), by=rules(gives_way=frozenset())).count == 1


def test_an_unsafe_program_is_counted_in_the_simulation_and_a_safe_one_is_not(
    given: Scenario, net: NetImport, tmp_path: Path
) -> None:
    unsafe = with_program(given.net, tmp_path / "unsafe.net.xml", states=("GGGgrrrrGGGgrrrr", "GGGgGrrrGGGgGrrr"))
    safe = simulate(run(given, net))
    found = simulate(run(given, net, net=unsafe))

    assert safe.violations == 0
    # Each light shows right turns into cross traffic once per cycle of 90 s, with no intergreen or yellow.
    assert found.violations >= 8
    assert any("meet and are green together" in sentence for sentence in found.said)
    assert safe.vehicles == found.vehicles > 300


def test_never_inserted_vehicles_wait_until_the_end(given: Scenario, net: NetImport, tmp_path: Path) -> None:
    trips = tmp_path / "trips.xml"
    trips.write_text(
        '<tripinfos><tripinfo depart="10" departDelay="4" timeLoss="20" waitingCount="2" arrival="80"/>'
        '<tripinfo depart="50" departDelay="0" timeLoss="7" waitingCount="1" arrival="-1"/>'
        '<tripinfo depart="-1" departDelay="200" timeLoss="0" waitingCount="0" arrival="-1"/></tripinfos>',
        encoding="utf-8",
    )
    delays, stops, unfinished = _trips(trips, run(given, net))
    assert (delays, stops, unfinished) == ([24.0, 7.0, 200.0], [2.0, 1.0, 1.0], 2)
    late, _, _ = _trips(trips, run(given, net, judged_from_s=50))
    assert late == [7.0, 200.0]  # the first was planned for second 6


def test_demand_is_counted_where_vehicles_turn(counts: Counts, net: NetImport) -> None:
    ways = {turn: sum(own) for turn, own in counts.pcu.items()}
    (first, share) = next((turn, n) for turn, n in ways.items() if turn[0].startswith("left0A0.") and turn[1] == "A0B0")

    assert first[1] == "A0B0"
    assert share == pytest.approx(150, abs=10)  # one every two seconds for 300 s, less those still on their way
    flow = demand_of(counts, net.junctions, scale=2.0).of(A0)
    west = next(m for m in flow.values() if m.movement_id == "W-through")
    assert west.expected_pcu_h[0] == pytest.approx(2 * 12 * share)
    # Planned for: what a Poisson count with that mean stays below four times of five.
    assert west.flow_pcu_h[0] / 12 == pytest.approx(float(poisson.ppf(0.8, 2 * share)), abs=1.0)


def test_webster_gives_time_to_those_who_come(net: NetImport, counts: Counts) -> None:
    demand = demand_of(counts, net.junctions, scale=1.0)
    busy = webster_plans(net.junctions, net.corridors, demand, least_s=40)
    quiet = webster_plans(net.junctions, net.corridors, demand_of(counts, net.junctions, scale=0.3), least_s=40)
    splits = {split.stage_id: split.split_s for split in busy[A0].splits}

    assert len({plan.cycle_s for plan in busy.values()}) == 1
    assert quiet[A0].cycle_s < busy[A0].cycle_s <= 120
    assert splits[net.junctions[0].stage_chain[2]] > splits[net.junctions[0].stage_chain[0]]  # west to east is busiest
    link = net.corridors[0].links[0]
    offsets = {i: plan.offset_s for i, plan in progressed(busy, net.corridors).items()}
    assert (offsets[B0] - offsets[A0]) % busy[A0].cycle_s == round(link.travel_time_s)


def test_maxpressure_serves_the_queue_and_keeps_every_rule(net: NetImport) -> None:
    of = net.junctions[0]
    staging = staging_of(of, net)
    judge = LampJudge(rules=next(r for r in rules_of_net(net) if r.light_id == "A0"))
    queue = {"east": 20.0, "north": 0.0}
    links = net.lights["A0"].links
    passages = tuple(
        Passage(
            index=k.index, before=(("north" if k.from_edge.startswith(("top", "bottom")) else "east", 1.0),), behind=()
        )
        for k in links
    )
    control = MaxPressure(staging=staging, passages=passages, permissive_weight=1.0, lost_by_a_change_veh=4.0)
    seen = []
    for second in range(240):
        if second == 120:
            queue |= {"east": 0.0, "north": 20.0}
        seen.append(control.show(queue.__getitem__, lambda _: 0.0))
        judge.see(second, seen[-1])

    assert seen[60] == "rrrrGGGgrrrrGGGg"
    assert seen[200] == "GGGgrrrrGGGgrrrr"
    assert judge.count == 0


@pytest.mark.parametrize("rule_set", list(RuleSet))
def test_the_plan_is_made_checked_exported_and_run(
    given: Scenario, counts: Counts, folder: Path, rule_set: RuleSet
) -> None:
    """Without the gate, whose runs by the dozen are of the plans and not of the rule sets: it is tried below."""
    wanted = ("fixed_plan", "planned_actuated")
    made = lineup(given, counts, folder, Terms(rules=rule_set, wanted=wanted, gate=False))
    assert {d.junction_id for d in made.schedule.day_plans} == {A0, B0}
    net = read_sumo_net(given.net, NetRules(rule_set=rule_set))
    for candidate in made.candidates:
        assert not candidate.findings
        found = simulate(run(given, net, program=candidate.program))
        assert found.violations == 0, found.said
        assert 0 < found.delay_s < 150


def test_what_runs_passed_the_gate_in_the_form_in_which_it_runs(
    given: Scenario, counts: Counts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "LEEWAYS", gate.LEEWAYS[:2])  # each is run with five seeds

    made = lineup(given, counts, folder, Terms(rules=RuleSet.COMPLETED, wanted=("planned_actuated",)))

    (candidate,), tried = made.candidates, dict(made.gate["planned_actuated"])
    assert 1 <= len(tried) <= 2
    assert {len(delays) for delays in tried.values()} == {5}
    assert min(tried, key=lambda name: median(tried[name]) + max(tried[name])) == candidate.variant


def test_a_folder_without_its_description_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"meta\.toml"):
        Scenario.read(tmp_path, tmp_path)


def test_seeds_are_read_as_people_write_them() -> None:
    assert seeds_of("1-3,7") == (1, 2, 3, 7)


def test_the_command_writes_the_shape_that_is_agreed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = [
        sys.executable, "-m", "benchmarks.signals", "--scenario", str(folder), "--seeds", "1", "--rules", "published",
        "--controllers", "own,fixed_plan", "--no-gate", "--json", str(out),
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(out.read_text(encoding="utf-8"))

    assert (entry["scenario"], entry["rules"], entry["scale"], entry["lefts"]) == ("two", "published", 1.0, "keep")
    assert entry["violations"] == 0
    assert set(entry["controllers"]) == {"own", "fixed_plan"}
    assert {"seeds", "median", "worst", "mean", "p95", "stops", "unfinished"} <= set(entry["controllers"]["own"])
    assert {"cpu_s", "wall_s", "junctions"} <= set(entry["plan"])
    assert {"commit", "config", "seed", "machine"} <= set(entry)
    assert "fixed plan / own program" in done.stdout
    summary = json.loads(out.with_suffix(".summary.json").read_text(encoding="utf-8"))["summary"]
    assert summary["fixed plan / own program, published"]["scenarios"] == 1
    assert summary["violations"]["met"] is True
