"""Planned-actuated parameters of a plan: how far an actuated controller may shorten and lengthen its stages.

Stages for protected lefts are left out where nobody asks for them, if every rule is kept without them (jumps.py). The
shortest time of a stage is the legal one (minimum greens, walks with their clearance, protected lefts), the longest
its split and 60 % of the time in which it shows green to all. Both are drawn in as far as the check asks for: the
longest red with every stage at its longest, coordination with stages that end early. Measured in decision 12.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import accumulate
from typing import Final

from city.actuation import Actuation, ExtensionDetector, Recall, StageActuation, WalkTime
from city.errors import CityError
from city.ids import GroupId, StageId
from city.signal_parts import Countdown, MovementKind
from city.signal_plans import DayPlan, Green, SignalPlan, Split
from city.signals import Junction, stage_greens_s
from optimization.signals.check_actuation import actuation_findings
from optimization.signals.check_timeline import Rules, rules_of
from optimization.signals.jumps import leavable, leaving_out

EXTENSION_S: Final = 3.0
DETECTOR_GAP_S: Final = 1.0  # further out, a queue that has not moved yet looks like a gap
LONGER: Final = 0.6
SHARES: Final = (1.0, 0.75, 0.5, 0.25, 0.0)  # of the room that is used


def with_actuation(junction: Junction, day_plan: DayPlan) -> DayPlan:
    """Parameters for each plan that has none."""
    plans = tuple(
        replace(plan, actuation=actuation_of(junction, plan)) if plan.actuation is None else plan
        for plan in day_plan.plans
    )
    return replace(day_plan, plans=plans)


def actuation_of(junction: Junction, plan: SignalPlan) -> Actuation | None:
    """The widest sound parameters; None where a countdown fixes the greens, or where the plan itself is not sound."""
    if junction.controller.countdown is not Countdown.NONE:
        return None
    rules = rules_of(junction)
    for longer, shorter in _shares():
        try:
            found = _parameters(junction, plan, longer, shorter)
        except CityError:
            continue  # a stage that short leaves a group no green
        if not actuation_findings(rules, replace(plan, actuation=found)):
            return _with_jumps(rules, plan, found)
    return None


def _with_jumps(rules: Rules, plan: SignalPlan, found: Actuation) -> Actuation:
    """The parameters with as many protected-left stages as possible that are left out where nobody asks for them."""
    free = tuple(leavable(rules.junction, plan))
    choices = [free, *((stage_id,) for stage_id in free)] if len(free) > 1 else [free]
    for gone in choices:
        jumping = leaving_out(rules.junction, plan, found, frozenset(gone))
        if gone and jumping and not actuation_findings(rules, replace(plan, actuation=jumping)):
            return jumping
    return found


def _shares() -> Iterator[tuple[float, float]]:
    """The shortest times in full with as much of the longest as there can be, then as much of both."""
    pairs = ((longer, shorter) for longer in SHARES for shorter in SHARES)
    return iter(sorted(pairs, key=lambda pair: (pair[1] < 1 or pair[0] == 0, -sum(pair), -pair[1])))


def _parameters(junction: Junction, plan: SignalPlan, longer: float, shorter: float) -> Actuation:
    chain = tuple(split.stage_id for split in plan.splits)
    least = stage_greens_s(junction, chain)
    starts = [0, *accumulate(split.split_s for split in plan.splits)]
    force_offs = [_force_off_s(junction, plan, starts[k], starts[k + 1]) for k in range(len(chain))]
    longest = [
        split.split_s + round(longer * LONGER * (force_offs[k] - starts[k])) * _drives(junction, split)
        for k, split in enumerate(plan.splits)
    ]
    over_s = max(0, sum(longest) - junction.controller.max_cycle_s)
    room_s = sum(longest) - plan.cycle_s
    stages = []
    for k, split in enumerate(plan.splits):
        taken_s = -(-over_s * (longest[k] - split.split_s) // room_s) if over_s and room_s else 0
        room = split.split_s - min(split.split_s, least[split.stage_id])
        stages.append(
            StageActuation(
                stage_id=split.stage_id,
                min_s=split.split_s - int(shorter * room),
                max_s=max(split.split_s, longest[k] - taken_s),
                extension_s=EXTENSION_S,
                force_off_s=force_offs[k],
                recall=_recall(junction, split),
            )
        )
    return Actuation(
        stages=tuple(stages), walks=_walks(junction, plan, stages), detectors=_detectors(junction)
    )  # fmt: skip


def _drives(junction: Junction, split: Split) -> bool:
    members = junction.stage(split.stage_id).group_ids
    return any(junction.group(group_id).kind is not MovementKind.PEDESTRIAN for group_id in members)


def _recall(junction: Junction, split: Split) -> Recall:
    members = junction.stage(split.stage_id).group_ids
    walks = any(junction.group(group_id).kind is MovementKind.PEDESTRIAN for group_id in members)
    return Recall.WALK if walks else Recall.MINIMUM


def _force_off_s(junction: Junction, plan: SignalPlan, start_s: int, end_s: int) -> int:
    """The second of the cycle in which the first of the stage's vehicle groups ends or begins to flash."""
    ends = []
    for green in plan.greens:
        group = junction.group(green.group_id)
        at_s = (green.end_s - 1) % plan.cycle_s + 1
        whole = green.end_s - green.start_s >= plan.cycle_s
        if group.kind is not MovementKind.PEDESTRIAN and start_s < at_s <= end_s and not whole:
            ends.append(at_s - group.green_flash_s)
    return max(start_s + 1, min(ends, default=end_s))


