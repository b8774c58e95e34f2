"""From repaired days to the plan that is handed out: what has begun is taken over from the old plan, word for word."""

from dataclasses import replace
from datetime import datetime

from city.clock import clock_text
from city.ids import PlanId
from city.waste_plans import CollectionPlan, CollectionRoute, StopReason, Trip
from optimization.collection.plan_building import build_plan, cost_terms
from optimization.collection.replan_ground import Ground
from optimization.collection.replan_reasons import unserved_after
from optimization.collection.replan_solution import Resumed
from optimization.collection.replan_state import Standing
from optimization.collection.usual import usual_terms


def build_replan(
    ground: Ground, solution: Resumed, old: CollectionPlan, *, plan_id: PlanId, made_at: datetime, rung: str
) -> CollectionPlan:
    unserved = unserved_after(ground.problem, solution, old, ground.events)
    new = build_plan(
        ground.problem,
        solution,
        unserved,
        plan_id=plan_id,
        provenance=replace(old.provenance, made_at=made_at),
        rung=rung,
        degraded=old.degraded,
        audits=_audits(solution, old),
    )
    number_of = {vehicle.truck.truck_id: number for number, vehicle in enumerate(ground.terrain.vehicles)}
    routes = tuple(_with_begun(route, solution, number_of[route.truck_id]) for route in new.routes)
    disturbed = solution.disturbed_stops
    since = f"Replanned at {clock_text(ground.now_s)} from plan {old.plan_id}."
    return replace(
        new,
        district_ids=old.district_ids,
        routes=routes,
        cost=(
            *cost_terms(ground.problem, routes, unserved),
            *usual_terms(ground.problem, routes),
            ("disturbed_stops", float(disturbed)),
            ("disturbance_cost", disturbed * ground.terms.price),
        ),
        assumed=tuple(dict.fromkeys((*old.assumed, since, *ground.said))),
    )


def _audits(solution: Resumed, old: CollectionPlan) -> frozenset[int]:
    """Tasks that were audits in the old plan and are not asked for since."""
    drawn = {
        (stop.point_id, stop.stream) for route in old.routes for stop in route.stops if stop.reason is StopReason.AUDIT
    }
    return frozenset(
        number
        for number, task in enumerate(solution.terrain.tasks)
        if (task.visit.point.point_id, task.stream) in drawn and not task.must
    )


def _with_begun(route: CollectionRoute, solution: Resumed, vehicle: int) -> CollectionRoute:
    standing = solution.standing[vehicle]
    if standing.route is None:
        return route
    if solution.keeps_plan(vehicle):
        return standing.route
    begun = [_trip_with_begun(standing, number, trip) for number, trip in enumerate(route.trips)]
    return replace(route, trips=tuple(begun))


def _trip_with_begun(standing: Standing, number: int, trip: Trip) -> Trip:
    if standing.route is None or number >= len(standing.done):
        return trip
    was = standing.route.trips[number]
    if number < standing.tipped:
        return was
    count = len(standing.done[number].tasks)
    return replace(trip, stops=(*was.stops[:count], *trip.stops[count:]))
