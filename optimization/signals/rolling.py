"""The rolling mode's planner: the next hour of a day that runs, changed inside an approved envelope or not at all.

Splits are trimmed by a few seconds, or an area's cycle or offsets change where the envelope and the last half hour
allow it; every way begins at the plan in force. A junction changes only where what it saves in its window at the
expected flows repays both switches, there and back. What comes out has passed the independent check in every second,
and lies inside the envelope by the same judgement by which it is published.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

from city.clock import require_aware
from city.errors import UnsafePlanError
from city.ids import JunctionId, PlanId
from city.progress import Progress, silent
from city.signal_plans import DayPlan, PlanMeasures, Provenance, SignalSchedule
from city.signals import Junction
from optimization.signals.areas import Area, areas_of
from optimization.signals.check import check_schedule
from optimization.signals.measures import plan_measures
from optimization.signals.planner import left_alone
from optimization.signals.rolling_area import AreaRoller
from optimization.signals.rolling_problem import Rolled, RollingProblem, Verdict, Window
from optimization.signals.rolling_window import window_of
from optimization.signals.rolling_worth import AreaRolled, Change
from optimization.software import software


@dataclass(slots=True)
class _Found:
    """What the areas gave."""

    changes: dict[JunctionId, Change] = field(default_factory=dict)
    verdicts: dict[JunctionId, Verdict] = field(default_factory=dict)
    measures: list[PlanMeasures] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)


def roll(
    problem: RollingProblem,
    *,
    plan_id: PlanId,
    made_at: datetime,
    forecast_issued_at: datetime | None = None,
    models: tuple[str, ...] = (),
    history_versions: tuple[tuple[str, int], ...] = (),
    progress: Progress = silent,
) -> Rolled:
    """Raises UnsafePlanError where what was found fails its check."""
    require_aware(made_at)
    found = _Found()
    day = problem.as_day()
    left = _left(problem, left_alone(day))
    found.verdicts |= {j: Verdict(junction_id=j, changed=False, why=f"no change: {why}") for j, why in left.items()}
    able = [j.junction_id for j in problem.junctions if j.junction_id not in left]
    areas, said = areas_of(day, able)
    with progress("Rolling signals", len(areas)) as advance:
        for area in areas:
            _roll_area(problem, area, found)
            advance(1)
    work = (("areas", float(len(areas))), ("junctions", float(len(able))))
    verdicts = tuple(found.verdicts[j.junction_id] for j in problem.junctions)
    if not found.changes:
        return Rolled(schedule=None, verdicts=verdicts, work=work)
    made = Provenance(
        made_at=made_at,
        seed=0,
        forecast_issued_at=forecast_issued_at,
        models=models,
        history_versions=history_versions,
        software=software(),
        work=work,
    )
    schedule = _schedule(problem, found, plan_id, made, said)
    report = check_schedule(schedule, problem.junctions, problem.corridors)
    if not report.ok:
        raise UnsafePlanError(plan=plan_id, findings=tuple(finding.sentence for finding in report.findings))
    return Rolled(schedule=schedule, verdicts=verdicts, work=work)


def _left(problem: RollingProblem, alone: dict[JunctionId, str]) -> dict[JunctionId, str]:
    """Junctions that cannot be rolled now, with the reason."""
    left: dict[JunctionId, str] = {}
    for junction in problem.junctions:
        j = junction.junction_id
        if problem.stale:
            left[j] = problem.stale
        elif problem.envelope.bounds_of(j) is None:
            left[j] = f"it is not in envelope {problem.envelope.envelope_id}"
        elif problem.day_plan(j) is None:
            left[j] = "no published plan is in force for it today"
        elif j in alone:
            left[j] = alone[j]
        elif (fault := _fault(problem, junction)) is not None:
            left[j] = f"what is in force does not pass its check today: {fault}"
    return left


def _fault(problem: RollingProblem, junction: Junction) -> str | None:
    """Nothing is changed a little where it must be replaced."""
    own = tuple(day for day in problem.in_force.day_plans if day.junction_id == junction.junction_id)
    schedule = replace(
        problem.in_force,
        day_plans=own,
        district_ids=tuple(dict.fromkeys(day.district_id for day in own)),
        corridor_ids=(),
        unchanged=(),
    )
    findings = check_schedule(schedule, (junction,)).findings
    return findings[0].sentence if findings else None


def _roll_area(problem: RollingProblem, area: Area, found: _Found) -> None:
    days: dict[JunctionId, DayPlan] = {
        j.junction_id: day for j in area.junctions if (day := problem.day_plan(j.junction_id)) is not None
    }
    window = window_of(problem, days.values())
    if isinstance(window, str):
        for j in days:
            found.verdicts[j] = Verdict(junction_id=j, changed=False, why=f"no change: {window}")
        return
    roller = AreaRoller(area, problem, days, window)
    rolled = roller.best()
    found.changes |= rolled.changes
    found.areas += [area] if rolled.changes else []
    found.verdicts |= {j: _verdict(j, rolled, window) for j in days}
    found.measures += _measures(roller, rolled)


def _verdict(junction_id: JunctionId, rolled: AreaRolled, window: Window) -> Verdict:
    change = rolled.changes.get(junction_id)
    before_h = rolled.in_force[junction_id] / 3600
    if change is None:
        why = f"no change: {rolled.why_not[junction_id]}"
        return Verdict(junction_id=junction_id, changed=False, why=why, in_force_h=round(before_h, 3))
    after_h, switch_h = rolled.rolled[junction_id] / 3600, change.transition / 3600
    return Verdict(
        junction_id=junction_id,
        changed=True,
        why=f"until {window.until}: {before_h:.2f} person-hours of delay become {after_h:.2f}, switching costs "
        f"{switch_h:.2f}",
        in_force_h=round(before_h, 3),
        rolled_h=round(after_h, 3),
        transition_h=round(switch_h, 3),
    )


def _measures(roller: AreaRoller, rolled: AreaRolled) -> list[PlanMeasures]:
    if not rolled.changes:
        return []
    plans = {**roller.base, **{j: change.day.plan for j, change in rolled.changes.items()}}
    numbers = {j: plan.plan_number for j, plan in plans.items()}
    told = plan_measures(roller.network, plans, numbers, roller.worth.slots, roller.base)
    return [one for one in told if one.junction_id in rolled.changes]


def _schedule(
    problem: RollingProblem, found: _Found, plan_id: PlanId, made: Provenance, said: tuple[str, ...]
) -> SignalSchedule:
    changed = [j for j in problem.junctions if j.junction_id in found.changes]
    days = tuple(found.changes[j.junction_id].day.day_plan for j in changed)
    fresh = {(m.junction_id, m.plan_number): m for m in found.measures}
    numbers = {(day.junction_id, plan.plan_number) for day in days for plan in day.plans}
    told = {(m.junction_id, m.plan_number): m for m in problem.in_force.measures} | fresh
    return SignalSchedule(
        plan_id=plan_id,
        service_date=problem.in_force.service_date,
        time_zone=problem.in_force.time_zone,
        district_ids=tuple(dict.fromkeys(j.district_id for j in changed)),
        corridor_ids=tuple(c for area in found.areas for c in area.corridor_ids),
        day_plans=days,
        measures=tuple(m for key, m in told.items() if key in numbers),
        provenance=made,
        unchanged=tuple((v.junction_id, v.why) for v in found.verdicts.values() if not v.changed),
        assumed=problem.demand.assumed,
        degraded=(*problem.demand.degraded, *said),
    )
