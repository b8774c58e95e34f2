"""What is usual for a detector at this time of day on this kind of day: learned from earlier days alone.

For every local day there is one state, made from the days before it, so that a training row sees a profile of
exactly the kind that it will see in service: one that its own day has not shaped.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from features.arrays import Floats, Ints, Narrow
from features.calendar_days import DAY_CLASSES, Announced
from features.traffic import TrafficGrid

MEMORY = 0.08
"""Weight of the newest day once a profile has settled: about twelve days of its class count."""
SPREAD_TO_START = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileState:
    """Per local day (from the grid's first), day class, slot and detector: mean and mean absolute deviation.

    `cutoff_day` is the last day that has a state; it was made from the days before it. `scale` is the detector's
    mean level, days x detectors, in the measure's unit.
    """

    measure: str
    cutoff_day: int
    mean: Narrow
    spread: Narrow
    scale: Narrow
    seen_days: Ints

    @classmethod
    def fit(
        cls, grid: TrafficGrid, measure: str, announced: Announced, *, cutoff_s: int, saved: pl.DataFrame | None = None
    ) -> Self:
        """Learn from the rows known at `cutoff_s`; later rows are not looked at.

        `saved` is the profile of an earlier model (`table`): it stands in for what this history has not seen.
        """
        clock = grid.clock
        known = int((cutoff_s - grid.start_s) // grid.step_s - grid.delay_steps)
        last_step = min(max(known, 1), len(clock.day)) - 1
        cutoff_day = int(clock.day[last_step])
        shape = (DAY_CLASSES, clock.slots_per_day, len(grid.detectors))
        running = _Running.started(shape, grid.detectors, saved)
        mean, spread = np.empty((cutoff_day + 1, *shape), np.float32), np.empty((cutoff_day + 1, *shape), np.float32)
        scale = np.empty((cutoff_day + 1, shape[2]), np.float32)
        seen = np.zeros(cutoff_day + 1, np.int64)
        classes = _classes(announced, clock.first_day, cutoff_day + 1)
        for day in range(cutoff_day + 1):
            running.write(mean[day], spread[day], scale[day])
            seen[day] = running.days
            running.learn(classes[day], _day_values(grid, measure, day))
        return cls(measure=measure, cutoff_day=cutoff_day, mean=mean, spread=spread, scale=scale, seen_days=seen)

    def at(self, day: Ints, day_class: Ints, slot: Ints, detector: Ints) -> tuple[Narrow, Narrow]:
        """Mean and spread of the slot, as the state of `day` has them."""
        place = (np.clip(day, 0, self.cutoff_day), day_class, slot, detector)
        return self.mean[place], self.spread[place]

    def table(self, grid: TrafficGrid) -> pl.DataFrame:
        """The state at the cutoff, one row per detector, class and slot: what is saved with the model."""
        day_class, slot, detector = np.indices(self.mean.shape[1:]).reshape(3, -1)
        return pl.DataFrame(
            {
                "measure": [self.measure] * len(slot),
                "detector_id": np.array(grid.detectors)[detector],
                "day_class": day_class.astype(np.int64),
                "slot": slot.astype(np.int64),
                "mean": self.mean[-1].reshape(-1),
                "spread": self.spread[-1].reshape(-1),
            }
        ).filter(pl.col("mean").is_finite())


def _classes(announced: Announced, first_day: int, days: int) -> Ints:
    day = first_day + np.arange(days, dtype=np.int64)
    return announced.class_of(day, (day + 1) * 86_400)


def _day_values(grid: TrafficGrid, measure: str, day: int) -> Narrow:
    steps = grid.clock.lookup[day]
    inside = (steps >= 0) & (steps < grid.steps)
    values = grid.values[measure][np.where(inside, steps, 0)]
    return np.where(inside[:, None], values, np.float32(np.nan))


@dataclass(slots=True, kw_only=True)
class _Running:
    """Exponentially forgetting means; the first days count fully, so that a young profile is a plain mean."""

    mean: Floats
    spread: Floats
    count: Floats
    days: int = 0

    @classmethod
    def started(cls, shape: tuple[int, int, int], detectors: tuple[str, ...], saved: pl.DataFrame | None) -> Self:
        start = cls(mean=np.zeros(shape), spread=np.zeros(shape), count=np.zeros(shape))
        if saved is not None:
            rows = saved.filter(pl.col("detector_id").is_in(detectors) & (pl.col("slot") < shape[1]))
            detector = rows.get_column("detector_id").cast(pl.Enum(list(detectors))).to_physical().to_numpy()
            cell = rows.get_column("day_class").to_numpy(), rows.get_column("slot").to_numpy(), detector
            start.mean[cell] = rows.get_column("mean").to_numpy()
            start.spread[cell] = rows.get_column("spread").to_numpy()
            start.count[cell] = 1.0
        return start

    def learn(self, day_class: int, values: Narrow) -> None:
        seen = np.isfinite(values)
        if not seen.any():
            return
        mean, spread, count = self.mean[day_class], self.spread[day_class], self.count[day_class]
        weight = np.where(seen, np.maximum(1.0 / (count + 1.0), MEMORY), 0.0)
        change = np.where(seen, values - mean, 0.0)
        off = np.where(count > 0, np.abs(change), SPREAD_TO_START * np.abs(np.where(seen, values, 0.0)))
        mean += weight * change
        spread += weight * (off - spread)
        count += seen
        self.days += 1

    def write(self, mean: Narrow, spread: Narrow, scale: Narrow) -> None:
        """A slot that this class has not seen takes what the other classes say together."""
        known = self.count > 0
        total = np.maximum(self.count.sum(axis=0), 1e-9)
        anywhere = known.any(axis=0)
        others = np.where(anywhere, (self.mean * self.count).sum(axis=0) / total, np.nan)
        others_spread = np.where(anywhere, (self.spread * self.count).sum(axis=0) / total, np.nan)
        mean[:] = np.where(known, self.mean, others)
        spread[:] = np.where(known, self.spread, others_spread)
        slots = anywhere.sum(axis=0)
        level = np.where(anywhere, others, 0.0).sum(axis=0) / np.maximum(slots, 1)
        scale[:] = np.where(slots > 0, np.maximum(level, 1.0), np.nan)
