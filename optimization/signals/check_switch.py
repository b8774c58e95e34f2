"""A switch from plan to plan, second by second.

The running plan finishes its cycle, up to the start of its coordinated stage. There the new plan begins, and is brought
to its offset in one of two ways. With steps, its first cycles are as the steps say, greens and all, and end where the
offset asks for. Without, it dwells: in its first two cycles the coordinated stage is held, each time by half of what
is missing (the first by the odd second more), with the lamps of the last second before a green of that stage ends or
begins to flash.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from city.clock import DAY_S, clock_text
from city.findings import Finding
from city.ids import GroupId
from city.signal_plans import SignalPlan, TransitionStep
from city.signals import Junction
from optimization.signals.check_greens import shown
from optimization.signals.check_plan import stage_findings
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings

MOST_STEPS: Final = 3
PREFIX: Final = "transition-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`asked_s` after local midnight `before` shall give way to `after`, by `steps` or by dwelling."""

    before: SignalPlan
    after: SignalPlan
    asked_s: int
    midnight: bool  # the area clock starts again at zero
    steps: tuple[TransitionStep, ...] = ()

    @property
    def begins_s(self) -> int:
        return self.asked_s + (self.before.offset_s - self.asked_s) % self.before.cycle_s

    @property
    def missing_s(self) -> int:
        """From the begin of the new plan to where its offset asks for one."""
        clock_s = self.begins_s - DAY_S if self.midnight else self.begins_s
        return (self.after.offset_s - clock_s) % self.after.cycle_s

    @property
    def dwell_s(self) -> int:
        return 0 if self.steps else self.missing_s

    @property
    def ends_s(self) -> int:
        if self.steps:
            return self.begins_s + sum(step.cycle_s for step in self.steps)
        return self.begins_s + 2 * self.after.cycle_s + self.dwell_s

    @property
    def subject(self) -> str:
        return (
            f"Switch of junction {self.after.junction_id} from plan {self.before.plan_number} to plan "
            f"{self.after.plan_number} at {clock_text(self.asked_s)}"
        )


def switch_findings(rules: Rules, switch: Switch) -> list[Finding]:
    junction = rules.junction
    found = list(_step_findings(junction, switch))
    if any(_contradiction(junction, switch.after, step) is not None for step in switch.steps):
        return found  # there are no seconds to look at
    return found + timeline_findings(rules, switch_timeline(junction, switch))


def _step_findings(junction: Junction, switch: Switch) -> Iterator[Finding]:
    """What is wrong with the steps before lamps are looked at: their stages, their number and where they end."""
    after, steps = switch.after, switch.steps
    if len(steps) > MOST_STEPS:
        yield _found(switch, "step", f"it takes {len(steps)} steps, at most {MOST_STEPS} are allowed")
    for number, step in enumerate(steps, start=1):
        fault = _contradiction(junction, after, step)
        if fault is not None:
            yield _found(switch, "step", f"step {number} {fault}")
            continue
        least_s, most_s = junction.controller.min_cycle_s, junction.controller.max_cycle_s
        if not least_s <= step.cycle_s <= most_s:
            sentence = f"step {number} lasts {step.cycle_s} s, the controller runs cycles of {least_s} to {most_s} s"
            yield _found(switch, "cycle", sentence)
        for one in stage_findings(junction, _as_plan(after, step)):
            yield _found(switch, "step", f"step {number}: {one.sentence.removeprefix(f'{one.subject}: ')}")
    reached_s = sum(step.cycle_s for step in steps)
    if steps and (reached_s - switch.missing_s) % after.cycle_s:
        sentence = (
            f"its steps last {reached_s} s, the offset asks for {switch.missing_s} s "
            f"beyond whole cycles of {after.cycle_s} s"
        )
        yield _found(switch, "offset", sentence)


def _contradiction(junction: Junction, after: SignalPlan, step: TransitionStep) -> str | None:
    order = [split.stage_id for split in step.splits]
    if order != [split.stage_id for split in after.splits]:
        return f"runs stages {', '.join(order) or 'none'}, the plan {', '.join(s.stage_id for s in after.splits)}"
    if order[:1] != [after.coordinated_stage_id]:
        return "does not begin with the coordinated stage"
    if any(split.split_s <= 0 for split in step.splits):
        return "has a stage without time"
    groups = {group.group_id for group in junction.groups}
    for green in step.greens:
        if green.group_id not in groups:
            return f"shows green to a signal group {green.group_id}, which there is not"
        if not 0 <= green.start_s < step.cycle_s or not green.start_s < green.end_s <= green.start_s + step.cycle_s:
            return f"has a green of {green.group_id} from {green.start_s} to {green.end_s} s in {step.cycle_s} s"
    return None


def _as_plan(after: SignalPlan, step: TransitionStep) -> SignalPlan:
    return replace(
        after, cycle_s=step.cycle_s, offset_s=0, splits=step.splits, greens=step.greens, actuation=None
    )  # fmt: skip


def _found(switch: Switch, rule: str, sentence: str) -> Finding:
    return Finding(rule=PREFIX + rule, subject=switch.subject, sentence=f"{switch.subject}: {sentence}")


def switch_timeline(junction: Junction, switch: Switch) -> Timeline:
    """Two cycles of the plan that ends, the cycles that bring the offset, and one of the plan as it then goes on."""
    before = shown(junction, switch.before)
    pieces = [(before, switch.before.cycle_s)] * 2
    if switch.steps:
        pieces += [(shown(junction, _as_plan(switch.after, step)), step.cycle_s) for step in switch.steps]
    else:
        pieces += _dwelled(junction, switch)
    pieces.append((shown(junction, switch.after), switch.after.cycle_s))
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    length_s = 0
    for lamps, seconds in pieces:
        for group_id, one in lamps.items():
            bits[group_id] |= one << length_s
        length_s += seconds
    return Timeline(seconds=length_s, shown=bits, subject=switch.subject, prefix=PREFIX)


def _dwelled(junction: Junction, switch: Switch) -> list[tuple[dict[GroupId, int], int]]:
    first_s = -(-switch.dwell_s // 2)
    hold_s = hold_second(junction, switch.after)
    return [
        (
            {group_id: _held(one, hold_s, held_s) for group_id, one in shown(junction, switch.after).items()},
            switch.after.cycle_s + held_s,
        )
        for held_s in (first_s, switch.dwell_s - first_s)
    ]


def _held(bits: int, hold_s: int, held_s: int) -> int:
    """The same lamps with second `hold_s` shown `held_s` times more."""
    low = bits & ((1 << (hold_s + 1)) - 1)
    again = ((1 << held_s) - 1) << (hold_s + 1) if bits >> hold_s & 1 else 0
    return low | again | (bits >> (hold_s + 1)) << (hold_s + 1 + held_s)


def hold_second(junction: Junction, plan: SignalPlan) -> int:
    """The last second of the coordinated stage before one of its greens ends or begins to flash."""
    seconds = []
    for group in junction.groups:
        bits = shown(junction, plan)[group.group_id]
        if bits & 1:
            lit_s = (~bits & (bits + 1)).bit_length() - 1
            seconds.append(lit_s - 1 - (group.green_flash_s if lit_s < plan.cycle_s else 0))
    return max(0, min(seconds, default=0))
