"""Switches from plan to plan: the moment that is asked for, and the dwell that brings the new offset.

The rule: the running plan finishes its cycle, up to the start of its coordinated stage, where the new plan begins. Its
coordinated stage is held in its first two cycles, each time for half of what is missing to the offset.
"""

from dataclasses import dataclass
from typing import Final

from city.clock import DAY_S
from city.ids import GroupId
from city.national import national_profile
from city.signal_parts import MovementKind, SignalGroup
from city.signal_plans import Green, SignalPlan
from city.signals import Junction
from optimization.signals.problem import SLOT_S

MINUTES: Final = range(-6, 7)  # around the boundary of a slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell:
    """`first_s` and `second_s` are the holds in the new plan's first two cycles."""

    first_s: int
    second_s: int

    @property
    def total_s(self) -> int:
        return self.first_s + self.second_s


def begins_s(before: SignalPlan, asked_s: int) -> int:
    """The moment at which the running plan has finished its cycle, s after midnight."""
    return asked_s + (before.offset_s - asked_s) % before.cycle_s


def dwell(before: SignalPlan, after: SignalPlan, asked_s: int) -> Dwell:
    """`asked_s` after midnight; at 86,400 the area clock starts again."""
    clock_s = begins_s(before, asked_s) - (DAY_S if asked_s >= DAY_S else 0)
    missing_s = (after.offset_s - clock_s) % after.cycle_s
    return Dwell(first_s=missing_s - missing_s // 2, second_s=missing_s // 2)


def fits(junction: Junction, before: SignalPlan, after: SignalPlan, asked_s: int) -> bool:
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


def best_moment_s(junction: Junction, before: SignalPlan, after: SignalPlan, slot: int) -> int | None:
    """The full minute near the start of a slot at which the switch dwells least; None where none is safe."""
    moments = [slot * SLOT_S + 60 * minute for minute in MINUTES]
    safe = [moment for moment in moments if 0 < moment < DAY_S and fits(junction, before, after, moment)]

    def effort(moment: int) -> tuple[int, int]:
        return dwell(before, after, moment).total_s + abs(moment - slot * SLOT_S) // 60 * 2, moment

    return min(safe, key=effort, default=None)
