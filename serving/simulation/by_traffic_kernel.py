"""An actuated controller before the vehicles that judge: minimum, gap, longest time, force-off, calls. Nothing else.

A stage lasts its shortest time, then until nobody was before its lines for its extension, at the longest its longest
time. Where the plan is coordinated the coordinated stage begins to end at its force-off and at no other second. A stage
that may be left out is served if somebody waits before one of its lines as the stage before it begins to end, or if one
of its groups has been red for long. Its detectors lie a second's drive before the line and see who passes them and who
stands in a lane; they count nothing and know nothing of what will come. Lamps between the windows in which it decides
are those of the plan.

Compiled with pieces of queue_kernel.py: numba sees changes of this file alone, touch it when that one changes.
"""

from typing import Final, NamedTuple

import numpy as np

from features.sources.synthetic.seeding import Flags, Floats, Ints
from serving.simulation.queue_kernel import Came, Streets, Waited, all_gone, compiled, nobody, one_second, woven

AHEAD_S: Final = 1.0  # from a detector to the line
_NEVER: Final = 1 << 40


class Programs(NamedTuple):
    """What the controller was told, per plan (first axis) and stage; groups begin with the lamps that vehicles obey.

    `least` and `most` are seconds from a stage's start until it begins to end, `change` (plans, stages, next stages)
    how long it then still lasts, `lead` (plans, stages, next stages, groups) how long before its end a green ends,
    `after` when a green begins after the stage, `walk` how long people walk, -1 for others. `yields_at` is the second
    of the cycle at which the coordinated stage begins to end.
    """

    stages: Ints
    member: Flags  # (plans, stages, groups)
    after: Ints  # (plans, stages, groups)
    lead: Ints
    change: Ints
    walk: Ints  # (plans, groups)
    least: Ints
    most: Ints
    extension_s: Floats
    watched: Flags  # (plans, stages, lamps): whose vehicles keep a stage
    optional: Flags
    call_after: Ints
    cycle: Ints
    offset: Ints
    yields_at: Ints


class Control(NamedTuple):
    """`windows` (windows, 3): a plan, and the seconds from and until which the controller runs it.

    Coordinated, a window begins and ends as cycles do; else the next one begins with the first coordinated stage after
    its second. `lag_s` and `gain_s` are those of queues at the begin and the end of green.
    """

    programs: Programs
    windows: Ints
    coordinated: bool
    lag_s: int
    gain_s: int


class _Desk(NamedTuple):
    """Where the controller stands; `at`: stage (-1: none), its start, its end if it is known, the next one, window."""

    at: Ints
    lit_from: Ints
    lit_until: Ints
    was_lit: Ints  # the last second of each group's green
    seen: Ints  # the last second in which somebody was before each lamp


@compiled
def stand_and_ask(
    planned: Flags, control: Control, share: Floats, came: Came, streets: Streets
) -> tuple[Waited, Flags]:
    """`planned` (groups, seconds); returns what vehicles lost, and what the groups showed."""
    (groups, seconds), lamps = planned.shape, control.programs.watched.shape[2]
    shown, opens = planned.copy(), np.empty((lamps, planned.shape[1]), np.int64)
    desk = _Desk(
        np.array([-1, 0, -1, 0, 0]), np.zeros(groups, np.int64), np.zeros(groups, np.int64),
        np.full(groups, -1), np.full(lamps, -_NEVER),
    )  # fmt: skip
    before = np.zeros((streets.lanes.shape[1], lamps), np.bool_)  # whose vehicles each lane holds
    for movement in range(streets.lanes.shape[0]):
        before[:, streets.lamp[movement]] |= streets.lanes[movement]
    state, found = nobody(streets, came, share)
    following, nearing = 0, 0
    for now in range(seconds):
        while nearing < came.second.shape[0] and came.second[nearing] < now + 1 + AHEAD_S:
            desk.seen[streets.lamp[came.movement[nearing]]] = now
            nearing += 1
        _decide(desk, control, now)
        _show(desk, control, shown, opens, now)
        following = one_second(state, found, streets, came, opens, share, now, following)
        _look(desk, before, state.standing, now)
    all_gone(state, found, streets, seconds)
    return found, shown


@woven
def _show(desk: _Desk, control: Control, shown: Flags, opens: Ints, now: int) -> None:
    for group in range(shown.shape[0]):
        if desk.at[0] >= 0:
            shown[group, now] = desk.lit_from[group] <= now < desk.lit_until[group]
        if shown[group, now]:
            desk.was_lit[group] = now
    for lamp in range(opens.shape[0]):
        opens[lamp, now] = _opens(desk, control, shown, lamp, now)


