"""The independent check of signal plans: the standard library and `city/`, no solver, no planner.

It works from the greens of each plan, second by second, and knows nothing of how they came about. Rules are named in
check_rules.py.
"""

from city.clock import clock_text
from city.findings import CheckReport, Finding
from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.check_actuation import actuation_findings
from optimization.signals.check_day import day_findings, switches_of
from optimization.signals.check_plan import junction_findings, plan_findings, repeated
from optimization.signals.check_switch import Switch, switch_findings
from optimization.signals.check_timeline import Rules, rules_of


def check_schedule(
    schedule: SignalSchedule, junctions: tuple[Junction, ...], corridors: tuple[Corridor, ...] = ()
) -> CheckReport:
    """Every rule that the schedule breaks; `measures` count what was looked at and hold the longest red, s."""
    known = {junction.junction_id: junction for junction in junctions}
    found = [*_schedule(schedule, known), *_corridors(schedule, corridors)]
    plans = switches = 0
    longest_red_s = 0
    for day_plan in schedule.day_plans:
        junction = known.get(day_plan.junction_id)
        if junction is None:
            continue
        rules = rules_of(junction)
        found += _day_plan(rules, day_plan)
        plans += len(day_plan.plans)
        switches += len(switches_of(day_plan)) if _runs(day_plan) and _can_run(junction, day_plan) else 0
        longest_red_s = max(longest_red_s, _longest_red_s(rules, day_plan))
    measures = {"plans": float(plans), "switches": float(switches), "longest_red_s": float(longest_red_s)}
    return CheckReport(checked=f"signal schedule {schedule.plan_id}", findings=tuple(found), measures=measures)


def _day_plan(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    found = junction_findings(rules.junction)
    for plan in day_plan.plans:
        found += plan_findings(rules, plan)
    if not _can_run(rules.junction, day_plan):
        return found
    for plan in day_plan.plans:
        found += actuation_findings(rules, plan)
    return found + day_findings(rules, day_plan) + _from_the_running_plan(rules, day_plan)


def _can_run(junction: Junction, day_plan: DayPlan) -> bool:
    """Whether there are seconds to look at: known stages and groups in a cycle that is not empty."""
    groups = {group.group_id for group in junction.groups}
    stages = {stage.stage_id for stage in junction.stages}
    return all(
        plan.cycle_s > 0
        and {green.group_id for green in plan.greens} <= groups
        and {split.stage_id for split in plan.splits} <= stages
        for plan in day_plan.plans
    )


def _from_the_running_plan(rules: Rules, day_plan: DayPlan) -> list[Finding]:
    """The first switch of all: from what runs today. A running plan that is itself unsafe is not judged by this."""
    running = rules.junction.running_plan
    if running is None and day_plan.introduction:
        subject = f"Day plan of junction {day_plan.junction_id}"
        sentence = f"{subject}: it has steps from a running plan, and none is known"
        return [Finding(rule="transition-step", subject=subject, sentence=sentence)]
    if running is None or not day_plan.entries or plan_findings(rules, running):
        return []
    first = next((p for p in day_plan.plans if p.plan_number == day_plan.entries[0].plan_number), None)
    if first is None:
        return []
    entering = Switch(before=running, after=first, asked_s=0, midnight=False, steps=day_plan.introduction)
    return switch_findings(rules, entering)


def _longest_red_s(rules: Rules, day_plan: DayPlan) -> int:
    if not _can_run(rules.junction, day_plan):
        return 0
    groups = {group.group_id for group in rules.junction.groups}
    timelines = [repeated(rules.junction, plan) for plan in day_plan.plans]
    return max((red for timeline in timelines for group_id in groups for red in timeline.reds(group_id)), default=0)


def _schedule(schedule: SignalSchedule, known: dict[JunctionId, Junction]) -> list[Finding]:
    subject = f"Schedule {schedule.plan_id}"
    planned = [day_plan.junction_id for day_plan in schedule.day_plans]
    kept = [junction_id for junction_id, _ in schedule.unchanged]
    found = []

    def add(rule: str, sentence: str) -> None:
        found.append(Finding(rule=rule, subject=subject, sentence=f"{subject}: {sentence}"))

    for junction_id in sorted(set(planned + kept) - set(known)):
        add("known-junction", f"there is no junction {junction_id}")
    for junction_id in sorted({j for j in planned + kept if (planned + kept).count(j) > 1}):
        add("planned-once", f"junction {junction_id} is planned or left unchanged more than once")
    for day_plan in schedule.day_plans:
        junction = known.get(day_plan.junction_id)
        if junction is not None and day_plan.district_id != junction.district_id:
            add(
                "districts", f"{junction.junction_id} is filed under {day_plan.district_id}, not {junction.district_id}"
            )
        if day_plan.district_id not in schedule.district_ids:
            add("districts", f"district {day_plan.district_id} of junction {day_plan.junction_id} is not named")
    return found


def _runs(day_plan: DayPlan) -> bool:
    numbers = {plan.plan_number for plan in day_plan.plans}
    if not day_plan.entries or day_plan.entries[0].start_s > 0:
        return False
    known = {entry.plan_number for entry in day_plan.entries} <= numbers
    return known and all(plan.cycle_s > 0 for plan in day_plan.plans)


def _corridors(schedule: SignalSchedule, corridors: tuple[Corridor, ...]) -> list[Finding]:
    """Junctions that are coordinated run the same cycle, or one cycle is a whole multiple of the other."""
    known = {corridor.corridor_id: corridor for corridor in corridors}
    subject = f"Schedule {schedule.plan_id}"
    found = []
    for corridor_id in schedule.corridor_ids:
        if corridor_id not in known:
            sentence = f"{subject}: there is no corridor {corridor_id}"
            found.append(Finding(rule="known-corridor", subject=subject, sentence=sentence))
            continue
        members = [d for d in schedule.day_plans if d.junction_id in known[corridor_id].junction_ids and _runs(d)]
        for noon_s in range(450, 86_400, 900):  # mid-slot: neighbours may switch some minutes apart
            cycles = {d.junction_id: d.plan_at(noon_s).cycle_s for d in members}
            if cycles and any(max(cycles.values()) % cycle_s for cycle_s in cycles.values()):
                shown = ", ".join(f"{junction_id} {cycle_s} s" for junction_id, cycle_s in cycles.items())
                sentence = f"Corridor {corridor_id}: at {clock_text(noon_s)} its cycles are {shown}"
                found.append(Finding(rule="common-cycle", subject=f"Corridor {corridor_id}", sentence=sentence))
                break
    return found
