"""Changing the chains: putting tasks and tips in and taking them out, and undoing an iteration that did not pay."""

from optimization.collection.engine_board import (
    END,
    FLEET,
    NOBODY,
    START,
    STREAMS,
    TASKS,
    TIP,
    TOUCHED,
    WRITTEN,
    Board,
    compiled,
)
from optimization.collection.engine_clocks import settle

MARK_TIP = -1  # in the journal: a tip stood here
MARK_TRUCK = -2  # - truck number: its day begins here


@compiled
def link(board: Board, x: int, p: int) -> None:
    """Put node `x` behind node `p`; it has no clocks yet."""
    nodes = board.nodes
    q = nodes[p].nxt
    nodes[x].prv, nodes[x].nxt, nodes[x].truck = p, q, nodes[p].truck
    nodes[p].nxt = x
    nodes[q].prv = x
    nodes[p].way = board.metres[nodes[p].row, nodes[x].row]
    nodes[x].way = board.metres[nodes[x].row, nodes[q].row]
    nodes[x].arrive = NOBODY


@compiled
def unlink(board: Board, x: int) -> None:
    nodes = board.nodes
    p, q = nodes[x].prv, nodes[x].nxt
    nodes[p].nxt = q
    nodes[q].prv = p
    nodes[p].way = board.metres[nodes[p].row, nodes[q].row]
    nodes[x].truck = NOBODY


@compiled
def new_tip(board: Board, p: int, stream: int, row: int) -> int:
    """Put a tip from the pool behind node `p`; it stands at `row` until the day is driven."""
    count = board.free[0]
    x = board.free[count]
    board.free[0] = count - 1
    node = board.nodes[x]
    node.tip, node.stream, node.row = x, stream, row
    link(board, x, p)
    return int(x)


@compiled
def drop_tip(board: Board, x: int) -> None:
    unlink(board, x)
    board.free[0] += 1
    board.free[board.free[0]] = x


@compiled
def label(board: Board, v: int) -> None:
    """Tell each task of a day which node ends its trip."""
    nodes = board.nodes
    x = board.rules[TASKS] + board.rules[FLEET] + v
    end = x
    while nodes[x].kind != START:
        if nodes[x].kind == TIP or nodes[x].kind == END:
            end = x
        nodes[x].tip = end
        x = nodes[x].prv


@compiled
def merge_trips(board: Board, v: int) -> None:
    """Drop tips of trips that are empty, and tips between two trips that fit into one."""
    nodes, truck = board.nodes, board.trucks[v]
    x = nodes[board.rules[TASKS] + v].nxt
    kg = m3 = 0.0
    while nodes[x].kind != END:
        node = nodes[x]
        q = node.nxt
        if node.kind == TIP:
            empty = nodes[node.prv].kind == START or nodes[node.prv].kind == TIP
            if empty or _fits_with_next(board, v, x, kg, m3):
                drop_tip(board, x)
            else:
                kg = m3 = 0.0
        else:
            kg, m3 = kg + node.kg, m3 + node.m3
        x = q
    if truck.touched != 0:
        label(board, v)


@compiled
def _fits_with_next(board: Board, v: int, x: int, kg: float, m3: float) -> bool:
    nodes = board.nodes
    stream = nodes[x].stream
    y = nodes[x].nxt
    if nodes[y].kind == END:
        return False
    if board.rules[STREAMS] > 1 and nodes[y].stream != stream:
        return False
    while nodes[y].kind < START:
        kg, m3 = kg + nodes[y].kg, m3 + nodes[y].m3
        y = nodes[y].nxt
    return bool(kg <= board.trucks[v].payload and m3 <= board.room[v, stream])


@compiled
def remember(board: Board, v: int) -> None:
    """Write truck `v`'s day into the journal before it changes for the first time."""
    if board.trucks[v].touched != 0:
        return
    nodes, rules, journal = board.nodes, board.rules, board.journal
    board.trucks[v].touched = 1
    board.trucks[v].before = board.trucks[v].cost
    rules[TOUCHED] += 1
    at = rules[WRITTEN]
    journal[at] = MARK_TRUCK - v
    x = nodes[rules[TASKS] + v].nxt
    while nodes[x].kind != END:
        at += 1
        journal[at] = MARK_TIP if nodes[x].kind == TIP else x
        x = nodes[x].nxt
    rules[WRITTEN] = at + 1


@compiled
def forget(board: Board) -> None:
    """Accept: empty the journal."""
    for at in range(board.rules[WRITTEN]):
        if board.journal[at] <= MARK_TRUCK:
            board.trucks[MARK_TRUCK - board.journal[at]].touched = 0
    board.rules[TOUCHED] = 0
    board.rules[WRITTEN] = 0


@compiled
def clear_day(board: Board, v: int) -> None:
    nodes = board.nodes
    first = board.rules[TASKS] + v
    x = nodes[first].nxt
    while nodes[x].kind != END:
        q = nodes[x].nxt
        if nodes[x].kind == TIP:
            drop_tip(board, x)
        else:
            nodes[x].truck = NOBODY
        x = q
    nodes[first].nxt = x
    nodes[first].way = board.metres[nodes[first].row, nodes[x].row]
    nodes[x].prv = first


@compiled
def undo(board: Board) -> None:
    """Reject: put every day in the journal back as it was."""
    nodes, rules, journal = board.nodes, board.rules, board.journal
    for at in range(rules[WRITTEN]):
        if journal[at] <= MARK_TRUCK:
            clear_day(board, MARK_TRUCK - journal[at])
    p = v = 0
    for at in range(rules[WRITTEN]):
        entry = journal[at]
        if entry <= MARK_TRUCK:
            v = MARK_TRUCK - entry
            p = rules[TASKS] + v
        elif entry == MARK_TIP:
            p = new_tip(board, p, nodes[p].stream, nodes[p].row)
        else:
            link(board, entry, p)
            p = entry
    for at in range(rules[WRITTEN]):
        if journal[at] <= MARK_TRUCK:
            label(board, MARK_TRUCK - journal[at])
            settle(board, MARK_TRUCK - journal[at], NOBODY)
    forget(board)
