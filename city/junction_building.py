"""From a junction's form to the full junction: groups, stages, intergreens, and the plan that runs today."""

from dataclasses import replace

from city.errors import BrokenRuleError, CityError, InvalidValueError, raise_all
from city.ids import GroupId, StageId
from city.junction_form import JunctionForm, RunningPlanForm
from city.junction_geometry import Path, conflicts_of, opposed_turn, paths_of
from city.national import NationalProfile, UserClass, national_profile
from city.signal_parts import Conflict, Intergreen, MovementKind, Relation, SignalGroup, Stage, Turn
from city.signals import Junction
from city.stage_timing import build_plan

_USERS = {
    MovementKind.VEHICLE: (UserClass.CAR, UserClass.HEAVY),
    MovementKind.CYCLE: (UserClass.CYCLE,),
    MovementKind.PEDESTRIAN: (UserClass.PEDESTRIAN,),
}


def build_junction(form: JunctionForm) -> Junction:
    """The junction that a form describes. Raises CityError with every fault found."""
    _check(form)
    profile = national_profile(form.national_profile)
    paths = paths_of(form, profile)
    conflicts, yields = conflicts_of(form, paths)
    groups = _groups(form, profile, paths)
    stages = _stages(paths)
    junction = Junction(
        junction_id=form.junction_id,
        district_id=form.district_id,
        name=form.name,
        lon=form.lon,
        lat=form.lat,
        national_profile=form.national_profile,
        movements=tuple(path.movement for path in paths),
        groups=groups,
        stages=stages,
        stage_chain=tuple(stage.stage_id for stage in stages),
        coordinated_stage_id=_coordinated(form, stages),
        conflicts=conflicts,
        intergreens=_intergreens(form, profile, paths, groups, conflicts),
        cycle_min_s=form.cycle_min_s,
        cycle_max_s=form.cycle_max_s,
        left_policy=form.left_policy,
        permitted_yields=yields,
        controller=form.controller,
        slow_walkers=form.slow_walkers,
        mode=form.mode,
        audit=form.audit,
    )
    return junction if form.running_plan is None else _with_running_plan(junction, form.running_plan)


def _with_running_plan(junction: Junction, running: RunningPlanForm) -> Junction:
    if len(running.splits_s) != len(junction.stage_chain):
        raise BrokenRuleError(
            subject=f"Junction {junction.junction_id}",
            problem=f"the running plan has {len(running.splits_s)} splits for the stages "
            f"{', '.join(junction.stage_chain)}",
        )
    splits_s = dict(zip(junction.stage_chain, running.splits_s, strict=True))
    plan = build_plan(junction, plan_number=1, offset_s=running.offset_s, splits_s=splits_s)
    return replace(junction, running_plan=plan)


def _check(form: JunctionForm) -> None:
    subject = f"Junction {form.junction_id}"
    arms = [approach.arm for approach in form.approaches]
    errors: list[CityError] = []
    if len(set(arms)) != len(arms) or len(arms) < 2:
        errors.append(
            InvalidValueError(subject=subject, field="approaches", found=arms, expected="two to four different arms")
        )
    opposed = opposed_turn(form)
    for approach in form.approaches:
        lanes = approach.lanes_left if opposed is Turn.LEFT else approach.lanes_right
        if approach.arm in form.protected_turns and lanes < 1:
            errors.append(
                BrokenRuleError(
                    subject=subject,
                    problem=f"the {opposed} turn from {approach.arm} is protected but has no lane of its own",
                )
            )
    errors += [
        InvalidValueError(subject=subject, field="protected_turns", found=arm, expected=f"one of {', '.join(arms)}")
        for arm in form.protected_turns
        if arm not in arms
    ]
    raise_all(subject, errors)


def _groups(form: JunctionForm, profile: NationalProfile, paths: list[Path]) -> tuple[SignalGroup, ...]:
    groups: dict[GroupId, SignalGroup] = {}
    for path in paths:
        movement = path.movement
        least = {
            MovementKind.VEHICLE: profile.min_green_s if not path.protected else min(profile.min_green_s, 6),
            MovementKind.CYCLE: profile.min_cycle_green_s,
            MovementKind.PEDESTRIAN: profile.min_walk_s,
        }[movement.kind]
        walks = movement.kind is MovementKind.PEDESTRIAN
        groups.setdefault(
            movement.group_id,
            SignalGroup(
                group_id=movement.group_id,
                kind=movement.kind,
                min_green_s=least,
                yellow_s=0 if walks else profile.yellow_s(movement.speed_kmh),
                green_flash_s=0 if walks else profile.green_flash_s,
                red_amber_s=0 if walks else profile.red_amber_s,
                max_red_s=max(profile.max_red_s, form.cycle_max_s),
            ),
        )
    return tuple(groups.values())


def _stages(paths: list[Path]) -> tuple[Stage, ...]:
    """Per axis: its traffic with the crossings beside it, then its protected turns."""
    stages = []
    for axis, across in (("NS", "EW"), ("EW", "NS")):
        main = [p for p in paths if p.arm in axis and p.exit_arm is not None and not p.protected]
        walks = [p for p in paths if p.arm in across and p.exit_arm is None]
        turns = [p for p in paths if p.arm in axis and p.protected]
        if main or walks:
            ids = tuple(dict.fromkeys(path.movement.group_id for path in main + walks))
            stages.append(Stage(stage_id=StageId(axis), group_ids=ids))
        if turns:
            ids = tuple(dict.fromkeys(path.movement.group_id for path in turns))
            stages.append(Stage(stage_id=StageId(f"{axis}-turn"), group_ids=ids, protected_left=True))
    return tuple(stages)


def _coordinated(form: JunctionForm, stages: tuple[Stage, ...]) -> StageId:
    wanted = StageId(form.coordinated_axis)
    return wanted if any(stage.stage_id == wanted for stage in stages) else stages[0].stage_id


def _intergreens(
    form: JunctionForm,
    profile: NationalProfile,
    paths: list[Path],
    groups: tuple[SignalGroup, ...],
    conflicts: tuple[Conflict, ...],
) -> tuple[Intergreen, ...]:
    by_id = {path.movement.movement_id: path.movement for path in paths}
    lamps = {group.group_id: group for group in groups}
    needed: dict[tuple[GroupId, GroupId], int] = {}
    for conflict in conflicts:
        if conflict.relation is not Relation.PROHIBITED:
            continue
        a, b = by_id[conflict.from_movement_id], by_id[conflict.to_movement_id]
        least = max(
            profile.intergreen_s(
                clearing=clearing,
                entering=_USERS[b.kind][0],
                clearing_m=conflict.clearing_m or 0.0,
                entering_m=conflict.entering_m or 0.0,
                slow=form.slow_walkers,
            )
            for clearing in _USERS[a.kind]
        )
        floor = lamps[a.group_id].yellow_s + lamps[b.group_id].red_amber_s
        pair = (a.group_id, b.group_id)
        needed[pair] = max(needed.get(pair, 0), least, floor)
    return tuple(Intergreen(from_group_id=a, to_group_id=b, seconds=s) for (a, b), s in needed.items())
