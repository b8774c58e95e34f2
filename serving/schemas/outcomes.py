"""What was promised and what came, effects of measures, and reports on the wire."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from serving.schemas.wire import MOST_IDS, Day, Id, Moment, Quantity, Wire

OutcomeKindName = Literal["forecasts", "routes", "signals"]
WordName = Literal["better", "no evidence", "worse"]
MeasureNames = Literal["pace_s_km", "largest_x", "complaints", "overflow_share", "missed_share", "kg_per_visit"]
MOST_DAYS = 92
REASON = Field(min_length=1, max_length=2000, description="why; it stays in the log")


class ForecastLine(Wire):
    """Errors of one day's forecasts: of one district, quantity and horizon, over every issue that spoke of the day."""

    what: Literal["congestion", "waste", "complaints"]
    district_id: str
    quantity: str = Field(examples=["flow_veh_h"])
    horizon: str = Field(description="hours, or local days, from the issue", examples=["6-12 h", "day 2"])
    rows: int = Field(description="values that met their truth")
    issues: int
    mae: Quantity
    bias: Quantity = Field(description="mean of forecast less truth: above 0 is too high")
    pinball: Quantity = Field(description="mean over p10, p50 and p90")
    truth_mean: Quantity
    below: int = Field(description="truths below p10; a truth equal to it by a fair coin")
    above: int = Field(description="truths above p90")
    coverage_80: Quantity = Field(description="share between p10 and p90; 0.8 was promised")
    champion_rows: int = Field(description="those of them that the champion model made")
    simple_rows: int = Field(description="values of which a simple rule said anything")
    simple_mae: Quantity | None = Field(description="its error: the same hour a week before, or the emptying before")
    mae_beside_simple: Quantity | None = Field(description="the forecast's error over the same values")


class StopCounts(Wire):
    """Planned stops, and what came of them. Missed: no driver, no reading and no track says that anybody was there."""

    stops: int
    done: int
    skipped: int
    blocked: int
    missed: int
    by_reading: int = Field(description="those done of which only the bins' reading tells")
    by_track: int = Field(default=0, description="those done of which only the truck's track tells")
    missed_seen: int = Field(default=0, description="those missed where a whole track shows that nobody came")
    against_track: int = Field(default=0, description="done by the driver's word, which counts, but not by the track")
    late_median_s: Quantity | None = Field(description="done against planned; below 0 is early")
    late_stops: int = Field(description="more than 15 min late")
    early_stops: int


class TruckOutcome(StopCounts):
    truck_id: str
    plan_id: str
    districts: list[str]
    in_order: Quantity | None = Field(description="largest share of the stops that were made in the plan's order")
    planned_km: Quantity
    planned_kg: Quantity
    reported_kg: Quantity | None = Field(description="by the driver")
    weighed_kg: Quantity | None = Field(description="by the weighbridge, else by the driver")
    tracked_share: Quantity | None = Field(default=None, description="of the planned hours that the track speaks of")
    driven_km: Quantity | None = Field(default=None, description="from fix to fix: a lower bound")
    idle_h: Quantity | None = Field(
        default=None, description="standing for 3 min or longer at no stop, depot or site; breaks are in it"
    )


class DistrictOutcome(StopCounts):
    district_id: str
    emptied: int = Field(description="emptyings that were written down")
    overflowed: int = Field(description="those that found more than a full bin")


class LeftPoints(Wire):
    """Points that the day's plan left without breaking a rule, followed until their next emptying, a week at most."""

    district_id: str
    left: int
    expected_overflows: Quantity = Field(description="as the plan promised: before the next likely visit")
    overflows: int = Field(description="those found with more than a full bin")
    awaited: int = Field(description="those of which no reading tells yet")


class JunctionOutcome(Wire):
    """From counts. Delays are computed by the planner's own formula on the counted traffic, not measured."""

    junction_id: str
    district_id: str
    plan_id: str | None = Field(description="the published plan; null for the fixed program")
    slots: int = Field(description="quarter hours that count")
    slots_left_out: int = Field(description="in manual control or fault, or with a plan that nobody knows")
    largest_x: Quantity | None = Field(description="degree of saturation")
    mean_x: Quantity | None
    censored_share: Quantity | None = Field(description="of approaches and quarter hours: counts near capacity")
    vehicles: int
    pace_s_km: Quantity | None = Field(default=None, description="seconds for a kilometre past the detectors")
    promised_delay_s: Quantity | None = None
    promised_fixed_delay_s: Quantity | None = None
    counted_delay_s: Quantity | None = None
    fixed_delay_s: Quantity | None = None


class PhaseFigures(Wire):
    """From the controller's event log. Null where nobody came, or where no channel looks."""

    junction_id: str
    district_id: str
    phase: int = Field(description="the controller's number")
    group_id: str | None = Field(default=None, description="signal group of the junction's record")
    cycles: int
    green_share: Quantity | None = Field(description="green over cycle")
    arrivals: int = Field(description="activations of advance channels")
    arrivals_on_green: Quantity | None = Field(description="share of the arrivals")
    platoon_ratio: Quantity | None = Field(description="arrivals on green over the share of green; above 1 is good")
    watched_cycles: int = Field(description="those of which a presence channel tells")
    split_failures: Quantity | None = Field(description="share of cycles covered for 80 % of green and of 5 s of red")
    green_used: Quantity | None = Field(description="share of green for which a presence channel was covered")
    walks: int = Field(description="walks that somebody called for")
    pedestrian_wait_s: Quantity | None = Field(description="mean, from the first call to walk")
    longest_pedestrian_wait_s: Quantity | None


