"""Streets that are too low, too weak or closed at some hours: around them where there is a way, else by their rules."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dataframely as dy
import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import floyd_warshall

from city.collection_problem import every_day, fits_street
from city.frames import Links, Nodes
from city.ids import NodeId, PointId, TruckId
from city.waste import CollectionPoint, Depot, ServiceKind, ServiceRule, Shift, TimeWindow, Truck
from optimization.collection.street_limits import limited_points, limited_sites, spans_of
from optimization.collection.travel import Travel, travel_between
from tests.optimization.collection.towns import A_POINT, A_SITE, A_TRUCK, DISTRICT, HOUR

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STORED = {"district_id": DISTRICT, "known_at": NOW, "imported_at": NOW, "source": "test"}
Street = tuple[int, int, int, float | None, float | None]  # ends, metres, height m, weight kg
STEP = 0.01  # degrees between neighbours in a row
TALL = replace(A_TRUCK, truck_id=TruckId("TALL"), height_m=3.6)
SMALL = replace(A_TRUCK, truck_id=TruckId("SMALL"), height_m=2.5, payload_kg=1000.0, empty_weight_kg=3000.0)
NIGHT = replace(A_TRUCK, truck_id=TruckId("NIGHT"), shift=Shift(start_s=21 * HOUR, end_s=30 * HOUR))


def nodes(count: int) -> dy.DataFrame[Nodes]:
    rows = [{"node_id": f"n{k}", "lon": 112 + k * STEP, "lat": 33.0, **STORED} for k in range(count)]
    return Nodes.validate(pl.DataFrame(rows, schema=Nodes.create_empty().schema), cast=True)


def roads(*streets: tuple[int, int, float, dict[str, Any]]) -> dy.DataFrame[Links]:
    """Both ways: ends, metres and limits. 10 m/s for trucks."""
    rows = [
        {
            "link_id": f"{here}-{there}-{number}",
            "from_node_id": f"n{here}",
            "to_node_id": f"n{there}",
            "length_m": metres,
            "free_speed_kmh": 48.0,
            "lanes": 1,
            **limits,
            **STORED,
        }
        for number, (one, other, metres, limits) in enumerate(streets)
        for here, there in ((one, other), (other, one))
    ]
    return Links.validate(pl.DataFrame(rows, schema=Links.create_empty().schema), cast=True)


def at(node: int) -> dict[str, Any]:
    return {"lon": 112 + node * STEP, "lat": 33.0, "node_id": NodeId(f"n{node}")}


def point(node: int, **changes: Any) -> CollectionPoint:  # noqa: ANN401
    return replace(A_POINT, point_id=PointId(f"P{node}"), **at(node), **changes)


DEPOT = Depot(depot_id=A_TRUCK.depot_id, district_id=DISTRICT, **at(0))


def travel(
    links: dy.DataFrame[Links], *trucks: Truck, points: tuple[int, ...] = (1, 2), cache: Path | None = None
) -> Travel:
    return travel_between(
        points=tuple(point(node) for node in points),
        depots=(DEPOT,),
        sites=(replace(A_SITE, **at(0)),),
        nodes=nodes(4),
        links=links,
        trucks=trucks,
        cache=cache,
    )


def metres(found: Travel, one: str, other: str) -> int:
    return found.times.metres(found.places[one], found.places[other])


# From the depot (0) to 2 by a low bridge (0-1-2), or the long way round (0-3-2).
BRIDGE = roads((0, 1, 500, {}), (1, 2, 500, {"max_height_m": 3.0}), (0, 3, 2000, {}), (3, 2, 2000, {}))


def test_a_low_bridge_is_driven_round_when_some_truck_is_too_high() -> None:
    assert metres(travel(BRIDGE, SMALL), "depot D", "point P2") == 1000
    assert metres(travel(BRIDGE, SMALL, TALL), "depot D", "point P2") == 4000
    assert "2 of 8 links are passed by" in " ".join(travel(BRIDGE, TALL).assumed)
    assert not travel(BRIDGE, TALL).limits


def test_a_network_without_trucks_knows_no_limits() -> None:
    assert metres(travel(BRIDGE), "depot D", "point P2") == 1000


@pytest.mark.parametrize(("limit", "fits"), [({"max_weight_kg": 5000.0}, (False, True)), ({}, (True, True))])
def test_what_lies_behind_a_weak_bridge_is_for_light_trucks(limit: dict[str, Any], fits: tuple[bool, bool]) -> None:
    found = travel(roads((0, 1, 500, {}), (1, 2, 500, limit)), TALL, SMALL)
    assert metres(found, "depot D", "point P2") == 1000
    behind = limited_points((point(1), point(2)), found.limits)
    assert [fits_street(truck, behind[1]) for truck in (TALL, SMALL)] == list(fits)
    assert all(fits_street(truck, behind[0]) for truck in (TALL, SMALL))


def test_a_street_that_no_truck_fits_leads_nowhere() -> None:
    found = travel(roads((0, 1, 500, {}), (1, 2, 500, {"max_height_m": 2.0})), TALL, SMALL)
    assert not found.times.knows(found.places["depot D"], found.places["point P2"])
    always = travel(roads((0, 1, 500, {}), (1, 2, 500, {"truck_ban": "00:00-24:00"})), TALL, SMALL)
    assert not always.times.knows(always.places["depot D"], always.places["point P2"])


def test_a_closed_hour_counts_where_a_shift_meets_it() -> None:
    closed = {"truck_ban": "22:00-05:00"}
    ring = roads((0, 1, 500, {}), (1, 2, 500, closed), (0, 3, 2000, {}), (3, 2, 2000, {}))
    assert metres(travel(ring, A_TRUCK), "depot D", "point P2") == 1000
    assert metres(travel(ring, A_TRUCK, NIGHT), "depot D", "point P2") == 4000


def test_behind_a_street_with_closed_hours_work_begins_outside_them() -> None:
    found = travel(roads((0, 1, 500, {}), (1, 2, 500, {"truck_ban": "07:00-09:00"})), A_TRUCK)
    (behind,) = limited_points((point(2, windows=(TimeWindow(start_s=6 * HOUR, end_s=12 * HOUR),)),), found.limits)
    day = [window for window in every_day(behind.windows) if window.start_s < 24 * HOUR]
    # ten minutes and the work itself (60 s) before seven; ten minutes after nine
    assert [(window.start_s, window.end_s) for window in day] == [
        (6 * HOUR, 7 * HOUR - 660),
        (9 * HOUR + 600, 12 * HOUR),
    ]


def test_a_point_that_is_open_in_closed_hours_only_keeps_its_window() -> None:
    """A rule asks for it: that no truck may come then is for people to settle."""
    found = travel(roads((0, 1, 500, {}), (1, 2, 500, {"truck_ban": "07:00-09:00"})), A_TRUCK)
    only = (TimeWindow(start_s=7 * HOUR, end_s=9 * HOUR),)
    assert limited_points((point(2, windows=only),), found.limits)[0].windows == only


def test_each_of_several_visits_keeps_a_window_of_its_own() -> None:
    found = travel(roads((0, 1, 500, {}), (1, 2, 500, {"truck_ban": "08:00-09:00"})), A_TRUCK)
    twice = ServiceRule(kind=ServiceKind.DAILY, times_per_day=2)
    windows = (TimeWindow(start_s=6 * HOUR, end_s=10 * HOUR), TimeWindow(start_s=12 * HOUR, end_s=14 * HOUR))
    (behind,) = limited_points((point(2, windows=windows, rule=twice),), found.limits)
    assert [(window.start_s, window.end_s) for window in behind.windows] == [
        (6 * HOUR, 8 * HOUR - 660),
        (12 * HOUR, 14 * HOUR),
    ]


def test_a_site_behind_closed_hours_is_shut_in_them() -> None:
    closed = roads((0, 1, 500, {}), (1, 2, 500, {"truck_ban": "07:00-09:00"}))
    there = replace(A_SITE, **at(2), windows=(TimeWindow(start_s=0, end_s=24 * HOUR),), tip_s=300)
    found = travel_between(
        points=(point(1),), depots=(DEPOT,), sites=(there,), nodes=nodes(4), links=closed, trucks=(A_TRUCK,)
    )
    (site,) = limited_sites((there,), found.limits)
    assert not any(window.start_s <= 8 * HOUR <= window.end_s for window in every_day(site.windows))
    assert any(window.start_s <= 6 * HOUR <= window.end_s for window in every_day(site.windows))
    assert any(window.start_s <= 30 * HOUR <= window.end_s for window in every_day(site.windows))


def test_clock_texts_are_read_past_midnight() -> None:
    assert spans_of("22:00-06:00,12:30-14:00") == ((22 * HOUR, 30 * HOUR), (45_000, 14 * HOUR))
    assert spans_of("00:00-24:00") == ((0, 24 * HOUR),)


@settings(max_examples=25, deadline=None)
@given(
    streets=st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 3),
            st.integers(100, 3000),
            st.sampled_from([None, 2.0, 3.0, 3.4]),
            st.sampled_from([None, 3500.0, 12_000.0]),
        ).filter(lambda street: street[0] != street[1]),
        min_size=3,
        max_size=9,
    )
)
def test_no_truck_is_sent_where_it_does_not_fit(
    streets: list[Street],
) -> None:
    """Whoever may serve two points has a way between them over streets that it fits, no longer than the one told."""
    links = roads(*((a, b, float(m), {"max_height_m": h, "max_weight_kg": w}) for a, b, m, h, w in streets))
    fleet = (TALL, SMALL, replace(A_TRUCK, height_m=3.2, payload_kg=4000.0, empty_weight_kg=7000.0))
    found = travel(links, *fleet, points=(1, 2, 3))
    points = limited_points(tuple(point(node) for node in (1, 2, 3)), found.limits)
    names = {0: "depot D", **{node: f"point P{node}" for node in (1, 2, 3)}}
    for truck in fleet:
        own = floyd_warshall(lengths_for(truck, streets))
        served = [0, *(node for node, one in zip((1, 2, 3), points, strict=True) if fits_street(truck, one))]
        for one in served:
            for other in served:
                if found.times.knows(found.places[names[one]], found.places[names[other]]):
                    assert own[one, other] <= metres(found, names[one], names[other])


def lengths_for(truck: Truck, streets: list[Street]) -> npt.NDArray[np.float64]:
    gross_kg = truck.empty_weight_kg + truck.payload_kg
    lengths = np.full((4, 4), np.inf)
    for a, b, m, h, w in streets:
        if (h is None or truck.height_m <= h) and (w is None or gross_kg <= w):
            lengths[a, b] = lengths[b, a] = min(lengths[a, b], m)
    return lengths
