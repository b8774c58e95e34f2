"""What maps are drawn from, held against the departments' own files."""

import polars as pl
import pytest

from tests.serving.asking import Door
from tests.serving.conftest import DemoHome


@pytest.fixture(scope="module")
def door(demo_home: DemoHome) -> Door:
    return Door(demo_home.folder)


def departments_table(home: DemoHome, name: str) -> pl.DataFrame:
    return pl.read_csv(next(home.folder.rglob(f"departments/{name}")))


def test_each_road_is_there_once_between_its_ends(door: Door, demo_home: DemoHome) -> None:
    roads = door.caller("routes:read").get("/v1/map/roads").json()["roads"]

    links, nodes = departments_table(demo_home, "link.csv"), departments_table(demo_home, "node.csv")
    pairs = {frozenset(pair) for pair in links.select("from_node_id", "to_node_id").iter_rows()}
    place = {
        row[0]: (round(row[1], 6), round(row[2], 6))
        for row in nodes.select("node_id", "x_coord", "y_coord").iter_rows()
    }
    assert {frozenset(map(tuple, road["path"])) for road in roads} == {
        frozenset(place[end] for end in pair) for pair in pairs
    }
    assert len(roads) == len(pairs)
    assert {road["main"] for road in roads} == {True, False}


def test_one_sees_junctions_and_points_of_ones_own_districts(door: Door) -> None:
    everywhere = door.caller("signals:read", "routes:read")
    all_junctions = everywhere.get("/v1/map/junctions").json()
    all_points = everywhere.get("/v1/map/points").json()["points"]
    district = all_junctions["junctions"][0]["district_id"]
    own = door.caller("signals:read", "routes:read", districts=[district])

    junctions, points = own.get("/v1/map/junctions").json(), own.get("/v1/map/points").json()

    assert junctions["junctions"] == [one for one in all_junctions["junctions"] if one["district_id"] == district]
    seen = {one["junction_id"] for one in junctions["junctions"]}
    assert {one["junction_id"] for one in junctions["detectors"]} == seen & {
        one["junction_id"] for one in all_junctions["detectors"]
    }
    assert points["points"] == [one for one in all_points if one["district_id"] == district]
    assert len(all_points) > len(points["points"]) > 0
    assert points["depots"]
    assert {one["kind"] for one in points["sites"]} == {"transfer_station", "disposal"}


def test_what_has_not_changed_is_not_sent_again(door: Door) -> None:
    client = door.caller("routes:read")
    tag = client.get("/v1/map/points").headers["etag"]

    assert client.get("/v1/map/points", headers={"if-none-match": tag}).status_code == 304
