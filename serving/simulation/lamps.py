"""What the lamps of a junction really show, second by second of a day: switches between plans and their steps included.

Read from the plans as a controller would run them; the cycles of a switch are those that the check of plans walks.
"""

from dataclasses import replace

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


def lamps_of_day(junction: Junction, day_plan: DayPlan) -> Lamps:
    """From midnight on as if the first plan had reached its offset; each switch begins where the old cycle ends."""
    whole = _Day(junction, DAY_S)
    plans = [day_plan.plan(entry.plan_number) for entry in day_plan.entries]
    now_s = 0
    for k, (entry, plan) in enumerate(zip(day_plan.entries, plans, strict=True)):
        if k and plan != plans[k - 1]:
            switch = Switch(
                before=plans[k - 1], after=plan, asked_s=entry.start_s, midnight=False, steps=entry.steps
            )  # fmt: skip
            now_s = whole.switch(switch)
        following = [(n, e.start_s) for n, e in enumerate(day_plan.entries) if n > k and plans[n] != plan]
        until_s = DAY_S
        if following:
            number, asked_s = following[0]
            until_s = Switch(
                before=plan, after=plans[number], asked_s=asked_s, midnight=False, steps=()
            ).begins_s  # fmt: skip
        whole.run(plan, now_s, min(until_s, DAY_S))
    return whole.shown


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
