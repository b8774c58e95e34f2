"""Times of day: where the day's flows change, and which plan then runs when. Both exact, by dynamic programming."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimization.signals.delay import Array
from optimization.signals.problem import SLOTS

SHORTEST: Final = 4  # slots: an hour
WORTH_A_PERIOD: Final = 0.03  # of the whole variation of the day


def segments(profile: Array, *, most: int, shortest: int = SHORTEST) -> tuple[range, ...]:
    """Split the day so that flows differ least from their period's mean (sum of squares over rows of `profile`).

    At most `most` periods of at least `shortest` slots; one more only where it takes away 3 % of the day's variation.
    """
    within = _within(profile)
    best = np.full((most + 1, SLOTS + 1), np.inf)
    cut = np.zeros((most + 1, SLOTS + 1), dtype=int)
    best[0, 0] = 0.0
    for count in range(1, most + 1):
        for end in range(count * shortest, SLOTS + 1):
            starts = np.arange((count - 1) * shortest, end - shortest + 1)
            costs = best[count - 1, starts] + within[starts, end]
            chosen = int(np.argmin(costs))
            best[count, end], cut[count, end] = costs[chosen], starts[chosen]
    count, total = 1, max(float(best[1, SLOTS]), 1e-9 * float((profile**2).sum()), 1e-12)  # above rounding noise
    while count < most and (best[count, SLOTS] - best[count + 1, SLOTS]) / total >= WORTH_A_PERIOD:
        count += 1
    return _traced(cut, count)


def _within(profile: Array) -> Array:
    """Sum of squared distances to the mean of every stretch [start, end)."""
    sums = np.concatenate([np.zeros((profile.shape[0], 1)), profile.cumsum(axis=1)], axis=1)
    squares = np.concatenate([[0.0], (profile**2).sum(axis=0).cumsum()])
    length = np.maximum(np.arange(SLOTS + 1)[None, :] - np.arange(SLOTS + 1)[:, None], 1)
    means = ((sums[:, None, :] - sums[:, :, None]) ** 2).sum(axis=0) / length
    return np.asarray(np.maximum(squares[None, :] - squares[:, None] - means, 0.0))


def _traced(cut: np.ndarray, count: int) -> tuple[range, ...]:
    found, end = [], SLOTS
    for left in range(count, 0, -1):
        start = int(cut[left, end])
        found.append(range(start, end))
        end = start
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """Which candidate runs in each slot, and what the day costs, switches included."""

    plans: tuple[int, ...]
    cost: float

    @property
    def switches(self) -> tuple[tuple[int, int, int], ...]:
        """(slot, before, after) within the day."""
        return tuple(
            (slot, self.plans[slot - 1], self.plans[slot])
            for slot in range(1, SLOTS)
            if self.plans[slot] != self.plans[slot - 1]
        )


def timetable(
    cost: Array, *, switch_cost: Array, allowed: np.ndarray, closing: np.ndarray, shortest: int = SHORTEST
) -> Timetable | None:
    """The cheapest sequence of plans over the day; each runs for at least `shortest` slots.

    Args:
        cost: (plans, slots); infinite where a plan must not run.
        switch_cost: (slots,) of changing plans at the start of a slot.
        allowed: (plans, plans), whether the first may give way to the second during the day.
        closing: (plans, plans), whether the first may end the day that the second begins.
        shortest: slots for which a plan runs at least.
    """
    found = [
        t for first in range(cost.shape[0]) if (t := _beginning(first, cost, switch_cost, allowed, closing, shortest))
    ]
    return min(found, key=lambda t: t.cost, default=None)


def _beginning(
    first: int, cost: Array, switch_cost: Array, allowed: np.ndarray, closing: np.ndarray, shortest: int
) -> Timetable | None:
    """best[age, plan]: cheapest way to run `plan` since `age` slots (capped at `shortest`)."""
    count = cost.shape[0]
    best = np.full((shortest + 1, count), np.inf)
    best[1, first] = cost[first, 0]
    came: list[tuple[np.ndarray, np.ndarray]] = []
    for slot in range(1, SLOTS):
        following = np.full_like(best, np.inf)
        following[2:] = best[1:-1]
        stays = best[shortest] <= following[shortest]
        following[shortest] = np.minimum(following[shortest], best[shortest])
        entering = np.where(allowed, best[shortest][:, None] + switch_cost[slot], np.inf)
        np.fill_diagonal(entering, np.inf)
        origin = entering.argmin(axis=0)
        following[1] = entering[origin, np.arange(count)]
        came.append((stays, origin))
        best = following + cost[:, slot][None, :]
    ends = np.where(closing[:, first], best[shortest], np.inf)
    last = int(ends.argmin())
    if not np.isfinite(ends[last]):
        return None
    return Timetable(plans=_walked_back(last, came, shortest), cost=float(ends[last]))


def _walked_back(last: int, came: list[tuple[np.ndarray, np.ndarray]], shortest: int) -> tuple[int, ...]:
    plan, age, plans = last, shortest, [last]
    for stays, origin in reversed(came):
        if age == 1:
            plan, age = int(origin[plan]), shortest
        elif not (age == shortest and stays[plan]):
            age -= 1
        plans.append(plan)
    return tuple(reversed(plans))
