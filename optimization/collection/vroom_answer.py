"""A plan in the shape in which VROOM answers: summary, unassigned jobs, and steps of each route.

Arrival, waiting time, setup, service and the driving between two steps add up to the arrival at the next. `duration`
and `distance` are cumulated driving.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from city.collection_problem import drive_seconds
from city.waste_plans import Break, CollectionRoute, Stop
from optimization.collection.vroom_problem import VroomDay, point_of, truck_of
from optimization.collection.vroom_words import VroomJob, VroomPlace, VroomProblem, VroomVehicle

Document = dict[str, Any]
SUMS: Final = ("setup", "service", "duration", "waiting_time", "priority")


def answer_of(
    given: VroomProblem, day: VroomDay, driven: tuple[CollectionRoute, ...], *, loading_ms: int, solving_ms: int
) -> Document:
    jobs = {point_of(job): job for job in given.jobs}
    vehicles = {truck_of(vehicle): vehicle for vehicle in given.vehicles}
    routes = [
        _Route(given, day, vehicles[route.truck_id], route, [jobs[stop.point_id] for stop in route.stops]).told()
        for route in driven
    ]
    served = {stop.point_id for route in driven for stop in route.stops}
    left = [_left(job) for job in given.jobs if point_of(job) not in served]
    summary: Document = {
        "cost": sum(route["cost"] for route in routes),
        "routes": len(routes),
        "unassigned": len(left),
        **{name: sum(route[name] for route in routes) for name in SUMS},
        "violations": [],
        "computing_times": {"loading": loading_ms, "solving": solving_ms},
    }
    if given.kinds_of_amounts:
        summary[given.kind] = [sum(r[given.kind][k] for r in routes) for k in range(given.kinds_of_amounts)]
    if given.metres is not None:
        summary["distance"] = sum(route["distance"] for route in routes)
    assumed = {"assumed": list(given.assumed)} if given.assumed else {}
    return {"code": 0, "summary": summary, "unassigned": left, "routes": routes, **assumed}


def _left(job: VroomJob) -> Document:
    return {"id": job.number, "type": "job", **_where(job.place), **_said(job.description)}


def _where(place: VroomPlace | None) -> Document:
    named: Document = {}
    if place is not None and place.location is not None:
        named["location"] = list(place.location)
    if place is not None and place.index is not None:
        named["location_index"] = place.index
    return named


def _said(description: str | None) -> Document:
    return {} if description is None else {"description": description}


@dataclass(slots=True, kw_only=True)
class _Driven:
    seconds: int = 0
    metres: int = 0
    place: VroomPlace | None = None
    steps: list[Document] = field(default_factory=list)


class _Route:
    def __init__(
        self, given: VroomProblem, day: VroomDay, vehicle: VroomVehicle, route: CollectionRoute, jobs: list[VroomJob]
    ) -> None:
        self.given = given
        self.vehicle = vehicle
        self.route = route
        self.jobs = jobs
        self.truck = next(truck for truck in day.problem.trucks if truck.truck_id == route.truck_id)
        total = [sum(job.amount[k] for job in jobs if job.amount) for k in range(given.kinds_of_amounts)]
        self.total = total
        self.load = list(total) if given.kind == "delivery" else [0] * len(total)
        self.driven = _Driven(place=vehicle.start)
        self.rest: Break | None = route.break_taken

    def told(self) -> Document:
        steps = self._steps()
        cost = self.truck.cost_per_day + self.route.metres / 1000 * self.truck.cost_per_km
        told: Document = {
            "vehicle": self.vehicle.number,
            "cost": round(cost),
            "setup": sum(step["setup"] for step in steps),
            "service": sum(step["service"] for step in steps),
            "duration": self.driven.seconds,
            "waiting_time": sum(step["waiting_time"] for step in steps),
            "priority": sum(job.priority for job in self.jobs),
            "steps": steps,
            "violations": [],
            **_said(self.vehicle.description),
        }
        if self.given.kinds_of_amounts:
            told[self.given.kind] = self.total
        if self.given.metres is not None:
            told["distance"] = self.driven.metres
        return told

    def _steps(self) -> list[Document]:
        clock = self.route.depart_s
        early = self._break_before(clock)
        self._step("start", arrival=clock if early is None else early)
        if early is not None:
            self._break(early, early)
            clock = early + self.truck.shift.break_s
        for stop, job in zip(self.route.stops, self.jobs, strict=True):
            self._job(clock, stop, job)
            clock = stop.depart_s
        self._step("end", arrival=self._at_the_end(clock), place=self.vehicle.end)
        return self.driven.steps

    def _job(self, clock: int, stop: Stop, job: VroomJob) -> None:
        """`clock` is when the truck can leave the place before."""
        rest = self.rest
        if rest is not None and stop.arrive_s <= rest.start_s and rest.end_s <= stop.start_s:
            clock += self._drive(job.place)
            self._break(clock, rest.start_s)
            clock = rest.end_s
        else:
            if rest is not None and rest.end_s <= stop.arrive_s:
                self._break(clock, rest.start_s)
                clock = rest.end_s
            clock += self._drive(job.place)
        sign = -1 if self.given.kind == "delivery" else 1
        self.load = [load + sign * (job.amount[k] if job.amount else 0) for k, load in enumerate(self.load)]
        self._step(
            "job",
            arrival=clock,
            place=job.place,
            number=job.number,
            waiting=stop.start_s - clock,
            setup=job.setup_s,
            service=job.service_s,
            description=job.description,
        )

    def _at_the_end(self, clock: int) -> int:
        """The break, where the route still owes one, and the arrival after it."""
        tip, rest = self.route.trips[-1].tip, self.rest
        if rest is not None and tip is not None and rest.end_s <= tip.arrive_s:
            self._break(clock, rest.start_s)
            clock = rest.end_s
        clock += self._drive(self.vehicle.end)
        if self.rest is not None:
            self._break(clock, self.rest.start_s)
            return self.route.return_s
        window = self.truck.shift.break_window
        if window is None or clock > window.end_s or any(step["type"] == "break" for step in self.driven.steps):
            return clock
        begin = max(clock, window.start_s)  # over before the break was due: VROOM's crews have it all the same
        self._break(clock, begin)
        return begin + self.truck.shift.break_s

    def _drive(self, target: VroomPlace | None) -> int:
        here, seconds = self.driven.place, 0
        if here is not None and target is not None and here.row != target.row:
            seconds = drive_seconds(self.given.seconds[here.row][target.row], self.truck)
            if self.given.metres is not None:
                self.driven.metres += self.given.metres[here.row][target.row]
        self.driven.place = target or here
        self.driven.seconds += seconds
        return seconds

    def _break_before(self, depart_s: int) -> int | None:
        """When a break begins that its vehicle had to take before it leaves; a plan's crew needs none off shift."""
        window = self.truck.shift.break_window
        if self.rest is not None or window is None or depart_s < window.end_s:
            return None
        begin = min(window.end_s, depart_s - self.truck.shift.break_s)
        return begin if begin >= window.start_s else None

    def _break(self, arrival: int, begin: int) -> None:
        own = self.vehicle.rest
        number, description = (own.number, own.description) if own is not None else (0, None)
        service, waiting = self.truck.shift.break_s, begin - arrival
        self._step("break", arrival=arrival, number=number, waiting=waiting, service=service, description=description)
        self.rest = None

    def _step(
        self,
        kind: str,
        *,
        arrival: int,
        place: VroomPlace | None = None,
        number: int | None = None,
        waiting: int = 0,
        setup: int = 0,
        service: int = 0,
        description: str | None = None,
    ) -> None:
        where = self.vehicle.start if kind == "start" else place
        step: Document = {
            "type": kind,
            **({} if number is None else {"id": number}),
            **({"job": number} if kind == "job" else {}),
            **_where(where),
            **_said(description),
            "setup": setup,
            "service": service,
            "waiting_time": waiting,
            "arrival": arrival + self.given.zero_s,
            "duration": self.driven.seconds,
            "violations": [],
        }
        if self.given.kinds_of_amounts:
            step["load"] = list(self.load)
        if self.given.metres is not None:
            step["distance"] = self.driven.metres
        self.driven.steps.append(step)
