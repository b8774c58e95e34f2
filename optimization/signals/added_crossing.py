"""A junction with a crossing that it does not have: a movement, its lamp, its conflicts, intergreens and stages."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from city.errors import BrokenRuleError, InvalidValueError
from city.ids import GroupId, MovementId, StageId
from city.junction_form import ARMS
from city.national import NationalProfile, UserClass, national_profile
from city.signal_parts import Conflict, Intergreen, Movement, MovementKind, Relation, SignalGroup, Stage, Turn
from city.signals import Junction

STEPS: Final = {Turn.LEFT: 1, Turn.THROUGH: 2, Turn.RIGHT: 3}  # clockwise, from where traffic comes to where it goes
LINE_M: Final = 3.0  # from the stop line to the end of the crossing behind it
BOX_M: Final = 18.0  # over the junction, where no crossing tells
USERS: Final = {
    MovementKind.VEHICLE: (UserClass.CAR, UserClass.HEAVY),
    MovementKind.CYCLE: (UserClass.CYCLE,),
    MovementKind.PEDESTRIAN: (UserClass.PEDESTRIAN,),
}


def with_crossing(junction: Junction, approach: str, crossing_m: float, flow_ped_h: float) -> Junction:
    """People go together with traffic that stays clear of them; turning traffic gives way to them.

    Raises a CityError where the approach is unknown, has a crossing, or its exits cannot be told from names.
    """
    _refuse(junction, approach)
    profile = national_profile(junction.national_profile)
    walk = Movement(
        movement_id=MovementId(f"{approach}-walk"),
        group_id=GroupId(f"{approach}-walk"),
        kind=MovementKind.PEDESTRIAN,
        turn=Turn.CROSSING,
        approach=approach,
        turning_share=0.0,
        crossing_m=crossing_m,
        occupancy=1.0,
        speed_kmh=5.0,
        flow_ped_h=flow_ped_h,
    )
    longest_red_s = max(profile.max_red_s, junction.cycle_max_s)
    group = SignalGroup(group_id=walk.group_id, kind=walk.kind, min_green_s=profile.min_walk_s, max_red_s=longest_red_s)
    conflicts = tuple(_conflicts(junction, walk))
    met = {c.to_movement_id for c in conflicts if c.relation is Relation.PROHIBITED}
    yields = tuple((c.from_movement_id, c.to_movement_id) for c in conflicts if c.relation is Relation.YIELDS)
    stages, chain = _stages(junction, walk, {m.group_id for m in junction.movements if m.movement_id in met})
    return replace(
        junction,
        movements=(*junction.movements, walk),
        groups=(*junction.groups, group),
        conflicts=(*junction.conflicts, *conflicts),
        permitted_yields=(*junction.permitted_yields, *yields),
        intergreens=(*junction.intergreens, *_intergreens(junction, profile, walk, conflicts)),
        stages=stages,
        stage_chain=chain,
    )


def _refuse(junction: Junction, approach: str) -> None:
    subject = f"Junction {junction.junction_id}"
    arms = tuple(dict.fromkeys(m.approach for m in junction.movements if m.kind is MovementKind.VEHICLE))
    if not set(arms) <= set(ARMS):
        raise BrokenRuleError(
            subject=subject,
            problem=f"its approaches are {', '.join(arms)}, not N, E, S and W, so nobody knows which traffic leaves "
            "over the new crossing",
            todo="Add the crossing to the junction's record and import it again.",
        )
    used = dict.fromkeys((*arms, *(exit_arm for m in junction.movements if (exit_arm := _exit(m)) is not None)))
    if approach not in used:
        expected = f"one that traffic comes or leaves by: {', '.join(used)}"
        raise InvalidValueError(subject=subject, field="approach", found=approach, expected=expected)
    if any(m.kind is MovementKind.PEDESTRIAN and m.approach == approach for m in junction.movements):
        raise BrokenRuleError(subject=subject, problem=f"people cross approach {approach} already")


def _conflicts(junction: Junction, walk: Movement) -> Iterator[Conflict]:
    """Who comes by the approach stops for the crossing; who leaves by it gives way, or stops where it goes straight."""
    width_m, over_m = walk.crossing_m or 0.0, _over_m(junction)
    own_stage = {g for stage in junction.stages if stage.protected_left for g in stage.group_ids}
    for other in junction.movements:
        if other.kind is MovementKind.PEDESTRIAN:
            continue
        comes, leaves = other.approach == walk.approach, _exit(other) == walk.approach
        turns = other.turn in (Turn.LEFT, Turn.RIGHT) and other.group_id not in own_stage
        if comes or (leaves and not turns):
            far_m = LINE_M if comes else over_m
            yield _prohibited(walk, other, width_m, 0.0 if comes else over_m - LINE_M)
            yield _prohibited(other, walk, far_m, 0.0)
        elif leaves:
            yield Conflict(
                from_movement_id=other.movement_id,
                to_movement_id=walk.movement_id,
                relation=Relation.YIELDS,
                clearing_m=over_m,
                entering_m=0.0,
            )


def _exit(movement: Movement) -> str | None:
    steps = STEPS.get(movement.turn)
    return None if steps is None else ARMS[(ARMS.index(movement.approach) + steps) % len(ARMS)]


def _over_m(junction: Junction) -> float:
    """Way of traffic from its stop line past a crossing on the far side, as the record has it for others."""
    walks = {m.movement_id for m in junction.movements if m.kind is MovementKind.PEDESTRIAN}
    known = [
        c.clearing_m
        for c in junction.conflicts
        if c.to_movement_id in walks and c.from_movement_id not in walks and c.clearing_m is not None
    ]
    return max(known, default=BOX_M + LINE_M)


def _prohibited(a: Movement, b: Movement, clearing_m: float, entering_m: float) -> Conflict:
    return Conflict(
        from_movement_id=a.movement_id,
        to_movement_id=b.movement_id,
        relation=Relation.PROHIBITED,
        clearing_m=clearing_m,
        entering_m=entering_m,
    )


def _intergreens(
    junction: Junction, profile: NationalProfile, walk: Movement, conflicts: tuple[Conflict, ...]
) -> tuple[Intergreen, ...]:
    by_id = {m.movement_id: m for m in (*junction.movements, walk)}
    lamps = {group.group_id: (group.yellow_s, group.red_amber_s) for group in junction.groups}
    needed: dict[tuple[GroupId, GroupId], int] = {}
    for c in conflicts:
        if c.relation is not Relation.PROHIBITED:
            continue
        a, b = by_id[c.from_movement_id], by_id[c.to_movement_id]
        seconds = max(
            profile.intergreen_s(
                clearing=user,
                entering=USERS[b.kind][0],
                clearing_m=c.clearing_m or 0.0,
                entering_m=c.entering_m or 0.0,
                slow=junction.slow_walkers,
            )
            for user in USERS[a.kind]
        )
        least_s = lamps.get(a.group_id, (0, 0))[0] + lamps.get(b.group_id, (0, 0))[1]
        pair = (a.group_id, b.group_id)
        needed[pair] = max(needed.get(pair, 0), seconds, least_s)
    return tuple(Intergreen(from_group_id=a, to_group_id=b, seconds=s) for (a, b), s in needed.items())


def _stages(junction: Junction, walk: Movement, met: set[GroupId]) -> tuple[tuple[Stage, ...], tuple[StageId, ...]]:
    """Every stage whose traffic stays clear of the crossing; a stage of its own where none does."""
    stages = tuple(
        stage if met & set(stage.group_ids) else replace(stage, group_ids=(*stage.group_ids, walk.group_id))
        for stage in junction.stages
    )
    served = {s.stage_id for s in stages if walk.group_id in s.group_ids} & set(junction.stage_chain)
    if served:
        return stages, junction.stage_chain
    own = Stage(stage_id=StageId(walk.group_id), group_ids=(walk.group_id,))
    return (*stages, own), (*junction.stage_chain, own.stage_id)
