"""A signal plan changed by hand: splits and offsets of single plans, checked and scored at once.

What follows from a split or an offset is made anew: greens, the ways into each plan, what an actuated controller may
do.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from city.access import Caller
from city.errors import BrokenRuleError, UnknownIdError
from city.findings import CheckReport, Finding
from city.ids import JunctionId, StageId
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Corridor, Junction
from city.stage_timing import build_plan
from optimization.signals.actuation import with_actuation
from optimization.signals.check import check_schedule
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.transitions import with_transitions
from serving.desk import Desk
from serving.rescoring import Rescored, rescore


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is not given stays as it is; so do splits of stages that are not named."""

    junction_id: JunctionId
    plan_number: int
    offset_s: int | None = None
    splits_s: Mapping[StageId, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """`day_plans` are those that were changed; none where no lamps follow from the splits, which a finding says."""

    said: tuple[str, ...]
    day_plans: tuple[DayPlan, ...]
    check: CheckReport
    scores: Rescored


def records_today(desk: Desk) -> JunctionRecords:
    return JunctionRecords(junctions=desk.history.entities(Junction), corridors=desk.history.entities(Corridor))


def try_edits(desk: Desk, base: SignalSchedule, edits: Sequence[Edit], caller: Caller) -> Tried:
    """The junctions that were changed beside those along their corridors. Nothing is stored."""
    records = records_today(desk)
    said = tuple(changes_said(base, edits))
    refuse_misfits(base, edits, records)
    try:
        whole = with_edits(base, edits, records)
    except BrokenRuleError as error:
        finding = Finding(rule="group-served", subject=error.subject, sentence=str(error))
        report = CheckReport(checked=f"signal schedule {base.plan_id}", findings=(finding,))
        return Tried(said=said, day_plans=(), check=report, scores=Rescored())
    ids = {edit.junction_id for edit in edits}
    now = replace(whole, provenance=replace(whole.provenance, made_at=desk.clock()))
    part = near(now, ids, records.corridors)
    scores = rescore(desk, part, caller.districts)
    return Tried(
        said=said,
        day_plans=tuple(one for one in whole.day_plans if one.junction_id in ids),
        check=check_schedule(part, records.junctions, records.corridors),
        scores=scores,
    )


def refuse_misfits(base: SignalSchedule, edits: Sequence[Edit], records: JunctionRecords) -> None:
    """Changes that cannot be meant. A junction that was rebuilt since is planned anew, not mended."""
    plans = [(edit.junction_id, edit.plan_number) for edit in edits]
    for junction_id, plan_number in dict.fromkeys(plans):
        if plans.count((junction_id, plan_number)) > 1:
            subject = f"Plan {plan_number} of junction {junction_id}"
            raise BrokenRuleError(subject=subject, problem="it is changed twice in one request")
    by_id = {junction.junction_id: junction for junction in records.junctions}
    ids = {edit.junction_id for edit in edits}
    for day_plan in base.day_plans:
        junction = by_id.get(day_plan.junction_id)
        if junction is None or day_plan.junction_id not in ids:
            continue
        stages = {stage.stage_id for stage in junction.stages}
        for plan in day_plan.plans:
            own = {split.stage_id for split in plan.splits}
            if not own <= stages or junction.coordinated_stage_id not in own:
                subject = f"Plan {plan.plan_number} of junction {junction.junction_id}"
                named, known = ", ".join(sorted(own)), ", ".join(sorted(stages))
                problem = f"its stages are {named}; the junction's are {known}, {junction.coordinated_stage_id} first"
                raise BrokenRuleError(subject=subject, problem=problem, todo="Plan the junction anew.")


def with_edits(base: SignalSchedule, edits: Sequence[Edit], records: JunctionRecords) -> SignalSchedule:
    """Raises UnknownIdError, and BrokenRuleError where a split leaves a signal group no green."""
    by_id = {junction.junction_id: junction for junction in records.junctions}
    wanted: dict[JunctionId, dict[int, Edit]] = {}
    for edit in edits:
        wanted.setdefault(edit.junction_id, {})[edit.plan_number] = edit
    planned = tuple(day_plan.junction_id for day_plan in base.day_plans)
    for junction_id in wanted:
        if junction_id not in planned or junction_id not in by_id:
            subject = f"Plan {base.plan_id}"
            raise UnknownIdError(subject=subject, kind="planned junction", found=junction_id, known=planned)
    day_plans = tuple(
        _day(by_id[one.junction_id], one, wanted[one.junction_id]) if one.junction_id in wanted else one
        for one in base.day_plans
    )
    return replace(base, day_plans=day_plans)


def changes_said(base: SignalSchedule, edits: Sequence[Edit]) -> Iterator[str]:
    """A sentence for each value that is another now: "Junction J1, plan 3: split of stage EW 30 s -> 34 s."."""
    by_id = {day_plan.junction_id: day_plan for day_plan in base.day_plans}
    for edit in edits:
        day_plan = by_id.get(edit.junction_id)
        plan = None if day_plan is None else _numbered(day_plan, edit.plan_number)
        if plan is None:
            continue
        subject = f"Junction {edit.junction_id}, plan {edit.plan_number}"
        if edit.offset_s not in (None, plan.offset_s):
            yield f"{subject}: offset {plan.offset_s} s -> {edit.offset_s} s."
        for split in plan.splits:
            after_s = (edit.splits_s or {}).get(split.stage_id, split.split_s)
            if after_s != split.split_s:
                yield f"{subject}: split of stage {split.stage_id} {split.split_s} s -> {after_s} s."


def _day(junction: Junction, day_plan: DayPlan, edits: Mapping[int, Edit]) -> DayPlan:
    for number in edits:
        if _numbered(day_plan, number) is None:
            known = tuple(str(plan.plan_number) for plan in day_plan.plans)
            subject = f"Junction {junction.junction_id}"
            raise UnknownIdError(subject=subject, kind="plan", found=str(number), known=known)
    plans = tuple(_plan(junction, plan, edits[plan.plan_number]) if plan.plan_number in edits else plan
                  for plan in day_plan.plans)  # fmt: skip
    if all(_times(a) == _times(b) for a, b in zip(plans, day_plan.plans, strict=True)):
        return day_plan
    entries = tuple(replace(entry, steps=()) for entry in day_plan.entries)
    changed = DayPlan(junction_id=day_plan.junction_id, district_id=day_plan.district_id, entries=entries, plans=plans)
    rules = rules_of(junction)
    if any(plan_findings(rules, plan) for plan in plans):
        return changed  # what hangs on a plan is made for sound plans only
    return with_actuation(junction, with_transitions(junction, changed))


def _times(plan: SignalPlan) -> tuple[object, ...]:
    return plan.splits, plan.offset_s, plan.greens


def _plan(junction: Junction, plan: SignalPlan, edit: Edit) -> SignalPlan:
    splits_s = {split.stage_id: split.split_s for split in plan.splits}
    for stage_id, split_s in (edit.splits_s or {}).items():
        if stage_id not in splits_s:
            subject = f"Plan {plan.plan_number} of junction {junction.junction_id}"
            raise UnknownIdError(subject=subject, kind="stage", found=stage_id, known=tuple(splits_s))
        splits_s[stage_id] = split_s
    return build_plan(
        junction,
        plan_number=plan.plan_number,
        offset_s=plan.offset_s if edit.offset_s is None else edit.offset_s,
        splits_s=splits_s,
        chain=tuple(splits_s),
    )


def _numbered(day_plan: DayPlan, plan_number: int) -> SignalPlan | None:
    return next((plan for plan in day_plan.plans if plan.plan_number == plan_number), None)


def area_around(ids: Collection[JunctionId], corridors: Sequence[Corridor]) -> frozenset[JunctionId]:
    """These junctions, and all whose platoons reach them along corridors that share a junction."""
    found = frozenset(ids)
    while True:
        wider = found.union(*(one.junction_ids for one in corridors if not found.isdisjoint(one.junction_ids)))
        if wider == found:
            return found
        found = wider


def near(schedule: SignalSchedule, ids: Collection[JunctionId], corridors: Sequence[Corridor]) -> SignalSchedule:
    """The part of a schedule that a change of these junctions is judged beside."""
    around = area_around(ids, corridors)
    along = {one.corridor_id for one in corridors if not around.isdisjoint(one.junction_ids)}
    return replace(
        schedule,
        day_plans=tuple(one for one in schedule.day_plans if one.junction_id in around),
        unchanged=tuple(one for one in schedule.unchanged if one[0] in around),
        corridor_ids=tuple(one for one in schedule.corridor_ids if one in along),
    )
