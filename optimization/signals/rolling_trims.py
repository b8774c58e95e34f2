"""Splits of one junction a few seconds away from those in force, found by exchanges of seconds between two stages."""

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Final

import numpy as np

from city.ids import GroupId
from city.signal_plans import SignalPlan
from optimization.signals.chains import ChainRules
from optimization.signals.delay import Array
from optimization.signals.rolling_window import Box
from optimization.signals.streams import Flows, Streams, greens_s
from optimization.signals.structure import Structure, structure_of
from optimization.signals.tuning import Splits, Tuned, Tuner

STEPS_S: Final = (3, 1)
MOST_ROUNDS: Final = 12  # per step
LEAST_GAIN: Final = 1e-3


class Trimmer:
    """Of one junction, at the flows of one window."""

    def __init__(self, streams: Streams, plan: SignalPlan, flows: Flows, slots: Sequence[int]) -> None:
        self.streams, self.plan = streams, plan
        chain = tuple(split.stage_id for split in plan.splits)
        least_s = ChainRules.of(streams.junction).least_splits_s(chain)
        self.structure: Structure = structure_of(streams.junction, chain, least_s)
        self.tuner = Tuner(streams, flows)
        self.least_s = self._least_greens_s(slots)

    def _least_greens_s(self, slots: Sequence[int]) -> Mapping[GroupId, int]:
        """A censored approach keeps the green that it has."""
        shown = greens_s(self.plan)
        full = self.streams.censored[:, list(slots)]
        return {g: shown.get(g, 0) for k, g in enumerate(self.streams.groups) if full[k].any()}

    def trimmed(self, box: Box, start: Splits) -> Tuned:
        """Downhill from `start` inside the box; its cost is infinite where no splits there keep the rules."""
        best, cost = start, self._costs([start])[0]
        for step_s in STEPS_S:
            for _ in range(MOST_ROUNDS):
                beside = [one for one in exchanged(best, step_s) if box.holds(one)]
                if not beside:
                    break
                found = self._costs(beside)
                k = int(np.argmin(found))
                if not found[k] < cost * (1 - LEAST_GAIN):
                    break
                best, cost = beside[k], found[k]
        return Tuned(splits=best, cost=cost)

    def _costs(self, many: Sequence[Splits]) -> Array:
        return np.array(self.tuner.costs(self.structure, many, self._scaled_to(sum(many[0]))))

    def _scaled_to(self, cycle_s: int) -> Mapping[GroupId, int]:
        """The same share of another cycle."""
        return {g: -(-seconds * cycle_s // self.plan.cycle_s) for g, seconds in self.least_s.items()}


def exchanged(splits: Splits, step_s: int) -> list[Splits]:
    return [
        tuple(s + step_s * ((k == to) - (k == giver)) for k, s in enumerate(splits))
        for giver, to in permutations(range(len(splits)), 2)
    ]


def stretched(splits: Splits, box: Box, cycle_s: int) -> Splits | None:
    """Splits inside the box that fill another cycle, each as near to its own share as it can be; None where none do."""
    if not sum(box.low_s) <= cycle_s <= sum(box.high_s):
        return None
    wanted = [s * cycle_s / sum(splits) for s in splits]
    found = [min(max(round(w), low), high) for w, low, high in zip(wanted, box.low_s, box.high_s, strict=True)]
    while (missing := cycle_s - sum(found)) != 0:
        sign = 1 if missing > 0 else -1
        room = [k for k, s in enumerate(found) if box.low_s[k] <= s + sign <= box.high_s[k]]
        k = max(room, key=lambda k: sign * (wanted[k] - found[k]))
        found[k] += sign
    return tuple(found)
