"""Days of varying demand on one net: how many vehicles take each way in each quarter of an hour, and what is counted.

A day's demand is peak x course(weekday) x level of the day x level of the quarter of an hour. Courses: Monday to
Thursday a morning and an evening rush against each other, Friday an earlier and longer afternoon, Saturday shopping at
midday, Sunday little with returning traffic in the evening. Inbound ways are fuller in the morning, the others later.
Level of the day: lognormal, 8 %; of the quarters: lognormal 10 % that fades by 0.7 from one to the next, for inbound
and other ways apart. Vehicles come as a Poisson process.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np

from benchmarks.signals_nets import Way
from optimization.signals.delay import Array
from optimization.signals.problem import SLOT_S, SLOTS

NOISE: Final = {"day": 0.08, "quarter": 0.10, "fades": 0.7}
RUSHES: Final = {
    # hour, width h, height inbound, height of the others
    "Monday to Thursday": ((7.9, 1.0, 0.75, 0.30), (17.3, 1.4, 0.35, 0.75)),
    "Friday": ((7.9, 1.0, 0.62, 0.28), (15.4, 2.0, 0.35, 0.72)),
    "Saturday": ((12.6, 2.6, 0.45, 0.36), (18.5, 1.5, 0.12, 0.20)),
    "Sunday": ((14.5, 3.0, 0.16, 0.20), (19.0, 1.6, 0.38, 0.12)),
}
KEPT: Final = {"Monday to Thursday": 0.25, "Friday": 0.26, "Saturday": 0.18, "Sunday": 0.10}  # between the rushes
Turn = tuple[str, str]


def kind_of(weekday: int) -> str:
    """Monday is 0."""
    return "Monday to Thursday" if weekday < 4 else ("Friday", "Saturday", "Sunday")[weekday - 4]


def course(weekday: int, *, inbound: bool) -> Array:
    """Share of the busiest hour in each quarter of an hour of a usual day."""
    hour = (np.arange(SLOTS) + 0.5) / 4
    kind = kind_of(weekday)
    awake = 1 / (1 + np.exp(-2 * (hour - 5.8))) / (1 + np.exp(1.2 * (hour - 21.5)))
    found = 0.02 + KEPT[kind] * awake
    for at, width, of_inbound, of_others in RUSHES[kind]:
        found = found + (of_inbound if inbound else of_others) * np.exp(-((hour - at) ** 2) / (2 * (width / 2) ** 2))
    return np.asarray(found)


def levels(rng: np.random.Generator) -> dict[bool, Array]:
    """One day's departure from the usual, by inbound."""
    day = rng.lognormal(0, NOISE["day"])
    found = {}
    for inbound in (True, False):
        shocks = rng.normal(0, NOISE["quarter"] * (1 - NOISE["fades"] ** 2) ** 0.5, SLOTS)
        level, quarters = rng.normal(0, NOISE["quarter"]), []
        for shock in shocks:
            level = NOISE["fades"] * level + float(shock)
            quarters.append(level)
        found[inbound] = day * np.exp(np.array(quarters))
    return found


def write_day(ways: Sequence[Way], weekday: int, out: Path, *, seed: tuple[int, int]) -> int:
    """The vehicles of one day, in order of departure; their number. `seed`: of the run, and the day's number."""
    rng = np.random.default_rng(seed)
    level = levels(rng)
    usual = {inbound: course(weekday, inbound=inbound) * level[inbound] for inbound in (True, False)}
    return write_vehicles(ways, [way.peak_veh_h * usual[way.inbound] for way in ways], out, rng)


def write_vehicles(ways: Sequence[Way], veh_h: Sequence[Array], out: Path, rng: np.random.Generator) -> int:
    """A Poisson process at these rates, one per way and quarter of an hour from second 0 on; how many vehicles."""
    departures: list[tuple[float, int]] = []
    for k, rates in enumerate(veh_h):
        counts = rng.poisson(rates * SLOT_S / 3600)
        at_s = np.repeat(np.arange(len(rates)) * SLOT_S, counts) + rng.uniform(0, SLOT_S, int(counts.sum()))
        departures += [(float(second), k) for second in at_s]
    departures.sort()
    with out.open("w", encoding="utf-8") as file:
        file.write("<routes>\n")
        for k, way in enumerate(ways):
            file.write(f'<route id="w{k}" edges="{" ".join(way.edges)}"/>\n')
        for n, (second, k) in enumerate(departures):
            file.write(f'<vehicle id="{n}" depart="{second:.1f}" route="w{k}" departLane="best" departSpeed="max"/>\n')
        file.write("</routes>\n")
    return len(departures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Vehicles that left an edge over its stop line, per quarter of an hour, by turn."""

    turns: dict[Turn, Array]

    def edges(self) -> dict[str, Array]:
        found: dict[str, Array] = defaultdict(lambda: np.zeros(SLOTS))
        for (edge, _), counts in self.turns.items():
            found[edge] = found[edge] + counts
        return dict(found)


def counted(vehroutes: Path) -> Counted:
    """What stop-line detectors count, from the times at which vehicles left each edge."""
    found: dict[Turn, Array] = defaultdict(lambda: np.zeros(SLOTS))
    for _, element in ET.iterparse(vehroutes, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag != "vehicle":
            continue
        route = element.find("route")
        if route is not None and "exitTimes" in route.attrib:
            edges, exits = route.attrib["edges"].split(), [float(t) for t in route.attrib["exitTimes"].split()]
            for turn, second in zip(pairwise(edges), exits, strict=False):
                slot = int(second // SLOT_S)
                if 0 <= slot < SLOTS:
                    found[turn][slot] += 1
        element.clear()
    return Counted(turns=dict(found))


def passing(ways: Sequence[Way], routes: Path, free_s: Mapping[str, float]) -> Counted:
    """What stop lines count where nobody waits: each edge is left after its free-flow time."""
    found: dict[Turn, Array] = defaultdict(lambda: np.zeros(SLOTS))
    for _, element in ET.iterparse(routes, events=("end",)):  # noqa: S314 -- written by us
        if element.tag == "vehicle":
            edges, second = ways[int(element.attrib["route"][1:])].edges, float(element.attrib["depart"])
            for turn in pairwise(edges):
                second += free_s.get(turn[0], 0.0)
                if second < SLOTS * SLOT_S:
                    found[turn][int(second // SLOT_S)] += 1
            element.clear()
    return Counted(turns=dict(found))
