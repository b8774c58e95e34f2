"""Which rows a learner is shown: drawn by seed from the fitted steps, without the days of its fold."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from city.errors import MissingInputError
from features.arrays import Flags, Ints, Narrow
from features.dense.grid import DenseGrid
from features.dense.recipe import Shown, rows_of

LEAST_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    step: Ints
    sensor: Ints

    def __len__(self) -> int:
        return len(self.step)

    @classmethod
    def where(cls, usable: Flags) -> Self:
        step, sensor = np.nonzero(usable)
        return cls(step=step.astype(np.int64), sensor=sensor.astype(np.int64))

    def drawn(self, count: int, rng: np.random.Generator) -> Self:
        """At most `count` of them, in the order of the grid."""
        if len(self) <= count:
            return self
        kept = np.sort(rng.choice(len(self), count, replace=False))
        return type(self)(step=self.step[kept], sensor=self.sensor[kept])

    def mixed(self, rng: np.random.Generator) -> Self:
        order = rng.permutation(len(self))
        return type(self)(step=self.step[order], sensor=self.sensor[order])


@dataclass(frozen=True, slots=True, kw_only=True)
class Folds:
    """Whole days in turn: day d is held out by fold d modulo `count`."""

    count: int

    @classmethod
    def over(cls, grid: DenseGrid, wanted: int) -> Self:
        return cls(count=max(2, min(wanted, grid.days - 1)))

    def held_out(self, grid: DenseGrid, fold: int, horizon: int) -> Flags:
        """Steps (as a column) whose target day belongs to the fold."""
        flags: Flags = (grid.day(np.arange(grid.steps) + horizon) % self.count == fold)[:, None]
        return flags


def usable_rows(shown: Shown, horizon: int) -> Flags:
    usable = rows_of(shown, horizon)
    if usable.sum() < LEAST_ROWS:
        raise MissingInputError(
            step=f"Training for {horizon} step(s) ahead",
            missing=(f"rows to learn from: found {int(usable.sum())}, needed {LEAST_ROWS}",),
            todo="Import more days of history.",
        )
    return usable


def truths(shown: Shown, rows: Rows, horizon: int) -> Narrow:
    return shown.grid.values[rows.step + horizon, rows.sensor]
