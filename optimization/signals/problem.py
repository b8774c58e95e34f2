"""What is asked of the signal planner: junctions, corridors and the demand of one day."""

from dataclasses import dataclass
from datetime import date

from city.clock import zone
from city.errors import CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import JunctionId, MovementId
from city.signals import Corridor, Junction

SLOTS = 96
SLOT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementDemand:
    """Flow of one movement in each quarter of an hour of the local day, pcu/h.

    `flow_pcu_h` is what the plan is made for, `expected_pcu_h` what it is scored on. Where `censored`, the flow is a
    lower bound: the running plan served all it could.
    """

    junction_id: JunctionId
    movement_id: MovementId
    flow_pcu_h: tuple[float, ...]
    expected_pcu_h: tuple[float, ...]
    censored: tuple[bool, ...]

    def __post_init__(self) -> None:
        subject = f"Demand of {self.movement_id} at junction {self.junction_id}"
        errors: list[CityError] = [
            InvalidValueError(subject=subject, field=name, found=len(values), expected=f"{SLOTS} values")
            for name, values in (
                ("flow_pcu_h", self.flow_pcu_h),
                ("expected_pcu_h", self.expected_pcu_h),
                ("censored", self.censored),
            )
            if len(values) != SLOTS
        ]
        errors += [
            InvalidValueError(subject=subject, field="flow", found=flow, expected="0 to 40,000 pcu/h")
            for flow in (*self.flow_pcu_h, *self.expected_pcu_h)
            if not 0 <= flow <= 40_000
        ][:1]
        raise_all(subject, errors)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """All flows of the day. Junctions in `missing` have no forecast, with a sentence why; they cannot be planned."""

    movements: tuple[MovementDemand, ...]
    missing: tuple[tuple[JunctionId, str], ...] = ()
    assumed: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    def of(self, junction_id: JunctionId) -> dict[MovementId, MovementDemand]:
        return {d.movement_id: d for d in self.movements if d.junction_id == junction_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leeway:
    """How far a plan may go from what runs: whether stages may be chosen anew, and the shortest cycle to try."""

    stages_free: bool = True
    cycle_from_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalProblem:
    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...]
    demand: Demand
    service_date: date
    time_zone: str
    assumed: tuple[str, ...] = ()  # what the junctions' forms left out: the plan repeats it
    leeway: Leeway = Leeway()

    def __post_init__(self) -> None:
        zone(self.time_zone)
        ids = [junction.junction_id for junction in self.junctions]
        errors: list[CityError] = [
            InvalidValueError(subject="Signal problem", field="junctions", found=j, expected="each junction once")
            for j in sorted({j for j in ids if ids.count(j) > 1})
        ]
        if not ids:
            errors.append(
                InvalidValueError(subject="Signal problem", field="junctions", found=0, expected="at least one")
            )
        errors += [
            UnknownIdError(subject=f"Corridor {c.corridor_id}", kind="junction", found=j, known=tuple(ids))
            for c in self.corridors
            for j in dict.fromkeys(
                (*c.junction_ids, *(i for k in c.links for i in (k.from_junction_id, k.to_junction_id)))
            )
            if j not in ids
        ]
        raise_all("Signal problem", errors)

    def junction(self, junction_id: JunctionId) -> Junction:
        return next(junction for junction in self.junctions if junction.junction_id == junction_id)