@woven
def _look(desk: _Desk, before: Flags, standing: Ints, now: int) -> None:
    for lane in range(before.shape[0]):
        for lamp in range(before.shape[1]):
            if standing[lane] > 0 and before[lane, lamp]:
                desk.seen[lamp] = now


@woven
def _opens(desk: _Desk, control: Control, shown: Flags, lamp: int, now: int) -> int:
    """This second where queues may leave; else one before which they cannot, as far as is known by now."""
    lag_s, gain_s = control.lag_s, control.gain_s
    late, longer = shown[lamp, max(now - lag_s, 0)], shown[lamp, max(now - gain_s, 0)]
    if (late and longer) if gain_s < lag_s else (late or longer):
        return now
    dark = now - desk.was_lit[lamp] >= max(lag_s, gain_s)
    return now + 1 + min(lag_s, gain_s) if dark else now + 1


@woven
def _decide(desk: _Desk, control: Control, now: int) -> None:
    """The lamps of this second: a stage that begins, one that begins to end, or the plan's own between windows."""
    at, windows = desk.at, control.windows
    if control.coordinated and at[0] >= 0 and now >= windows[at[4], 2]:
        at[0], at[4] = -1, at[4] + 1
    if at[0] < 0:
        if at[4] >= windows.shape[0] or now < windows[at[4], 1] or now >= windows[at[4], 2]:
            return
        plan = windows[at[4], 0]
        if control.coordinated and (now - control.programs.offset[plan]) % control.programs.cycle[plan]:
            return
        _begin(desk, control, 0, now)
    if at[2] == now:
        _begin(desk, control, at[3], now)
    if at[2] < 0 and _ends(desk, control, now):
        _end(desk, control, now)
        if at[2] == now:
            _begin(desk, control, at[3], now)


@woven
def _begin(desk: _Desk, control: Control, stage: int, now: int) -> None:
    at, programs = desk.at, control.programs
    if stage == 0 and not control.coordinated and now >= control.windows[at[4], 2]:
        at[4] += 1
    plan = control.windows[at[4], 0]
    for group in range(desk.lit_from.shape[0]):
        if at[0] < 0:
            desk.lit_until[group] = now
        if not programs.member[plan, stage, group] or desk.lit_until[group] == _NEVER:
            continue
        if programs.walk[plan, group] >= 0 and at[0] >= 0 and programs.member[plan, at[0], group]:
            continue  # people walk from the first of their stages on
        desk.lit_from[group] = now + programs.after[plan, stage, group]
        walk_s = programs.walk[plan, group]
        desk.lit_until[group] = desk.lit_from[group] + walk_s if walk_s >= 0 else _NEVER
    at[0], at[1], at[2] = stage, now, -1


@woven
def _ends(desk: _Desk, control: Control, now: int) -> bool:
    at, programs = desk.at, control.programs
    plan, stage, lasted_s = control.windows[at[4], 0], at[0], now - at[1]
    if lasted_s < programs.least[plan, stage]:
        return False
    if control.coordinated and stage == 0:
        return bool((now - programs.offset[plan]) % programs.cycle[plan] == programs.yields_at[plan])
    if lasted_s >= programs.most[plan, stage]:
        return True
    last_s = -_NEVER
    for lamp in range(desk.seen.shape[0]):
        if programs.watched[plan, stage, lamp]:
            last_s = max(last_s, desk.seen[lamp])
    return bool(now - last_s >= programs.extension_s[plan, stage])


@woven
def _end(desk: _Desk, control: Control, now: int) -> None:
    """Its end and the stage after it; greens that do not go on end before."""
    at, programs = desk.at, control.programs
    plan, stage = control.windows[at[4], 0], at[0]
    following = (stage + 1) % programs.stages[plan]
    while programs.optional[plan, following] and not _asked(desk, control, following, now):
        following = (following + 1) % programs.stages[plan]
    at[2], at[3] = now + programs.change[plan, stage, following], following
    for group in range(desk.lit_from.shape[0]):
        ends = programs.member[plan, stage, group] and not programs.member[plan, following, group]
        if ends and desk.lit_until[group] == _NEVER:
            desk.lit_until[group] = at[2] - programs.lead[plan, stage, following, group]


@woven
def _asked(desk: _Desk, control: Control, stage: int, now: int) -> bool:
    programs, plan = control.programs, control.windows[desk.at[4], 0]
    for group in range(desk.lit_from.shape[0]):
        if not programs.member[plan, stage, group] or programs.member[plan, desk.at[0], group]:
            continue
        if now - desk.was_lit[group] > programs.call_after[plan]:
            return True
        if group < desk.seen.shape[0] and desk.seen[group] >= now - 1:
            return True
    return False
