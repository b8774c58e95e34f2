"""VRPLIB files (`.vrp` with an optional `.sol` beside it), as CVRPLIB and PyVRP's instances write them.

A CVRP has its arcs rounded to the nearest whole number, as the X set is defined. With time windows (the DIMACS
convention) or several trips, an arc is floor(10 x Euclidean), and times are x 10. Weights given explicitly are used as
they are. What this reader does not know (route lengths, several depots, backhauls) is refused, never left out.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.routing_check import checked
from benchmarks.routing_instances import NEVER, Answer, Ints, Kind, RoutingInstance
from city.errors import UnreadableInputError

Floats = npt.NDArray[np.float64]
TENTHS: Final = 10
_SECTIONS: Final = {
    "NODE_COORD_SECTION", "DEMAND_SECTION", "LINEHAUL_SECTION", "TIME_WINDOW_SECTION", "SERVICE_TIME_SECTION",
    "RELEASE_TIME_SECTION", "VEHICLES_RELOAD_DEPOT_SECTION", "DEPOT_SECTION", "EDGE_WEIGHT_SECTION",
    "DISPLAY_DATA_SECTION",
}  # fmt: skip
_HEADERS: Final = {
    "NAME", "COMMENT", "TYPE", "DIMENSION", "CAPACITY", "VEHICLES", "SERVICE_TIME", "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE",
}  # fmt: skip
_ROUTE = re.compile(r"^\s*route\s*#?\s*\d+\s*:?(.*)$", re.IGNORECASE)
_COST = re.compile(r"^\s*cost\s*:?\s*([\d.]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    source: str
    headers: dict[str, str]
    sections: dict[str, list[list[float]]]

    def fault(self, *, problem: str) -> UnreadableInputError:
        return UnreadableInputError(source=self.source, problem=problem)

    def number(self, name: str) -> float:
        try:
            return float(self.headers[name])
        except (KeyError, ValueError):
            raise self.fault(problem=f"{name} is {self.headers.get(name)!r}; expected a number") from None

    def values(self, name: str, columns: int) -> Floats:
        """What a section says of each node, in the order of the nodes, without their numbers."""
        rows, nodes = self.sections[name], int(self.number("DIMENSION"))
        numbers = [int(row[0]) for row in rows if row]
        if sorted(numbers) != list(range(min(numbers, default=0), min(numbers, default=0) + nodes)):
            raise self.fault(problem=f"{name} numbers {len(rows)} nodes; expected {nodes}, each once and without gaps")
        if any(len(row) <= columns for row in rows):
            raise self.fault(problem=f"{name} has a row with fewer than {columns + 1} numbers")
        return np.array([row[1 : columns + 1] for row in sorted(rows, key=lambda row: row[0])], dtype=float)


def read_vrplib(path: Path) -> RoutingInstance:
    """Raises UnreadableInputError. The best known cost is that of the `.sol` of the same name, where there is one."""
    document = _parsed(path.read_text(encoding="utf-8", errors="replace"), str(path))
    instance = _instance(document, path.stem)
    solution = path.with_suffix(".sol")
    return replace(instance, best_known=_best_known(instance, solution)) if solution.is_file() else instance


def read_solution(path: Path) -> tuple[Answer, float | None]:
    """The vehicles' trips (a 0 in between is the depot) and the cost that the file states."""
    vehicles, cost = [], None
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if found := _ROUTE.match(line):
            trips = [part.split() for part in re.split(r"(?<!\d)0(?!\d)", found[1])]
            vehicles.append(tuple(tuple(int(stop) for stop in trip) for trip in trips if trip))
        elif found := _COST.match(line):
            cost = float(found[1])
    return tuple(vehicle for vehicle in vehicles if vehicle), cost


def _best_known(instance: RoutingInstance, path: Path) -> float | None:
    """Of a solution that keeps every rule, what it costs here: a file may state its cost in another unit."""
    answer, stated = read_solution(path)
    verdict = checked(instance, answer)
    whole = not verdict.violations and not verdict.unserved
    return verdict.cost / instance.scale if whole else stated


def _parsed(text: str, source: str) -> _Document:
    headers: dict[str, str] = {}
    sections: dict[str, list[list[float]]] = {}
    current: list[list[float]] | None = None
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, value = line.partition(":")
        name = name.strip()
        if line == "EOF":
            break
        if name.endswith("_SECTION"):
            current = sections.setdefault(name, [])
        elif current is not None and not name[:1].isalpha():
            current.append(_numbers(line, source))
        else:
            headers[name], current = value.strip().strip('"'), None
    document = _Document(source=source, headers=headers, sections=sections)
    if strange := [*sorted(set(headers) - _HEADERS), *sorted(set(sections) - _SECTIONS)]:
        raise document.fault(problem=f"this reader does not know {', '.join(strange)}, and leaves no rule out")
    return document


def _numbers(line: str, source: str) -> list[float]:
    try:
        return [float(part) for part in line.split()]
    except ValueError:
        raise UnreadableInputError(source=source, problem=f"{line!r} is not a row of numbers") from None


