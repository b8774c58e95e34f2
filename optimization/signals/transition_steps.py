"""Cycles that bring a plan to its offset by running all of its stages a little longer (add) or shorter (subtract)."""

from collections.abc import Mapping
from typing import Final

from city.errors import BrokenRuleError
from city.ids import StageId
from city.signal_plans import SignalPlan, Split, TransitionStep
from city.signals import Junction, stage_greens_s
from city.stage_timing import greens

MOST_STEPS: Final = 3
MOST_ADDED: Final = 0.25  # of the cycle, per step
MOST_TAKEN: Final = 0.2
Steps = tuple[TransitionStep, ...]


def added(junction: Junction, plan: SignalPlan, seconds: int) -> list[Steps]:
    """Every way to end `seconds` later than whole cycles, over one to three cycles, fewest first."""
    weights = {split.stage_id: split.split_s for split in plan.splits}
    return [
        steps
        for count in range(1, MOST_STEPS + 1)
        if 0 < seconds <= count * int(MOST_ADDED * plan.cycle_s)
        and (steps := _steps(junction, plan, weights, _shares(seconds, count), 1))
    ]


def subtracted(junction: Junction, plan: SignalPlan, seconds: int) -> list[Steps]:
    """Every way to end `seconds` earlier than whole cycles; no stage goes below its least split."""
    chain = tuple(split.stage_id for split in plan.splits)
    least = stage_greens_s(junction, chain)
    rooms = {split.stage_id: max(0, split.split_s - least[split.stage_id]) for split in plan.splits}
    most_s = min(sum(rooms.values()), int(MOST_TAKEN * plan.cycle_s))
    return [
        steps
        for count in range(1, MOST_STEPS + 1)
        if 0 < seconds <= count * most_s and (steps := _steps(junction, plan, rooms, _shares(seconds, count), -1))
    ]


def _shares(seconds: int, count: int) -> list[int]:
    """As even as whole seconds allow, the larger ones first."""
    return [seconds // count + (k < seconds % count) for k in range(count)]


def _steps(
    junction: Junction, plan: SignalPlan, weights: Mapping[StageId, int], shares: list[int], sign: int
) -> Steps | None:
    try:
        return tuple(_step(junction, plan, weights, sign * share) for share in shares)
    except BrokenRuleError:
        return None  # a stage too short for a green of its own


def _step(junction: Junction, plan: SignalPlan, weights: Mapping[StageId, int], seconds: int) -> TransitionStep:
    parts = proportional(weights, abs(seconds))
    sign = 1 if seconds > 0 else -1
    splits = tuple(Split(stage_id=s.stage_id, split_s=s.split_s + sign * parts[s.stage_id]) for s in plan.splits)
    return TransitionStep(splits=splits, greens=greens(junction, splits))


def proportional(weights: Mapping[StageId, int], seconds: int) -> dict[StageId, int]:
    """Whole seconds in proportion to the weights, the largest remainders rounded up; at most the sum of weights."""
    total = sum(weights.values())
    exact = {stage_id: seconds * weight / total for stage_id, weight in weights.items()} if total else {}
    parts = {stage_id: int(exact.get(stage_id, 0)) for stage_id in weights}
    rest = seconds - sum(parts.values())
    for stage_id in sorted(exact, key=lambda s: (parts[s] - exact[s], s))[:rest]:
        parts[stage_id] += 1
    return parts
