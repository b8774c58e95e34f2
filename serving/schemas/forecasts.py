"""Forecasts on the wire: the columns of `city/forecasts.py`, grouped by what they speak of."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire


class ForecastQuery(BaseModel):
    """Which part of a forecast is asked for."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    district_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these districts")
    from_: Moment | None = Field(
        default=None,
        alias="from",
        description="only what is valid at or after this time (with offset)",
        examples=["2026-03-31T07:00:00+08:00"],
    )
    to: Moment | None = Field(default=None, description="only what is valid before this time (with offset)")
    issued_at: Moment | None = Field(default=None, description="an earlier issue by its time; without it the latest")

    @model_validator(mode="after")
    def _start_lies_before_end(self) -> "ForecastQuery":
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            found = f"from ({self.from_.isoformat()}) must lie before to ({self.to.isoformat()})"
            raise ValueError(found)
        return self


class CongestionQuery(ForecastQuery):
    detector_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these detectors")


class WasteQuery(ForecastQuery):
    point_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, description="only these collection points")


class CongestionValue(Wire):
    """One step. Quantiles are in order; null where the feed does not measure it."""

    valid_at: Moment = Field(description="start of the step it speaks of, UTC")
    flow_p10_veh_h: Quantity | None = Field(description="10 % quantile of flow, veh/h")
    flow_p50_veh_h: Quantity | None = Field(description="median of flow, veh/h")
    flow_p90_veh_h: Quantity | None = Field(description="90 % quantile of flow, veh/h")
    speed_p10_kmh: Quantity | None = Field(description="10 % quantile of speed, km/h")
    speed_p50_kmh: Quantity | None = Field(description="median of speed, km/h")
    speed_p90_kmh: Quantity | None = Field(description="90 % quantile of speed, km/h")


class DetectorForecast(Wire):
    detector_id: str
    district_id: str
    model: str = Field(description="registered model and version, or the baseline's name")
    rung: str = Field(description="rung of the fallback ladder that made it: champion, previous_champion, ha_ar1, ...")
    step_s: int = Field(description="length of a step, s")
    values: list[CongestionValue]


class Issue(Wire):
    issued_at: Moment = Field(description="when it was issued: nothing known later was used")
    rungs: dict[str, int] = Field(description="how many values each rung of the fallback ladder made")
    models: list[str] = Field(description="models and versions that made it")
    degraded: list[str] = Field(description="what is not as good as it should be, and why")


class CongestionForecast(Issue):
    """Flow and speed per detector."""

    detectors: list[DetectorForecast]


class FillValue(Wire):
    """Fill if nobody empties the bins before `valid_at`."""

    valid_at: Moment = Field(description="the moment it speaks of, UTC")
    fill_p10: Quantity = Field(description="10 % quantile of fill, share of capacity")
    fill_p50: Quantity = Field(description="median of fill, share of capacity")
    fill_p90: Quantity = Field(description="90 % quantile of fill, share of capacity")
    overflow_probability: Quantity = Field(description="probability of a fill above 1")
    kg_p10: Quantity | None = Field(description="10 % quantile, kg, allocated")
    kg_p50: Quantity | None = Field(description="median, kg, allocated")
    kg_p90: Quantity | None = Field(description="90 % quantile, kg, allocated")


class PointForecast(Wire):
    point_id: str
    stream: str
    district_id: str
    model: str
    rung: str
    values: list[FillValue]


class TripWeight(Wire):
    """Weight of one trip, as a weighbridge would show it."""

    truck_id: str
    stream: str
    district_id: str
    service_date: Day = Field(description="the date on which the shift starts")
    kg_p10: Quantity
    kg_p50: Quantity
    kg_p90: Quantity
    model: str
    rung: str


class WasteForecast(Issue):
    """Fill per collection point, and kg per trip."""

    points: list[PointForecast]
    trips: list[TripWeight]
