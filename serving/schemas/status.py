"""How the service is, on the wire."""

from typing import Literal

from pydantic import Field

from serving.schemas.wire import Moment, Wire


class ModelStatus(Wire):
    """The champion that answers, or why there is none."""

    name: str = Field(examples=["congestion"])
    version: str | None = Field(description="registered version behind the alias champion; null if there is none")
    run_id: str | None = Field(description="MLflow run that made it")
    rung: Literal["champion", "ha_ar1", "seasonal_naive"] = Field(
        description="the rung on which forecasts are made now"
    )
    reason: str = Field(default="", description="why the champion cannot be used, if so")


class ForecastStatus(Wire):
    what: Literal["congestion", "waste"]
    issued_at: Moment | None
    age_s: int | None = Field(description="by the real clock, s")
    rungs: dict[str, int] = Field(description="how many values each rung of the fallback ladder made")


class Status(Wire):
    city: str | None
    time_zone: str | None
    now: Moment
    software: str
    forecasts: list[ForecastStatus]
    models: list[ModelStatus]
    plans: dict[str, int] = Field(description="stored plans by kind")
    ready: bool
