"""The plan that a net runs today: its program as it stands, or its splits under stricter rules."""

from collections.abc import Mapping, Sequence
from typing import Final

from city.errors import BrokenRuleError
from city.ids import GroupId, StageId
from city.signal_plans import Green, SignalPlan, Split
from city.signals import Junction, stage_greens_s
from city.stage_timing import build_plan, chain_from_coordinated

LONGEST_S: Final = 600
NUMBER: Final = 1


def plan_as_shown(
    junction: Junction,
    splits_s: Mapping[StageId, int],
    runs: Mapping[GroupId, Sequence[tuple[int, int]]],
    *,
    zero_s: int,
    offset_s: int,
) -> SignalPlan:
    """The program second by second. `runs` count from its first state; the coordinated stage begins at `zero_s`.

    SUMO's offset and ours both mean a later start: ours = SUMO's + where the coordinated stage begins in the program.
    """
    order = chain_from_coordinated(junction)
    cycle_s = sum(splits_s.values())
    greens = tuple(
        Green(group_id=group_id, start_s=(start - zero_s) % cycle_s, end_s=(start - zero_s) % cycle_s + end - start)
        for group_id, own in runs.items()
        for start, end in own
    )
    return SignalPlan(
        junction_id=junction.junction_id,
        plan_number=NUMBER,
        cycle_s=cycle_s,
        offset_s=(offset_s + zero_s) % cycle_s,
        coordinated_stage_id=junction.coordinated_stage_id,
        splits=tuple(Split(stage_id=stage_id, split_s=splits_s[stage_id]) for stage_id in order),
        greens=greens,
    )


def plan_with_splits(junction: Junction, splits_s: Mapping[StageId, int], offset_s: int) -> SignalPlan:
    """These splits as far as the junction's rules allow: raised to its minimums, the cycle kept where it can be."""
    wanted_s = sum(splits_s.values())
    splits = {stage_id: max(splits_s[stage_id], least) for stage_id, least in stage_greens_s(junction).items()}
    while (short := _short(junction, splits)) is not None:
        for stage_id in short:
            splits[stage_id] += 1
        if sum(splits.values()) > LONGEST_S:
            raise BrokenRuleError(
                subject=f"Junction {junction.junction_id}",
                problem=f"its minimum greens and intergreens do not fit into {LONGEST_S} s",
            )
    least = stage_greens_s(junction)
    while sum(splits.values()) > wanted_s:
        slack = sorted(splits, key=lambda stage_id: splits[stage_id] - least[stage_id], reverse=True)
        smaller = next((s for s in slack if _fits_with_one_less(junction, splits, s, least)), None)
        if smaller is None:
            break
        splits[smaller] -= 1
    return build_plan(junction, plan_number=NUMBER, offset_s=offset_s, splits_s=splits)


def _fits_with_one_less(
    junction: Junction, splits: Mapping[StageId, int], stage_id: StageId, least: Mapping[StageId, int]
) -> bool:
    return splits[stage_id] > least[stage_id] and _short(junction, {**splits, stage_id: splits[stage_id] - 1}) is None


def _short(junction: Junction, splits: Mapping[StageId, int]) -> list[StageId] | None:
    """The stages to lengthen so that every group comes nearer to its minimum green; None where all have it."""
    try:
        plan = build_plan(junction, plan_number=NUMBER, offset_s=0, splits_s=splits)
    except BrokenRuleError:
        return list(splits)
    for green in plan.greens:
        group = junction.group(green.group_id)
        if green.end_s - green.start_s < max(group.min_green_s, group.green_flash_s + 1):
            return [_stage_at(plan, green.end_s)]
    return None


def _stage_at(plan: SignalPlan, second: int) -> StageId:
    """The stage that runs in the last second before `second`."""
    at, end = (second - 1) % plan.cycle_s, 0
    for split in plan.splits:
        end += split.split_s
        if at < end:
            return split.stage_id
    return plan.splits[-1].stage_id
