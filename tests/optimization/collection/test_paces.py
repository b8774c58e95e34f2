"""From the forecast of the congestion index to how slow trucks drive, and what is said where there is none."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import dataframely as dy
import polars as pl
import pytest

from city.clock import DAY_S
from city.forecasts import CongestionIndexForecasts
from city.ids import DistrictId
from city.network import TravelTimes
from city.speed_profiles import SpeedProfiles
from city.waste import Depot
from optimization.collection.paces import at_forecast_pace, speed_profiles_from_forecast
from optimization.collection.travel import SPEED_SHARE, Travel
from tests.optimization.collection.towns import A_POINT, A_SITE, A_TRUCK, HOUR, SERVICE_DATE

ISSUED = datetime(2026, 3, 2, 20, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 2, 16, tzinfo=UTC)  # of SERVICE_DATE in Shanghai
ZONE = "Asia/Shanghai"
Row = tuple[str, str, float, float]  # kind, area, hour after midnight, index


def index(*rows: Row, step_s: int = 3600, issued_at: datetime = ISSUED) -> dy.DataFrame[CongestionIndexForecasts]:
    full = [
        {
            "district_id": area,
            "issued_at": issued_at,
            "model": "test",
            "rung": "champion",
            "area_kind": kind,
            "area_id": area,
            "valid_at": MIDNIGHT + timedelta(hours=hour),
            "step_s": step_s,
            "index_p10": 1.0,
            "index_p50": value,
            "index_p90": value + 1,
            "scale": 2.0,
            "level": "light",
            "congested_probability": 0.1,
            "segments": 1,
            "unmeasured": 0,
        }
        for kind, area, hour, value in rows
    ]
    frame = pl.DataFrame(full, schema=CongestionIndexForecasts.create_empty().schema)
    return CongestionIndexForecasts.validate(frame, cast=True)


def profiles(*rows: Row, day: date = SERVICE_DATE, step_s: int = 3600) -> SpeedProfiles | None:
    return speed_profiles_from_forecast(index(*rows, step_s=step_s), service_date=day, time_zone=ZONE)


def slowness(found: SpeedProfiles | None, area: str, hour: float) -> float:
    assert found is not None
    start_s = round(hour * HOUR)
    return found.slowness(found.classes.index(area), start_s, start_s + 900)


def as_truck(index_value: float) -> float:
    return 1 + SPEED_SHARE * (index_value - 1)


def test_a_truck_loses_the_seconds_that_cars_lose() -> None:
    """A km at 60 km/h takes a car 60 s and a truck 80 s; at an index of 2 both lose 60 s more."""
    found = profiles(("district", "north", 8, 2.0))
    assert SPEED_SHARE * 80 == 60
    assert 80 * slowness(found, "north", 8) == pytest.approx(80 + 60, rel=1e-3)
    assert slowness(found, "north", 9) == 1.0


def test_each_district_has_its_own_pace_and_the_city_one_for_all_others() -> None:
    found = profiles(("city", "city", 8, 1.4), ("district", "north", 8, 2.0), ("district", "south", 8, 1.0))
    assert found is not None
    assert found.classes == ("city", "north", "south")
    paces = [slowness(found, name, 8) for name in found.classes]
    assert paces == pytest.approx([as_truck(1.4), as_truck(2.0), 1.0], rel=1e-3)


def test_corridors_and_segments_are_no_places_to_start_from() -> None:
    found = profiles(("district", "north", 8, 2.0), ("segment", "D1", 8, 9.0), ("corridor", "K1", 8, 9.0))
    assert found is not None
    assert found.classes == ("city", "north")
    assert slowness(found, "city", 8) == pytest.approx(as_truck(2.0), rel=1e-3)


def test_the_night_after_the_service_date_has_its_own_forecast() -> None:
    found = profiles(("district", "north", 2, 1.2), ("district", "north", 26, 1.6), ("district", "north", 8, 2.0))
    assert slowness(found, "north", 26) == pytest.approx(as_truck(1.6), rel=1e-3)
    assert slowness(found, "north", 2) == pytest.approx(as_truck(1.2), rel=1e-3)
    assert slowness(found, "north", 32) == pytest.approx(as_truck(2.0), rel=1e-3)  # as the same hour of the date


def test_steps_of_five_minutes_are_averaged_to_quarter_hours() -> None:
    steps = [("district", "north", 8 + number / 12, 1.0 + number) for number in range(3)]
    assert slowness(profiles(*steps, step_s=300), "north", 8) == pytest.approx(as_truck(2.0), rel=1e-3)


def test_an_older_issue_is_not_mixed_in() -> None:
    old = index(("district", "north", 7, 5.0), ("district", "north", 8, 5.0), issued_at=ISSUED - timedelta(days=1))
    both = pl.concat([old, index(("district", "north", 8, 2.0))])
    found = speed_profiles_from_forecast(both, service_date=SERVICE_DATE, time_zone=ZONE)
    assert slowness(found, "north", 7) == 1.0
    assert slowness(found, "north", 8) == pytest.approx(as_truck(2.0), rel=1e-3)


def test_a_forecast_of_another_day_is_none() -> None:
    assert profiles(("district", "north", 8, 2.0), day=SERVICE_DATE + timedelta(days=3)) is None
    assert profiles(("district", "north", 8, 2.0)) is not None
    assert profiles() is None
    elsewhere = index(("district", "north", 8, 2.0))
    found = speed_profiles_from_forecast(elsewhere, service_date=SERVICE_DATE, time_zone=ZONE, districts=("south",))
    assert found is None


DEPOT = Depot(depot_id=A_TRUCK.depot_id, district_id=DistrictId("south"), lon=0.0, lat=0.0)
ELSEWHERE = replace(A_SITE, district_id=DistrictId("east"))


def town() -> Travel:
    times = TravelTimes(("here", "there", "far"))
    times.set("here", "there", seconds=600, metres=5000)
    times.set("there", "here", seconds=600, metres=5000)
    return Travel(
        times=times,
        places={"point P": "here", "depot D": "there", "site S": "far"},
        assumed=("Ways are as they are.",),
    )


def at_pace(forecast: dy.DataFrame[CongestionIndexForecasts] | None) -> Travel:
    return at_forecast_pace(
        town(),
        forecast,
        points=(A_POINT,),
        depots=(DEPOT,),
        sites=(ELSEWHERE,),
        service_date=SERVICE_DATE,
        time_zone=ZONE,
    )


def test_a_drive_takes_the_pace_of_the_district_it_leaves() -> None:
    travel = at_pace(index(("city", "city", 8, 1.0), ("district", "north", 8, 1 + 1 / SPEED_SHARE)))
    assert travel.times.arrival_s("here", "there", 8 * HOUR) == 8 * HOUR + 1200
    assert travel.times.arrival_s("there", "here", 8 * HOUR) == 8 * HOUR + 600
    assert travel.times.profiles is not None
    assert travel.times.profiles.classes[travel.times.class_of[2]] == "city"
    assert travel.times.profiles.borders_s[-1] == 2 * DAY_S
    assert travel.assumed[0] == "Ways are as they are."
    assert "issued at 2026-03-02 20:00 UTC" in travel.assumed[-1]


@pytest.mark.parametrize("forecast", [None, index(), index(("district", "north", 100, 2.0))])
def test_without_a_forecast_of_the_day_driving_is_static_and_that_is_told(
    forecast: dy.DataFrame[CongestionIndexForecasts] | None,
) -> None:
    travel = at_pace(forecast)
    assert travel.times.profiles is None
    assert travel.times.arrival_s("here", "there", 8 * HOUR) == 8 * HOUR + 600
    assert travel.assumed[-1] == (
        "Driving takes as long at all hours: no forecast of the congestion index speaks of 2026-03-03."
    )
