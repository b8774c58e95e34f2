"""Vehicles before the lamps of one junction, one by one and second by second. No formula of delay is in it.

A vehicle joins the shortest of the lanes that lead where it goes, waits for all who stand before it, and leaves when
its lamp is open, its lane's headway has passed and, where it gives way, nobody comes who has the right of way. Its
delay is the time from its arrival at the stop line until it leaves. Queues have no length in space.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar, cast

import numba
import numpy as np

from features.sources.synthetic.seeding import Flags, Floats, Ints

Compiled = TypeVar("Compiled", bound=Callable[..., Any])
compiled = cast("Callable[[Compiled], Compiled]", numba.njit(cache=True, error_model="numpy", nogil=True))
# Counting references at every call of a function with many arrays would take longer than the function.
woven = cast("Callable[[Compiled], Compiled]", numba.njit(inline="always", error_model="numpy"))

GAP_S: Final = 4.5  # nobody turns through a stream whose next vehicle is nearer than this
PLACES: Final = 2048  # vehicles that a lane holds; patience ends long before
_SLOT_S: Final = 900


class Streets(NamedTuple):
    """What does not change: of each movement its lamp, its approach, its headway, who may use which lane.

    `lanes` (movements, lanes); `foes` (movements, most foes), -1 where there is none. `longest` per approach: whoever
    finds so many waiting there turns elsewhere, and is counted as having lost `patience_s`.
    """

    lamp: Ints
    approach: Ints
    headway_s: Floats
    lanes: Flags
    foes: Ints
    longest: Ints
    patience_s: float


class Came(NamedTuple):
    """Vehicles in the order of their arrival: second and movement; `of_movement` has those of each on their own.

    Movement k came at `of_movement[bounds[k]:bounds[k + 1]]`.
    """

    second: Floats
    movement: Ints
    of_movement: Floats
    bounds: Ints


class Waited(NamedTuple):
    """Per approach and slot of arrival: vehicles, seconds that they lost, and how many of them turned elsewhere.

    `waiting` is what stood there at the end of each slot.
    """

    came: Ints
    delay_s: Floats
    turned_off: Ints
    waiting: Ints


class Standing(NamedTuple):
    arrived: Floats  # (lanes, places): rings
    movement: Ints
    first: Ints
    standing: Ints
    free_at: Floats  # when the next of the lane may leave, as far as its headway goes
    stood: Flags  # whether the head of the lane has met a closed lamp since the last one left
    gave_way: Flags  # whether it stood at an open lamp for those with the right of way
    ahead: Ints  # of each movement: the next of its vehicles that has not come yet
    waits: Ints  # of each approach
    wakes: Ints  # the second before which nothing can happen in a lane


@compiled
def stand_and_go(open_at: Flags, share: Floats, came: Came, streets: Streets) -> Waited:
    """`open_at` (lamps, seconds); `share` (approaches, slots) of the rate at which vehicles leave on a usual day."""
    seconds = open_at.shape[1]
    state, found = nobody(streets, came, share)
    opens = _next_opening(open_at)
    following = 0
    for now in range(seconds):
        following = one_second(state, found, streets, came, opens, share, now, following)
    all_gone(state, found, streets, seconds)
    return found


@woven
def nobody(streets: Streets, came: Came, share: Floats) -> tuple[Standing, Waited]:
    """Empty streets."""
    lanes, shape = streets.lanes.shape[1], share.shape
    state = Standing(
        np.zeros((lanes, PLACES)), np.zeros((lanes, PLACES), np.int64), np.zeros(lanes, np.int64),
        np.zeros(lanes, np.int64), np.zeros(lanes), np.zeros(lanes, np.bool_), np.zeros(lanes, np.bool_),
        came.bounds[:-1].copy(), np.zeros(shape[0], np.int64), np.zeros(lanes, np.int64),
    )  # fmt: skip
    found = Waited(np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    return state, found


@woven
def one_second(
    state: Standing, found: Waited, streets: Streets, came: Came, opens: Ints, share: Floats, now: int, following: int
) -> int:
    """`opens` (lamps, seconds): `now` where a lamp is open, else a later second; returns who comes next."""
    while following < came.second.shape[0] and came.second[following] < now + 1:
        _join(state, found, streets, came.movement[following], came.second[following])
        following += 1
    for lane in range(streets.lanes.shape[1]):
        if state.standing[lane] > 0 and state.wakes[lane] <= now:
            _serve(state, found, streets, came, opens, share, lane, now)
    if now % _SLOT_S == _SLOT_S - 1 or now == opens.shape[1] - 1:
        found.waiting[:, min(now // _SLOT_S, share.shape[1] - 1)] = state.waits
    return following


@woven
def all_gone(state: Standing, found: Waited, streets: Streets, seconds: int) -> None:
    """Whoever still waits at the end has lost the time until then."""
    for lane in range(streets.lanes.shape[1]):
        for place in range(state.standing[lane]):
            at = (state.first[lane] + place) % PLACES
            _lost(found, streets, state.movement[lane, at], state.arrived[lane, at], seconds - state.arrived[lane, at])


@compiled
def _next_opening(open_at: Flags) -> Ints:
    """(lamps, seconds): this second where the lamp is open, else that in which it opens next."""
    lamps, seconds = open_at.shape
    found = np.empty((lamps, seconds), np.int64)
    for lamp in range(lamps):
        following = seconds
        for second in range(seconds - 1, -1, -1):
            if open_at[lamp, second]:
                following = second
            found[lamp, second] = following
    return found


@woven
def _lost(found: Waited, streets: Streets, movement: int, arrived: float, delay_s: float) -> None:
    slot = min(int(arrived) // _SLOT_S, found.delay_s.shape[1] - 1)
    found.delay_s[streets.approach[movement], slot] += delay_s


@woven
def _join(state: Standing, found: Waited, streets: Streets, movement: int, at_s: float) -> None:
    approach = streets.approach[movement]
    slot = min(int(at_s) // _SLOT_S, found.delay_s.shape[1] - 1)
    state.ahead[movement] += 1
    found.came[approach, slot] += 1
    best = -1
    for lane in range(streets.lanes.shape[1]):
        if streets.lanes[movement, lane] and (best < 0 or state.standing[lane] < state.standing[best]):
            best = lane
    if state.waits[approach] >= streets.longest[approach] or state.standing[best] >= PLACES:
        found.turned_off[approach, slot] += 1
        found.delay_s[approach, slot] += streets.patience_s
        return
    at = (state.first[best] + state.standing[best]) % PLACES
    if state.standing[best] == 0:
        state.wakes[best] = int(at_s)
    state.arrived[best, at] = at_s
    state.movement[best, at] = movement
    state.standing[best] += 1
    state.waits[approach] += 1


@woven
def _serve(
    state: Standing, found: Waited, streets: Streets, came: Came, opens: Ints, share: Floats, lane: int, now: int
) -> None:
    while state.standing[lane] > 0:
        at = state.first[lane]
        movement = state.movement[lane, at]
        leaves = max(state.arrived[lane, at], state.free_at[lane])
        slot = min(now // _SLOT_S, share.shape[1] - 1)
        headway_s = streets.headway_s[movement] / share[streets.approach[movement], slot]
        opening = opens[streets.lamp[movement], now]
        if opening > now:
            # Who waits inside the junction for a gap leaves as the lamp closes.
            sneaks = state.gave_way[lane]
            state.gave_way[lane] = False
            state.stood[lane] = True
            if not sneaks:
                state.wakes[lane] = opening
                return
            leaves = max(leaves, float(now))
        else:
            if state.stood[lane]:
                # Half a headway first: a green serves as many as its length says on average, not one more.
                state.stood[lane] = False
                state.free_at[lane] = max(state.free_at[lane], now + headway_s / 2)
                leaves = max(leaves, state.free_at[lane])
            if leaves >= now + 1:
                state.wakes[lane] = int(leaves)
                return
            if not _may_go(state, streets, came, opens, movement, now):
                state.gave_way[lane] = True
                state.free_at[lane] = max(state.free_at[lane], now + 1.0)
                return
        _lost(found, streets, movement, state.arrived[lane, at], leaves - state.arrived[lane, at])
        state.gave_way[lane] = False
        state.free_at[lane] = leaves + headway_s
        state.waits[streets.approach[movement]] -= 1
        state.first[lane] = (at + 1) % PLACES
        state.standing[lane] -= 1


@woven
def _may_go(state: Standing, streets: Streets, came: Came, opens: Ints, movement: int, now: int) -> bool:
    """Whether nobody with the right of way is at the head of an open lane, or about to pass an empty one."""
    for n in range(streets.foes.shape[1]):
        foe = streets.foes[movement, n]
        if foe < 0:
            return True
        if opens[streets.lamp[foe], now] > now:
            continue
        near = state.ahead[foe] < came.bounds[foe + 1] and came.of_movement[state.ahead[foe]] < now + GAP_S
        for lane in range(streets.lanes.shape[1]):
            if not streets.lanes[foe, lane]:
                continue
            stands = state.standing[lane] > 0
            if (stands and state.movement[lane, state.first[lane]] == foe) or (near and not stands):
                return False
    return True
