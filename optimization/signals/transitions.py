"""Switches from plan to plan: the moment that is asked for, and how the new plan comes to its offset.

The rule: the running plan finishes its cycle, up to the start of its coordinated stage, where the new plan begins. It
then dwells (its coordinated stage is held in its first two cycles, each time for half of what is missing), or its first
cycles are longer (add) or shorter (subtract) in all stages. The short way is the shorter of add and subtract. Of the
ways that are safe in every second, the one that disturbs traffic least is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from city.clock import DAY_S
from city.ids import GroupId
from city.national import national_profile
from city.signal_parts import MovementKind, SignalGroup
from city.signal_plans import DayPlan, DayPlanEntry, Green, SignalPlan
from city.signals import Junction
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_switch import Switch, switch_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.problem import SLOT_S
from optimization.signals.transition_cost import disturbance
from optimization.signals.transition_steps import Steps, added, subtracted

MINUTES: Final = range(-6, 7)  # around the boundary of a slot


class Way(StrEnum):
    """How a plan comes to its offset."""

    DWELL = "dwell"
    ADD = "add"
    SUBTRACT = "subtract"


WAYS: Final = tuple(Way)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """`first_s` and `second_s` are the holds in the new plan's first two cycles."""

    first_s: int
    second_s: int

    @property
    def total_s(self) -> int:
        return self.first_s + self.second_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One way of a switch. `cost` is what it disturbs (transition_cost.py)."""

    way: Way
    steps: Steps
    cost: float


def begins_s(before: SignalPlan, asked_s: int) -> int:
    """The moment at which the running plan has finished its cycle, s after midnight."""
    return asked_s + (before.offset_s - asked_s) % before.cycle_s


def dwell(before: SignalPlan, after: SignalPlan, asked_s: int) -> Dwell:
    """`asked_s` after midnight; at 86,400 the area clock starts again."""
    missing_s = _missing_s(before, after, asked_s)
    return Dwell(first_s=missing_s - missing_s // 2, second_s=missing_s // 2)


def _missing_s(before: SignalPlan, after: SignalPlan, asked_s: int) -> int:
    clock_s = begins_s(before, asked_s) - (DAY_S if asked_s >= DAY_S else 0)
    return (after.offset_s - clock_s) % after.cycle_s


def way_of(plan: SignalPlan, steps: Steps) -> Way:
    """What given steps do."""
    if not steps:
        return Way.DWELL
    return Way.ADD if sum(step.cycle_s for step in steps) >= len(steps) * plan.cycle_s else Way.SUBTRACT


def fits(
    junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int, *, ways: tuple[Way, ...] = WAYS
) -> bool:
    """Whether the new plan can be brought to its offset safely in one of the ways."""
    if Way.DWELL in ways and dwell_fits(junction, before, after, asked_s):
        return True
    others = tuple(way for way in ways if way is not Way.DWELL)
    return bool(others) and next(_safe(junction, before, after, asked_s, others), None) is not None


def chosen_transition(
    junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int, *, ways: tuple[Way, ...] = WAYS
) -> Transition | None:
    """The safe way that disturbs least; None where none is safe."""
    return next(_safe(junction, before, after, asked_s, ways), None)


def short_way(junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int) -> Transition | None:
    """The shorter of add and subtract, the least disturbing number of steps; None where it is not safe."""
    missing_s = _missing_s(before, after, asked_s)
    shorter = Way.ADD if 2 * missing_s <= after.cycle_s else Way.SUBTRACT
    return chosen_transition(junction, before, after, asked_s, ways=(shorter,))


def _safe(
    junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int, ways: tuple[Way, ...]
) -> Iterator[Transition]:
    """Every safe way, the least disturbing first. Whether it is safe says the independent check."""
    rules = None
    for one in sorted(_every(junction, before, after, asked_s, ways), key=lambda t: (t.cost, len(t.steps))):
        if one.way is Way.DWELL:
            safe = dwell_fits(junction, before, after, asked_s)
        else:
            rules = rules or rules_of(junction)
            switch = Switch(
                before=before, after=after, asked_s=asked_s, midnight=asked_s >= DAY_S, steps=one.steps
            )  # fmt: skip
            safe = not switch_findings(rules, switch)
        if safe:
            yield one


def _every(
    junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int, ways: tuple[Way, ...]
) -> Iterator[Transition]:
    missing_s = _missing_s(before, after, asked_s)
    if Way.DWELL in ways:
        held = dwell(before, after, asked_s)
        yield Transition(
            way=Way.DWELL, steps=(), cost=disturbance(junction, before, after, (held.first_s, held.second_s))
        )
    if not missing_s:
        return
    found: list[tuple[Way, Steps]] = []
    if Way.ADD in ways:
        found += [(Way.ADD, steps) for steps in added(junction, after, missing_s)]
    if Way.SUBTRACT in ways:
        found += [(Way.SUBTRACT, steps) for steps in subtracted(junction, after, after.cycle_s - missing_s)]
    for way, steps in found:
        yield Transition(way=way, steps=steps, cost=disturbance(junction, before, after, steps))


def dwell_fits(junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int) -> bool:
    """Whether no red grows too long and no green of the held stage passes its maximum."""
    held = dwell(before, after, asked_s)
    old = {green.group_id: green for green in before.greens}
    return all(
        _group_fits(junction, junction.group(new.group_id), old, new, after, before, held) for new in after.greens
    )


def _group_fits(
    junction: Junction,
    group: SignalGroup,
    old: dict[GroupId, Green],
    new: Green,
    after: SignalPlan,
    before: SignalPlan,
    held: Dwell,
) -> bool:
    green_s = new.end_s - new.start_s
    last = old.get(new.group_id, new)
    if green_s >= after.cycle_s:
        return True
    if new.start_s == 0 or new.end_s > after.cycle_s:
        # Green when the stage is held: it lasts longer by the hold.
        earlier_s = max(0, before.cycle_s - last.start_s) if last.end_s > before.cycle_s else 0
        lit_s = max(green_s, earlier_s + (new.end_s % after.cycle_s or new.end_s)) + held.first_s
        return group.max_green_s is None or lit_s <= group.max_green_s
    first_red_s = before.cycle_s - last.end_s + new.start_s + held.first_s
    second_red_s = after.cycle_s - green_s + held.second_s
    return max(first_red_s, second_red_s) - group.yellow_s <= longest_red_s(junction, group)


def longest_red_s(junction: Junction, group: SignalGroup) -> int:
    profile = national_profile(junction.national_profile)
    limit_s = profile.max_red_s if group.max_red_s is None else group.max_red_s
    return min(limit_s, profile.max_pedestrian_wait_s) if group.kind is MovementKind.PEDESTRIAN else limit_s


def best_moment_s(
    junction: Junction, before: SignalPlan, after: SignalPlan, slot: int, *, ways: tuple[Way, ...] = WAYS
) -> int | None:
    """The full minute near the start of a slot at which least is to be made up; None where no way is safe."""

    def effort(moment: int) -> tuple[int, int]:
        missing_s = _missing_s(before, after, moment)
        least_s = min(missing_s, after.cycle_s - missing_s) if Way.SUBTRACT in ways else missing_s
        return least_s + abs(moment - slot * SLOT_S) // 60 * 2, moment

    moments = [slot * SLOT_S + 60 * minute for minute in MINUTES]
    ordered = sorted((moment for moment in moments if 0 < moment < DAY_S), key=effort)
    return next((moment for moment in ordered if fits(junction, before, after, moment, ways=ways)), None)


def with_transitions(junction: Junction, day_plan: DayPlan) -> DayPlan:
    """The day with the least disturbing safe way written into each entry; where none is safe it stays as it is."""
    plans = [day_plan.plan(entry.plan_number) for entry in day_plan.entries]
    entries: list[DayPlanEntry] = []
    for k, entry in enumerate(day_plan.entries):
        asked_s = entry.start_s if k else DAY_S
        chosen = chosen_transition(junction, plans[k - 1], plans[k], asked_s)
        entries.append(entry if chosen is None else replace(entry, steps=chosen.steps))
    running, introduction = junction.running_plan, day_plan.introduction
    if running is not None and not plan_findings(rules_of(junction), running):
        entering = chosen_transition(junction, running, plans[0], 0)
        introduction = introduction if entering is None else entering.steps
    return replace(day_plan, entries=tuple(entries), introduction=introduction)
