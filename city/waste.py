"""Waste collection: points, trucks, sites and the rules that any route must keep.

Times are whole seconds after local midnight of the service date (they may exceed 86,400: night shifts). Mass is kg,
volume is loose m3 unless a name says otherwise; neither is turned into the other without a named density.
"""

from dataclasses import dataclass
from enum import StrEnum

from city.clock import clock_text
from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DepotId, DistrictId, NodeId, PointId, SiteId, TruckId


class Stream(StrEnum):
    RESIDUAL = "residual"
    KITCHEN = "kitchen"
    RECYCLABLE = "recyclable"
    PAPER = "paper"
    PLASTIC = "plastic"
    GLASS = "glass"
    HAZARDOUS = "hazardous"
    BULKY = "bulky"
    GREEN = "green"


class ServiceKind(StrEnum):
    DAILY = "daily"
    FIXED_DAYS = "fixed_days"
    MAX_INTERVAL = "max_interval_h"
    BY_FILL = "by_fill"  # the only kind that a planner may skip
    ON_CALL = "on_call"


class SiteKind(StrEnum):
    DISPOSAL = "disposal"
    TRANSFER_STATION = "transfer_station"


class AccessSide(StrEnum):
    ANY = "any"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    start_s: int
    end_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Time window",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )

    def __str__(self) -> str:
        return f"{clock_text(self.start_s)}-{clock_text(self.end_s)}"


ALL_DAY = TimeWindow(start_s=0, end_s=2 * 86_400)


