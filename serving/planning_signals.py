"""Signal plans asked for, made, checked once more, stored and written out."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import dataframely as dy

from city.errors import MissingInputError
from city.findings import CheckReport
from city.forecasts import CongestionForecasts
from city.frames import TrafficCounts
from city.ids import PlanId
from city.places import District
from city.progress import Progress, silent
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from optimization.result import Infeasible
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from optimization.signals.explaining import Scenarios, explain
from optimization.signals.planner import plan_signals
from optimization.signals.problem import SignalProblem
from serving.day_kinds import day_kind_of
from serving.desk import Desk, Moment
from serving.explained_plans import scenarios_of
from serving.plan_folder import (
    Planned,
    assumed_of,
    infeasible,
    models_of,
    new_plan_id,
    refuse_unsafe,
    unique,
    write_signals,
)
from serving.plan_pages.writing import write_explained
from serving.recipes import recipe_of
from serving.selection import RollingRequest, SignalRequest, junctions_of
from serving.stored_forecasts import latest_congestion
from serving.subjects import degraded, rungs_of

KIND = "signal plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a request is planned on: the junctions that it means, and the forecast of its time."""

    request: SignalRequest | RollingRequest
    moment: Moment
    junctions: tuple[Junction, ...]
    corridors: tuple[Corridor, ...]
    forecast: dy.DataFrame[CongestionForecasts]
    service_date: date
    time_zone: str

    def scenarios(self, junctions: tuple[Junction, ...] | None = None) -> Scenarios:
        """Of these junctions, by default of those that are stored."""
        of = self.junctions if junctions is None else junctions
        return scenarios_of(of, self.forecast, service_date=self.service_date, time_zone=self.time_zone)

    def problem(self, scenarios: Scenarios, junctions: tuple[Junction, ...] | None = None) -> SignalProblem:
        return SignalProblem(
            junctions=self.junctions if junctions is None else junctions,
            corridors=self.corridors,
            demand=scenarios.planned,
            service_date=self.service_date,
            time_zone=self.time_zone,
        )


def ground_of(desk: Desk, request: SignalRequest) -> Ground:
    info = desk.city()
    moment = desk.moment(TrafficCounts, request.at)
    junctions = desk.history.entities(Junction, as_of=moment.made_at)
    if not junctions:
        raise MissingInputError(
            step="Planning signals",
            missing=("signalised junctions",),
            todo="Fill in the form that `city template junctions --out junctions.json` writes, and import it with the "
            "mapping that lies beside it.",
        )
    corridors = desk.history.entities(Corridor, as_of=moment.made_at)
    districts = desk.history.entities(District, as_of=moment.made_at)
    picked, along = junctions_of(request, junctions, corridors, districts)
    return Ground(
        request=request,
        moment=moment,
        junctions=picked,
        corridors=along,
        forecast=latest_congestion(desk, moment.at),
        service_date=request.service_date or desk.local_date(moment.at) + timedelta(days=1),
        time_zone=info.time_zone,
    )


def make_signal_plan(desk: Desk, request: SignalRequest, *, progress: Progress = silent) -> Planned[SignalSchedule]:
    """Plan, check, store and export. Raises CityError with reasons when there is no safe plan to hand out."""
    desk = desk.pinned()
    ground = ground_of(desk, request)
    scenarios = ground.scenarios()
    problem = ground.problem(scenarios)
    schedule, report = planned_schedule(desk, ground, problem, seed=request.seed, progress=progress)
    explained = explain(schedule, problem, scenarios, progress=progress)
    folder = write_signals(desk.settings.plans, schedule, report, problem.junctions, problem.corridors)
    write_explained(folder, schedule, problem, explained)
    desk.ledger.save_plan(schedule, report)
    return Planned(plan=schedule, check=report, folder=folder, explained=explained)


def planned_schedule(
    desk: Desk,
    ground: Ground,
    problem: SignalProblem,
    *,
    seed: int,
    kind: str = "signals",
    plan_id: PlanId | None = None,
    assumed: tuple[str, ...] = (),
    progress: Progress = silent,
) -> tuple[SignalSchedule, CheckReport]:
    """Checked and certified, not stored. `kind` begins a new id, `assumed` is what it states as assumed."""
    result = plan_signals(
        problem,
        plan_id=plan_id or new_plan_id(kind, ground.service_date),
        made_at=ground.moment.made_at,
        seed=seed,
        forecast_issued_at=ground.forecast["issued_at"][0],
        models=models_of(ground.forecast),
        history_versions=desk.history.versions(),
        progress=progress,
    )
    if isinstance(result, Infeasible):
        raise infeasible(KIND, result.reasons)
    schedule = told(desk, ground, result.plan, assumed=assumed)
    report = check_schedule(schedule, problem.junctions, problem.corridors)
    refuse_unsafe(schedule.plan_id, report)
    return certified(schedule, problem.junctions, problem.corridors, report), report


def told(
    desk: Desk,
    ground: Ground,
    schedule: SignalSchedule,
    *,
    assumed: tuple[str, ...] = (),
    ladder: tuple[str, ...] | None = None,
    planned: bool = True,
) -> SignalSchedule:
    """With what had to be assumed for it, and what is not as good as it should be; `planned` from the forecast.

    A plan with what only its caller `assumed`, such as another street, has no recipe, nor has one of other means.
    `ladder` is what the planning ladder said of the search, where it was on one.
    """
    named = [day_plan.junction_id for day_plan in schedule.day_plans]
    day_kind, said = day_kind_of(desk, ground.service_date, known_at=ground.moment.made_at)
    fallen = degraded("congestion", rungs_of(ground.forecast)) if planned else ()
    imported = assumed_of(desk.reading.assumptions(), named)
    recipe = recipe_of(desk, ground.request, ladder) if planned and not assumed else None
    return replace(
        schedule,
        day_kind=day_kind,
        provenance=replace(schedule.provenance, recipe=recipe),
        assumed=unique(said, assumed, ground.moment.assumed, imported, schedule.assumed),
        degraded=unique(fallen, schedule.degraded),
    )
