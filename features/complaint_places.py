"""Which collection point a complaint is about: the nearest of the stream that its text speaks of."""

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from city.waste import CollectionPoint, Stream
from features.arrays import Floats

NEAR_M = 80.0
"""Whoever complains of a point stands within so many metres of it, mostly."""
FURTHEST_M = 250.0
"""What is further away is not what was meant."""
OTHER_STREAM_M = 150.0
"""So much further may a point of the stream that the text names be than the nearest of all."""
DEGREE_M = 111_320.0
POINT = "point"
_SPOKEN = (
    (Stream.KITCHEN, re.compile(r"厨余|餐厨|湿垃圾|kitchen|food waste|organic|compost", re.IGNORECASE)),
    (Stream.RECYCLABLE, re.compile(r"可回收|回收箱|回收桶|recycl|blue bin", re.IGNORECASE)),
    (Stream.PAPER, re.compile(r"废纸|纸箱|cardboard|paper bin", re.IGNORECASE)),
    (Stream.GLASS, re.compile(r"玻璃回收|bottle bank|glass container", re.IGNORECASE)),
    (Stream.HAZARDOUS, re.compile(r"有害垃圾|hazardous", re.IGNORECASE)),
    (Stream.BULKY, re.compile(r"大件|沙发|床垫|bulky|sofa|mattress|wardrobe", re.IGNORECASE)),
)


def spoken_streams(text: str) -> tuple[Stream, ...]:
    return tuple(stream for stream, words in _SPOKEN if words.search(text))


class NearbyPoints:
    def __init__(self, points: Sequence[CollectionPoint]) -> None:
        self._points = tuple(points)
        where = np.array([(point.lon, point.lat) for point in points], np.float64).reshape(-1, 2)
        self._scale = np.array([np.cos(np.radians(where[:, 1].mean() if len(where) else 0.0)), 1.0]) * DEGREE_M
        self._metres = where * self._scale

    def meant(self, lon: float | None, lat: float | None, text: str) -> tuple[CollectionPoint, float] | None:
        """The point and how far away it is, m; None where there is none near enough, or the place is not known."""
        away = self._away(lon, lat)
        if away is None or float(away.min()) > FURTHEST_M:
            return None
        limit = min(float(away.min()) + OTHER_STREAM_M, FURTHEST_M)
        order = [int(place) for place in np.argsort(away, kind="stable") if away[place] <= limit]
        for stream in spoken_streams(text):
            for place in order:
                if self._points[place].stream is stream:
                    return self._points[place], float(away[place])
        return self._points[order[0]], float(away[order[0]])

    def beside(self, complaints: pl.DataFrame) -> dict[str, str]:
        """`point` for each complaint that lies near a collection point, by its id."""
        found = {}
        for name, lon, lat in complaints.select("complaint_id", "lon", "lat").iter_rows():
            away = self._away(lon, lat)
            if away is not None and float(away.min()) <= NEAR_M:
                found[name] = POINT
        return found

    def _away(self, lon: float | None, lat: float | None) -> Floats | None:
        if lon is None or lat is None or not len(self._points):
            return None
        apart: Floats = np.hypot(*(self._metres - np.array([lon, lat]) * self._scale).T)
        return apart
