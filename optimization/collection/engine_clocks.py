"""The shared evaluation of a truck's day: forwards with every rule of the exact walk, backwards for what still fits."""

import numpy as np

from optimization.collection.engine_board import (
    END,
    FOREVER,
    HOURS,
    LIMITED,
    NO_WAY,
    NOBODY,
    RELEASES,
    START,
    TASKS,
    TIMED,
    TIP,
    Board,
    compiled,
    woven,
)
from optimization.collection.engine_travel import HOUR_S, arrival, last_departure, starts


@woven
def reach(board: Board, v: int, x: int, g: int, leave: tuple[int, int, int, float]) -> tuple[int, int, int, int]:
    """Arrival, begin, departure and break [s] at node `x` (at site `g` if it is a tip), begin NOBODY if too late.

    `leave` is the row and second of departure, the break that is still due [s], and the load [kg].
    """
    truck = board.trucks[v]
    to = board.nodes[x].row if g == NOBODY else board.sites[g].row
    busy = board.nodes[x].busy if g == NOBODY else board.sites[g].tip_s
    drive = board.seconds[truck.kind, leave[0], to]
    arrive, begin, rest_s = 0, NOBODY, 0
    if drive != NO_WAY:
        arrive = arrival(board, leave[0], drive, leave[1])
        begin = starts(board, x, g, arrive, leave[3])
        if begin != NOBODY and leave[2] > 0 and begin + busy > truck.break_to:
            rest_s = leave[2]
            rest = max(arrive, truck.break_from)
            # At a site the wait is a queue, which is work: only the wait for a window may hold the break.
            if g != NOBODY or rest > truck.break_to or rest + rest_s > begin:
                rest = max(leave[1], truck.break_from)
                arrive = arrival(board, leave[0], drive, rest + rest_s)
                begin = starts(board, x, g, arrive, leave[3]) if rest <= truck.break_to else NOBODY
    return arrive, begin, begin + busy, rest_s


@compiled
def _choose_site(board: Board, v: int, x: int, leave: tuple[int, int, int, float]) -> bool:
    """Let tip `x` be where the truck is soonest and cheapest on its way, as the exact walk does."""
    truck, node = board.trucks[v], board.nodes[x]
    after = board.nodes[node.nxt].row
    best, price = NOBODY, np.inf
    for g in range(board.sites.shape[0]):
        to = board.sites[g].row
        onward = board.seconds[truck.kind, to, after]
        if not board.accepts[g, node.stream] or onward == NO_WAY:
            continue
        _, begin, depart, _ = reach(board, v, x, g, leave)
        if begin == NOBODY:
            continue
        metres = board.metres[leave[0], to] + board.metres[to, after]
        found = metres * truck.m_price + arrival(board, to, onward, depart) * truck.s_price
        if found < price:
            best, price = g, found
    if best == NOBODY:
        return False
    node.site, node.row, node.busy = best, board.sites[best].row, board.sites[best].tip_s
    node.way = board.metres[node.row, after]
    before = board.nodes[node.prv]
    before.way = board.metres[before.row, node.row]
    return True


@woven
def setting_out(board: Board, v: int, p: int, x: int) -> int:
    """When the truck leaves `p`, where a trip ends, for the first task `x` of the next; NOBODY if it may not."""
    node, truck = board.nodes[x], board.trucks[v]
    end = board.nodes[node.tip]
    time = max(board.nodes[p].depart, end.release)
    compartment = board.body[v, node.stream]
    if compartment == NOBODY:
        return NOBODY
    before = board.loaded[compartment]
    board.loaded[compartment] = node.stream
    if before >= 0 and before != node.stream:
        time = NOBODY if truck.wash_s == NOBODY else time + truck.wash_s
    return int(time)


@compiled
def drive(board: Board, v: int, p: int, fresh: int) -> int:
    """Set the clocks of truck `v`'s day behind node `p`; NOBODY if the day breaks a rule, else the last node changed.

    `p` is where a trip begins. Behind the `fresh` node, just put in, it ends where nothing changes any more.
    """
    nodes = board.nodes
    x, kg = nodes[p].nxt, 0.0
    passed = False
    while True:
        time, rest_s = nodes[p].depart, nodes[p].owed
        if nodes[x].kind < START and nodes[p].kind % 2 != 0:
            kg = 0.0
            time = setting_out(board, v, p, x)
            if time == NOBODY:
                return NOBODY
            nodes[nodes[x].tip].out = time
        leave = (nodes[p].row, time, rest_s, kg)
        row = nodes[x].row
        if nodes[x].kind == TIP and not _choose_site(board, v, x, leave):
            return NOBODY
        g = nodes[x].site if nodes[x].kind == TIP else NOBODY
        arrive, begin, gone, rest = reach(board, v, x, g, leave)
        if begin == NOBODY:
            return NOBODY
        owed = 0 if rest > 0 else rest_s
        if passed and arrive == nodes[x].arrive and owed == nodes[x].owed and row == nodes[x].row:
            return int(x)
        passed |= x == fresh
        nodes[x].arrive, nodes[x].begin, nodes[x].depart, nodes[x].rest = arrive, begin, gone, rest
        nodes[x].owed = owed
        if g != NOBODY and board.rules[LIMITED] != 0:
            _book_tip(board, v, g, begin, kg)
        if nodes[x].kind == END:
            return int(x)
        kg += nodes[x].kg
        p, x = x, nodes[x].nxt


