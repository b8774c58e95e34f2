"""Rolling plans made: what runs today and the newest forecast, planned inside an envelope, checked and stored.

Published they are by serving/rolling_mode.py, which compares them with the envelope once more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, cast

import dataframely as dy
import polars as pl

from city.access import Caller
from city.clock import midnight, zone
from city.errors import MissingInputError
from city.findings import CheckReport
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.ids import PlanId
from city.progress import Progress, silent
from city.rolling_bounds import Envelope
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from optimization.signals.demand import demand_from_forecast
from optimization.signals.rolling import roll
from optimization.signals.rolling_problem import Rolled, RollingProblem, Verdict
from serving.desk import Desk, Moment
from serving.forecast_age import fallen_back
from serving.plan_folder import models_of, new_plan_id, refuse_unsafe, write_signals
from serving.planning_signals import Ground, told
from serving.rolling_mode import PublishedInside, in_force, publish_inside
from serving.rungs import Rung
from serving.selection import RollingRequest
from serving.stored_forecasts import latest_congestion

FRESH: Final = timedelta(minutes=60)  # a forecast that is older says nothing new of the next hour
DAY_H: Final = 24
STEP: Final = "Rolling signal plans"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingGround:
    """What a rolling plan is made from. `held` is the published plan at each junction of the envelope."""

    ground: Ground
    problem: RollingProblem
    held: Mapping[str, PlanId]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollingAnswer:
    """What came of it: a verdict per junction and, where anything changes, the stored plan.

    `published` is None where nobody asked for it.
    """

    envelope_id: str
    at: datetime
    verdicts: tuple[Verdict, ...]
    plan_id: PlanId | None = None
    folder: str | None = None
    degraded: tuple[str, ...] = ()
    published: PublishedInside | None = None
    plan: SignalSchedule | None = None

    @property
    def changed(self) -> int:
        return sum(verdict.changed for verdict in self.verdicts)


def roll_inside(
    desk: Desk,
    request: RollingRequest,
    *,
    publish_by: Caller | None = None,
    reason: str = "",
    progress: Progress = silent,
) -> RollingAnswer:
    """Plans, stores what changes and, as `publish_by`, publishes it if it lies inside the envelope; else it waits."""
    pinned = desk.pinned()
    base = rolling_ground(pinned, request)
    plan_id = new_plan_id("rolling", base.problem.in_force.service_date)
    schedule, rolled, report = rolling_schedule(pinned, base, plan_id=plan_id, progress=progress)
    answer = RollingAnswer(envelope_id=request.envelope_id, at=base.ground.moment.at, verdicts=rolled.verdicts)
    if schedule is None or report is None:
        return replace(answer, degraded=(base.problem.stale,) if base.problem.stale else ())
    problem = base.problem
    folder = write_signals(desk.settings.plans, schedule, report, problem.junctions, problem.corridors)
    desk.ledger.save_plan(schedule, report)
    done = replace(answer, plan_id=schedule.plan_id, folder=str(folder), degraded=schedule.degraded, plan=schedule)
    if publish_by is None:
        return done
    inside = publish_inside(desk, schedule.plan_id, request.envelope_id, publish_by, reason)
    return replace(done, published=inside)


def rolling_schedule(
    desk: Desk, base: RollingGround, *, plan_id: PlanId, progress: Progress = silent
) -> tuple[SignalSchedule | None, Rolled, CheckReport | None]:
    """Checked and certified, not stored; no schedule where nothing changes."""
    ground, problem = base.ground, base.problem
    rolled = roll(
        problem,
        plan_id=plan_id,
        made_at=ground.moment.made_at,
        forecast_issued_at=ground.forecast["issued_at"][0],
        models=models_of(ground.forecast),
        history_versions=desk.history.versions(),
        progress=progress,
    )
    if rolled.schedule is None:
        return None, rolled, None
    schedule = told(desk, ground, rolled.schedule, ladder=())
    recipe = schedule.provenance.recipe
    if recipe is not None:
        recipe = replace(recipe, in_force=tuple(sorted((str(j), str(plan)) for j, plan in base.held.items())))
    fallen = fallen_back("congestion", ground.forecast, ground.moment)
    rung = Rung.ON_FALLBACK if fallen else Rung.OPTIMISED
    schedule = replace(
        schedule,
        provenance=replace(schedule.provenance, recipe=recipe),
        rung=rung.value,
        degraded=tuple(dict.fromkeys((*fallen, *schedule.degraded))),
    )
    report = check_schedule(schedule, problem.junctions, problem.corridors)
    refuse_unsafe(schedule.plan_id, report)
    return certified(schedule, problem.junctions, problem.corridors, report), rolled, report


def rolling_ground(desk: Desk, request: RollingRequest, holding: Mapping[str, PlanId] | None = None) -> RollingGround:
    """At a pinned desk. `holding` is given where the plan is made again: what held at each junction then."""
    envelope = desk.ledger.envelopes.get(request.envelope_id).envelope
    now = desk.clock() if request.at is None else request.at
    moment = Moment(now, now)
    day, local = desk.local_date(now), now.astimezone(desk.zone())
    junctions, corridors = _of_envelope(desk, envelope, now)
    held, running = in_force(desk, day, {junction.junction_id for junction in junctions}, holding)
    if running is None:
        raise MissingInputError(
            step=STEP,
            missing=(f"a published plan of {day} for a junction of envelope {envelope.envelope_id}",),
            todo="Publish a timetable first: rolling changes a plan that runs.",
        )
    newest = latest_congestion(desk, now)
    forecast = _over(_day_forecast(desk, running), newest)
    ground = Ground(
        request=replace(request, at=now),
        moment=moment,
        junctions=junctions,
        corridors=corridors,
        forecast=newest,
        service_date=day,
        time_zone=running.time_zone,
    )
    problem = RollingProblem(
        junctions=junctions,
        corridors=corridors,
        in_force=running,
        envelope=envelope,
        demand=demand_from_forecast(junctions, forecast, service_date=day, time_zone=running.time_zone),
        now_s=3600 * local.hour + 60 * local.minute + local.second,
        stale=_stale(desk, newest, now),
    )
    return RollingGround(ground=ground, problem=problem, held=held)


def _of_envelope(desk: Desk, envelope: Envelope, now: datetime) -> tuple[tuple[Junction, ...], tuple[Corridor, ...]]:
    wanted = {bounds.junction_id for bounds in envelope.junctions}
    junctions = tuple(j for j in desk.history.entities(Junction, as_of=now) if j.junction_id in wanted)
    if not junctions:
        raise MissingInputError(step=STEP, missing=(f"the junctions of envelope {envelope.envelope_id}",))
    known = {junction.junction_id for junction in junctions}
    along = desk.history.entities(Corridor, as_of=now)
    return junctions, tuple(one for one in along if known.issuperset(one.junction_ids))


def _day_forecast(desk: Desk, running: SignalSchedule) -> pl.DataFrame | None:
    """What the plan in force was made from: it tells of the hours that the newest issue no longer speaks of."""
    issued_at = running.provenance.forecast_issued_at
    if issued_at is None or issued_at not in desk.history.issues(CongestionForecasts):
        start = midnight(running.service_date, zone(running.time_zone))
        earlier = [one for one in desk.history.issues(CongestionForecasts) if one <= start]
        if not earlier:
            return None
        issued_at = max(earlier)
    return desk.history.read_forecast(CongestionForecasts, issued_at=issued_at)


def _over(day: pl.DataFrame | None, newest: pl.DataFrame) -> dy.DataFrame[CongestionForecasts]:
    if day is None or day["issued_at"][0] == newest["issued_at"][0]:
        return cast("dy.DataFrame[CongestionForecasts]", newest)
    before = day.filter(pl.col("valid_at") < newest["valid_at"].min())
    return cast("dy.DataFrame[CongestionForecasts]", pl.concat([before, newest], how="diagonal_relaxed"))


def _stale(desk: Desk, newest: pl.DataFrame, now: datetime) -> str:
    """Why nothing should be changed for the next hour; empty where nothing speaks against it."""
    if _hours(desk, now) != DAY_H:
        return "the clock changes today, so the timetable stays"
    issued_at: datetime = newest["issued_at"][0]
    counted_at = desk.history.last_news(TrafficCounts)
    most = f"{FRESH.total_seconds() / 60:.0f} min at most"
    if now - issued_at > FRESH:
        return f"stale: the newest forecast was issued at {issued_at:%Y-%m-%d %H:%M %Z}, and it may be {most} old"
    if counted_at is None or now - counted_at > FRESH:
        since = "never" if counted_at is None else f"{counted_at:%Y-%m-%d %H:%M %Z}"
        return f"stale: the newest traffic count is of {since}, and it may be {most} old"
    return ""


def _hours(desk: Desk, now: datetime) -> float:
    day = desk.local_date(now)
    return (midnight(day + timedelta(days=1), desk.zone()) - midnight(day, desk.zone())).total_seconds() / 3600
