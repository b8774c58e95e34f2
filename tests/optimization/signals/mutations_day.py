"""Mutations of days and schedules, which break a rule, and mutations that break none."""

import random
from dataclasses import replace

from city.clock import DAY_S
from city.ids import CorridorId, DistrictId, JunctionId, PlanId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import DayPlanEntry
from city.signals import stage_greens_s
from city.stage_timing import build_plan
from optimization.signals.check_rules import LAMPS as RULES_OF_LAMPS
from tests.optimization.signals.cases import forced
from tests.optimization.signals.mutation_bases import Case
from tests.optimization.signals.mutations_actuation import ACTUATION
from tests.optimization.signals.mutations_lamps import LAMPS, Mutate, Operator, countdown_while_actuated
from tests.optimization.signals.mutations_plan import PLAN
from tests.optimization.signals.mutations_steps import STEPS


def too_many_plans(case: Case, rng: random.Random) -> Case | None:
    return case.with_controller(max_plans=rng.randrange(len(case.day.plans)))


def too_many_entries(case: Case, rng: random.Random) -> Case | None:
    return case.with_controller(max_day_entries=rng.randrange(len(case.day.entries)))


def foreign_number(case: Case, rng: random.Random) -> Case | None:
    used = {plan.plan_number for plan in case.day.plans}
    kept = tuple(n for n in case.of.controller.writable_plan_numbers if n != rng.choice(sorted(used)))
    return case.with_controller(writable_plan_numbers=kept) if not used <= set(kept) else None


def late_first_entry(case: Case, rng: random.Random) -> Case | None:
    first, *later = case.day.entries
    return case.with_day(entries=(forced(first, start_s=rng.randint(1, 900)), *later))


