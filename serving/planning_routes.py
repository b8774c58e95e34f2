"""Collection routes asked for, made, checked once more, stored and written out."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import dataframely as dy
import polars as pl

from city.clock import at_second
from city.collection_faults import Parts, what_can_be_planned
from city.collection_problem import CollectionProblem
from city.errors import InvalidValueError, MissingInputError, NotFoundError, raise_all
from city.forecasts import FillForecasts
from city.frames import BinReadings, Links, Nodes
from city.ids import PointId
from city.load_risk import LoadRisk
from city.places import District
from city.progress import Progress, silent
from city.waste import CollectionPoint, Depot, DisposalSite, Stream, Truck
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.check_certificate import certified
from optimization.collection.demand import problem_from_forecast
from optimization.collection.fairness import with_fair_points
from optimization.collection.indicators import indicators
from optimization.collection.orders import with_orders
from optimization.collection.planner import plan_routes
from optimization.collection.usual import Usual, with_usual
from optimization.result import Infeasible, Result
from serving.day_start import with_notes
from serving.desk import Desk, Moment
from serving.effort import HERE_S
from serving.fair_routes import fairly
from serving.plan_folder import (
    Planned,
    assumed_of,
    infeasible,
    models_of,
    new_plan_id,
    refuse_unsafe,
    unique,
    write_routes,
)
from serving.promised_overflow import expected_overflow
from serving.recipes import recipe_of
from serving.selection import RouteRequest, known_districts
from serving.stored_forecasts import latest_fill, latest_index
from serving.subjects import degraded, rungs_of
from serving.usual_routes import usual_of

KIND = "collection plan"
HABIT = timedelta(days=28)  # before that, crews may have had other rounds
HABIT_VISITS = 7
TEMPLATES = {
    "collection points": "sites",
    "trucks": "fleet",
    "depots": "fleet",
    "disposal sites": "sites",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteGround:
    """What a request is planned on; `set_aside` has a sentence for each thing that is not there that day."""

    request: RouteRequest
    moment: Moment
    fill: dy.DataFrame[FillForecasts]
    problem: CollectionProblem
    usual: Usual
    set_aside: tuple[str, ...] = ()


def make_route_plan(desk: Desk, request: RouteRequest, *, progress: Progress = silent) -> Planned[CollectionPlan]:
    """Plan, check, store and export. Raises CityError with reasons when there is no plan to hand out."""
    desk = desk.pinned()
    ground = route_ground(desk, request)
    plan_id = new_plan_id("routes", ground.problem.service_date)

    def planned(problem: CollectionProblem) -> Result[CollectionPlan] | Infeasible:
        return plan_routes(
            problem,
            plan_id=plan_id,
            made_at=ground.moment.made_at,
            seed=request.seed,
            seconds=request.seconds,
            forecast_issued_at=ground.fill["issued_at"][0],
            models=models_of(ground.fill),
            history_versions=desk.history.versions(),
            progress=progress,
            here=request.seconds <= HERE_S,
        )

    if request.fairness_gap is None:
        problem, result = ground.problem, planned(ground.problem)
    else:
        problem, desk.reading.fairness, result = fairly(ground.problem, request.fairness_gap, planned)
    if isinstance(result, Infeasible):
        raise infeasible(KIND, result.reasons)
    plan = told(desk, ground, result.plan)
    report = check_plan(plan, problem)
    refuse_unsafe(plan.plan_id, report)
    plan = certified(plan, problem, report)
    folder = write_routes(desk.settings.plans, plan, report, problem)
    desk.ledger.save_plan(plan, report)
    return Planned(plan=plan, check=report, folder=folder, indicators=indicators(plan, problem))


def route_ground(desk: Desk, request: RouteRequest) -> RouteGround:
    desk.city()
    moment = desk.moment(BinReadings, request.at)
    refuse_missing(desk, moment)
    fill = latest_fill(desk, moment.at)
    service_date = request.service_date or next_service_date(desk, moment)
    refuse_uncovered(desk, fill, service_date)
    parts, set_aside = usable_parts(desk, request, moment)
    parts, noted = with_notes(parts, request.day_notes)
    problem = route_problem(desk, request, moment, service_date, fill, parts)
    usual = usual_of(desk, problem)
    problem = with_usual(problem, usual)
    fair = desk.reading.fairness
    return RouteGround(
        request=request,
        moment=moment,
        fill=fill,
        problem=problem if fair is None else with_fair_points(problem, fair),
        usual=usual,
        set_aside=(*set_aside, *noted),
    )


def told(
    desk: Desk,
    ground: RouteGround,
    plan: CollectionPlan,
    *,
    ladder: tuple[str, ...] | None = None,
    planned: bool = True,
) -> CollectionPlan:
    """With what had to be assumed for it, what is not as good as it should be and, where it was `planned`, its recipe.

    `ladder` is what the planning ladder said of the search, where it was on one.
    """
    fair = () if desk.reading.fairness is None else (desk.reading.fairness.sentence,)
    assumed = unique(ground.moment.assumed, assumed_of(desk.reading.assumptions(), ()), plan.assumed, fair)
    return replace(
        plan,
        assumed=assumed,
        degraded=unique(ground.set_aside, degraded("waste", rungs_of(ground.fill)), plan.degraded),
        overflow=expected_overflow(plan, ground.problem),
        provenance=replace(plan.provenance, recipe=recipe_of(desk, ground.request, ladder) if planned else None),
    )


def usable_parts(desk: Desk, request: RouteRequest, moment: Moment) -> tuple[Parts, tuple[str, ...]]:
    """What was known of points, trucks, depots and sites, and a sentence for each that was set aside.

    Raises one error that names every fault, unless the request says to plan what can be planned.
    """
    parts, errors = what_can_be_planned(known_parts(desk, request, moment.made_at))
    if not request.what_can:
        raise_all("Planning routes", list(errors))
    return parts, tuple(f"Set aside: {error}" for error in errors)


def known_parts(desk: Desk, request: RouteRequest, at: datetime) -> Parts:
    points = desk.history.entities(CollectionPoint, as_of=at)
    trucks = desk.history.entities(Truck, as_of=at)
    depots = desk.history.entities(Depot, as_of=at)
    sites = desk.history.entities(DisposalSite, as_of=at)
    if wanted := set(request.district_ids or request.within or ()):
        known = {district.district_id for district in desk.history.entities(District, as_of=at)}
        known |= {point.district_id for point in points}
        known_districts(request.district_ids, known if request.within is None else known.intersection(request.within))
        points = tuple(point for point in points if point.district_id in wanted)
        trucks = tuple(truck for truck in trucks if wanted.intersection(truck.district_ids))
        if not points or not trucks:
            raise NotFoundError(kind="collection point with a truck in district", name=", ".join(sorted(wanted)))
    return Parts(points=points, trucks=trucks, depots=depots, sites=sites)


def route_problem(
    desk: Desk,
    request: RouteRequest,
    moment: Moment,
    service_date: date,
    fill: dy.DataFrame[FillForecasts],
    parts: Parts,
) -> CollectionProblem:
    """The day's problem out of what was known."""
    at = moment.made_at
    problem = problem_from_forecast(
        points=parts.points,
        trucks=parts.trucks,
        depots=parts.depots,
        sites=parts.sites,
        fill=fill,
        nodes=desk.history.read(Nodes, as_of=at),
        links=desk.history.read(Links, as_of=at),
        service_date=service_date,
        time_zone=desk.city().time_zone,
        last_served=last_served(desk, moment.at),
        audit_seed=request.seed,
        congestion=latest_index(desk, moment.at),
        cache=desk.settings.ways,
        overflow_dial=request.overflow_share,
        load_risk=LoadRisk(),
        usual_s=usual_clocks(desk, moment.at),
    )
    return with_orders(problem, desk.reading.orders_for(service_date))


