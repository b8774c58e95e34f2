"""Our plans as an actuated controller runs them: where a junction's record allows it, and what the controller is told.

A junction runs by traffic if its record says that its controller does (mode `actuated`), no countdown promises its
greens, and its plans carry parameters. A stage with an approach that no detector watches lasts as long as its split.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

import numpy as np

from city.actuation import Actuation, Recall, StageActuation
from city.ids import GroupId
from city.national import national_profile
from city.signal_parts import ControlMode, Countdown, MovementKind
from city.signal_plans import DayPlan, SignalPlan
from city.signals import Junction
from serving.simulation.by_traffic_kernel import Control, Programs
from serving.simulation.lamps import Lamps, lamps_of_day, windows_of_day

NEVER_S: Final = 1 << 30  # nobody is called unasked where every group is served in every cycle


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`planned` are the lamps without traffic, those of a switch among them; `group_ids` is the order of groups."""

    group_ids: tuple[GroupId, ...]
    control: Control
    planned: Lamps


def has_eyes(junction: Junction, day_plan: DayPlan) -> bool:
    """Whether traffic could run it: parameters, no countdown, and a stage all of whose approaches are watched."""
    blind = _blind(junction)
    watched = any(
        not blind & set(junction.stage(stage.stage_id).group_ids)
        for plan in day_plan.plans
        if plan.actuation is not None
        for stage in plan.actuation.stages
    )
    return watched and junction.controller.countdown is Countdown.NONE


def by_record(junction: Junction) -> bool:
    return junction.mode is ControlMode.ACTUATED


def _blind(junction: Junction) -> set[GroupId]:
    return {m.group_id for m in junction.movements if m.kind is MovementKind.VEHICLE and not m.detector_ids}


def run_of(junction: Junction, day_plan: DayPlan, lamps: Sequence[GroupId], *, coordinated: bool) -> Run:
    """`lamps` are the groups that vehicles obey, in the order of the queues that judge."""
    group_ids = (*lamps, *(g.group_id for g in junction.groups if g.group_id not in lamps))
    windows = windows_of_day(day_plan, held=coordinated)
    plans = [one.plan for one in windows]
    told = [_Told(junction, plan, group_ids, len(lamps), coordinated=coordinated) for plan in plans]
    profile = national_profile(junction.national_profile)
    control = Control(
        programs=_stacked(told),
        windows=np.array([[k, one.from_s, one.until_s] for k, one in enumerate(windows)], dtype=np.int64),
        coordinated=coordinated,
        lag_s=round(profile.start_up_loss_s),
        gain_s=round(profile.end_gain_s),
    )
    return Run(group_ids=group_ids, control=control, planned=lamps_of_day(junction, day_plan))


