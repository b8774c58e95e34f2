"""The independent check of a replanned day: what has begun is as it was, nothing does what an event forbids.

Like the check of a plan, which it includes, it knows no planner: it reads the two plans, the events and the problem.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from city.clock import clock_text
from city.collection_problem import CollectionProblem, PointKey
from city.disturbances import Breakdown, Event, Late, SiteShut, Urgent, closed_at
from city.findings import CheckReport
from city.ids import TruckId
from city.waste_plans import Break, CollectionPlan, CollectionRoute, Stop, Tip, Trip
from optimization.collection.check import COST_TOLERANCE, check_plan
from optimization.collection.check_drive import Leg, drive_of
from optimization.collection.check_route import Ledger
from optimization.collection.check_stops import in_rising_order, planned_stops

Begun = tuple[int | None, tuple[tuple[str, tuple[Stop, ...], Tip | None], ...], Break | None, int | None]
NOTHING: Begun = (None, (), None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What calm is worth: the price per disturbed stop, and by how much a stop may move before it is disturbed.

    At least `least_kept` (0..1) of the stops that no event hits are to keep truck and order, as long as duties allow.
    """

    price: float
    tolerance_s: int
    least_kept: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Halt:
    place: str
    arrive_s: int
    start_s: int
    depart_s: int


def check_replan(
    old: CollectionPlan,
    new: CollectionPlan,
    problem: CollectionProblem,
    *,
    now_s: int,
    events: tuple[Event, ...] = (),
    terms: Terms | None = None,
    late: frozenset[PointKey] = frozenset(),
) -> CheckReport:
    """`problem` is the one that the new plan answers; without `terms` the price of calm is not recomputed.

    `late` are the urgent points of which it is said that they are served too late: they are counted, not found.
    """
    return _Check(old, new, problem, now_s, events, late).report(terms)


