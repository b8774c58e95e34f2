"""Greens of many plans of one junction at once, as arrays: from plans, or from splits along a chain of stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from city.ids import GroupId
from city.signal_parts import Countdown, SignalGroup
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.structure import Structure
from optimization.signals.transitions import longest_red_s

Seconds = np.ndarray  # of int64


@dataclass(frozen=True, slots=True, kw_only=True)
class GreenTimes:
    """Plans of one cycle: `starts_s` and `lengths_s` (plans, runs), a length of zero where a plan has no such run."""

    cycle_s: int
    group_ids: tuple[GroupId, ...]  # of each run
    starts_s: Seconds
    lengths_s: Seconds

    @classmethod
    def of_plans(cls, plans: Sequence[SignalPlan]) -> "GreenTimes":
        most: dict[GroupId, int] = {}
        for plan in plans:
            for group_id in {g.group_id for g in plan.greens}:
                most[group_id] = max(most.get(group_id, 0), sum(g.group_id == group_id for g in plan.greens))
        column: dict[GroupId, int] = {}
        group_ids: list[GroupId] = []
        for group_id, count in most.items():
            column[group_id] = len(group_ids)
            group_ids += [group_id] * count
        starts, lengths = (np.zeros((len(plans), len(group_ids)), dtype=np.int64) for _ in range(2))
        for p, plan in enumerate(plans):
            free = dict(column)
            for green in plan.greens:
                r = free[green.group_id]
                free[green.group_id] += 1
                starts[p, r], lengths[p, r] = green.start_s, green.end_s - green.start_s
        return cls(cycle_s=plans[0].cycle_s, group_ids=tuple(group_ids), starts_s=starts, lengths_s=lengths)

    def shown_s(self, group_id: GroupId) -> Seconds:
        """All greens of a group in a cycle, per plan."""
        own = [r for r, g in enumerate(self.group_ids) if g == group_id]
        return np.asarray(self.lengths_s[:, own].sum(axis=1))

    def only(self, rows: np.ndarray) -> "GreenTimes":
        return GreenTimes(
            cycle_s=self.cycle_s,
            group_ids=self.group_ids,
            starts_s=self.starts_s[rows],
            lengths_s=self.lengths_s[rows],
        )


class ChainTimes:
    """What splits along one chain of a junction's stages make of its greens, and whether they keep its rules."""

    def __init__(self, junction: Junction, structure: Structure) -> None:
        self.junction, self.structure = junction, structure
        stages = len(structure.order)
        self.group_ids = (*(run.group_id for run in structure.runs), *structure.always)
        self.own = np.array([_marked(run.positions, stages) for run in structure.runs]).reshape(-1, stages)
        self.first = np.array([run.positions[0] for run in structure.runs], dtype=np.int64)
        self.until_next = np.array([_marked(run.until_next, stages) for run in structure.runs]).reshape(-1, stages)
        waits = [(r, between, s) for r, run in enumerate(structure.runs) for between, s in run.waits]
        self.waiting_run = np.array([r for r, _, _ in waits], dtype=np.int64)
        self.between = np.array([_marked(between, stages) for _, between, _ in waits]).reshape(-1, stages)
        self.intergreen_s = np.array([s for _, _, s in waits], dtype=np.int64)
        groups = [junction.group(g) for g in self.group_ids]
        self.least_s = np.array([_least_green_s(junction, g) for g in groups])
        self.most_s = np.array([g.max_green_s or np.iinfo(np.int64).max for g in groups])
        self.least_red_s = np.array([g.yellow_s + g.red_amber_s for g in groups])
        self.most_red_s = np.array([longest_red_s(junction, g) + g.yellow_s for g in groups])

    def of(self, splits_s: Seconds) -> GreenTimes:
        """`splits_s` (plans, stages), all of one cycle."""
        splits = np.asarray(splits_s, dtype=np.int64)
        cycle_s = int(splits[0].sum())
        whole = splits @ self.own.T
        lengths = whole.copy()
        for r, between, seconds in zip(self.waiting_run, self.between, self.intergreen_s, strict=True):
            np.minimum(lengths[:, r], whole[:, r] + splits @ between - seconds, out=lengths[:, r])
        begins = np.cumsum(splits, axis=1) - splits
        always = len(self.structure.always)
        return GreenTimes(
            cycle_s=cycle_s,
            group_ids=self.group_ids,
            starts_s=np.hstack([begins[:, self.first], np.zeros((len(splits), always), dtype=np.int64)]),
            lengths_s=np.hstack([lengths, np.full((len(splits), always), cycle_s, dtype=np.int64)]),
        )

    def keeps_rules(self, splits_s: Seconds, times: GreenTimes, least_s: Mapping[GroupId, int]) -> np.ndarray:
        """Per plan: smallest splits, greens, reds, and what censored approaches need in all (`least_s`)."""
        splits = np.asarray(splits_s, dtype=np.int64)
        runs = len(self.structure.runs)
        lit = times.lengths_s
        kept = (lit >= np.maximum(self.least_s, 1)).all(axis=1) & (lit <= self.most_s).all(axis=1)
        kept &= (splits >= np.asarray(self.structure.least_s)).all(axis=1)
        reds = splits @ self.until_next.T - lit[:, :runs]
        kept &= (reds >= self.least_red_s[:runs]).all(axis=1) & (reds <= self.most_red_s[:runs]).all(axis=1)
        for group_id, seconds in least_s.items():
            kept &= times.shown_s(group_id) >= seconds
        return np.asarray(kept)


def _marked(positions: tuple[int, ...], count: int) -> Seconds:
    marked = np.zeros(count, dtype=np.int64)
    marked[list(positions)] = 1
    return marked


def _least_green_s(junction: Junction, group: SignalGroup) -> int:
    controller = junction.controller
    counted_s = controller.countdown_s if controller.countdown is Countdown.LAST_SECONDS else 0
    return max(group.min_green_s, group.green_flash_s + 1, counted_s)
