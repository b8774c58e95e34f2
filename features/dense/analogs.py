"""What came next on the days that looked most like now: nearest neighbours in the space of components."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Ints, Narrow
from features.dense.grid import DenseGrid
from features.dense.residuals import FARTHEST, Residuals, Unusual

LIBRARY_DAYS = 120
NEAREST = 20
REACH_MINUTES = 45
STRIDE_MINUTES = 15
LOOK_BACK_STEPS = 6
AXES = 10
FORBIDDEN = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Analogs:
    """The library is what the fitted rows hold: its last steps from `first_day`, up to `cutoff`."""

    cutoff: int
    first_day: int
    last_day: int

    @classmethod
    def fit(cls, known: DenseGrid) -> Self:
        last = int(known.day(np.array(known.steps - 1)))
        return cls(cutoff=known.steps, first_day=max(0, last + 1 - LIBRARY_DAYS), last_day=last)

    def apply(
        self,
        grid: DenseGrid,
        state: Residuals,
        unusual: Unusual,
        scores: Narrow,
        horizons: tuple[int, ...],
        *,
        origins: Ints | None = None,
    ) -> dict[int, Narrow]:
        """Per horizon, the weighted residual that followed, steps x sensors; 0 at other steps than `origins`.

        Neither the day of the origin nor that of the target may lend its rows, nor shape the lent residuals' profile.
        """
        axes = scores[:, :AXES]
        earlier = np.concatenate([np.zeros_like(axes[:LOOK_BACK_STEPS]), axes[:-LOOK_BACK_STEPS]])
        query = np.concatenate([axes, earlier[: len(axes)]], axis=1)
        found = {horizon: np.zeros(unusual.filled.shape, np.float32) for horizon in horizons}
        values = np.concatenate([grid.values, np.full((max(horizons), grid.sensors), np.nan, np.float32)])
        lender = _Lender(grid=grid, state=state, unusual=unusual, values=values)
        asked = np.arange(grid.steps) if origins is None else origins
        of_slot = grid.slot(asked)
        for slot in np.unique(of_slot):
            mine = asked[of_slot == slot]
            library = self._library(grid, int(slot), max(horizons))
            if len(library) == 0:
                continue
            for part in np.array_split(mine, max(1, len(mine) * grid.sensors // 50_000)):
                near, weight = self._nearest(grid, query, part, library, max(horizons))
                for horizon in horizons:
                    found[horizon][part] = lender.lent(part, near, weight, horizon)
        return found

    def _library(self, grid: DenseGrid, slot: int, farthest: int) -> Ints:
        """Fitted steps at about this time of day whose following steps are fitted rows too."""
        step_minutes = 1_440 // grid.slots_per_day
        reach, stride = max(1, REACH_MINUTES // step_minutes), max(1, STRIDE_MINUTES // step_minutes)
        day = np.arange(self.first_day, self.last_day + 1)
        offset = np.arange(-reach, reach + 1, stride)
        step = (day[:, None] * grid.slots_per_day + slot - grid.first_slot + offset).reshape(-1)
        return step[(step >= LOOK_BACK_STEPS) & (step + farthest < self.cutoff)]

    def _nearest(
        self, grid: DenseGrid, query: Narrow, origins: Ints, library: Ints, farthest: int
    ) -> tuple[Ints, Narrow]:
        asked, held = query[origins], query[library]
        distance = (asked**2).sum(axis=1)[:, None] - 2 * asked @ held.T + (held**2).sum(axis=1)
        first, last = grid.day(origins)[:, None], grid.day(origins + farthest)[:, None]
        from_day, to_day = grid.day(library)[None, :], grid.day(library + farthest)[None, :]
        same = (from_day <= last) & (to_day >= first)
        distance = np.where(same, FORBIDDEN, np.maximum(distance, 0.0))
        count = min(NEAREST, len(library))
        order = _smallest(distance, count)
        near = np.take_along_axis(distance, order, axis=1)
        held_out = near >= FORBIDDEN
        scale = np.where(held_out, 0.0, near).sum(axis=1) / np.maximum((~held_out).sum(axis=1), 1) + 1e-6
        weight = np.where(held_out, 0.0, np.exp(-np.where(held_out, 0.0, near) / scale[:, None]))
        return library[order], weight.astype(np.float32)


def _smallest(distance: Narrow, count: int) -> Ints:
    """Columns of the `count` smallest of each row, nearest first, the earlier one of two equals first."""
    some = np.sort(np.argpartition(distance, count - 1, axis=1)[:, :count], axis=1)
    order = np.argsort(np.take_along_axis(distance, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, order, axis=1).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lender:
    grid: DenseGrid
    state: Residuals
    unusual: Unusual
    values: Narrow

    def lent(self, origins: Ints, near: Ints, weight: Narrow, horizon: int) -> Narrow:
        """Origins x sensors: weighted mean of the residuals at `near` + horizon, both days out of their profile."""
        grid, means = self.grid, self.unusual.means
        step = near + horizon
        day, slot = grid.day(step), grid.slot(step)
        asked = np.minimum(grid.day(origins + horizon), grid.days - 1)[:, None]
        share = means.weights[day, asked][:, :, None]
        left = np.broadcast_to(asked, day.shape)
        bottom = means.bottom[day, slot] - share * means.counts[left, slot]
        held = bottom > 1e-6
        usual = (means.top[day, slot] - share * means.sums[left, slot]) / np.where(held, bottom, 1.0)
        off = (self.values[step] - usual) / self.state.sd
        held &= np.isfinite(off)
        off = np.where(held, np.clip(off, -FARTHEST, FARTHEST), 0.0)
        total = (weight[:, :, None] * held).sum(axis=1)
        said: Narrow = ((weight[:, :, None] * off).sum(axis=1) / np.maximum(total, 1e-6)).astype(np.float32)
        return said
