"""Mutations that break no rule: the check must not cry wolf."""

import random
from dataclasses import replace

from city.ids import PlanId
from city.waste import Truck
from tests.optimization.collection.mutation_bases import Case
from tests.optimization.collection.mutations import BREAKING, Operator
from tests.optimization.collection.mutations_fair import FAIR
from tests.optimization.collection.towns import HOUR


def _shuffled(case: Case, rng: random.Random) -> Case:
    routes, left, cost = (list(things) for things in (case.plan.routes, case.plan.unserved, case.plan.cost))
    for things in (routes, left, cost):
        rng.shuffle(things)
    return case.with_plan(routes=tuple(routes), unserved=tuple(left), cost=tuple(cost))


def _needs_no_break(case: Case, depart_s: int, return_s: int) -> bool:
    window = case.truck.shift.break_window
    return case.route.break_taken is not None or window is None or not depart_s < window.end_s < return_s


def _home_later(case: Case, rng: random.Random) -> Case | None:
    shift, route = case.truck.shift, case.route
    later = rng.randint(route.return_s, shift.end_s + shift.max_overtime_s)
    return case.with_route(return_s=later).recosted() if _needs_no_break(case, route.depart_s, later) else None


def _off_earlier(case: Case, rng: random.Random) -> Case | None:
    route = case.route
    earlier = rng.randint(case.truck.shift.start_s, route.depart_s)
    return case.with_route(depart_s=earlier).recosted() if _needs_no_break(case, earlier, route.return_s) else None


def _idle_at_the_end(case: Case, rng: random.Random) -> Case | None:
    """The last tip and the way home later: the crew may stand still."""
    shift, route = case.truck.shift, case.route
    last = replace(case, t=len(route.trips) - 1)
    tip, most = last.trip.tip, shift.end_s + shift.max_overtime_s - route.return_s
    site = next((site for site in case.problem.sites if tip is not None and site.site_id == tip.site_id), None)
    taken = route.break_taken
    if tip is None or site is None or most < 1 or site.throughput_kg_h is not None or len(set(site.queue_s)) > 1:
        return None
    late = rng.randint(1, min(most, HOUR))
    always_open = sum(window.end_s - window.start_s for window in site.windows) >= 24 * HOUR
    if not always_open or (taken is not None and taken.start_s >= tip.arrive_s):
        return None
    if not _needs_no_break(case, route.depart_s, route.return_s + late):
        return None
    clocks = {name: getattr(tip, name) + late for name in ("arrive_s", "start_s", "depart_s")}
    return last.with_tip(**clocks).with_route_end(route.return_s + late)


def _roomier(case: Case, rng: random.Random) -> Case | None:
    truck = case.truck
    bodies = tuple(replace(body, body_m3=body.body_m3 * rng.uniform(1, 3)) for body in truck.compartments)
    return case.with_truck(payload_kg=truck.payload_kg * rng.uniform(1, 3), compartments=bodies)


def _kinder_site(case: Case, rng: random.Random) -> Case | None:
    site = next(site for site in case.problem.sites if site.site_id == case.tip.site_id)
    cap = None if site.daily_cap_kg is None else site.daily_cap_kg * rng.uniform(1, 2)
    return case.with_site(
        daily_cap_kg=cap, throughput_kg_h=None, queue_s=tuple(rng.randint(0, q) for q in site.queue_s)
    )


def _skilled(case: Case, rng: random.Random) -> Case | None:
    skill = rng.choice(("crane", "narrow"))
    return case.with_truck(skills=(skill, "other")).with_point(skills=(skill,))


def _alike(one: Truck, other: Truck) -> bool:
    return one.truck_id != other.truck_id and replace(one, truck_id=other.truck_id) == other


def _taken_over(case: Case, rng: random.Random) -> Case | None:
    """A truck that is alike and idle drives the route."""
    busy = {route.truck_id for route in case.plan.routes}
    others = [t for t in case.problem.fleet if _alike(case.truck, t) and t.truck_id not in busy]
    return case.with_route(truck_id=rng.choice(others).truck_id) if others else None


def _exchanged(case: Case, rng: random.Random) -> Case | None:
    """Two trucks that are alike exchange their routes."""
    trucks = {truck.truck_id: truck for truck in case.problem.fleet}
    pairs = [k for k, r in enumerate(case.plan.routes) if _alike(case.truck, trucks[r.truck_id])]
    if not pairs:
        return None
    k, own = rng.choice(pairs), case.route.truck_id
    taken = case.with_route(truck_id=case.plan.routes[k].truck_id)
    return replace(taken, r=k).with_route(truck_id=own)


def _another_way(case: Case, rng: random.Random) -> Case | None:
    """A way that nobody drives takes longer."""
    places = case.problem.travel.places
    origin, target = rng.sample(places, 2)
    spots = {origin, target}
    visited = {case.problem.place("point", stop.point_id) for route in case.plan.routes for stop in route.stops}
    idle = spots - visited - {s.site_id for s in case.problem.sites} - {d.depot_id for d in case.problem.depots}
    return case.with_way(origin, target, seconds=9999, metres=99_999) if idle else None


def _a_hair_off(case: Case, rng: random.Random) -> Case | None:
    return case.with_stop(kg=case.stop.kg + rng.uniform(-0.004, 0.004), m3=case.stop.m3 + rng.uniform(-0.004, 0.004))


SAFE = (
    Operator("another order of the lists", None, _shuffled),
    Operator("other words", None, lambda c, r: c.with_plan(degraded=(str(r.random()),), plan_id=PlanId("P"), rung="x")),
    Operator("home later", None, _home_later),
    Operator("off earlier", None, _off_earlier),
    Operator("idle before the last tip", None, _idle_at_the_end),
    Operator("a roomier truck", None, _roomier),
    Operator("a kinder site", None, _kinder_site),
    Operator("a skill on both sides", None, _skilled),
    Operator("taken over by a truck alike", None, _taken_over),
    Operator("exchanged by trucks alike", None, _exchanged),
    Operator("a way that nobody drives", None, _another_way),
    Operator("a hair off", None, _a_hair_off),
)
OPERATORS = (*SAFE, *BREAKING, *FAIR)
