"""Mutations of what lamps show. Each breaks its rule by construction, worked out without the check."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from city.clock import DAY_S
from city.ids import GroupId
from city.national import national_profile
from city.signal_parts import ControlMode, Countdown, MovementKind, Relation
from city.signal_plans import Green, SignalPlan
from tests.optimization.signals.mutation_bases import Case

Mutate = Callable[[Case, random.Random], Case | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """`breaks` names the rule, None says that the outcome is safe; a mutation may not apply to a base."""

    name: str
    breaks: str | None
    mutate: Mutate


def clashing(case: Case) -> list[tuple[GroupId, GroupId]]:
    group_of = {m.movement_id: m.group_id for m in case.of.movements}
    return sorted(
        {
            (group_of[c.from_movement_id], group_of[c.to_movement_id])
            for c in case.of.conflicts
            if c.relation is Relation.PROHIBITED
        }
    )


def reaching(case: Case, a: GroupId, b: GroupId, beyond_s: int) -> Case | None:
    """The green of `a` ends `beyond_s` after the start of the next green of `b`, negative for before it."""
    first, second = case.green(a), case.green(b)
    if first is None or second is None:
        return None
    away_s = (second.start_s - first.start_s) % case.plan.cycle_s
    length_s = away_s + beyond_s
    if length_s <= 0 or length_s >= case.plan.cycle_s:
        return None
    return case.with_green(first, first.start_s, first.start_s + length_s)


def overlap(case: Case, rng: random.Random) -> Case | None:
    pairs = clashing(case)
    return reaching(case, *rng.choice(pairs), rng.randint(1, 5)) if pairs else None


def short_intergreen(case: Case, rng: random.Random) -> Case | None:
    pairs = [pair for pair in case.of.intergreens if pair.seconds > 0]
    if not pairs:
        return None
    pair = rng.choice(pairs)
    return reaching(case, pair.from_group_id, pair.to_group_id, -rng.randrange(pair.seconds))


def forbidden_yield(case: Case, rng: random.Random) -> Case | None:
    """A yielding pair that is green together is struck off the junction's list."""
    group_of = {m.movement_id: m.group_id for m in case.of.movements}
    prohibited = set(clashing(case))
    together = [
        (one, other)
        for one, other in case.of.permitted_yields
        if (pair := (group_of[one], group_of[other])) not in prohibited
        and pair[::-1] not in prohibited
        and pair[0] != pair[1]
        and _seconds(case.plan, pair[0]) & _seconds(case.plan, pair[1])
    ]
    if not together:
        return None
    struck = rng.choice(together)
    return case.with_junction(permitted_yields=tuple(p for p in case.of.permitted_yields if p != struck))


def _seconds(plan: SignalPlan, group_id: GroupId) -> set[int]:
    return {s % plan.cycle_s for g in plan.greens if g.group_id == group_id for s in range(g.start_s, g.end_s)}


def _single(case: Case, rng: random.Random, *, walks: bool | None = None) -> Green | None:
    groups = [g for g in case.of.groups if walks is None or (g.kind is MovementKind.PEDESTRIAN) is walks]
    greens = [green for g in groups if (green := case.green(g.group_id)) is not None]
    return rng.choice(greens) if greens else None


def cut_below_minimum(*, walks: bool) -> Mutate:
    def mutate(case: Case, rng: random.Random) -> Case | None:
        green = _single(case, rng, walks=walks)
        if green is None or case.of.group(green.group_id).min_green_s < 2:
            return None
        return case.with_green(
            green, green.start_s, green.start_s + rng.randrange(1, case.of.group(green.group_id).min_green_s)
        )

    return mutate


def lower_maximum_green(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng)
    if green is None:
        return None
    return case.with_group(green.group_id, max_green_s=green.end_s - green.start_s - rng.randint(1, 4))


def _red_s(case: Case, green: Green) -> int:
    return case.plan.cycle_s - (green.end_s - green.start_s)


def lower_maximum_red(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng)
    if green is None:
        return None
    shown_s = _red_s(case, green) - case.of.group(green.group_id).yellow_s
    return case.with_group(green.group_id, max_red_s=shown_s - rng.randint(1, 10))


def long_wait_on_foot(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng, walks=True)
    most_s = case.plan.cycle_s - national_profile(case.of.national_profile).max_pedestrian_wait_s - 1
    if green is None or most_s < 1:
        return None
    return case.with_green(green, green.start_s, green.start_s + rng.randint(1, most_s))


def yellow_beyond_red(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng)
    return None if green is None else case.with_group(green.group_id, yellow_s=_red_s(case, green) + rng.randint(1, 9))


