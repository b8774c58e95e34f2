"""Effects of declared measures, judged as far as is known; and the proposal to take back what made things worse."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from city.access import Caller
from city.ids import DistrictId, PlanId
from city.measure_book import Declared, ProposalStep, StoredEffect
from city.measures import HIGHER_IS_BETTER, Measure, MeasureName, UnitKind
from city.plan_life import ConflictError
from city.plan_list import PlanQuery
from city.plan_steps import require_reason
from city.progress import Progress, silent
from models.effects import Effect, effect_of
from serving.desk import Desk
from serving.loop.declaring import declarable
from serving.loop.panels import panel_of
from serving.plan_life import PUBLISH, PlanSteps, require

UNITS: Final = {
    MeasureName.PACE: "s/km",
    MeasureName.LARGEST_X: "",
    MeasureName.COMPLAINTS: "1/day",
    MeasureName.OVERFLOW: "share",
    MeasureName.MISSED: "share",
    MeasureName.KG_PER_VISIT: "kg",
}
WHY: Final = {
    "": "",
    "too_few_days": "fewer than eight days of both periods were measured",
    "no_units": "no pilot, or no control, was measured on eight days of both periods",
    "moved_apart_before": "pilot and controls moved apart before the measure began",
}
DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A measure with its newest effect; None until it was judged for the first time."""

    declared: Declared
    effect: StoredEffect | None

    @property
    def word(self) -> str:
        return "no evidence" if self.effect is None else str(self.effect.document["word"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """To take a measure back. `plans` are published and would be rolled back; a person decides."""

    measure: Measure
    effect_version: int
    since: datetime
    sentence: str
    todo: str
    plans: tuple[PlanId, ...]
    figures: tuple[tuple[str, float], ...]


def declare(desk: Desk, measure: Measure, caller: Caller, reason: str) -> Declared:
    return desk.ledger.measures.declare(declarable(desk, measure, caller), caller, reason)


def judge_all(desk: Desk, *, progress: Progress = silent) -> tuple[Judged, ...]:
    """Every declared measure whose trial has begun, as far as is known now."""
    declared = desk.ledger.measures.all()
    if not declared:
        return ()
    found = []
    with progress("Judging measures", len(declared)) as advance:
        for one in declared:
            found.append(judge(desk, one))
            advance(1)
    return tuple(found)


def judge(desk: Desk, declared: Declared) -> Judged:
    """Stored as a new version where anything is other than before."""
    measure = declared.measure
    today = desk.local_date(desk.clock())
    if today <= measure.after_from:
        return Judged(declared=declared, effect=None)
    effect = effect_of(
        panel_of(desk, measure), higher_is_better=measure.name in HIGHER_IS_BETTER, is_over=today > measure.after_until
    )
    document = _document(measure, effect, over=today > measure.after_until)
    stored, _ = desk.ledger.measures.add_effect(measure.measure_id, document, desk.clock())
    return Judged(declared=declared, effect=stored)


def _document(measure: Measure, effect: Effect, *, over: bool) -> dict[str, Any]:
    found = None if effect.found is None else _rounded(asdict(effect.found))
    apart = None if effect.moved_apart is None else _rounded(asdict(effect.moved_apart))
    level = effect.level_before
    return {
        "word": effect.word,
        "why": effect.why,
        "sentence": sentence_of(measure, effect, over=over),
        "is_over": over,
        "confidence": effect.confidence,
        "unit": UNITS[measure.name],
        "effect": found,
        "moved_apart_before": apart,
        "level_before": None if level is None else round(level, DIGITS),
        "share": None if found is None or not level else round(found["estimate"] / level, DIGITS),
        "units": list(effect.units),
        "days": list(effect.days),
    }


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in values.items()}


def sentence_of(measure: Measure, effect: Effect, *, over: bool) -> str:
    """The word, the figure and its interval; nothing else is claimed."""
    who = f"{measure.name} of {', '.join(measure.pilot)} against {', '.join(measure.controls)}"
    if effect.found is None:
        return f"{who}: no evidence; {WHY[effect.why]}."
    one, unit = effect.found, UNITS[measure.name] and f" {UNITS[measure.name]}"
    span = f"{one.estimate:+.3g}{unit} ({one.low:+.3g} to {one.high:+.3g}, {100 * effect.confidence:g} % interval)"
    why = f"; {WHY[effect.why]}" if effect.why else ""
    end = "" if over else "; the trial is not over"
    return f"{who}: {effect.word}, {span}{why}{end}."


def all_judged(desk: Desk) -> tuple[Judged, ...]:
    """As stored, in the order of declaration."""
    newest = desk.ledger.measures.newest_effects()
    return tuple(Judged(declared=one, effect=newest.get(one.measure.measure_id)) for one in desk.ledger.measures.all())


def proposals(desk: Desk) -> tuple[Proposal, ...]:
    """Measures whose newest effect says worse, and that nobody has taken back.

    While a trial goes on worse is said at 99.9 % only, and has to stand in two versions in a row. Who declined is asked
    again when the trial is over, or when it was not worse meanwhile.
    """
    steps = desk.ledger.measures.steps()
    taken_back = {step.measure_id for step in steps if step.decision == "accepted"}
    declined = {step.measure_id: step.effect_version for step in steps if step.decision == "declined"}
    found = []
    for judged in all_judged(desk):
        effect, measure = judged.effect, judged.declared.measure
        if effect is None or judged.word != "worse" or measure.measure_id in taken_back:
            continue
        if _stands(desk, effect, declined.get(measure.measure_id)):
            found.append(_proposal(desk, measure, effect))
    return tuple(found)


def _stands(desk: Desk, effect: StoredEffect, declined: int | None) -> bool:
    versions = desk.ledger.measures.effects(effect.measure_id)
    words = [one.document["word"] for one in versions]
    is_over = bool(effect.document["is_over"])
    if declined is None:
        return is_over or words[-2:] == ["worse", "worse"]
    was_over = bool(versions[declined - 1].document["is_over"])
    return (is_over and not was_over) or "no evidence" in words[declined:] or "better" in words[declined:]


def _proposal(desk: Desk, measure: Measure, effect: StoredEffect) -> Proposal:
    plans = _published(desk, measure)
    named = f"rolls back {', '.join(plans)}" if plans else "notes that it ends: no plan of it is published now"
    return Proposal(
        measure=measure,
        effect_version=effect.version,
        since=effect.as_of,
        sentence=f"Measure {measure.measure_id} made things worse. {effect.document['sentence']}",
        todo=f"`city effects accept {measure.measure_id} --reason ...` {named}; `city effects decline` keeps it.",
        plans=plans,
        figures=tuple((name, effect.document["effect"][name]) for name in ("estimate", "low", "high")),
    )


def _published(desk: Desk, measure: Measure) -> tuple[PlanId, ...]:
    """Plans on the street that the measure is about: the one that it names, else all of its kind in its pilot."""
    query = PlanQuery(kind=measure.plan_kind.value, touching=tuple(map(DistrictId, measure.districts)), limit=1000)
    published = [one.plan_id for one in desk.ledger.list.find(query) if one.status == "published"]
    if measure.plan_id is not None:
        return tuple(one for one in published if one == measure.plan_id)
    return tuple(one for one in published if _touches(desk, one, measure))


def _touches(desk: Desk, plan_id: PlanId, measure: Measure) -> bool:
    stored = desk.ledger.plan(plan_id)
    if measure.unit is UnitKind.DISTRICT:
        return bool(set(measure.pilot) & set(map(str, stored.district_ids)))
    parts = next(
        (
            one.parts
            for one in desk.ledger.life.publications(stored.kind, stored.service_date)
            if one.plan_id == plan_id
        ),
        frozenset[str](),
    )
    return bool(parts & set(measure.pilot))


def decide(desk: Desk, measure_id: str, caller: Caller, reason: str, *, accept: bool) -> tuple[str, ...]:
    """What a person says to a proposal. Accepting rolls its published plans back; sentences say what came of it."""
    declared = desk.ledger.measures.one(measure_id)
    require(caller, PUBLISH[declared.measure.plan_kind.value])
    require_reason(declared.measure.subject, reason)
    proposal = next((one for one in proposals(desk) if one.measure.measure_id == measure_id), None)
    if proposal is None:
        raise ConflictError(subject=declared.measure.subject, problem="nothing is proposed about it now")
    said: list[str] = []
    if accept:
        steps = PlanSteps(desk, caller)
        for plan_id in proposal.plans:
            said += [f"Plan {plan_id} is rolled back.", *steps.roll_back(plan_id, reason).said]
    step = ProposalStep(
        measure_id=measure_id,
        effect_version=proposal.effect_version,
        decision="accepted" if accept else "declined",
        plans=proposal.plans if accept else (),
        person=caller.person,
        at=desk.clock(),
        reason=reason,
    )
    desk.ledger.measures.decide(step, caller)
    return tuple(said)
