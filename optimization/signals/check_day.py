"""A day plan: what the controller can hold, and every switch from plan to plan (check_switch.py).

Offsets count from local midnight, so a plan whose cycle does not divide 86,400 s switches to itself there.
"""

from city.clock import DAY_S, clock_text
from city.findings import Finding
from city.signal_plans import DayPlan
from city.signals import Junction
from optimization.signals.check_switch import Switch, switch_findings
from optimization.signals.check_timeline import Rules


def switches_of(day_plan: DayPlan) -> list[Switch]:
    """Every switch of the day, the one at the midnight that ends it included."""
    entries = day_plan.entries
    running = [day_plan.plan(entry.plan_number) for entry in entries]
    found = [
        Switch(
            before=running[k - 1], after=running[k], asked_s=entries[k].start_s, midnight=False, steps=entries[k].steps
        )
        for k in range(1, len(running))
    ]
    found.append(Switch(before=running[-1], after=running[0], asked_s=DAY_S, midnight=True, steps=entries[0].steps))
    return [switch for switch in found if switch.before != switch.after or switch.missing_s or switch.steps]


def day_findings(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    found = [*_controller(rules.junction, day_plan), *_covers_the_day(day_plan)]
    if not found:
        switches = switches_of(day_plan)
        found += _spacing(day_plan, switches)
        for switch in switches:
            found += switch_findings(rules, switch)
    return found


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
