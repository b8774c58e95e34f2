"""The seconds of a queue that repeats from cycle to cycle, compiled."""

import numpy as np

from optimization.signals.delay import Array
from optimization.signals.lane_kernel import compiled

SETTLING = 2  # cycles, before the one that is measured


@compiled
def repeated(coming: Array, served: Array) -> tuple[Array, Array]:
    """(departures, all that stood over the cycle) per column; `coming` (columns, cycle), `served` (cycle), pcu."""
    columns, cycle_s = coming.shape
    departures = np.zeros((columns, cycle_s))
    stood = np.zeros(columns)
    for column in range(columns):
        waiting = 0.0
        for second in range((SETTLING + 1) * cycle_s):
            at = second % cycle_s
            waiting += coming[column, at]
            leaving = min(waiting, served[at])
            waiting -= leaving
            if second >= SETTLING * cycle_s:
                departures[column, at] = leaving
                stood[column] += waiting
    return departures, stood
