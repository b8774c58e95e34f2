"""A generated scenario with people on foot, and how their waits compare between controllers."""

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.forecast_days import write_vehicles
from benchmarks.signals_measured import Entry
from benchmarks.signals_nets import grid_net, ways_of_net
from optimization.signals.problem import SLOT_S
from optimization.signals.sumo_net_reading import open_net

HOUR_SLOTS: Final = 4
FROM_THE_CORNER_M: Final = 20.0
AROUND: Final = ("--sidewalks.guess", "--crossings.guess")
TARGET: Final = {"fixed_plan_over_own_walk_wait": 1.0, "violations": 0}


def write_people(net_file: Path, out: Path, *, each_way_per_h: float, end_s: int, seed: int) -> int:
    """People from one sidewalk of an arm over its crossing to the other, and back; how many."""
    chance, people = random.Random(seed), []
    for here, there in arms_of(net_file):
        for start, end in ((here, there), (there, here)):
            second = chance.expovariate(each_way_per_h / 3600)
            while second < end_s:
                people.append((second, start, end))
                second += chance.expovariate(each_way_per_h / 3600)
    people.sort()
    with out.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        for k, (second, (from_edge, at_m), (to_edge, to_m)) in enumerate(people):
            walk = f'<walk from="{from_edge}" to="{to_edge}" arrivalPos="{to_m:.1f}"/>'
            file.write(f'<person id="p{k}" depart="{second:.1f}" departPos="{at_m:.1f}">{walk}</person>\n')
        file.write("</routes>\n")
    return len(people)


def arms_of(net_file: Path) -> list[tuple[tuple[str, float], tuple[str, float]]]:
    """Per arm of each traffic light: a place beside the edge that enters, and one beside the edge that leaves."""
    net, found = open_net(net_file), []
    for node in net.getNodes():
        if node.getType() != "traffic_light":
            continue
        leaving = [edge for edge in node.getOutgoing() if _has_sidewalk(edge)]
        for edge in node.getIncoming():
            back = [other for other in leaving if _are_opposite(edge, other)]
            if _has_sidewalk(edge) and back:
                at = max(edge.getLength() - FROM_THE_CORNER_M, 0.0)
                to = min(FROM_THE_CORNER_M, back[0].getLength())
                found.append(((str(edge.getID()), at), (str(back[0].getID()), to)))
    return sorted(found)


def _has_sidewalk(edge: Any) -> bool:  # noqa: ANN401 -- sumolib has no types
    return not edge.isSpecial() and edge.allows("pedestrian")


def _are_opposite(one: Any, other: Any) -> bool:  # noqa: ANN401
    angles = []
    for edge in (one, other):
        (x0, y0), (x1, y1) = edge.getFromNode().getCoord(), edge.getToNode().getCoord()
        angles.append(math.atan2(y1 - y0, x1 - x0))
    return math.cos(angles[0] - angles[1]) < -0.9


def write_scenario(folder: Path, *, people_per_h: float, veh_h: float, columns: int, rows: int, seed: int) -> Path:
    """A folder as `benchmarks.signals` reads it."""
    net = grid_net(folder, columns, rows, *AROUND)
    ways = ways_of_net(net, seed=seed, scale=veh_h)
    rng = np.random.default_rng(seed)
    write_vehicles(ways, [np.full(HOUR_SLOTS, way.peak_veh_h) for way in ways], folder / "vehicles.rou.xml", rng)
    end_s = HOUR_SLOTS * SLOT_S
    write_people(net, folder / "people.rou.xml", each_way_per_h=people_per_h / 2, end_s=end_s, seed=seed)
    meta = f'name = "on foot"\nnet = "{net.name}"\nroutes = ["vehicles.rou.xml", "people.rou.xml"]\n'
    (folder / "meta.toml").write_text(f"{meta}begin_s = 0\nend_s = {end_s}\n", encoding="utf-8")
    return folder


def reached(entries: Sequence[Entry]) -> dict[str, Any]:
    """By rule set: the fixed plan's wait over the own program's."""
    found: dict[str, Any] = {"fixed_plan_over_own_walk_wait": {}, "walk_wait_s": {}}
    for entry in entries:
        waits = {name: one["walk_wait_s"] for name, one in entry["controllers"].items() if "walk_wait_s" in one}
        found["walk_wait_s"][entry["rules"]] = waits
        if {"own", "fixed_plan"} <= waits.keys() and waits["own"] > 0:
            ratio = round(waits["fixed_plan"] / waits["own"], 3)
            found["fixed_plan_over_own_walk_wait"][entry["rules"]] = ratio
    return found | {"violations": sum(entry["violations"] for entry in entries)}
