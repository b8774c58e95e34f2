"""Junctions as whoever answers for them sees them: verified by whom, in shadow mode since when, doubtful in what."""

from typing import Any

from city.access import Caller
from city.documents import encode
from city.ids import JunctionId
from city.signal_parts import MovementKind
from city.signals import Junction
from serving.auditing import audit_junctions
from serving.desk import Desk
from serving.rolling_mode import own_district


def junctions_document(desk: Desk, caller: Caller) -> dict[str, Any]:
    own = [one for one in desk.history.entities(Junction) if caller.sees(one.district_id)]
    marks = desk.ledger.shadow.current([one.junction_id for one in own])
    return {"junctions": [_junction(one, encode(marks.get(one.junction_id))) for one in own]}


def _junction(junction: Junction, shadow: object) -> dict[str, Any]:
    audit, running = junction.audit, junction.running_plan
    return {
        "junction_id": junction.junction_id,
        "name": junction.name,
        "district_id": junction.district_id,
        "mode": junction.mode.value,
        "verified_by": None if audit is None else audit.verified_by,
        "verified_on": None if audit is None else audit.verified_on,
        "shadow": shadow,
        "running_cycle_s": None if running is None else running.cycle_s,
        "movements": [
            {"movement_id": one.movement_id, "approach": one.approach, "lanes": one.lanes}
            for one in junction.movements
            if one.kind is MovementKind.VEHICLE
        ],
    }


def audit_document(desk: Desk, junction_id: JunctionId, caller: Caller) -> dict[str, Any]:
    own_district(desk, junction_id, caller)
    (audited,), assumed = audit_junctions(desk, (junction_id,), None)
    return {
        "junction_id": audited.junction_id,
        "name": audited.name,
        "ok": audited.ok,
        "doubts": encode(audited.doubts),
        "assumed": list(assumed),
    }