def _instance(document: _Document, name: str) -> RoutingInstance:
    kind, nodes = _kind(document), int(document.number("DIMENSION"))
    _one_depot_first(document)
    unit = 1 if kind == "cvrp" else TENTHS
    cost = _arcs(document, kind)
    demand_section = "DEMAND_SECTION" if "DEMAND_SECTION" in document.sections else "LINEHAUL_SECTION"
    if demand_section not in document.sections:
        raise document.fault(problem="it has no DEMAND_SECTION")
    windows = _optional(document, "TIME_WINDOW_SECTION", 2, unit)
    release = _optional(document, "RELEASE_TIME_SECTION", 1, unit)
    vehicles = document.headers.get("VEHICLES")
    return RoutingInstance(
        name=name,
        kind=kind,
        cost=cost,
        duration=cost,
        demand=_whole(document.values(demand_section, 1)[:, 0]),
        service=_service(document, unit),
        opens=np.zeros(nodes, dtype=np.int64) if windows is None else windows[:, 0],
        closes=np.full(nodes, NEVER, dtype=np.int64) if windows is None else windows[:, 1],
        release=np.zeros(nodes, dtype=np.int64) if release is None else release[:, 0],
        capacity=int(document.number("CAPACITY")),
        vehicles=None if vehicles is None else int(document.number("VEHICLES")),
        scale=TENTHS if kind == "vrptw" else 1,
    )


def _kind(document: _Document) -> Kind:
    several = "VEHICLES_RELOAD_DEPOT_SECTION" in document.sections
    if several or document.headers.get("TYPE", "").upper().startswith("MT"):
        return "multitrip"
    if "RELEASE_TIME_SECTION" in document.sections:
        raise document.fault(problem="it has release times, and no vehicle may return for a second trip")
    if "TIME_WINDOW_SECTION" in document.sections:
        return "vrptw"
    if "SERVICE_TIME" in document.headers or "SERVICE_TIME_SECTION" in document.sections:
        raise document.fault(
            problem="it has service times and no time windows: a limit on durations that is not given here"
        )
    return "cvrp"


def _one_depot_first(document: _Document) -> None:
    rows = document.sections.get("DEPOT_SECTION", [[1.0], [-1.0]])
    depots = [int(row[0]) for row in rows if row and row[0] >= 0]
    first = min((int(row[0]) for row in document.sections.get("DEMAND_SECTION", []) if row), default=1)
    if depots != [first]:
        raise document.fault(problem=f"its depots are {depots}; this reader knows one depot, the first node")
    reloads = document.sections.get("VEHICLES_RELOAD_DEPOT_SECTION", [])
    if reloads and len(reloads) != int(document.number("VEHICLES")):
        raise document.fault(problem="not every vehicle may reload; this reader knows equal vehicles")


def _arcs(document: _Document, kind: Kind) -> Ints:
    how = document.headers.get("EDGE_WEIGHT_TYPE", "EUC_2D")
    if how == "EXPLICIT":
        weights = _matrix(document)
        return _whole(weights) if kind == "cvrp" else np.floor(TENTHS * weights + 1e-6).astype(np.int64)
    rounded: dict[str, Callable[[Floats], Floats]] = {
        "EUC_2D": lambda distance: np.floor(distance + 0.5),
        "CEIL_2D": np.ceil,
        "FLOOR_2D": np.floor,
    }
    if how not in rounded or "NODE_COORD_SECTION" not in document.sections:
        raise document.fault(problem=f"its EDGE_WEIGHT_TYPE is {how}; expected EUC_2D with coordinates, or EXPLICIT")
    distance = euclidean(document.values("NODE_COORD_SECTION", 2))
    return rounded[how](distance).astype(np.int64) if kind == "cvrp" else truncated_tenths(distance)


def euclidean(coordinates: Floats) -> Floats:
    across, up = (axis[:, None] - axis[None, :] for axis in coordinates.T)
    distance: Floats = np.sqrt(across**2 + up**2)
    return distance


def truncated_tenths(distance: Floats) -> Ints:
    return np.floor(TENTHS * distance).astype(np.int64)


def _matrix(document: _Document) -> Floats:
    nodes, how = int(document.number("DIMENSION")), document.headers.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX")
    values = [value for row in document.sections.get("EDGE_WEIGHT_SECTION", []) for value in row]
    cells = list(_cells(how, nodes))
    if not cells or len(cells) != len(values):
        raise document.fault(
            problem=f"its {how} holds {len(values)} weights; expected {len(cells) or 'another format'}"
        )
    matrix = np.zeros((nodes, nodes))
    rows, columns = (np.array(axis) for axis in zip(*cells, strict=True))
    matrix[rows, columns] = values
    return matrix if how == "FULL_MATRIX" else np.maximum(matrix, matrix.T)


def _cells(how: str, nodes: int) -> Iterator[tuple[int, int]]:
    columns: dict[str, Callable[[int], Sequence[int]]] = {
        "FULL_MATRIX": lambda _: range(nodes),
        "LOWER_ROW": range,
        "LOWER_DIAG_ROW": lambda row: range(row + 1),
        "UPPER_ROW": lambda row: range(row + 1, nodes),
        "UPPER_DIAG_ROW": lambda row: range(row, nodes),
    }
    of_row = columns.get(how)
    return ((row, column) for row in range(nodes if of_row else 0) for column in (of_row(row) if of_row else ()))


def _service(document: _Document, unit: int) -> Ints:
    per_node = _optional(document, "SERVICE_TIME_SECTION", 1, unit)
    if per_node is not None:
        return per_node[:, 0]
    seconds = document.number("SERVICE_TIME") if "SERVICE_TIME" in document.headers else 0.0
    service = np.full(int(document.number("DIMENSION")), seconds * unit)
    service[0] = 0
    return _whole(service)


def _optional(document: _Document, section: str, columns: int, unit: int) -> Ints | None:
    return _whole(document.values(section, columns) * unit) if section in document.sections else None


def _whole(values: Floats) -> Ints:
    return np.rint(values).astype(np.int64)
