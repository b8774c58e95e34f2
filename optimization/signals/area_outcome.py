"""What came of planning an area's day."""

from dataclasses import dataclass

from city.ids import CorridorId, JunctionId
from city.signal_plans import DayPlan, PlanMeasures


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaOutcome:
    """Delays are person-hours of the day at the expected flows."""

    day_plans: tuple[DayPlan, ...] = ()
    measures: tuple[PlanMeasures, ...] = ()
    unchanged: tuple[tuple[JunctionId, str], ...] = ()
    degraded: tuple[str, ...] = ()
    planned_h: float = 0.0
    running_h: float | None = None
    apart_h: float = 0.0  # what junctions might save with cycles of their own, beyond what their platoons save
    corridor_ids: tuple[CorridorId, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether there are plans, or a comparison by which what runs today stays."""
        return bool(self.day_plans) or self.running_h is not None
