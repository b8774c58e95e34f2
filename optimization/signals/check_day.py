"""A day plan: what the controller can hold, and every switch from plan to plan second by second.

The rule of a switch: the running plan finishes its cycle, up to the start of its coordinated stage. There the new plan
begins. It reaches its offset by dwelling: in its first two cycles the coordinated stage is held, each time by half of
what is missing (the first by the odd second more), with the lamps of the last second before a green of that stage
ends or begins to flash. Offsets count from local midnight, so a plan whose cycle does not divide 86,400 s switches to
itself there.
"""

from dataclasses import dataclass

from city.clock import DAY_S, clock_text
from city.findings import Finding
from city.ids import GroupId
from city.signal_plans import DayPlan, SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import shown
from optimization.signals.check_timeline import Rules, Timeline, timeline_findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """`asked_s` after local midnight `before` shall give way to `after`."""

    before: SignalPlan
    after: SignalPlan
    asked_s: int
    midnight: bool  # the area clock starts again at zero

    @property
    def begins_s(self) -> int:
        return self.asked_s + (self.before.offset_s - self.asked_s) % self.before.cycle_s

    @property
    def dwell_s(self) -> int:
        clock_s = self.begins_s - DAY_S if self.midnight else self.begins_s
        return (self.after.offset_s - clock_s) % self.after.cycle_s

    @property
    def ends_s(self) -> int:
        return self.begins_s + 2 * self.after.cycle_s + self.dwell_s


def switches_of(day_plan: DayPlan) -> list[Switch]:
    """Every switch of the day, the one at the midnight that ends it included."""
    running = [day_plan.plan(entry.plan_number) for entry in day_plan.entries]
    found = [
        Switch(before=running[k - 1], after=running[k], asked_s=day_plan.entries[k].start_s, midnight=False)
        for k in range(1, len(running))
    ]
    found.append(Switch(before=running[-1], after=running[0], asked_s=DAY_S, midnight=True))
    return [switch for switch in found if switch.before != switch.after or switch.dwell_s]


def day_findings(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    found = [*_controller(rules.junction, day_plan), *_covers_the_day(day_plan)]
    if not found:
        switches = switches_of(day_plan)
        found += _spacing(day_plan, switches)
        for switch in switches:
            found += switch_findings(rules, switch)
    return found


def switch_findings(rules: Rules, switch: Switch) -> list[Finding]:
    return timeline_findings(rules, switch_timeline(rules.junction, switch))


def switch_timeline(junction: Junction, switch: Switch) -> Timeline:
    """Two cycles of the plan that ends, two held cycles of the plan that begins, and one as it then goes on."""
    first_s = -(-switch.dwell_s // 2)
    pieces = [
        (shown(junction, switch.before), switch.before.cycle_s, 0),
        (shown(junction, switch.before), switch.before.cycle_s, 0),
        (shown(junction, switch.after), switch.after.cycle_s, first_s),
        (shown(junction, switch.after), switch.after.cycle_s, switch.dwell_s - first_s),
        (shown(junction, switch.after), switch.after.cycle_s, 0),
    ]
    hold_s = hold_second(junction, switch.after)
    bits: dict[GroupId, int] = {group.group_id: 0 for group in junction.groups}
    length_s = 0
    for lamps, cycle_s, held_s in pieces:
        for group_id, one in lamps.items():
            bits[group_id] |= _held(one, hold_s, held_s) << length_s
        length_s += cycle_s + held_s
    subject = (
        f"Switch of junction {junction.junction_id} from plan {switch.before.plan_number} to plan "
        f"{switch.after.plan_number} at {clock_text(switch.asked_s)}"
    )
    return Timeline(seconds=length_s, shown=bits, subject=subject, prefix="transition-")


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


def _found(day_plan: DayPlan, rule: str, sentence: str) -> Finding:
    subject = f"Day plan of junction {day_plan.junction_id}"
    return Finding(rule=rule, subject=subject, sentence=f"{subject}: {sentence}")


def _controller(junction: Junction, day_plan: DayPlan) -> list[Finding]:
    controller = junction.controller
    found = []
    if len(day_plan.plans) > controller.max_plans:
        sentence = f"{len(day_plan.plans)} plans, the controller holds {controller.max_plans}"
        found.append(_found(day_plan, "controller-plans", sentence))
    if len(day_plan.entries) > controller.max_day_entries:
        sentence = f"{len(day_plan.entries)} entries, the controller holds {controller.max_day_entries}"
        found.append(_found(day_plan, "controller-day-entries", sentence))
    foreign = [p.plan_number for p in day_plan.plans if p.plan_number not in controller.writable_plan_numbers]
    if foreign:
        sentence = f"plan numbers {foreign} are not ours to write, {list(controller.writable_plan_numbers)} are"
        found.append(_found(day_plan, "controller-plan-number", sentence))
    return found


def _covers_the_day(day_plan: DayPlan) -> list[Finding]:
    starts = [entry.start_s for entry in day_plan.entries]
    numbers = [plan.plan_number for plan in day_plan.plans]
    found = []
    if not starts or starts[0] != 0 or starts[-1] >= DAY_S or starts != sorted(set(starts)):
        shown_starts = [clock_text(start) for start in starts]
        found.append(_found(day_plan, "day-covered", f"entries at {shown_starts} do not cover the day from 00:00 on"))
    absent = sorted({entry.plan_number for entry in day_plan.entries} - set(numbers))
    if absent or len(set(numbers)) != len(numbers):
        found.append(_found(day_plan, "day-plans", f"plans {numbers} leave {absent} undefined or share a number"))
    foreign = [p.plan_number for p in day_plan.plans if p.junction_id != day_plan.junction_id]
    if foreign:
        found.append(_found(day_plan, "junction-ids", f"plans {foreign} belong to another junction"))
    return found


def _spacing(day_plan: DayPlan, switches: list[Switch]) -> list[Finding]:
    starts = [entry.start_s for entry in day_plan.entries] + [DAY_S]
    found = []
    for switch in switches:
        following = next((start for start in starts if start > switch.asked_s), None)
        if following is not None and switch.ends_s > following:
            sentence = (
                f"the switch asked for at {clock_text(switch.asked_s)} lasts until {clock_text(switch.ends_s)}, "
                f"the next comes at {clock_text(following)}"
            )
            found.append(_found(day_plan, "transition-finished", sentence))
    return found
