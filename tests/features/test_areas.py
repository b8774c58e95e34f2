"""Which segments an area has, and what is assumed where nobody said how long they are."""

import polars as pl
import pytest

from city.congestion_index import AreaKind
from city.frames import Detectors, Links
from city.ids import CorridorId, DistrictId, JunctionId, LinkId
from city.signals import Corridor, CorridorLink
from features.areas import Areas
from tests.features.small_city import MONDAY, framed

DISTRICTS = {"d0": "north", "d1": "north", "d2": "south"}


def links(**metres: float) -> pl.DataFrame:
    """A link `on-<detector>` of that length."""
    return framed(
        Links,
        {
            "link_id": [f"on-{detector}" for detector in metres],
            "from_node_id": ["a"] * len(metres),
            "to_node_id": ["b"] * len(metres),
            "length_m": list(metres.values()),
            "free_speed_kmh": [50.0] * len(metres),
            "lanes": [1] * len(metres),
            "detector_id": list(metres),
            "known_at": [MONDAY] * len(metres),
        },
    )


def corridor(link_id: str | None) -> Corridor:
    way = CorridorLink(
        from_junction_id=JunctionId("J1"),
        to_junction_id=JunctionId("J2"),
        length_m=500.0,
        speed_kmh=50.0,
        link_id=None if link_id is None else LinkId(link_id),
    )
    return Corridor(
        corridor_id=CorridorId("avenue"),
        district_id=DistrictId("north"),
        junction_ids=(JunctionId("J1"), JunctionId("J2")),
        links=(way,),
    )


def members(areas: Areas, kind: AreaKind, area_id: str) -> set[str]:
    place = next(k for k, area in enumerate(areas.areas) if (area.kind, area.area_id) == (kind, area_id))
    return {segment for segment, inside in zip(areas.segments, areas.inside[place], strict=True) if inside}


def test_every_segment_every_district_and_the_city_are_areas() -> None:
    areas = Areas.of(DISTRICTS, links=links(d0=1_000, d1=500, d2=250), detectors=Detectors.create_empty())

    assert members(areas, AreaKind.SEGMENT, "d1") == {"d1"}
    assert members(areas, AreaKind.DISTRICT, "north") == {"d0", "d1"}
    assert members(areas, AreaKind.CITY, "city") == {"d0", "d1", "d2"}
    assert areas.length_km == pytest.approx([1.0, 0.5, 0.25])
    assert areas.assumed == ()


def test_a_corridor_has_what_lies_on_its_links_or_else_at_its_junctions() -> None:
    at_junctions = framed(
        Detectors,
        {
            "detector_id": ["d1", "d2"],
            "junction_id": ["J1", "elsewhere"],
            "lanes": [1, 1],
            "known_at": [MONDAY, MONDAY],
        },
    )
    roads = links(d0=1_000, d1=500, d2=250)

    on_link = Areas.of(DISTRICTS, links=roads, detectors=at_junctions, corridors=(corridor("on-d0"),))
    by_junction = Areas.of(DISTRICTS, links=roads, detectors=at_junctions, corridors=(corridor(None),))
    without = Areas.of(DISTRICTS, links=roads, detectors=Detectors.create_empty(), corridors=(corridor(None),))

    assert members(on_link, AreaKind.CORRIDOR, "avenue") == {"d0"}
    assert members(by_junction, AreaKind.CORRIDOR, "avenue") == {"d1"}
    assert AreaKind.CORRIDOR not in {area.kind for area in without.areas}


def test_an_unknown_length_is_the_median_of_the_others_and_it_is_said() -> None:
    some = Areas.of(DISTRICTS, links=links(d0=1_000, d1=500), detectors=Detectors.create_empty())
    none = Areas.of(DISTRICTS, links=Links.create_empty(), detectors=Detectors.create_empty())

    assert some.length_km == pytest.approx([1.0, 0.5, 0.75])
    assert some.assumed == (
        "1 of 3 detectors have no link whose length is known: taken as the median of the others, 0.75 km.",
    )
    assert set(none.length_km) == {1.0}
    assert "all alike" in none.assumed[0]
