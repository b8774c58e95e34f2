"""Where a task would go: what every gap near it would cost, by arithmetic alone, and putting it there."""

import numpy as np

from optimization.collection.engine_board import (
    CHOOSY,
    END,
    FLEET,
    FOREVER,
    GATHERED,
    NOBODY,
    RELEASES,
    START,
    STREAMS,
    TASKS,
    TIMED,
    TIPS,
    Board,
    compiled,
    draw,
    woven,
)
from optimization.collection.engine_chains import drop_tip, label, link, new_tip, remember, unlink
from optimization.collection.engine_clocks import settle
from optimization.collection.engine_travel import arrival, opening, opens

PLAIN = 0
NEW_TRIP = 1  # the task and a tip behind it
NOT = 2
RETRIES = 4  # places that the exact evaluation refuses


@woven
def way_of_going(board: Board, c: int, p: int) -> int:
    """Whether task `c` may go behind node `p` into the trip there, needs a tip of its own, or cannot."""
    nodes = board.nodes
    task, before, after = nodes[c], nodes[p], nodes[nodes[p].nxt]
    truck = board.trucks[before.truck]
    end = nodes[after.tip]
    edge = before.kind % 2 != 0
    way = PLAIN
    if board.rules[TIPS] != 0 and edge and (after.kind == END or end.stream != task.stream):
        way = NEW_TRIP
    elif end.stream != task.stream and board.rules[STREAMS] > 1:
        way = NOT
    elif end.sum_kg + task.kg > truck.payload or end.sum_m3 + task.m3 > board.room[before.truck, task.stream]:
        way = NOT
        if board.rules[TIPS] != 0 and (
            edge
            or (
                before.sum_kg + task.kg <= truck.payload
                and before.sum_m3 + task.m3 <= board.room[before.truck, task.stream]
            )
        ):
            way = NEW_TRIP
    if (
        truck.stops >= truck.most_stops
        or truck.sum_m3 + task.m3 > truck.day_m3
        or truck.sum_kg + task.kg > truck.day_kg
    ):
        way = NOT
    return way


@compiled
def nearest_site(board: Board, c: int, row: int) -> int:
    """The site that lies best between task `c` and a row."""
    best, least = NOBODY, 0
    for g in range(board.sites.shape[0]):
        there, onward = board.metres[board.nodes[c].row, board.sites[g].row], board.metres[board.sites[g].row, row]
        if not board.accepts[g, board.nodes[c].stream] or min(there, onward) < 0:
            continue
        if best == NOBODY or there + onward < least:
            best, least = g, there + onward
    return best


@woven
def detour(board: Board, c: int, p: int, g: int) -> float:
    """Metres that task `c` behind node `p` adds, by site `g` if there is one; infinite where there is no way."""
    nodes = board.nodes
    rc, rq = nodes[c].row, nodes[nodes[p].nxt].row
    there, onward = board.metres_to[rc, nodes[p].row], board.metres[rc, rq]
    if g != NOBODY:
        onward = board.metres[rc, board.sites[g].row] + board.metres[board.sites[g].row, rq]
    added = float(there + onward - nodes[p].way)
    return np.inf if min(there, onward) < 0 else added


@woven
def leaving(board: Board, c: int, p: int, g: int) -> int:
    """When a truck leaves node `p` for task `c` behind it: not before its trip is released."""
    nodes = board.nodes
    before, task = nodes[p], nodes[c]
    end = nodes[nodes[before.nxt].tip]
    leave = before.depart
    if board.rules[RELEASES] != 0:
        if before.kind % 2 != 0:
            leave = max(leave, task.release)
            if g == NOBODY:
                leave = max(leave, end.release)
        else:
            leave += max(0, task.release - end.out)
    return int(leave)


