"""Steps of a plan's life on the wire."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from serving.schemas.outcomes import MeasureTerms
from serving.schemas.wire import Moment, Wire

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000, pattern=r"\S"),
    Field(description="why: everyone who reads the plan's story reads it", examples=["compared with last Tuesday"]),
]
Status = Literal["draft", "approved", "published", "expired", "rolled_back", "refused"]


def _shown(example: JsonDict) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


STATE_EXAMPLE: JsonDict = {
    "plan_id": "signals-2026-03-31-ab12cd",
    "kind": "signals",
    "status": "published",
    "valid_until": "2026-03-31T16:00:00+00:00",
    "approved_by": ["Li Wei", "Wang Fang"],
    "approvals_missing": 0,
    "hindrances": [],
    "superseded": ["signals-2026-03-31-99ffee"],
    "restored": [],
    "ended": [],
    "said": ["Plan signals-2026-03-31-99ffee has expired: plan signals-2026-03-31-ab12cd took its place."],
}


class StepRequest(Wire):
    model_config = _shown({"reason": "Checked with the duty engineer."})

    reason: Reason


class PublishRequest(Wire):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"reason": "For tomorrow's fair.", "valid_until": "2026-03-31T22:00:00+08:00"}]
        },
    )

    reason: Reason
    valid_until: Moment | None = Field(default=None, description="default: the end of the plan's own time")
    measure: MeasureTerms | None = Field(
        default=None, description="declared with the plan, for the same reason: both count, or neither does"
    )


class PlanStateDocument(Wire):
    """Where a plan stands after a step."""

    model_config = _shown(STATE_EXAMPLE)

    plan_id: str = Field(examples=["signals-2026-03-31-ab12cd"])
    kind: Literal["signals", "routes"]
    status: Status
    valid_until: Moment | None = Field(description="of a published plan: when it expires by itself")
    approved_by: list[str] = Field(description="the different persons who approved it", examples=[["Li Wei"]])
    approvals_missing: int = Field(description="how many different persons must still approve a draft")
    hindrances: list[str] = Field(description="why it cannot be published yet, whoever approves it")
    superseded: list[str] = Field(description="plans that expired because this one took their place")
    restored: list[str] = Field(description="former plans that hold again")
    ended: list[str] = Field(description="former plans that would hold again and do not pass today's check")
    said: list[str] = Field(description="the same as sentences")


class PlanEventDocument(Wire):
    """One step of a plan's life; steps are only added."""

    action: Literal["approved", "refused", "published", "expired", "superseded", "rolled_back", "restored"]
    person: str = Field(examples=["Li Wei"])
    key_id: str = Field(description="which of the person's keys; no secret")
    at: Moment
    reason: str
    before: Status
    after: Status
    plan_sha256: str = Field(description="of the document that the person answered for")
    other_plan_id: str | None = Field(description="the plan that took its place, or whose going brought it back")
    envelope_id: str | None = Field(description="the envelope that it published itself inside of")
    valid_until: Moment | None


class PlanStory(Wire):
    plan_id: str
    kind: Literal["signals", "routes"]
    status: Status
    valid_until: Moment | None
    approved_by: list[str]
    approvals_missing: int
    hindrances: list[str] = Field(description="of a draft or an approved plan: why it cannot be published yet")
    events: list[PlanEventDocument] = Field(description="oldest first")


class PublishInsideRequest(Wire):
    model_config = _shown({"envelope_id": "ring-road-morning", "reason": "Demand from the west rose."})

    envelope_id: str = Field(min_length=1, max_length=200)
    reason: Reason


class PublishInsideDocument(Wire):
    published: bool = Field(description="false: it lies outside, and waits as a draft for two persons")
    breaches: list[str] = Field(description="a sentence for each bound that it breaks")
    plan: PlanStateDocument


class RollRequest(Wire):
    model_config = _shown({"publish": True, "reason": "Queues on the ring."})

    publish: bool = Field(default=False, description="publish what lies inside the approved envelope")
    reason: Reason


