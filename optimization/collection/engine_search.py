"""Ruin and recreate by slack induction by string removals, accepted by simulated annealing.

Christiaens and Vanden Berghe, "Slack Induction by String Removals for Vehicle Routing Problems", Transportation
Science 54 (2020). Different here: gaps are tried near a task only, tasks may be left at a price, trips tip on the way.
"""

import numpy as np

from optimization.collection.engine_board import (
    CHOOSY,
    CLOSING,
    END,
    FLEET,
    NOBODY,
    START,
    TASKS,
    TIMED,
    WRITTEN,
    Board,
    compiled,
    draw,
)
from optimization.collection.engine_chains import MARK_TIP, MARK_TRUCK, clear_day, forget, label, link, new_tip, undo
from optimization.collection.engine_clocks import settle
from optimization.collection.engine_opening import dearest_left, send_out, send_out_some
from optimization.collection.engine_places import insert
from optimization.collection.engine_ruin import ruin

WEIGHTS = (4.0, 4.0, 2.0, 1.0, 2.0, 2.0, 2.0)
OPENED = 0.005  # of the iterations send out an idle truck, where a truck has a price and tasks are left


@compiled
def _ordering(board: Board, c: int, order: int) -> float:
    node = board.nodes[c]
    home = board.nodes[board.rules[TASKS]].row
    key = draw(board)
    if order == 1:
        key = -node.kg
    elif order == 2:
        key = -float(board.metres[home, node.row])
    elif order == 3:
        key = float(board.metres[home, node.row])
    elif order == 4:
        key = float(node.closes - node.opens)
    elif order == 5:
        key = float(node.opens)
    elif order == 6:
        key = -float(node.closes)
    return key


@compiled
def _sort(board: Board) -> None:
    """Put the tasks of the iteration into the order in which they are inserted."""
    drawn = draw(board) * (sum(WEIGHTS) if board.rules[TIMED] != 0 else sum(WEIGHTS[:4]))
    order = 0
    while drawn >= WEIGHTS[order]:
        drawn -= WEIGHTS[order]
        order += 1
    _sort_by(board, order)


@compiled
def _sort_by(board: Board, order: int) -> None:
    work = board.work
    count = work[0, 0]
    keys = board.keys
    for number in range(count):
        c = work[1, 1 + number]
        key = _ordering(board, c, order)
        at = number
        while at > 0 and keys[at - 1] > key:
            keys[at] = keys[at - 1]
            work[1, 1 + at] = work[1, at]
            at -= 1
        keys[at] = key
        work[1, 1 + at] = c


@compiled
def recreate(board: Board, near: int, blink: float) -> None:
    """Insert the tasks of the iteration, each where it costs least; one may be in already."""
    _sort(board)
    for number in range(1, board.work[0, 0] + 1):
        c = board.work[1, number]
        if board.nodes[c].truck == NOBODY:
            insert(board, c, near, blink, 1)


@compiled
def total(board: Board) -> float:
    cost = 0.0
    for v in range(board.rules[FLEET]):
        cost += board.trucks[v].cost
    for number in range(1, board.left[0] + 1):
        cost += board.nodes[board.left[number]].penalty
    return cost


@compiled
def _costs_of_touched(board: Board) -> float:
    cost = 0.0
    for at in range(board.rules[WRITTEN]):
        if board.journal[at] <= MARK_TRUCK:
            v = MARK_TRUCK - board.journal[at]
            cost += board.trucks[v].cost - board.trucks[v].before
    return cost


@compiled
def _left_now(board: Board) -> float:
    """What those of the iteration cost that nobody serves now, less what those cost that nobody served before."""
    cost = 0.0
    for number in range(1, board.work[0, 0] + 1):
        node = board.nodes[board.work[1, number]]
        if node.truck == NOBODY:
            cost += node.penalty
        if node.left != 0:
            cost -= node.penalty
    return cost


@compiled
def _book_left(board: Board) -> None:
    """Accept: keep the list of what nobody serves."""
    left, nodes = board.left, board.nodes
    kept = 0
    for number in range(1, left[0] + 1):
        c = left[number]
        if nodes[c].truck == NOBODY:
            kept += 1
            left[kept] = c
        else:
            nodes[c].left = 0
    for number in range(1, board.work[0, 0] + 1):
        c = board.work[1, number]
        if nodes[c].truck == NOBODY and nodes[c].left == 0:
            kept += 1
            left[kept] = c
            nodes[c].left = 1
    left[0] = kept


