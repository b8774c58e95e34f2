"""What if: more traffic, a lane closed, a crossing added. Changes as a person writes them, and the junctions they make.

demand:+20%                    all flows; demand:-10%:J001 those of one junction
close-lane:J001:N-through:1    one lane of those that the movement uses
add-crossing:J001:N:14         people cross approach N, 14 m wide; add-crossing:J001:N:14:200 and 200 of them per hour
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from city.errors import BrokenRuleError, InvalidValueError, UnknownIdError
from city.ids import JunctionId, MovementId
from city.signals import Junction
from optimization.signals.added_crossing import with_crossing
from optimization.signals.closed_lane import with_lane_closed
from optimization.signals.problem import Demand

EXAMPLES: Final = "demand:+20%, demand:-10%:J001, close-lane:J001:N-through:1 or add-crossing:J001:N:14"
_PERCENT: Final = re.compile(r"([+-]\d+(?:\.\d+)?)%")
MOST_PCU_H: Final = 40_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandChange:
    factor: float
    junction_id: JunctionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneClosed:
    junction_id: JunctionId
    movement_id: MovementId
    lanes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossingAdded:
    junction_id: JunctionId
    approach: str
    crossing_m: float
    flow_ped_h: float = 0.0


Change = DemandChange | LaneClosed | CrossingAdded


def change_of(text: str) -> Change:
    kind, *parts = text.strip().split(":")
    if kind == "demand" and len(parts) in (1, 2) and (percent := _PERCENT.fullmatch(parts[0])):
        factor = 1 + float(percent[1]) / 100
        if factor >= 0:
            return DemandChange(factor=factor, junction_id=JunctionId(parts[1]) if len(parts) > 1 else None)
    if kind == "close-lane" and len(parts) in (2, 3) and (lanes := _whole(parts[2:], 1)) is not None:
        return LaneClosed(junction_id=JunctionId(parts[0]), movement_id=MovementId(parts[1]), lanes=lanes)
    if kind == "add-crossing" and len(parts) in (3, 4):
        numbers = [_number(part) for part in parts[2:]]
        if None not in numbers and (numbers[0] or 0) > 0:
            crossing_m, flow = (*(number or 0.0 for number in numbers), 0.0)[:2]
            return CrossingAdded(
                junction_id=JunctionId(parts[0]), approach=parts[1], crossing_m=crossing_m, flow_ped_h=flow
            )
    raise InvalidValueError(subject="What if", field="change", found=text, expected=EXAMPLES)


def _whole(parts: Sequence[str], otherwise: int) -> int | None:
    if not parts:
        return otherwise
    return int(parts[0]) if parts[0].isdigit() and int(parts[0]) > 0 else None


def _number(text: str) -> float | None:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*m?", text)
    return float(found[1]) if found else None


def change_text(change: Change) -> str:
    """As a person says it."""
    if isinstance(change, DemandChange):
        where = f" at junction {change.junction_id}" if change.junction_id is not None else ""
        return f"demand {100 * (change.factor - 1):+.0f} %{where}"
    if isinstance(change, LaneClosed):
        lanes = "1 lane" if change.lanes == 1 else f"{change.lanes} lanes"
        return f"{lanes} of {change.movement_id} closed at junction {change.junction_id}"
    people = f" by {change.flow_ped_h:g} people per hour" if change.flow_ped_h else ""
    return f"approach {change.approach} of junction {change.junction_id} crossed on {change.crossing_m:g} m{people}"


def changed_junctions(junctions: Iterable[Junction], changes: Sequence[Change]) -> tuple[Junction, ...]:
    """Raises a CityError for a change that cannot be made, with the reason."""
    known = {junction.junction_id: junction for junction in junctions}
    for change in changes:
        if change.junction_id is not None and change.junction_id not in known:
            raise UnknownIdError(subject="What if", kind="junction", found=change.junction_id, known=tuple(known))
        if isinstance(change, LaneClosed):
            of = known[change.junction_id]
            known[change.junction_id] = with_lane_closed(of, change.movement_id, change.lanes)
        elif isinstance(change, CrossingAdded):
            known[change.junction_id] = with_crossing(
                known[change.junction_id], change.approach, change.crossing_m, change.flow_ped_h
            )
    return tuple(known.values())


def changed_demand(demand: Demand, changes: Sequence[Change]) -> Demand:
    """Flows times every factor that applies."""
    factor: dict[JunctionId | None, float] = {}
    for change in changes:
        if isinstance(change, DemandChange):
            factor[change.junction_id] = factor.get(change.junction_id, 1.0) * change.factor
    if not factor:
        return demand
    movements = []
    for one in demand.movements:
        times = factor.get(None, 1.0) * factor.get(one.junction_id, 1.0)
        if max(one.flow_pcu_h) * times > MOST_PCU_H:
            raise BrokenRuleError(
                subject="What if",
                problem=f"{one.movement_id} of junction {one.junction_id} would carry "
                f"{max(one.flow_pcu_h) * times:,.0f} pcu/h, more than {MOST_PCU_H:,.0f}",
            )
        movements.append(
            replace(
                one,
                flow_pcu_h=tuple(v * times for v in one.flow_pcu_h),
                expected_pcu_h=tuple(v * times for v in one.expected_pcu_h),
            )
        )
    return replace(demand, movements=tuple(movements))


def changes_the_street(changes: Sequence[Change]) -> bool:
    """Whether a junction's record is another than the stored one."""
    return any(not isinstance(change, DemandChange) for change in changes)
