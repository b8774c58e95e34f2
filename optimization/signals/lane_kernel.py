"""The seconds of `lane_queues`, compiled: what is green when, and how the lanes empty and fill.

Arrays: n plans, G signal groups, C seconds of the cycle, L lanes, P places of a lane's head, Y yields; rows are plans x
columns of flows. Lists of several per item are flat with their bounds: item k has `flat[bounds[k]:bounds[k + 1]]`.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar, cast

import numba
import numpy as np

from optimization.signals.delay import Array

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
compiled = cast("Callable[[Compiled], Compiled]", numba.njit(cache=True, error_model="numpy", nogil=True))
# Counting references at every call of a function with many arrays would take longer than the function.
woven = cast("Callable[[Compiled], Compiled]", numba.njit(inline="always", error_model="numpy"))

CYCLES: Final = 3  # capacity is found in the first, queues settle in the second, the last is measured
FULLEST: Final = 0.98  # of a lane's capacity that arrives in the cycle that is measured; the rest is incremental delay
LEAST_CROSSING: Final = 1e-5  # vehicles per s, below which gaps are as good as endless
SNEAK_AFTER_S: Final = 2  # between the two who leave the junction as a green ends


class Layout(NamedTuple):
    """What does not change with the plan. `group_at` (L, P): the group of each place, -1 where there is none."""

    group_at: np.ndarray
    places: np.ndarray  # (L,): how many movements a lane serves
    yield_lane: np.ndarray
    yield_place: np.ndarray
    foe_groups: np.ndarray  # signal groups whose vehicles cross each yield's way
    foe_group_bounds: np.ndarray
    foe_lanes: np.ndarray  # lane and place of those vehicles
    foe_places: np.ndarray
    foe_bounds: np.ndarray
    sneakers: np.ndarray  # (Y,): how many wait in the junction and leave as the green ends, 2 at most
    critical_gap_s: float
    follow_up_s: float


class Flowed(NamedTuple):
    """Sums over the measured cycle, per row and lane; `head_s` per place too."""

    came: Array
    capacity: Array
    head_s: Array
    behind_s: Array
    stopped: Array
    longest: Array


@compiled
def open_seconds(
    run_group: np.ndarray, starts_s: np.ndarray, lengths_s: np.ndarray, shape: tuple[int, int, int], lag: Array
) -> Array:
    """(n, G, C): share of each second in which a group's queue can leave; `lag` is start-up loss and end gain, s."""
    share = np.zeros(shape)
    cycle_s = shape[2]
    for p in range(shape[0]):
        for r in range(run_group.shape[0]):
            g = run_group[r]
            if g < 0 or lengths_s[p, r] <= 0:
                continue
            if lengths_s[p, r] >= cycle_s:
                share[p, g, :] = 1.0
                continue
            end = min(lengths_s[p, r] + lag[1], float(cycle_s))
            for second in range(int(np.floor(lag[0])), int(np.ceil(end))):
                at = (starts_s[p, r] + second) % cycle_s
                lit = max(0.0, min(end, second + 1.0) - max(lag[0], float(second)))
                share[p, g, at] = min(1.0, share[p, g, at] + lit)
    return share


@compiled
def crossed_seconds(share: Array, layout: Layout) -> np.ndarray:
    """(n, Y, C): whether anything that a yield gives way to may move."""
    bounds = layout.foe_group_bounds
    found = np.zeros((share.shape[0], bounds.shape[0] - 1, share.shape[2]), dtype=np.bool_)
    for p in range(found.shape[0]):
        for y in range(found.shape[1]):
            for n in range(bounds[y], bounds[y + 1]):
                for second in range(found.shape[2]):
                    found[p, y, second] |= share[p, layout.foe_groups[n], second] > 0
    return found


@compiled
def leaving_seconds(
    crossed: np.ndarray, run_group: np.ndarray, starts_s: np.ndarray, lengths_s: np.ndarray, layout: Layout
) -> np.ndarray:
    """(n, Y, C): seconds in which one who waits in the junction leaves, where it gave way until its green ended."""
    found = np.zeros_like(crossed)
    cycle_s = crossed.shape[2]
    for p in range(crossed.shape[0]):
        for y in range(crossed.shape[1]):
            own = layout.group_at[layout.yield_lane[y], layout.yield_place[y]]
            for r in range(run_group.shape[0]):
                if run_group[r] == own and lengths_s[p, r] > 0:
                    end = starts_s[p, r] + lengths_s[p, r]
                    if crossed[p, y, (end - 2) % cycle_s]:
                        for n in range(layout.sneakers[y]):
                            found[p, y, (end + n * SNEAK_AFTER_S) % cycle_s] = True
    return found


class Lamps(NamedTuple):
    """Of all plans: (n, G, C) open shares, (n, Y, C) what crosses the way of a yield and when they leave."""

    share: Array
    crossed: np.ndarray
    leaves: np.ndarray


class Lanes(NamedTuple):
    """The state of one row, vehicles; `first` is the head of a queue that never ends, by which capacity is counted."""

    head: Array
    first: Array
    gone: Array
    behind: Array
    rate: Array


