"""`city plan signals --what-if ...`: another day than the stored one, planned and compared; nothing is stored."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from city.documents import from_json
from city.errors import BrokenRuleError
from city.findings import CheckReport
from city.ids import DistrictId, JunctionId, PlanId
from city.progress import Progress, silent
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Junction
from optimization.signals.check_plan import plan_findings
from optimization.signals.check_timeline import rules_of
from optimization.signals.explaining import Delay, JunctionExplained, Scenarios, explain
from optimization.signals.problem import SignalProblem
from optimization.signals.what_if import (
    Change,
    change_of,
    change_text,
    changed_demand,
    changed_junctions,
    changes_the_street,
)
from serving.desk import Desk
from serving.plan_folder import copied, write_signals
from serving.plan_pages.writing import write_explained
from serving.planning_signals import Ground, ground_of, planned_schedule
from serving.running_days import running_days
from serving.selection import SignalRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class JunctionCompared:
    """Delay of today's plan today; then, with the changes: of today's plan, of the stored one, and planned anew."""

    junction_id: JunctionId
    today: Delay | None
    running: Delay | None
    stored: Delay | None
    planned: Delay | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """`stored_plan_ids` are the newest stored plans of the day; `said` is what today's plans cannot do any more."""

    changes: tuple[str, ...]
    plan: SignalSchedule
    check: CheckReport
    explained: tuple[JunctionExplained, ...]
    junctions: tuple[JunctionCompared, ...]
    stored_plan_ids: tuple[PlanId, ...]
    said: tuple[str, ...] = ()
    folder: str | None = None  # of the files, where they were asked for


def try_out(
    desk: Desk,
    request: SignalRequest,
    texts: Sequence[str],
    *,
    out: Path | None = None,
    keep: bool = False,
    progress: Progress = silent,
) -> WhatIf:
    """With `keep` the plan is stored as a draft of its day, which needs the street to be as it is recorded."""
    changes = tuple(map(change_of, texts))
    told = tuple(map(change_text, changes))
    if keep and changes_the_street(changes):
        raise BrokenRuleError(
            subject="What if",
            problem=f"a plan for another street ({'; '.join(told)}) cannot be stored",
            todo="Change the junction's record, import it, and plan again.",
        )
    desk = desk.pinned()
    ground = ground_of(desk, request)
    usual = ground.scenarios()
    junctions = changed_junctions(ground.junctions, changes)
    scenarios = _changed(ground.scenarios(junctions), changes)
    problem = ground.problem(scenarios, junctions)
    schedule, report = planned_schedule(
        desk,
        ground,
        problem,
        seed=request.seed,
        kind="signals" if keep else "what-if",
        assumed=tuple(f"What if: {one}." for one in told),
        progress=progress,
    )
    explained = explain(schedule, problem, scenarios, progress=progress)
    stored = _stored(desk, ground, request.within)
    done = WhatIf(
        changes=told,
        plan=schedule,
        check=report,
        explained=explained,
        junctions=_compared(ground, problem, usual, scenarios, (schedule, explained), tuple(stored)),
        stored_plan_ids=tuple(dict.fromkeys(stored.values())),
        said=tuple(_no_longer(junctions, tuple(stored))),
    )
    folder = _written(desk, done, problem, out, keep=keep)
    return replace(done, folder=str(folder) if folder is not None else None)


def _changed(scenarios: Scenarios, changes: Sequence[Change]) -> Scenarios:
    return Scenarios(
        low=changed_demand(scenarios.low, changes),
        expected=changed_demand(scenarios.expected, changes),
        high=changed_demand(scenarios.high, changes),
        planned=changed_demand(scenarios.planned, changes),
    )


def _stored(desk: Desk, ground: Ground, within: tuple[DistrictId, ...] | None) -> dict[DayPlan, PlanId]:
    """Of each junction the newest stored plan of the day that whoever asks may see."""
    wanted = {junction.junction_id for junction in ground.junctions}
    found: dict[DayPlan, PlanId] = {}
    for stored in desk.ledger.plans(kind="signals", service_date=ground.service_date, districts=within):
        schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
        own = [day_plan for day_plan in schedule.day_plans if day_plan.junction_id in wanted]
        found.update(dict.fromkeys(own, schedule.plan_id))
        wanted -= {day_plan.junction_id for day_plan in own}
        if not wanted:
            break
    return found


def _compared(
    ground: Ground,
    problem: SignalProblem,
    usual: Scenarios,
    scenarios: Scenarios,
    done: tuple[SignalSchedule, Sequence[JunctionExplained]],
    stored: tuple[DayPlan, ...],
) -> tuple[JunctionCompared, ...]:
    schedule, explained = done
    running = replace(schedule, day_plans=running_days(problem.junctions))
    today = _delays(running, ground.problem(usual), usual)
    same = _delays(running, problem, scenarios)
    before = _delays(replace(schedule, day_plans=stored), problem, scenarios)
    new = {one.junction_id: one.planned for one in explained}
    return tuple(
        JunctionCompared(
            junction_id=j,
            today=today.get(j),
            running=same.get(j),
            stored=before.get(j),
            planned=new.get(j),
        )
        for j in (junction.junction_id for junction in problem.junctions)
    )


def _delays(schedule: SignalSchedule, problem: SignalProblem, scenarios: Scenarios) -> dict[JunctionId, Delay]:
    if not schedule.day_plans:
        return {}
    return {one.junction_id: one.planned for one in explain(schedule, problem, scenarios, bindings=False)}


def _no_longer(junctions: Sequence[Junction], stored: Sequence[DayPlan]) -> Iterator[str]:
    """What today's and the stored plans break first on the changed street."""
    for junction in junctions:
        own = [plan for day_plan in stored if day_plan.junction_id == junction.junction_id for plan in day_plan.plans]
        running = [junction.running_plan] if junction.running_plan is not None else []
        for what, plans in (("Today's plan", running), ("The stored plan", own)):
            findings = [finding for plan in plans for finding in plan_findings(rules_of(junction), plan)]
            if findings:
                yield f"{what} would not do: {findings[0].sentence}."


def _written(desk: Desk, done: WhatIf, problem: SignalProblem, out: Path | None, *, keep: bool) -> Path | None:
    """The plan's files, where they were asked for."""
    if keep:
        folder = _files(desk.settings.plans, done, problem)
        desk.ledger.save_plan(done.plan, done.check)
        return folder if out is None else copied(folder, out)
    if out is None:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        return copied(_files(Path(scratch), done, problem), out)


def _files(root: Path, done: WhatIf, problem: SignalProblem) -> Path:
    folder = write_signals(root, done.plan, done.check, problem.junctions, problem.corridors)
    write_explained(folder, done.plan, problem, done.explained)
    return folder
