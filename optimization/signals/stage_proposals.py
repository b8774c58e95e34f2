"""Stages that a junction could run beside those it lists: leading and lagging greens.

Where a turn gives way within a stage, the same stage without those it gives way to lets it go freely: before the stage
(leading) or after it (lagging). The turn keeps its green through both, and so do the turns that face it, so nobody's
permissive green ends while what he gives way to goes on (the "yellow trap").
"""

from dataclasses import replace

from city.ids import GroupId, StageId
from city.signal_parts import Movement, MovementKind, Relation, Stage, Turn
from city.signals import Junction


def with_proposals(junction: Junction) -> Junction:
    """The junction with its proposals beside its own stages; its stage chain stays as it is."""
    return replace(junction, stages=(*junction.stages, *proposals(junction)))


def proposals(junction: Junction) -> tuple[Stage, ...]:
    known = {frozenset(stage.group_ids) for stage in junction.stages}
    used = {stage.stage_id for stage in junction.stages}
    found: list[Stage] = []
    for stage in junction.stages:
        for turn in _turns_across(junction, stage):
            left = _without(junction, stage, turn)
            if turn.group_id not in left or frozenset(left) in known:
                continue
            known.add(frozenset(left))
            stage_id = _free_id(stage.stage_id, used)
            used.add(stage_id)
            # Not marked as a protected left: nobody loses by its absence what they have today.
            found.append(Stage(stage_id=stage_id, group_ids=left, min_split_s=_least_s(junction, left)))
    return tuple(found)


def _turns_across(junction: Junction, stage: Stage) -> list[Movement]:
    return [
        m
        for m in junction.movements
        if m.turn is Turn.LEFT and m.kind is MovementKind.VEHICLE and m.group_id in stage.group_ids
    ]


def _without(junction: Junction, stage: Stage, turn: Movement) -> tuple[GroupId, ...]:
    """The stage without the groups that the turn gives way to; all of it where those are no more than people."""
    others = {
        c.to_movement_id
        for c in junction.conflicts
        if c.from_movement_id == turn.movement_id and c.relation is Relation.YIELDS
    }
    met = [m for m in junction.movements if m.movement_id in others and m.group_id in stage.group_ids]
    if all(m.kind is MovementKind.PEDESTRIAN for m in met):
        return stage.group_ids
    dark = {m.group_id for m in met}
    return tuple(g for g in stage.group_ids if g not in dark)


def _free_id(stage_id: StageId, used: set[StageId]) -> StageId:
    return next(i for i in (StageId(f"{stage_id}{letter}") for letter in "abcdefghijklmnopqrstuvwxyz") if i not in used)


def _least_s(junction: Junction, group_ids: tuple[GroupId, ...]) -> int:
    """A stage of a second or two would be legal, since its greens go on beside it, and make no sense to anybody."""
    own = [g for g in junction.groups if g.group_id in group_ids and g.kind is MovementKind.VEHICLE]
    return min((g.min_green_s for g in own), default=1)
