"""Instances of the vehicle routing literature as whole numbers, whatever kind of file they came in.

One unit per instance: cost, durations, windows, services and releases of a `vrptw` or `multitrip` instance are tenths.
A printed cost is the cost / `scale`: the X set and the multi-trip files state theirs in the unit that they are planned
in, Solomon's and Homberger's are told in whole units with one decimal.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Kind = Literal["cvrp", "vrptw", "multitrip"]
Answer = tuple[tuple[tuple[int, ...], ...], ...]  # vehicles of trips of customer numbers
NEVER: Final = 2**31 - 1  # a moment after all others


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoutingInstance:
    """Node 0 is the depot, the others are customers; arrays have one value per node, matrices a row per origin.

    Service starts within `opens` and `closes`; a vehicle leaves the depot from its opening on and is back by its close.
    A trip leaves after the latest release of its customers. `vehicles` None: as many as are wanted. More than one trip
    of a vehicle is for `multitrip` only. `best_known` is in the unit of a printed cost.
    """

    name: str
    kind: Kind
    cost: Ints
    duration: Ints
    demand: Ints
    service: Ints
    opens: Ints
    closes: Ints
    release: Ints
    capacity: int
    vehicles: int | None
    scale: int = 1
    best_known: float | None = None

    @property
    def nodes(self) -> int:
        return len(self.demand)

    @property
    def timed(self) -> bool:
        return self.kind != "cvrp"


def vehicles_to_plan_with(instance: RoutingInstance) -> int:
    """For solvers that must be given a number: where an instance sets none, well above what the load asks for."""
    if instance.vehicles is not None:
        return instance.vehicles
    fewest = -(-int(instance.demand.sum()) // instance.capacity)
    return min(instance.nodes - 1, fewest + 5 + fewest // 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that holds an instance; `family` says which reader takes it."""

    path: Path
    family: Literal["vrplib", "solomon", "kim2006"]

    @property
    def name(self) -> str:
        return self.path.stem
