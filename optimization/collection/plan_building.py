"""From a walked solution to the plan that is handed out."""

from city.collection_problem import CollectionProblem
from city.ids import PlanId
from city.signal_plans import Provenance
from city.waste_plans import Break, CollectionPlan, CollectionRoute, Stop, StopReason, Tip, Trip, Unserved
from optimization.collection.solution import Solution
from optimization.collection.terrain import HOUR_S, Terrain
from optimization.collection.usual import usual_terms
from optimization.collection.walk import Draft, Halt, TipHalt, Walked


def build_plan(
    problem: CollectionProblem,
    solution: Solution,
    unserved: tuple[Unserved, ...],
    *,
    plan_id: PlanId,
    provenance: Provenance,
    rung: str,
    degraded: tuple[str, ...],
    audits: frozenset[int] = frozenset(),
) -> CollectionPlan:
    """`audits` are the tasks that only a lot sends a truck to."""
    routes = tuple(
        _route(solution, vehicle, walked, audits)
        for vehicle, walked in enumerate(solution.walked)
        if walked is not None
    )
    return CollectionPlan(
        plan_id=plan_id,
        service_date=problem.service_date,
        time_zone=problem.time_zone,
        district_ids=tuple(sorted({point.district_id for point in problem.points})),
        routes=routes,
        unserved=unserved,
        cost=(*cost_terms(problem, routes, unserved), *usual_terms(problem, routes)),
        provenance=provenance,
        assumed=(*problem.assumed, *problem.repeated),
        degraded=degraded,
        rung=rung,
    )


def _route(solution: Solution, vehicle: int, walked: Walked, audits: frozenset[int]) -> CollectionRoute:
    truck = solution.terrain.vehicles[vehicle].truck
    tips = iter(walked.tips)
    return CollectionRoute(
        truck_id=truck.truck_id,
        depot_id=truck.depot_id,
        depart_s=walked.depart_s,
        return_s=walked.return_s,
        trips=tuple(
            Trip(
                stream=draft.stream,
                stops=_stops(solution.terrain, draft, halts, audits),
                tip=_tip(next(tips)) if draft.tips else None,
            )
            for draft, halts in zip(solution.days[vehicle], walked.halts, strict=True)
        ),
        metres=walked.metres,
        drive_s=walked.drive_s,
        break_taken=Break(start_s=walked.rest[0], end_s=walked.rest[1]) if walked.rest is not None else None,
    )


def _stops(terrain: Terrain, draft: Draft, halts: list[Halt], audits: frozenset[int]) -> tuple[Stop, ...]:
    stops = []
    load_kg = load_m3 = 0.0
    for number, halt in zip(draft.tasks, halts, strict=True):
        task = terrain.tasks[number]
        load_kg, load_m3 = load_kg + task.kg, load_m3 + task.m3
        demand = terrain.problem.demand_of[task.visit.point.point_id, task.stream]
        stops.append(
            Stop(
                point_id=task.visit.point.point_id,
                stream=task.stream,
                arrive_s=halt.arrive_s,
                start_s=halt.start_s,
                depart_s=halt.depart_s,
                kg=task.kg,
                m3=task.m3,
                load_kg=load_kg,
                load_m3=load_m3,
                reason=StopReason.AUDIT if number in audits else StopReason.PLANNED,
                audit_probability=demand.audit_probability if number in audits else None,
            )
        )
    return tuple(stops)


def _tip(halt: TipHalt) -> Tip:
    return Tip(site_id=halt.site_id, arrive_s=halt.arrive_s, start_s=halt.start_s, depart_s=halt.depart_s, kg=halt.kg)


def cost_terms(
    problem: CollectionProblem, routes: tuple[CollectionRoute, ...], unserved: tuple[Unserved, ...]
) -> tuple[tuple[str, float], ...]:
    """What the plan costs, by named term: the order of importance first, then the priced terms and their sum."""
    truck_of = {truck.truck_id: truck for truck in problem.fleet}
    prices = problem.prices
    hours = {route.truck_id: (route.return_s - route.depart_s) / HOUR_S for route in routes}
    overtime_h = sum(max(0, route.return_s - truck_of[route.truck_id].shift.end_s) for route in routes) / HOUR_S
    left = [problem.demand_of[entry.point_id, entry.stream] for entry in unserved if not entry.mandatory]
    missed = sum(entry.mandatory for entry in unserved)
    priced = {
        "missed_cost": missed * prices.missed,
        "skipped_cost": sum(demand.skip_price for demand in left),
        "shift_cost": sum(prices.truck_shift + truck_of[route.truck_id].cost_per_day for route in routes),
        "overtime_cost": overtime_h * prices.overtime_h,
        "hours_cost": sum(h * (prices.truck_h + truck_of[truck].cost_per_h) for truck, h in hours.items()),
        "distance_cost": sum(route.metres / 1000 * truck_of[route.truck_id].cost_per_km for route in routes),
    }
    return (
        ("missed_mandatory_points", float(missed)),
        ("truck_shifts", float(len(routes))),
        ("overtime_h", overtime_h),
        ("truck_h", sum(hours.values())),
        ("km", sum(route.metres for route in routes) / 1000),
        *priced.items(),
        ("total_cost", sum(priced.values())),
    )
