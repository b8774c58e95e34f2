"""A scenario folder: net, routes and window, and the demand that its routes put on each turn per quarter of an hour."""

import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Self
from xml.etree import ElementTree as ET

from city.errors import MissingInputError, UnreadableInputError
from city.signal_parts import MovementKind
from city.signals import Junction
from optimization.signals.problem import SLOT_S, SLOTS, Demand, MovementDemand
from optimization.signals.sumo_net_reading import open_net

PCU: Final = {"bus": 2.0, "coach": 2.0, "truck": 2.0, "trailer": 3.0, "motorcycle": 0.5, "moped": 0.5, "bicycle": 0.3}
DAY: Final = date(2026, 3, 2)
Z_80: Final = 0.8416  # of a normal distribution
ALL_DAY_S: Final = 2 * 3600  # a window up to this long is repeated over the day: one pattern, one plan
Turn = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`routed` is the same demand with every way found, as SUMO's own tools need it; `driven` what was driven."""

    name: str
    net: Path
    routes: tuple[Path, ...]
    additional: tuple[Path, ...]
    begin_s: int
    end_s: int
    routed: Path
    driven: Path

    @classmethod
    def read(cls, folder: Path, work: Path) -> Self:
        path = folder / "meta.toml"
        if not path.is_file():
            raise MissingInputError(step=f"Reading {folder}", missing=("meta.toml",), todo="Name a scenario folder.")
        try:
            meta = tomllib.loads(path.read_text(encoding="utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise UnreadableInputError(source=str(path), problem=str(error)) from error
        missing = tuple(field for field in ("net", "routes", "begin_s", "end_s") if field not in meta)
        if missing:
            raise MissingInputError(step=f"Reading {path}", missing=missing, todo="See the README of the data folder.")
        name = str(meta.get("name", folder.name))
        files = _files(folder, meta)
        routed = work / f"{name}.routed.rou.xml"
        _route(files["net"][0], files["routes"], routed, end_s=int(meta["end_s"]))
        driven = work / f"{name}.driven.xml"
        _drive(files, driven, begin_s=int(meta["begin_s"]), end_s=int(meta["end_s"]))
        return cls(
            name=name,
            net=files["net"][0],
            routes=files["routes"],
            additional=files["additional"],
            begin_s=int(meta["begin_s"]),
            end_s=int(meta["end_s"]),
            routed=routed,
            driven=driven,
        )


def _files(folder: Path, meta: Mapping[str, Any]) -> dict[str, tuple[Path, ...]]:
    found = {}
    for field in ("net", "routes", "additional"):
        given = meta.get(field, ())
        named = [given] if isinstance(given, str) else list(given)
        found[field] = tuple(folder / part.strip() for one in named for part in str(one).split(","))
        absent = tuple(str(path) for path in found[field] if not path.is_file())
        if absent:
            raise MissingInputError(step=f"Reading scenario {folder.name}", missing=absent, todo="Name its files.")
    return found


def sumo_home() -> Path:
    try:
        import sumo  # noqa: PLC0415 -- the extra `sim`
    except ImportError as error:
        raise MissingInputError(
            step="Simulating", missing=("the Python package eclipse-sumo",), todo="Install the extra `sim`."
        ) from error
    return Path(sumo.SUMO_HOME)


def _route(net: Path, routes: tuple[Path, ...], out: Path, *, end_s: int) -> None:
    """SUMO's own router, with the weights that a simulation starts from."""
    command = [str(sumo_home() / "bin" / "duarouter"), "-n", str(net), "-r", ",".join(map(str, routes))]
    command += ["-o", str(out), "--ignore-errors", "--no-warnings", "--no-step-log", "-e", str(end_s), "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnreadableInputError(source=str(routes[0]), problem=f"duarouter cannot route it ({done.stderr.strip()})")


def _drive(files: Mapping[str, tuple[Path, ...]], out: Path, *, begin_s: int, end_s: int) -> None:
    """The ways that vehicles take in the simulation: where several are as quick, its choice is not the router's."""
    command = [str(sumo_home() / "bin" / "sumo"), "-n", str(files["net"][0])]
    command += ["-r", ",".join(map(str, files["routes"])), "-b", str(begin_s), "-e", str(end_s)]
    command += ["-a", ",".join(map(str, files["additional"]))] if files["additional"] else []
    command += ["--vehroute-output", str(out), "--vehroute-output.write-unfinished", "--vehroute-output.last-route"]
    command += ["--no-step-log", "--no-warnings", "--ignore-route-errors", "--time-to-teleport", "-1", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnreadableInputError(
            source=str(files["net"][0]), problem=f"SUMO cannot simulate it ({done.stderr.strip()})"
        )


def _ways(path: Path) -> dict[str, list[str]]:
    """Edges by vehicle."""
    found = {}
    for _, element in ET.iterparse(path, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag == "vehicle":
            route = element.find("route")
            if route is not None:
                found[element.attrib["id"]] = route.attrib["edges"].split()
            element.clear()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Vehicles and pcu per turn (from edge, to edge) in each quarter of an hour of the window."""

    begin_s: int
    end_s: int
    slots: int
    pcu: Mapping[Turn, tuple[float, ...]]
    vehicles: int

    @property
    def hours(self) -> tuple[float, ...]:
        """Length of each slot; the last one may be cut short."""
        return tuple(min(SLOT_S, self.end_s - self.begin_s - k * SLOT_S) / 3600 for k in range(self.slots))

    def mean_h(self) -> dict[Turn, float]:
        """Flow per hour over the window."""
        return {turn: 3600 * sum(own) / (self.end_s - self.begin_s) for turn, own in self.pcu.items()}


def counts_of(scenario: Scenario) -> Counts:
    """When each vehicle reaches each turn at free flow: nothing is censored by the queues of any plan."""
    net = open_net(scenario.net)
    free_s = {edge.getID(): edge.getLength() / edge.getSpeed() for edge in net.getEdges(withInternal=False)}
    slots = max(1, -(-(scenario.end_s - scenario.begin_s) // SLOT_S))
    found: dict[Turn, list[float]] = defaultdict(lambda: [0.0] * slots)
    factors: dict[str, float] = {}
    driven = _ways(scenario.driven)
    vehicles = 0
    for _, element in ET.iterparse(scenario.routed, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag == "vType":
            factors[element.attrib["id"]] = PCU.get(element.attrib.get("vClass", "passenger"), 1.0)
        if element.tag != "vehicle":
            continue
        route = element.find("route")
        clock_s = float(element.attrib["depart"])
        if route is None or not scenario.begin_s <= clock_s < scenario.end_s:
            continue
        vehicles += 1
        factor = factors.get(element.attrib.get("type", ""), 1.0)
        edges = driven.get(element.attrib["id"]) or route.attrib["edges"].split()
        for edge, following in pairwise(edges):
            clock_s += free_s.get(edge, 0.0)
            slot = int((clock_s - scenario.begin_s) // SLOT_S)
            if slot < slots:
                found[edge, following][slot] += factor
        element.clear()
    return Counts(
        begin_s=scenario.begin_s,
        end_s=scenario.end_s,
        slots=slots,
        pcu={turn: tuple(own) for turn, own in found.items()},
        vehicles=vehicles,
    )


def demand_of(counts: Counts, junctions: tuple[Junction, ...], *, scale: float) -> Demand:
    """The window as a day: a short one repeated in every hour, a long one in its place with its ends held on.

    Planned for is what four of five Poisson counts with this mean stay below: one count of a quarter of an hour is no
    more than a draw.
    """
    movements = []
    for junction in junctions:
        alike: dict[Turn, int] = defaultdict(int)
        driving = [m for m in junction.movements if m.kind is MovementKind.VEHICLE]
        for movement in driving:
            alike[movement.from_link_id or "", movement.to_link_id or ""] += 1
        for movement in driving:
            turn = (str(movement.from_link_id), str(movement.to_link_id))
            own = counts.pcu.get(turn, (0.0,) * counts.slots)
            flow = [scale * pcu / hours / alike[turn] for hours, pcu in zip(counts.hours, own, strict=True)]
            upper = [f + Z_80 * (f / hours) ** 0.5 for f, hours in zip(flow, counts.hours, strict=True)]
            day = tuple(flow[_slot_of(slot, counts)] for slot in range(SLOTS))
            busy = tuple(upper[_slot_of(slot, counts)] for slot in range(SLOTS))
            movements.append(
                MovementDemand(
                    junction_id=junction.junction_id,
                    movement_id=movement.movement_id,
                    flow_pcu_h=busy,
                    expected_pcu_h=day,
                    censored=(False,) * SLOTS,
                )
            )
    return Demand(movements=tuple(movements))


def _slot_of(slot: int, counts: Counts) -> int:
    since = slot - counts.begin_s // SLOT_S % SLOTS
    if counts.slots * SLOT_S <= ALL_DAY_S:
        return since % counts.slots
    return min(max(since, 0), counts.slots - 1)
