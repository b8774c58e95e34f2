"""Waste domain: a value that exists is valid."""

from dataclasses import replace

import pytest

from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
from city.waste import (
    CollectionPoint,
    Compartment,
    DisposalSite,
    ServiceKind,
    ServiceRule,
    Shift,
    SiteKind,
    Stream,
    TimeWindow,
    Truck,
)

POINT = CollectionPoint(
    point_id=PointId("P1"),
    stream=Stream.RESIDUAL,
    district_id=DistrictId("north"),
    lon=116.4,
    lat=39.9,
    capacity_m3=1.1,
    density_kg_m3=120.0,
    service_s=90,
    rule=ServiceRule(kind=ServiceKind.DAILY),
)
TRUCK = Truck(
    truck_id=TruckId("T1"),
    district_ids=(DistrictId("north"),),
    depot_id=DepotId("D"),
    payload_kg=6000.0,
    compartments=(
        Compartment(streams=(Stream.PAPER,), body_m3=6.0, compaction_ratio=3.0),
        Compartment(streams=(Stream.GLASS,), body_m3=4.0),
    ),
    shift=Shift(start_s=6 * 3600, end_s=14 * 3600),
)
SITE = DisposalSite(
    site_id=SiteId("S"),
    kind=SiteKind.TRANSFER_STATION,
    district_id=DistrictId("north"),
    lon=116.4,
    lat=39.9,
    streams=(Stream.RESIDUAL,),
    windows=(TimeWindow(start_s=0, end_s=108_000),),
    tip_s=600,
    queue_s=tuple(60 * hour for hour in range(24)),
)


def test_a_truck_without_payload_cannot_exist() -> None:
    with pytest.raises(InvalidValueError, match=r"Truck T1: payload_kg is 0, expected a payload above 0 kg"):
        replace(TRUCK, payload_kg=0)


def test_a_truck_without_body_cannot_exist() -> None:
    with pytest.raises(BrokenRuleError, match="no compartment"):
        replace(TRUCK, compartments=())


def test_a_compartment_is_found_by_its_licence() -> None:
    assert TRUCK.compartment_for(Stream.GLASS) == 1
    assert TRUCK.compartment_for(Stream.KITCHEN) is None
    assert TRUCK.streams == (Stream.PAPER, Stream.GLASS)


def test_compaction_makes_room_for_loose_waste() -> None:
    assert TRUCK.compartments[0].loose_m3 == 18.0


def test_only_points_by_fill_may_be_skipped() -> None:
    kinds = {kind: ServiceRule(kind=kind, weekdays=(0,), max_interval_h=24.0).may_skip for kind in ServiceKind}
    assert [kind for kind, may_skip in kinds.items() if may_skip] == [ServiceKind.BY_FILL]


@pytest.mark.parametrize("weekdays", [(), (7,), (-1, 2)])
def test_fixed_days_need_weekdays(weekdays: tuple[int, ...]) -> None:
    with pytest.raises(InvalidValueError, match="weekdays"):
        ServiceRule(kind=ServiceKind.FIXED_DAYS, weekdays=weekdays)


def test_a_point_needs_capacity_and_a_window() -> None:
    with pytest.raises(InvalidValueError, match=r"Point P1 \(residual\): capacity_m3"):
        replace(POINT, capacity_m3=0.0)
    with pytest.raises(BrokenRuleError, match="at least one window"):
        replace(POINT, windows=())


def test_a_night_shift_runs_past_midnight_with_its_break() -> None:
    shift = Shift(start_s=75_600, end_s=108_000, break_s=1800, break_window=TimeWindow(start_s=86_400, end_s=90_000))
    assert shift.end_s - shift.start_s == 9 * 3600


def test_a_break_that_cannot_fit_is_refused() -> None:
    with pytest.raises(BrokenRuleError, match="does not fit between 06:00 and 14:00"):
        Shift(start_s=21_600, end_s=50_400, break_s=1800, break_window=TimeWindow(start_s=43_200, end_s=50_000))


def test_the_queue_is_that_of_the_hour_of_arrival() -> None:
    assert SITE.queue_at(7 * 3600 + 1800) == 420
    assert SITE.queue_at(86_400 + 2 * 3600) == 120


def test_a_site_that_is_never_open_cannot_exist() -> None:
    with pytest.raises(BrokenRuleError, match="Site S: it is never open"):
        replace(SITE, windows=())
