"""What the index of areas was on past days: the truth that forecasts are judged by, and a second opinion on a new day.

A sum of forecasts is too low where a few streets jam every evening: each median lies between jam and free road. What
the area itself did on like days knows nothing of today, but has no such fault. Both count half: the equal-weight pool
of two opinions is hard to beat where nobody has judged them long enough (Clemen, 1989).
"""

from dataclasses import dataclass

import numpy as np

from city.congestion_index import FLOOR_KMH
from features.areas import Areas
from features.arrays import Flags, Floats, Ints
from features.calendar_days import Announced
from features.free_flow import FreeFlow
from features.traffic import TrafficGrid
from models.congestion_index import index_of, whole_flow

LEAST_MEASURED = 0.8
"""An area's truth counts where this share of its segments was measured: else it is another area's."""
LIKE_DAYS = 20
LEAST_DAYS = 8
"""Fewer say little of how far such days stray."""


def measured_index(grid: TrafficGrid, areas: Areas, free_flow: FreeFlow) -> Floats:
    """Steps x areas: the index that the measured speeds and flows make; NaN where too little was measured."""
    place = {detector: number for number, detector in enumerate(grid.detectors)}
    columns = np.array([place.get(one, -1) for one in areas.segments], np.int64)
    speed, flow = (
        np.where(columns >= 0, grid.values[measure][:, columns].astype(np.float64), np.nan)
        for measure in ("speed", "flow")
    )
    free = free_flow.of(areas.segments)
    held = np.isfinite(speed) & (speed > 0) & np.isfinite(free)
    weight = np.where(held, whole_flow(flow, held)[0] * areas.length_km, 0.0)
    inside = areas.inside.T.astype(np.float64)
    free = np.where(np.isfinite(free), free, 1.0)
    times = (weight / np.clip(np.where(held, speed, free), FLOOR_KMH, free)) @ inside
    index = index_of(times, (weight / free) @ inside)
    possible = np.isfinite(free_flow.of(areas.segments)).astype(np.float64) @ inside
    index[held @ inside < LEAST_MEASURED * np.maximum(possible, 1.0)] = np.nan
    return index


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIndex:
    """`measured` is steps of the grid x areas; nothing after the step `known` is looked at."""

    measured: Floats
    grid: TrafficGrid
    announced: Announced
    known: int

    def drawn(self, targets: Ints, count: int) -> Floats:
        """`count` evenly spaced values of like days at the time of day of each target: count x targets x areas.

        NaN for areas that were measured on less than `LEAST_DAYS` of them.
        """
        clock, step = self.grid.clock, np.arange(len(self.grid.clock.day))
        free_day = self.announced.class_of(clock.first_day + clock.day, self.grid.at_s(step)) > 0
        found = np.full((count, len(targets), self.measured.shape[1]), np.nan)
        slot, free = clock.slot[targets], free_day[targets]
        for one in {(int(a), bool(b)) for a, b in zip(slot, free, strict=True)}:
            alike = (slot == one[0]) & (free == one[1])
            found[:, alike] = self._spaced(self._steps(one[0], free_day == one[1]), count)[:, None]
        return found

    def _steps(self, slot: int, alike: Flags) -> Ints:
        """That time of day on the newest like days, up to the known step."""
        there = (self.grid.clock.slot == slot) & alike
        return np.flatnonzero(there[: self.known + 1])[-LIKE_DAYS:]

    def _spaced(self, steps: Ints, count: int) -> Floats:
        """Count x areas."""
        values = np.sort(self.measured[steps], axis=0)
        seen = np.isfinite(values).sum(axis=0)
        if not len(steps):
            return np.full((count, self.measured.shape[1]), np.nan)
        share = (np.arange(count) + 0.5) / count
        place = np.minimum((share[:, None] * seen).astype(np.int64), np.maximum(seen - 1, 0))
        spaced = np.take_along_axis(values, place, axis=0)
        return np.where(seen >= LEAST_DAYS, spaced, np.nan)
