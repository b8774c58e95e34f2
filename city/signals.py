"""Signalised junctions and corridors, and the rules that a junction keeps by existing."""

from dataclasses import dataclass
from itertools import combinations

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import CorridorId, DistrictId, GroupId, JunctionId, LinkId, MovementId, StageId
from city.signal_parts import (
    Audit,
    Conflict,
    ControllerProfile,
    ControlMode,
    Intergreen,
    LeftPolicy,
    Movement,
    Relation,
    SignalGroup,
    Stage,
)
from city.signal_plans import SignalPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """A signalised junction. A junction that exists can be planned: every rule below has been checked."""

    junction_id: JunctionId
    district_id: DistrictId
    name: str
    lon: float
    lat: float
    national_profile: str
    movements: tuple[Movement, ...]
    groups: tuple[SignalGroup, ...]
    stages: tuple[Stage, ...]
    stage_chain: tuple[StageId, ...]
    coordinated_stage_id: StageId
    conflicts: tuple[Conflict, ...]
    intergreens: tuple[Intergreen, ...]
    cycle_min_s: int
    cycle_max_s: int
    left_policy: LeftPolicy = LeftPolicy.KEEP_PROTECTED
    permitted_yields: tuple[tuple[MovementId, MovementId], ...] = ()
    controller: ControllerProfile = ControllerProfile()
    mode: ControlMode = ControlMode.FIXED
    slow_walkers: bool = False  # a school or a hospital is near
    running_plan: SignalPlan | None = None
    max_cycle_step_s: int | None = None  # largest change of the cycle against the running plan
    chain_locked: bool = False  # plans run the stage chain as it stands; only the left-turn policy drops stages
    audit: Audit | None = None

    def __post_init__(self) -> None:
        errors: list[CityError] = []
        for rule in (_ids_are_unique, _references_hold, _relations_hold, _intergreens_hold, _cycle_fits):
            errors.extend(rule(self))
            if errors:
                break  # later rules build on earlier ones
        raise_all(f"Junction {self.junction_id}", errors)

    def group(self, group_id: GroupId) -> SignalGroup:
        return next(group for group in self.groups if group.group_id == group_id)

    def stage(self, stage_id: StageId) -> Stage:
        return next(stage for stage in self.stages if stage.stage_id == stage_id)

    def movements_of(self, group_id: GroupId) -> tuple[Movement, ...]:
        return tuple(movement for movement in self.movements if movement.group_id == group_id)

    def intergreen_s(self) -> dict[tuple[GroupId, GroupId], int]:
        """Every ordered pair that has an intergreen; the pairs that are absent may follow each other at once."""
        return {(pair.from_group_id, pair.to_group_id): pair.seconds for pair in self.intergreens}


@dataclass(frozen=True, slots=True, kw_only=True)
class CorridorLink:
    """The way of a platoon from one junction's coordinated stage to the next junction's."""

    from_junction_id: JunctionId
    to_junction_id: JunctionId
    length_m: float
    speed_kmh: float
    link_id: LinkId | None = None
    from_movement_ids: tuple[MovementId, ...] = ()
    to_movement_ids: tuple[MovementId, ...] = ()

    @property
    def travel_time_s(self) -> float:
        return self.length_m / self.speed_kmh * 3.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Corridor:
    """Junctions that are coordinated with each other; `links` are directed, usually one each way."""

    corridor_id: CorridorId
    district_id: DistrictId
    junction_ids: tuple[JunctionId, ...]
    links: tuple[CorridorLink, ...]


def conflicting_groups(junction: Junction) -> frozenset[tuple[GroupId, GroupId]]:
    """Ordered group pairs that may never be green together: both orders of every prohibited or unlisted yield."""
    group_of = {movement.movement_id: movement.group_id for movement in junction.movements}
    pairs: set[tuple[GroupId, GroupId]] = set()
    for conflict in junction.conflicts:
        a, b = conflict.from_movement_id, conflict.to_movement_id
        if conflict.relation is Relation.YIELDS and (a, b) in junction.permitted_yields:
            continue
        pairs |= {(group_of[a], group_of[b]), (group_of[b], group_of[a])}
    return frozenset(pairs)


def stage_greens_s(junction: Junction, chain: tuple[StageId, ...] | None = None) -> dict[StageId, int]:
    """The least split of each stage of a chain, s; by default of the junction's own.

    It is the largest minimum green of a group that is green only there, plus that group's intergreen to what begins
    next; a group that runs on through several stages asks for its intergreen only in the last of them.
    """
    order = junction.stage_chain if chain is None else chain
    return {stage_id: _least_split_s(junction, order, position) for position, stage_id in enumerate(order)}


