"""What lies nowhere does not come in: swapped coordinates, and the 0, 0 of those who know no place."""

from pathlib import Path

import pytest

from city.frames import Detectors, Entities
from tests.features.sources.release_city import City

DETECTORS = """
[[feed]]
name = "places"
contract = "Detectors"
path = "places.csv"
crs = "WGS84"
max_bad_share = 1.0
[feed.columns]
detector_id = "id"
lanes = 2
lon = "lon"
lat = "lat"
"""
DEPOTS = """
[[feed]]
name = "places"
entity = "depot"
path = "places.csv"
crs = "WGS84"
max_bad_share = 1.0
[feed.columns]
depot_id = "id"
lon = "lon"
lat = "lat"
"""


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City(tmp_path)
    places = ("good,116.4,39.9", "swapped,39.9,116.4", "arctic,20.0,78.2", "nowhere,0,0", "quito,-78.5,0", "tema,0,5.7")
    made.write("places.csv", "id,lon,lat\n" + "".join(f"{line}\n" for line in places))
    return made


def test_detectors_beyond_the_latitudes_of_cities_and_at_zero_zero_are_quarantined(city: City) -> None:
    city.load(DETECTORS)

    assert sorted(city.history.read(Detectors)["detector_id"]) == ["good", "quito", "tema"]
    rows = city.quarantined().sort("line")
    assert rows.select("line", "rule").rows() == [(2, "lat|max"), (3, "lat|max"), (4, "lies_somewhere")]
    assert rows["reason"][0] == "lat is 116.4, expected -60 to 75 degree, WGS 84"
    assert rows["reason"][2].startswith("lon is 0.0 and lat is 0.0: that is no place")


def test_so_is_master_data_with_a_sentence_of_its_own(city: City) -> None:
    city.load(DEPOTS)

    depots = city.history.read(Entities).filter(kind="depot")
    assert sorted(depots["entity_id"]) == ["good", "quito", "tema"]
    rows = city.quarantined().sort("line")
    assert rows["rule"].to_list() == ["depot|lat", "depot|lat", "depot|whole"]
    assert rows["reason"][0].startswith(
        "Depot 'swapped': lat is 116.4, expected a latitude from -60 to 75 degrees, where cities lie."
    )
    assert rows["reason"][2] == "Depot 'nowhere': lon and lat are 0, which is no place. Fill in where it lies."
