"""The exported program, run by SUMO itself, shows what the plan says, second by second."""

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from city.errors import UnknownIdError
from city.ids import MovementId
from city.signals import Junction
from optimization.signals.actuation import actuation_of
from optimization.signals.check_switch import Switch, switch_timeline
from optimization.signals.exchange_sumo import default_links, states, sumo_programs
from optimization.signals.exchange_sumo_actuated import sumo_actuated
from optimization.signals.transitions import Way, chosen_transition
from tests.optimization.signals.cases import junction, plan, schedule

NAMES = {"top": "N", "right": "E", "bottom": "S", "left": "W"}
TURNS = {"s": "through", "l": "left", "r": "right"}


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sumo = pytest.importorskip("sumo", reason="the extra `sim` is not installed")
    file = tmp_path_factory.mktemp("sumo") / "one.net.xml"
    command = [
        str(Path(sumo.SUMO_HOME) / "bin" / "netgenerate"), "--grid", "--grid.number", "1",
        "--grid.attach-length", "150",
        "--default.lanenumber", "2", "--default-junction-type", "traffic_light", "--no-turnarounds", "-o", str(file),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return file


def links_of(net: Path, of: Junction) -> dict[MovementId, list[int]]:
    found: dict[MovementId, list[int]] = {m.movement_id: [] for m in of.movements}
    for connection in ET.parse(net).getroot().iter("connection"):  # noqa: S314 -- written by SUMO just now
        if "tl" in connection.attrib:
            arm = next(arm for name, arm in NAMES.items() if connection.attrib["from"].startswith(name))
            movement_id = MovementId(f"{arm}-{TURNS[connection.attrib['dir']]}")
            found[movement_id].append(int(connection.attrib["linkIndex"]))
    return {movement_id: positions for movement_id, positions in found.items() if positions}


@pytest.mark.parametrize("offset_s", [0, 37])
def test_sumo_shows_the_plans_lamps(net: Path, tmp_path: Path, offset_s: int) -> None:
    libsumo = pytest.importorskip("libsumo", reason="the extra `sim` is not installed")
    of = junction("A0", walks=False)
    one = plan(of, (40, 20, 40), offset_s=offset_s)
    links = links_of(net, of)
    program = tmp_path / "plan.add.xml"
    program.write_text(sumo_programs(schedule(of, one), (of,), {of.junction_id: links}), encoding="utf-8")
    greens = {g.group_id: {second % one.cycle_s for second in range(g.start_s, g.end_s)} for g in one.greens}

    libsumo.start(["sumo", "-n", str(net), "-a", str(program), "--no-step-log", "--no-warnings", "--end", "400"])
    try:
        assert libsumo.trafficlight.getProgram("A0") == "P1-2"
        seen = []
        for second in range(250):
            libsumo.simulationStep()
            assert libsumo.simulation.getTime() == second + 1
            seen.append(libsumo.trafficlight.getRedYellowGreenState("A0"))
    finally:
        libsumo.close()

    for second, state in enumerate(seen):
        at = (second - offset_s) % one.cycle_s
        for movement in of.movements:
            group = of.group(movement.group_id)
            own = greens[movement.group_id]
            yellow = any((at - k) % one.cycle_s in own for k in range(1, group.yellow_s + 1))
            expected = "Gg" if at in own else "y" if yellow else "r"
            assert {state[k] for k in links[movement.movement_id]} <= set(expected), (second, movement.movement_id)


@pytest.mark.parametrize(("way", "offset_s"), [(Way.DWELL, 1), (Way.ADD, 1), (Way.SUBTRACT, 57)])
def test_sumo_shows_a_switch_as_the_check_sees_it(net: Path, tmp_path: Path, way: Way, offset_s: int) -> None:
    libsumo = pytest.importorskip("libsumo", reason="the extra `sim` is not installed")
    of = junction("A0", walks=False)
    before, after = plan(of, (40, 20, 40), offset_s=37), plan(of, (35, 18, 37), number=3, offset_s=offset_s)
    chosen = chosen_transition(of, before, after, 300, ways=(way,))
    assert chosen is not None
    given = schedule(of, before, after, starts_s=(0, 300))
    day = given.day_plans[0]
    day = replace(day, entries=(day.entries[0], replace(day.entries[1], steps=chosen.steps)))
    links = links_of(net, of)
    program = tmp_path / "plan.add.xml"
    text = sumo_programs(replace(given, day_plans=(day,)), (of,), {of.junction_id: links})
    program.write_text(text, encoding="utf-8")
    switch = Switch(before=before, after=after, asked_s=300, midnight=False, steps=chosen.steps)
    timeline = switch_timeline(of, switch)
    first_s = switch.begins_s - 2 * before.cycle_s

    seen = []
    libsumo.start(["sumo", "-n", str(net), "-a", str(program), "--no-step-log", "--no-warnings", "--end", "900"])
    try:
        for _ in range(first_s + timeline.seconds):
            libsumo.simulationStep()
            seen.append(libsumo.trafficlight.getRedYellowGreenState("A0"))
    finally:
        libsumo.close()

    for movement in of.movements:
        bits = timeline.shown[movement.group_id]
        for second, state in enumerate(seen[first_s:]):
            lit = {state[k] in "Gg" for k in links[movement.movement_id]}
            assert lit == {bool(bits >> second & 1)}, (second, movement.movement_id)


def lanes_of(net: Path) -> dict[int, str]:
    connections = ET.parse(net).getroot().iter("connection")  # noqa: S314 -- written by SUMO just now
    return {
        int(one.attrib["linkIndex"]): f"{one.attrib['from']}_{one.attrib['fromLane']}"
        for one in connections
        if "tl" in one.attrib
    }


def begins_of(net: Path, program: Path, position: int) -> list[int]:
    """Seconds at which a link's green begins where nobody drives."""
    libsumo = pytest.importorskip("libsumo", reason="the extra `sim` is not installed")
    found, last = [], "y"
    libsumo.start(["sumo", "-n", str(net), "-a", str(program), "--no-step-log", "--no-warnings", "--end", "900"])
    try:
        assert libsumo.trafficlight.getProgram("A0") == "P1-2-actuated"
        for second in range(400):
            libsumo.simulationStep()
            letter = libsumo.trafficlight.getRedYellowGreenState("A0")[position]
            if letter in "Gg" and last not in "Gg":
                found.append(second)
            last = letter
    finally:
        libsumo.close()
    return found


def test_where_nobody_drives_actuated_stages_run_for_their_shortest_time(net: Path, tmp_path: Path) -> None:
    of = junction("A0", walks=False)
    actuation = actuation_of(of, plan(of, (40, 20, 40)))
    assert actuation is not None
    given = schedule(of, replace(plan(of, (40, 20, 40)), actuation=actuation))
    links = links_of(net, of)
    program = tmp_path / "actuated.add.xml"
    program.write_text(sumo_actuated(given, (of,), {of.junction_id: links}), encoding="utf-8")

    begins = begins_of(net, program, links[MovementId("N-through")][0])

    assert len(begins) > 3
    assert {b - a for a, b in pairwise(begins)} == {sum(stage.min_s for stage in actuation.stages)}


def test_where_nobody_drives_protected_lefts_are_left_out_until_they_are_called(net: Path, tmp_path: Path) -> None:
    of = junction("A0", walks=False)
    actuation = actuation_of(of, plan(of, (40, 20, 40)))
    assert actuation is not None
    assert len(actuation.jumps) == 1
    through, turn, across = (stage.min_s for stage in actuation.stages)
    call_after_s = 2 * (through + turn + across)
    given = schedule(of, replace(plan(of, (40, 20, 40)), actuation=replace(actuation, call_after_s=call_after_s)))
    links = links_of(net, of)
    program = tmp_path / "actuated.add.xml"
    lanes = {of.junction_id: lanes_of(net)}
    program.write_text(sumo_actuated(given, (of,), {of.junction_id: links}, lanes=lanes), encoding="utf-8")

    begins = begins_of(net, program, links[MovementId("N-through")][0])
    lefts = begins_of(net, program, links[MovementId("N-left")][0])

    # The jump's end of the first stage takes other seconds than the usual one, by intergreens.
    (jump,) = actuation.jumps
    usual_s = 40 - actuation.stages[0].force_off_s
    short_s = through + across - usual_s + max(lead_s for _, lead_s in jump.leads_s) + 3
    assert {b - a for a, b in pairwise(begins)} == {short_s, through + turn + across}
    assert len(lefts) > 1
    for earlier, later in pairwise(lefts):
        assert call_after_s < later - earlier < call_after_s + 2 * (through + turn + across)


def test_what_traffic_may_change_is_in_the_file_and_what_has_no_parameters_stays_fixed() -> None:
    of = junction()
    one, other = plan(of, (40, 20, 40)), plan(of, (30, 20, 40), number=3)
    actuation = actuation_of(of, one)
    assert actuation is not None
    given = schedule(of, replace(one, actuation=actuation), other, starts_s=(0, 25_200))

    root = ET.fromstring(sumo_actuated(given, (of,)))  # noqa: S314 -- our own
    (then,) = ET.fromstring(sumo_actuated(given, (of,), second=30_000))  # noqa: S314

    programs = root.findall("tlLogic")
    assert [(p.attrib["programID"], p.attrib["type"]) for p in programs] == [
        ("P1-3-actuated", "static"),
        ("P1-2-actuated", "actuated"),
    ]
    assert then.attrib["programID"] == "P1-3-actuated"
    phases = programs[1].findall("phase")
    elastic = [p for p in phases if "maxDur" in p.attrib]
    fixed_s = sum(int(p.attrib["duration"]) for p in phases if "maxDur" not in p.attrib)
    assert len(elastic) == sum(s.max_s > s.min_s for s in actuation.stages) == 3
    assert sum(int(p.attrib["maxDur"]) for p in elastic) + fixed_s == actuation.longest_cycle_s
    assert sum(int(p.attrib["minDur"]) for p in elastic) + fixed_s == sum(s.min_s for s in actuation.stages)
    assert {p.get("key"): p.get("value") for p in programs[1].findall("param")}["max-gap"] == "3.0"


def test_turns_that_give_way_are_shown_so() -> None:
    of = junction()
    letters = states(of, plan(of), default_links(of))[0]
    shown = {m.movement_id: letters[k] for k, m in enumerate(of.movements)}

    assert shown[MovementId("N-through")] == "G"
    assert shown[MovementId("N-right")] == "g"
    assert shown[MovementId("N-left")] == "r"
    assert len(states(of, plan(of), default_links(of))) == 100


def test_the_file_names_its_offset_its_links_and_its_switches() -> None:
    of = junction()
    plans = plan(of, number=2), plan(of, (30, 20, 40), number=3, offset_s=10)
    text = sumo_programs(schedule(of, *plans, starts_s=(0, 25_200)), (of,))
    root = ET.fromstring(text)  # noqa: S314 -- our own

    programs = root.findall("tlLogic")
    # 10 s are missing at 07:00: the coordinated stage is held for 5 s in two cycles.
    names = ["P1-2", "P1-3", "P1-3-25200-1", "P1-3-25200-2"]
    assert [p.attrib["programID"] for p in programs] == names
    assert [int(p.attrib["offset"]) for p in programs] == [0, 10, 25_200 % 95, 25_295 % 95]
    assert [sum(int(q.attrib["duration"]) for q in p) for p in programs] == [100, 90, 95, 95]
    switches = [(int(s.attrib["time"]), s.attrib["to"]) for s in root.iter("wautSwitch")]
    assert switches == [(25_200, names[2]), (25_295, names[3]), (25_390, names[1])]
    assert 25_390 % 90 == 10
    assert "offset: start of the coordinated stage's green after local midnight" in text
    assert "N-through 0" in text


def test_a_schedule_of_another_city_is_refused() -> None:
    with pytest.raises(UnknownIdError, match="there is no junction 'J1'"):
        sumo_programs(schedule(junction("J1")), (junction("J2"),))
    with pytest.raises(UnknownIdError, match="there is no junction 'J1'"):
        sumo_actuated(schedule(junction("J1")), (junction("J2"),))