class PhaseOutcome(PhaseFigures):
    """Of one day."""

    slots_left_out: int = Field(description="quarter hours in manual control, fault, flashing or all-red")


class PhaseQuarter(PhaseFigures):
    slot: int = Field(description="quarter of an hour of the local day, from 0")


class PhaseQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: Day | None = Field(default=None, description="one local day; default: the last one with events")


class PhaseDocument(Wire):
    """Measures of one junction from its event log, as known now."""

    junction_id: str
    day: Day | None = Field(description="null where no event is known")
    phases: list[PhaseOutcome]
    quarters: list[PhaseQuarter]
    said: list[str] = Field(description="why there are none, or what they lack")


class OutcomeDocument(Wire):
    """One kind of one day, in its newest version. Lists of other kinds are empty."""

    day: Day
    kind: OutcomeKindName
    version: int = Field(description="from 1; what was learned later makes another one")
    as_of: Moment = Field(description="nothing known later was used")
    plans: list[str] = Field(default_factory=list, description="those that were on the street")
    forecasts: list[ForecastLine] = Field(default_factory=list)
    awaited: dict[str, int] = Field(default_factory=dict, description="forecast values without a truth yet")
    trucks: list[TruckOutcome] = Field(default_factory=list)
    districts: list[DistrictOutcome] = Field(default_factory=list)
    left: list[LeftPoints] = Field(default_factory=list)
    junctions: list[JunctionOutcome] = Field(default_factory=list)
    phases: list[PhaseOutcome] = Field(default_factory=list, description="from event logs of 1 s or finer")
    said: list[str] = Field(default_factory=list, description="what is left out, and why")


class OutcomeList(Wire):
    outcomes: list[OutcomeDocument] = Field(description="by day")


class OutcomeQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: Day | None = Field(default=None, description="one local day; default: the last seven that were compared")
    since: Day | None = None
    until: Day | None = Field(default=None, description=f"at most {MOST_DAYS} days, the newest")
    kind: list[OutcomeKindName] = Field(default_factory=list, max_length=3)
    district_id: list[Id] = Field(default_factory=list, max_length=MOST_IDS, examples=[["D01"]])


class MeasureTerms(Wire):
    """What is to be measured, said before anybody can know what came."""

    measure_id: Id = Field(examples=["green-wave"])
    name: MeasureNames
    unit: Literal["junction", "district"]
    pilot: list[Id] = Field(min_length=1, max_length=MOST_IDS)
    controls: list[Id] = Field(min_length=1, max_length=MOST_IDS)
    before_from: Day
    after_from: Day
    after_until: Day = Field(description="the last day; the verdict is given when it is over")
    category: Id | None = Field(default=None, description="of complaints")


class MeasureRequest(MeasureTerms):
    """A measure of its own; one that begins with a plan is declared by publishing that plan."""

    plan_kind: Literal["signals", "routes"]
    plan_id: Id | None = None
    reason: str = REASON


class DecideRequest(Wire):
    reason: str = REASON


class EffectInterval(Wire):
    estimate: Quantity
    low: Quantity
    high: Quantity
    method: Literal["units", "day_blocks", "none"]
    groups: list[int] = Field(description="values compared: units, or blocks of days")


class EffectDocument(Wire):
    """A declared measure and its verdict: the pilot's change against that of the controls."""

    measure_id: str
    name: MeasureNames
    unit: Literal["junction", "district"]
    pilot: list[str]
    controls: list[str]
    before_from: Day
    after_from: Day
    after_until: Day
    plan_kind: Literal["signals", "routes"]
    plan_id: str | None
    category: str | None
    declared_at: Moment
    reason: str
    word: WordName
    version: int | None = Field(description="of the verdict; null before the first")
    as_of: Moment | None
    sentence: str
    is_over: bool
    confidence: Quantity | None = Field(description="0.95 when the trial is over, 0.999 before")
    unit_of_effect: str = Field(examples=["s/km"])
    effect: EffectInterval | None
    share: Quantity | None = Field(description="the estimate as a share of the pilot's level before")
    moved_apart_before: EffectInterval | None = Field(description="the same between two halves of the days before")


class ProposalDocument(Wire):
    """To take a measure back that made things worse. A person decides."""

    measure_id: str
    effect_version: int
    since: Moment
    sentence: str
    todo: str
    plans: list[str] = Field(description="published plans that would be rolled back")


class EffectList(Wire):
    effects: list[EffectDocument] = Field(description="in the order of declaration")
    proposals: list[ProposalDocument]


class DecidedDocument(Wire):
    measure_id: str
    decision: Literal["accepted", "declined"]
    said: list[str] = Field(description="what came of the plans")


class ReportQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "html", "pdf"] = "json"
    language: Literal["en", "zh"] = "en"
