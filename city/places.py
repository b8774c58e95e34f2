"""The city itself and its districts."""

from dataclasses import dataclass

from city.clock import zone
from city.ids import DistrictId
from city.national import national_profile


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    district_id: DistrictId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CityInfo:
    """What holds for the whole city: its name, its clock and its traffic rules."""

    name: str
    time_zone: str
    national_profile: str

    def __post_init__(self) -> None:
        zone(self.time_zone)
        national_profile(self.national_profile)
