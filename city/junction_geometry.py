"""The ways of all streams over a junction that a form describes, and which of them meet."""

from dataclasses import dataclass
from itertools import product

from city.ids import GroupId, MovementId
from city.junction_form import ARMS, ApproachForm, DrivesOn, JunctionForm
from city.national import NationalProfile
from city.signal_parts import Conflict, Movement, MovementKind, Relation, Turn

# Share of the saturation flow straight on; starting values.
_TURN_FACTOR = {Turn.THROUGH: 1.0, Turn.LEFT: 0.95, Turn.RIGHT: 0.85}


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A stream with its way through the junction: `exit_arm` is None for people, who cross `arm`."""

    movement: Movement
    arm: str
    exit_arm: str | None
    protected: bool


def opposed_turn(form: JunctionForm) -> Turn:
    """The turn that crosses the opposite traffic."""
    return Turn.LEFT if form.drives_on is DrivesOn.RIGHT else Turn.RIGHT


def _exit_arm(arm: str, turn: Turn) -> str:
    """Coming from north one heads south: left is east, right is west."""
    steps = {Turn.LEFT: 1, Turn.THROUGH: 2, Turn.RIGHT: 3}[turn]
    return ARMS[(ARMS.index(arm) + steps) % 4]


def paths_of(form: JunctionForm, profile: NationalProfile) -> list[Path]:
    arms = {approach.arm for approach in form.approaches}
    paths: list[Path] = []
    for approach in sorted(form.approaches, key=lambda approach: ARMS.index(approach.arm)):
        turns = [turn for turn in (Turn.THROUGH, Turn.LEFT, Turn.RIGHT) if _exit_arm(approach.arm, turn) in arms]
        paths += _vehicle_paths(form, approach, turns, profile)
        if approach.cycle_lane and Turn.THROUGH in turns:
            paths.append(_cycle_path(approach))
        if approach.crossing_m is not None:
            paths.append(_walk_path(approach))
    return paths


def _vehicle_paths(
    form: JunctionForm, approach: ApproachForm, turns: list[Turn], profile: NationalProfile
) -> list[Path]:
    own_lanes = {Turn.LEFT: approach.lanes_left, Turn.RIGHT: approach.lanes_right, Turn.THROUGH: 0}
    shares = {Turn.LEFT: approach.share_left, Turn.RIGHT: approach.share_right}
    shares = {turn: shares.get(turn, 0.0) for turn in turns}
    if Turn.THROUGH in shares:
        shares[Turn.THROUGH] = 1 - sum(shares.values())
    if not any(shares.values()):  # no way straight on, and nobody said how traffic divides: evenly
        shares = dict.fromkeys(shares, 1 / len(shares))
    total = sum(shares.values())
    # Streams of shared lanes divide their saturation flow as they divide the traffic: one x for the lane group.
    sharing = {turn: max(shares[turn] / total, 0.01) for turn in turns if own_lanes[turn] == 0}
    parts = {turn: share / sum(sharing.values()) for turn, share in sharing.items()}
    # On a shared lane a turning vehicle takes 1 / factor of the time of one straight on.
    time_per_vehicle = sum(part / _TURN_FACTOR[turn] for turn, part in parts.items())
    lane_pcu_h = approach.saturation_pcu_h_lane or float(profile.saturation_pcu_h)
    peak_veh_h = approach.uncounted_peak_veh_h
    paths = []
    for turn in turns:
        protected = turn is opposed_turn(form) and approach.arm in form.protected_turns
        lanes = own_lanes[turn] or max(1, approach.lanes_through)
        rate = parts[turn] / time_per_vehicle if turn in parts else _TURN_FACTOR[turn]
        movement = Movement(
            movement_id=MovementId(f"{approach.arm}-{turn}"),
            group_id=GroupId(f"{approach.arm}-turn" if protected else approach.arm),
            kind=MovementKind.VEHICLE,
            turn=turn,
            approach=approach.arm,
            lanes=lanes,
            saturation_pcu_h=round(lanes * lane_pcu_h * rate, 1),
            detector_ids=approach.detector_ids,
            turning_share=round(shares[turn] / total, 6),
            from_link_id=approach.from_link_id,
            to_link_id=next(a.to_link_id for a in form.approaches if a.arm == _exit_arm(approach.arm, turn)),
            shared_lane=turn in parts and len(parts) > 1,
            pocket_m=approach.left_pocket_m if turn is Turn.LEFT else None,
            storage_m=approach.storage_m,
            speed_kmh=approach.speed_kmh,
            uncounted_peak_veh_h=None if peak_veh_h is None else round(peak_veh_h * shares[turn] / total, 3),
        )
        paths.append(
            Path(movement=movement, arm=approach.arm, exit_arm=_exit_arm(approach.arm, turn), protected=protected)
        )
    return paths


def _cycle_path(approach: ApproachForm) -> Path:
    movement = Movement(
        movement_id=MovementId(f"{approach.arm}-cycle"),
        group_id=GroupId(f"{approach.arm}-cycle"),
        kind=MovementKind.CYCLE,
        turn=Turn.THROUGH,
        approach=approach.arm,
        saturation_pcu_h=2000.0,
        turning_share=0.0,
        speed_kmh=18.0,
        occupancy=1.0,
    )
    return Path(movement=movement, arm=approach.arm, exit_arm=_exit_arm(approach.arm, Turn.THROUGH), protected=False)


def _walk_path(approach: ApproachForm) -> Path:
    movement = Movement(
        movement_id=MovementId(f"{approach.arm}-walk"),
        group_id=GroupId(f"{approach.arm}-walk"),
        kind=MovementKind.PEDESTRIAN,
        turn=Turn.CROSSING,
        approach=approach.arm,
        turning_share=0.0,
        crossing_m=approach.crossing_m,
        occupancy=1.0,
        speed_kmh=5.0,
        flow_ped_h=approach.flow_ped_h,
    )
    return Path(movement=movement, arm=approach.arm, exit_arm=None, protected=False)


def conflicts_of(
    form: JunctionForm, paths: list[Path]
) -> tuple[tuple[Conflict, ...], tuple[tuple[MovementId, MovementId], ...]]:
    """Every pair whose ways cross or merge, and the yielding pairs that the junction permits."""
    conflicts: list[Conflict] = []
    yields: list[tuple[MovementId, MovementId]] = []
    for a, b in product(paths, paths):
        if a is b or not _ways_meet(form, a, b):
            continue
        if _gives_way(form, a, b):
            yields.append((a.movement.movement_id, b.movement.movement_id))
        elif _gives_way(form, b, a):
            continue
        clearing_m, entering_m = _distances(form, a, b)
        conflicts.append(
            Conflict(
                from_movement_id=a.movement.movement_id,
                to_movement_id=b.movement.movement_id,
                relation=Relation.YIELDS if _gives_way(form, a, b) else Relation.PROHIBITED,
                clearing_m=clearing_m,
                entering_m=entering_m,
            )
        )
    return tuple(conflicts), tuple(yields)


def _ways_meet(form: JunctionForm, a: Path, b: Path) -> bool:
    if a.exit_arm is None or b.exit_arm is None:
        walk, other = (a, b) if a.exit_arm is None else (b, a)
        return other.exit_arm is not None and walk.arm in (other.arm, other.exit_arm)
    if a.arm == b.arm:
        # A bicycle keeps to the edge: only the turn towards that edge crosses it.
        kinds = {a.movement.kind, b.movement.kind}
        turner = a if a.movement.kind is MovementKind.VEHICLE else b
        return kinds == {MovementKind.VEHICLE, MovementKind.CYCLE} and turner.movement.turn is _near_side(form)
    if a.exit_arm == b.exit_arm:
        return True
    (a_in, a_out), (b_in, b_out) = _ends(form, a), _ends(form, b)
    low, high = sorted((a_in, a_out))
    return (low < b_in < high) != (low < b_out < high)


def _near_side(form: JunctionForm) -> Turn:
    return Turn.RIGHT if form.drives_on is DrivesOn.RIGHT else Turn.LEFT


def _ends(form: JunctionForm, path: Path) -> tuple[int, int]:
    """Entry and exit as positions on a circle, clockwise; two ways cross where their ends alternate."""
    entry_first = form.drives_on is DrivesOn.RIGHT
    entry = 2 * ARMS.index(path.arm) + (0 if entry_first else 1)
    leave = 2 * ARMS.index(path.exit_arm or path.arm) + (1 if entry_first else 0)
    return entry, leave


def _gives_way(form: JunctionForm, a: Path, b: Path) -> bool:
    """Whether `a` turns on a full green and gives way to `b`: opposite traffic, bicycles beside it, people crossing."""
    if a.movement.kind is not MovementKind.VEHICLE or a.movement.turn is Turn.THROUGH or a.protected:
        return False
    if b.exit_arm is None:
        return b.arm == a.exit_arm
    if b.movement.kind is MovementKind.CYCLE and b.arm == a.arm:
        return True
    opposite = b.arm == _exit_arm(a.arm, Turn.THROUGH)
    return a.movement.turn is opposed_turn(form) and opposite and not b.protected


def _distances(form: JunctionForm, a: Path, b: Path) -> tuple[float, float]:
    """Way of `a` from its line past the conflict point, and of `b` from its line to it, m."""
    if a.exit_arm is None:
        return a.movement.crossing_m or 0.0, 0.0 if b.arm == a.arm else form.box_m
    if b.exit_arm is None:
        return (3.0 if b.arm == a.arm else form.box_m + 3.0), 0.0
    return 0.75 * form.box_m, 0.25 * form.box_m
