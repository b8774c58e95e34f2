"""Forecasts by the day on the wire: complaints, emptyings, and the work that waste makes."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.schemas.forecasts import Issue
from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire


class DayQuery(BaseModel):
    """Which part of a forecast by the day is asked for."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only these districts", examples=[["D01"]]
    )
    from_: Day | None = Field(
        default=None, alias="from", description="only from this day on, by the city's clock", examples=["2026-03-31"]
    )
    to: Day | None = Field(default=None, description="only up to this day, itself included", examples=["2026-04-02"])
    issued_at: Moment | None = Field(
        default=None,
        description="an earlier issue by its time; without it the latest",
        examples=["2026-03-30T05:00:00+08:00"],
    )

    @model_validator(mode="after")
    def _start_is_not_after_end(self) -> "DayQuery":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            found = f"from ({self.from_.isoformat()}) must not lie after to ({self.to.isoformat()})"
            raise ValueError(found)
        return self


class ComplaintQuery(DayQuery):
    category: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only these categories", examples=[["waste"]]
    )


class PointDayQuery(DayQuery):
    point_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only these collection points", examples=[["P0001"]]
    )


class ComplaintValue(Wire):
    """Complaints opened on one local day."""

    day: Day
    days_ahead: int = Field(description="days from the local day of issue")
    reports_p10: Quantity = Field(description="10 % quantile, complaints")
    reports_p50: Quantity = Field(description="median, complaints")
    reports_p90: Quantity = Field(description="90 % quantile, complaints")
    reports_mean: Quantity = Field(description="mean, complaints")


class ComplaintSeries(Wire):
    district_key: str = Field(description="district counted")
    district_id: str
    category: str = Field(description="the city's own category")
    model: str
    rung: str
    values: list[ComplaintValue]


class ComplaintForecast(Issue):
    """How many complaints will be opened. They measure complaining as much as dirt: quiet is not clean."""

    series: list[ComplaintSeries]


class EmptyingValue(Wire):
    """What is found if the point is emptied next at this moment."""

    emptied_at: Moment = Field(description="the moment of the next emptying it speaks of, UTC")
    days_ahead: int = Field(description="local days from the day of issue")
    next_visit: bool = Field(description="whether the timetable expects the next visit then")
    timetable: str = Field(description="where the timetable comes from: service_rule, rhythm or unknown")
    units_p10: Quantity = Field(description="10 % quantile of bins x fill found, bins")
    units_p50: Quantity = Field(description="median of bins x fill found, bins")
    units_p90: Quantity = Field(description="90 % quantile of bins x fill found, bins")
    full_probability: Quantity = Field(description="found at 1 or more")
    over_probability: Quantity = Field(description="found above 1, as crews write it down")
    overflow_before_probability: Quantity | None = Field(
        description="fill above 1 before that moment if nobody comes earlier"
    )


class EmptyingSeries(Wire):
    point_id: str
    stream: str
    district_id: str
    model: str
    rung: str
    values: list[EmptyingValue]


class EmptyingForecast(Issue):
    """What a truck will find, per collection point and stream."""

    points: list[EmptyingSeries]


class WorkValue(Wire):
    day: Day
    units: Quantity = Field(description="bins x fill collected that day, median; days without a visit are 0")


class WorkSeries(Wire):
    point_id: str = Field(description="collection point, or `city` for the whole stream")
    stream: str
    district_id: str
    model: str
    rung: str
    values: list[WorkValue]


class WorkForecast(Issue):
    """The work of the next days, per collection point and stream, and of the whole city."""

    points: list[WorkSeries]
