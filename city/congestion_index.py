"""The congestion index: what it is a ratio of, the local 0-10 scale, the named levels, and the frame of its forecasts.

The index of an area is sum(veh-km / speed) / sum(veh-km / free-flow speed): how many times longer the same way takes
than without traffic. Speeds are floored at `FLOOR_KMH` and capped at the free-flow speed, so that it is 1 or more.
"""

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import dataframely as dy
import polars as pl

from city.errors import InvalidValueError
from city.forecast_row import ForecastRow, ordered
from city.frame_columns import name, one_of, quantity, utc, whole

FLOOR_KMH = 5.0
"""Walking pace: below it a detector's speed says that the queue stands, not how long the way takes."""
MOST = 40.0
"""The largest index: free flow at 200 km/h over the floor."""
WHOLE_CITY = "city"
"""The id of the one area of kind city, and what stands for its district."""


class AreaKind(StrEnum):
    """A segment is what one detector measures: its link, in that direction."""

    SEGMENT = "segment"
    CORRIDOR = "corridor"
    DISTRICT = "district"
    CITY = "city"


class Level(StrEnum):
    FREE = "free"
    BASICALLY_FREE = "basically_free"
    LIGHT = "light"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def chinese(self) -> str:
        return _CHINESE[self]

    @property
    def words(self) -> str:
        return self.value.replace("_", " ")


_CHINESE = {
    Level.FREE: "畅通",
    Level.BASICALLY_FREE: "基本畅通",
    Level.LIGHT: "轻度拥堵",
    Level.MODERATE: "中度拥堵",
    Level.SEVERE: "严重拥堵",
}
CONGESTED = Level.MODERATE
"""What traffic engineers call congested: moderate or severe."""
MOST_POINTS = 10.0
POINTS_PER_LEVEL = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexScale:
    """The local table from index to points: 0 at an index of 1, then 2, 4, 6, 8 and 10 points, linear in between.

    The default follows how Beijing explains its traffic index to the public: 0.2 to 0.5 more time than in free flow is
    basically free, to 0.8 light, to 1.1 moderate, more severe; 10 points one equal step further. A city with a table of
    its own gives that.
    """

    name: str = "local-0-10"
    ratios: tuple[float, float, float, float, float] = (1.2, 1.5, 1.8, 2.1, 2.4)

    def __post_init__(self) -> None:
        edges = (1.0, *self.ratios)
        if any(later <= earlier for earlier, later in pairwise(edges)):
            raise InvalidValueError(
                subject=f"Index scale {self.name}",
                field="ratios",
                found=self.ratios,
                expected="five indexes above 1, each larger than the one before",
            )

    @property
    def table(self) -> tuple[tuple[float, float], ...]:
        """(index, points), ascending: what is interpolated between."""
        return tuple(zip((1.0, *self.ratios), (POINTS_PER_LEVEL * k for k in range(6)), strict=True))

    def points(self, index: float) -> float:
        """0 to 10; below an index of 1 it is 0, above the last entry 10."""
        table = self.table
        place = bisect_right(table, (index, MOST_POINTS)) - 1
        if place < 0:
            return 0.0
        if place == len(table) - 1:
            return MOST_POINTS
        (low, at_low), (high, at_high) = table[place : place + 2]
        return at_low + (index - low) / (high - low) * (at_high - at_low)

    def level(self, index: float) -> Level:
        """The level begins at its entry of the table: an index of exactly 1.2 is basically free."""
        return tuple(Level)[bisect_right(self.ratios[:4], index)]

    def begins_at(self, level: Level) -> float:
        """The smallest index of a level."""
        return (1.0, *self.ratios)[tuple(Level).index(level)]


LOCAL = IndexScale()


class CongestionIndexForecasts(ForecastRow):
    """How many times longer the way through an area takes than in free flow, on a 0-10 scale and as a named level.

    An area in which no speed is forecast has no row. `district_id` of the whole city is `city`.
    """

    area_kind = one_of(tuple(AreaKind), "kind of area; a segment is what one detector measures", primary_key=True)
    area_id = name("detector, corridor, district, or city", primary_key=True)
    valid_at = utc("start of the step it speaks of", primary_key=True)
    step_s = whole("s", "length of the step", least=10, most=86_400)
    index_p10 = quantity("times the free-flow time", "10 % quantile of the index", least=1, most=MOST)
    index_p50 = quantity("times the free-flow time", "median of the index", least=1, most=MOST)
    index_p90 = quantity("times the free-flow time", "90 % quantile of the index", least=1, most=MOST)
    scale = quantity("points", "median on the local scale", least=0, most=MOST_POINTS)
    level = one_of(tuple(Level), "named level of the median")
    congested_probability = quantity("probability", "level moderate or severe", least=0, most=1)
    segments = whole("segments", "segments with a forecast of speed in it", least=1, most=1_000_000)
    unmeasured = whole("segments", "segments of it without one, left out", least=0, most=1_000_000)

    @dy.rule()
    def index_quantiles_in_order(cls) -> pl.Expr:  # noqa: N805
        return ordered("index_p10", "index_p50", "index_p90")
