"""A congestion forecast that is computed on request, on the wire."""

from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.schemas.forecasts import Issue
from serving.schemas.wire import MOST_IDS, Id, Moment, Quantity, Wire

HOUR_S = 3600
MOST_QUANTILES = 9
Level = Annotated[float, Field(ge=0.005, le=0.995, allow_inf_nan=False)]


class OnlineQuery(BaseModel):
    """For which detectors, how far from now, and how sure."""

    model_config = ConfigDict(extra="forbid")

    detector_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these detectors")
    district_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these districts")
    horizon_s: int = Field(
        default=HOUR_S, ge=1, le=48 * HOUR_S, description="how far from now, s; steps that begin later are left out"
    )
    quantile: list[Level] = Field(
        default=[0.1, 0.5, 0.9],
        min_length=1,
        max_length=MOST_QUANTILES,
        description="quantiles, ascending, such as 0.05, 0.5 and 0.95",
    )

    @model_validator(mode="after")
    def _quantiles_ascend(self) -> "OnlineQuery":
        if not all(low < high for low, high in pairwise(self.quantile)):
            found = f"quantiles must ascend, each of them once; found {self.quantile}"
            raise ValueError(found)
        return self


class OnlineValue(Wire):
    """One step. Lists are in the order of `quantiles`; null where the feed does not measure it."""

    valid_at: Moment = Field(description="start of the step it speaks of, UTC")
    flow_veh_h: list[Quantity | None] | None = Field(description="flow at each of `quantiles`, veh/h")
    speed_kmh: list[Quantity | None] | None = Field(description="speed at each of `quantiles`, km/h")


class OnlineDetector(Wire):
    detector_id: str
    district_id: str
    model: str = Field(description="registered model and version, or the baseline's name")
    rung: str = Field(description="rung of the fallback ladder: champion where it was computed now")
    computed: bool = Field(description="said by the model that serves now; false: read from the stored forecast")
    step_s: int = Field(description="length of a step, s")
    values: list[OnlineValue]


class OnlineForecast(Issue):
    """Flow and speed per detector from now on, from what was known at `issued_at`."""

    known_until: Moment | None = Field(description="when the newest count ended that was looked at; null if unknown")
    quantiles: list[float] = Field(description="what the lists of values stand for")
    detectors: list[OnlineDetector]
