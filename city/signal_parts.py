"""What a signalised junction is made of: movements, signal groups, stages and the relations between them.

A signal group (相位) is a set of streams that always show the same lamp; a stage (相位阶段) is a set of groups that are
green together; the stage chain is their order. Intergreen belongs to an ordered pair of groups: from the end of green
of the first to the start of green of the second. Signal times are whole seconds.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DetectorId, GroupId, LinkId, MovementId, StageId


class MovementKind(StrEnum):
    VEHICLE = "vehicle"
    CYCLE = "cycle"  # e-bikes included
    PEDESTRIAN = "pedestrian"


class Turn(StrEnum):
    LEFT = "left"
    THROUGH = "through"
    RIGHT = "right"
    CROSSING = "crossing"  # pedestrians


class OnRed(StrEnum):
    """Right turn on red."""

    ALLOWED = "allowed"
    ARROW_CONTROLLED = "arrow_controlled"
    FORBIDDEN = "forbidden"


class Relation(StrEnum):
    """Of an ordered movement pair (a, b)."""

    YIELDS = "yields"  # a gives way to b; together only where the junction's policy lists the pair
    PROHIBITED = "prohibited"  # never green together; holds both ways


class LeftPolicy(StrEnum):
    KEEP_PROTECTED = "keep_protected"
    MAY_DROP = "may_drop"
    MUST_DROP = "must_drop"


class Countdown(StrEnum):
    NONE = "none"
    LAST_SECONDS = "last_n_s"
    FULL = "full"


class ControlMode(StrEnum):
    FIXED = "fixed"
    COORDINATED = "coordinated"
    ACTUATED = "actuated"
    FLASHING_YELLOW = "flashing_yellow"
    ALL_RED = "all_red"
    MANUAL = "manual"  # escort (特勤) included: never planned over
    FAULT = "fault"


def _positive(subject: str, **values: float | None) -> None:
    for name, value in values.items():
        if value is not None and not value > 0:
            raise InvalidValueError(subject=subject, field=name, found=value, expected="a number above 0")


def refuse_bad_estimate(subject: str, peak_veh_h: float | None, detector_ids: tuple[DetectorId, ...]) -> None:
    """A person's estimate is a flow, and stands only where no detector counts."""
    if peak_veh_h is None:
        return
    if not (math.isfinite(peak_veh_h) and peak_veh_h >= 0):
        raise InvalidValueError(
            subject=subject, field="uncounted_peak_veh_h", found=peak_veh_h, expected="a flow of 0 veh/h or more"
        )
    if detector_ids:
        raise BrokenRuleError(
            subject=subject,
            problem=f"uncounted_peak_veh_h is {peak_veh_h:g} although {', '.join(detector_ids)} count there",
            todo="State an estimate only where no detector counts, or leave out the detectors.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One stream over the junction.

    `turning_share` is this stream's part of what its detectors count, 0..1; the streams of one detector sum to 1.
    Vehicles and cycles need `saturation_pcu_h` (of all their lanes together); pedestrians need `crossing_m`.
    `uncounted_peak_veh_h` is a person's estimate of the vehicles in its busiest quarter of an hour, where no detector
    counts them.
    """

    movement_id: MovementId
    group_id: GroupId
    kind: MovementKind
    turn: Turn
    approach: str
    lanes: int = 1
    saturation_pcu_h: float | None = None
    detector_ids: tuple[DetectorId, ...] = ()
    turning_share: float = 1.0
    from_link_id: LinkId | None = None
    to_link_id: LinkId | None = None
    shared_lane: bool = False
    lane_numbers: tuple[int, ...] = ()  # of its approach, from the kerb, where they are known
    pocket_m: float | None = None
    storage_m: float | None = None
    speed_kmh: float = 50.0
    on_red: OnRed = OnRed.FORBIDDEN
    crossing_m: float | None = None
    occupancy: float = 1.3  # persons per vehicle, or 1 for people on foot
    flow_ped_h: float = 0.0  # people who cross, where nobody counts them
    uncounted_peak_veh_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Movement {self.movement_id}"
        _positive(subject, lanes=self.lanes, speed_kmh=self.speed_kmh, occupancy=self.occupancy)
        _positive(subject, pocket_m=self.pocket_m, storage_m=self.storage_m)
        if self.kind is MovementKind.PEDESTRIAN:
            _positive(subject, crossing_m=self.crossing_m if self.crossing_m is not None else 0.0)
        else:
            _positive(subject, saturation_pcu_h=self.saturation_pcu_h if self.saturation_pcu_h is not None else 0.0)
        if not 0 <= self.turning_share <= 1:
            raise InvalidValueError(
                subject=subject, field="turning_share", found=self.turning_share, expected="a share between 0 and 1"
            )
        refuse_bad_estimate(subject, self.uncounted_peak_veh_h, self.detector_ids)
        if self.uncounted_peak_veh_h is not None and self.kind is not MovementKind.VEHICLE:
            raise BrokenRuleError(
                subject=subject, problem=f"uncounted_peak_veh_h is a flow of vehicles, this is a {self.kind} movement"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalGroup:
    """Streams that always show the same lamp. Yellow follows green and lies inside the intergreen."""

    group_id: GroupId
    kind: MovementKind
    min_green_s: int
    yellow_s: int = 0
    green_flash_s: int = 0  # the last seconds of green, shown flashing
    red_amber_s: int = 0  # the last seconds before green
    max_green_s: int | None = None
    max_red_s: int | None = None

    def __post_init__(self) -> None:
        subject = f"Signal group {self.group_id}"
        _positive(subject, min_green_s=self.min_green_s, max_green_s=self.max_green_s, max_red_s=self.max_red_s)
        if self.kind is MovementKind.VEHICLE:
            _positive(subject, yellow_s=self.yellow_s)
        if self.max_green_s is not None and self.max_green_s < self.min_green_s:
            raise InvalidValueError(
                subject=subject,
                field="max_green_s",
                found=self.max_green_s,
                expected=f"at least the minimum green, {self.min_green_s} s",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    stage_id: StageId
    group_ids: tuple[GroupId, ...]
    protected_left: bool = False  # the left-turn policy says whether a planner may drop it
    min_split_s: int = 1  # a protected left that is also green before keeps its own seconds by this

    def __post_init__(self) -> None:
        _positive(f"Stage {self.stage_id}", min_split_s=self.min_split_s)
        if not self.group_ids:
            raise BrokenRuleError(subject=f"Stage {self.stage_id}", problem="no signal group is green in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Relation of an ordered movement pair, with the way to their conflict point where it was measured."""

    from_movement_id: MovementId
    to_movement_id: MovementId
    relation: Relation
    clearing_m: float | None = None
    entering_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Intergreen:
    """End of green of the first group to start of green of the second, s."""

    from_group_id: GroupId
    to_group_id: GroupId
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerProfile:
    """What the controller at the junction can hold."""

    name: str = "generic-stage-based"
    max_stages: int = 8
    max_plans: int = 16
    max_day_entries: int = 24
    writable_plan_numbers: tuple[int, ...] = tuple(range(1, 17))
    min_cycle_s: int = 30
    max_cycle_s: int = 240
    countdown: Countdown = Countdown.NONE
    countdown_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Someone stood at the junction and compared it with this record."""

    verified_by: str
    verified_on: str  # ISO date