def _walks(junction: Junction, plan: SignalPlan, stages: list[StageActuation]) -> tuple[WalkTime, ...]:
    """As long as the shortest stages allow."""
    kinds = {group.group_id: group.kind for group in junction.groups}
    shortest = stretched(plan, {stage.stage_id: stage.min_s for stage in stages}, {})
    found: dict[GroupId, int] = {}
    for usual, green in zip(plan.greens, shortest, strict=True):
        whole = usual.end_s - usual.start_s >= plan.cycle_s
        if kinds[green.group_id] is MovementKind.PEDESTRIAN and not whole:
            walk_s = green.end_s - green.start_s
            found[green.group_id] = min(walk_s, found.get(green.group_id, walk_s))
    return tuple(WalkTime(group_id=group_id, walk_s=walk_s) for group_id, walk_s in found.items())


def _detectors(junction: Junction) -> tuple[ExtensionDetector, ...]:
    return tuple(
        ExtensionDetector(
            movement_id=movement.movement_id, before_line_m=round(DETECTOR_GAP_S * movement.speed_kmh / 3.6, 1)
        )
        for movement in junction.movements
        if movement.kind is not MovementKind.PEDESTRIAN
    )


def stretched(plan: SignalPlan, splits_s: Mapping[StageId, int], walks_s: Mapping[GroupId, int]) -> tuple[Green, ...]:
    """The plan's greens with stages of other lengths: they begin and end with their stages, walks last as told."""
    shift = _Shift(plan, splits_s)
    found = []
    for green in plan.greens:
        if green.end_s - green.start_s >= plan.cycle_s:
            found.append(replace(green, start_s=0, end_s=shift.cycle_s))
            continue
        start_s, end_s = shift.begin(green.start_s), shift.end(green.end_s)
        if green.group_id in walks_s:
            end_s = start_s + walks_s[green.group_id]
        found.append(replace(green, start_s=start_s, end_s=end_s))
    return tuple(found)


class _Shift:
    """From seconds of the plan to seconds of the same cycle with other splits."""

    def __init__(self, plan: SignalPlan, splits_s: Mapping[StageId, int]) -> None:
        self.usual_s = plan.cycle_s
        self.cycle_s = sum(splits_s[split.stage_id] for split in plan.splits)
        ends = accumulate(split.split_s for split in plan.splits)
        new_ends = accumulate(splits_s[split.stage_id] for split in plan.splits)
        self.windows = list(zip(plan.splits, ends, new_ends, strict=True))

    def begin(self, second: int) -> int:
        """As long after the start of its stage."""
        start_s = new_start_s = 0
        for _, end_s, new_end_s in self.windows:
            if second < end_s:
                break
            start_s, new_start_s = end_s, new_end_s
        return new_start_s + second - start_s

    def end(self, second: int) -> int:
        """As long before the end of its stage."""
        if second > self.usual_s:
            return self.cycle_s + self.end(second - self.usual_s)
        end_s, new_end_s = next((old, new) for _, old, new in self.windows if second <= old)
        return new_end_s - (end_s - second)
