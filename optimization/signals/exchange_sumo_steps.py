"""The cycles between two plans as SUMO programs of their own, one per cycle: SUMO itself changes programs at once.

Each runs for one cycle, from the moment that its wautSwitch names, and begins there with its first second.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from city.ids import MovementId
from city.signal_plans import DayPlan, DayPlanEntry, SignalPlan
from city.signals import Junction
from optimization.signals.transition_cost import hold_s
from optimization.signals.transitions import begins_s, dwell

Links = Mapping[MovementId, Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SumoStep:
    """One cycle of a switch: `held_s` seconds of dwell after second `hold_s` of `plan`, or a step of its own."""

    begins_s: int
    number: int
    plan: SignalPlan
    hold_s: int = 0
    held_s: int = 0

    @property
    def lasts_s(self) -> int:
        return self.plan.cycle_s + self.held_s

    def lamps(self, states: list[str]) -> list[str]:
        """The plan's states with the held second repeated."""
        return [*states[: self.hold_s], *[states[self.hold_s - 1]] * self.held_s, *states[self.hold_s :]]


def steps_of(junction: Junction, day_plan: DayPlan, position: int) -> Iterator[SumoStep]:
    """The cycles of the switch to the entry at `position`; none where the plan begins at its offset."""
    entry = day_plan.entries[position]
    before = day_plan.plan(day_plan.entries[position - 1].plan_number)
    at_s = begins_s(before, entry.start_s)
    for number, step in enumerate(_cycles(junction, day_plan, entry, before), start=1):
        yield replace(step, begins_s=at_s, number=number)
        at_s += step.lasts_s


def _cycles(junction: Junction, day_plan: DayPlan, entry: DayPlanEntry, before: SignalPlan) -> Iterator[SumoStep]:
    after = day_plan.plan(entry.plan_number)
    for step in entry.steps:
        own = replace(
            after, cycle_s=step.cycle_s, offset_s=0, splits=step.splits, greens=step.greens, actuation=None
        )  # fmt: skip
        yield SumoStep(begins_s=0, number=0, plan=own)
    held = dwell(before, after, entry.start_s)
    if held.total_s and not entry.steps:
        for held_s in (held.first_s, held.second_s):
            yield SumoStep(begins_s=0, number=0, plan=after, hold_s=hold_s(junction, after), held_s=held_s)
