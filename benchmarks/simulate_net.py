"""Junctions of the demo city in SUMO, each alone on its streets, with lamps as they are shown second by second."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET
from xml.sax.saxutils import quoteattr

import numpy as np

from benchmarks.signals_scenario import sumo_home
from city.errors import UnreadableInputError
from city.ids import JunctionId
from city.signal_parts import Movement, Turn
from serving.simulation.lamps import Lamps
from serving.simulation.queue_day import QueueStreets

WARM_S: Final = 900
STREET_M: Final = 600.0
LEAD_S: Final = 120  # the net is empty so long before the first vehicle may reach its line
APART_M: Final = 2500.0
SPEED_M_S: Final = 50 / 3.6
LANES_OUT: Final = 3
YELLOW_S: Final = 3
WAY: Final[Mapping[str, tuple[int, int]]] = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}
ARMS: Final = "NESW"
STEPS: Final = {Turn.LEFT: 1, Turn.THROUGH: 2, Turn.RIGHT: 3}

Cut = tuple[np.ndarray, np.ndarray]  # seconds since the begin of the window, and movements


@dataclass(frozen=True, slots=True, kw_only=True)
class SumoNet:
    """`links`: of each junction the movement behind every link of its lights."""

    folder: Path
    file: Path
    streets: tuple[QueueStreets, ...]
    links: dict[JunctionId, list[int]]

    @classmethod
    def built(cls, folder: Path, streets: Sequence[QueueStreets]) -> "SumoNet":
        plain = _Plain(nodes=[], edges=[], connections=[], turns={})
        for number, street in enumerate(streets):
            plain.add(number, street)
        names: dict[str, Path] = {}
        for name, lines in plain.files().items():
            names[name] = folder / f"plain.{name[:3]}.xml"
            names[name].write_text(f"<{name}>\n{''.join(lines)}</{name}>\n", encoding="utf-8")
        file = folder / "net.xml"
        _do("netconvert", "-n", names["nodes"], "-e", names["edges"], "-x", names["connections"], "-o", file,
            "--no-turnarounds")  # fmt: skip
        return cls(folder=folder, file=file, streets=tuple(streets), links=_links(file, streets, plain.turns))

    def run(self, lamps: Mapping[JunctionId, Lamps], cut: Mapping[JunctionId, Cut], seconds: int) -> float:
        """Mean delay, s per vehicle that was to reach the line after the warm-up."""
        program, routes, trips = (self.folder / name for name in ("tls.add.xml", "cars.rou.xml", "trips.xml"))
        logics = [self._logic(street, lamps[street.junction.junction_id]) for street in self.streets]
        program.write_text(f"<additional>\n{''.join(logics)}</additional>\n", encoding="utf-8")
        routes.write_text(self._vehicles(cut), encoding="utf-8")
        _do("sumo", "-n", self.file, "-r", routes, "-a", program, "-b", 0, "-e", LEAD_S + seconds, "--seed", 1,
            "--time-to-teleport", -1, "--no-step-log", "--no-warnings", "--tripinfo-output", trips,
            "--tripinfo-output.write-unfinished", "--tripinfo-output.write-undeparted")  # fmt: skip
        return _mean_loss_s(trips)

    def _logic(self, street: QueueStreets, lamps: Lamps) -> str:
        """The lamps of the window as one long program; before it begins they show their first second."""
        states = ["".join(column) for column in zip(*(
            lights_of(street, movement, lamps) for movement in self.links[street.junction.junction_id]
        ), strict=True)]  # fmt: skip
        shown = [states[0]] * LEAD_S + states
        phases = "".join(f'<phase duration="{len(list(run))}" state="{state}"/>\n' for state, run in groupby(shown))
        name = quoteattr(str(street.junction.junction_id))
        return f'<tlLogic id={name} type="static" programID="day" offset="0">\n{phases}</tlLogic>\n'

    def _vehicles(self, cut: Mapping[JunctionId, Cut]) -> str:
        lines: list[tuple[float, str, str]] = []
        for number, street in enumerate(self.streets):
            seconds, movements = cut[street.junction.junction_id]
            for second, movement in zip(seconds, movements, strict=True):
                m = street.movements[movement]
                depart_s = LEAD_S + float(second) - STREET_M / SPEED_M_S
                judged = "j" if second >= WARM_S else "w"
                lines.append(
                    (
                        depart_s,
                        f"{judged}{number}-{len(lines)}",
                        f"{_edge(number, m.approach, 'in')} {_edge(number, _exit(m), 'out')}",
                    )
                )
        text = "".join(
            f'<vehicle id="{name}" depart="{at:.2f}" departLane="best" departSpeed="max">'
            f'<route edges="{edges}"/></vehicle>\n'
            for at, name, edges in sorted(lines)
        )
        return f"<routes>\n{text}</routes>\n"


def _exit(movement: Movement) -> str:
    return ARMS[(ARMS.index(movement.approach) + STEPS[movement.turn]) % 4]


def _edge(number: int, arm: str, way: str) -> str:
    return f"{arm}{way}{number}"


@dataclass(slots=True, kw_only=True)
class _Plain:
    """`turns` names the movement between two edges."""

    nodes: list[str]
    edges: list[str]
    connections: list[str]
    turns: dict[tuple[str, str], int]

    def files(self) -> dict[str, list[str]]:
        return {"nodes": self.nodes, "edges": self.edges, "connections": self.connections}

    def add(self, number: int, street: QueueStreets) -> None:
        x, name = number * APART_M, quoteattr(str(street.junction.junction_id))
        self.nodes.append(f'<node id={name} x="{x:g}" y="0" type="traffic_light"/>\n')
        for arm in sorted({*street.arms, *map(_exit, street.movements)}):
            east, north = WAY[arm]
            end = f"end{arm}{number}"
            at = f'x="{x + STREET_M * east:g}" y="{STREET_M * north:g}"'
            self.nodes.append(f'<node id="{end}" {at}/>\n')
            lanes = max(1, len(lanes_of(street, arm)))
            speed = f'speed="{SPEED_M_S:.3f}"'
            self.edges.append(
                f'<edge id="{_edge(number, arm, "in")}" from="{end}" to={name} numLanes="{lanes}" {speed}/>\n'
                f'<edge id="{_edge(number, arm, "out")}" from={name} to="{end}" numLanes="{LANES_OUT}" {speed}/>\n'
            )
        for arm in street.arms:
            for lane, users in enumerate(lanes_of(street, arm)):
                for k in users:
                    self._connect(number, street, lane, k)

    def _connect(self, number: int, street: QueueStreets, lane: int, k: int) -> None:
        movement = street.movements[k]
        start, end = _edge(number, movement.approach, "in"), _edge(number, _exit(movement), "out")
        into = {Turn.RIGHT: 0, Turn.LEFT: LANES_OUT - 1}.get(movement.turn, min(lane, LANES_OUT - 1))
        self.connections.append(f'<connection from="{start}" to="{end}" fromLane="{lane}" toLane="{into}"/>\n')
        self.turns[start, end] = k


def lanes_of(street: QueueStreets, arm: str) -> list[list[int]]:
    """Movements of each lane from the kerb on: lanes of right turns alone, shared ones, those of left turns."""
    columns = [
        [int(k) for k in np.flatnonzero(column) if street.movements[k].approach == arm]
        for column in street.streets.lanes.T
    ]  # fmt: skip
    alone_right = [one for one in columns if one and {street.movements[k].turn for k in one} == {Turn.RIGHT}]
    return [*alone_right, *(one for one in columns if one and one not in alone_right)]


def _links(
    file: Path, streets: Sequence[QueueStreets], turns: Mapping[tuple[str, str], int]
) -> dict[JunctionId, list[int]]:
    found: dict[str, dict[int, int]] = {}
    for connection in ET.parse(file).getroot().iter("connection"):  # noqa: S314 -- written by netconvert just now
        own = connection.attrib
        if "tl" in own:
            found.setdefault(own["tl"], {})[int(own["linkIndex"])] = turns[own["from"], own["to"]]
    links = {}
    for street in streets:
        junction_id = street.junction.junction_id
        by_index = found[str(junction_id)]
        links[junction_id] = [by_index[k] for k in range(len(by_index))]
    return links


def lights_of(street: QueueStreets, movement: int, lamps: Lamps) -> list[str]:
    """G, g where the movement gives way, y for some seconds after green, else r: one letter a second."""
    lit = lamps[street.movements[movement].group_id]
    go = "g" if street.streets.foes[movement, 0] >= 0 else "G"
    letters = np.where(lit, go, "r")
    for end in np.flatnonzero(lit[:-1] & ~lit[1:]):
        after = slice(end + 1, end + 1 + YELLOW_S)
        letters[after] = np.where(lit[after], letters[after], "y")
    return [str(letter) for letter in letters]


def _mean_loss_s(trips: Path) -> float:
    losses = []
    for _, element in ET.iterparse(trips, events=("end",)):  # noqa: S314 -- written by SUMO just now
        if element.tag == "tripinfo" and element.attrib["id"].startswith("j"):
            own = element.attrib
            departed = float(own["depart"]) >= 0
            losses.append(float(own["departDelay"]) + (float(own["timeLoss"]) if departed else 0.0))
        element.clear()
    return float(np.mean(losses))


def _do(tool: str, *arguments: Any) -> None:  # noqa: ANN401 -- whatever has a text
    command = [str(sumo_home() / "bin" / tool), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise UnreadableInputError(source=tool, problem=done.stderr.strip()[-500:] or "it failed")
