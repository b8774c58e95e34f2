"""National profiles: yellow by speed and the least intergreen, worked by hand."""

import pytest

from city.errors import InvalidValueError
from city.national import CN, DE, UserClass, national_profile
from city.places import CityInfo


@pytest.mark.parametrize(("speed_kmh", "yellow_s"), [(30, 3), (50, 3), (60, 4), (70, 5)])
def test_yellow_grows_with_speed(speed_kmh: float, yellow_s: int) -> None:
    assert DE.yellow_s(speed_kmh) == yellow_s


def test_people_need_the_length_of_the_crossing_over_their_speed() -> None:
    walked = CN.intergreen_s(clearing=UserClass.PEDESTRIAN, entering=UserClass.CAR, clearing_m=14.0, entering_m=0.0)
    assert walked == 12  # 14 m / 1.2 m/s = 11.7 s


def test_near_a_school_people_get_more_time() -> None:
    slow = CN.intergreen_s(
        clearing=UserClass.PEDESTRIAN, entering=UserClass.CAR, clearing_m=14.0, entering_m=0.0, slow=True
    )
    assert slow == 14


def test_a_car_clears_the_junction_before_the_next_arrives() -> None:
    # crossing 3 s + (20 m + 6 m) / 10 m/s - 11.1 m / 11.1 m/s = 4.6 s
    seconds = CN.intergreen_s(clearing=UserClass.CAR, entering=UserClass.CAR, clearing_m=20.0, entering_m=11.1)
    assert seconds == 5


def test_an_intergreen_is_never_negative() -> None:
    assert CN.intergreen_s(clearing=UserClass.CAR, entering=UserClass.CAR, clearing_m=1.0, entering_m=500.0) == 0


def test_there_is_no_default_profile() -> None:
    with pytest.raises(InvalidValueError, match="one of CN, DE, US"):
        national_profile("")


def test_a_city_needs_a_zone_and_a_profile_that_exist() -> None:
    assert CityInfo(name="A", time_zone="Asia/Shanghai", national_profile="CN").national_profile == "CN"
    with pytest.raises(InvalidValueError, match="IANA"):
        CityInfo(name="A", time_zone="Moon/Base", national_profile="CN")
