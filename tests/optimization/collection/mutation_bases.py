"""Sound collection plans of many kinds, for mutations to start from."""

# ruff: noqa: ANN401  -- a mutation changes any field of anything

import random
from dataclasses import dataclass, replace
from typing import Any

from city.collection_problem import CollectionProblem, Due
from city.network import TravelTimes
from city.signal_plans import Provenance
from city.waste import EndLoaded, Shift, Stream, TimeWindow, Truck
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip, Trip
from optimization.collection.audits import add_audits
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan, cost_terms
from optimization.collection.reasons import reasons_for
from optimization.collection.start import start_solution
from optimization.collection.terrain import terrain
from tests.optimization.collection.towns import HOUR, MADE_AT, PLAN, Town, carries, made_up_city


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A plan and its problem; `r`, `t` and `s` are the route, trip and stop that a mutation looks at."""

    plan: CollectionPlan
    problem: CollectionProblem
    r: int = 0
    t: int = 0
    s: int = 0

    def aimed(self, rng: random.Random) -> "Case":
        r = rng.randrange(len(self.plan.routes))
        t = rng.randrange(len(self.plan.routes[r].trips))
        return replace(self, r=r, t=t, s=rng.randrange(len(self.plan.routes[r].trips[t].stops)))

    @property
    def route(self) -> CollectionRoute:
        return self.plan.routes[self.r]

    @property
    def trip(self) -> Trip:
        return self.route.trips[self.t]

    @property
    def stop(self) -> Stop:
        return self.trip.stops[self.s]

    @property
    def tip(self) -> Tip:
        assert self.trip.tip is not None
        return self.trip.tip

    @property
    def truck(self) -> Truck:
        return next(truck for truck in self.problem.trucks if truck.truck_id == self.route.truck_id)

    def found(self) -> set[str]:
        return {finding.rule for finding in check_plan(self.plan, self.problem).findings}

    def with_plan(self, **changes: Any) -> "Case":
        return replace(self, plan=replace(self.plan, **changes))

    def with_problem(self, **changes: Any) -> "Case":
        return replace(self, problem=replace(self.problem, **changes))

    def with_route(self, **changes: Any) -> "Case":
        return self.with_plan(routes=_put(self.plan.routes, self.r, replace(self.route, **changes)))

    def with_trip(self, **changes: Any) -> "Case":
        return self.with_route(trips=_put(self.route.trips, self.t, replace(self.trip, **changes)))

    def with_stop(self, **changes: Any) -> "Case":
        return self.with_trip(stops=_put(self.trip.stops, self.s, replace(self.stop, **changes)))

    def with_tip(self, **changes: Any) -> "Case":
        return self.with_trip(tip=replace(self.tip, **changes))

    def with_truck(self, **changes: Any) -> "Case":
        changed = replace(self.truck, **changes)
        return self.with_problem(
            trucks=tuple(changed if t.truck_id == changed.truck_id else t for t in self.problem.trucks)
        )

    def with_point(self, **changes: Any) -> "Case":
        """The point of the stop."""
        key = self.stop.point_id, self.stop.stream
        return self.with_problem(
            points=tuple(replace(p, **changes) if (p.point_id, p.stream) == key else p for p in self.problem.points)
        )

    def with_demand(self, **changes: Any) -> "Case":
        key = self.stop.point_id, self.stop.stream
        return self.with_problem(
            demand=tuple(replace(d, **changes) if (d.point_id, d.stream) == key else d for d in self.problem.demand)
        )

    def with_site(self, **changes: Any) -> "Case":
        """The site of the trip."""
        return self.with_problem(
            sites=tuple(replace(x, **changes) if x.site_id == self.tip.site_id else x for x in self.problem.sites)
        )

    def with_way(self, origin: str, target: str, *, seconds: int, metres: int) -> "Case":
        travel = self.problem.travel
        rows = [travel.rows(place) for place in travel.places]
        times = TravelTimes.from_rows(travel.places, [s.tolist() for s, _ in rows], [m.tolist() for _, m in rows])
        times.set(origin, target, seconds=seconds, metres=metres)
        return self.with_problem(travel=times)

    def with_route_end(self, return_s: int) -> "Case":
        return self.with_route(return_s=return_s).recosted()

    def recosted(self) -> "Case":
        """As a planner writes it: the cost follows from the clocks."""
        return self.with_plan(cost=cost_terms(self.problem, self.plan.routes, self.plan.unserved))


def _put(things: tuple[Any, ...], position: int, thing: Any) -> tuple[Any, ...]:
    return (*things[:position], thing, *things[position + 1 :])


def bases() -> list[Case]:
    """Day and night, one stream and several, breaks, washes, two trips, caps, audits, points left."""
    problems = [made_up_city(18 + 4 * seed, 4, seed=seed) for seed in range(1, 7)]
    problems += [_two_streams(wash_s) for wash_s in (0, 600)]
    problems += [_busy_site(), _drawn_lots(), _home_loaded()]
    cases = [Case(plan=_planned(problem), problem=problem) for problem in problems]
    for case in cases:
        assert case.found() == set()
        assert case.plan.routes
    return cases


def _planned(problem: CollectionProblem) -> CollectionPlan:
    """Without a search: any sound plan will do, and the same one each time."""
    ground = terrain(problem)
    solution = start_solution(ground, seconds=5.0)
    audits = add_audits(solution)
    return build_plan(
        problem,
        solution,
        reasons_for(problem, solution, seconds=1.0),
        plan_id=PLAN,
        provenance=Provenance(made_at=MADE_AT, seed=1),
        rung="start",
        degraded=(),
        audits=audits,
    )


def _two_streams(wash_s: int) -> CollectionProblem:
    """Trips of two streams in one compartment, a break, and a point that nobody reaches."""
    pause = TimeWindow(start_s=7 * HOUR, end_s=8 * HOUR)
    shift = Shift(start_s=6 * HOUR, end_s=14 * HOUR, break_s=1800, break_window=pause)
    town = Town().depot("D").site("S", 3000, 0, queue_s=(120,) * 24)
    both = carries(Stream.RESIDUAL, Stream.RECYCLABLE, body_m3=30.0)
    town.truck("T", compartments=both, shift=shift, wash_s=wash_s, payload_kg=250.0)
    town.truck("Spare", compartments=both, shift=shift, available=False)
    town.truck("Other", compartments=carries(Stream.GLASS))
    for number in range(4):
        town.point(f"P{number}", 4000, 1500.0 * number, service_s=1500)
    town.point("R", 500, 500, stream=Stream.RECYCLABLE).point("Far", 0, 9000)
    return town.build(cut_off=("Far",))


def _busy_site() -> CollectionProblem:
    town = Town().depot("D").site("S", 3000, 0, daily_cap_kg=2000.0, throughput_kg_h=600.0).site("S2", 9000, 9000)
    for name in ("T1", "T2", "T3"):
        town.truck(name, payload_kg=500.0, daily_cap_kg=900.0, daily_cap_m3=40.0, max_stops=8)
    for number in range(14):
        town.point(
            f"P{number}", 1000.0 * (number % 5), 900.0 * number, kg=100 + number, price=None if number % 3 else 30
        )
    return town.build()


def _drawn_lots() -> CollectionProblem:
    """Points that nothing asks for, two of which a lot sends the truck to."""
    town = Town().depot("D").site("S", 3000, 0).truck("T").truck("U")
    for number in range(6):
        town.point(f"P{number}", 800.0 * number, 300.0 * number, price=300.0)
    problem = town.build()
    drawn = {"due": Due.NOT_TODAY, "audit_probability": 0.05, "audit_drawn": True}
    demand = tuple(replace(d, **drawn) if k in (1, 4) else d for k, d in enumerate(problem.demand))  # type: ignore[arg-type]
    return replace(problem, demand=demand)


def _home_loaded() -> CollectionProblem:
    town = Town().depot("D").site("S", 3000, 0).truck("T", end_loaded=EndLoaded(allowed=True)).truck("U")
    return town.point("A", 1000, 0).point("B", 0, 1000).point("C", 2000, 2000).build()
