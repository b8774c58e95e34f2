"""How long a drive takes at its hour, when a place opens and when a site lets a truck tip."""

import numpy as np

from optimization.collection.engine_board import FOREVER, HOURS, NOBODY, Board, compiled, woven

HOUR_S = 3600
WORK_PER_S = 10_000  # as in city.speed_profiles, whose rounding this repeats


@compiled
def worked(table: np.ndarray, borders: np.ndarray, second: int) -> int:
    """Units of work that driving does from second 0 to `second`."""
    whole = borders[-1]
    rounds, rest = second // whole, second % whole
    k = 0
    while borders[k + 1] <= rest:
        k += 1
    rate = (table[k + 1] - table[k]) // (borders[k + 1] - borders[k])
    return int(rounds * table[-1] + table[k] + (rest - borders[k]) * rate)


@compiled
def moment_of(table: np.ndarray, borders: np.ndarray, work: int) -> int:
    """The first second by which so much work is done."""
    rounds, rest = work // table[-1], work % table[-1]
    if rest == 0:
        return int(rounds * borders[-1])
    k = 0
    while table[k + 1] < rest:
        k += 1
    rate = (table[k + 1] - table[k]) // (borders[k + 1] - borders[k])
    return int(rounds * borders[-1] + borders[k] - (table[k] - rest) // rate)


@woven
def arrival(board: Board, row: int, work_s: int, leave: int) -> int:
    """When a drive of `work_s` free-flow seconds from the place in `row` arrives."""
    found = leave + work_s
    if board.paces.shape[0] > 0:
        table = board.paces[board.class_of[row]]
        found = moment_of(table, board.borders, worked(table, board.borders, leave) + WORK_PER_S * work_s)
    return found


@woven
def last_departure(board: Board, row: int, work_s: int, arrive: int) -> int:
    """The latest departure that is there by `arrive`, to a second."""
    found = arrive - work_s
    if board.paces.shape[0] > 0 and found > 0:
        table = board.paces[board.class_of[row]]
        done = worked(table, board.borders, arrive) - WORK_PER_S * work_s
        found = moment_of(table, board.borders, done) if done > 0 else -FOREVER
        if done > 0 and worked(table, board.borders, found) > done:
            found -= 1
    return found


@compiled
def opening(hours: np.ndarray, first: int, last: int, second: int) -> int:
    """The first second at or after `second` within the windows first .. last - 1; NOBODY if there is none."""
    for window in range(first, last):
        if second <= hours[window, 1]:
            return int(max(second, hours[window, 0]))
    return NOBODY


@woven
def opens(board: Board, x: int, second: int) -> int:
    """The same for a node; the common case of one window needs no list."""
    node = board.nodes[x]
    found = max(second, node.opens)
    if found > node.closes:
        return NOBODY
    if node.windows - node.window > 1:
        found = opening(board.hours, node.window, node.windows, second)
    return int(found)


@compiled
def admitted(board: Board, g: int, arrive: int, kg: float) -> int:
    """When site `g` lets a truck tip that arrives at `arrive` with `kg`; NOBODY if not today."""
    site = board.sites[g]
    moment = opening(board.hours, site.window, site.windows, arrive + board.queues[g, arrive % 86_400 // HOUR_S])
    if site.limited == 0 or moment == NOBODY:
        return moment
    taken = 0.0
    for hour in range(HOURS):
        taken += board.tipped[g, hour]
    if taken + kg > site.cap_kg or kg > site.hour_kg:
        return NOBODY
    while moment != NOBODY:
        hour = moment // HOUR_S
        if hour >= HOURS or board.tipped[g, hour] + kg <= site.hour_kg:
            return moment
        moment = opening(board.hours, site.window, site.windows, (hour + 1) * HOUR_S)
    return NOBODY


@woven
def starts(board: Board, x: int, g: int, arrive: int, kg: float) -> int:
    return opens(board, x, arrive) if g == NOBODY else admitted(board, g, arrive, kg)