def _least_split_s(junction: Junction, chain: tuple[StageId, ...], position: int) -> int:
    here, after = (set(junction.stage(chain[k % len(chain)]).group_ids) for k in (position, position + 1))
    before = set(junction.stage(chain[position - 1]).group_ids)
    matrix = junction.intergreen_s()
    least = junction.stage(chain[position]).min_split_s
    for group_id in here - after:
        clearance_s = max((matrix.get((group_id, other), 0) for other in after - here), default=0)
        green_s = junction.group(group_id).min_green_s if group_id not in before else 0
        least = max(least, green_s + clearance_s)
    return least


def _ids_are_unique(junction: Junction) -> list[CityError]:
    named = (
        ("movements", [movement.movement_id for movement in junction.movements]),
        ("groups", [group.group_id for group in junction.groups]),
        ("stages", [stage.stage_id for stage in junction.stages]),
        ("stage_chain", list(junction.stage_chain)),
    )
    return [
        InvalidValueError(
            subject=f"Junction {junction.junction_id}", field=name, found=ids, expected="at least one, each id once"
        )
        for name, ids in named
        if not ids or len(set(ids)) != len(ids)
    ]


def _references_hold(junction: Junction) -> list[CityError]:
    subject = f"Junction {junction.junction_id}"
    groups = tuple(group.group_id for group in junction.groups)
    movements = tuple(movement.movement_id for movement in junction.movements)
    stages = tuple(stage.stage_id for stage in junction.stages)
    wanted: list[tuple[str, str, tuple[str, ...]]] = [
        *(("signal group", movement.group_id, groups) for movement in junction.movements),
        *(("signal group", group_id, groups) for stage in junction.stages for group_id in stage.group_ids),
        *(("stage", stage_id, stages) for stage_id in junction.stage_chain),
        ("stage of the chain", junction.coordinated_stage_id, junction.stage_chain),
        *(("movement", c.from_movement_id, movements) for c in junction.conflicts),
        *(("movement", c.to_movement_id, movements) for c in junction.conflicts),
        *(("signal group", pair.from_group_id, groups) for pair in junction.intergreens),
        *(("signal group", pair.to_group_id, groups) for pair in junction.intergreens),
    ]
    errors: list[CityError] = [
        UnknownIdError(subject=subject, kind=kind, found=found, known=known)
        for kind, found, known in dict.fromkeys(wanted)
        if found not in known
    ]
    served = {g for stage in junction.stages if stage.stage_id in junction.stage_chain for g in stage.group_ids}
    errors += [
        BrokenRuleError(subject=subject, problem=f"signal group {group_id} is green in no stage of the chain")
        for group_id in groups
        if group_id not in served
    ]
    return errors


def _relations_hold(junction: Junction) -> list[CityError]:
    clashes = conflicting_groups(junction)
    return [
        BrokenRuleError(
            subject=f"Junction {junction.junction_id}",
            problem=f"stage {stage.stage_id} holds signal groups {a} and {b}, which must never be green together",
        )
        for stage in junction.stages
        for a, b in combinations(stage.group_ids, 2)
        if (a, b) in clashes
    ]


def _intergreens_hold(junction: Junction) -> list[CityError]:
    matrix = junction.intergreen_s()
    errors: list[CityError] = []
    for a, b in sorted(conflicting_groups(junction)):
        if a == b:
            errors.append(
                BrokenRuleError(
                    subject=f"Junction {junction.junction_id}",
                    problem=f"signal group {a} holds movements that must never be green together",
                )
            )
            continue
        least = junction.group(a).yellow_s + junction.group(b).red_amber_s
        if (a, b) not in matrix or matrix[a, b] < least:
            errors.append(
                InvalidValueError(
                    subject=f"Junction {junction.junction_id}",
                    field=f"intergreen {a} -> {b}",
                    found=matrix.get((a, b)),
                    expected=f"at least {least} s (yellow of {a} and red-amber of {b})",
                )
            )
    return errors


def _cycle_fits(junction: Junction) -> list[CityError]:
    subject = f"Junction {junction.junction_id}"
    if not 0 < junction.cycle_min_s <= junction.cycle_max_s:
        return [
            BrokenRuleError(
                subject=subject,
                problem=f"cycle_min_s is {junction.cycle_min_s} and cycle_max_s is {junction.cycle_max_s}; "
                "expected 0 < smallest <= largest",
            )
        ]
    needed = sum(stage_greens_s(junction).values())
    largest = min(junction.cycle_max_s, junction.controller.max_cycle_s)
    if needed <= largest:
        return []
    return [
        BrokenRuleError(
            subject=subject,
            problem=f"minimum greens and intergreens of its stages need {needed} s, the largest cycle is {largest} s",
            todo="Raise cycle_max_s, shorten a minimum green, or put groups that agree into one stage.",
        )
    ]
