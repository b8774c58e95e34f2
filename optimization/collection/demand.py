"""From the fill forecast to today's problem: what each point holds, whether it is due, what leaving it costs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Literal

import dataframely as dy
import polars as pl

from city.clock import at_second, zone
from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey, Prices
from city.errors import MissingInputError
from city.forecasts import CongestionIndexForecasts, FillForecasts
from city.frames import Links, Nodes
from city.load_risk import LoadRisk
from city.waste import CollectionPoint, Depot, DisposalSite, ServiceKind, Truck
from optimization.collection.audits import with_lots
from optimization.collection.fill_at import FillAt, fill_at
from optimization.collection.load_risk import with_load_risk
from optimization.collection.look_ahead_demand import with_look_ahead
from optimization.collection.paces import at_forecast_pace
from optimization.collection.street_limits import limited_points, limited_sites
from optimization.collection.travel import travel_between
from optimization.collection.visit_moments import visit_moments

OVERFLOW_PRICE_KM = 100.0  # one overflow costs as much as driving this far: a complaint and a trip of its own
SMALLEST_PRICE_SHARE = 0.02  # of an overflow: points below it are not weighed at all today
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Today:
    """`next_end`: the end of the next service day, by which what may wait must be served."""

    service_date: date
    next_end: datetime
    overflow_price: float


def problem_from_forecast(  # noqa: PLR0913  -- the departments' tables, each by its name
    *,
    points: tuple[CollectionPoint, ...],
    trucks: tuple[Truck, ...],
    depots: tuple[Depot, ...],
    sites: tuple[DisposalSite, ...],
    fill: dy.DataFrame[FillForecasts],
    nodes: dy.DataFrame[Nodes],
    links: dy.DataFrame[Links],
    service_date: date,
    time_zone: str,
    last_served: Mapping[PointKey, datetime],
    called: frozenset[PointKey] = frozenset(),
    load_quantile: Literal["p50", "p90"] = "p90",
    audit_seed: int | None = None,
    congestion: dy.DataFrame[CongestionIndexForecasts] | None = None,
    cache: Path | None = None,
    overflow_dial: float | None = None,
    load_risk: LoadRisk | None = None,
    usual_s: Mapping[PointKey, int] | None = None,
) -> CollectionProblem:
    """Everything that today's plan is made from. `called` are the on-call points that were asked for.

    With a forecast of the `congestion` index driving takes longer where and when it expects roads to be slow. Matrices
    of ways are kept in the folder `cache`.

    With an `overflow_dial` (share of visits that may come after an overflow) points by fill are priced over the next
    seven days, all together; without one each by its own overflow until tomorrow.

    `usual_s`: seconds after local midnight at which crews usually come to a point. What lies there then is planned for;
    where nobody knows, what lies there at the last moment at which a truck can come.

    With a `load_risk` loads are planned by the law of each trip's sum, without one by the sum of quantiles.

    With an `audit_seed` lots are drawn that send a truck to a few of the points that the plan will skip.

    Raises MissingInputError that names all kinds of things that are missing.
    """
    _nothing_is_missing(points=points, trucks=trucks, depots=depots, sites=sites)
    at_work = tuple(truck for truck in trucks if truck.available)
    travel = at_forecast_pace(
        travel_between(
            points=points, depots=depots, sites=sites, nodes=nodes, links=links, trucks=at_work, cache=cache
        ),
        congestion,
        points=points,
        depots=depots,
        sites=sites,
        service_date=service_date,
        time_zone=time_zone,
    )
    points, sites = limited_points(points, travel.limits), limited_sites(sites, travel.limits)
    price_km = median(truck.cost_per_km for truck in trucks) or 1.0
    forecasts = _forecasts(fill)
    today = _today(trucks, service_date, time_zone, OVERFLOW_PRICE_KM * price_km)
    moments = visit_moments(
        points, trucks, usual_s or {}, service_date=service_date, city_zone=zone(time_zone)
    )  # fmt: skip
    unknown = sorted(f"{p.point_id} ({p.stream})" for p in points if (p.point_id, p.stream) not in forecasts)
    demand = tuple(
        _demand(
            point,
            _told(forecasts.get((point.point_id, point.stream), ()), moments[point.point_id, point.stream]),
            today,
            last_served.get((point.point_id, point.stream)),
            called=(point.point_id, point.stream) in called,
        )
        for point in dict.fromkeys(points)
    )
    if audit_seed is not None:
        demand = with_lots(demand, points, service_date=service_date, seed=audit_seed)
    base = Prices()
    problem = CollectionProblem(
        points=points,
        demand=demand,
        trucks=trucks,
        depots=depots,
        sites=sites,
        travel=travel.times,
        places=travel.places,
        service_date=service_date,
        time_zone=time_zone,
        load_quantile=load_quantile,
        prices=Prices(
            missed=base.missed * price_km,
            truck_shift=base.truck_shift * price_km,
            overtime_h=base.overtime_h * price_km,
            truck_h=base.truck_h * price_km,
        ),
        assumed=(*travel.assumed, *_assumptions(unknown, load_quantile)),
    )
    if overflow_dial is not None:
        problem = with_look_ahead(problem, forecasts, moments, dial=overflow_dial)
    return problem if load_risk is None else with_load_risk(problem, load_risk)


def _nothing_is_missing(**things: tuple[object, ...]) -> None:
    missing = tuple(f"{name}" for name, found in things.items() if not found)
    if missing:
        raise MissingInputError(
            step="Planning routes",
            missing=missing,
            todo="`city template fleet` and `city template sites` write files to fill in and import.",
        )


def _assumptions(unknown: list[str], quantile: str) -> Iterable[str]:
    yield f"Loads are planned with the {quantile} quantile of the forecast at each point."
    yield f"An overflow before the next visit is priced as {OVERFLOW_PRICE_KM:g} km of driving, times its priority."
    if unknown:
        shown = ", ".join(unknown[:5]) + (", ..." if len(unknown) > 5 else "")
        yield f"{len(unknown)} points have no fill forecast and are taken as full: {shown}."


def _today(trucks: tuple[Truck, ...], service_date: date, time_zone: str, overflow_price: float) -> _Today:
    city_zone = zone(time_zone)
    latest = max(truck.shift.end_s for truck in trucks)
    return _Today(
        service_date=service_date,
        next_end=at_second(service_date + DAY, latest, city_zone),
        overflow_price=overflow_price,
    )


def _told(forecast: tuple[FillAt, ...], moment: datetime) -> tuple[FillAt, FillAt]:
    return fill_at(forecast, moment), fill_at(forecast, moment + DAY)


def _forecasts(fill: dy.DataFrame[FillForecasts]) -> dict[PointKey, tuple[FillAt, ...]]:
    """By point, in order of time, from the latest issue of each point."""
    latest = fill.filter(pl.col("issued_at") == pl.col("issued_at").max().over("point_id", "stream"))
    found: dict[PointKey, list[FillAt]] = {}
    for row in latest.sort("valid_at").iter_rows(named=True):
        found.setdefault((row["point_id"], row["stream"]), []).append(
            FillAt(
                valid_at=row["valid_at"].astimezone(UTC),
                p50=row["fill_p50"],
                p90=row["fill_p90"],
                overflow_probability=row["overflow_probability"],
                kg_p50=row["kg_p50"],
                kg_p90=row["kg_p90"],
            )
        )
    return {key: tuple(entries) for key, entries in found.items()}


def _demand(
    point: CollectionPoint,
    told: tuple[FillAt, FillAt],
    today: _Today,
    last_served: datetime | None,
    *,
    called: bool,
) -> PointDemand:
    """`told` of the moment at which it is likely to be visited today, and of the same moment tomorrow."""
    now, later = told
    m3 = tuple(level * point.capacity_m3 for level in (now.p50, now.p90))
    kg = tuple(
        volume * point.density_kg_m3 if weight is None else weight
        for weight, volume in zip((now.kg_p50, now.kg_p90), m3, strict=True)
    )
    price = later.overflow_probability * today.overflow_price * point.priority
    if point.rule.kind is ServiceKind.BY_FILL:
        due, why = _by_fill(now, later, price, today)
    else:
        due, why = _by_rule(point, today, last_served, called=called)
    return PointDemand(
        point_id=point.point_id,
        stream=point.stream,
        due=due,
        why=why,
        kg_p50=kg[0],
        kg_p90=kg[1],
        m3_p50=m3[0],
        m3_p90=m3[1],
        overflow_probability=later.overflow_probability,
        skip_price=price if due is Due.MAY else 0.0,
    )


def _by_fill(now: FillAt, later: FillAt, price: float, today: _Today) -> tuple[Due, str]:
    numbers = (
        f"expected fill {now.p50:.0%} (p90 {now.p90:.0%}) today, overflow before the next visit "
        f"{later.overflow_probability:.0%}"
    )
    if price < SMALLEST_PRICE_SHARE * today.overflow_price:
        return Due.NOT_TODAY, f"By fill: {numbers}; not worth a visit today."
    return Due.MAY, f"By fill: {numbers}; leaving it is priced {price:.1f}."


def _by_rule(point: CollectionPoint, today: _Today, last_served: datetime | None, *, called: bool) -> tuple[Due, str]:
    rule = point.rule
    if rule.kind is ServiceKind.DAILY:
        return Due.MUST, f"Daily service, {rule.times_per_day} a day."
    if rule.kind is ServiceKind.FIXED_DAYS:
        named = f"Fixed weekdays {', '.join(str(day) for day in rule.weekdays)} (0 is Monday); today is"
        weekday = today.service_date.weekday()
        return (Due.MUST if weekday in rule.weekdays else Due.NOT_TODAY), f"{named} {weekday}."
    if rule.kind is ServiceKind.ON_CALL:
        return (Due.MUST, "On call: it was called.") if called else (Due.NOT_TODAY, "On call: nobody called.")
    return _by_interval(rule.max_interval_h or 0.0, today, last_served)


def _by_interval(hours: float, today: _Today, last_served: datetime | None) -> tuple[Due, str]:
    """Due if tomorrow may be too late."""
    if last_served is None:
        return Due.MUST, f"At most {hours:g} h between visits, and no visit is known."
    deadline = last_served + timedelta(hours=hours)
    said = f"At most {hours:g} h between visits, the last at {last_served:%Y-%m-%d %H:%M} UTC"
    if deadline < today.next_end:
        return Due.MUST, f"{said}: it must be served by {deadline:%Y-%m-%d %H:%M} UTC."
    return Due.NOT_TODAY, f"{said}: tomorrow is early enough ({deadline:%Y-%m-%d %H:%M} UTC)."
