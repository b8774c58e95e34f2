"""Signal plans asked for, made, checked once more, stored and written out."""

from dataclasses import replace
from datetime import timedelta

from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.places import District
from city.progress import Progress, silent
from city.signal_plans import SignalSchedule
from city.signals import Corridor, Junction
from optimization.result import Infeasible
from optimization.signals.check import check_schedule
from optimization.signals.check_certificate import certified
from optimization.signals.demand import demand_from_forecast
from optimization.signals.planner import plan_signals
from optimization.signals.problem import SignalProblem
from serving.desk import Desk
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
from serving.selection import SignalRequest, junctions_of
from serving.stored_forecasts import latest_congestion
from serving.subjects import degraded, rungs_of

KIND = "signal plan"


def make_signal_plan(desk: Desk, request: SignalRequest, *, progress: Progress = silent) -> Planned[SignalSchedule]:
    """Plan, check, store and export. Raises CityError with reasons when there is no safe plan to hand out."""
    desk = desk.pinned()
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
    forecast = latest_congestion(desk, moment.at)
    service_date = request.service_date or desk.local_date(moment.at) + timedelta(days=1)
    demand = demand_from_forecast(picked, forecast, service_date=service_date, time_zone=info.time_zone)
    problem = SignalProblem(
        junctions=picked, corridors=along, demand=demand, service_date=service_date, time_zone=info.time_zone
    )
    result = plan_signals(
        problem,
        plan_id=new_plan_id("signals", service_date),
        made_at=moment.made_at,
        seed=request.seed,
        forecast_issued_at=forecast["issued_at"][0],
        models=models_of(forecast),
        history_versions=desk.history.versions(),
        progress=progress,
    )
    if isinstance(result, Infeasible):
        raise infeasible(KIND, result.reasons)
    planned = [day_plan.junction_id for day_plan in result.plan.day_plans]
    schedule = replace(
        result.plan,
        assumed=unique(
            moment.assumed, assumed_of(desk.ledger.assumptions(), planned), demand.assumed, result.plan.assumed
        ),
        degraded=unique(degraded("congestion", rungs_of(forecast)), result.plan.degraded),
    )
    report = check_schedule(schedule, picked, along)
    refuse_unsafe(schedule.plan_id, report)
    schedule = certified(schedule, picked, along, report)
    folder = write_signals(desk.settings.plans, schedule, report, picked, along)
    desk.ledger.save_plan(schedule, report)
    return Planned(plan=schedule, check=report, folder=folder)
