"""A junction as a department can describe it on one page, and the full junction that follows from it.

A form says which arms there are, how many lanes they have, how traffic turns, and where people cross. Movements, their
relations, intergreens and stages follow from the geometry of a junction with up to four arms and from the national
profile. What a form leaves out is assumed, and `assumed` says so.
"""

from dataclasses import dataclass
from enum import StrEnum

from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DetectorId, DistrictId, JunctionId, LinkId
from city.signal_parts import Audit, ControllerProfile, ControlMode, LeftPolicy, refuse_bad_estimate

ARMS = "NESW"  # clockwise


class DrivesOn(StrEnum):
    RIGHT = "right"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachForm:
    """One arm. `arm` is the side that traffic comes from. A turn without lanes of its own shares the through lanes.

    Traffic arrives by `from_link_id`; what leaves the junction by this arm does so by `to_link_id`. Where no detector
    counts the arm, `uncounted_peak_veh_h` is a person's estimate of all that arrives in its busiest quarter of an hour.
    """

    arm: str
    lanes_through: int = 1
    lanes_left: int = 0
    lanes_right: int = 0
    share_left: float = 0.0
    share_right: float = 0.0
    detector_ids: tuple[DetectorId, ...] = ()
    speed_kmh: float = 50.0
    crossing_m: float | None = None
    flow_ped_h: float = 0.0
    cycle_lane: bool = False
    saturation_pcu_h_lane: float | None = None
    left_pocket_m: float | None = None
    storage_m: float | None = None
    from_link_id: LinkId | None = None
    to_link_id: LinkId | None = None
    uncounted_peak_veh_h: float | None = None

    def __post_init__(self) -> None:
        subject = f"Approach {self.arm}"
        if self.arm not in tuple(ARMS):
            raise InvalidValueError(subject=subject, field="arm", found=self.arm, expected="N, E, S or W")
        if not (self.share_left >= 0 and self.share_right >= 0 and self.share_left + self.share_right <= 1):
            raise BrokenRuleError(
                subject=subject,
                problem=f"shares of left ({self.share_left}) and right ({self.share_right}) must lie between 0 and 1 "
                "and leave the rest to through traffic",
            )
        lanes = (self.lanes_through, self.lanes_left, self.lanes_right)
        if min(lanes) < 0 or sum(lanes) < 1:
            raise InvalidValueError(
                subject=subject, field="lanes", found=lanes, expected="none below 0 and at least one lane"
            )
        refuse_bad_estimate(subject, self.uncounted_peak_veh_h, self.detector_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPlanForm:
    """The plan that runs today: splits in the order of the stages NS, NS-turn, EW, EW-turn as far as they exist."""

    offset_s: int
    splits_s: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionForm:
    junction_id: JunctionId
    district_id: DistrictId
    name: str
    lon: float
    lat: float
    national_profile: str
    approaches: tuple[ApproachForm, ...]
    drives_on: DrivesOn = DrivesOn.RIGHT
    protected_turns: tuple[str, ...] = ()  # arms whose turn across the opposite traffic has its own stage and lane
    coordinated_axis: str = "NS"
    cycle_min_s: int = 40
    cycle_max_s: int = 150
    box_m: float = 18.0  # from stop line to the far side
    left_policy: LeftPolicy = LeftPolicy.KEEP_PROTECTED
    slow_walkers: bool = False
    mode: ControlMode = ControlMode.FIXED
    controller: ControllerProfile = ControllerProfile()
    running_plan: RunningPlanForm | None = None
    audit: Audit | None = None
    assumed: tuple[str, ...] = ()
