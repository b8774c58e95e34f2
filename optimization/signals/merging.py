"""Plans that hardly differ become one: a plan that changes for nothing is why people stop trusting plans.

A period may give up its own plan where another costs it little more and fills no lane group that has room. Greens of
censored approaches are kept by infinite costs; limits of red, also of people on foot, hold at any time of day.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise
from typing import Final

import numpy as np

from optimization.signals.delay import Array
from optimization.signals.periods import Timetable
from optimization.signals.problem import SLOTS

HARDLY: Final = 0.01  # of the delay that a period has with its own plan
ROOM: Final = 0.95  # degree of saturation up to which a lane group has room

Chosen = tuple[int, ...]  # which candidate runs in each period


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bearable:
    """What each candidate adds to each period, person-s; infinite where it adds too much or breaks a rule."""

    periods: tuple[range, ...]
    extra: Array

    def total(self, chosen: Chosen) -> float:
        return float(sum(self.extra[p, k] for k, p in enumerate(chosen)))

    def by_slot(self, chosen: Chosen) -> tuple[int, ...]:
        return tuple(p for p, slots in zip(chosen, self.periods, strict=True) for _ in slots)


def merged(
    found: Timetable, cost: Array, saturation: Array, *, switch_cost: Array, safe: Callable[[Timetable], bool]
) -> Timetable:
    """The timetable with fewer plans and switches: the cheapest pair first, until none is bearable.

    Args:
        found: every plan where it is best.
        cost: (candidates, slots), infinite where a plan must not run.
        saturation: degree of saturation, (candidates, lane groups, slots).
        switch_cost: (slots,) of changing plans at the start of a slot.
        safe: whether all switches of a timetable, the one at midnight included, keep the rules of switches.
    """
    bearable = _bearable(found, cost, saturation)

    def timetable(chosen: Chosen) -> Timetable:
        plans = bearable.by_slot(chosen)
        running = float(cost[list(plans), np.arange(SLOTS)].sum())
        bare = Timetable(plans=plans, cost=running)
        return Timetable(plans=plans, cost=running + float(sum(switch_cost[slot] for slot, *_ in bare.switches)))

    chosen = tuple(found.plans[slots.start] for slots in bearable.periods)
    best = found
    while True:
        fewer = sorted(_fewer(chosen, bearable), key=lambda one: (bearable.total(one), one))
        following = next((one for one in fewer if safe(timetable(one))), None)
        if following is None:
            return best
        chosen, best = following, timetable(following)


def _bearable(found: Timetable, cost: Array, saturation: Array) -> Bearable:
    plans, every = list(found.plans), np.arange(SLOTS)
    own = cost[plans, every]
    limit = np.maximum(ROOM, saturation[plans, :, every].T) + 1e-9
    roomy = (saturation <= limit).all(axis=1)
    added = np.where(roomy, cost, np.inf) - own
    periods = _periods(found.plans)
    extra = np.column_stack([added[:, slots].sum(axis=1) for slots in periods])
    most = np.array([HARDLY * own[slots].sum() for slots in periods])
    return Bearable(periods=periods, extra=np.where(extra <= most, extra, np.inf))


def _periods(plans: Sequence[int]) -> tuple[range, ...]:
    periods: list[range] = []
    for _, run in groupby(plans):
        start = periods[-1].stop if periods else 0
        periods.append(range(start, start + len(list(run))))
    return tuple(periods)


def _fewer(chosen: Chosen, bearable: Bearable) -> Iterator[Chosen]:
    """Every bearable day with one plan less, or with one switch less because a period takes over its neighbour's."""
    for pair in combinations(sorted(set(chosen)), 2):
        for target in range(len(bearable.extra)):
            yield from _if_bearable(tuple(target if p in pair else p for p in chosen), bearable)
    for k, p in enumerate(chosen):
        for beside in sorted({chosen[n] for n in (k - 1, k + 1) if 0 <= n < len(chosen)} - {p}):
            one = (*chosen[:k], beside, *chosen[k + 1 :])
            if _changes(one) < _changes(chosen):
                yield from _if_bearable(one, bearable)


def _changes(chosen: Chosen) -> int:
    return sum(a != b for a, b in pairwise(chosen))


def _if_bearable(chosen: Chosen, bearable: Bearable) -> Iterator[Chosen]:
    if np.isfinite(bearable.total(chosen)):
        yield chosen