def refuse_missing(desk: Desk, moment: Moment) -> None:
    """Name all that is absent at once, with the template for each."""
    parts: dict[str, type[CollectionPoint | Truck | Depot | DisposalSite]] = {
        "collection points": CollectionPoint,
        "trucks": Truck,
        "depots": Depot,
        "disposal sites": DisposalSite,
    }
    missing = tuple(name for name, kind in parts.items() if not desk.history.entities(kind, as_of=moment.made_at))
    if missing:
        templates = " and ".join(
            f"`city template {name} --out {name}.xlsx`" for name in dict.fromkeys(TEMPLATES[one] for one in missing)
        )
        raise MissingInputError(
            step="Planning routes",
            missing=missing,
            todo=f"Fill in what {templates} writes, and import it with the mapping that lies beside it.",
        )


def refuse_uncovered(desk: Desk, fill: dy.DataFrame[FillForecasts], service_date: date) -> None:
    """A day that the forecast does not speak of would be planned from the nearest day that it does speak of."""
    issued_at, last = fill["issued_at"][0], fill.select(pl.col("valid_at").max()).item()
    first_day, last_day = desk.local_date(issued_at), desk.local_date(last - timedelta(seconds=1))
    if not first_day <= service_date <= last_day:
        raise InvalidValueError(
            subject="Collection plan",
            field="service_date",
            found=service_date.isoformat(),
            expected=f"{first_day} to {last_day}, the days of the forecast issued at {issued_at.isoformat()}",
            todo="Issue a newer forecast with `city forecast waste`, or name one of these days.",
        )


def next_service_date(desk: Desk, moment: Moment) -> date:
    """Today, by the city's clock, as long as some truck's shift is still to start; then tomorrow."""
    today = desk.local_date(moment.at)
    trucks = desk.history.entities(Truck, as_of=moment.made_at)
    latest_s = max(truck.shift.start_s for truck in trucks)
    return today if moment.at <= at_second(today, latest_s, desk.zone()) else today + timedelta(days=1)


def usual_clocks(desk: Desk, at: datetime) -> dict[tuple[PointId, Stream], int]:
    """Seconds after local midnight at which crews came to each point, the middle of the newest visits known at `at`."""
    emptied = desk.history.read(BinReadings, as_of=at, since=at - HABIT).filter(pl.col("emptied"))
    local = pl.col("read_at").dt.convert_time_zone(desk.zone().key)
    second = local.dt.hour().cast(pl.Int32) * 3600 + local.dt.minute().cast(pl.Int32) * 60
    usual = emptied.group_by("point_id", "stream").agg(second.sort_by("read_at").tail(HABIT_VISITS).median())
    return {(PointId(point_id), Stream(stream)): int(clock) for point_id, stream, clock in usual.iter_rows()}


def last_served(desk: Desk, at: datetime) -> dict[tuple[PointId, Stream], datetime]:
    """When each point was last emptied, as known at `at`."""
    emptied = desk.history.read(BinReadings, as_of=at).filter(pl.col("emptied"))
    latest = emptied.group_by("point_id", "stream").agg(pl.col("read_at").max())
    return {(PointId(point_id), Stream(stream)): read_at for point_id, stream, read_at in latest.iter_rows()}
