"""Green waves: the seconds in which a platoon passes all junctions of one direction without stopping."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from city.ids import GroupId, JunctionId, MovementId
from city.signal_parts import Turn
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.areas import Area, Feed

LONGEST_REPEAT_S: Final = 3600  # of unlike cycles: beyond it there is no wave to speak of


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """One stop line of a direction: the signal groups that a platoon needs green, and when it gets there.

    `after_s` counts from the first stop line of the direction.
    """

    junction_id: JunctionId
    group_ids: tuple[GroupId, ...]
    after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    stops: tuple[Stop, ...]

    @property
    def title(self) -> str:
        return f"{self.stops[0].junction_id} to {self.stops[-1].junction_id}"

    def legs(self) -> tuple["Direction", ...]:
        """From each stop line to the next, as directions of their own."""
        return tuple(
            Direction(stops=(replace(a, after_s=0.0), replace(b, after_s=b.after_s - a.after_s)))
            for a, b in pairwise(self.stops)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Who leaves the first stop line from `start_s` on, for `width_s`, meets green all the way; every `repeat_s`."""

    start_s: int
    width_s: int
    repeat_s: int


def directions(area: Area, order: Sequence[JunctionId]) -> tuple[Direction, ...]:
    """There and back along junctions in the order of the corridor, as far as ways between them are known."""
    feeds = {(feed.from_junction_id, feed.to_junction_id): feed for feed in area.feeds}
    by_id = {junction.junction_id: junction for junction in area.junctions}
    found = []
    for ids in (tuple(order), tuple(reversed(order))):
        ways = [feeds[pair] for pair in pairwise(ids) if pair in feeds]
        if ways and len(ways) == len(ids) - 1:
            found.append(_direction(ways, by_id))
    return tuple(found)


def _direction(ways: Sequence[Feed], by_id: dict[JunctionId, Junction]) -> Direction:
    first = ways[0]
    start = by_id[first.from_junction_id]
    stops = [Stop(junction_id=start.junction_id, group_ids=_through(start, first.from_movement_ids), after_s=0.0)]
    for way in ways:
        junction = by_id[way.to_junction_id]
        after_s = stops[-1].after_s + way.travel_s
        groups = _through(junction, way.to_movement_ids)
        stops.append(Stop(junction_id=junction.junction_id, group_ids=groups, after_s=after_s))
    return Direction(stops=tuple(stops))


def _through(junction: Junction, movement_ids: Sequence[MovementId]) -> tuple[GroupId, ...]:
    """The lamps of those who go straight on; of all where nobody does."""
    own = [m for m in junction.movements if m.movement_id in movement_ids]
    ahead = [m for m in own if m.turn is Turn.THROUGH] or own
    return tuple(dict.fromkeys(m.group_id for m in ahead))


def band(direction: Direction, plans: Mapping[JunctionId, SignalPlan]) -> Band | None:
    """The widest band; None where nobody gets through, or the cycles never meet."""
    repeat_s = math.lcm(*(plans[stop.junction_id].cycle_s for stop in direction.stops))
    if repeat_s > LONGEST_REPEAT_S:
        return None
    leaving = np.arange(repeat_s)
    free = np.ones(repeat_s, dtype=bool)
    for stop in direction.stops:
        plan = plans[stop.junction_id]
        free &= lit(plan, stop.group_ids)[(leaving + round(stop.after_s) - plan.offset_s) % plan.cycle_s]
    start_s, width_s = _longest(free)
    return Band(start_s=start_s, width_s=width_s, repeat_s=repeat_s) if width_s else None


def lit(plan: SignalPlan, group_ids: Sequence[GroupId]) -> np.ndarray:
    """Seconds of the plan's cycle in which all of these groups are green."""
    every = np.ones(plan.cycle_s, dtype=bool)
    for group_id in group_ids:
        one = np.zeros(plan.cycle_s, dtype=bool)
        for green in plan.greens:
            if green.group_id == group_id:
                one[np.arange(green.start_s, green.end_s) % plan.cycle_s] = True
        every &= one
    return every


def _longest(free: np.ndarray) -> tuple[int, int]:
    """Start and length of the longest run on the circle."""
    count = len(free)
    if free.all():
        return 0, count
    best_start, best = 0, 0
    begins = np.flatnonzero(free & ~np.roll(free, 1))
    for start in begins:
        width = int(np.argmin(np.roll(free, -int(start))))
        if width > best:
            best_start, best = int(start), width
    return best_start, best
