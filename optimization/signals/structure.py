"""How greens depend on splits: the runs of stages in which each signal group is green.

A run begins at the start of one stage and ends at the start of another; what must wait for its end begins so many
stages later. Positions count along the stage chain from the coordinated stage on.
"""

from dataclasses import dataclass

from city.ids import GroupId, StageId
from city.signals import Junction
from city.stage_timing import chain_from_coordinated


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One unbroken green of one group.

    `positions` are the stages it fills. `waits` holds, per group that must wait for its end, the stages that lie
    between its end and that group's start, and the intergreen, s. `until_next` are the stages from its start to the
    next start of the same group.
    """

    group_id: GroupId
    positions: tuple[int, ...]
    waits: tuple[tuple[tuple[int, ...], int], ...]
    until_next: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    order: tuple[StageId, ...]
    runs: tuple[Run, ...]
    always: tuple[GroupId, ...]  # green in every stage
    least_s: tuple[int, ...] = ()  # per stage of the order: its smallest split

    def runs_of(self, group_id: GroupId) -> tuple[Run, ...]:
        return tuple(run for run in self.runs if run.group_id == group_id)


def structure_of(
    junction: Junction, chain: tuple[StageId, ...] | None = None, least_s: tuple[int, ...] | None = None
) -> Structure:
    """`least_s` are smallest splits in the order from the coordinated stage on; without, the stages' own."""
    order = chain_from_coordinated(junction, chain)
    own = tuple(junction.stage(stage_id).min_split_s for stage_id in order)
    count = len(order)
    members = [frozenset(junction.stage(stage_id).group_ids) for stage_id in order]
    spans: dict[GroupId, list[tuple[int, int]]] = {}
    always = []
    for group in junction.groups:
        shown = [group.group_id in stage for stage in members]
        if all(shown):
            always.append(group.group_id)
            continue
        spans[group.group_id] = [
            (k, next(n for n in range(1, count) if not shown[(k + n) % count]))
            for k in range(count)
            if shown[k] and not shown[k - 1]
        ]
    matrix = junction.intergreen_s()
    runs = [
        Run(
            group_id=group_id,
            positions=_range(start, length, count),
            waits=tuple(
                (_range(start + length, (other_start - start - length) % count, count), matrix[group_id, other])
                for other, others in spans.items()
                if (group_id, other) in matrix
                for other_start, _ in others
            ),
            until_next=_range(start, _next_start(start, own, count), count),
        )
        for group_id, own in spans.items()
        for start, length in own
    ]
    return Structure(order=order, runs=tuple(runs), always=tuple(always), least_s=least_s or own)


def _range(start: int, length: int, count: int) -> tuple[int, ...]:
    return tuple((start + k) % count for k in range(length))


def _next_start(start: int, spans: list[tuple[int, int]], count: int) -> int:
    """Stages from this start to the group's next one; the whole chain where there is no other."""
    return min((other - start - 1) % count + 1 for other, _ in spans)
