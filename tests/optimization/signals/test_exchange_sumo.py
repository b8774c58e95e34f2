"""The exported program, run by SUMO itself, shows what the plan says, second by second."""

import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from city.errors import UnknownIdError
from city.ids import MovementId
from city.signals import Junction
from optimization.signals.exchange_sumo import default_links, states, sumo_programs
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
    assert [(p.attrib["programID"], p.attrib["offset"]) for p in programs] == [("P1-2", "0"), ("P1-3", "10")]
    assert [sum(int(q.attrib["duration"]) for q in p) for p in programs] == [100, 90]
    assert [(s.attrib["time"], s.attrib["to"]) for s in root.iter("wautSwitch")] == [("25200", "P1-3")]
    assert "offset: start of the coordinated stage's green after local midnight" in text
    assert "N-through 0" in text


def test_a_schedule_of_another_city_is_refused() -> None:
    with pytest.raises(UnknownIdError, match="there is no junction 'J1'"):
        sumo_programs(schedule(junction("J1")), (junction("J2"),))
