"""A correction of the intervals when they were off lately: what came true by the issue time moves what is said next.

Each half-width of a (group, lead) is multiplied by a factor that follows its own misses: after a block of rows of which
the share `miss` lay outside, log factor += gain * (miss - 0.1) / 0.1. Source: adaptive conformal inference (Gibbs and
Candes, 2021), here on the width's logarithm, so that it neither crosses the median nor depends on a unit; without news
the factor fades back to 1, because what training settled on weeks is better founded than one day.
"""

from dataclasses import dataclass

import numpy as np

from city.errors import InvalidValueError
from features.arrays import Floats, Ints, Narrow

EXPECTED = 0.1
FARTHEST = 1.1
"""Of the logarithm: widths are never more than tripled, nor cut to less than a third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingCorrection:
    """`gain` per day of misses, `half_life_days` of the fading, `block_steps` between two looks back.

    `slots_per_day`: how many of the origins are issued in a day, be it all of its steps or a few.
    `groups` bundles sensors that are corrected together (one number per sensor); None bundles all.
    """

    slots_per_day: int
    gain: float = 0.3
    half_life_days: float = 4.0
    block_steps: int = 12
    groups: Ints | None = None

    def __post_init__(self) -> None:
        if min(self.gain, self.half_life_days, self.block_steps, self.slots_per_day) <= 0:
            raise InvalidValueError(
                subject="A rolling correction",
                field="gain, half-life, block and slots per day",
                found=(self.gain, self.half_life_days, self.block_steps, self.slots_per_day),
                expected="numbers above 0",
            )

    def apply(self, said: Floats, origins: Ints, horizon: int, values: Narrow) -> Floats:
        """`said` is ascending origins x sensors x (p10, p50, p90); `values` steps x sensors, what was measured.

        The forecast of an origin is moved by what was said at origins whose target lies at or before it, as it was
        said then (corrections included), and by nothing else.
        """
        return self._walked(said, origins, horizon, values)[0]

    def factors(self, said: Floats, origins: Ints, horizon: int, values: Narrow) -> Floats:
        """By how much the half-widths of the last origin are multiplied: groups x (below, above)."""
        return np.exp(self._walked(said, origins, horizon, values)[1])

    def _walked(self, said: Floats, origins: Ints, horizon: int, values: Narrow) -> tuple[Floats, Floats]:
        moved = said.copy()
        groups = np.zeros(said.shape[1], np.int64) if self.groups is None else self.groups
        factor = np.zeros((int(groups.max()) + 1, 2))
        judged = 0
        for first in range(0, len(origins), self.block_steps):
            until = int(np.searchsorted(origins, origins[first] - horizon, side="right"))
            if until > judged:
                seen = slice(judged, until)
                factor = self._learned(factor, moved[seen], values[origins[seen] + horizon], groups)
                judged = until
            block = slice(first, first + self.block_steps)
            moved[block] = _scaled(said[block], np.exp(factor)[groups])
        return moved, factor

    def _learned(self, factor: Floats, said: Floats, truth: Narrow, groups: Ints) -> Floats:
        days = len(said) / self.slots_per_day
        held = np.isfinite(truth)
        outside = np.stack([truth < said[:, :, 0], truth > said[:, :, 2]], axis=2) & held[:, :, None]
        rows = np.bincount(groups, held.sum(axis=0), len(factor))
        counted = [np.bincount(groups, outside[:, :, side].sum(axis=0), len(factor)) for side in (0, 1)]
        share = np.stack(counted, axis=1) / np.maximum(rows, 1)[:, None]
        off = np.where(rows[:, None] > 0, (share - EXPECTED) / EXPECTED, 0.0)
        fading = 0.5 ** (days / self.half_life_days)
        learned: Floats = np.clip(factor * fading + self.gain * days * off, -FARTHEST, FARTHEST)
        return learned


def _scaled(said: Floats, factor: Floats) -> Floats:
    """Half-widths times their factors, sensors x (below, above)."""
    middle = said[:, :, 1]
    low = middle - factor[:, 0] * (middle - said[:, :, 0])
    high = middle + factor[:, 1] * (said[:, :, 2] - middle)
    return np.stack([low, middle, high], axis=2)
