"""Forecast skill over time, and where experiments are looked at, on the wire."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire

ModelWord = Literal["congestion", "waste", "complaints"]


class SkillFigures(Wire):
    """How wrong forecasts were. Losses are mean pinball losses of p10, p50 and p90, in the quantity's unit."""

    rows: int = Field(description="forecasts whose truth is known")
    loss: Quantity
    below: Quantity = Field(description="share of truths below p10; a tenth should be")
    above: Quantity = Field(description="share of truths above p90; a tenth should be")
    coverage: Quantity = Field(description="share of truths from p10 to p90; 0.8 should be")
    simple_loss: Quantity | None = Field(
        default=None, description="of the same clock time on former same weekdays; null where that says nothing"
    )
    to_simple: Quantity | None = Field(
        default=None, description="loss by the simple forecast's on the same rows, minus 1: below 0 is better"
    )
    to_gate: Quantity | None = Field(default=None, description="loss by the champion's on its gate: 1 is as judged")


class SkillOfDay(SkillFigures):
    day: Day


class SkillOfHorizon(SkillFigures):
    up_to_h: int | None = Field(description="horizons up to and including so many hours; null: beyond the last")


class SkillOfDistrict(SkillFigures):
    district_id: str
    days: list[SkillOfDay]


class SkillOfQuantity(Wire):
    """One quantity of one model."""

    what: ModelWord
    quantity: str = Field(examples=["flow_veh_h"])
    gate_loss: Quantity | None = Field(description="the champion's loss on its gate; null where it noted none")
    simple_to_gate: Quantity | None = Field(
        description="the best simple forecast's loss there by the champion's: beyond it a champion is not worth it"
    )
    grew_at: Quantity = Field(description="the watch speaks of grown errors from this ratio to the gate's loss on")
    days: list[SkillOfDay]
    horizons: list[SkillOfHorizon]
    districts: list[SkillOfDistrict]


class ModelFindingDocument(Wire):
    cause: str = Field(description="the kind of trouble, for machines", examples=["errors-grew"])
    subject: str
    district_id: str | None
    sentence: str
    todo: str


class ModelStanding(Wire):
    """Is the champion still good, in the words of the watch?"""

    name: ModelWord
    state: Literal["good", "look", "not-judged", "none"] = Field(description="none: no such feed was imported")
    champion: str | None
    champion_age_s: int | None
    forecast_age_s: int | None
    fallback_share: Quantity | None = Field(description="of the newest forecast's rows, those of simpler rungs")
    sentences: list[str]
    findings: list[ModelFindingDocument]


class InputDrift(Wire):
    """One quantity that comes in: its last week against the weeks that the champion learned from last."""

    what: ModelWord
    quantity: str
    noun: str
    district_id: str | None = Field(description="null for the whole city")
    values: int
    psi: Quantity = Field(description="population stability index")
    usual_psi: Quantity = Field(description="of former weeks against each other")
    bound: Quantity = Field(description="the watch speaks of drift above it")
    ks: Quantity
    ratio: Quantity | None = Field(description="median over the series of recent mean by former mean")


class SkillDocument(Wire):
    as_of: Moment = Field(description="nothing known later was used")
    since: Moment
    made_at: Moment
    refreshing: bool = Field(description="true while a newer look is under way")
    models: list[ModelStanding]
    quantities: list[SkillOfQuantity]
    drift: list[InputDrift]
    not_told: list[str] = Field(description="what could not be judged, as sentences")


class SkillQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    what: list[ModelWord] = Field(default_factory=list, max_length=3, description="only of these models")
    district_id: list[Id] = Field(
        default_factory=list,
        max_length=MOST_IDS,
        description="of districts only these; days and horizons stay those of the whole city",
        examples=[["D01"]],
    )


class ExperimentsDocument(Wire):
    """Where runs, parameters and artifacts of the models are looked at."""

    address: str | None = Field(description="of the tracking server; null where experiments lie in a file")
    command: str | None = Field(description="what opens them on the service's own machine; null for a server")
    experiment: str = Field(description="name of the experiment there", examples=["chengyun"])


class AuditChainDocument(Wire):
    """Whether the audit log is as it was written."""

    ok: bool
    lines: int = Field(description="in order, from the first")
    head: str = Field(description="the last of them as NUMBER:HASH; noted elsewhere, it can be compared later")
    first_broken: int | None
    problem: str | None = Field(description="what is wrong, as a sentence")
    looked_at: Moment
