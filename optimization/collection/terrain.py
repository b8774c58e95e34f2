"""A collection problem laid out for planning: whole numbers, lists and positions instead of ids and look-ups."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from city.collection_problem import CollectionProblem, Due, Visit, drive_seconds, every_day, fits_street
from city.ids import TruckId
from city.network import TravelTimes
from city.speed_profiles import SpeedProfiles
from city.waste import DisposalSite, Shift, Stream, TimeWindow, Truck

NO_WAY = -1
HOUR_S = 3600
QUICKER = 1.02
Table = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One thing to drive to: its row in the travel times and its hours as (start, end) pairs."""

    row: int
    hours: tuple[tuple[int, int], ...]

    def opens(self, second: int) -> int | None:
        """The first second at or after `second` that lies within the hours."""
        for start, end in self.hours:
            if second <= end:
                return max(second, start)
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A visit as the planner sees it. `penalty` is what leaving it costs."""

    visit: Visit
    place: Place
    stream: Stream
    kg: float
    m3: float
    service_s: int
    must: bool
    penalty: float
    usual: int | None = None  # the vehicle that serves it as a rule, if that is on the road today


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where trucks tip."""

    site: DisposalSite
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A truck with its own driving times [s, free flow] between all places; `may` says which tasks it may serve.

    `slowness` is, by row, how many times the free-flow time driving takes on average in its shift; empty where roads
    are free at all hours.
    """

    truck: Truck
    depot_row: int
    seconds: Table
    room_m3: dict[Stream, float]
    body: dict[Stream, int]
    last_s: int
    km_price: float
    s_price: float
    overtime_s_price: float
    shift_price: float
    may: frozenset[int]
    slowness: tuple[float, ...] = ()

    def typical(self, origin: int, target: int) -> int:
        """Driving time between two rows at the average pace of the shift; NO_WAY where there is none."""
        return self._at_pace(self.seconds[origin][target], self.slowness[origin] if self.slowness else 1.0)

    def typical_s(self, origin: int) -> Sequence[int]:
        """`typical` from one row to all: what who knows no clock plans with."""
        if not self.slowness:
            return self.seconds[origin]
        return [self._at_pace(value, self.slowness[origin]) for value in self.seconds[origin]]

    @staticmethod
    def _at_pace(seconds: int, slowness: float) -> int:
        return seconds if seconds < 0 else round(seconds * slowness)


@dataclass(slots=True, kw_only=True)
class Terrain:
    """Tasks, vehicles and grounds of one problem; `metres` in rows of the travel times, NO_WAY where there is none.

    Driving follows `profiles`, if there are any, at the pace of the place a drive starts from (`class_of` its row).
    `quiet_from_s` are the hours at which roads become quicker: times at which to leave the depot after a rush.
    """

    problem: CollectionProblem
    metres: Table
    tasks: list[Task]
    vehicles: list[Vehicle]
    grounds: dict[Stream, list[Ground]]
    limited: bool = field(default=False)  # whether any site has a cap or a throughput
    profiles: SpeedProfiles | None = None
    class_of: bytes = b""
    quiet_from_s: tuple[int, ...] = ()

    def arrival_s(self, row: int, work_s: int, depart_s: int) -> int:
        """When a drive of `work_s` free-flow seconds from the place in `row` arrives."""
        if self.profiles is None:
            return depart_s + work_s
        return self.profiles.arrival_s(self.class_of[row], work_s, depart_s)


def terrain(problem: CollectionProblem) -> Terrain:
    places = problem.travel.places
    row_of = {place: row for row, place in enumerate(places)}
    rows = [problem.travel.rows(place) for place in places]
    seconds: Table = [row for row, _ in rows]
    metres: Table = [row for _, row in rows]
    number_of = {truck.truck_id: number for number, truck in enumerate(problem.fleet)}
    tasks = [
        _task(problem, visit, row_of[problem.place("point", visit.point.point_id)], number_of)
        for key in problem.point_of
        for visit in problem.visits(key)
    ]
    grounds = [
        Ground(
            site=site,
            place=Place(row=row_of[problem.place("site", site.site_id)], hours=_hours(every_day(site.windows))),
        )
        for site in problem.sites
    ]
    by_speed: dict[float, Table] = {1.0: seconds}
    vehicles = []
    for truck in problem.fleet:
        if truck.speed_factor not in by_speed:
            by_speed[truck.speed_factor] = [
                array("i", (NO_WAY if value < 0 else drive_seconds(value, truck) for value in row)) for row in seconds
            ]
        depot_row = row_of[problem.place("depot", truck.depot_id)]
        vehicles.append(_vehicle(problem, truck, depot_row, by_speed[truck.speed_factor], tasks))
    return Terrain(
        problem=problem,
        metres=metres,
        tasks=tasks,
        vehicles=vehicles,
        grounds={stream: [ground for ground in grounds if stream in ground.site.streams] for stream in Stream},
        limited=any(site.daily_cap_kg is not None or site.throughput_kg_h is not None for site in problem.sites),
        profiles=problem.travel.profiles,
        class_of=problem.travel.class_of,
        quiet_from_s=_quiet_from(problem.travel.profiles, max(vehicle.last_s for vehicle in vehicles)),
    )


def _hours(windows: tuple[TimeWindow, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((window.start_s, window.end_s) for window in windows)


def _task(problem: CollectionProblem, visit: Visit, row: int, number_of: dict[TruckId, int]) -> Task:
    point = visit.point
    demand = problem.demand_of[point.point_id, point.stream]
    must = demand.due is Due.MUST
    return Task(
        visit=visit,
        place=Place(row=row, hours=_hours(visit.windows)),
        stream=point.stream,
        kg=visit.kg,
        m3=visit.m3,
        service_s=point.service_s,
        must=must,
        penalty=problem.prices.missed if must else demand.skip_price,
        usual=None if point.usual_truck_id is None else number_of.get(point.usual_truck_id),
    )


def _vehicle(problem: CollectionProblem, truck: Truck, depot_row: int, seconds: Table, tasks: list[Task]) -> Vehicle:
    body = {stream: number for stream in truck.streams if (number := truck.compartment_for(stream)) is not None}
    room = {stream: truck.compartments[number].loose_m3 for stream, number in body.items()}
    prices = problem.prices
    return Vehicle(
        truck=truck,
        depot_row=depot_row,
        seconds=seconds,
        room_m3=room,
        body=body,
        last_s=truck.shift.end_s + truck.shift.max_overtime_s,
        km_price=truck.cost_per_km,
        s_price=(prices.truck_h + truck.cost_per_h) / HOUR_S,
        overtime_s_price=prices.overtime_h / HOUR_S,
        shift_price=prices.truck_shift + truck.cost_per_day,
        may=frozenset(
            number
            for number, task in enumerate(tasks)
            if task.stream in room
            and task.kg <= truck.payload_kg
            and task.m3 <= room[task.stream]
            and fits_street(truck, task.visit.point)
            and seconds[depot_row][task.place.row] >= 0
        ),
        slowness=_slowness(problem.travel, truck.shift),
    )


def _quiet_from(profiles: SpeedProfiles | None, last_s: int) -> tuple[int, ...]:
    """Hours that the city as a whole drives faster than the hour before, by `QUICKER` or more."""
    if profiles is None:
        return ()
    numbers = range(len(profiles.classes))
    paces = [
        sum(profiles.slowness(number, start, start + HOUR_S) for number in numbers)
        for start in range(0, last_s, HOUR_S)
    ]
    return tuple(hour * HOUR_S for hour in range(1, len(paces)) if paces[hour] * QUICKER <= paces[hour - 1])


def _slowness(travel: TravelTimes, shift: Shift) -> tuple[float, ...]:
    if travel.profiles is None:
        return ()
    by_class = [
        travel.profiles.slowness(number, shift.start_s, shift.end_s) for number in range(len(travel.profiles.classes))
    ]
    return tuple(by_class[number] for number in travel.class_of)
