"""Means over a group's rows that became known within some days before each origin."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import DAY_S, Floats, Ints

GROUP_SPAN = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedPast:
    """`clock` is group x GROUP_SPAN + known_s, ascending; `sums` runs over the values in that order, from 0."""

    clock: Ints
    sums: Floats

    @classmethod
    def of(cls, group: Ints, known_s: Ints, values: Floats) -> Self:
        """Values that are NaN are left out."""
        held = np.flatnonzero(np.isfinite(values))
        clock = group[held] * GROUP_SPAN + known_s[held]
        order = np.argsort(clock, kind="stable")
        return cls(clock=clock[order], sums=np.concatenate(([0.0], np.cumsum(values[held][order]))))

    def mean(self, group: Ints, origin_s: Ints, days: int, *, least: int = 1) -> Floats:
        """Per row the mean of its group's values known in the last days before its origin; NaN below `least` rows."""
        count, total = self.counted(group, origin_s, days)
        return np.where(count >= least, total / np.maximum(count, 1.0), np.nan)

    def counted(self, group: Ints, origin_s: Ints, days: int) -> tuple[Floats, Floats]:
        """How many values, and their sum."""
        until = np.searchsorted(self.clock, group * GROUP_SPAN + origin_s, "right")
        since = np.searchsorted(self.clock, group * GROUP_SPAN + np.maximum(origin_s - days * DAY_S, 0), "right")
        return (until - since).astype(np.float64), self.sums[until] - self.sums[since]
