"""Notes of the morning: what they take out of the day, and which of them cannot be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.collection_faults import Parts
from city.errors import CityError
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
from city.waste import (
    ALL_DAY,
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
from city.windows import every_day
from serving.day_start import with_notes, without

H = 3600
NIGHT = TimeWindow(start_s=21 * H, end_s=29 * H)


def truck(name: str) -> Truck:
    return Truck(
        truck_id=TruckId(name),
        district_ids=(DistrictId("D"),),
        depot_id=DepotId("DEP"),
        payload_kg=5000,
        compartments=(Compartment(streams=(Stream.RESIDUAL,), body_m3=10),),
        shift=Shift(start_s=6 * H, end_s=14 * H),
    )


def point(name: str, stream: Stream = Stream.RESIDUAL) -> CollectionPoint:
    return CollectionPoint(
        point_id=PointId(name),
        stream=stream,
        district_id=DistrictId("D"),
        lon=0,
        lat=0,
        capacity_m3=1,
        density_kg_m3=100,
        service_s=60,
        rule=ServiceRule(kind=ServiceKind.DAILY),
    )


SITE = DisposalSite(
    site_id=SiteId("S1"),
    kind=SiteKind.DISPOSAL,
    district_id=DistrictId("D"),
    lon=0,
    lat=0,
    streams=(Stream.RESIDUAL,),
    windows=(TimeWindow(start_s=5 * H, end_s=23 * H),),
    tip_s=60,
)
PARTS = Parts(
    points=(point("P1"), point("P1", Stream.KITCHEN), point("P2")),
    trucks=(truck("T1"), truck("T2")),
    depots=(),
    sites=(SITE,),
)


def test_without_a_note_nothing_changes() -> None:
    assert with_notes(PARTS, ()) == (PARTS, ())


def test_an_absent_crew_and_a_truck_in_the_workshop_stay_at_home() -> None:
    parts, told = with_notes(PARTS, ("absent:T1", "workshop:T2"))
    assert [one.available for one in parts.trucks] == [False, False]
    assert told == ("Truck T1 stays at home: its crew is absent.", "Truck T2 stays at home: it is in the workshop.")


def test_broken_bins_are_left_out_of_one_stream_or_of_all() -> None:
    parts, told = with_notes(PARTS, ("broken-bin:P1/kitchen",))
    assert [(one.point_id, one.stream) for one in parts.points] == [("P1", "residual"), ("P2", "residual")]
    assert told == ("Point P1 (kitchen) is left out: its bins are broken.",)
    assert [one.point_id for one in with_notes(PARTS, ("broken-bin:P1",))[0].points] == ["P2"]


def test_hours_of_points_and_sites_are_cut() -> None:
    parts, told = with_notes(PARTS, ("closed:P2:11:00-13:00", "site-shut:S1:12:00-15:00"))
    assert [str(window) for window in parts.sites[0].windows] == ["05:00-12:00", "15:00-23:00"]
    open_at = every_day(parts.points[2].windows)
    assert not any(window.start_s <= 12 * H <= window.end_s for window in open_at)
    assert any(window.start_s <= 14 * H <= window.end_s for window in open_at)
    assert told[0] == "Point P2 is closed from 11:00 to 13:00."
    assert with_notes(PARTS, ("site-hours:S1:08:00-16:00",))[0].sites[0].windows == (
        TimeWindow(start_s=8 * H, end_s=16 * H),
    )
    assert with_notes(PARTS, ("site-shut:S1",))[0].sites == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("strike:T1", "there is no note of the day 'strike'"),
        ("absent:T9", "there is no truck 'T9'"),
        ("broken-bin:P2/kitchen", "P2/kitchen"),
        ("broken-bin:", "expected one of"),
        ("site-hours:S1", "expected one of"),
        ("site-shut:S1:15:00-12:00", "expected one of"),
        ("closed:P2:25:00-26:00", "expected one of"),
    ],
)
def test_a_note_that_cannot_be_meant_is_refused_with_its_reason(text: str, says: str) -> None:
    with pytest.raises(CityError) as refused:
        with_notes(PARTS, (text,))
    assert says in str(refused.value)


@given(
    start_h=st.integers(0, 22),
    hours=st.integers(1, 4),
    second=st.integers(0, 30 * H),
    window=st.sampled_from([ALL_DAY, NIGHT, SITE.windows[0]]),
)
def test_what_is_cut_is_shut_at_that_hour_and_all_else_stays_open(
    start_h: int, hours: int, second: int, window: TimeWindow
) -> None:
    shut = TimeWindow(start_s=start_h * H, end_s=(start_h + hours) * H)
    left = without((window,), shut)
    open_before = any(one.start_s < second < one.end_s for one in every_day((window,)))
    is_shut = any(shut.start_s <= second + days * 24 * H <= shut.end_s for days in (-2, -1, 0, 1))
    open_now = any(one.start_s < second < one.end_s for one in every_day(left)) if left else False
    edge = any(
        second in (one.start_s, one.end_s) for one in (*every_day((window,)), *(every_day(left) if left else ()))
    )
    if not edge:
        assert open_now == (open_before and not is_shut)
