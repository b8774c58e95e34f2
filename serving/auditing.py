"""`city audit junction`: a junction's record and running plan, against what its detectors counted lately."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from city.frames import TrafficCounts
from city.ids import JunctionId
from city.signals import Junction
from optimization.signals.audit import audit_junction
from optimization.signals.doubts import Doubt, Weight
from serving.counted_demand import WEEKS, usual_demand
from serving.desk import Desk
from serving.loop.phase_measures import phases_lately, said_of_phases
from serving.selection import chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    junction_id: JunctionId
    name: str
    doubts: tuple[Doubt, ...]

    @property
    def ok(self) -> bool:
        """No rule is broken; doubts may remain."""
        return all(one.weight is not Weight.WRONG for one in self.doubts)


def audit_junctions(
    desk: Desk, junction_ids: tuple[JunctionId, ...], asked: datetime | None
) -> tuple[tuple[Audited, ...], tuple[str, ...]]:
    """The audits, and what was assumed for them."""
    moment = desk.moment(TrafficCounts, asked)
    known = desk.history.entities(Junction, as_of=moment.made_at)
    picked = chosen("Audit", "junction", junction_ids, known, lambda one: one.junction_id)
    demand = usual_demand(desk, picked, moment.at)
    audited = tuple(
        Audited(junction_id=one.junction_id, name=one.name, doubts=audit_junction(one, demand)) for one in picked
    )
    said = f"Flows are the median of what was counted on workdays in the {WEEKS} weeks to {moment.at:%Y-%m-%d}."
    return audited, (*moment.assumed, said)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedPhases:
    """Measures from event logs on the last local day that has events; no day where there are none."""

    day: date | None
    phases: tuple[dict[str, Any], ...]
    said: tuple[str, ...]


def audit_phases(desk: Desk, junction_ids: tuple[JunctionId, ...], asked: datetime | None) -> AuditedPhases:
    """What the junctions' controllers wrote down lately, beside what their records say."""
    day, found = phases_lately(desk, junction_ids, asked or desk.clock())
    lines = tuple(line for one in found for line in one.of_day())
    return AuditedPhases(day=day, phases=lines, said=said_of_phases(found))
