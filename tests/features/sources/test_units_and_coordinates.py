"""Units and coordinates against published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from city.errors import InvalidValueError
from features.sources.coordinates import TO_WGS84, bd09_to_wgs84, gcj02_to_bd09, gcj02_to_wgs84, wgs84_to_gcj02
from features.sources.feeds import Crs
from features.sources.units import conversion

METRES_PER_DEGREE = 111_320


@pytest.mark.parametrize(
    ("own", "unit", "given_value", "expected"),
    [
        ("veh/h", "veh/15min", 25.0, 100.0),
        ("km/h", "mph", 60.0, 96.56064),
        ("share", "percent", 75.0, 0.75),
        ("kg", "lb", 1000.0, 453.59237),
        ("m3", "l", 1100.0, 1.1),
        ("degree C", "degree F", 212.0, 100.0),
        ("degree C", "degree F", -40.0, -40.0),
        ("degree C", "K", 273.15, 0.0),
        ("m", "ft", 100.0, 30.48),
    ],
)
def test_a_unit_is_turned_into_the_citys_own(own: str, unit: str, given_value: float, expected: float) -> None:
    factor, shift = conversion("Feed", "x", own, unit)

    assert given_value * factor + shift == pytest.approx(expected)


def test_counts_per_interval_need_the_step_of_their_feed() -> None:
    assert conversion("Feed", "flow", "veh/h", "veh/interval", step_s=300) == (12.0, 0.0)
    with pytest.raises(InvalidValueError, match="a step of the feed"):
        conversion("Feed", "flow", "veh/h", "veh/interval")


def test_an_unknown_unit_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidValueError, match=r"unit of net_kg is 'stone', expected one of kg, g, t, lb"):
        conversion("Feed", "net_kg", "kg", "stone")


@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [  # figures that the open implementations of the transformation share as their test values
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
    ],
)
def test_gcj02_agrees_with_published_figures_both_ways(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    there = wgs84_to_gcj02(*_arrays(wgs84))
    back = gcj02_to_wgs84(*_arrays(gcj02))

    assert (there[0][0], there[1][0]) == pytest.approx(gcj02, abs=1e-9)
    assert (back[0][0], back[1][0]) == pytest.approx(wgs84, abs=1e-9)


def test_bd09_agrees_with_a_published_figure() -> None:
    lon, lat = gcj02_to_bd09(*_arrays((116.404, 39.915)))

    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


@given(lon=st.floats(75, 134), lat=st.floats(18, 53))
def test_both_ways_meet_to_a_centimetre(lon: float, lat: float) -> None:
    gcj02 = wgs84_to_gcj02(*_arrays((lon, lat)))
    for back in (gcj02_to_wgs84(*gcj02), bd09_to_wgs84(*gcj02_to_bd09(*gcj02))):
        assert abs(back[0][0] - lon) * METRES_PER_DEGREE < 0.01
        assert abs(back[1][0] - lat) * METRES_PER_DEGREE < 0.01
    assert abs(gcj02[0][0] - lon) * METRES_PER_DEGREE < 1500


def test_the_shifts_are_as_large_as_the_documentation_says() -> None:
    lon, lat = (grid.ravel() for grid in np.meshgrid(np.linspace(75, 134, 200), np.linspace(18, 53, 200)))
    gcj02 = wgs84_to_gcj02(lon, lat)

    def metres_off(
        there: tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...],
    ) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        east = (there[0] - lon) * METRES_PER_DEGREE * np.cos(np.radians(lat))
        return np.asarray(np.hypot(east, (there[1] - lat) * METRES_PER_DEGREE))

    assert np.percentile(metres_off(gcj02), [1, 99]).tolist() == pytest.approx([100, 650], rel=0.15)
    assert np.percentile(metres_off(gcj02_to_bd09(*gcj02)), [0, 100]).tolist() == pytest.approx([700, 1500], rel=0.1)
    assert metres_off(gcj02_to_wgs84(*gcj02)).max() < 0.001
    assert metres_off(bd09_to_wgs84(*gcj02_to_bd09(*gcj02))).max() < 0.001


def test_cgcs2000_degrees_are_taken_as_they_are() -> None:
    assert Crs.CGCS2000 not in TO_WGS84


def test_abroad_gcj02_is_wgs84() -> None:
    lon, lat = gcj02_to_wgs84(*_arrays((13.4, 52.5)))

    assert (lon[0], lat[0]) == (13.4, 52.5)


def _arrays(point: tuple[float, float]) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    return tuple(np.array([value]) for value in point)
