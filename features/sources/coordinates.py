"""Coordinates of Chinese maps to WGS 84.

GCJ-02 shifts WGS 84 by a published series (the one every open implementation shares); it has no closed inverse, so the
inverse is found by iteration, to below 1 cm. BD-09 adds a rotation and an offset to GCJ-02, inverted the same way.
Outside mainland China GCJ-02 equals WGS 84.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Degrees = npt.NDArray[np.float64]
_AXIS_M = 6_378_245.0  # Krasovsky 1940, as GCJ-02 uses it
_ECCENTRICITY2 = 0.006_693_421_622_965_943
_BD_PI = np.pi * 3000.0 / 180.0
_ROUNDS = 8


def wgs84_to_gcj02(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    x, y = lon - 105.0, lat - 35.0
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + _waves(x, x, (150, 300), (12, 30))
    north = (
        -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
        + _waves(x, y, (160, 320), (12, 30))
    )  # fmt: skip
    radians = np.radians(lat)
    flat = 1 - _ECCENTRICITY2 * np.sin(radians) ** 2
    d_lat = np.degrees(north * flat**1.5 / (_AXIS_M * (1 - _ECCENTRICITY2)))
    d_lon = np.degrees(east * np.sqrt(flat) / (_AXIS_M * np.cos(radians)))
    abroad = (lon < 72.004) | (lon > 137.8347) | (lat < 0.8293) | (lat > 55.8271)
    return np.where(abroad, lon, lon + d_lon), np.where(abroad, lat, lat + d_lat)


def gcj02_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    found_lon, found_lat = lon, lat
    for _ in range(_ROUNDS):
        shown_lon, shown_lat = wgs84_to_gcj02(found_lon, found_lat)
        found_lon, found_lat = found_lon + lon - shown_lon, found_lat + lat - shown_lat
    return found_lon, found_lat


def gcj02_to_bd09(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_PI)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def bd09_to_wgs84(lon: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    found_lon, found_lat = lon - 0.0065, lat - 0.006
    for _ in range(_ROUNDS):
        shown_lon, shown_lat = gcj02_to_bd09(found_lon, found_lat)
        found_lon, found_lat = found_lon + lon - shown_lon, found_lat + lat - shown_lat
    return gcj02_to_wgs84(found_lon, found_lat)


TO_WGS84: dict[str, Callable[[Degrees, Degrees], tuple[Degrees, Degrees]]] = {
    "GCJ-02": gcj02_to_wgs84,
    "BD-09": bd09_to_wgs84,
}


def _waves(x: Degrees, own: Degrees, long: tuple[int, int], periods: tuple[int, int]) -> Degrees:
    """The series' sine terms: of x at 1/6 and 1/2 wave, of the `own` direction at 1, 1/3 and two long waves."""
    near = 20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)
    middle = 20 * np.sin(np.pi * own) + 40 * np.sin(np.pi * own / 3)
    far = long[0] * np.sin(np.pi * own / periods[0]) + long[1] * np.sin(np.pi * own / periods[1])
    waves: Degrees = (near + middle + far) * 2 / 3
    return waves
