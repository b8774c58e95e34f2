"""A junction with lanes of one movement closed, and what that takes from those who share them."""

from dataclasses import replace

from city.errors import BrokenRuleError, UnknownIdError
from city.ids import MovementId
from city.signal_parts import Movement, MovementKind
from city.signals import Junction


def with_lane_closed(junction: Junction, movement_id: MovementId, lanes: int) -> Junction:
    """Raises BrokenRuleError where some movement would be left without a lane."""
    own = {m.movement_id: m for m in junction.movements}
    if movement_id not in own or own[movement_id].kind is not MovementKind.VEHICLE:
        driven = tuple(m.movement_id for m in junction.movements if m.kind is MovementKind.VEHICLE)
        subject = f"Junction {junction.junction_id}"
        raise UnknownIdError(subject=subject, kind="movement of vehicles", found=movement_id, known=driven)
    movement = own[movement_id]
    narrower = _by_number(junction, movement, lanes) if movement.lane_numbers else _by_count(junction, movement, lanes)
    changed = {m.movement_id: m for m in narrower}
    return replace(junction, movements=tuple(changed.get(m.movement_id, m) for m in junction.movements))


def _by_number(junction: Junction, movement: Movement, lanes: int) -> list[Movement]:
    """Lanes that nobody else needs are closed first."""
    beside = [m for m in junction.movements if m.approach == movement.approach and m.kind is MovementKind.VEHICLE]

    def missed(lane: int) -> tuple[int, int]:
        users = [m for m in beside if lane in m.lane_numbers]
        return sum(len(m.lane_numbers) == 1 for m in users), len(users)

    closed = set(sorted(movement.lane_numbers, key=missed)[:lanes])
    return [
        _narrower(junction, m, len(set(m.lane_numbers) - closed), tuple(n for n in m.lane_numbers if n not in closed))
        for m in beside
        if closed & set(m.lane_numbers)
    ]


def _by_count(junction: Junction, movement: Movement, lanes: int) -> list[Movement]:
    """Where lanes are not numbered, those of all who share lanes on the approach are the same."""
    sharing = [
        m
        for m in junction.movements
        if m.approach == movement.approach
        and m.kind is MovementKind.VEHICLE
        and (m.movement_id == movement.movement_id or (m.shared_lane and movement.shared_lane))
    ]
    return [_narrower(junction, m, m.lanes - lanes, ()) for m in sharing]


def _narrower(junction: Junction, movement: Movement, lanes: int, numbers: tuple[int, ...]) -> Movement:
    if lanes < 1:
        raise BrokenRuleError(
            subject=f"Junction {junction.junction_id}",
            problem=f"{movement.movement_id} has {movement.lanes} lane(s) and would be left without any",
            todo="Close fewer lanes, or leave the movement out of the junction's record if nobody may turn there.",
        )
    saturation = (movement.saturation_pcu_h or 0.0) * lanes / movement.lanes
    return replace(movement, lanes=lanes, lane_numbers=numbers, saturation_pcu_h=saturation)