@woven
def _set_rates(lanes: Lanes, lamps: Lamps, full: Array, p: int, second: int, layout: Layout) -> None:
    rate = lanes.rate
    for lane in range(rate.shape[0]):
        for k in range(layout.places[lane]):
            rate[lane, k] = lamps.share[p, layout.group_at[lane, k], second] * full[p, lane, k]
    for y in range(layout.yield_lane.shape[0]):
        lane, k = layout.yield_lane[y], layout.yield_place[y]
        if lamps.leaves[p, y, second]:
            rate[lane, k] = 1.0
        elif lamps.crossed[p, y, second] and rate[lane, k] > 0:
            rate[lane, k] = min(_found_gaps(lanes, layout, y), rate[lane, k])


@compiled
def gap_rate_s(crossing_s: float, critical_gap_s: float, follow_up_s: float) -> float:
    """Vehicles per s that find gaps in what crosses, v per s: v e^(-v tc) / (1 - e^(-v tf)) (HCM 6, ch. 31)."""
    v = crossing_s
    if v < LEAST_CROSSING:
        return 1 / follow_up_s
    found: float = v * np.exp(-v * critical_gap_s) / (1 - np.exp(-v * follow_up_s))
    return found


@woven
def _found_gaps(lanes: Lanes, layout: Layout, y: int) -> float:
    """Vehicles per s that find gaps in what crosses (HCM 6, ch. 31), none while a queue of it discharges."""
    v, waits = 0.0, 0.0
    for n in range(layout.foe_bounds[y], layout.foe_bounds[y + 1]):
        lane, k = layout.foe_lanes[n], layout.foe_places[n]
        v += lanes.gone[lane, k]
        # A queue comes only while one that crosses is at its head: what gives way itself holds up what is behind it.
        waits += lanes.head[lane, k] * min(1.0, lanes.behind[lane])
    if waits >= 1:
        return 0.0
    return gap_rate_s(v, layout.critical_gap_s, layout.follow_up_s) * (1 - waits)


@woven
def _move(lanes: Lanes, mix: Array, lane: int, places: int, coming: float) -> tuple[float, float]:
    """One second of one lane; returns what a queue that never ends would have sent, and what stays at the head."""
    through, standing = 0.0, 0.0
    for k in range(places):
        through += lanes.first[lane, k] * lanes.rate[lane, k]
    for k in range(places):
        rate = lanes.rate[lane, k]
        lanes.first[lane, k] += through * mix[lane, k] - lanes.first[lane, k] * rate
        lanes.gone[lane, k] = lanes.head[lane, k] * rate
        lanes.head[lane, k] -= lanes.gone[lane, k]
        standing += lanes.head[lane, k]
    filled = min(lanes.behind[lane] + coming, 1 - standing)
    lanes.behind[lane] += coming - filled
    for k in range(places):
        lanes.head[lane, k] += filled * mix[lane, k]
    return through, standing


@woven
def _measure(found: Flowed, lanes: Lanes, row: int, lane: int, came: float, standing: float, before: float) -> None:
    """`standing` and `before` are the head and what was behind it when the vehicles of this second came."""
    at_head = 0.0
    for k in range(lanes.head.shape[1]):
        found.head_s[row, lane, k] += lanes.head[lane, k]
        at_head += lanes.head[lane, k]
    found.stopped[row, lane] += came * min(1.0, before + standing)
    found.behind_s[row, lane] += lanes.behind[lane]
    found.longest[row, lane] = max(found.longest[row, lane], lanes.behind[lane] + at_head)


@woven
def _run_cycle(
    rows: tuple[int, int, bool], found: Flowed, lanes: Lanes, lamps: Lamps, full: Array, mix: Array, layout: Layout
) -> None:
    row, p, measured = rows
    found.capacity[row] = 0.0
    for second in range(lamps.share.shape[2]):
        _set_rates(lanes, lamps, full, p, second, layout)
        for lane in range(mix.shape[0]):
            before, came = lanes.behind[lane], found.came[row, lane]
            through, standing = _move(lanes, mix, lane, layout.places[lane], came)
            found.capacity[row, lane] += through
            if measured:
                _measure(found, lanes, row, lane, came, standing, before)


@compiled
def flowed(plan_of: np.ndarray, lamps: Lamps, full: Array, arrivals: Array, mix: Array, layout: Layout) -> Flowed:
    """Queues of every row; `full` (n, L, P) are rates in vehicles per s, `arrivals` (rows, L) per s."""
    rows, count, places = mix.shape
    by_lane, by_place = (rows, count), (count, places)
    found = Flowed(
        arrivals.copy(),
        np.zeros(by_lane),
        np.zeros(mix.shape),
        np.zeros(by_lane),
        np.zeros(by_lane),
        np.zeros(by_lane),
    )
    cycle_s = lamps.share.shape[2]
    for row in range(rows):
        lanes = Lanes(np.zeros(by_place), mix[row].copy(), np.zeros(by_place), np.zeros(count), np.zeros(by_place))
        for cycle in range(CYCLES):
            _run_cycle((row, plan_of[row], cycle == CYCLES - 1), found, lanes, lamps, full, mix[row], layout)
            if cycle == 0:
                found.came[row] = np.minimum(arrivals[row], FULLEST * found.capacity[row] / cycle_s)
                lanes.behind[:] = 0.0
                lanes.head[:] = 0.0
    found.came[:] *= cycle_s
    return found
