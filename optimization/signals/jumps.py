"""Which stages an actuated controller may leave out where nobody asks for them, and how the stage before them ends."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Final

from city.actuation import Actuation, Jump, Recall, StageActuation
from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import MovementKind
from city.signal_plans import SignalPlan
from city.signals import Junction

MOST: Final = 4
KEPT: Final = 2  # stages at least


def leavable(junction: Junction, plan: SignalPlan) -> Iterator[StageId]:
    """Stages for protected lefts in which nobody walks, but for the coordinated one; at most four, and two stay."""
    kinds = {group.group_id: group.kind for group in junction.groups}
    found = [
        stage_id
        for stage_id in (split.stage_id for split in plan.splits[1:])
        if junction.stage(stage_id).protected_left
        and all(kinds[g] is not MovementKind.PEDESTRIAN for g in junction.stage(stage_id).group_ids)
    ]
    return iter(found[: max(0, min(MOST, len(plan.splits) - KEPT))])


def leaving_out(junction: Junction, plan: SignalPlan, given: Actuation, free: frozenset[StageId]) -> Actuation | None:
    """The same parameters with these stages left out where nobody asks; None where their groups would wait too long."""
    order = [stage.stage_id for stage in given.stages]
    jumps = tuple(jump_between(junction, a, b) for a, b in _pairs(order, free))
    ends = accumulate(split.split_s for split in plan.splits)
    stages = tuple(
        replace(
            stage,
            recall=Recall.NONE if stage.stage_id in free else stage.recall,
            min_s=min(split.split_s, max(stage.min_s, _cleared_s(junction, given, stage, end_s, jumps))),
        )
        for stage, split, end_s in zip(given.stages, plan.splits, ends, strict=True)
    )
    longest_s = given.longest_cycle_s + sum(_longer_s(junction, jump) for jump in jumps)
    served = {g for stage_id in order if stage_id not in free for g in junction.stage(stage_id).group_ids}
    calls = [
        _longest_red_s(junction, group.group_id) - longest_s
        for group in junction.groups
        if group.group_id not in served
    ]
    if min(calls, default=1) < 1:
        return None
    return replace(given, stages=stages, jumps=jumps, call_after_s=min(calls, default=None))


def jump_between(junction: Junction, a: StageId, b: StageId) -> Jump:
    """Each group ends as late as its intergreens to what begins allow."""
    here, after = set(junction.stage(a).group_ids), set(junction.stage(b).group_ids)
    matrix = junction.intergreen_s()
    leads = tuple(
        (group_id, max((matrix.get((group_id, other), 0) for other in after - here), default=0))
        for group_id in junction.stage(a).group_ids
        if group_id not in after
    )
    return Jump(from_stage_id=a, to_stage_id=b, leads_s=leads)


def _cleared_s(junction: Junction, given: Actuation, stage: StageActuation, end_s: int, jumps: tuple[Jump, ...]) -> int:
    """The least time of a stage in which its people clear before whatever a jump from it leads to."""
    walks = {walk.group_id: walk.walk_s for walk in given.walks}
    usual_s = end_s - stage.force_off_s
    needed = [
        walks[g] + lead_s + usual_s - _longer_s(junction, jump)
        for jump in jumps
        if jump.from_stage_id == stage.stage_id
        for g, lead_s in jump.leads_s
        if g in walks
    ]
    return max(needed, default=0)


def _pairs(order: list[StageId], free: frozenset[StageId]) -> Iterator[tuple[StageId, StageId]]:
    for k, stage_id in enumerate(order):
        away = 1
        while away < len(order) and order[(k + away) % len(order)] in free:
            away += 1
            if away < len(order):
                yield stage_id, order[(k + away) % len(order)]


def _longer_s(junction: Junction, jump: Jump) -> int:
    """From where the stage begins to end to its end: at most by so much it lasts longer than usual."""
    groups = [(junction.group(g), lead_s) for g, lead_s in jump.leads_s]
    wheels = [lead_s + g.green_flash_s for g, lead_s in groups if g.kind is not MovementKind.PEDESTRIAN]
    return max(wheels, default=0)


def _longest_red_s(junction: Junction, group_id: GroupId) -> int:
    group = junction.group(group_id)
    limit_s = national_profile(junction.national_profile).max_red_s if group.max_red_s is None else group.max_red_s
    return limit_s + group.yellow_s