def flash_all_green(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng)
    if green is None:
        return None
    return case.with_group(green.group_id, green_flash_s=green.end_s - green.start_s + rng.randint(0, 9))


def countdown_beyond_green(case: Case, rng: random.Random) -> Case | None:
    green = _single(case, rng)
    if green is None:
        return None
    seconds = green.end_s - green.start_s + rng.randint(1, 9)
    return case.with_controller(countdown=Countdown.LAST_SECONDS, countdown_s=seconds)


def countdown_while_actuated(case: Case, rng: random.Random) -> Case | None:
    shown = rng.choice((Countdown.FULL, Countdown.LAST_SECONDS))
    return case.with_controller(countdown=shown).with_junction(mode=ControlMode.ACTUATED)


def unserved(case: Case, rng: random.Random) -> Case | None:
    lost = rng.choice(case.of.groups).group_id
    return case.with_plan(greens=tuple(g for g in case.plan.greens if g.group_id != lost))


def missing_s(case: Case) -> int:
    """From the begin of the second plan of the day to where its offset asks for one, s."""
    before, after = case.day.plans[:2]
    asked_s = case.day.entries[1].start_s
    begins_s = next(s for s in range(asked_s, DAY_S) if s % before.cycle_s == before.offset_s)
    return next(k for k in range(after.cycle_s) if (begins_s + k) % after.cycle_s == after.offset_s)


def _holds(case: Case) -> tuple[int, int, Green] | None:
    """By how much the second plan of the day holds its coordinated stage in its first and in its second cycle."""
    if len(case.day.plans) < 2 or case.day.entries[1].steps:
        return None
    after, missing = case.day.plans[1], missing_s(case)
    first = next((g for g in after.greens if g.start_s == 0 and g.end_s < after.cycle_s), None)
    return None if first is None else (missing - missing // 2, missing // 2, first)


def _twice(plan: SignalPlan, group_id: GroupId) -> bool:
    return sum(g.group_id == group_id for g in plan.greens) > 1


def held_beyond_maximum_green(case: Case, rng: random.Random) -> Case | None:
    """A green of the stage that is held may last as long as both plans show it, not as long as it is held."""
    held = _holds(case)
    if held is None or held[0] == 0:
        return None
    first_s, _, green = held
    return case.with_group(green.group_id, max_green_s=green.end_s + rng.randrange(first_s))


def held_beyond_maximum_red(case: Case, rng: random.Random) -> Case | None:
    """A group that begins after the stage that is held waits longer by the hold."""
    held = _holds(case)
    if held is None or held[1] == 0:
        return None
    after = case.day.plans[1]
    stage_s = after.splits[0].split_s
    later = [
        g for g in after.greens if g.start_s >= stage_s and g.end_s <= after.cycle_s and not _twice(after, g.group_id)
    ]
    if not later:
        return None
    green = rng.choice(later)
    red_s = after.cycle_s - (green.end_s - green.start_s) - case.of.group(green.group_id).yellow_s
    return case.with_group(green.group_id, max_red_s=red_s + rng.randrange(held[1]))


LAMPS = (
    Operator(name="green runs into a prohibited one", breaks="prohibited-overlap", mutate=overlap),
    Operator(name="green ends too near the next", breaks="intergreen", mutate=short_intergreen),
    Operator(name="yield struck off the list", breaks="unlisted-yield", mutate=forbidden_yield),
    Operator(name="green of wheels cut short", breaks="minimum-green", mutate=cut_below_minimum(walks=False)),
    Operator(name="walk cut short", breaks="pedestrian-minimum", mutate=cut_below_minimum(walks=True)),
    Operator(name="maximum green lowered", breaks="maximum-green", mutate=lower_maximum_green),
    Operator(name="maximum red lowered", breaks="maximum-red", mutate=lower_maximum_red),
    Operator(name="walk cut, wait too long", breaks="pedestrian-wait", mutate=long_wait_on_foot),
    Operator(name="yellow longer than red", breaks="yellow-fits", mutate=yellow_beyond_red),
    Operator(name="flash as long as green", breaks="green-flash", mutate=flash_all_green),
    Operator(name="countdown longer than green", breaks="countdown", mutate=countdown_beyond_green),
    Operator(name="countdown while actuated", breaks="countdown", mutate=countdown_while_actuated),
    Operator(name="group without green", breaks="group-served", mutate=unserved),
    Operator(name="held beyond maximum green", breaks="transition-maximum-green", mutate=held_beyond_maximum_green),
    Operator(name="held beyond maximum red", breaks="transition-maximum-red", mutate=held_beyond_maximum_red),
)
