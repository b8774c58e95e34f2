"""A SUMO net becomes junctions that say what the net says, and what cannot be mapped is left alone with a sentence."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from city.errors import MissingInputError, UnreadableInputError
from city.ids import JunctionId
from city.national import UserClass, national_profile
from city.signal_parts import MovementKind, Relation
from city.signals import Junction, conflicting_groups
from city.stage_timing import build_plan
from optimization.signals.check_plan import junction_findings, plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.exchange_sumo import states, sumo_programs
from optimization.signals.lane_flows import balanced
from optimization.signals.sumo_net import NetImport, NetRules, RuleSet, read_sumo_net
from tests.optimization.signals.cases import schedule
from tests.optimization.signals.nets import generated, with_program

A0 = JunctionId("A0")
COMPLETED = NetRules(rule_set=RuleSet.COMPLETED)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generated(tmp_path_factory.mktemp("net"))


@pytest.fixture(scope="module")
def published(net: Path) -> NetImport:
    return read_sumo_net(net)


@pytest.fixture(scope="module")
def completed(net: Path) -> NetImport:
    return read_sumo_net(net, COMPLETED)


def junction(of: NetImport, junction_id: str = "A0") -> Junction:
    return next(one for one in of.junctions if one.junction_id == junction_id)


def relation(of: Junction, a: str, b: str) -> Relation | None:
    found = [c.relation for c in of.conflicts if (c.from_movement_id, c.to_movement_id) == (a, b)]
    return found[0] if found else None


def test_movements_have_their_lanes_turns_and_pockets(published: NetImport) -> None:
    of = {movement.movement_id: movement for movement in junction(published).movements}

    assert set(of) == {f"{arm}-{turn}" for arm in "NESW" for turn in ("through", "left", "right")}
    through, left, right = (next(m for i, m in of.items() if i == f"N-{turn}") for turn in ("through", "left", "right"))
    assert (through.lanes, left.lanes, right.lanes) == (2, 1, 1)
    assert (through.shared_lane, left.shared_lane, right.shared_lane) == (True, False, True)
    assert left.pocket_m == pytest.approx(44.0)
    assert through.pocket_m is None
    assert right.pocket_m is None
    assert through.group_id == right.group_id != left.group_id
    two_lanes = (through.saturation_pcu_h or 0) + (right.saturation_pcu_h or 0)
    assert 1.85 * 1800 <= two_lanes <= 2 * 1800


def test_lefts_yield_to_opposite_traffic_and_cross_traffic_is_prohibited(published: NetImport) -> None:
    of = junction(published)

    assert relation(of, "N-left", "S-through") is Relation.YIELDS
    assert relation(of, "S-through", "N-left") is None
    assert ("N-left", "S-through") in of.permitted_yields
    assert relation(of, "N-through", "E-through") is Relation.PROHIBITED
    assert relation(of, "E-through", "N-through") is Relation.PROHIBITED
    assert relation(of, "N-through", "S-through") is None
    assert relation(of, "N-through", "N-left") is None


def test_stages_and_protected_lefts_are_those_of_the_program(published: NetImport) -> None:
    of = junction(published)

    assert [set(of.stage(stage_id).group_ids) for stage_id in of.stage_chain] == [
        {"N", "N-left", "S", "S-left"},
        {"N-left", "S-left"},
        {"E", "E-left", "W", "W-left"},
        {"E-left", "W-left"},
    ]
    assert [stage.protected_left for stage in of.stages] == [False, True, False, True] + [False] * 4
    assert {"N", "N-left", "S-left"} in [set(stage.group_ids) for stage in of.stages]  # proposed: the north alone
    assert of.stages[1].min_split_s == 3 + 5 + 3  # opposite yellow, minimum green, own yellow


@pytest.mark.parametrize("junction_id", ["A0", "B0"])
def test_the_running_plan_is_the_nets_own_program_letter_by_letter(published: NetImport, junction_id: str) -> None:
    of = junction(published, junction_id)
    program = published.lights[junction_id].program
    assert program is not None
    assert of.running_plan is not None
    begins = (of.running_plan.offset_s - program.offset_s) % program.cycle_s
    shown = states(of, of.running_plan, published.links[of.junction_id])

    assert shown == [program.each_second()[(begins + k) % program.cycle_s] for k in range(program.cycle_s)]
    assert not plan_findings(rules_of(of), of.running_plan)


def test_the_offset_has_sumos_sign(net: Path, tmp_path: Path) -> None:
    libsumo = pytest.importorskip("libsumo", reason="the extra `sim` is not installed")
    later = with_program(net, tmp_path / "later.net.xml", offset_s=17)
    found = read_sumo_net(later)
    of = junction(found)
    assert of.running_plan is not None
    text = sumo_programs(schedule(of, replace(of.running_plan, plan_number=2)), (of,), found.links)
    program = tmp_path / "again.add.xml"
    program.write_text(text, encoding="utf-8")

    def seen(*options: str) -> Iterator[str]:
        libsumo.start(["sumo", "-n", str(later), "--no-step-log", "--no-warnings", *options])
        try:
            for _ in range(200):
                libsumo.simulationStep()
                yield libsumo.trafficlight.getRedYellowGreenState("A0")
        finally:
            libsumo.close()

    own = list(seen())
    assert own[16] != own[17] == "GGGgrrrrGGGgrrrr"
    assert list(seen("-a", str(program))) == own


def test_completed_rules_take_intergreens_from_where_ways_meet(completed: NetImport) -> None:
    of = junction(completed)
    matrix, profile = of.intergreen_s(), national_profile("DE")
    cross = next(c for c in of.conflicts if (c.from_movement_id, c.to_movement_id) == ("N-through", "E-through"))

    # Two lanes of 3.2 m each way: traffic from the north crosses that from the east in the near half of the junction.
    assert cross.clearing_m is not None
    assert 4 < cross.clearing_m < 25
    assert matrix[
        of.groups[0].group_id, next(g.group_id for g in of.groups if g.group_id == "E")
    ] >= profile.intergreen_s(
        clearing=UserClass.HEAVY,
        entering=UserClass.CAR,
        clearing_m=cross.clearing_m,
        entering_m=cross.entering_m or 0.0,
    )
    assert all(matrix[pair] >= 3 for pair in conflicting_groups(of) if of.group(pair[0]).yellow_s)
    assert not junction_findings(of)


def test_people_cross_beside_the_traffic_that_runs_along(completed: NetImport, published: NetImport) -> None:
    of = junction(completed)
    walks = {m.movement_id: m for m in of.movements if m.kind is MovementKind.PEDESTRIAN}

    assert set(walks) == {f"{arm}-walk" for arm in "NESW"}
    assert all(walk.crossing_m == pytest.approx(5 * 3.2) for walk in walks.values())
    assert [stage_id for stage_id in of.stage_chain if "E-walk" in of.stage(stage_id).group_ids] == ["S1"]
    assert relation(of, "N-left", "E-walk") is Relation.YIELDS
    assert relation(of, "E-through", "E-walk") is Relation.PROHIBITED
    assert of.intergreen_s()[of.group(walks[next(iter(walks))].group_id).group_id, of.groups[0].group_id] >= 16.0 / 1.2
    assert not any(m.kind is MovementKind.PEDESTRIAN for m in junction(published).movements)


def test_the_completed_running_plan_keeps_its_cycle_and_passes_the_check(completed: NetImport) -> None:
    of = junction(completed)
    assert of.running_plan is not None

    assert of.running_plan.cycle_s == 90
    assert not plan_findings(rules_of(of), of.running_plan)


def test_a_protected_left_squeezed_below_its_seconds_is_found(published: NetImport) -> None:
    of = junction(published)
    splits = dict(zip(of.stage_chain, (33, 12, 33, 12), strict=True))
    second = of.stage_chain[1]

    kept = build_plan(of, plan_number=2, offset_s=0, splits_s=splits)
    squeezed = build_plan(of, plan_number=2, offset_s=0, splits_s={**splits, second: 6})

    assert not plan_findings(rules_of(of), kept)
    assert {finding.rule for finding in plan_findings(rules_of(of), squeezed)} == {"stage-minimum", "protected-left"}


def test_ways_between_junctions_are_corridor_links(published: NetImport) -> None:
    (corridor,) = published.corridors
    ends = {(link.from_junction_id, link.to_junction_id): link for link in corridor.links}

    assert set(ends) == {("A0", "B0"), ("B0", "A0")}
    assert all(200 < link.length_m < 250 for link in corridor.links)
    assert set(ends[A0, JunctionId("B0")].to_movement_ids) == {"W-through", "W-left", "W-right"}


def test_crossings_that_the_net_draws_are_pedestrians(tmp_path: Path) -> None:
    found = read_sumo_net(generated(tmp_path, "--crossings.guess", "--sidewalks.guess"), COMPLETED)
    of = junction(found)
    walks = [m for m in of.movements if m.kind is MovementKind.PEDESTRIAN]

    assert len(walks) == 4
    assert all(found.links[A0][walk.movement_id] for walk in walks)
    assert of.running_plan is not None
    assert not plan_findings(rules_of(of), of.running_plan)


def test_a_program_that_shows_crossing_ways_green_together_is_left_alone(net: Path, tmp_path: Path) -> None:
    unsafe = with_program(net, tmp_path / "unsafe.net.xml", states=("GGGgrrrrGGGgrrrr", "GGGgGrrrGGGgGGrr"))
    found = read_sumo_net(unsafe)

    assert not found.junctions
    assert [light_id for light_id, _ in found.refused] == ["A0", "B0"]
    assert "Junction A0: its program shows link" in found.refused[0][1]
    assert "green together, they meet" in found.refused[0][1]


def test_a_program_in_parts_of_a_second_is_left_alone(net: Path, tmp_path: Path) -> None:
    text = net.read_text(encoding="utf-8").replace('duration="33"', 'duration="33.5"')
    (tmp_path / "half.net.xml").write_text(text, encoding="utf-8")

    (_, sentence), *_ = read_sumo_net(tmp_path / "half.net.xml").refused
    assert sentence == ("Junction A0: its states last 33.5, 3, 6, 3, 33.5, 3, 6, 3 s, whole seconds are expected.")


def test_without_the_extra_a_plain_sentence_says_what_to_install(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sumolib.net", None)
    with pytest.raises(MissingInputError, match="Install the extra `sim`"):
        read_sumo_net(net)


def test_a_file_that_is_no_net_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.net.xml").write_text("not xml", encoding="utf-8")
    with pytest.raises(UnreadableInputError, match="not a SUMO net"):
        read_sumo_net(tmp_path / "no.net.xml")


def test_shared_lanes_fill_evenly() -> None:
    loads = balanced({0: 300.0, 1: 900.0}, {0: [0], 1: [0, 1]})

    assert loads[0] == {0: 300.0}
    assert loads[1] == pytest.approx({0: 300.0, 1: 600.0})
    lonely = balanced({0: 900.0, 1: 300.0}, {0: [0], 1: [0, 1]})
    assert lonely[1] == pytest.approx({0: 0.0, 1: 300.0}, abs=1e-6)
