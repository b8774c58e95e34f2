"""What surrounds the sensors (calendar, weather, complaints), as columns beside what they measured themselves."""

from typing import Protocol

from features.arrays import Narrow
from features.dense.grid import DenseGrid


class Outside(Protocol):
    """Both name the same columns for every grid, NaN where nothing is known; each array is steps x sensors.

    A column may be a broadcast view: it is only read at (origin, sensor).
    """

    def now(self, grid: DenseGrid) -> dict[str, Narrow]:
        """As known when each step was."""
        ...

    def since(self, day: int) -> "Outside":
        """For grids without the days before `day`."""
        ...

    def ahead(self, grid: DenseGrid, horizon: int) -> dict[str, Narrow]:
        """Of the step `horizon` later, as known when each step was."""
        ...


class NothingOutside:
    def now(self, grid: DenseGrid) -> dict[str, Narrow]:
        del grid
        return {}

    def since(self, day: int) -> "NothingOutside":
        del day
        return self

    def ahead(self, grid: DenseGrid, horizon: int) -> dict[str, Narrow]:
        del grid, horizon
        return {}


NOTHING_OUTSIDE: Outside = NothingOutside()