def no_entries(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_day(entries=())


def entry_after_the_day(case: Case, rng: random.Random) -> Case | None:
    late = DayPlanEntry(start_s=DAY_S + rng.randrange(900), plan_number=case.plan.plan_number)
    return case.with_day(entries=(*case.day.entries, late))


def absent_plan(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(case.day.entries))
    entries = tuple(forced(e, plan_number=99) if n == k else e for n, e in enumerate(case.day.entries))
    return case.with_day(entries=entries)


def shared_number(case: Case, rng: random.Random) -> Case | None:
    del rng
    return case.with_day(plans=(*case.day.plans, case.plan))


def plan_of_another(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(junction_id=JunctionId(f"J9{rng.randrange(10)}"))


def hasty_switch(case: Case, rng: random.Random) -> Case | None:
    """The next switch is asked for before the steps, or the two held cycles, can be over."""
    if len(case.day.plans) < 2:
        return None
    before, after = case.day.entries[:2]
    least_s = sum(step.cycle_s for step in after.steps) or 2 * case.day.plans[1].cycle_s
    again = DayPlanEntry(start_s=after.start_s + rng.randrange(1, least_s), plan_number=before.plan_number)
    return case.with_day(entries=(before, after, again))


def unknown_junction(case: Case, rng: random.Random) -> Case | None:
    del rng
    return replace(case, junctions=case.junctions[1:])


def planned_twice(case: Case, rng: random.Random) -> Case | None:
    days = (*case.schedule.day_plans, rng.choice(case.schedule.day_plans))
    return replace(case, schedule=replace(case.schedule, day_plans=days))


def planned_and_unchanged(case: Case, rng: random.Random) -> Case | None:
    del rng
    kept = ((case.of.junction_id, "kept"),)
    return replace(case, schedule=replace(case.schedule, unchanged=kept))


def other_district(case: Case, rng: random.Random) -> Case | None:
    elsewhere = DistrictId(f"d9{rng.randrange(10)}")
    return rng.choice((case.with_junction(district_id=elsewhere), case.with_day(district_id=elsewhere)))


def unnamed_district(case: Case, rng: random.Random) -> Case | None:
    del rng
    return replace(case, schedule=replace(case.schedule, district_ids=()))


def unknown_corridor(case: Case, rng: random.Random) -> Case | None:
    named = (*case.schedule.corridor_ids, CorridorId(f"C9{rng.randrange(10)}"))
    return replace(case, schedule=replace(case.schedule, corridor_ids=named))


def neighbours_apart(case: Case, rng: random.Random) -> Case | None:
    """One junction of a corridor runs a cycle that does not fit the other's."""
    if not case.corridors:
        return None
    longer_s = rng.randint(1, 20)
    last = case.plan.splits[-1]
    return case.with_plan(
        cycle_s=case.plan.cycle_s + longer_s,
        splits=(*case.plan.splits[:-1], forced(last, split_s=last.split_s + longer_s)),
    )


def _is_calm(case: Case) -> bool:
    """One plan the whole day that meets itself at midnight, and lefts that go in no stage but their own."""
    marked = [stage for stage in case.of.stages if stage.protected_left]
    shared = [s for m in marked for s in case.of.stages if s != m and not set(s.group_ids).isdisjoint(m.group_ids)]
    alone = not shared and len(case.day.plans) == len(case.day.entries) == 1 and case.of.running_plan is None
    return alone and case.plan.actuation is None and DAY_S % case.plan.cycle_s == 0


def any_offset(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(offset_s=rng.randrange(case.plan.cycle_s)) if _is_calm(case) else None


def green_a_little_shorter(case: Case, rng: random.Random) -> Case | None:
    """Cut at its end, but neither below its minimum nor to a red that is too long."""
    green = case.green(rng.choice(case.of.groups).group_id)
    if green is None or not _is_calm(case):
        return None
    group = case.of.group(green.group_id)
    profile = national_profile(case.of.national_profile)
    limits = [profile.max_red_s if group.max_red_s is None else group.max_red_s]
    limits += [profile.max_pedestrian_wait_s] if group.kind is MovementKind.PEDESTRIAN else []
    length_s = green.end_s - green.start_s
    least_s = max(group.min_green_s, group.green_flash_s + 1, case.plan.cycle_s - group.yellow_s - min(limits))
    if least_s >= length_s:
        return None
    return case.with_green(green, green.start_s, green.start_s + rng.randrange(least_s, length_s))


def built_anew(case: Case, rng: random.Random) -> Case | None:
    """Any order of the stages that divides the same cycle otherwise; limits on red leave room for a cycle."""
    if not _is_calm(case):
        return None
    first, *later = (s.stage_id for s in case.plan.splits)
    chain = (first, *rng.sample(later, len(later)))
    splits = stage_greens_s(case.of, chain)
    spare_s = case.plan.cycle_s - sum(splits.values())
    profile = national_profile(case.of.national_profile)
    if spare_s < 0 or case.plan.cycle_s > min(profile.max_red_s, profile.max_pedestrian_wait_s):
        return None
    for _ in range(spare_s):
        splits[rng.choice(chain)] += 1
    plan = build_plan(
        case.of, plan_number=case.plan.plan_number, offset_s=case.plan.offset_s, splits_s=splits, chain=chain
    )
    return case.with_day(plans=(plan,))


def other_number(case: Case, rng: random.Random) -> Case | None:
    if len(case.day.plans) > 1:
        return None
    number = rng.choice(case.of.controller.writable_plan_numbers)
    entries = tuple(forced(e, plan_number=number) for e in case.day.entries)
    return case.with_plan(plan_number=number).with_day(entries=entries)


def the_same_again(case: Case, rng: random.Random) -> Case | None:
    """An entry that goes on with the plan that runs."""
    last = case.day.entries[-1]
    again = DayPlanEntry(start_s=last.start_s + 3600 + rng.randrange(3600), plan_number=last.plan_number)
    return case.with_day(entries=(*case.day.entries, again))


def wider_limits(case: Case, rng: random.Random) -> Case | None:
    group = rng.choice(case.of.groups)
    wider = case.with_group(group.group_id, max_green_s=10_000, max_red_s=10_000)
    controller = wider.with_controller(max_plans=99, max_stages=99, max_day_entries=99, max_cycle_s=999)
    return controller.with_junction(cycle_max_s=case.of.cycle_max_s + rng.randint(1, 99))


def another_order_of_greens(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(greens=tuple(rng.sample(case.plan.greens, len(case.plan.greens))))


def other_words(case: Case, rng: random.Random) -> Case | None:
    words = (f"assumed {rng.random()}",)
    named = replace(case.schedule, plan_id=PlanId(f"P{rng.randrange(99)}"), assumed=words, degraded=words, rung="other")
    return replace(case, schedule=named)


def a_junction_more(case: Case, rng: random.Random) -> Case | None:
    other = forced(case.of, junction_id=JunctionId(f"J8{rng.randrange(10)}"))
    return replace(case, junctions=(*case.junctions, other))


def left_as_it_is(case: Case, rng: random.Random) -> Case | None:
    other = forced(case.of, junction_id=JunctionId(f"J8{rng.randrange(10)}"))
    kept = replace(case.schedule, unchanged=((other.junction_id, "flashes yellow"),))
    return replace(case, schedule=kept, junctions=(*case.junctions, other))


def before_a_switch(mutate: Mutate) -> Mutate:
    """The mutated plan gives way to another: its last cycles are part of the switch, and break the rule there too."""

    def mutated(case: Case, rng: random.Random) -> Case | None:
        return mutate(case, rng) if len(case.day.plans) > 1 else None

    return mutated


SWITCHES = tuple(
    Operator(name=f"{one.name}, then a switch", breaks=f"transition-{one.breaks}", mutate=before_a_switch(one.mutate))
    for one in LAMPS
    if one.breaks in RULES_OF_LAMPS and one.mutate is not countdown_while_actuated
)
DAY = (
    Operator(name="more plans than the controller's", breaks="controller-plans", mutate=too_many_plans),
    Operator(name="more entries than the controller's", breaks="controller-day-entries", mutate=too_many_entries),
    Operator(name="number not ours to write", breaks="controller-plan-number", mutate=foreign_number),
    Operator(name="day begins late", breaks="day-covered", mutate=late_first_entry),
    Operator(name="day without entries", breaks="day-covered", mutate=no_entries),
    Operator(name="entry after the day", breaks="day-covered", mutate=entry_after_the_day),
    Operator(name="entry of an absent plan", breaks="day-plans", mutate=absent_plan),
    Operator(name="two plans of one number", breaks="day-plans", mutate=shared_number),
    Operator(name="plan of another junction", breaks="junction-ids", mutate=plan_of_another),
    Operator(name="switch before the last is over", breaks="transition-finished", mutate=hasty_switch),
    Operator(name="junction unknown", breaks="known-junction", mutate=unknown_junction),
    Operator(name="junction planned twice", breaks="planned-once", mutate=planned_twice),
    Operator(name="junction planned and unchanged", breaks="planned-once", mutate=planned_and_unchanged),
    Operator(name="other district", breaks="districts", mutate=other_district),
    Operator(name="district not named", breaks="districts", mutate=unnamed_district),
    Operator(name="corridor unknown", breaks="known-corridor", mutate=unknown_corridor),
    Operator(name="neighbours' cycles apart", breaks="common-cycle", mutate=neighbours_apart),
)
SAFE = (
    Operator(name="any offset", breaks=None, mutate=any_offset),
    Operator(name="green a little shorter", breaks=None, mutate=green_a_little_shorter),
    Operator(name="stages in another order", breaks=None, mutate=built_anew),
    Operator(name="another plan number", breaks=None, mutate=other_number),
    Operator(name="the same plan again", breaks=None, mutate=the_same_again),
    Operator(name="wider limits", breaks=None, mutate=wider_limits),
    Operator(name="greens listed in another order", breaks=None, mutate=another_order_of_greens),
    Operator(name="other words", breaks=None, mutate=other_words),
    Operator(name="a junction more", breaks=None, mutate=a_junction_more),
    Operator(name="a junction left as it is", breaks=None, mutate=left_as_it_is),
)
OPERATORS = (*LAMPS, *SWITCHES, *STEPS, *ACTUATION, *PLAN, *DAY, *SAFE)
