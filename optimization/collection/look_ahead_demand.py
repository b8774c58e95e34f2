"""Today's by-fill points priced over the next seven days: what leaving each costs, under one dial for overflows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from scipy.special import gammaincc

from city.collection_problem import CollectionProblem, Due, PointDemand, PointKey
from city.errors import InvalidValueError
from city.waste import CollectionPoint
from optimization.collection.fill_at import FillAt, fill_at
from optimization.collection.look_ahead import LOOK_AHEAD_DAYS, OLDEST_DAYS, Floats, Outlook, standing, stationary
from optimization.collection.look_ahead_days import zone_plan
from optimization.collection.look_ahead_zones import zones_of
from optimization.collection.overflow_dial import Zone, part_of, price_of_overflow

P90_SD = 1.2816
RATE_DOUBT = 0.12  # relative doubt about a point's daily amount, beside its spread from day to day
LEAST_PER_DAY = 1.0 / OLDEST_DAYS
LEAST_SPREAD = 0.15  # of a day's amount
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """`skip_prices` per point; `overflow_price` of a day overflowed; `opened` zones of all."""

    skip_prices: Floats
    overflow_price: float
    opened: int
    zones: int


def with_look_ahead(
    problem: CollectionProblem,
    forecasts: Mapping[PointKey, Sequence[FillAt]],
    moments: Mapping[PointKey, datetime],
    *,
    dial: float,
) -> CollectionProblem:
    """The problem with by-fill points priced over the week; `dial`: overflows over visits, in (0, 1).

    `moments` say when each point is likely to be visited today, and on any day.

    Points whose price does not even pay the work at the bins are not due. Raises InvalidValueError for a dial
    outside (0, 1).
    """
    if not 0 < dial < 1:
        raise InvalidValueError(
            subject="Overflow dial",
            field="share of visits that come after an overflow",
            found=dial,
            expected="a number between 0 and 1, such as 0.05",
        )
    points = [point for point in dict.fromkeys(problem.points) if point.rule.may_skip]
    if not points:
        return problem
    keys = [(point.point_id, point.stream) for point in points]
    outlook = outlook_of([forecasts.get(key, ()) for key in keys], [moments[key] for key in keys])
    zones = zones_of(problem, points)
    waiting = waiting_of(outlook, zones, np.array([p.priority for p in points]), dial=dial)
    price_of = {(p.point_id, p.stream): float(price) for p, price in zip(points, waiting.skip_prices, strict=True)}
    least = _work_price(problem)
    told = (
        f"Points by fill are priced over {LOOK_AHEAD_DAYS} days so that at most {dial:.1%} of visits come after an "
        f"overflow: a day overflowed is priced {waiting.overflow_price:.0f}; {waiting.opened} of {waiting.zones} zones "
        "are worth a truck today."
    )
    return replace(
        problem,
        demand=tuple(
            _priced(demand, problem.point_of[demand.point_id, demand.stream], price_of, least)
            for demand in problem.demand
        ),
        assumed=(*(said for said in problem.assumed if not said.startswith("An overflow before")), told),
    )


def waiting_of(
    outlook: Outlook, zones: Sequence[Zone], priority: Floats, *, dial: float, price: float | None = None
) -> Waiting:
    """`price` of a day overflowed, if not to be found from the dial. Points in no zone pay for their overflow alone."""
    if price is None:
        price = price_of_overflow(outlook, zones, dial) if zones else 0.0
    skip = price * standing(outlook).left[:, 1] * priority
    opened = 0
    for zone in zones:
        members = list(zone.members)
        weighed = weighed_by(standing(part_of(outlook, members)), priority[members])
        cycles = stationary(weighed.fresh, zone.shared_costs, price)
        plan = zone_plan(weighed, zone.own_costs, zone.opening, price, cycles)
        skip[members] = plan.prices
        opened += plan.open_days[0]
    return Waiting(skip_prices=skip, overflow_price=price, opened=opened, zones=len(zones))


def weighed_by(outlook: Outlook, priority: Floats) -> Outlook:
    """An overflow at a point of priority 2 counts twice."""
    return replace(outlook, left=outlook.left * priority[:, None], fresh=outlook.fresh * priority[:, None])


def outlook_of(forecasts: Sequence[Sequence[FillAt]], visited: Sequence[datetime]) -> Outlook:
    """From forecast fills, in order of time: the coming days as they are told, the time after an emptying by its rate.

    `visited` are the moments of today's visits. A point without a forecast is taken as full, and to fill within a day.
    """
    told = [
        [fill_at(entries, first + day * DAY) for day in range(LOOK_AHEAD_DAYS + 1)]
        for entries, first in zip(forecasts, visited, strict=True)
    ]
    known = np.array([bool(entries) for entries in forecasts])
    first, last = (
        np.array([(week[end].p50, (week[end].p90 - week[end].p50) / P90_SD) for week in told]) for end in (0, -1)
    )
    days = np.array([(week[-1].valid_at - week[0].valid_at) / DAY for week in told])
    rate = np.where(known, np.maximum((last[:, 0] - first[:, 0]) / np.maximum(days, 1.0), LEAST_PER_DAY), 1.0)
    gained = (last[:, 1] ** 2 - first[:, 1] ** 2) / np.maximum(days, 1.0)
    spread = np.maximum(gained, (LEAST_SPREAD * rate) ** 2)
    # Days that the forecast does not reach go on at its rate.
    beyond = np.maximum(np.arange(LOOK_AHEAD_DAYS + 1)[None, :] - days[:, None], 0.0) * known[:, None]
    reached = last[:, :1] + rate[:, None] * beyond
    later = _above_full(reached, last[:, 1:] ** 2 + spread[:, None] * beyond)
    left = np.array([[one.overflow_probability for one in week] for week in told])
    left = np.where(beyond > 0, np.maximum(left, later), left)
    ages = np.arange(OLDEST_DAYS + 1, dtype=np.float64)[None, :]
    means = rate[:, None] * ages
    fresh = _above_full(means, spread[:, None] * ages + (RATE_DOUBT * means) ** 2)
    return Outlook(
        left=np.maximum.accumulate(left, axis=1),
        fresh=np.maximum.accumulate(fresh, axis=1),
        age_after=reached[:, -1] / rate,
    )


def _above_full(mean: Floats, variance: Floats) -> Floats:
    """P(an amount > 1) by the gamma law with this mean and variance: amounts are never negative."""
    safe_mean, safe_variance = np.maximum(mean, 1e-9), np.maximum(variance, 1e-12)
    chance: Floats = np.where(mean <= 0, 0.0, gammaincc(safe_mean**2 / safe_variance, safe_mean / safe_variance))
    return chance


def _work_price(problem: CollectionProblem) -> float:
    """Of a second of the cheapest truck."""
    return min(problem.prices.truck_h + truck.cost_per_h for truck in problem.fleet) / 3600


def _priced(
    demand: PointDemand, point: CollectionPoint, price_of: Mapping[PointKey, float], least: float
) -> PointDemand:
    if not point.rule.may_skip:
        return demand
    price = price_of[demand.point_id, demand.stream]
    told = demand.why.split(";")[0]
    if price <= least * point.service_s:
        return replace(
            demand,
            due=Due.NOT_TODAY,
            skip_price=0.0,
            why=f"{told}; over the week, waiting costs {price:.1f}, less than the work at the bins.",
        )
    return replace(
        demand,
        due=Due.MAY,
        skip_price=price,
        why=f"{told}; leaving it is priced {price:.1f} over the coming week.",
    )
