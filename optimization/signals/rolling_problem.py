"""What is asked of the rolling mode: what runs today, the envelope around it, and what the next hour will bring."""

from dataclasses import dataclass
from typing import Final

from city.errors import CityError, InvalidValueError, raise_all
from city.ids import JunctionId
from city.rolling_bounds import Envelope
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.problem import Demand, SignalProblem

HORIZON_S: Final = 3600
LEAD_S: Final = 120
SHORTEST_S: Final = 900
LAST_S: Final = 85_500  # the switch at midnight belongs to the timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingProblem:
    """`now_s` counts after local midnight. Nothing changes before `now_s + lead_s`, nor for longer than `horizon_s`.

    `demand` holds the day's forecast with the newest one over it. `stale` says why the newest is no news, if so.
    """

    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...]
    in_force: SignalSchedule
    envelope: Envelope
    demand: Demand
    now_s: int
    horizon_s: int = HORIZON_S
    lead_s: int = LEAD_S
    stale: str = ""

    def __post_init__(self) -> None:
        errors: list[CityError] = [
            InvalidValueError(subject="Rolling problem", field=name, found=found, expected=expected)
            for name, found, expected, right in (
                ("now_s", self.now_s, "0 to 86,399 s", 0 <= self.now_s < 86_400),
                ("horizon_s", self.horizon_s, "900 to 7,200 s", SHORTEST_S <= self.horizon_s <= 2 * HORIZON_S),
                ("lead_s", self.lead_s, "60 to 900 s", 60 <= self.lead_s <= SHORTEST_S),
            )
            if not right
        ]
        raise_all("Rolling problem", errors)

    def day_plan(self, junction_id: JunctionId) -> DayPlan | None:
        return next((one for one in self.in_force.day_plans if one.junction_id == junction_id), None)

    def as_day(self) -> SignalProblem:
        """The same junctions, ways and demand as the day planner knows them."""
        return SignalProblem(
            junctions=self.junctions,
            corridors=self.corridors,
            demand=self.demand,
            service_date=self.in_force.service_date,
            time_zone=self.in_force.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """When another plan may run, s after local midnight. `until` says what ends it."""

    start_s: int
    end_s: int
    until: str

    @property
    def lasts_s(self) -> int:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a junction. Delays are person-hours in the window at the expected flows."""

    junction_id: JunctionId
    changed: bool
    why: str
    in_force_h: float | None = None
    rolled_h: float | None = None
    transition_h: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """`schedule` holds the day plans of the junctions that change, checked; None where none does."""

    schedule: SignalSchedule | None
    verdicts: tuple[Verdict, ...]
    work: tuple[tuple[str, float], ...]

    @property
    def changed(self) -> tuple[JunctionId, ...]:
        return tuple(one.junction_id for one in self.verdicts if one.changed)
