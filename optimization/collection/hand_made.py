"""A plan made by hand: who serves what in which order becomes a whole plan, by the planner's own exact walk.

Where the order keeps all rules, its clocks are those that the planner would give it. Where it does not, the truck
drives on all the same (late, overloaded, into overtime), so that the check can name each broken rule with its numbers.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, replace

from city.collection_problem import CollectionProblem, Due, PointKey, Visit, every_day
from city.ids import PlanId, PointId, SiteId, TruckId
from city.signal_plans import Provenance
from city.waste import Stream, Truck
from city.waste_plans import Break, CollectionPlan, CollectionRoute, Reason, Stop, StopReason, Tip, Trip, Unserved
from optimization.collection.plan_building import cost_terms
from optimization.collection.terrain import Place, Task, Terrain, terrain
from optimization.collection.usual import usual_terms
from optimization.collection.walk import Draft, SiteUse, TipHalt, Walked, walk
from optimization.collection.walk_anyhow import without_limits

BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class TripByHand:
    """Stops in order, then a tip at `site_id`, or wherever is best; with `tips` False the truck goes home loaded."""

    stops: tuple[PointKey, ...]
    site_id: SiteId | None = None
    tips: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteByHand:
    truck_id: TruckId
    trips: tuple[TripByHand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanByHand:
    """`plan_id` is that of the plan it was made from, if it says so."""

    routes: tuple[RouteByHand, ...]
    plan_id: PlanId | None = None


def plan_by_hand(
    given: PlanByHand,
    problem: CollectionProblem,
    *,
    plan_id: PlanId,
    provenance: Provenance,
    before: CollectionPlan | None = None,
) -> CollectionPlan:
    """The whole plan; `before` is the plan it was made from, whose reasons stay where they still hold.

    All ids must be of the problem; hand_made_names.py finds them there.
    """
    routes = _Walking(given, problem, before).routes()
    unserved = _left(problem, routes, before)
    known = {truck.truck_id for truck in problem.fleet}
    known_routes = tuple(route for route in routes if route.truck_id in known)
    return CollectionPlan(
        plan_id=plan_id,
        service_date=problem.service_date,
        time_zone=problem.time_zone,
        district_ids=tuple(sorted({point.district_id for point in problem.points})),
        routes=routes,
        unserved=unserved,
        cost=(*cost_terms(problem, known_routes, unserved), *usual_terms(problem, known_routes)),
        provenance=provenance,
        assumed=(*problem.assumed, *problem.repeated),
        rung=BY_HAND,
    )


class _Walking:
    def __init__(self, given: PlanByHand, problem: CollectionProblem, before: CollectionPlan | None) -> None:
        self.given = given
        self.problem = problem
        named = {route.truck_id for route in given.routes}
        # A truck in the workshop is walked too; the check says that it is not there.
        trucks = tuple(replace(t, available=True) if t.truck_id in named else t for t in problem.trucks)
        self.ground: Terrain = terrain(replace(problem, trucks=trucks))
        self.use = SiteUse(self.ground)
        self.reasons = {
            (stop.point_id, stop.stream): (stop.reason, stop.audit_probability)
            for route in (before.routes if before is not None else ())
            for stop in route.stops
        }
        self.tasks = self._tasks_of_stops()

    def routes(self) -> tuple[CollectionRoute, ...]:
        numbers = {vehicle.truck.truck_id: number for number, vehicle in enumerate(self.ground.vehicles)}
        return tuple(
            self._route(k, route, numbers[route.truck_id]) for k, route in enumerate(self.given.routes) if route.trips
        )

    def _tasks_of_stops(self) -> dict[tuple[int, int, int], int]:
        """The task of each stop (route, trip, position); of several visits a day, earlier stops make earlier ones."""
        places: dict[PointKey, list[tuple[float, tuple[int, int, int]]]] = defaultdict(list)
        for r, route in enumerate(self.given.routes):
            length, order = sum(len(trip.stops) for trip in route.trips), 0
            for t, trip in enumerate(route.trips):
                for s, key in enumerate(trip.stops):
                    places[key].append((order / length, (r, t, s)))
                    order += 1
        waiting: dict[PointKey, list[int]] = defaultdict(list)
        for number, task in enumerate(self.ground.tasks):
            waiting[task.visit.point.point_id, task.stream].append(number)
        return {
            where: waiting[key].pop(0) if waiting[key] else self._unasked(key)
            for key, found in places.items()
            for _, where in sorted(found)
        }

    def _unasked(self, key: PointKey) -> int:
        """A task for a stop that nothing asks for; the check will say so."""
        point, (kg, m3) = self.problem.point_of[key], self.problem.load(self.problem.demand_of[key])
        visit = Visit(point=point, number=0, of=1, windows=every_day(point.windows), kg=kg, m3=m3)
        place = self.problem.place("point", point.point_id)
        hours = tuple((window.start_s, window.end_s) for window in visit.windows)
        task = Task(
            visit=visit,
            place=Place(row=self.problem.travel.places.index(place), hours=hours),
            stream=point.stream,
            kg=kg,
            m3=m3,
            service_s=point.service_s,
            must=False,
            penalty=0.0,
        )
        self.ground.tasks.append(task)
        return len(self.ground.tasks) - 1

    def _route(self, k: int, route: RouteByHand, number: int) -> CollectionRoute:
        day = [
            Draft(
                stream=trip.stops[0][1],
                tasks=[self.tasks[k, t, s] for s in range(len(trip.stops))],
                site_id=trip.site_id,
                tips=trip.tips,
            )
            for t, trip in enumerate(route.trips)
        ]
        alike = all(len({stream for _, stream in trip.stops}) == 1 for trip in route.trips)
        walked = walk(self.ground, number, day, self.use) if alike else None
        if walked is None:
            walked = without_limits(self.ground, number, day, self.use)
        self.use.record(number, walked)
        return self._written(self.ground.vehicles[number].truck, day, walked)

    def _written(self, truck: Truck, day: list[Draft], walked: Walked) -> CollectionRoute:
        tips = iter(walked.tips)
        return CollectionRoute(
            truck_id=truck.truck_id,
            depot_id=truck.depot_id,
            depart_s=walked.depart_s,
            return_s=walked.return_s,
            trips=tuple(
                Trip(
                    stream=draft.stream,
                    stops=self._stops(draft, walked, k),
                    tip=_tip(next(tips)) if draft.tips else None,
                )
                for k, draft in enumerate(day)
            ),
            metres=walked.metres,
            drive_s=walked.drive_s,
            break_taken=Break(start_s=walked.rest[0], end_s=walked.rest[1]) if walked.rest is not None else None,
        )

    def _stops(self, draft: Draft, walked: Walked, k: int) -> tuple[Stop, ...]:
        stops = []
        load_kg = load_m3 = 0.0
        for number, halt in zip(draft.tasks, walked.halts[k], strict=True):
            task = self.ground.tasks[number]
            load_kg, load_m3 = load_kg + task.kg, load_m3 + task.m3
            reason, probability = self._why((task.visit.point.point_id, task.stream))
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
                    reason=reason,
                    audit_probability=probability,
                )
            )
        return tuple(stops)

    def _why(self, key: PointKey) -> tuple[StopReason, float | None]:
        demand = self.problem.demand_of[key]
        if demand.audit_drawn and demand.due is Due.NOT_TODAY:
            return StopReason.AUDIT, demand.audit_probability
        return self.reasons.get(key, (StopReason.PLANNED, None))


def _tip(halt: TipHalt) -> Tip:
    return Tip(site_id=halt.site_id, arrive_s=halt.arrive_s, start_s=halt.start_s, depart_s=halt.depart_s, kg=halt.kg)


def _left(
    problem: CollectionProblem, routes: tuple[CollectionRoute, ...], before: CollectionPlan | None
) -> tuple[Unserved, ...]:
    served: Counter[tuple[PointId, Stream]] = Counter(
        (stop.point_id, stop.stream) for route in routes for stop in route.stops
    )
    said = {(entry.point_id, entry.stream): entry for entry in (before.unserved if before is not None else ())}
    unchanged = before is not None and before.routes == routes
    left = []
    for key, demand in problem.demand_of.items():
        asked = max(1, len(problem.visits(key)))
        if served[key] >= asked:
            continue
        if key in said:
            left.append(said[key] if unchanged else _of_before(said[key]))
            continue
        idle = demand.due is Due.NOT_TODAY
        told = "It is not due" if idle else f"The plan made by hand serves it {served[key]} of {asked} times"
        left.append(
            Unserved(
                point_id=key[0],
                stream=key[1],
                reason=Reason.NOT_DUE if idle else Reason.LEFT_BY_HAND,
                sentence=f"{told}: {demand.why}.",
                mandatory=demand.due is Due.MUST,
            )
        )
    return tuple(left)


def _of_before(entry: Unserved) -> Unserved:
    """Its advice was for other routes."""
    return Unserved(
        point_id=entry.point_id,
        stream=entry.stream,
        reason=entry.reason,
        sentence=f"In the plan before: {entry.sentence}",
        mandatory=entry.mandatory,
    )
