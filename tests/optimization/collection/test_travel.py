"""Driving times: one-way roads, snapping, shared places, and great circles where there is no network."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import dataframely as dy
import numpy as np
import polars as pl
import pytest
from scipy.sparse.csgraph import floyd_warshall

from city.errors import CityError, InvalidValueError
from city.frames import Links, Nodes
from city.ids import DepotId, PointId
from city.waste import CollectionPoint, Depot
from optimization.collection.travel import CITY_SPEED_KMH, DETOUR, SPEED_SHARE, great_circle_m, travel_between
from tests.optimization.collection.towns import A_POINT, A_SITE, DISTRICT

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STORED = {"district_id": DISTRICT, "known_at": NOW, "imported_at": NOW, "source": "test"}
DEGREE = 0.001  # about 111 m of latitude
ASIDE = 1e-9  # degrees: (0, 0) itself is what a file says that knows no place
Road = tuple[str, str, float, float]


def nodes(*at: tuple[str, float, float]) -> dy.DataFrame[Nodes]:
    rows = [{"node_id": name, "lon": lon * DEGREE + ASIDE, "lat": lat * DEGREE, **STORED} for name, lon, lat in at]
    return Nodes.validate(pl.DataFrame(rows, schema=Nodes.create_empty().schema), cast=True)


def links(*roads: Road) -> dy.DataFrame[Links]:
    rows = [
        {
            "link_id": f"L{number}",
            "from_node_id": origin,
            "to_node_id": target,
            "length_m": metres,
            "free_speed_kmh": speed,
            "lanes": 1,
            "capacity_veh_h": None,
            "detector_id": None,
            **STORED,
        }
        for number, (origin, target, metres, speed) in enumerate(roads)
    ]
    return Links.validate(pl.DataFrame(rows, schema=Links.create_empty().schema), cast=True)


def point(name: str, lon: float, lat: float) -> CollectionPoint:
    return replace(A_POINT, point_id=PointId(name), lon=lon * DEGREE, lat=lat * DEGREE)


def depot(lon: float, lat: float) -> Depot:
    return Depot(depot_id=DepotId("D"), district_id=DISTRICT, lon=lon * DEGREE, lat=lat * DEGREE)


SQUARE = nodes(("a", 0, 0), ("b", 5, 0), ("c", 5, 5), ("d", 0, 5))
ONE_WAY_ROUND = links(("a", "b", 550, 40), ("b", "c", 560, 40), ("c", "d", 550, 40), ("d", "a", 560, 40))


def test_one_way_roads_are_driven_round() -> None:
    travel = travel_between(
        points=(point("P", 5, 0.1),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=SQUARE, links=ONE_WAY_ROUND
    )

    there, here = travel.places["point P"], travel.places["depot D"]
    assert travel.times.metres(here, there) == 550
    assert travel.times.metres(there, here) == 560 + 550 + 560
    assert travel.times.seconds(here, there) == pytest.approx(550 / (40 * SPEED_SHARE) * 3.6, abs=1)
    assert any("free-flow speed" in sentence for sentence in travel.assumed)


def test_things_on_one_node_share_one_place() -> None:
    travel = travel_between(
        points=(point("P", 5, 0.1), point("Q", 5, -0.1)),
        depots=(depot(0, 0),),
        sites=(A_SITE,),
        nodes=SQUARE,
        links=ONE_WAY_ROUND,
    )

    assert travel.places["point P"] == travel.places["point Q"] == "node b"
    assert len(travel.times.places) == 2


def test_a_place_that_no_road_reaches_has_no_travel_time() -> None:
    island = nodes(("a", 0, 0), ("b", 5, 0), ("x", 50, 50), ("y", 51, 50))
    roads = links(("a", "b", 550, 40), ("b", "a", 550, 40), ("x", "y", 100, 40), ("y", "x", 100, 40))

    travel = travel_between(
        points=(point("P", 50, 50),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=island, links=roads
    )

    assert not travel.times.knows(travel.places["depot D"], travel.places["point P"])


def test_of_two_roads_between_two_nodes_the_quicker_counts_with_its_own_metres() -> None:
    roads = links(("a", "b", 550, 20), ("a", "b", 900, 80), ("b", "a", 550, 40))

    travel = travel_between(
        points=(point("P", 5, 0),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=SQUARE, links=roads
    )

    assert travel.times.metres("node a", "node b") == 900


def test_a_link_to_nowhere_is_named() -> None:
    roads = links(("a", "z", 1, 9))
    with pytest.raises(CityError, match=r"Link L0: there is no node 'z'"):
        travel_between(points=(point("P", 5, 0),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=SQUARE, links=roads)


def test_a_position_off_the_globe_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="Point p: position"):
        travel_between(
            points=(point("P", 999_000, 0),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=SQUARE, links=ONE_WAY_ROUND
        )


def test_far_from_every_road_is_said() -> None:
    travel = travel_between(
        points=(point("P", 40, 0),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=SQUARE, links=ONE_WAY_ROUND
    )

    assert any("point P (38" in sentence for sentence in travel.assumed)


def test_metres_follow_the_quickest_way_as_another_algorithm_finds_it() -> None:
    rng = random.Random(5)
    size = 30
    places = nodes(*((f"n{k}", rng.uniform(0, 90), rng.uniform(0, 90)) for k in range(size)))
    pairs = rng.sample([(a, b) for a in range(size) for b in range(size) if a != b], 150)
    roads = {pair: rng.randint(100, 900) for pair in pairs}
    one_speed = links(*((f"n{a}", f"n{b}", metres, 36 / SPEED_SHARE) for (a, b), metres in roads.items()))
    dense = np.zeros((size, size))
    for (a, b), metres in roads.items():
        dense[a, b] = metres
    expected = floyd_warshall(dense)
    at = {row["node_id"]: (row["lon"] / DEGREE, row["lat"] / DEGREE) for row in places.iter_rows(named=True)}

    travel = travel_between(
        points=tuple(point(f"n{k}", *at[f"n{k}"]) for k in range(size)),
        depots=(depot(*at["n0"]),),
        sites=(A_SITE,),
        nodes=places,
        links=one_speed,
    )

    for a in range(size):
        for b in range(size):
            origin, target = f"node n{a}", f"node n{b}"
            if np.isfinite(expected[a, b]):
                assert travel.times.metres(origin, target) == expected[a, b]
                assert travel.times.seconds(origin, target) == pytest.approx(expected[a, b] / 10, abs=1)
            else:
                assert not travel.times.knows(origin, target)


def test_without_a_network_ways_are_great_circles_with_a_detour_and_that_is_said() -> None:
    travel = travel_between(
        points=(point("P", 0, 10),), depots=(depot(0, 0),), sites=(A_SITE,), nodes=nodes(), links=links()
    )

    metres = travel.times.metres(travel.places["depot D"], travel.places["point P"])
    assert metres == pytest.approx(1111.95 * DETOUR, abs=1)
    seconds = travel.times.seconds(travel.places["depot D"], travel.places["point P"])
    assert seconds == pytest.approx(metres / CITY_SPEED_KMH * 3.6, abs=1)
    assert "There is no road network" in travel.assumed[0]


def test_a_degree_of_latitude_is_a_sixtieth_of_sixty_nautical_miles() -> None:
    zero, one = np.array([0.0]), np.array([1.0])

    assert great_circle_m(zero, zero, zero, one)[0] == pytest.approx(60 * 1853.25, rel=1e-3)
