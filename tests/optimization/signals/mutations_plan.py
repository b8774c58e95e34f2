"""Mutations of stages, splits, cycles, offsets and the junction's record; each breaks its rule by construction."""

import random

from city.ids import GroupId, StageId
from city.national import UserClass, national_profile
from city.signal_parts import ControlMode, LeftPolicy, MovementKind, Relation, Turn
from city.signal_plans import Split
from tests.optimization.signals.cases import forced
from tests.optimization.signals.mutation_bases import Case
from tests.optimization.signals.mutations_lamps import Operator


def strange_stage(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(case.plan.splits))
    splits = tuple(forced(s, stage_id=StageId("X")) if n == k else s for n, s in enumerate(case.plan.splits))
    return case.with_plan(splits=splits)


def strange_group(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(len(case.plan.greens))
    greens = tuple(forced(g, group_id=GroupId("X")) if n == k else g for n, g in enumerate(case.plan.greens))
    return case.with_plan(greens=greens)


def cycle_above(case: Case, rng: random.Random) -> Case | None:
    return case.with_junction(cycle_max_s=case.plan.cycle_s - rng.randint(1, 9))


def cycle_below(case: Case, rng: random.Random) -> Case | None:
    return case.with_junction(cycle_min_s=case.plan.cycle_s + rng.randint(1, 9))


def cycle_above_controller(case: Case, rng: random.Random) -> Case | None:
    return case.with_controller(max_cycle_s=case.plan.cycle_s - rng.randint(1, 9))


def far_from_running(case: Case, rng: random.Random) -> Case | None:
    away_s = rng.randint(1, 20)
    last = case.plan.splits[-1]
    longer = forced(
        case.plan,
        plan_number=1,
        cycle_s=case.plan.cycle_s + away_s,
        splits=(*case.plan.splits[:-1], forced(last, split_s=last.split_s + away_s)),
    )
    return case.with_junction(running_plan=longer, max_cycle_step_s=rng.randrange(away_s))


def late_offset(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(offset_s=case.plan.cycle_s + rng.randint(0, 50))


def early_offset(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(offset_s=-rng.randint(1, 50))


def other_split(case: Case, rng: random.Random) -> Case | None:
    k, seconds = rng.randrange(len(case.plan.splits)), rng.choice((-2, -1, 1, 2))
    splits = tuple(forced(s, split_s=s.split_s + seconds) if n == k else s for n, s in enumerate(case.plan.splits))
    return case.with_plan(splits=splits)


def other_cycle(case: Case, rng: random.Random) -> Case | None:
    return case.with_plan(cycle_s=case.plan.cycle_s + rng.choice((-2, -1, 1, 2)))


def stage_below_its_least(case: Case, rng: random.Random) -> Case | None:
    split = rng.choice(case.plan.splits)
    return case.with_stage(split.stage_id, min_split_s=split.split_s + rng.randint(1, 9))


def stage_twice(case: Case, rng: random.Random) -> Case | None:
    long = [s for s in case.plan.splits if s.split_s > 1]
    if not long:
        return None
    chosen = rng.choice(long)
    first_s = rng.randrange(1, chosen.split_s)
    parts = (forced(chosen, split_s=first_s), forced(chosen, split_s=chosen.split_s - first_s))
    return case.with_plan(splits=tuple(p for s in case.plan.splits for p in (parts if s == chosen else (s,))))


def turned_chain(case: Case, rng: random.Random) -> Case | None:
    k = rng.randrange(1, len(case.plan.splits))
    return case.with_plan(splits=case.plan.splits[k:] + case.plan.splits[:k])


def locked_chain_in_another_order(case: Case, rng: random.Random) -> Case | None:
    first, *later = case.plan.splits
    order = [first, *rng.sample(later, len(later))]
    ids = [s.stage_id for s in order]
    chain = case.of.stage_chain
    start = chain.index(ids[0])
    if ids == list(chain[start:] + chain[:start]):
        return None
    return case.with_plan(splits=tuple(order)).with_junction(chain_locked=True)


def protected_stage_lost(case: Case, rng: random.Random) -> Case | None:
    """Its seconds go to the stage before; its turns have lamps of their own, so no other stage holds them."""
    held = [stage for stage in case.of.stages if stage.protected_left]
    alone = [
        s.stage_id
        for s in held
        if all(set(s.group_ids).isdisjoint(o.group_ids) for o in case.of.stages if o.stage_id != s.stage_id)
    ]
    lost = [k for k, s in enumerate(case.plan.splits) if k and s.stage_id in alone]
    if not lost:
        return None
    k = rng.choice(lost)
    before, gone = case.plan.splits[k - 1 : k + 1]
    merged = Split(stage_id=before.stage_id, split_s=before.split_s + gone.split_s)
    return case.with_plan(splits=(*case.plan.splits[: k - 1], merged, *case.plan.splits[k + 1 :]))


def protected_stage_forbidden(case: Case, rng: random.Random) -> Case | None:
    del rng
    marked = {stage.stage_id for stage in case.of.stages if stage.protected_left}
    if marked.isdisjoint(s.stage_id for s in case.plan.splits):
        return None
    return case.with_junction(left_policy=LeftPolicy.MUST_DROP)


def protected_seconds_lost(case: Case, rng: random.Random) -> Case | None:
    """Traffic that a left gives way to begins with it and now lasts longer than it: not a second stays protected."""
    groups = {m.movement_id: m.group_id for m in case.of.movements if m.kind is not MovementKind.PEDESTRIAN}
    marked = [set(stage.group_ids) for stage in case.of.stages if stage.protected_left]
    found = []
    for movement in (m for m in case.of.movements if m.turn is Turn.LEFT and m.movement_id in groups):
        others = {
            groups[c.to_movement_id]
            for c in case.of.conflicts
            if c.relation is Relation.YIELDS
            and c.from_movement_id == movement.movement_id
            and c.to_movement_id in groups
        }
        left = case.green(movement.group_id)
        spared = any(movement.group_id in stage and stage.isdisjoint(others) for stage in marked)
        with_it = [g for g in map(case.green, sorted(others)) if g and left and g.start_s == left.start_s]
        if left is not None and spared and with_it and left.end_s - left.start_s + 5 < case.plan.cycle_s:
            found.append((rng.choice(with_it), left))
    if not found:
        return None
    other, left = rng.choice(found)
    return case.with_green(other, other.start_s, left.end_s + rng.randint(0, 5))


def green_before_its_stage(case: Case, rng: random.Random) -> Case | None:
    """Earlier than the start of the first stage that holds it, into one that does not."""
    starts, second = {}, 0
    for k, split in enumerate(case.plan.splits):
        starts[second] = (case.of.stage(split.stage_id), case.of.stage(case.plan.splits[k - 1].stage_id))
        second += split.split_s
    fitting = [
        g
        for g in case.plan.greens
        if g.start_s in starts
        and g.group_id in starts[g.start_s][0].group_ids
        and g.group_id not in starts[g.start_s][1].group_ids
        and g.end_s - g.start_s < case.plan.cycle_s - 5
    ]
    if not fitting:
        return None
    green = rng.choice(fitting)
    start_s = (green.start_s - rng.randint(1, 5)) % case.plan.cycle_s
    length_s = (green.end_s - start_s) % case.plan.cycle_s
    return case.with_green(green, start_s, start_s + length_s)


def late_coordinated_green(case: Case, rng: random.Random) -> Case | None:
    members = case.of.stage(case.of.coordinated_stage_id).group_ids
    greens = [g for g in (case.green(m) for m in members) if g is not None and g.start_s == 0 and g.end_s > 6]
    if not greens:
        return None
    green = rng.choice(greens)
    return case.with_green(green, rng.randint(1, 5), green.end_s)


def coordinated_elsewhere(case: Case, rng: random.Random) -> Case | None:
    others = [s.stage_id for s in case.plan.splits[1:]]
    return case.with_plan(coordinated_stage_id=rng.choice(others))


def too_many_stages(case: Case, rng: random.Random) -> Case | None:
    return case.with_controller(max_stages=rng.randrange(len(case.plan.splits)))


def not_to_be_planned(case: Case, rng: random.Random) -> Case | None:
    modes = (ControlMode.MANUAL, ControlMode.FAULT, ControlMode.FLASHING_YELLOW, ControlMode.ALL_RED)
    return case.with_junction(mode=rng.choice(modes))


def stored_intergreen_lost(case: Case, rng: random.Random) -> Case | None:
    """Where people or vehicles need seconds to clear, none are stored."""
    kinds = {m.movement_id: m.kind for m in case.of.movements}
    group_of = {m.movement_id: m.group_id for m in case.of.movements}
    profile = national_profile(case.of.national_profile)
    slowest = {MovementKind.VEHICLE: UserClass.HEAVY, MovementKind.CYCLE: UserClass.CYCLE}
    fastest = {MovementKind.VEHICLE: UserClass.CAR, MovementKind.CYCLE: UserClass.CYCLE}
    needed = [
        (group_of[c.from_movement_id], group_of[c.to_movement_id])
        for c in case.of.conflicts
        if c.relation is Relation.PROHIBITED
        and c.clearing_m is not None
        and profile.intergreen_s(
            clearing=slowest.get(kinds[c.from_movement_id], UserClass.PEDESTRIAN),
            entering=fastest.get(kinds[c.to_movement_id], UserClass.PEDESTRIAN),
            clearing_m=c.clearing_m,
            entering_m=c.entering_m or 0.0,
        )
        > 0
    ]
    if not needed:
        return None
    lost = rng.choice(needed)
    kept = tuple(forced(i, seconds=0) if (i.from_group_id, i.to_group_id) == lost else i for i in case.of.intergreens)
    return case.with_junction(intergreens=kept)


PLAN = (
    Operator(name="strange stage", breaks="known-stage", mutate=strange_stage),
    Operator(name="strange group", breaks="known-group", mutate=strange_group),
    Operator(name="cycle above its largest", breaks="cycle-range", mutate=cycle_above),
    Operator(name="cycle below its smallest", breaks="cycle-range", mutate=cycle_below),
    Operator(name="cycle above the controller's", breaks="cycle-range", mutate=cycle_above_controller),
    Operator(name="cycle far from the running one", breaks="cycle-step", mutate=far_from_running),
    Operator(name="offset of a cycle or more", breaks="offset-range", mutate=late_offset),
    Operator(name="offset below 0", breaks="offset-range", mutate=early_offset),
    Operator(name="split changed alone", breaks="splits-fill-cycle", mutate=other_split),
    Operator(name="cycle changed alone", breaks="splits-fill-cycle", mutate=other_cycle),
    Operator(name="stage asks for more", breaks="stage-minimum", mutate=stage_below_its_least),
    Operator(name="stage twice", breaks="stage-chain", mutate=stage_twice),
    Operator(name="chain begins elsewhere", breaks="stage-chain", mutate=turned_chain),
    Operator(name="locked chain reordered", breaks="stage-chain", mutate=locked_chain_in_another_order),
    Operator(name="protected stage lost", breaks="protected-left", mutate=protected_stage_lost),
    Operator(name="protected seconds lost", breaks="protected-left", mutate=protected_seconds_lost),
    Operator(name="protected stage forbidden", breaks="protected-left", mutate=protected_stage_forbidden),
    Operator(name="green before its stage", breaks="outside-stage", mutate=green_before_its_stage),
    Operator(name="coordinated green late", breaks="coordinated-start", mutate=late_coordinated_green),
    Operator(name="coordinated on another stage", breaks="coordinated-start", mutate=coordinated_elsewhere),
    Operator(name="more stages than the controller's", breaks="controller-stages", mutate=too_many_stages),
    Operator(name="junction not to be planned", breaks="mode", mutate=not_to_be_planned),
    Operator(name="stored intergreen lost", breaks="stored-intergreen", mutate=stored_intergreen_lost),
)
