"""Ruin: strings of tasks out of routes that lie side by side, now and then a whole truck."""

from optimization.collection.engine_board import (
    CLOSING,
    END,
    FLEET,
    NOBODY,
    START,
    TASKS,
    TIP,
    TIPS,
    TOUCHED,
    WRITTEN,
    Board,
    compiled,
    draw,
    pick,
)
from optimization.collection.engine_chains import MARK_TRUCK, merge_trips, remember, unlink
from optimization.collection.engine_clocks import settle
from optimization.collection.engine_tips import place_tips

LONGEST = 10  # tasks in a string
SPLIT = 0.5  # of the strings keep a part in their middle
LEFT_TRIED = 6  # tasks nobody serves that an iteration tries
TIPS_MOVED = 0.05  # of the days that an iteration takes tasks out of have their tips placed anew
CLOSED = 0.01  # of the iterations empty a whole truck, where a truck has a price


@compiled
def ruin(board: Board, average: float) -> bool:
    """Take strings of tasks out of routes near a task drawn at random; work[0, 0] counts them. False: undo."""
    board.work[0, 0] = 0
    tasks = board.rules[TASKS]
    served = tasks - board.left[0]
    if served == 0:
        return True
    used, stops = 0, 0
    for v in range(board.rules[FLEET]):
        if board.trucks[v].stops > 0:
            used, stops = used + 1, stops + board.trucks[v].stops
    if board.rules[CLOSING] != 0 and draw(board) < CLOSED:
        _close_one(board, used)
        return _after_ruin(board, pick(board, tasks))
    longest = min(float(LONGEST), stops / used)
    most = 4.0 * average / (1.0 + longest) - 1.0
    strings = int(1.0 + draw(board) * most)
    seed = pick(board, tasks)
    _tear(board, seed, longest)
    for k in range(board.near.shape[1]):
        if board.rules[TOUCHED] >= strings:
            break
        _tear(board, board.near[seed, k], longest)
    return _after_ruin(board, seed)


@compiled
def _after_ruin(board: Board, seed: int) -> bool:
    for at in range(board.rules[WRITTEN]):
        if board.journal[at] <= MARK_TRUCK:
            v = MARK_TRUCK - board.journal[at]
            if board.rules[TIPS] != 0:
                merge_trips(board, v)
                if draw(board) < TIPS_MOVED:
                    place_tips(board, v)
            if not settle(board, v, NOBODY):
                return False
    _try_some_left(board, seed)
    return True


@compiled
def _close_one(board: Board, used: int) -> None:
    """Take everything out of one truck, rather one with little to do."""
    nodes, chosen = board.nodes, NOBODY
    for _ in range(2):
        number = pick(board, used)
        for v in range(board.rules[FLEET]):
            if board.trucks[v].stops > 0:
                number -= 1
                if number < 0:
                    if chosen == NOBODY or board.trucks[v].stops < board.trucks[chosen].stops:
                        chosen = v
                    break
    remember(board, chosen)
    x = nodes[board.rules[TASKS] + chosen].nxt
    while nodes[x].kind != END:
        q = nodes[x].nxt
        if nodes[x].kind < START:
            unlink(board, x)
            board.work[0, 0] += 1
            board.work[1, board.work[0, 0]] = x
        x = q


@compiled
def _tear(board: Board, c: int, longest: float) -> None:
    """Take a string that holds task `c` out of its route, unless one was taken out of it before."""
    nodes = board.nodes
    v = nodes[c].truck
    if v == NOBODY or board.trucks[v].touched != 0:
        return
    remember(board, v)
    most = min(float(board.trucks[v].stops), longest)
    length = int(1.0 + draw(board) * most)
    keep = 0
    if length > 1 and length < board.trucks[v].stops and draw(board) < SPLIT:
        keep = 1
        while length + keep < board.trucks[v].stops and draw(board) > 0.01:
            keep += 1
            if keep > length:
                break
    window = length + keep
    back = pick(board, window)
    x = c
    for _ in range(back):
        y = _previous(board, x)
        if y == NOBODY:
            break
        x = y
    ahead = _count_ahead(board, x, window)
    while ahead < window:
        y = _previous(board, x)
        if y == NOBODY:
            break
        x = y
        ahead += 1
    skip = pick(board, length + 1) if keep > 0 else length
    _cut(board, x, min(window, ahead), skip, keep)


@compiled
def _previous(board: Board, x: int) -> int:
    x = board.nodes[x].prv
    while board.nodes[x].kind == TIP:
        x = board.nodes[x].prv
    return NOBODY if board.nodes[x].kind == START else x


@compiled
def _next(board: Board, x: int) -> int:
    x = board.nodes[x].nxt
    while board.nodes[x].kind == TIP:
        x = board.nodes[x].nxt
    return NOBODY if board.nodes[x].kind == END else x


@compiled
def _count_ahead(board: Board, x: int, most: int) -> int:
    count = 0
    while x != NOBODY and count < most:
        count += 1
        x = _next(board, x)
    return count


@compiled
def _cut(board: Board, x: int, window: int, skip: int, keep: int) -> None:
    """Take `window` tasks from `x` on out, but for `keep` of them behind the first `skip`."""
    work = board.work
    for number in range(window):
        y = _next(board, x)
        if number < skip or number >= skip + keep:
            unlink(board, x)
            work[0, 0] += 1
            work[1, work[0, 0]] = x
        if y == NOBODY:
            break
        x = y


@compiled
def _try_some_left(board: Board, seed: int) -> None:
    """Add a few of the tasks that nobody serves: near the seed, and some drawn at random."""
    work, left = board.work, board.left
    if left[0] == 0:
        return
    tried = 0
    for k in range(board.near.shape[1]):
        w = board.near[seed, k]
        if tried < LEFT_TRIED // 2 and board.nodes[w].truck == NOBODY and not _listed(board, w):
            work[0, 0] += 1
            work[1, work[0, 0]] = w
            tried += 1
    while tried < min(LEFT_TRIED, left[0]):
        w = left[1 + pick(board, left[0])]
        tried += 1
        if not _listed(board, w):
            work[0, 0] += 1
            work[1, work[0, 0]] = w


@compiled
def _listed(board: Board, w: int) -> bool:
    found = False
    for number in range(1, board.work[0, 0] + 1):
        found |= board.work[1, number] == w
    return found
