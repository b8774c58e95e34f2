"""Roads of a tiny OpenStreetMap extract: cut at crossings, their rules for trucks read, imported like any file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from city.errors import CityError
from city.frames import Links, Nodes
from city.ledger import Ledger
from city.store import History
from features.sources.osm_roads import OsmLink, read_osm_roads
from features.sources.osm_tags import road_tags
from serving.cli import app

osmium = pytest.importorskip("osmium")

# Crossings 1 to 4 around a block, 5 halfway from 1 to 2 without a crossing; 8 and 9 hang together with nothing.
PLACES = {
    1: (0.0, 0.0),
    2: (0.01, 0.0),
    3: (0.01, 0.01),
    4: (0.0, 0.01),
    5: (0.005, 0.0),
    8: (1.0, 1.0),
    9: (1.0, 1.01),
}
WAYS: dict[int, tuple[tuple[int, ...], dict[str, str]]] = {
    10: ((1, 5, 2, 3), {"highway": "secondary", "lanes": "4", "maxspeed": "60"}),
    11: ((3, 4, 1), {"highway": "residential", "maxheight": "3.2", "hgv:conditional": "no @ (Mo-Fr 7:00-09:00)"}),
    12: ((2, 4), {"highway": "tertiary", "oneway": "yes", "maxweight": "7.5 t"}),
    13: ((8, 9), {"highway": "residential"}),
    14: ((1, 3), {"highway": "footway"}),
    15: ((1, 3), {"building": "yes"}),
    16: ((2, 99), {"highway": "service"}),
}


def written(path: Path) -> Path:
    with osmium.SimpleWriter(str(path)) as writer:
        for number, (lon, lat) in PLACES.items():
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(112.5 + lon, 33.0 + lat)))
        for number, (refs, tags) in WAYS.items():
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=list(refs), tags=tags))
    return path


@pytest.fixture(params=["town.osm.pbf", "town.osm"])
def extract(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return written(tmp_path / request.param)


def between(links: tuple[OsmLink, ...], origin: int, target: int) -> OsmLink:
    (found,) = [link for link in links if (link.origin, link.target) == (origin, target)]
    return found


def test_ways_are_cut_where_they_meet_and_nowhere_else(extract: Path) -> None:
    roads = read_osm_roads(extract)
    assert set(roads.at) == {1, 2, 3, 4}
    assert {(link.origin, link.target) for link in roads.links} == {
        (1, 2), (2, 1), (2, 3), (3, 2), (3, 4), (4, 3), (4, 1), (1, 4), (2, 4),
    }  # fmt: skip


def test_a_link_is_as_long_as_its_bends(extract: Path) -> None:
    """A degree of latitude is 111.2 km, one of longitude at 33 degrees 0.8387 of that."""
    links = read_osm_roads(extract).links
    assert between(links, 2, 3).length_m == pytest.approx(1112, abs=1)
    assert between(links, 1, 2).length_m == pytest.approx(1112 * 0.8387, abs=1)


def test_what_hangs_together_with_nothing_is_left_out_and_counted(extract: Path) -> None:
    assert read_osm_roads(extract).left_out == 2


def test_rules_for_trucks_are_read(extract: Path) -> None:
    links = read_osm_roads(extract).links
    assert (between(links, 1, 2).tags.speed_kmh, between(links, 1, 2).tags.lanes) == (60.0, 2)
    assert between(links, 3, 4).tags.max_height_m == 3.2
    assert between(links, 3, 4).tags.truck_ban == "07:00-09:00"
    assert between(links, 2, 4).tags.max_weight_t == 7.5
    assert between(links, 2, 3).tags.truck_ban is None


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ({"maxspeed": "30 mph"}, ("speed_kmh", pytest.approx(48.28, abs=0.01))),
        ({"maxspeed": "CN:urban"}, ("speed_kmh", 60.0)),
        ({"maxspeed": "none"}, ("speed_kmh", 60.0)),
        ({"oneway": "-1"}, ("forward", False)),
        ({"junction": "roundabout"}, ("backward", False)),
        ({"junction": "roundabout", "oneway": "no"}, ("backward", True)),
        ({"maxheight": "12'6\""}, ("max_height_m", 3.81)),
        ({"maxheight": "default"}, ("max_height_m", None)),
        ({"maxheight": "380"}, ("max_height_m", None)),
        ({"maxweight": "7500 kg"}, ("max_weight_t", 7.5)),
        ({"maxweight": "12", "maxweightrating:hgv": "7.5"}, ("max_weight_t", 7.5)),
        ({"hgv": "no"}, ("truck_ban", "00:00-24:00")),
        ({"hgv": "delivery"}, ("truck_ban", None)),
        ({"hgv:conditional": "no @ (22:00-06:00); destination @ (Sa 10:00-12:00)"}, ("truck_ban", "22:00-06:00")),
        ({"hgv:conditional": "no @ (weight>7.5)"}, ("truck_ban", None)),
        ({"lanes": "3", "oneway": "yes"}, ("lanes", 3)),
    ],
)
def test_tags_in_many_spellings(tags: dict[str, str], found: tuple[str, object]) -> None:
    road = road_tags({"highway": "primary", **tags})
    assert road is not None
    assert getattr(road, found[0]) == found[1]


@pytest.mark.parametrize(
    "tags", [{"access": "private"}, {"motor_vehicle": "no"}, {"area": "yes"}, {"highway": "cycleway"}, {"highway": ""}]
)
def test_where_motor_vehicles_may_not_go_is_no_road(tags: dict[str, str]) -> None:
    assert road_tags({"highway": "service", **tags}) is None
    assert road_tags({"highway": "service"}) is not None


def test_trucks_that_may_enter_open_a_road_that_is_closed_to_others() -> None:
    assert road_tags({"highway": "service", "access": "private", "hgv": "yes"}) is not None


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "town.osm.pbf"
    wrong.write_bytes(b"no map at all")
    with pytest.raises(CityError, match=r"town\.osm\.pbf"):
        read_osm_roads(wrong)
    with pytest.raises(CityError, match="no such file"):
        read_osm_roads(tmp_path / "elsewhere.osm.pbf")


CITY = """
[city]
name = "Yunhe"
time_zone = "Asia/Shanghai"
national_profile = "CN"
districts = { west = "West", east = "East" }
[[feed]]
name = "depots"
entity = "depot"
path = "depots.csv"
crs = "WGS84"
[feed.columns]
depot_id = "depot"
district_id = "district"
lon = "lon"
lat = "lat"
"""


def run(*words: str | Path, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result.output


def test_an_extract_is_imported_into_the_citys_history(extract: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "city.toml").write_text(CITY, encoding="utf-8")
    (tmp_path / "depots.csv").write_text(
        "depot,district,lon,lat\nA,west,112.5,33\nB,east,112.51,33\n", encoding="utf-8"
    )
    assert "Import any feed" in run("--home", home, "import", "--osm", extract, code=1)
    run("--home", home, "import", "--mapping", tmp_path / "city.toml")
    told = run("--home", home, "import", "--osm", extract)
    assert "4 nodes and 9 links; 4 links with hours closed to trucks" in " ".join(told.split())
    history = History(str(home / "history"), Ledger(f"sqlite:///{home / 'ledger.db'}"))
    links = history.read(Links)
    assert links.height == 9
    assert sorted(links["truck_ban"].drop_nulls()) == ["07:00-09:00"] * 4
    districts = dict(history.read(Nodes).select("node_id", "district_id").iter_rows())
    assert districts == {"n1": "west", "n4": "west", "n2": "east", "n3": "east"}
