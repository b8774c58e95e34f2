"""Where a day's tips go: for the order of its tasks the best places by dynamic programming (Prins 2004, "split").

Loads and ways are exact; hours, queues and breaks are left to the evaluation afterwards.
"""

import numpy as np

from optimization.collection.engine_board import END, NOBODY, RELEASES, TASKS, TIP, Board, compiled
from optimization.collection.engine_chains import drop_tip, label, new_tip
from optimization.collection.engine_places import nearest_site


@compiled
def price_of_tip(board: Board, v: int, c: int, after: int) -> float:
    """What a tip between task `c` and the row of node `after` costs; infinite where no site takes it."""
    truck, row, onward = board.trucks[v], board.nodes[c].row, board.nodes[after].row
    g = nearest_site(board, c, onward)
    if g == NOBODY:
        return np.inf
    site, seconds = board.sites[g], board.seconds[truck.kind]
    metres = board.metres[row, site.row] + board.metres[site.row, onward] - board.metres[row, onward]
    longer = seconds[row, site.row] + site.tip_s + seconds[site.row, onward] - seconds[row, onward]
    return float(metres * truck.m_price + longer * truck.s_price)


@compiled
def place_tips(board: Board, v: int) -> None:
    """Place the tips of truck `v`'s day anew; it has to be settled afterwards."""
    nodes, work, split = board.nodes, board.work, board.split
    if board.rules[RELEASES] != 0:
        return
    base, count = work[0, 0], 0
    x = nodes[board.rules[TASKS] + v].nxt
    while nodes[x].kind != END:
        if nodes[x].kind != TIP:
            count += 1
            work[1, base + count] = x
        x = nodes[x].nxt
    if count == 0:
        return
    end = x
    split[0, 0] = 0.0
    for last in range(1, count + 1):
        _best_trip_to(board, v, base, last, end if last == count else work[1, base + last + 1])
    if split[0, count] == np.inf:
        return
    _put_tips(board, v, base, count)


@compiled
def _best_trip_to(board: Board, v: int, base: int, last: int, after: int) -> None:
    """split[0, last]: the least price of tips up to task number `last`, split[1, last]: after which the trip began."""
    nodes, split = board.nodes, board.split
    c = board.work[1, base + last]
    price = price_of_tip(board, v, c, after)
    best, began = np.inf, 0
    kg = m3 = 0.0
    first = last
    while first > 0:
        node = nodes[board.work[1, base + first]]
        kg, m3 = kg + node.kg, m3 + node.m3
        if node.stream != nodes[c].stream or kg > board.trucks[v].payload or m3 > board.room[v, node.stream]:
            break
        if split[0, first - 1] + price < best:
            best, began = split[0, first - 1] + price, first - 1
        first -= 1
    split[0, last], split[1, last] = best, began


@compiled
def _put_tips(board: Board, v: int, base: int, count: int) -> None:
    nodes = board.nodes
    x = nodes[board.rules[TASKS] + v].nxt
    while nodes[x].kind != END:
        q = nodes[x].nxt
        if nodes[x].kind == TIP:
            drop_tip(board, x)
        x = q
    last = count
    while last > 0:
        c = board.work[1, base + last]
        g = nearest_site(board, c, nodes[nodes[c].nxt].row)
        new_tip(board, c, nodes[c].stream, board.sites[g].row)
        last = int(board.split[1, last])
    label(board, v)