@compiled
def keep_best(board: Board, best: np.ndarray) -> None:
    for x in range(best.shape[0]):
        best[x] = board.nodes[x].nxt


@compiled
def anneal(
    board: Board,
    best: np.ndarray,
    costs: np.ndarray,
    iterations: int,
    heat: float,
    manner: tuple[float, int, float],
) -> None:
    """Run iterations at temperature `heat`, in the unit of the cost. `costs`: current and best, in and out.

    `manner`: average number of tasks taken out, tasks near one beside which it is tried, share of gaps overlooked.
    """
    for _ in range(iterations):
        if board.left[0] > 0 and board.rules[CLOSING] != 0 and draw(board) < OPENED:
            alive = send_out_some(board)
        else:
            alive = ruin(board, manner[0])
        if alive:
            recreate(board, manner[1], manner[2])
        change = _costs_of_touched(board) + _left_now(board)
        if alive and change < -heat * np.log(1.0 - draw(board)):
            costs[0] += change
            _book_left(board)
            forget(board)
            if costs[0] < costs[1] - 1e-9:
                costs[1] = costs[0]
                keep_best(board, best)
        else:
            undo(board)


@compiled
def begin(board: Board, best: np.ndarray, costs: np.ndarray, given: np.ndarray, near: int) -> None:
    """Put in what is given, task by task with MARK_TIP for a tip and MARK_TRUCK - v before the day of truck v.

    A day that breaks a rule is left out whole; what nobody serves then is inserted where it costs least.
    """
    nodes, tasks = board.nodes, board.rules[TASKS]
    p = v = stream = 0
    for entry in given:
        if entry <= MARK_TRUCK:
            v, stream = MARK_TRUCK - entry, 0
            p = tasks + v
        elif entry == MARK_TIP:
            p = new_tip(board, p, stream, nodes[p].row)
        else:
            link(board, entry, p)
            p, stream = entry, nodes[entry].stream
    for entry in given:
        if entry <= MARK_TRUCK:
            v = MARK_TRUCK - entry
            label(board, v)
            if not settle(board, v, NOBODY) or not _fits(board, v):
                clear_day(board, v)
                settle(board, v, NOBODY)
    _list_left(board)
    construct(board, near)
    costs[0] = costs[1] = total(board)
    keep_best(board, best)


@compiled
def _fits(board: Board, v: int) -> bool:
    """Whether a day with its loads keeps to what the truck may carry and whom it may serve."""
    nodes, truck = board.nodes, board.trucks[v]
    fits = truck.stops <= truck.most_stops and truck.sum_kg <= truck.day_kg and truck.sum_m3 <= truck.day_m3
    x = nodes[board.rules[TASKS] + v].nxt
    while nodes[x].kind != END:
        node = nodes[x]
        fits &= node.sum_kg <= truck.payload and node.sum_m3 <= board.room[v, node.stream]
        fits &= node.stream == nodes[node.tip].stream
        if node.kind < START and board.rules[CHOOSY] != 0:
            fits &= board.may[node.may, v]
        x = node.nxt
    return bool(fits)


@compiled
def _list_left(board: Board) -> None:
    left = board.left
    left[0] = 0
    for c in range(board.rules[TASKS]):
        board.nodes[c].left = 1 if board.nodes[c].truck == NOBODY else 0
        if board.nodes[c].left != 0:
            left[0] += 1
            left[left[0]] = c


@compiled
def construct(board: Board, near: int) -> None:
    """Serve what nobody serves yet, the farthest first."""
    count = board.left[0]
    board.work[0, 0] = count
    for number in range(1, count + 1):
        board.work[1, number] = board.left[number]
    _sort_by(board, 2)
    for number in range(1, count + 1):
        c = board.work[1, number]
        if not insert(board, c, near, 0.0, 0):
            continue
    _book_left(board)
    forget(board)
    if board.rules[CLOSING] != 0:
        _open_trucks(board, near)


@compiled
def _open_trucks(board: Board, near: int) -> None:
    """Send out idle trucks that what nobody serves pays for; of trucks alike that it does not pay for, one is tried."""
    tried = NOBODY
    for v in range(board.rules[FLEET]):
        like = board.trucks[v].idle_like
        if board.trucks[v].stops > 0 or like == tried:
            continue
        c = dearest_left(board, v)
        if c == NOBODY:
            continue
        alive = send_out(board, v, c)
        if alive:
            recreate(board, near, 0.0)
        if alive and _costs_of_touched(board) + _left_now(board) < 0.0:
            _book_left(board)
            forget(board)
        else:
            tried = like
            undo(board)
