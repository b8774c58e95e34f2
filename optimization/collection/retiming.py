"""The clocks of a plan told anew: the same trucks, departures, stops, sites and breaks in the same order.

It is what happens to a plan when roads are slower, or quicker, than it was made for. Nobody waits for a rule: who comes
after the last window serves all the same, and the check of the result names every rule that this breaks. Written from
the plan and the problem alone, so that it is an outside judge of a planner's clocks too.
"""

from dataclasses import dataclass, replace

from city.collection_problem import CollectionProblem, every_day
from city.waste import TimeWindow, Truck
from city.waste_plans import Break, CollectionPlan, CollectionRoute, Stop, Tip, Trip


@dataclass(slots=True)
class _Driver:
    """Where a truck is and when; `rest_s` is how long the break takes that is still to come, 0 for none."""

    place: str
    clock_s: int
    drive_s: int
    rest_s: int
    rest: Break | None


def retimed(plan: CollectionPlan, problem: CollectionProblem) -> CollectionPlan:
    """The plan with the clocks that it has under the problem's travel times, and the seconds at the wheel."""
    trucks = {truck.truck_id: truck for truck in problem.fleet}
    return replace(plan, routes=tuple(retimed_route(route, problem, trucks[route.truck_id]) for route in plan.routes))


def retimed_route(route: CollectionRoute, problem: CollectionProblem, truck: Truck) -> CollectionRoute:
    return _Retiming(route, problem, truck).route_anew()


def most_seconds_apart(one: CollectionPlan, other: CollectionPlan) -> int:
    """The largest difference between any two clocks of plans with the same halts in the same order."""
    pairs = zip(_clocks(one), _clocks(other), strict=True)
    return max((abs(first - second) for first, second in pairs), default=0)


class _Retiming:
    def __init__(self, route: CollectionRoute, problem: CollectionProblem, truck: Truck) -> None:
        self.route = route
        self.problem = problem
        self.truck = truck
        self.sites = {site.site_id: site for site in problem.sites}
        taken = route.break_taken
        self.driver = _Driver(
            place=problem.place("depot", route.depot_id),
            clock_s=route.depart_s,
            drive_s=0,
            rest_s=0 if taken is None else taken.end_s - taken.start_s,
            rest=None,
        )
        self.told_s = route.depart_s  # when the plan says that the last halt ended
        self.last_stream: dict[int | None, str] = {}

    def route_anew(self) -> CollectionRoute:
        trips = tuple(self._trip(trip) for trip in self.route.trips)
        self._drive(self.problem.place("depot", self.route.depot_id), self.route.return_s)
        driver = self.driver
        return replace(
            self.route, trips=trips, return_s=driver.clock_s, drive_s=driver.drive_s, break_taken=driver.rest
        )

    def _trip(self, trip: Trip) -> Trip:
        body = self.truck.compartment_for(trip.stream)
        if self.last_stream.get(body, trip.stream) != trip.stream:
            self.driver.clock_s += self.truck.wash_s or 0
        self.last_stream[body] = trip.stream
        stops = tuple(self._stop(stop) for stop in trip.stops)
        return replace(trip, stops=stops, tip=None if trip.tip is None else self._tip(trip.tip))

    def _stop(self, stop: Stop) -> Stop:
        self._drive(self.problem.place("point", stop.point_id), stop.arrive_s)
        arrive_s = self.driver.clock_s
        windows = self._windows(stop)
        begin = self._opens(arrive_s, windows)
        if self.driver.rest_s and self._rests_between(stop.arrive_s, stop.start_s):
            begin = self._opens(self._rest(), windows)
        return replace(stop, arrive_s=arrive_s, start_s=begin, depart_s=self._leave(begin, stop))

    def _tip(self, tip: Tip) -> Tip:
        self._drive(self.problem.place("site", tip.site_id), tip.arrive_s)
        arrive_s, site = self.driver.clock_s, self.sites[tip.site_id]
        begin = self._opens(arrive_s + site.queue_at(arrive_s), every_day(site.windows))
        if site.throughput_kg_h is not None:
            begin = max(begin, tip.start_s)  # the site's hour was booked
        return replace(tip, arrive_s=arrive_s, start_s=begin, depart_s=self._leave(begin, tip))

    def _leave(self, begin_s: int, told: Stop | Tip) -> int:
        self.driver.clock_s = begin_s + told.depart_s - told.start_s
        self.told_s = told.depart_s
        return self.driver.clock_s

    def _drive(self, place: str, told_arrive_s: int) -> None:
        driver = self.driver
        if driver.rest_s and self._rests_between(self.told_s, told_arrive_s):
            driver.clock_s = self._rest()
        there_s = self.problem.travel.arrival_s(driver.place, place, driver.clock_s, self.truck.speed_factor)
        driver.drive_s += there_s - driver.clock_s
        driver.place, driver.clock_s = place, there_s

    def _rests_between(self, start_s: int, end_s: int) -> bool:
        taken = self.route.break_taken
        return taken is not None and start_s <= taken.start_s and taken.end_s <= end_s

    def _rest(self) -> int:
        """The break at the first moment of its window; returns its end."""
        driver, window = self.driver, self.truck.shift.break_window
        start_s = driver.clock_s if window is None else max(driver.clock_s, window.start_s)
        driver.rest = Break(start_s=start_s, end_s=start_s + driver.rest_s)
        driver.rest_s = 0
        return driver.rest.end_s

    def _windows(self, stop: Stop) -> tuple[TimeWindow, ...]:
        """Of the visits that the point asks for, the windows of the one that the plan makes here."""
        if (stop.point_id, stop.stream) not in self.problem.point_of:
            return ()
        visits = self.problem.visits((stop.point_id, stop.stream))
        meant = [visit for visit in visits if any(w.start_s <= stop.start_s <= w.end_s for w in visit.windows)]
        return meant[0].windows if meant else ()

    def _opens(self, second: int, windows: tuple[TimeWindow, ...]) -> int:
        """When work can begin; at once where nothing opens before the crew has to be home."""
        shift = self.truck.shift
        starts = [max(second, window.start_s) for window in windows if second <= window.end_s]
        return min((start for start in starts if start <= shift.end_s + shift.max_overtime_s), default=second)


def _clocks(plan: CollectionPlan) -> list[int]:
    return [
        second
        for route in plan.routes
        for second in (
            route.depart_s,
            *(clock for trip in route.trips for clock in _of_trip(trip)),
            *(() if route.break_taken is None else (route.break_taken.start_s, route.break_taken.end_s)),
            route.return_s,
            route.drive_s,
        )
    ]


def _of_trip(trip: Trip) -> list[int]:
    halts: list[Stop | Tip] = [*trip.stops, *([trip.tip] if trip.tip is not None else [])]
    return [second for halt in halts for second in (halt.arrive_s, halt.start_s, halt.depart_s)]
