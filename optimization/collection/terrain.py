"""A collection problem laid out for planning: whole numbers, lists and positions instead of ids and look-ups."""

from dataclasses import dataclass, field

from city.collection_problem import CollectionProblem, Due, Visit, drive_seconds, every_day, fits_street
from city.waste import DisposalSite, Stream, TimeWindow, Truck

NO_WAY = -1
HOUR_S = 3600


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where trucks tip."""

    site: DisposalSite
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A truck with its own driving times [s] between all places; `may` says which tasks it may serve."""

    truck: Truck
    depot_row: int
    seconds: list[list[int]]
    room_m3: dict[Stream, float]
    body: dict[Stream, int]
    last_s: int
    km_price: float
    s_price: float
    overtime_s_price: float
    shift_price: float
    may: frozenset[int]


@dataclass(slots=True, kw_only=True)
class Terrain:
    """Tasks, vehicles and grounds of one problem; `metres` in rows of the travel times, NO_WAY where there is none."""

    problem: CollectionProblem
    metres: list[list[int]]
    tasks: list[Task]
    vehicles: list[Vehicle]
    grounds: dict[Stream, list[Ground]]
    limited: bool = field(default=False)  # whether any site has a cap or a throughput


def terrain(problem: CollectionProblem) -> Terrain:
    places = problem.travel.places
    row_of = {place: row for row, place in enumerate(places)}
    rows = [problem.travel.rows(place) for place in places]
    seconds = [row.tolist() for row, _ in rows]
    metres = [row.tolist() for _, row in rows]
    tasks = [
        _task(problem, visit, row_of[problem.place("point", visit.point.point_id)])
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
    by_speed: dict[float, list[list[int]]] = {1.0: seconds}
    vehicles = []
    for truck in problem.fleet:
        if truck.speed_factor not in by_speed:
            by_speed[truck.speed_factor] = [
                [NO_WAY if value < 0 else drive_seconds(value, truck) for value in row] for row in seconds
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
    )


def _hours(windows: tuple[TimeWindow, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((window.start_s, window.end_s) for window in windows)


def _task(problem: CollectionProblem, visit: Visit, row: int) -> Task:
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
    )


def _vehicle(
    problem: CollectionProblem, truck: Truck, depot_row: int, seconds: list[list[int]], tasks: list[Task]
) -> Vehicle:
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
    )
