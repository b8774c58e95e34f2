"""Complaint orders in today's problem: points that somebody waits for, due by their rule or priced to be worth it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from city.clock import at_second, zone
from city.collection_problem import CollectionProblem, Due, PointDemand
from city.ordered_stops import OrderedStop
from city.waste import CollectionPoint, ServiceKind
from optimization.collection.demand import OVERFLOW_PRICE_KM

CAN_WAIT = 0.3
"""Of the price, where tomorrow is early enough: on the way it is taken along, a detour has to be short."""
LAST_DAY = 10.0
"""Times the price on the day on which it is due: then only a very long way is a reason to leave it."""
DAY = timedelta(days=1)


def with_orders(problem: CollectionProblem, orders: Sequence[OrderedStop]) -> CollectionProblem:
    """The problem with ordered points called, or priced.

    A by-fill point may still be left, at its own price and the order's; any other point that its rule does not ask
    for today must be served where tomorrow is too late. Orders at points of other districts change nothing.
    """
    of = {(order.point_id, order.stream): order for order in orders}
    wanted = [key for key in problem.demand_of if key in of]
    if not wanted:
        return problem
    ends = _end_of(problem, 0), _end_of(problem, 1)
    price = OVERFLOW_PRICE_KM * (median(truck.cost_per_km for truck in problem.trucks) or 1.0)
    demand = tuple(
        _ordered(one, problem.point_of[key], of[key], ends, price) if (key := (one.point_id, one.stream)) in of else one
        for one in problem.demand
    )
    complaints = sum(len(of[key].complaint_ids) for key in wanted)
    told = f"{complaints} accepted complaint order(s) ask for {len(wanted)} point(s)."
    return replace(problem, demand=demand, assumed=(*problem.assumed, told))


def _end_of(problem: CollectionProblem, days: int) -> datetime:
    latest = max(truck.shift.end_s for truck in problem.trucks)
    return at_second(problem.service_date + days * DAY, latest, zone(problem.time_zone))


def _ordered(
    demand: PointDemand, point: CollectionPoint, order: OrderedStop, ends: tuple[datetime, datetime], price: float
) -> PointDemand:
    today, tomorrow = ends
    local = order.due_at.astimezone(today.tzinfo)
    named = ", ".join(order.complaint_ids[:3]) + (", ..." if len(order.complaint_ids) > 3 else "")
    said = f"Ordered after complaint {named}, due {local:%Y-%m-%d %H:%M}"
    soon = order.due_at < tomorrow
    if demand.due is Due.MUST:
        return replace(demand, why=f"{demand.why} {said}.")
    if point.rule.kind is ServiceKind.BY_FILL:
        pressing = LAST_DAY if order.due_at < today else 1.0 if soon else CAN_WAIT
        due = price * order.weight * point.priority * pressing
        whole = demand.skip_price + due
        return replace(
            demand, due=Due.MAY, skip_price=whole, why=f"{demand.why} {said}: leaving it is priced {whole:.1f} in all."
        )
    if soon:
        return replace(
            demand,
            due=Due.MUST,
            why=f"{said}: tomorrow is too late. {demand.why}",
            skip_price=0.0,
            audit_probability=0.0,
            audit_drawn=False,
        )
    return replace(demand, why=f"{demand.why} {said}: tomorrow is early enough.")
