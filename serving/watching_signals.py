"""`city watch signals`: what controllers ran, by their logs, against what was to run."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from city.clock import midnight
from city.documents import from_json
from city.frames import SignalRuns
from city.ids import JunctionId, PlanId
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Junction
from serving.desk import Desk
from serving.running_days import running_days
from serving.signal_drift import LOGGED, Drift, closed, drifts, due_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWatch:
    """`findings` warn, `notes` are times in which a person or a fault was in control. `unlogged` have no log at all."""

    day: date
    findings: tuple[Drift, ...]
    notes: tuple[Drift, ...]
    logged: tuple[JunctionId, ...]
    unlogged: tuple[JunctionId, ...]
    unplanned: tuple[JunctionId, ...]


def watch_signals(
    desk: Desk, *, day: date | None = None, asked: datetime | None = None, plan_ids: tuple[PlanId, ...] = ()
) -> SignalWatch:
    """Of one local day, by default of the last that the logs speak of; up to `asked` or the end of that day.

    `plan_ids` are plans that were put on the street; without them what was published for the day counts, and where
    nothing was, the plan that the junction's record says runs today.
    """
    now = asked or desk.clock()
    clock = desk.zone()
    log = desk.history.read(SignalRuns, as_of=now).sort("junction_id", "start_at")
    watched = day or _last_day(desk, log, now)
    until = min(now, midnight(watched + timedelta(days=1), clock))
    junctions = desk.history.entities(Junction, as_of=now)
    plans = _to_run(desk, junctions, watched, plan_ids)
    found: list[Drift] = []
    logged = set(log["junction_id"].to_list())
    for junction in junctions:
        junction_id = junction.junction_id
        if junction_id not in logged or junction_id not in plans:
            continue
        rows = log.filter(pl.col("junction_id") == junction_id).select(LOGGED).rows()
        day_plan, plan_id = plans[junction_id]
        due = [one for one in due_of(day_plan, plan_id, watched, clock) if one.start_at < until]
        found += drifts(junction_id, due, closed(rows, until), clock)
    return SignalWatch(
        day=watched,
        findings=tuple(one for one in found if one.warns),
        notes=tuple(one for one in found if not one.warns),
        logged=tuple(j.junction_id for j in junctions if j.junction_id in logged),
        unlogged=tuple(j.junction_id for j in junctions if j.junction_id not in logged),
        unplanned=tuple(j.junction_id for j in junctions if j.junction_id in logged and j.junction_id not in plans),
    )


def _last_day(desk: Desk, log: pl.DataFrame, now: datetime) -> date:
    if log.is_empty():
        return desk.local_date(now)
    latest = log.select(pl.max_horizontal("start_at", pl.col("end_at") - pl.duration(seconds=1)).max()).item()
    return desk.local_date(min(latest, now))


def _to_run(
    desk: Desk, junctions: tuple[Junction, ...], day: date, plan_ids: tuple[PlanId, ...]
) -> dict[JunctionId, tuple[DayPlan, PlanId | None]]:
    found: dict[JunctionId, tuple[DayPlan, PlanId | None]] = {
        day_plan.junction_id: (day_plan, None) for day_plan in running_days(junctions)
    }
    published = [desk.ledger.plan(plan_id) for plan_id in desk.ledger.life.ran("signals", day)]
    named = [desk.ledger.plan(plan_id) for plan_id in plan_ids]
    for stored in (*published, *named):  # what was published last of the day counts, before it what was named
        schedule = from_json(SignalSchedule, stored.document, stored.plan_id)
        found.update({d.junction_id: (d, schedule.plan_id) for d in schedule.day_plans})
    return found
