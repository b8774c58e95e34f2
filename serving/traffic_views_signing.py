"""A plan changed by hand, signed: stored as a draft of its own that says whose hand it is and what it was made from.

Nothing is stored that the check has not passed, and it is approved and published like any other plan.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from city.access import Caller
from city.audit_log import AuditLine, by_caller
from city.errors import BrokenRuleError, MissingInputError
from city.findings import CheckReport
from city.ids import JunctionId
from city.signal_plans import PlanMeasures, Provenance, SignalSchedule
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified, concerned
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.explaining import JunctionExplained, explain
from optimization.signals.measured_again import measured_again
from optimization.signals.problem import SignalProblem
from optimization.software import software
from serving.checking import records_of
from serving.desk import Desk
from serving.explained_plans import scenarios_of
from serving.plan_folder import new_plan_id, refuse_unsafe, unique, write_signals
from serving.plan_pages.writing import write_explained
from serving.stored_forecasts import latest_congestion
from serving.traffic_views import explained_of
from serving.traffic_views_edits import (
    Edit,
    area_around,
    changes_said,
    near,
    records_today,
    refuse_misfits,
    with_edits,
)

BY_HAND: Final = "by_hand"
"""In place of a rung of the planning ladder."""
MOST_SAID: Final = 40


def sign_edits(
    desk: Desk, base: SignalSchedule, edits: Sequence[Edit], caller: Caller, reason: str
) -> tuple[SignalSchedule, CheckReport]:
    """Raises UnsafePlanError with every finding where the check does not pass."""
    desk = desk.pinned()
    records = _concerned(base, records_today(desk))
    refuse_misfits(base, edits, records)
    changed = with_edits(base, edits, records)
    said = tuple(changes_said(base, edits))
    if changed.day_plans == base.day_plans or not said:
        raise BrokenRuleError(
            subject=f"Plan {base.plan_id}", problem="nothing of it was changed", todo="Change a split or an offset."
        )
    schedule = replace(
        changed,
        plan_id=new_plan_id("signals", base.service_date),
        provenance=_provenance(desk, base),
        assumed=unique((_by_hand(base, caller, reason),), said[:MOST_SAID], _more(said), base.assumed),
        rung=BY_HAND,
        certificate=None,
    )
    report = check_schedule(schedule, records.junctions, records.corridors)
    refuse_unsafe(schedule.plan_id, report)
    problem, explained, measures = _promised(desk, base, changed, records, {edit.junction_id for edit in edits})
    schedule = certified(replace(schedule, measures=measures), records.junctions, records.corridors, report)
    folder = write_signals(desk.settings.plans, schedule, report, records.junctions, records.corridors)
    write_explained(folder, schedule, problem, explained)
    desk.ledger.save_plan(schedule, report, audit=_line(base, schedule, caller, reason, said))
    return schedule, report


def _concerned(base: SignalSchedule, records: JunctionRecords) -> JunctionRecords:
    named = {d.junction_id for d in base.day_plans} | {junction_id for junction_id, _ in base.unchanged}
    junctions, _ = concerned(base, records.junctions, records.corridors)
    corridors = tuple(one for one in records.corridors if named.issuperset(one.junction_ids))
    return JunctionRecords(junctions=junctions, corridors=corridors)


def _promised(
    desk: Desk, base: SignalSchedule, changed: SignalSchedule, records: JunctionRecords, ids: set[JunctionId]
) -> tuple[SignalProblem, tuple[JunctionExplained, ...], tuple[PlanMeasures, ...]]:
    """What the plan promises at the flows that the plan it comes from was made for."""
    issued_at = base.provenance.forecast_issued_at
    if issued_at is None:
        raise MissingInputError(
            step=f"Signing a change of plan {base.plan_id}",
            missing=("the forecast that it was made from",),
            todo="Change a plan that was made from a forecast.",
        )
    around = area_around(ids, records.corridors)
    part = near(changed, ids, records.corridors)
    junctions = tuple(one for one in records.junctions if one.junction_id in around)
    corridors = tuple(one for one in records.corridors if around.issuperset(one.junction_ids))
    forecast = latest_congestion(desk, issued_at)
    scenarios = scenarios_of(junctions, forecast, service_date=base.service_date, time_zone=base.time_zone)
    problem = SignalProblem(
        junctions=junctions,
        corridors=corridors,
        demand=scenarios.planned,
        service_date=base.service_date,
        time_zone=base.time_zone,
    )
    measures = {(one.junction_id, one.plan_number): one for one in base.measures}
    measures |= {(one.junction_id, one.plan_number): one for one in measured_again(part.day_plans, problem)}
    told = {one.junction_id: one for one in explained_of(desk, base, records_of(desk, base))}
    told |= {one.junction_id: one for one in explain(part, problem, scenarios, bindings=False)}
    whole = replace(problem, junctions=records.junctions, corridors=records.corridors)
    explained = tuple(told[one.junction_id] for one in changed.day_plans if one.junction_id in told)
    return whole, explained, tuple(measures.values())


def _provenance(desk: Desk, base: SignalSchedule) -> Provenance:
    """No recipe: `city replay` cannot repeat a hand."""
    versions = dict(base.provenance.history_versions) | dict(desk.history.versions())
    return replace(
        base.provenance,
        made_at=desk.clock(),
        history_versions=tuple(sorted(versions.items())),
        software=software(),
        work=(),
        solver=(),
        recipe=None,
    )


def _by_hand(base: SignalSchedule, caller: Caller, reason: str) -> str:
    return f"By hand: {caller.person} changed plan {base.plan_id}: {reason.strip().rstrip('.')}."


def _more(said: Sequence[str]) -> tuple[str, ...]:
    return (f"{len(said) - MOST_SAID} more values were changed by hand.",) if len(said) > MOST_SAID else ()


def _line(
    base: SignalSchedule, schedule: SignalSchedule, caller: Caller, reason: str, said: Sequence[str]
) -> AuditLine:
    return by_caller(
        "plan.changed_by_hand",
        schedule.plan_id,
        caller,
        districts=schedule.district_ids,
        detail={"from_plan_id": base.plan_id, "reason": reason[:2000], "changes": len(said), "first": list(said[:5])},
    )