def _positive(subject: str, unit_hint: str = "a number above 0", **values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise InvalidValueError(subject=subject, field=name, found=value, expected=unit_hint)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRule:
    """How often a point must be served. `weekdays` are 0 = Monday to 6 = Sunday (fixed_days)."""

    kind: ServiceKind
    times_per_day: int = 1
    weekdays: tuple[int, ...] = ()
    max_interval_h: float | None = None

    def __post_init__(self) -> None:
        if self.kind is ServiceKind.FIXED_DAYS and (
            not self.weekdays or any(day not in range(7) for day in self.weekdays)
        ):
            raise InvalidValueError(
                subject="Service rule fixed_days",
                field="weekdays",
                found=self.weekdays,
                expected="at least one of 0 (Monday) to 6 (Sunday)",
            )
        if self.kind is ServiceKind.MAX_INTERVAL:
            _positive("Service rule max_interval_h", max_interval_h=self.max_interval_h or 0.0)
        _positive("Service rule", times_per_day=self.times_per_day)

    @property
    def may_skip(self) -> bool:
        return self.kind is ServiceKind.BY_FILL


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPoint:
    """One stream at one place. `capacity_m3` is of all its bins together; density is of the loose waste."""

    point_id: PointId
    stream: Stream
    district_id: DistrictId
    lon: float
    lat: float
    capacity_m3: float
    density_kg_m3: float
    service_s: int
    rule: ServiceRule
    node_id: NodeId | None = None
    windows: tuple[TimeWindow, ...] = (ALL_DAY,)
    access_side: AccessSide = AccessSide.ANY
    priority: float = 1.0
    max_height_m: float | None = None
    max_weight_kg: float | None = None
    usual_truck_id: TruckId | None = None
    skills: tuple[str, ...] = ()  # what a truck must all have to serve it

    def __post_init__(self) -> None:
        subject = f"Point {self.point_id} ({self.stream})"
        _positive(subject, capacity_m3=self.capacity_m3, density_kg_m3=self.density_kg_m3)
        if self.service_s < 0 or not self.windows:
            raise BrokenRuleError(
                subject=subject,
                problem=f"service takes {self.service_s} s in {len(self.windows)} windows; "
                "expected 0 s or more and at least one window",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """A body, or part of one. Loose volume fits up to body_m3 x compaction ratio of the stream."""

    streams: tuple[Stream, ...]
    body_m3: float
    compaction_ratio: float = 1.0

    @property
    def loose_m3(self) -> float:
        return self.body_m3 * self.compaction_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A crew's working time. The break, if any, begins inside its window and takes `break_s`."""

    start_s: int
    end_s: int
    max_overtime_s: int = 0
    break_s: int = 0
    break_window: TimeWindow | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start_s < self.end_s:
            raise InvalidValueError(
                subject="Shift",
                field="start and end",
                found=f"{self.start_s} to {self.end_s} s",
                expected="0 <= start < end, seconds after midnight of the service date",
            )
        if self.break_s and self.break_window is None:
            raise BrokenRuleError(subject="Shift", problem=f"a break of {self.break_s} s has no window")
        if self.break_window is not None and not (
            self.start_s <= self.break_window.start_s and self.break_window.end_s + self.break_s <= self.end_s
        ):
            raise BrokenRuleError(
                subject="Shift",
                problem=f"the break window {self.break_window} does not fit between {clock_text(self.start_s)} "
                f"and {clock_text(self.end_s)}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class EndLoaded:
    """Whether a truck may go home loaded, and by when (next service day) it must tip then. Default: never."""

    allowed: bool = False
    tip_before_s: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Truck:
    """A truck and its shift. `wash_s` is the time to change stream after a tip; None means it may not change.

    `daily_cap_kg`, `daily_cap_m3` (loose, all streams together) and `max_stops` bound its day, all trips together.
    """

    truck_id: TruckId
    district_ids: tuple[DistrictId, ...]
    depot_id: DepotId
    payload_kg: float
    compartments: tuple[Compartment, ...]
    shift: Shift
    height_m: float = 3.2
    empty_weight_kg: float = 10_000.0
    wash_s: int | None = None
    end_loaded: EndLoaded = EndLoaded()
    cost_per_km: float = 1.0
    cost_per_h: float = 0.0
    cost_per_day: float = 0.0
    speed_factor: float = 1.0  # driving time is multiplied by this
    available: bool = True
    daily_cap_kg: float | None = None
    daily_cap_m3: float | None = None
    max_stops: int | None = None
    fuel_l_per_100km: float | None = None  # None: not known, reports assume a figure and say so
    skills: tuple[str, ...] = ()  # what the truck and its crew can do: points may ask for it

    def __post_init__(self) -> None:
        subject = f"Truck {self.truck_id}"
        _positive(subject, "a payload above 0 kg", payload_kg=self.payload_kg)
        _positive(subject, speed_factor=self.speed_factor)
        limits = {name: getattr(self, name) for name in ("daily_cap_kg", "daily_cap_m3", "max_stops")}
        _positive(
            subject, "a number above 0, or none", **{name: most for name, most in limits.items() if most is not None}
        )
        if self.fuel_l_per_100km is not None and not 0 <= self.fuel_l_per_100km < 1000:
            expected = "litres of diesel, 0 for a truck that burns none"
            raise InvalidValueError(
                subject=subject, field="fuel_l_per_100km", found=self.fuel_l_per_100km, expected=expected
            )
        if not self.compartments:
            raise BrokenRuleError(subject=subject, problem="it has no compartment")
        for number, compartment in enumerate(self.compartments, 1):
            _positive(
                f"{subject}, compartment {number}",
                body_m3=compartment.body_m3,
                compaction_ratio=compartment.compaction_ratio,
            )
            if not compartment.streams:
                raise BrokenRuleError(subject=f"{subject}, compartment {number}", problem="it may carry no stream")

    @property
    def streams(self) -> tuple[Stream, ...]:
        return tuple(dict.fromkeys(stream for body in self.compartments for stream in body.streams))

    def compartment_for(self, stream: Stream) -> int | None:
        """The number (from 0) of the first compartment licensed for `stream`."""
        return next((k for k, body in enumerate(self.compartments) if stream in body.streams), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
    depot_id: DepotId
    district_id: DistrictId
    lon: float
    lat: float
    node_id: NodeId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalSite:
    """Where trucks tip: a disposal site or a transfer station. Queue time by hour of arrival, 24 values, s."""

    site_id: SiteId
    kind: SiteKind
    district_id: DistrictId
    lon: float
    lat: float
    streams: tuple[Stream, ...]
    windows: tuple[TimeWindow, ...]
    tip_s: int
    node_id: NodeId | None = None
    queue_s: tuple[int, ...] = (0,) * 24
    daily_cap_kg: float | None = None
    throughput_kg_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Site {self.site_id}"
        if not self.streams:
            raise BrokenRuleError(subject=subject, problem="it accepts no stream")
        if not self.windows:
            raise BrokenRuleError(subject=subject, problem="it is never open")
        if self.tip_s < 0 or len(self.queue_s) != 24 or min(self.queue_s) < 0:
            raise BrokenRuleError(
                subject=subject,
                problem=f"tipping takes {self.tip_s} s and queue_s has {len(self.queue_s)} values; "
                "expected 0 s or more and 24 values of 0 s or more",
            )

    def queue_at(self, second: int) -> int:
        """Expected queue on arrival, s."""
        return self.queue_s[second % 86_400 // 3600]
