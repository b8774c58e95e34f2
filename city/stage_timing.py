"""From splits to greens: when each signal group is green in a cycle.

Every group that begins in a stage begins at the stage's start. A group that ends, ends as late as its intergreens to
the groups that conflict with it and begin next allow, and no later than its stage. Time 0 is the start of the
coordinated stage; the splits follow the stage chain from there.
"""

from collections.abc import Mapping

from city.errors import BrokenRuleError, UnknownIdError
from city.ids import GroupId, StageId
from city.signal_plans import Green, SignalPlan, Split
from city.signals import Junction


def chain_from_coordinated(junction: Junction, chain: tuple[StageId, ...] | None = None) -> tuple[StageId, ...]:
    """The stage chain, turned so that it begins with the coordinated stage."""
    stages = junction.stage_chain if chain is None else chain
    first = stages.index(junction.coordinated_stage_id)
    return stages[first:] + stages[:first]


def build_plan(
    junction: Junction,
    *,
    plan_number: int,
    offset_s: int,
    splits_s: Mapping[StageId, int],
    chain: tuple[StageId, ...] | None = None,
) -> SignalPlan:
    """The plan that these splits make; the cycle is their sum.

    Raises UnknownIdError for a stage without a split and BrokenRuleError where a split leaves a group no green.
    """
    order = chain_from_coordinated(junction, chain)
    for stage_id in order:
        if stage_id not in splits_s:
            raise UnknownIdError(
                subject=f"Junction {junction.junction_id}", kind="split of stage", found=stage_id, known=tuple(splits_s)
            )
    splits = tuple(Split(stage_id=stage_id, split_s=splits_s[stage_id]) for stage_id in order)
    cycle_s = sum(split.split_s for split in splits)
    return SignalPlan(
        junction_id=junction.junction_id,
        plan_number=plan_number,
        cycle_s=cycle_s,
        offset_s=offset_s % cycle_s,
        coordinated_stage_id=junction.coordinated_stage_id,
        splits=splits,
        greens=greens(junction, splits),
    )


def greens(junction: Junction, splits: tuple[Split, ...]) -> tuple[Green, ...]:
    runs = _runs(junction, splits)
    cycle_s = sum(split.split_s for split in splits)
    matrix = junction.intergreen_s()
    result = []
    for group_id, start_s, end_s in runs:
        latest_s = end_s
        for other, other_start_s, _ in runs:
            if (group_id, other) in matrix and end_s - start_s < cycle_s:
                next_start_s = end_s + (other_start_s - end_s) % cycle_s
                latest_s = min(latest_s, next_start_s - matrix[group_id, other])
        if latest_s <= start_s:
            raise BrokenRuleError(
                subject=f"Junction {junction.junction_id}",
                problem=f"signal group {group_id} has {latest_s - start_s} s of green left in a stage run of "
                f"{end_s - start_s} s",
                todo="Lengthen the split of its stage.",
            )
        result.append(Green(group_id=group_id, start_s=start_s, end_s=latest_s))
    return tuple(result)


def _runs(junction: Junction, splits: tuple[Split, ...]) -> list[tuple[GroupId, int, int]]:
    """Each unbroken run of stages in which a group is green: (group, start, end), s."""
    count = len(splits)
    starts = [sum(split.split_s for split in splits[:k]) for k in range(count + 1)]
    members = [frozenset(junction.stage(split.stage_id).group_ids) for split in splits]
    runs = []
    for group in junction.groups:
        shown = [group.group_id in stage for stage in members]
        if all(shown):
            runs.append((group.group_id, 0, starts[-1]))
            continue
        for k in range(count):
            if shown[k] and not shown[k - 1]:
                length = next(n for n in range(1, count + 1) if not shown[(k + n) % count])
                duration_s = sum(splits[(k + n) % count].split_s for n in range(length))
                runs.append((group.group_id, starts[k], starts[k] + duration_s))
    return runs
