"""Nets that SUMO generates for a benchmark, and the ways that vehicles take on a net."""

import random
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

from benchmarks.signals_scenario import Scenario, sumo_home
from city.errors import UnreadableInputError
from optimization.signals.sumo_net_reading import open_net

STRAIGHT_ON: Final = 5.0  # times as many as turn at all, on a generated net
BUSIEST_VEH_H: Final = (450.0, 1050.0)  # of one edge that enters a generated net, in the busiest hour of a usual day


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Edges from where vehicles enter to where they leave, and how many take it in the busiest hour."""

    edges: tuple[str, ...]
    peak_veh_h: float
    inbound: bool  # fuller in the morning than in the evening


def grid_net(folder: Path, columns: int, rows: int, *options: str) -> Path:
    """Signalised crossroads in a grid, each approach with a lane for left turns of 70 m."""
    file = folder / "grid.net.xml"
    command = [
        str(sumo_home() / "bin" / "netgenerate"), "--grid", "--grid.x-number", str(columns), "--grid.y-number",
        str(rows), "--grid.length", "300", "--grid.attach-length", "250", "--default.lanenumber", "2",
        "--turn-lanes", "1", "--turn-lanes.length", "70", "--default-junction-type", "traffic_light",
        "--no-turnarounds", *options, "-o", str(file),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnreadableInputError(source="netgenerate", problem=done.stderr.strip() or "it failed")
    return file


def ways_of_net(file: Path, *, seed: int, scale: float = 1.0) -> tuple[Way, ...]:
    """From each edge that enters the net to each that leaves it, mostly straight on, busy and quiet by chance."""
    net = open_net(file)
    chance = random.Random(seed)
    entries = sorted((e for e in net.getEdges() if _drivable(e) and not _before(e)), key=lambda e: str(e.getID()))
    exits = sorted((e for e in net.getEdges() if _drivable(e) and not _after(e)), key=lambda e: str(e.getID()))
    found = []
    for entry in entries:
        total = scale * chance.uniform(*BUSIEST_VEH_H)
        ends = [e for e in exits if e.getToNode() is not entry.getFromNode()]
        paths = [(e, net.getShortestPath(entry, e, vClass="passenger")[0]) for e in ends]
        weights = {e: STRAIGHT_ON if _is_straight(entry, e) else 1.0 for e, path in paths if path}
        for end, path in paths:
            if path:
                peak = total * weights[end] / sum(weights.values())
                edges = tuple(str(edge.getID()) for edge in path)
                found.append(Way(edges=edges, peak_veh_h=peak, inbound=_heads_inbound(entry)))
    return tuple(found)


def ways_of_scenario(scenario: Scenario, *, scale: float = 1.0) -> tuple[Way, ...]:
    """The ways driven in a scenario's window, which counts as the busiest hour; every other entry is inbound."""
    counted: Counter[tuple[str, ...]] = Counter()
    for _, element in ET.iterparse(scenario.driven, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag == "vehicle":
            route = element.find("route")
            if route is not None:
                counted[tuple(route.attrib["edges"].split())] += 1
            element.clear()
    hours = (scenario.end_s - scenario.begin_s) / 3600
    entries = sorted({edges[0] for edges in counted})
    inbound = {entry: k % 2 == 0 for k, entry in enumerate(entries)}
    return tuple(
        Way(edges=edges, peak_veh_h=scale * count / hours, inbound=inbound[edges[0]])
        for edges, count in sorted(counted.items())
    )


def _drivable(edge: Any) -> bool:  # noqa: ANN401 -- sumolib has no types
    return not edge.isSpecial() and edge.allows("passenger")


def _before(edge: Any) -> bool:  # noqa: ANN401
    return any(_drivable(other) for other in edge.getIncoming())


def _after(edge: Any) -> bool:  # noqa: ANN401
    return any(_drivable(other) for other in edge.getOutgoing())


def _heading(edge: Any) -> tuple[float, float]:  # noqa: ANN401
    (x0, y0), (x1, y1) = edge.getFromNode().getCoord(), edge.getToNode().getCoord()
    length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1e-9)
    return (x1 - x0) / length, (y1 - y0) / length


def _is_straight(entry: Any, end: Any) -> bool:  # noqa: ANN401
    (ax, ay), (bx, by) = _heading(entry), _heading(end)
    (x0, y0), (x1, y1) = entry.getFromNode().getCoord(), end.getToNode().getCoord()
    aside = abs((x1 - x0) * ay - (y1 - y0) * ax)
    return ax * bx + ay * by > 0.9 and aside < 50


def _heads_inbound(entry: Any) -> bool:  # noqa: ANN401
    x, y = _heading(entry)
    return bool(x + y > 0)


def turns_of(ways: tuple[Way, ...]) -> dict[tuple[str, str], float]:
    """Vehicles in the busiest hour by (from edge, to edge)."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for way in ways:
        for turn in zip(way.edges, way.edges[1:], strict=False):
            found[turn] += way.peak_veh_h
    return dict(found)