class _Told:
    """One plan in the arrays of Programs."""

    def __init__(
        self, junction: Junction, plan: SignalPlan, group_ids: Sequence[GroupId], lamps: int, *, coordinated: bool
    ) -> None:
        self.junction, self.plan, self.coordinated = junction, plan, coordinated
        self.place = {group_id: k for k, group_id in enumerate(group_ids)}
        self.count, groups = len(plan.splits), len(group_ids)
        self.member = np.zeros((self.count, groups), np.bool_)
        self.after = np.zeros((self.count, groups), np.int64)
        self.lead = np.zeros((self.count, self.count, groups), np.int64)
        self.change = np.zeros((self.count, self.count), np.int64)
        self.walk = np.full(groups, -1, np.int64)
        self.ends = list(accumulate(split.split_s for split in plan.splits))
        self.begins = [0, *self.ends[:-1]]
        self._greens()
        self.stages = _stage_parameters(junction, plan)
        self.usual_s = [end - stage.force_off_s for end, stage in zip(self.ends, self.stages, strict=True)]
        for k, usual_s in enumerate(self.usual_s):
            self.change[k] = usual_s
        self._jumps()
        self.watched = self._watched(lamps)

    def _greens(self) -> None:
        plan = self.plan
        walks = {} if plan.actuation is None else {walk.group_id: walk.walk_s for walk in plan.actuation.walks}
        kinds = {group.group_id: group.kind for group in self.junction.groups}
        for green in plan.greens:
            g, length_s = self.place[green.group_id], green.end_s - green.start_s
            if length_s >= plan.cycle_s:
                self.member[:, g] = True
                continue
            first = max(k for k in range(self.count) if self.begins[k] <= green.start_s)
            end_s = (green.end_s - 1) % plan.cycle_s + 1
            last = min(k for k in range(self.count) if end_s <= self.ends[k])
            self.after[first, g] = green.start_s - self.begins[first]
            self.lead[last, :, g] = self.ends[last] - end_s
            run = (last - first) % self.count
            for k in range(run + 1):
                self.member[(first + k) % self.count, g] = True
            if kinds[green.group_id] is MovementKind.PEDESTRIAN:
                self.walk[g] = walks.get(green.group_id, length_s)

    def _jumps(self) -> None:
        order = {split.stage_id: k for k, split in enumerate(self.plan.splits)}
        groups = {group.group_id: group for group in self.junction.groups}
        for jump in () if self.plan.actuation is None else self.plan.actuation.jumps:
            a, b = order[jump.from_stage_id], order[jump.to_stage_id]
            wheels = [
                lead_s + groups[g].green_flash_s
                for g, lead_s in jump.leads_s
                if groups[g].kind is not MovementKind.PEDESTRIAN
            ]
            self.change[a, b] = max(wheels, default=0)
            for group_id, lead_s in jump.leads_s:
                self.lead[a, b, self.place[group_id]] = lead_s

    def _watched(self, lamps: int) -> np.ndarray:
        """Lamps that end with a stage; of a stage that ends none, all that it shows."""
        following = np.roll(self.member, -1, axis=0)
        ending = self.member & ~following
        found = np.where(ending[:, :lamps].any(axis=1, keepdims=True), ending, self.member)
        return np.ascontiguousarray(found[:, :lamps])

    def least(self) -> list[int]:
        """Seconds until its stages may begin to end."""
        return [max(1, stage.min_s - usual_s) for stage, usual_s in zip(self.stages, self.usual_s, strict=True)]

    def most(self) -> list[int]:
        """Seconds until they must; coordinated, none takes more than its split."""
        longest = [
            min(stage.max_s, split.split_s) if self.coordinated else stage.max_s
            for stage, split in zip(self.stages, self.plan.splits, strict=True)
        ]
        return [max(1, seconds - usual_s) for seconds, usual_s in zip(longest, self.usual_s, strict=True)]


def _stage_parameters(junction: Junction, plan: SignalPlan) -> list[StageActuation]:
    """Those of the plan; a stage before which nobody looks, or of a plan without parameters, lasts its split."""
    given: Actuation | None = plan.actuation
    blind = _blind(junction)
    found, end_s = [], 0
    for k, split in enumerate(plan.splits):
        end_s += split.split_s
        fixed = StageActuation(
            stage_id=split.stage_id, min_s=split.split_s, max_s=split.split_s, extension_s=1.0, force_off_s=end_s
        )
        if given is None:
            ends = [(g.end_s - 1) % plan.cycle_s + 1 for g in plan.greens if g.end_s - g.start_s < plan.cycle_s]
            own = [second for second in ends if end_s - split.split_s < second <= end_s]
            found.append(replace(fixed, force_off_s=min(own, default=end_s)))
        elif blind & set(junction.stage(split.stage_id).group_ids):
            found.append(replace(fixed, force_off_s=given.stages[k].force_off_s))
        else:
            found.append(given.stages[k])
    return found


def _stacked(told: Sequence[_Told]) -> Programs:
    most = max((one.count for one in told), default=1)

    def stacked(parts: Sequence[np.ndarray], axes: int) -> np.ndarray:
        """Stages that a plan does not have are empty."""
        wide = [np.pad(part, [(0, most - part.shape[k]) if k < axes else (0, 0) for k in range(part.ndim)])
                for part in parts]  # fmt: skip
        return np.ascontiguousarray(np.stack(wide))

    calls = [one.plan.actuation.call_after_s if one.plan.actuation is not None else None for one in told]
    return Programs(
        stages=np.array([one.count for one in told]),
        member=stacked([one.member for one in told], 1),
        after=stacked([one.after for one in told], 1),
        lead=stacked([one.lead for one in told], 2),
        change=stacked([one.change for one in told], 2),
        walk=np.stack([one.walk for one in told]),
        least=stacked([np.array(one.least()) for one in told], 1),
        most=stacked([np.array(one.most()) for one in told], 1),
        extension_s=stacked([np.array([s.extension_s for s in one.stages]) for one in told], 1),
        watched=stacked([one.watched for one in told], 1),
        optional=stacked([np.array([s.recall is Recall.NONE for s in one.stages]) for one in told], 1),
        call_after=np.array([NEVER_S if call is None else call for call in calls]),
        cycle=np.array([one.plan.cycle_s for one in told]),
        offset=np.array([one.plan.offset_s for one in told]),
        yields_at=np.array([one.stages[0].force_off_s for one in told]),
    )