@compiled
def trip_begins(board: Board, v: int, x: int) -> int:
    """The node behind which the trip of node `x` begins, with what the truck loaded before it; the start for NOBODY."""
    nodes, truck = board.nodes, board.trucks[v]
    for compartment in range(board.loaded.shape[0]):
        board.loaded[compartment] = NOBODY
    p = board.rules[TASKS] + v
    nodes[p].depart = truck.first_s
    nodes[p].owed = truck.break_s if truck.first_s < truck.break_to else 0
    if x != NOBODY and board.rules[LIMITED] == 0:
        while nodes[nodes[p].nxt].tip != nodes[x].tip:
            p = nodes[nodes[p].nxt].tip
            board.loaded[board.body[v, nodes[p].stream]] = nodes[p].stream
    return int(p)


@compiled
def price_day(board: Board, v: int) -> None:
    """Set the cost of a day with its clocks; a truck leaves later rather than wait at its first stop."""
    nodes, truck = board.nodes, board.trucks[v]
    x = board.rules[TASKS] + v
    first = nodes[nodes[x].nxt]
    out = truck.first_s
    if first.kind < START and first.rest == 0:
        out += max(0, first.begin - first.arrive)
    metres = 0
    while nodes[x].kind != END:
        metres += nodes[x].way
        x = nodes[x].nxt
    home = nodes[x].begin
    truck.cost = (
        truck.shift_price
        + metres * truck.m_price
        + (home - out) * truck.s_price
        + max(0, home - truck.shift_s) * truck.over_price
        + truck.moved
    )
    if truck.stops == 0:
        truck.cost = 0.0


@woven
def _book_tip(board: Board, v: int, g: int, begin: int, kg: float) -> None:
    hour = min(HOURS - 1, begin // HOUR_S)
    board.tipped[g, hour] += kg
    board.given[v, g, hour] += kg


@compiled
def withdraw_tips(board: Board, v: int) -> None:
    """Take what truck `v` tips out of the sites' books."""
    for g in range(board.given.shape[1]):
        for hour in range(HOURS):
            board.tipped[g, hour] -= board.given[v, g, hour]
            board.given[v, g, hour] = 0.0


@compiled
def look_back(board: Board, v: int, last: int, fresh: int) -> None:
    """Set, for the nodes before `last`, the latest arrival that still works and the slack behind it.

    Before the `fresh` node it ends where nothing changes any more.
    """
    nodes, truck = board.nodes, board.trucks[v]
    x = last
    passed = False
    if nodes[x].kind == END:
        nodes[x].late, nodes[x].slack = truck.last_s, 0
    while nodes[x].kind != START:
        p = nodes[x].prv
        node = nodes[p]
        work_s = board.seconds[truck.kind, node.row, nodes[x].row]
        latest = last_departure(board, node.row, work_s, nodes[x].late - nodes[x].rest) - node.busy
        waited = node.begin - node.arrive
        if node.kind == TIP:
            queue = min(waited, board.queues[node.site, node.arrive % 86_400 // HOUR_S])
            latest -= queue
            waited -= queue
        elif node.kind != START:
            latest = _last_opening(board, p, latest)
        latest, slack = max(latest, node.arrive), nodes[x].slack + waited
        if board.rules[RELEASES] != 0:
            slack += max(0, nodes[x].arrive - nodes[x].rest - work_s - node.depart)
        if passed and latest == node.late and slack == node.slack:
            return
        passed |= p == fresh
        node.late, node.slack = latest, slack
        x = p


@compiled
def _last_opening(board: Board, x: int, second: int) -> int:
    """The last second at or before `second` within the windows of a node."""
    node = board.nodes[x]
    if node.windows - node.window <= 1:
        return int(min(second, node.closes))
    found = -FOREVER
    for window in range(node.window, node.windows):
        if board.hours[window, 0] <= second:
            found = min(second, board.hours[window, 1])
    return found


@compiled
def measure(board: Board, v: int) -> None:
    """Set the loads of truck `v`'s day and, where clocks do not matter, its cost."""
    nodes, truck = board.nodes, board.trucks[v]
    p = board.rules[TASKS] + v
    metres, stops = 0, 0
    kg = m3 = day_kg = day_m3 = 0.0
    release = 0
    truck.moved = 0.0
    x = nodes[p].nxt
    while True:
        node = nodes[x]
        metres += nodes[p].way
        kg, m3 = kg + node.kg, m3 + node.m3
        node.sum_kg, node.sum_m3 = kg, m3
        if node.kind >= END:
            day_kg, day_m3 = day_kg + kg, day_m3 + m3
            kg = m3 = 0.0
            node.release = release
            release = 0
        else:
            stops += 1
            release = max(release, node.release)
            truck.moved += node.moved if node.usual != v else 0.0
        if node.kind == END:
            break
        p, x = x, node.nxt
    truck.stops, truck.sum_kg, truck.sum_m3 = stops, day_kg, day_m3
    if board.rules[TIMED] == 0:
        truck.cost = truck.shift_price + metres * truck.m_price + truck.moved


@compiled
def settle(board: Board, v: int, fresh: int) -> bool:
    """Loads, clocks and cost of a day that has changed; False, without the latest arrivals, if it breaks a rule.

    `fresh`: the only task put in since the day was settled last, NOBODY after any other change.
    """
    measure(board, v)
    truck = board.trucks[v]
    if truck.stops == 0:
        truck.cost = 0.0
    if board.rules[TIMED] == 0:
        return True
    withdraw_tips(board, v)
    last = drive(board, v, trip_begins(board, v, fresh), fresh)
    if last == NOBODY:
        return False
    look_back(board, v, last, fresh)
    price_day(board, v)
    return True
