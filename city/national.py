"""National profiles: speeds, lamp sequences and minimum times. There is no global default.

The figures are starting values that a city overrides in its junction file; they cite no standard, because a
standard is cited only after someone has read it.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from city.errors import InvalidValueError


class UserClass(StrEnum):
    CAR = "car"
    HEAVY = "heavy"
    CYCLE = "cycle"
    PEDESTRIAN = "pedestrian"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How one class of user clears and enters a junction."""

    clearing_m_s: float
    entering_m_s: float
    length_m: float
    crossing_s: float  # how long after the end of green the last user may still pass the line


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalProfile:
    name: str
    yellow_s_by_speed_kmh: tuple[tuple[int, int], ...]  # (up to this speed, yellow), ascending
    red_amber_s: int
    green_flash_s: int
    min_green_s: int
    min_cycle_green_s: int
    min_walk_s: int
    walking_m_s: float
    walking_slow_m_s: float  # near schools and hospitals
    start_up_loss_s: float
    end_gain_s: float
    saturation_pcu_h: int
    max_red_s: int
    max_pedestrian_wait_s: int
    paces: tuple[tuple[UserClass, Pace], ...]

    def yellow_s(self, speed_kmh: float) -> int:
        for limit_kmh, seconds in self.yellow_s_by_speed_kmh:
            if speed_kmh <= limit_kmh:
                return seconds
        return self.yellow_s_by_speed_kmh[-1][1]

    def pace(self, user: UserClass) -> Pace:
        return dict(self.paces)[user]

    def intergreen_s(
        self, *, clearing: UserClass, entering: UserClass, clearing_m: float, entering_m: float, slow: bool = False
    ) -> int:
        """Least intergreen of a pair of streams over one conflict point, whole s.

        ceil(crossing time + (clearing distance + vehicle length) / clearing speed - entering time), at least 0.
        """
        out, into = self.pace(clearing), self.pace(entering)
        speed = self.walking_slow_m_s if slow and clearing is UserClass.PEDESTRIAN else out.clearing_m_s
        needed = out.crossing_s + (clearing_m + out.length_m) / speed - entering_m / into.entering_m_s
        return max(0, math.ceil(needed - 1e-9))


def _paces(walking_m_s: float, car_crossing_s: float) -> tuple[tuple[UserClass, Pace], ...]:
    return (
        (UserClass.CAR, Pace(clearing_m_s=10.0, entering_m_s=11.1, length_m=6.0, crossing_s=car_crossing_s)),
        (UserClass.HEAVY, Pace(clearing_m_s=7.0, entering_m_s=8.0, length_m=12.0, crossing_s=car_crossing_s)),
        (UserClass.CYCLE, Pace(clearing_m_s=4.0, entering_m_s=5.0, length_m=2.0, crossing_s=1.0)),
        (UserClass.PEDESTRIAN, Pace(clearing_m_s=walking_m_s, entering_m_s=1.5, length_m=0.0, crossing_s=0.0)),
    )


CN = NationalProfile(
    name="CN",
    yellow_s_by_speed_kmh=((50, 3), (60, 4), (80, 5)),
    red_amber_s=0,
    green_flash_s=3,
    min_green_s=10,
    min_cycle_green_s=8,
    min_walk_s=8,
    walking_m_s=1.2,
    walking_slow_m_s=1.0,
    start_up_loss_s=2.0,
    end_gain_s=2.0,
    saturation_pcu_h=1800,
    max_red_s=150,
    max_pedestrian_wait_s=120,
    paces=_paces(1.2, 3.0),
)
DE = NationalProfile(
    name="DE",
    yellow_s_by_speed_kmh=((50, 3), (60, 4), (70, 5)),
    red_amber_s=1,
    green_flash_s=0,
    min_green_s=5,
    min_cycle_green_s=5,
    min_walk_s=5,
    walking_m_s=1.2,
    walking_slow_m_s=1.0,
    start_up_loss_s=1.0,
    end_gain_s=1.0,
    saturation_pcu_h=1800,
    max_red_s=120,
    max_pedestrian_wait_s=90,
    paces=_paces(1.2, 3.0),
)
US = NationalProfile(
    name="US",
    yellow_s_by_speed_kmh=((48, 3), (64, 4), (89, 5)),
    red_amber_s=0,
    green_flash_s=0,
    min_green_s=7,
    min_cycle_green_s=7,
    min_walk_s=7,
    walking_m_s=1.07,
    walking_slow_m_s=0.91,
    start_up_loss_s=2.0,
    end_gain_s=2.0,
    saturation_pcu_h=1900,
    max_red_s=180,
    max_pedestrian_wait_s=150,
    paces=_paces(1.07, 3.5),
)
_PROFILES = {profile.name: profile for profile in (CN, DE, US)}


def national_profile(name: str) -> NationalProfile:
    try:
        return _PROFILES[name]
    except KeyError:
        raise InvalidValueError(
            subject="City", field="national_profile", found=name, expected=f"one of {', '.join(sorted(_PROFILES))}"
        ) from None
