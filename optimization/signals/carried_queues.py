"""Queues that a quarter of an hour leaves to the next: the initial queue of HCM 6, ch. 19, with its random part.

The manual's incremental delay d2 is the mean queue beyond the uniform one, over capacity, for T hours from an empty
street: A(T) / (c T) with A(t) = c t^2 / 4 (y + sqrt(y^2 + 4 x / (c t))), y = x - 1, k = 0.5, I = 1. So N(t) = A'(t) is
that queue at t. A quarter of an hour that begins with a queue goes on from the moment t0 at which its own flow and
capacity would have made that queue (Kimber and Hollis 1979): hours of the same flow then have d2 of those hours. A
queue above the one that its flow keeps up shrinks by c - v, as in the manual's initial queue delay
d3 = 3600 / (v T) (t_A (Q_b + Q_e - Q_eo) / 2 + (Q_e^2 - Q_eo^2) / 2c - Q_b^2 / 2c).
"""

from typing import Final, NamedTuple

import numpy as np

from optimization.signals.delay import ANALYSIS_H, Array
from optimization.signals.lane_kernel import compiled, woven
from optimization.signals.lane_queues import LARGEST_X

PATIENCE_H: Final = 0.25  # nobody joins a queue that takes longer to leave: they turn elsewhere
LEAST_X: Final = 0.05
LONGEST_H: Final = 48.0  # after which a queue has become what its flow keeps up
HALVINGS: Final = 30


class Course(NamedTuple):
    """What queues of the slots before add to waiting, s, (plans, columns, pools); queues at the end, (plans, pools)."""

    waits_s: Array
    left: Array


@woven
def _area(x: float, c: float, t: float) -> float:
    """Vehicle-hours beyond the uniform queue in t hours from an empty street."""
    if t <= 0:
        return 0.0
    y = x - 1
    area: float = c * t * t / 4 * (y + np.sqrt(y * y + 4 * x / (c * t)))
    return area


@woven
def _queue(x: float, c: float, t: float) -> float:
    """Its vehicles at t: the derivative of the area."""
    if t <= 0:
        return 0.0
    y = x - 1
    root = np.sqrt(y * y + 4 * x / (c * t))
    queue: float = c * t / 2 * (y + root) - x / (2 * root)
    return queue


@compiled
def _moment_h(x: float, c: float, queue: float) -> float:
    """When this flow and capacity would have made the queue; beyond LONGEST_H never."""
    low, high = 0.0, 2 * LONGEST_H
    if _queue(x, c, LONGEST_H) < queue:
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _queue(x, c, middle) < queue:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@compiled
def _shrunk(x: float, c: float, queue: float, hours: float) -> tuple[float, float]:
    """Vehicle-hours of a queue above what its flow keeps up, and what is left of it."""
    kept = _queue(x, c, LONGEST_H)
    slack = c * (1 - x)
    cleared = min(hours, (queue - kept) / slack)
    left = queue - slack * cleared
    return (queue + left) / 2 * cleared + left * (hours - cleared), left


@compiled
def _course(arrivals: Array, capacity: Array, of_slot: np.ndarray, begins: Array, hours: float) -> tuple[Array, Array]:
    plans, columns, pools = capacity.shape
    waits, left = np.zeros((plans, columns, pools)), begins.copy()
    slots = np.zeros(columns)
    for column in of_slot:
        slots[column] += 1.0
    for p in range(plans):
        for pool in range(pools):
            queue, moment, before = left[p, pool], 0.0, -1
            for column in of_slot:
                c = capacity[p, column, pool]
                x = min(max(arrivals[p, column, pool] / c, LEAST_X), LARGEST_X)
                if column != before:
                    moment = _moment_h(x, c, queue) if queue > 0 else 0.0
                if moment > LONGEST_H and x < 1:
                    area, queue = _shrunk(x, c, queue, hours)
                    before = -1
                else:
                    area = _area(x, c, moment + hours) - _area(x, c, moment)
                    moment += hours
                    queue = _queue(x, c, moment)
                    before = column
                if queue > PATIENCE_H * c:
                    queue, before = PATIENCE_H * c, -1
                longer = area - _area(x, c, hours)
                waits[p, column, pool] += 3600 * max(longer, 0.0) / (c * hours) / slots[column]
            left[p, pool] = queue
    return waits, left


def course(arrivals: Array, capacity: Array, of_slot: np.ndarray, begins: Array | None = None) -> Course:
    """Quarters of an hour one after another; slot n has the flows of column `of_slot[n]`.

    Args:
        arrivals: (plans, columns, pools of lanes), vehicles per h.
        capacity: as arrivals.
        of_slot: the slots in their order.
        begins: queues before the first slot, (plans, pools); nothing by default.
    """
    start = np.zeros((capacity.shape[0], capacity.shape[2])) if begins is None else np.asarray(begins, dtype=np.float64)
    waits_s, left = _course(arrivals, capacity, np.asarray(of_slot, dtype=np.int64), start, ANALYSIS_H)
    return Course(waits_s, left)
