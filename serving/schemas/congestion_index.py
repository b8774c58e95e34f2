"""The congestion index on the wire: the columns of `CongestionIndexForecasts`, grouped by area."""

from pydantic import Field

from city.congestion_index import AreaKind, Level
from serving.schemas.forecasts import ForecastQuery
from serving.schemas.wire import MOST_IDS, Id, Moment, Quantity, Wire

LARGE = [AreaKind.CITY, AreaKind.DISTRICT, AreaKind.CORRIDOR]


class IndexQuery(ForecastQuery):
    area_kind: list[AreaKind] = Field(
        default_factory=lambda: list(LARGE),
        max_length=len(AreaKind),
        description="kinds of area; not segments unless asked",
    )
    area_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these areas")


class IndexValue(Wire):
    """One step. How many times longer the way takes than in free flow."""

    valid_at: Moment = Field(description="start of the step it speaks of, UTC")
    index_p10: Quantity = Field(description="10 % quantile of the index, times the free-flow time")
    index_p50: Quantity = Field(description="median of the index, times the free-flow time")
    index_p90: Quantity = Field(description="90 % quantile of the index, times the free-flow time")
    scale: Quantity = Field(description="median on the local scale, 0 to 10 points")
    level: Level = Field(description="named level of the median")
    congested_probability: Quantity = Field(description="probability of level moderate or severe")


class AreaIndex(Wire):
    area_kind: AreaKind
    area_id: str = Field(description="detector, corridor, district, or city")
    district_id: str
    model: str = Field(description="registered model and version, or the baseline's name")
    rung: str = Field(description="which rung of the fallback ladder made it; the lowest of its segments")
    step_s: int = Field(description="length of a step, s")
    segments: int = Field(description="segments with a forecast of speed in it, at most")
    unmeasured: int = Field(description="segments of it without one, at least: they are left out")
    values: list[IndexValue]


class LevelEntry(Wire):
    level: Level
    chinese: str
    from_index: Quantity = Field(description="smallest index of the level, times the free-flow time")
    from_points: Quantity = Field(description="smallest points of the level")


class CongestionIndex(Wire):
    """The index per area, and the table of levels it is read by."""

    issued_at: Moment = Field(description="when it was issued: nothing known later was used")
    levels: list[LevelEntry]
    areas: list[AreaIndex]
    degraded: list[str] = Field(default_factory=list, description="what is not as good as it should be, and why")
