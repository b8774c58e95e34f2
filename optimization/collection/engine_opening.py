"""An idle truck sent out for tasks that nobody serves: none of them may pay for its shift, all together may.

Put in one by one each would have to pay for the whole shift, the way there and the tip. So the truck is given one task
whatever it costs, those around it are put in at what they add, and the day as a whole is accepted or taken back.
"""

from optimization.collection.engine_board import FLEET, NOBODY, TASKS, TIPS, Board, compiled, pick
from optimization.collection.engine_chains import remember
from optimization.collection.engine_places import NEW_TRIP, NOT, allowed, nearest_site, put, way_of_going

OFFERED = 100  # of the tasks that nobody serves, the nearest to the first that may go with the truck
PICKS = 4  # of trucks and tasks, until two that go together are found


@compiled
def send_out_some(board: Board) -> bool:
    """An idle truck and a task for it, drawn at random. False: undo."""
    v = _drawn_idle(board)
    if v == NOBODY:
        return False
    for _ in range(PICKS):
        c = board.left[1 + pick(board, board.left[0])]
        if allowed(board, c, v):
            return bool(send_out(board, v, c))
    return False


@compiled
def send_out(board: Board, v: int, c: int) -> bool:
    """Idle truck `v` begins its day with task `c`; those around it that nobody serves are listed to be put in."""
    nodes, p = board.nodes, board.rules[TASKS] + v
    board.work[0, 0] = 0
    way = way_of_going(board, c, p)
    if way == NOT or (board.rules[TIPS] != 0 and nearest_site(board, c, nodes[nodes[p].nxt].row) == NOBODY):
        return False
    there, back = board.metres_to[nodes[c].row, nodes[p].row], board.metres[nodes[c].row, nodes[nodes[p].nxt].row]
    if way != NEW_TRIP and min(there, back) < 0:
        return False
    remember(board, v)
    truck = board.trucks[v]
    price = float(there + back) * truck.m_price + truck.shift_price
    if nodes[c].usual != v:
        price += nodes[c].moved
    if not put(board, c, p, way, price):
        return False
    _list_around(board, v, c)
    return True


@compiled
def dearest_left(board: Board, v: int) -> int:
    """Of the tasks that nobody serves and truck `v` may, the one that costs most to leave."""
    dearest = NOBODY
    for number in range(1, board.left[0] + 1):
        c = board.left[number]
        if allowed(board, c, v) and (dearest == NOBODY or board.nodes[c].penalty > board.nodes[dearest].penalty):
            dearest = c
    return int(dearest)


@compiled
def _drawn_idle(board: Board) -> int:
    idle = 0
    for v in range(board.rules[FLEET]):
        idle += board.trucks[v].stops == 0
    if idle == 0:
        return NOBODY
    number = pick(board, idle)
    for v in range(board.rules[FLEET]):
        if board.trucks[v].stops == 0:
            number -= 1
            if number < 0:
                return int(v)
    return NOBODY


@compiled
def _list_around(board: Board, v: int, c: int) -> None:
    """Task `c`, which is in already, and the nearest to it that nobody serves: what the iteration is about."""
    nodes, keys, work, count = board.nodes, board.keys, board.work, 0
    for number in range(1, board.left[0] + 1):
        w = board.left[number]
        way = board.metres[nodes[c].row, nodes[w].row]
        if w == c or way < 0 or not allowed(board, w, v) or (count == OFFERED and way >= keys[count - 1]):
            continue
        count = min(count + 1, OFFERED)
        at = count - 1
        while at > 0 and keys[at - 1] > way:
            keys[at] = keys[at - 1]
            work[1, 1 + at] = work[1, at]
            at -= 1
        keys[at] = way
        work[1, 1 + at] = w
    work[0, 0] = count + 1
    work[1, count + 1] = c
