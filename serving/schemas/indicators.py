"""Indicators on the wire. Each kind may get more entries: read them by their names."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire

IndicatorKind = Literal["signals", "routes", "forecasts", "feeds", "traffic", "waste", "complaints", "plans"]
IndicatorPeriod = Literal["day", "week", "month"]


class IndicatorValue(Wire):
    """One figure of one subject."""

    indicator_id: str = Field(description="names the definition", examples=["routes.km"])
    subject: str = Field(description="plan, forecast or feed", examples=["routes-2026-03-31-ab12cd"])
    district_ids: list[str] = Field(description="empty for the whole city")
    as_of: Moment
    value: Quantity


class IndicatorDefinition(Wire):
    indicator_id: str = Field(examples=["routes.km"])
    kind: IndicatorKind
    name: str
    unit: str = Field(description="empty for a plain number", examples=["km", "s", "share"])
    definition: str
    formula: str = Field(examples=["stops done / stops planned"])
    better: Literal["higher", "lower", "neither"] = Field(description="which way is good")
    source: str = Field(description="what it is computed from")
    owner: str = Field(description="who answers for it")
    periods: list[IndicatorPeriod] = Field(description="those that it is computed over; empty: it speaks of now")
    part: str = Field(description="what its values are told apart by", examples=["quantity"])
    since: str = Field(description="version that it is told since", examples=["0.1.0"])


class IndicatorList(Wire):
    definitions: list[IndicatorDefinition]
    values: list[IndicatorValue]
    not_told: list[str] = Field(default_factory=list, description="what could not be computed, as sentences")


class IndicatorQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: list[IndicatorKind] = Field(default_factory=list, max_length=8, description="only these kinds")
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these districts", examples=[["D01"]]
    )


class CatalogueQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: list[IndicatorKind] = Field(default_factory=list, max_length=8, description="only these kinds")


class IndicatorCatalogue(Wire):
    definitions: list[IndicatorDefinition]


class IndicatorCell(Wire):
    """One figure of one period."""

    indicator_id: str = Field(examples=["waste.completion_rate"])
    part: str = Field(description="empty where nothing is told apart", examples=["flow_veh_h"])
    district_id: str | None = Field(description="null for the whole city")
    start: Day = Field(description="first day of the period, by the city's clock")
    end: Day = Field(description="the day after its last")
    value: Quantity | None = Field(description="null where it is withheld")
    support: int | None = Field(description="how many rows stand behind it: steps, stops, tickets, complaints")
    note: str = Field(description="why a value is withheld, or that the period is not over")


class IndicatorNotTold(Wire):
    indicator_id: str
    why: str


class IndicatorSeries(Wire):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    period: IndicatorPeriod
    from_: Day = Field(alias="from")
    to: Day
    as_of: Moment = Field(description="nothing that became known later was looked at")
    definitions: list[IndicatorDefinition]
    cells: list[IndicatorCell]
    not_told: list[IndicatorNotTold] = Field(description="what could not be computed in the whole time, and why")


class IndicatorSeriesQuery(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    indicator_id: list[Id] = Field(
        default_factory=list, max_length=50, description="default: all over time", examples=[["waste.overflow_rate"]]
    )
    period: IndicatorPeriod = "week"
    from_: Day | None = Field(default=None, alias="from", description="first day; default: some periods before `to`")
    to: Day | None = Field(default=None, description="last day; default: the last that the feeds speak of")
    as_of: Moment | None = Field(default=None, description="as it could be known then; default: now")
    district_id: list[Id] = Field(
        default_factory=list, max_length=MOST_IDS, description="only of these districts", examples=[["D01"]]
    )
