"""Protected lefts: what the junction's left-turn policy asks of a plan's stages and of its seconds.

A turn is protected in a stage that is marked `protected_left`, holds it and nothing on wheels that it must give way to.
A plan keeps it protected where one of its stages holds it with no more to give way to than that, and where it has an
unbroken green in which none of those others is green or yellow: its minimum green, or what the running plan gives it
where that is less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from city.findings import Finding
from city.ids import GroupId, MovementId, StageId
from city.signal_parts import LeftPolicy, Movement, MovementKind, Relation, Stage, Turn
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.check_greens import plan_finding, shown, turned_bits


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedTurn:
    """`suffered` are, per stage that protects it, the movements it gives way to there: at most people on foot."""

    movement_id: MovementId
    group_id: GroupId
    gives_way_to: frozenset[MovementId]
    suffered: tuple[frozenset[MovementId], ...]


def left_findings(junction: Junction, plan: SignalPlan) -> list[Finding]:
    marked = {stage.stage_id for stage in junction.stages if stage.protected_left}
    order = [split.stage_id for split in plan.splits]
    if junction.left_policy is LeftPolicy.MUST_DROP:
        kept = [stage_id for stage_id in order if stage_id in marked]
        sentence = f"the protected left stages {', '.join(kept)} must be dropped"
        return [plan_finding(plan, "protected-left", sentence)] if kept else []
    if junction.left_policy is not LeftPolicy.KEEP_PROTECTED:
        return []
    found = []
    for turn in protected_turns(junction):
        if not _has_a_stage(junction, turn, order):
            sentence = f"{turn.movement_id} is protected at this junction, and none of its stages {', '.join(order)} is"
            found.append(plan_finding(plan, "protected-left", f"{sentence} one that protects it"))
        else:
            found += _has_its_seconds(junction, turn, plan)
    return found


def protected_turns(junction: Junction) -> tuple[ProtectedTurn, ...]:
    """The turns that the junction's marked stages protect."""
    marked = [stage for stage in junction.stages if stage.protected_left]
    movements = [m for m in junction.movements if m.kind is not MovementKind.PEDESTRIAN]
    wheels = {m.movement_id for m in movements}
    found = []
    for movement in _turns_across(movements, marked):
        gives_way_to = frozenset(
            c.to_movement_id
            for c in junction.conflicts
            if c.from_movement_id == movement.movement_id and c.relation is Relation.YIELDS
        )
        met = [_met(junction, gives_way_to, stage) for stage in marked if movement.group_id in stage.group_ids]
        suffered = tuple(others for others in met if not others & wheels)
        if suffered:
            found.append(
                ProtectedTurn(
                    movement_id=movement.movement_id,
                    group_id=movement.group_id,
                    gives_way_to=gives_way_to,
                    suffered=suffered,
                )
            )
    return tuple(found)


def _turns_across(movements: list[Movement], marked: list[Stage]) -> Iterator[Movement]:
    """Left turns; where traffic drives on the left and no left is in a marked stage, right turns."""
    inside = {group_id for stage in marked for group_id in stage.group_ids}
    turns = [m for m in movements if m.group_id in inside]
    across = Turn.LEFT if any(m.turn is Turn.LEFT for m in turns) else Turn.RIGHT
    return (m for m in turns if m.turn is across)


def _met(junction: Junction, others: frozenset[MovementId], stage: Stage) -> frozenset[MovementId]:
    here = set(stage.group_ids)
    return frozenset(m.movement_id for m in junction.movements if m.group_id in here and m.movement_id in others)


def keeps_protection(junction: Junction, chain: Sequence[StageId]) -> bool:
    """Whether each turn that is protected today has a stage of the chain that protects it as well."""
    return all(_has_a_stage(junction, turn, chain) for turn in protected_turns(junction))


def _has_a_stage(junction: Junction, turn: ProtectedTurn, order: Sequence[StageId]) -> bool:
    stages = [junction.stage(stage_id) for stage_id in order]
    met = [_met(junction, turn.gives_way_to, stage) for stage in stages if turn.group_id in stage.group_ids]
    return any(others <= suffered for others in met for suffered in turn.suffered)


def _has_its_seconds(junction: Junction, turn: ProtectedTurn, plan: SignalPlan) -> list[Finding]:
    least_s = junction.group(turn.group_id).min_green_s
    running, groups = junction.running_plan, {group.group_id for group in junction.groups}
    if running is not None and {green.group_id for green in running.greens} <= groups:
        least_s = min(least_s, protected_s(junction, turn, running))
    seconds = protected_s(junction, turn, plan)
    if seconds >= least_s:
        return []
    sentence = f"{turn.movement_id} is protected for {seconds} s at a time, at least {least_s} s are due"
    return [plan_finding(plan, "protected-left", sentence)]


def protected_s(junction: Junction, turn: ProtectedTurn, plan: SignalPlan) -> int:
    """The longest unbroken green with none of the others, that it is protected from, green or yellow."""
    cycle_s = plan.cycle_s
    bits = shown(junction, plan)
    spared = min(turn.suffered, key=len)
    others = {m.group_id for m in junction.movements if m.movement_id in turn.gives_way_to - spared}
    busy = 0
    for green in plan.greens:
        if green.group_id in others:
            lit_s = green.end_s - green.start_s + junction.group(green.group_id).yellow_s
            busy |= turned_bits(green.start_s, lit_s, cycle_s)
    free = bits[turn.group_id] & ~busy
    return longest_run(free, cycle_s)


def longest_run(bits: int, cycle_s: int) -> int:
    """Of seconds on a circle of `cycle_s` seconds."""
    if bits == (1 << cycle_s) - 1:
        return cycle_s
    doubled, longest = bits | bits << cycle_s, 0
    while doubled:
        doubled &= doubled >> 1
        longest += 1
    return longest
