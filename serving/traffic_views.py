"""A signal plan as it is decided on: what it gains, its safety, and each junction now and planned."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from city.documents import decode, encode, parse_json
from city.errors import CityError, MissingInputError, UnknownIdError
from city.findings import CheckReport, Finding
from city.ids import JunctionId
from city.ledger import StoredPlan
from city.signal_parts import MovementKind
from city.signal_plans import DayPlan, SignalPlan, SignalSchedule
from city.signals import Junction, stage_greens_s
from optimization.signals.check_certificate import certificate_report
from optimization.signals.check_offline import JunctionRecords
from optimization.signals.explaining import Delay, JunctionExplained, explain
from optimization.signals.problem import SignalProblem
from serving.checking import records_of
from serving.desk import Desk
from serving.explained_plans import scenarios_of
from serving.plan_documents import certificate_document
from serving.plan_folder import EXPLAINED, folder_of
from serving.plan_pages.stage_diagram import lamps
from serving.showing_explained import worst_plan
from serving.stored_forecasts import latest_congestion

LEVELS: Final = ("low_s", "expected_s", "high_s")


def review_document(desk: Desk, stored: StoredPlan, schedule: SignalSchedule) -> dict[str, Any]:
    records = records_of(desk, schedule)
    by_id = {junction.junction_id: junction for junction in records.junctions}
    meaning = {one.junction_id: one for one in explained_of(desk, schedule, records)}
    return {
        "plan_id": schedule.plan_id,
        "service_date": schedule.service_date.isoformat(),
        "rung": schedule.rung,
        "made_at": schedule.provenance.made_at.isoformat(),
        "forecast_issued_at": encode(schedule.provenance.forecast_issued_at),
        "models": list(schedule.provenance.models),
        "gain": gain_document(schedule, meaning),
        **safety_document(stored, schedule, records),
        "junctions": [
            _head(by_id[one.junction_id], one, meaning.get(one.junction_id))
            for one in schedule.day_plans
            if one.junction_id in by_id
        ],
        "unchanged": [list(one) for one in schedule.unchanged],
        "assumed": list(schedule.assumed),
        "degraded": list(schedule.degraded),
    }


def _head(junction: Junction, day_plan: DayPlan, told: JunctionExplained | None) -> dict[str, Any]:
    worst = None if told is None else worst_plan(told)
    running = junction.running_plan
    return {
        "junction_id": junction.junction_id,
        "name": junction.name,
        "district_id": junction.district_id,
        "now": None if told is None else encode(told.now),
        "planned": None if told is None else encode(told.planned),
        "cycles_s": sorted({plan.cycle_s for plan in day_plan.plans}),
        "running_cycle_s": None if running is None else running.cycle_s,
        "largest_x": None if worst is None or worst.critical is None else worst.critical.x,
        "binds": None if worst is None or worst.binding is None else worst.binding.sentence,
    }


def junction_in_plan(desk: Desk, schedule: SignalSchedule, junction_id: JunctionId) -> dict[str, Any]:
    """Raises UnknownIdError for a junction that the plan leaves alone."""
    day_plans = {one.junction_id: one for one in schedule.day_plans}
    records = records_of(desk, schedule)
    junction = next((one for one in records.junctions if one.junction_id == junction_id), None)
    if junction is None or junction_id not in day_plans:
        known = tuple(map(str, day_plans))
        raise UnknownIdError(subject=f"Plan {schedule.plan_id}", kind="junction", found=junction_id, known=known)
    meaning = {one.junction_id: one for one in explained_of(desk, schedule, records)}
    return junction_document(junction, day_plans[junction_id], meaning.get(junction_id))


def safety_document(stored: StoredPlan, schedule: SignalSchedule, records: JunctionRecords) -> dict[str, Any]:
    """What the check said when the plan was stored, and whether its certificate still belongs to it."""
    check = json.loads(stored.check)
    findings = tuple(decode(Finding, one, "Check") for one in check["findings"])
    report = CheckReport(checked=schedule.plan_id, findings=findings, measures=check["measures"])
    certificate = certificate_report(schedule, records.junctions, records.corridors, report)
    return {
        "check": {
            "plan_id": stored.plan_id,
            "ok": report.ok,
            "findings": check["findings"],
            "measures": check["measures"],
        },
        "certificate": certificate_document(certificate),
        "rules": 0 if schedule.certificate is None else len(schedule.certificate.rules),
    }


def explained_of(desk: Desk, schedule: SignalSchedule, records: JunctionRecords) -> tuple[JunctionExplained, ...]:
    """As it was explained when it was made; made anew, without what binds, where that is not stored here."""
    try:
        path = folder_of(desk.settings.plans, schedule.plan_id) / EXPLAINED
        kept = parse_json(path.read_bytes(), path.name)
        return tuple(decode(JunctionExplained, one, path.name) for one in kept) if isinstance(kept, list) else ()
    except (OSError, CityError):
        return _explained_anew(desk, schedule, records)


def _explained_anew(desk: Desk, schedule: SignalSchedule, records: JunctionRecords) -> tuple[JunctionExplained, ...]:
    named = {d.junction_id for d in schedule.day_plans} | {junction_id for junction_id, _ in schedule.unchanged}
    junctions = tuple(one for one in records.junctions if one.junction_id in named)
    try:
        forecast = latest_congestion(desk, schedule.provenance.forecast_issued_at or schedule.provenance.made_at)
    except MissingInputError:
        return ()
    scenarios = scenarios_of(junctions, forecast, service_date=schedule.service_date, time_zone=schedule.time_zone)
    problem = SignalProblem(
        junctions=junctions,
        corridors=tuple(one for one in records.corridors if named.issuperset(one.junction_ids)),
        demand=scenarios.planned,
        service_date=schedule.service_date,
        time_zone=schedule.time_zone,
    )
    return explain(schedule, problem, scenarios, bindings=False)


def gain_document(schedule: SignalSchedule, meaning: Mapping[JunctionId, JunctionExplained]) -> dict[str, Any] | None:
    """Per vehicle over all junctions whose running plan is known, at little, expected and much traffic."""
    vehicles = _vehicles(schedule)
    both = [(one, one.now) for j, one in meaning.items() if one.now is not None and vehicles.get(j)]
    if not both:
        return None
    total = sum(vehicles[one.junction_id] for one, _ in both)
    planned = [_mean(((one.planned, vehicles[one.junction_id]) for one, _ in both), at, total) for at in LEVELS]
    now = [_mean(((before, vehicles[one.junction_id]) for one, before in both), at, total) for at in LEVELS]
    shares = [round(1 - a / b, 4) if b else 0.0 for a, b in zip(planned, now, strict=True)]
    return {
        "junctions": len(both),
        "planned_s": planned,
        "now_s": now,
        "share": shares[1],
        "share_between": [min(shares), max(shares)],
        "worse": [one.junction_id for one, before in both if one.planned.expected_s > before.expected_s],
    }


def _vehicles(schedule: SignalSchedule) -> dict[JunctionId, float]:
    """Of the day, as the plans were made for them."""
    by_id = {day_plan.junction_id: day_plan for day_plan in schedule.day_plans}
    found: dict[JunctionId, float] = {}
    for one in schedule.measures:
        if (day_plan := by_id.get(one.junction_id)) is not None:
            hours = day_plan.running_s(one.plan_number) / 3600
            found[one.junction_id] = found.get(one.junction_id, 0.0) + one.flow_pcu_h * hours
    return found


def _mean(delays: Iterable[tuple[Delay, float]], level: str, total: float) -> float:
    seconds: float = sum(getattr(delay, level) * weight for delay, weight in delays)
    return round(seconds / total, 2)


def junction_document(junction: Junction, day_plan: DayPlan, told: JunctionExplained | None) -> dict[str, Any]:
    by_number = {} if told is None else {one.plan_number: one for one in told.plans}
    running = junction.running_plan
    return {
        "junction_id": junction.junction_id,
        "name": junction.name,
        "district_id": junction.district_id,
        "now": None if told is None else encode(told.now),
        "planned": None if told is None else encode(told.planned),
        "entries": [[entry.start_s, entry.plan_number] for entry in day_plan.entries],
        "stages": _stages(junction),
        "groups": [
            {"group_id": group.group_id, "movement_ids": _movement_ids(junction, group.group_id),
             "walks": all(m.kind is MovementKind.PEDESTRIAN for m in junction.movements_of(group.group_id))}
            for group in junction.groups
        ],
        "cycle_between_s": [junction.cycle_min_s, min(junction.cycle_max_s, junction.controller.max_cycle_s)],
        "plans": [
            plan_document(junction, plan, encode(by_number.get(plan.plan_number))) for plan in day_plan.plans
        ],
        "running": None if running is None else plan_document(junction, running, None),
    }  # fmt: skip


def _stages(junction: Junction) -> list[dict[str, Any]]:
    least = stage_greens_s(junction)
    return [
        {"stage_id": stage.stage_id, "group_ids": list(stage.group_ids), "least_split_s": least.get(stage.stage_id)}
        for stage in junction.stages
    ]


def _movement_ids(junction: Junction, group_id: str) -> list[str]:
    return [movement.movement_id for movement in junction.movements if movement.group_id == group_id]


def plan_document(junction: Junction, plan: SignalPlan, told: dict[str, Any] | None) -> dict[str, Any]:
    """`lamps` are what each signal group shows, from the start of the coordinated stage on."""
    known = {group.group_id for group in junction.groups}
    can_be_shown = {green.group_id for green in plan.greens} <= known
    return {
        "plan_number": plan.plan_number,
        "cycle_s": plan.cycle_s,
        "offset_s": plan.offset_s,
        "coordinated_stage_id": plan.coordinated_stage_id,
        "splits": encode(plan.splits),
        "lamps": [
            {"group_id": group.group_id, "spans": [list(one) for one in lamps(plan, group)]}
            for group in (junction.groups if can_be_shown else ())
        ],
        "explained": told,
    }
