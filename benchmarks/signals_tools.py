"""SUMO's own tools, tlsCycleAdaptation (Webster) and tlsCoordinator (offsets): their programs as they come out."""

import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from benchmarks.signals_scenario import Scenario, sumo_home
from city.ids import JunctionId, StageId
from city.signal_plans import SignalPlan
from optimization.signals.sumo_net import NetImport
from optimization.signals.sumo_net_reading import Program
from optimization.signals.sumo_net_running import plan_with_splits
from optimization.signals.sumo_net_stages import streams_and_bundles, windows

VARIANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "cycle": ("--max-cycle", "120"),
    "unified": ("--unified-cycle", "--max-cycle", "120"),
    "kept": ("--existing-cycle",),
}
MIN_GREEN_S: Final = 5


def adapted(scenario: Scenario, work: Path, *, scale: float, yellow_s: int) -> Iterator[tuple[str, Path]]:
    """Additional files by name: every variant of the cycle, and each again with offsets; the own program with offsets.

    A variant that the tool fails on is left out.
    """
    routes = _scaled(scenario, work, scale)
    bases: dict[str, Path | None] = {"own": None}
    for name, options in VARIANTS.items():
        out = work / f"{scenario.name}.{scale:g}.{name}.tls.xml"
        command = ["-n", str(scenario.net), "-r", str(routes), "-b", str(scenario.begin_s), "-o", str(out)]
        command += ["-y", str(yellow_s), "-g", str(MIN_GREEN_S), *options]
        if _done("tlsCycleAdaptation.py", command, out):
            bases[name] = out
            yield name, out
    for name, base in bases.items():
        out = work / f"{scenario.name}.{scale:g}.{name}.offsets.xml"
        command = ["-n", str(scenario.net), "-r", str(routes), "-o", str(out)]
        command += [] if base is None else ["-a", str(base)]
        if _done("tlsCoordinator.py", command, out):
            merged = work / f"{scenario.name}.{scale:g}.{name}.coordinated.xml"
            _merge(base, out, merged)
            yield f"{name}+coordinator", merged


def _done(tool: str, command: list[str], out: Path) -> bool:
    home = sumo_home()
    out.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, str(home / "tools" / tool), *command],
        capture_output=True, text=True, check=False, env={"SUMO_HOME": str(home), "PATH": str(home / "bin")},
    )  # fmt: skip
    return done.returncode == 0 and out.is_file()


def _scaled(scenario: Scenario, work: Path, scale: float) -> Path:
    """The routed demand times `scale`: vehicles dropped, or repeated half a second later."""
    if scale == 1:
        return scenario.routed
    out = work / f"{scenario.name}.{scale:g}.rou.xml"
    tree = ET.parse(scenario.routed)  # noqa: S314 -- written by SUMO just now
    root = tree.getroot()
    chance = random.Random(1)
    for vehicle in list(root.findall("vehicle")):
        copies = int(scale) + (chance.random() < scale - int(scale))
        if copies == 0:
            root.remove(vehicle)
        for k in range(1, copies):
            again = deepcopy(vehicle)
            again.set("id", f"{vehicle.attrib['id']}.copy{k}")
            root.insert(list(root).index(vehicle) + 1, again)
    tree.write(out, encoding="utf-8", xml_declaration=True)
    return out


def _merge(base: Path | None, offsets: Path, out: Path) -> None:
    """The coordinator writes only programs' offsets; the base's programs with these."""
    found = ET.parse(offsets).getroot()  # noqa: S314
    if base is None:
        ET.ElementTree(found).write(out, encoding="utf-8")
        return
    by_id = {logic.attrib["id"]: logic.attrib.get("offset", "0") for logic in found.iter("tlLogic")}
    tree = ET.parse(base)  # noqa: S314
    for logic in tree.getroot().iter("tlLogic"):
        logic.set("offset", by_id.get(logic.attrib["id"], logic.attrib.get("offset", "0")))
    tree.write(out, encoding="utf-8")


def programs_in(path: Path, own: Mapping[str, Program]) -> dict[str, Program] | None:
    """The programs of a tool's file, with the net's own states where it gives only offsets; None if one is broken."""
    found = dict(own)
    for logic in ET.parse(path).getroot().iter("tlLogic"):  # noqa: S314
        light_id = logic.attrib["id"]
        if light_id not in own:
            continue
        phases = logic.findall("phase")
        program = replace(own[light_id], offset_s=round(float(logic.attrib.get("offset", "0"))))
        if phases:
            seconds = tuple(round(float(phase.attrib["duration"])) for phase in phases)
            if min(seconds) < 1:
                return None
            program = replace(program, states=tuple(phase.attrib["state"] for phase in phases), seconds=seconds)
        found[light_id] = program
    return found


def as_plans(net: NetImport, programs: Mapping[str, Program]) -> dict[JunctionId, SignalPlan]:
    """The programs' splits and offsets under the junctions' own rules (minimums, intergreens)."""
    plans = {}
    for junction in net.junctions:
        light, program = net.lights[junction.junction_id], programs[junction.junction_id]
        _, bundles = streams_and_bundles(light, program)
        found = windows(light, bundles)
        if len(found) != len(junction.stage_chain):
            continue
        splits = {StageId(s): w.split_s for s, w in zip(junction.stage_chain, found, strict=True)}
        start_s = found[junction.stage_chain.index(junction.coordinated_stage_id)].start_s
        plans[junction.junction_id] = plan_with_splits(junction, splits, program.offset_s + start_s)
    return plans
