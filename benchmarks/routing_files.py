"""Which instances a path holds: a file, or a folder walked to its ends; and each of them read."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.routing_instances import RoutingInstance, Source
from benchmarks.routing_vrplib import TENTHS, euclidean, read_vrplib, truncated_tenths
from city.errors import NotFoundError, UnreadableInputError

_OPENING: Final = 4096  # characters that tell what a text file is
_KIM: Final = re.compile(r"Stop_ID.*Stop_Type", re.IGNORECASE)
_SOLOMON: Final = re.compile(r"CUST(OMER)?\s*(NO|NUM)", re.IGNORECASE)


def sources(paths: Iterable[Path]) -> list[Source]:
    """Sorted within a folder. Raises where a path holds no instance at all: nobody wants an empty table."""
    found: list[Source] = []
    for path in paths:
        if not path.exists():
            raise NotFoundError(kind="file or folder of instances", name=str(path))
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        here = [source for file in files if file.is_file() and (source := _source(file)) is not None]
        if not here:
            raise UnreadableInputError(
                source=str(path),
                problem="it holds no instance; expected .vrp (VRPLIB), or .txt of Solomon, Homberger or Kim 2006",
            )
        found += here
    return list({source.path.resolve(): source for source in found}.values())


def _source(path: Path) -> Source | None:
    if path.suffix.lower() == ".vrp":
        return Source(path=path, family="vrplib")
    if path.suffix.lower() != ".txt":
        return None
    with path.open(encoding="utf-8", errors="replace") as file:
        opening = file.read(_OPENING)
    if _KIM.search(opening):
        return Source(path=path, family="kim2006")
    return Source(path=path, family="solomon") if _SOLOMON.search(opening) else None


def read_instance(source: Source) -> RoutingInstance:
    return read_vrplib(source.path) if source.family == "vrplib" else read_solomon(source.path)


def kind_of(source: Source) -> str:
    return "kim2006" if source.family == "kim2006" else read_instance(source).kind


def read_solomon(path: Path) -> RoutingInstance:
    """Solomon's and Homberger's format: the DIMACS convention, each arc truncated to one decimal, in tenths here."""
    rows = [numbers for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
            if (numbers := _row(line)) is not None]  # fmt: skip
    fleet = [row for row in rows if len(row) == 2]
    nodes = [row for row in rows if len(row) == 7]
    if len(fleet) != 1 or len(nodes) < 2 or [row[0] for row in nodes] != list(range(len(nodes))):
        problem = f"it has {len(fleet)} fleet rows of 2 and {len(nodes)} node rows of 7 numbers"
        raise UnreadableInputError(source=str(path), problem=f"{problem}; expected 1, and nodes numbered from 0 on")
    _, across, up, demand, ready, due, service = np.array(nodes).T
    arcs = truncated_tenths(euclidean(np.column_stack((across, up))))
    tenths = {"opens": ready, "closes": due, "service": service}
    return RoutingInstance(
        name=path.stem,
        kind="vrptw",
        cost=arcs,
        duration=arcs,
        demand=np.rint(demand).astype(np.int64),
        release=np.zeros(len(nodes), dtype=np.int64),
        capacity=int(fleet[0][1]),
        vehicles=int(fleet[0][0]),
        scale=TENTHS,
        **{name: np.rint(values * TENTHS).astype(np.int64) for name, values in tenths.items()},
    )


def _row(line: str) -> list[float] | None:
    try:
        return [float(part) for part in line.split()] or None
    except ValueError:
        return None