class _Check:
    def __init__(
        self,
        old: CollectionPlan,
        new: CollectionPlan,
        problem: CollectionProblem,
        now_s: int,
        events: tuple[Event, ...],
        late: frozenset[PointKey],
    ) -> None:
        self.old, self.new, self.problem = old, new, problem
        self.now_s, self.events, self.late = now_s, events, late
        self.before = {route.truck_id: route for route in old.routes}
        self.after = {route.truck_id: route for route in new.routes}
        self.trucks = {truck.truck_id: truck for truck in problem.trucks}
        self.ledger = Ledger()

    def report(self, terms: Terms | None) -> CheckReport:
        whole = check_plan(self.new, self.problem)
        for truck_id in dict.fromkeys((*self.before, *self.after)):
            self._what_has_begun_stays(truck_id)
            self._goes_on_from_where_it_is(truck_id)
        self._broken_trucks_do_no_more()
        self._closed_points_are_left()
        self._shut_sites_take_nothing()
        self._urgent_points_are_in_time()
        if terms is not None:
            self._calm_is_priced(terms)
        return CheckReport(
            checked=self.new.plan_id,
            findings=(*whole.findings, *self.ledger.findings),
            measures={**whole.measures, **self.ledger.measures},
        )

    def _what_has_begun_stays(self, truck_id: TruckId) -> None:
        was, now = (self._begun(plan.get(truck_id)) for plan in (self.before, self.after))
        if was == now or (not was[1] and now == NOTHING):
            return
        self._find(
            "begun",
            f"Truck {truck_id}",
            f"what had begun by {clock_text(self.now_s)} is not as it was: {_told(was)}, and now {_told(now)}.",
        )

    def _begun(self, route: CollectionRoute | None) -> Begun:
        if route is None or route.depart_s > self.now_s:
            return NOTHING
        trips = tuple(
            (str(trip.stream), stops, trip.tip if trip.tip is not None and trip.tip.start_s <= self.now_s else None)
            for trip in route.trips
            if (stops := tuple(stop for stop in trip.stops if stop.start_s <= self.now_s))
        )
        taken = route.break_taken
        rest = taken if taken is not None and taken.start_s <= self.now_s else None
        return route.depart_s, trips, rest, route.return_s if route.return_s <= self.now_s else None

    def _goes_on_from_where_it_is(self, truck_id: TruckId) -> None:
        """Nobody is at a place before the drive that had begun, a turn or a delay allows it."""
        was, route = self.before.get(truck_id), self.after.get(truck_id)
        if route is None:
            return
        delay_s = self._delay_s(truck_id)
        if was is None or was.depart_s > self.now_s:
            floor = (was.depart_s if was is not None else self.now_s) + delay_s if delay_s else self.now_s
            if route.depart_s < floor:
                self._find("late", f"Truck {truck_id}", f"it leaves at {clock_text(route.depart_s)}, too early.")
            return
        following = next((halt for halt in self._halts(route) if halt.start_s > self.now_s), None)
        if following is not None and following.arrive_s < (least := self._soonest(was, following, delay_s)):
            told = f"it is at {following.place} at {following.arrive_s} s, which it cannot reach before {least} s."
            self._find("under_way", f"Truck {truck_id}", told)

    def _soonest(self, was: CollectionRoute, following: _Halt, delay_s: int) -> int:
        halts = list(self._halts(was))
        begun = [halt for halt in halts if halt.start_s <= self.now_s]
        heading = next((halt for halt in halts if halt.start_s > self.now_s), None)
        if heading is None:
            return 0
        last = begun[-1]
        free_s = self.now_s + delay_s
        if last.depart_s > self.now_s:
            return self._earliest(was.truck_id, last.place, following.place, last.depart_s + delay_s)
        if following.place == heading.place:
            return heading.arrive_s + delay_s if delay_s else 0
        taken = was.break_taken
        rested_s = 0
        if taken is not None and last.depart_s <= taken.start_s < heading.arrive_s:
            if taken.start_s > self.now_s:  # it waits where it is until its break begins
                return self._earliest(was.truck_id, last.place, following.place, free_s)
            rested_s = min(self.now_s, taken.end_s) - taken.start_s
        driven_s = min(self.now_s, heading.arrive_s) - last.depart_s - rested_s
        back = self._earliest(was.truck_id, last.place, following.place, free_s + driven_s)
        if not self.problem.travel.knows(heading.place, following.place):
            return back
        there_s = max(heading.arrive_s + delay_s, free_s)
        return min(back, self._earliest(was.truck_id, heading.place, following.place, there_s))

    def _earliest(self, truck_id: TruckId, origin: str, target: str, depart_s: int) -> int:
        leg = Leg(origin=origin, target=target, depart_s=depart_s, arrive_s=depart_s, wash_s=0)
        return drive_of(leg, self.problem.travel, self.trucks[truck_id], None).earliest_s

    def _halts(self, route: CollectionRoute) -> Iterator[_Halt]:
        place = self.problem.place
        depot = place("depot", route.depot_id)
        yield _Halt(place=depot, arrive_s=route.depart_s, start_s=route.depart_s, depart_s=route.depart_s)
        for trip in route.trips:
            yield from (self._halt(place("point", stop.point_id), stop) for stop in trip.stops)
            if trip.tip is not None:
                yield self._halt(place("site", trip.tip.site_id), trip.tip)
        yield _Halt(place=depot, arrive_s=route.return_s, start_s=route.return_s, depart_s=route.return_s)

    @staticmethod
    def _halt(place: str, halt: Stop | Tip) -> _Halt:
        return _Halt(place=place, arrive_s=halt.arrive_s, start_s=halt.start_s, depart_s=halt.depart_s)

    def _delay_s(self, truck_id: TruckId) -> int:
        return sum(event.delay_s for event in self.events if isinstance(event, Late) and event.truck_id == truck_id)

    def _pending(self) -> Iterator[tuple[CollectionRoute, Trip, Stop]]:
        for route in self.new.routes:
            for trip in route.trips:
                yield from ((route, trip, stop) for stop in trip.stops if stop.start_s > self.now_s)

    def _broken_trucks_do_no_more(self) -> None:
        broken = {event.truck_id for event in self.events if isinstance(event, Breakdown)}
        for route, _, stop in self._pending():
            if route.truck_id in broken:
                told = f"it broke down and is to serve point {stop.point_id} at {clock_text(stop.start_s)}."
                self._find("broken_truck", f"Truck {route.truck_id}", told)

    def _closed_points_are_left(self) -> None:
        for route, _, stop in self._pending():
            if closed_at(self.events, stop.point_id, stop.stream, stop.start_s) is not None:
                told = f"it is closed, and truck {route.truck_id} is to serve it at {clock_text(stop.start_s)}."
                self._find("closed_point", f"Point {stop.point_id} ({stop.stream})", told)

    def _shut_sites_take_nothing(self) -> None:
        shut = [event for event in self.events if isinstance(event, SiteShut)]
        for route in self.new.routes:
            for tip in (trip.tip for trip in route.trips if trip.tip is not None and trip.tip.start_s > self.now_s):
                if any(event.site_id == tip.site_id and event.holds(tip.start_s) for event in shut):
                    told = f"it is shut, and truck {route.truck_id} is to tip there at {clock_text(tip.start_s)}."
                    self._find("shut_site", f"Site {tip.site_id}", told)

    def _urgent_points_are_in_time(self) -> None:
        left = {(entry.point_id, entry.stream) for entry in self.new.unserved}
        for event in (event for event in self.events if isinstance(event, Urgent)):
            keys = [key for key in self.problem.point_of if key[0] == event.point_id and event.stream in (None, key[1])]
            for key in keys:
                starts = [stop.start_s for _, _, stop in self._pending() if (stop.point_id, stop.stream) == key]
                if not starts or min(starts) <= event.by_s or key in left:
                    continue
                self.ledger.measures["urgent_late"] += 1
                if key not in self.late:
                    told = f"it is urgent by {clock_text(event.by_s)} and served at {clock_text(min(starts))}."
                    self._find("urgent", f"Point {key[0]} ({key[1]})", told)

    def _calm_is_priced(self, terms: Terms) -> None:
        before = {s: at for s, at in planned_stops(self.old, self.problem).items() if at.stop.start_s > self.now_s}
        after = planned_stops(self.new, self.problem)
        in_time = {
            stop: at
            for stop, at in before.items()
            if stop in after and abs(after[stop].stop.start_s - at.stop.start_s) <= terms.tolerance_s
        }
        disturbed = len(before) - len(in_rising_order(in_time, after))
        self.ledger.measures["disturbed_stops"] = float(disturbed)
        told = dict(self.new.cost)
        for name, value in (("disturbed_stops", disturbed), ("disturbance_cost", disturbed * terms.price)):
            if abs(told.get(name, -1.0) - value) > COST_TOLERANCE * max(1.0, value):
                self._find("cost", f"Plan {self.new.plan_id}", f"{name} is {told.get(name)}, recomputed {value:.3f}.")

    def _find(self, rule: str, subject: str, sentence: str) -> None:
        self.ledger.find(rule, subject, sentence)


def _told(begun: Begun) -> str:
    departed, trips, rest, _ = begun
    if departed is None:
        return "it had not left"
    stops = sum(len(stops) for _, stops, _ in trips)
    tips = sum(tip is not None for _, _, tip in trips)
    return f"left {clock_text(departed)}, {stops} stops, {tips} tips, {'a' if rest else 'no'} break"