@woven
def tipped_at(board: Board, kind: int, row: int, g: int, moment: int) -> int:
    """When a truck that leaves `row` at `moment` has tipped at site `g`; NOBODY if the site has closed."""
    site = board.sites[g]
    there = arrival(board, row, board.seconds[kind, row, site.row], moment)
    open_s = opening(board.hours, site.window, site.windows, there + board.queues[g, there % 86_400 // 3600])
    return NOBODY if open_s == NOBODY else open_s + site.tip_s


@woven
def lateness(board: Board, c: int, p: int, g: int) -> float:
    """What the hours cost that task `c` behind node `p` adds; infinite if the rest of the day would be too late."""
    nodes = board.nodes
    before, task, q = nodes[p], nodes[c], nodes[p].nxt
    truck = board.trucks[before.truck]
    arrive = arrival(board, before.row, board.seconds[truck.kind, before.row, task.row], leaving(board, c, p, g))
    begin = opens(board, c, arrive)
    moment, row = begin + task.busy, task.row
    if g >= 0 and begin >= 0:
        moment, row = tipped_at(board, truck.kind, row, g, moment), board.sites[g].row
    if min(begin, moment) < 0:
        return np.inf
    moment = arrival(board, row, board.seconds[truck.kind, row, nodes[q].row], moment) + nodes[q].rest
    if moment > nodes[q].late:
        return np.inf
    if truck.s_price == 0.0:
        return 0.0
    longer = max(0, moment - nodes[q].arrive - nodes[q].slack)
    home = nodes[board.rules[TASKS] + board.rules[FLEET] + before.truck].begin
    over = max(0, home + longer - truck.shift_s) - max(0, home - truck.shift_s)
    if before.kind == START:  # a truck leaves later rather than wait at its first stop
        longer -= begin - arrive
        if nodes[q].kind < START:
            longer += nodes[q].begin - nodes[q].arrive
    return float(longer * truck.s_price + over * truck.over_price)


@woven
def allowed(board: Board, c: int, v: int) -> bool:
    return bool(board.trucks[v].barred == 0 and (board.rules[CHOOSY] == 0 or board.may[board.nodes[c].may, v]))


@compiled
def gather_near(board: Board, c: int, near: int) -> None:
    """List the gaps beside the tasks near `c`, where their trucks' trips could begin, and idle trucks' days."""
    nodes, places = board.nodes, board.places
    count = 0
    board.rules[GATHERED] = (board.rules[GATHERED] + 1) % FOREVER
    for k in range(near):
        w = board.near[c, k]
        v = nodes[w].truck
        if v != NOBODY and allowed(board, c, v):
            places[count + 1], places[count + 2] = nodes[w].prv, w
            count += 2
            board.trucks[v].seen = board.rules[GATHERED]
    tried = NOBODY
    for v in range(board.rules[FLEET]):
        p = board.rules[TASKS] + v
        if board.trucks[v].stops == 0:
            if board.trucks[v].idle_like != tried and allowed(board, c, v):
                tried = board.trucks[v].idle_like
                count += 1
                places[count] = p
        elif board.rules[TIPS] != 0 and board.trucks[v].seen == board.rules[GATHERED]:
            while nodes[p].kind != END:
                count += 1
                places[count] = p
                p = nodes[nodes[p].nxt].tip
    places[0] = count


@compiled
def gather_all(board: Board, c: int) -> None:
    """List every gap."""
    nodes, count = board.nodes, 0
    for v in range(board.rules[FLEET]):
        p = board.rules[TASKS] + v
        while nodes[p].kind != END and allowed(board, c, v):
            count += 1
            board.places[count] = p
            p = nodes[p].nxt
    board.places[0] = count


@compiled
def cheapest(board: Board, c: int, blink: float) -> tuple[float, int, int]:
    """Price, node and way of the cheapest of the gaps listed; now and then one is overlooked."""
    best, where, how = np.inf, NOBODY, NOT
    for number in range(1, board.places[0] + 1):
        p = board.places[number]
        truck = board.trucks[board.nodes[p].truck]
        # The detour alone rules most gaps out.
        price = detour(board, c, p, NOBODY) * truck.m_price
        by_site_only = price == np.inf and board.rules[TIPS] != 0
        if price >= best and not by_site_only:
            continue
        way = way_of_going(board, c, p)
        if way == NOT:
            continue
        g = NOBODY
        if way == NEW_TRIP:
            g = nearest_site(board, c, board.nodes[board.nodes[p].nxt].row)
            if g == NOBODY:
                continue
            price = detour(board, c, p, g) * truck.m_price
        if truck.stops == 0:
            price += truck.shift_price
        if board.nodes[c].usual != board.nodes[p].truck:
            price += board.nodes[c].moved
        if price < best and board.rules[TIMED] != 0:
            price += lateness(board, c, p, g)
        if price < best and draw(board) >= blink:
            best, where, how = price, p, way
    return best, where, how


@compiled
def put(board: Board, c: int, p: int, way: int, price: float) -> bool:
    """Put task `c` behind node `p`; False, and nothing has changed, if the exact evaluation finds a broken rule."""
    nodes = board.nodes
    v = nodes[p].truck
    remember(board, v)
    tip = NOBODY
    after = nodes[p].nxt
    link(board, c, p)
    if way == NEW_TRIP:
        tip = new_tip(board, c, nodes[c].stream, board.sites[nearest_site(board, c, nodes[after].row)].row)
        label(board, v)
    else:
        nodes[c].tip = nodes[after].tip
    if board.rules[TIMED] == 0 and board.rules[TIPS] == 0:
        end = nodes[nodes[c].tip]
        end.sum_kg += nodes[c].kg
        end.sum_m3 += nodes[c].m3
        board.trucks[v].stops += 1
        board.trucks[v].cost += price
        return True
    if settle(board, v, c):
        return True
    unlink(board, c)
    if tip != NOBODY:
        drop_tip(board, tip)
    label(board, v)
    settle(board, v, NOBODY)
    return False


@compiled
def insert(board: Board, c: int, near: int, blink: float, wide: int) -> bool:
    """Put task `c` where it costs least, if that is less than leaving it."""
    penalty = board.nodes[c].penalty
    inserted = barred = False
    for _ in range(RETRIES):
        gather_near(board, c, near)
        price, p, way = cheapest(board, c, blink)
        if p == NOBODY or (wide != 0 and board.trucks[board.nodes[p].truck].stops == 0):
            # Nothing near has room: somewhere farther off may.
            gather_all(board, c)
            price, p, way = cheapest(board, c, blink)
        if p == NOBODY or price >= penalty:
            break
        v = board.nodes[p].truck
        if put(board, c, p, way, price):
            inserted = True
            break
        board.trucks[v].barred = 1
        barred = True
    if barred:
        for v in range(board.rules[FLEET]):
            board.trucks[v].barred = 0
    return inserted
