"""Travel times by id: a missing pair is an error, never a huge number."""

import math

import pytest

from city.errors import InvalidValueError, MissingTravelTimeError, UnknownIdError
from city.ids import DistrictId, LinkId, NodeId
from city.network import Link, Node, TravelTimes


def test_a_known_pair_answers_in_seconds_and_metres() -> None:
    times = TravelTimes(["depot", "P1"])
    times.set("depot", "P1", seconds=120, metres=1500)
    assert (times.seconds("depot", "P1"), times.metres("depot", "P1")) == (120, 1500)


def test_the_way_back_is_another_pair() -> None:
    times = TravelTimes(["depot", "P1"])
    times.set("depot", "P1", seconds=120, metres=1500)
    assert not times.knows("P1", "depot")
    with pytest.raises(MissingTravelTimeError, match="from 'P1' to 'depot'"):
        times.seconds("P1", "depot")


def test_nobody_travels_to_where_they_are() -> None:
    assert TravelTimes(["depot"]).seconds("depot", "depot") == 0


def test_no_way_in_a_matrix_stays_missing() -> None:
    times = TravelTimes.from_rows(["a", "b"], [[0, 60], [math.inf, 0]], [[0, 500], [math.nan, 0]])
    assert times.seconds("a", "b") == 60
    assert not times.knows("b", "a")


def test_an_unknown_place_is_named() -> None:
    with pytest.raises(UnknownIdError, match="'P9'"):
        TravelTimes(["depot"]).seconds("depot", "P9")


def test_a_place_may_be_named_once() -> None:
    with pytest.raises(InvalidValueError, match="P1"):
        TravelTimes(["P1", "P1"])


def test_a_link_without_length_cannot_exist() -> None:
    with pytest.raises(InvalidValueError, match="Link 1: length_m is 0"):
        Link(link_id=LinkId("1"), from_node_id=NodeId("a"), to_node_id=NodeId("b"), length_m=0, free_speed_kmh=36.0)


def test_a_node_has_a_place_and_a_district() -> None:
    node = Node(node_id=NodeId("a"), district_id=DistrictId("north"), lon=116.0, lat=40.0)
    assert (node.lon, node.lat) == (116.0, 40.0)
