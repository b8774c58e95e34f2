"""Fairness between districts on the wire."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import Moment, Quantity, Wire


class FairnessDistrict(Wire):
    """A figure that could not be computed is null."""

    district_id: str
    completion: Quantity | None = Field(description="of the visits that daily rules asked for, those made")
    completion_rows: int
    overflow_rate: Quantity | None = Field(description="of the visits, those that found bins full or above")
    overflow_low: Quantity | None = Field(description="its 90 % interval")
    overflow_high: Quantity | None
    overflow_rows: int
    response_median_h: Quantity | None = Field(description="waste complaints, from opening to closing")
    response_p90_h: Quantity | None
    complaints: int
    propensity: Quantity | None = Field(description="how readily people complain; 1 is the city")
    propensity_low: Quantity | None
    propensity_high: Quantity | None
    quiet: bool = Field(description="its people complain less than those of the city, beyond doubt")
    forecast_errors: list[list[Any]] = Field(description="pairs of quantity and mean absolute error")


class GapDocument(Wire):
    measure: str
    unit: str
    worst: str = Field(description="the district that is worst off")
    value: Quantity
    city: Quantity = Field(description="of the whole city; of times and errors the median district's")
    gap: Quantity
    beyond_chance: bool | None = Field(description="null where no interval is known")
    quiet: bool = Field(description="the worst district complains less than the city")


class FairnessDocument(Wire):
    since: Moment
    until: Moment
    districts: list[FairnessDistrict]
    gaps: list[GapDocument]
    notes: list[str]


class FairnessQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    days: int = Field(default=28, ge=7, le=366, description="how many days to look back")
