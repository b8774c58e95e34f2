"""What the lamps of a junction really show, second by second of a day: switches between plans and their steps included.

Read from the plans as a controller would run them; the cycles of a switch are those that the check of plans walks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from city.clock import DAY_S
from city.ids import GroupId
from city.signal_plans import DayPlan, SignalPlan
from city.signals import Junction
from features.sources.synthetic.seeding import Flags
from optimization.signals.check_switch import Switch, hold_second

Lamps = dict[GroupId, Flags]


def lamps_of_plan(junction: Junction, plan: SignalPlan, seconds: int = DAY_S) -> Lamps:
    """One plan all day, at its offset."""
    whole = _Day(junction, seconds)
    whole.run(plan, 0, seconds)
    return whole.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A plan runs from one second until another."""

    plan: SignalPlan
    from_s: int
    until_s: int


def lamps_of_day(junction: Junction, day_plan: DayPlan) -> Lamps:
    """From midnight on as if the first plan had reached its offset; each switch begins where the old cycle ends."""
    whole = _Day(junction, DAY_S)
    for window, switch in _course(day_plan):
        now_s = window.from_s if switch is None else whole.switch(switch)
        whole.run(window.plan, now_s, window.until_s)
    return whole.shown


def windows_of_day(day_plan: DayPlan, *, held: bool) -> list[Window]:
    """When each plan runs at its offset, without the cycles that lead there; not `held`, from when it is asked for."""
    found = []
    for window, switch in _course(day_plan):
        begins_s = window.from_s if switch is None else switch.ends_s if held else switch.asked_s
        found.append(replace(window, from_s=begins_s))
    if not held:
        starts = [*(one.from_s for one in found[1:]), DAY_S]
        return [replace(one, until_s=start_s) for one, start_s in zip(found, starts, strict=True)]
    return [one for one in found if one.from_s < one.until_s]


def _course(day_plan: DayPlan) -> Iterator[tuple[Window, Switch | None]]:
    """The plans that follow one another, each with the switch by which it comes."""
    plans = [day_plan.plan(entry.plan_number) for entry in day_plan.entries]
    entries = [k for k in range(len(plans)) if k == 0 or plans[k] != plans[k - 1]]
    before: Switch | None = None
    for k, following in zip(entries, [*entries[1:], None], strict=True):
        switch = None
        if following is not None:
            entry = day_plan.entries[following]
            switch = Switch(before=plans[k], after=plans[following], asked_s=entry.start_s, midnight=False,
                            steps=entry.steps)  # fmt: skip
        until_s = DAY_S if switch is None else min(switch.begins_s, DAY_S)
        yield Window(plan=plans[k], from_s=0 if before is None else before.begins_s, until_s=until_s), before
        before = switch


class _Day:
    def __init__(self, junction: Junction, seconds: int) -> None:
        self.junction = junction
        self.shown: Lamps = {group.group_id: np.zeros(seconds, dtype=np.bool_) for group in junction.groups}

    def run(self, plan: SignalPlan, from_s: int, until_s: int) -> None:
        """The plan at its offset."""
        if until_s <= from_s:
            return
        place = (np.arange(from_s, until_s) - plan.offset_s) % plan.cycle_s
        for group_id, cycle in _cycle(self.junction, plan).items():
            self.shown[group_id][from_s:until_s] = cycle[place]

    def switch(self, switch: Switch) -> int:
        """The cycles that bring the new plan to its offset; returns the second at which it has reached it."""
        now_s = switch.begins_s
        for cycle in self._cycles(switch):
            length_s = len(next(iter(cycle.values())))
            end_s = min(now_s + length_s, DAY_S)
            for group_id, lit in cycle.items():
                if end_s > now_s:
                    self.shown[group_id][now_s:end_s] = lit[: end_s - now_s]
            now_s += length_s
        return now_s

    def _cycles(self, switch: Switch) -> list[Lamps]:
        after = switch.after
        if switch.steps:
            steps = [replace(after, cycle_s=s.cycle_s, offset_s=0, splits=s.splits, greens=s.greens, actuation=None)
                     for s in switch.steps]  # fmt: skip
            return [_cycle(self.junction, step) for step in steps]
        hold_s = hold_second(self.junction, after)
        first_s = -(-switch.dwell_s // 2)
        return [_held(_cycle(self.junction, after), hold_s, held) for held in (first_s, switch.dwell_s - first_s)]


def _cycle(junction: Junction, plan: SignalPlan) -> Lamps:
    found = {group.group_id: np.zeros(plan.cycle_s, dtype=np.bool_) for group in junction.groups}
    for green in plan.greens:
        found[green.group_id][np.arange(green.start_s, green.end_s) % plan.cycle_s] = True
    return found


def _held(cycle: Lamps, hold_s: int, held_s: int) -> Lamps:
    """The same lamps with second `hold_s` shown `held_s` times more."""
    order = np.concatenate([np.arange(hold_s + 1), np.full(held_s, hold_s),
                            np.arange(hold_s + 1, len(next(iter(cycle.values()))))])  # fmt: skip
    return {group_id: lit[order] for group_id, lit in cycle.items()}