class VerdictDocument(Wire):
    """What became of a junction; person-hours of delay in its window at the expected flows."""

    junction_id: str
    changed: bool
    why: str = Field(examples=["until its hour ends: 18.02 person-hours of delay become 11.45, switching costs 0.05"])
    in_force_h: float | None
    rolled_h: float | None
    transition_h: float | None = Field(description="what switching there and back costs")


class RolledDocument(Wire):
    envelope_id: str
    at: Moment
    verdicts: list[VerdictDocument] = Field(description="of every junction of the envelope")
    plan_id: str | None = Field(description="the stored plan; null where nothing changes")
    degraded: list[str]
    published: PublishInsideDocument | None = Field(description="null where nobody asked for it, or nothing changes")


class GreenBoundDocument(Wire):
    """Of a stage's green: from its start until the last of the groups that end with it does."""

    stage_id: str = Field(min_length=1, max_length=200)
    min_s: int = Field(gt=0, le=600)
    max_s: int = Field(gt=0, le=600)


class JunctionBoundsDocument(Wire):
    junction_id: str = Field(min_length=1, max_length=200)
    cycles_s: list[int] = Field(min_length=1, max_length=50, description="the cycles that may run")
    greens: list[GreenBoundDocument] = Field(min_length=1, max_length=50, description="every stage that may run")
    split_step_s: int = Field(ge=0, le=600, description="largest change of a split against the plan in force")
    offset_step_s: int = Field(ge=0, le=600, description="largest change of the offset, the shorter way around")


class HoursDocument(Wire):
    start_s: int = Field(ge=0, le=86_400, description="after local midnight")
    end_s: int = Field(ge=0, le=86_400)


BOUNDS_EXAMPLE: JsonDict = {
    "envelope_id": "ring-road-morning",
    "junctions": [
        {
            "junction_id": "J001",
            "cycles_s": [90, 100, 110],
            "greens": [{"stage_id": "main", "min_s": 25, "max_s": 60}, {"stage_id": "side", "min_s": 15, "max_s": 40}],
            "split_step_s": 5,
            "offset_step_s": 10,
        }
    ],
    "hours": [{"start_s": 25200, "end_s": 34200}],
    "valid_until": "2026-04-30T00:00:00+08:00",
}


class EnvelopeDocument(Wire):
    """Bounds inside which rolling signal plans publish themselves."""

    model_config = _shown(BOUNDS_EXAMPLE)

    envelope_id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$", description="a name of your choice")
    junctions: list[JunctionBoundsDocument] = Field(min_length=1, max_length=500)
    hours: list[HoursDocument] = Field(min_length=1, max_length=24, description="when rolling may act; a night is two")
    valid_until: Moment = Field(description="when the envelope expires by itself")


class EnvelopeRequest(Wire):
    model_config = _shown({"envelope": BOUNDS_EXAMPLE, "reason": "Trial on the ring road in April."})

    envelope: EnvelopeDocument
    reason: Reason


class EnvelopeEventDocument(Wire):
    action: Literal["made", "approved", "stopped"]
    person: str
    key_id: str
    at: Moment
    reason: str


class StoredEnvelopeDocument(Wire):
    envelope: EnvelopeDocument
    status: Literal["draft", "approved", "expired", "stopped"]
    district_ids: list[str]
    made_at: Moment
    events: list[EnvelopeEventDocument]


class EnvelopeList(Wire):
    envelopes: list[StoredEnvelopeDocument] = Field(description="newest first")


class StoppedEnvelopeDocument(Wire):
    """The envelope after it was stopped, and the rolling plans that were rolled back to the timetable."""

    envelope: StoredEnvelopeDocument
    rolled_back: list[str] = Field(description="plans that had published themselves inside it")
    said: list[str]


class ShadowRequest(Wire):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"until": "2026-04-30T00:00:00+08:00", "reason": "New controller since Monday."}]
        },
    )

    until: Moment = Field(description="the junction does not leave shadow mode before")
    reason: Reason


class ShadowMarkDocument(Wire):
    """A signed act: a junction enters shadow mode or leaves it."""

    number: int
    junction_id: str
    action: Literal["entered", "left"]
    until: Moment | None
    person: str
    key_id: str
    at: Moment
    reason: str


class ShadowList(Wire):
    junctions: list[ShadowMarkDocument] = Field(description="the junctions that are in shadow mode")
