"""What is doubtful in a junction's relations: conflicts, intergreens, and lanes that signal groups share."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from city.ids import GroupId, MovementId
from city.signal_parts import Movement, MovementKind, Turn
from city.signals import Junction, conflicting_groups
from optimization.signals.doubts import Doubt, Weight, doubt, named

LOPSIDED_S: Final = 5  # by which the intergreens of two streams of vehicles differ
OPPOSITE: Final = {"N": "S", "S": "N", "E": "W", "W": "E"}


def matrix_doubts(junction: Junction) -> list[Doubt]:
    return [
        *_intergreen_without_conflict(junction),
        *_lopsided(junction),
        *_relations_nobody_stated(junction),
        *_lanes_of_two_groups(junction),
        *_not_measured(junction),
    ]


def _intergreen_without_conflict(junction: Junction) -> Iterator[Doubt]:
    clashes = conflicting_groups(junction)
    for (a, b), seconds in sorted(junction.intergreen_s().items()):
        if (a, b) not in clashes and seconds > 0:
            yield doubt(
                junction,
                Weight.DOUBTFUL,
                "intergreen-without-conflict",
                f"the intergreen {a} -> {b} is {seconds} s, although no movement of {a} may not go with one of {b}",
                f"Either a conflict is missing, and no check sees {a} and {b} green together, or {seconds} s are lost.",
            )


def _lopsided(junction: Junction) -> Iterator[Doubt]:
    matrix = junction.intergreen_s()
    kinds = {group.group_id: group.kind for group in junction.groups}
    for a, b in sorted(matrix):
        if a > b or {kinds[a], kinds[b]} != {MovementKind.VEHICLE}:
            continue
        there_s, back_s = matrix[a, b], matrix.get((b, a))
        if back_s is None:
            said = f"the intergreen {a} -> {b} is {there_s} s, {b} -> {a} has none"
        elif abs(there_s - back_s) >= LOPSIDED_S:
            said = f"the intergreen {a} -> {b} is {there_s} s and {b} -> {a} is {back_s} s"
        else:
            continue
        cost = "Ways to the conflict point differ, but seldom by so much: one of the two may be mistyped."
        yield doubt(junction, Weight.DOUBTFUL, "lopsided-intergreen", said, cost)


def _relations_nobody_stated(junction: Junction) -> Iterator[Doubt]:
    stated = {frozenset((c.from_movement_id, c.to_movement_id)) for c in junction.conflicts}
    for a, b in combinations(junction.movements, 2):
        why = _why_they_meet(a, b)
        if why is not None and frozenset((a.movement_id, b.movement_id)) not in stated:
            yield doubt(
                junction,
                Weight.DOUBTFUL,
                "conflict-not-stated",
                f"{a.movement_id} and {b.movement_id} {why}, and no relation of the two is stated",
                "The check lets them be green together as if they never met"
                + ("; right where each has a lane of its own to leave by." if "leave" in why else "."),
            )


def _why_they_meet(a: Movement, b: Movement) -> str | None:
    """Where their names alone say that two ways cross or merge."""
    walks = [m for m in (a, b) if m.kind is MovementKind.PEDESTRIAN]
    driven = [m for m in (a, b) if m.kind is MovementKind.VEHICLE]
    if len(walks) == len(driven) == 1 and a.approach == b.approach:
        return f"share approach {a.approach}, which people cross"
    if len(driven) < 2 or a.approach == b.approach:
        return None
    if a.to_link_id is not None and a.to_link_id == b.to_link_id:
        return f"both leave by {a.to_link_id}"
    if {a.turn, b.turn} == {Turn.LEFT, Turn.THROUGH} and OPPOSITE.get(a.approach) == b.approach:
        return "come from opposite sides, one of them to turn left"
    if a.turn is b.turn is Turn.THROUGH and {a.approach, b.approach} <= set(OPPOSITE):
        return "cross at a right angle" if OPPOSITE[a.approach] != b.approach else None
    return None


def _lanes_of_two_groups(junction: Junction) -> Iterator[Doubt]:
    for approach, lane, users in _shared_lanes(junction):
        groups: dict[GroupId, list[str]] = {}
        for m in users:
            groups.setdefault(m.group_id, []).append(str(m.movement_id))
        if all(_always_together(junction, a, b) for a, b in combinations(groups, 2)):
            continue
        told = "; ".join(f"{', '.join(ids)} (signal group {group_id})" for group_id, ids in groups.items())
        yield doubt(
            junction,
            Weight.DOUBTFUL,
            "lane-of-two-groups",
            f"{lane} of approach {approach} is shared by movements whose lamps differ: {told}",
            "Whoever stands first at red holds up all behind: the lane's capacity is far below its green.",
        )


def _shared_lanes(junction: Junction) -> Iterator[tuple[str, str, list[Movement]]]:
    """Approach, lane in words, and who uses it, where more than one movement of vehicles does."""
    approaches: dict[str, list[Movement]] = {}
    for m in junction.movements:
        if m.kind is MovementKind.VEHICLE:
            approaches.setdefault(m.approach, []).append(m)
    for approach, own in approaches.items():
        for number in sorted({n for m in own for n in m.lane_numbers}):
            users = [m for m in own if number in m.lane_numbers]
            if len(users) > 1:
                yield approach, f"lane {number}", users
        sharing = [m for m in own if m.shared_lane and not m.lane_numbers]
        if len(sharing) > 1:
            yield approach, "the shared lane", sharing


def _always_together(junction: Junction, a: GroupId, b: GroupId) -> bool:
    return all((a in stage.group_ids) == (b in stage.group_ids) for stage in junction.stages)


def _not_measured(junction: Junction) -> Iterator[Doubt]:
    permitted = set(junction.permitted_yields)
    open_pairs: list[tuple[MovementId, MovementId]] = [
        (c.from_movement_id, c.to_movement_id)
        for c in junction.conflicts
        if c.clearing_m is None and (c.from_movement_id, c.to_movement_id) not in permitted
    ]
    if open_pairs:
        pairs = named([f"{a} -> {b}" for a, b in open_pairs], 3)
        yield doubt(
            junction,
            Weight.MISSING,
            "distances",
            f"nobody measured the ways to the conflict point of {len(open_pairs)} pairs ({pairs})",
            "Their intergreens cannot be recomputed from the national profile: one that is too short is not found.",
        )
