"""Where a task that is left could go: every place in the trucks' days at which at most one load or limit is short."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from city.ids import SiteId
from city.waste import CollectionPoint, Truck
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.solution import Solution
from optimization.collection.terrain import Ground, Task, Terrain, Vehicle
from optimization.collection.walk import Walked

Shortage = tuple[Kind, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place in a day; trip and position from 0, a trip after the last one is a new one.

    `detour_s` is what the truck drives more, and tips. `need_s` estimates by how much the day would then outlast the
    shift (below 0: time is left), waits for the task's hours not counted. `arrive_s` is the clock of its arrival there.
    """

    vehicle: int
    trip: int
    position: int
    detour_s: int
    need_s: int
    arrive_s: int
    short: Shortage | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trip:
    """`rows` from where the trip begins to where it tips; `left_s[k]` is when the truck leaves rows[k]."""

    number: int
    rows: list[int]
    left_s: list[int]
    kg: float
    m3: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    trips: list[_Trip]
    slack_s: int
    stops: int
    kg: float
    m3: float
    end_row: int
    end_s: int


class Spots:
    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.terrain: Terrain = solution.terrain
        self.ground_of: dict[SiteId, Ground] = {
            ground.site.site_id: ground for grounds in self.terrain.grounds.values() for ground in grounds
        }
        self.days = [self._day(number) for number in range(len(self.terrain.vehicles))]

    def of(self, number: int) -> list[Spot]:
        task = self.terrain.tasks[number]
        return [
            spot
            for vehicle, one in enumerate(self.terrain.vehicles)
            if one.seconds[one.depot_row][task.place.row] >= 0
            for spot in self._in_day(vehicle, one, task)
        ]

    def has_room(self, number: int) -> bool:
        """Whether some trip of today would still hold the task's load."""
        task = self.terrain.tasks[number]
        return any(
            number in vehicle.may
            and self.solution.days[k][trip.number].stream is task.stream
            and not _load(trip.kg + task.kg, trip.m3 + task.m3, vehicle.truck, vehicle.room_m3[task.stream])
            for k, vehicle in enumerate(self.terrain.vehicles)
            for trip in self.days[k].trips
        )

    def _day(self, number: int) -> _Day:
        vehicle, walked, tasks = self.terrain.vehicles[number], self.solution.walked[number], self.terrain.tasks
        served = [task for draft in self.solution.days[number] for task in draft.tasks]
        kg, m3 = sum(tasks[task].kg for task in served), sum(tasks[task].m3 for task in served)
        start_s = vehicle.truck.shift.start_s
        trips = self._trips(number, walked) if walked is not None else []
        return _Day(
            trips=trips,
            slack_s=vehicle.last_s - (walked.return_s if walked is not None else start_s),
            stops=len(served),
            kg=kg,
            m3=m3,
            end_row=trips[-1].rows[-1] if trips else vehicle.depot_row,
            end_s=trips[-1].left_s[-1] if trips else start_s,
        )

    def _trips(self, number: int, walked: Walked) -> list[_Trip]:
        tasks, row, left_s = self.terrain.tasks, self.terrain.vehicles[number].depot_row, walked.depart_s
        trips = []
        for k, draft in enumerate(self.solution.days[number]):
            tip = walked.tips[k] if k < len(walked.tips) else None
            after = self.ground_of[tip.site_id].place.row if tip is not None else row
            departures = [left_s, *(halt.depart_s for halt in walked.halts[k])]
            left_s = tip.depart_s if tip is not None else departures[-1]
            trips.append(
                _Trip(
                    number=k,
                    rows=[row, *(tasks[task].place.row for task in draft.tasks), after],
                    left_s=[*departures, left_s],
                    kg=sum(tasks[task].kg for task in draft.tasks),
                    m3=sum(tasks[task].m3 for task in draft.tasks),
                )
            )
            row = after
        return trips

    def _in_day(self, number: int, vehicle: Vehicle, task: Task) -> Iterator[Spot]:
        day, shortages = self.days[number], self._all_day(number, vehicle, task)
        if len(shortages) > 1:
            return
        room_m3 = vehicle.room_m3.get(task.stream, vehicle.truck.compartments[0].loose_m3)
        for trip, draft in zip(day.trips, self.solution.days[number], strict=True):
            if draft.stream is not task.stream:
                continue
            here = shortages + _load(trip.kg + task.kg, trip.m3 + task.m3, vehicle.truck, room_m3)
            if len(here) <= 1:
                yield from self._in_trip(number, trip, task, here[0] if here else None)
        here = shortages + _load(task.kg, task.m3, vehicle.truck, room_m3)
        if len(here) <= 1:
            yield from self._new_trip(number, task, here[0] if here else None)

    def _all_day(self, number: int, vehicle: Vehicle, task: Task) -> list[Shortage]:
        """What is short wherever in the day the task goes."""
        day, truck = self.days[number], vehicle.truck
        limits = (
            (Kind.MAX_STOPS, day.stops + 1, truck.max_stops),
            (Kind.DAILY_KG, day.kg + task.kg, truck.daily_cap_kg),
            (Kind.DAILY_M3, day.m3 + task.m3, truck.daily_cap_m3),
        )
        short: list[Shortage] = [
            (kind, value - most) for kind, value, most in limits if most is not None and value > most
        ]
        if task.stream not in vehicle.room_m3:
            short.append((Kind.LICENCE, 1.0))
        if not self.terrain.grounds[task.stream]:
            short.append((Kind.SITE_STREAM, 1.0))
        return short + street_shortages(truck, task.visit.point)

    def _in_trip(self, number: int, trip: _Trip, task: Task, short: Shortage | None) -> Iterator[Spot]:
        seconds, row, slack_s = self.terrain.vehicles[number].seconds, task.place.row, self.days[number].slack_s
        for position, (before, after) in enumerate(pairwise(trip.rows)):
            there, onward = seconds[before][row], seconds[row][after]
            if there < 0 or onward < 0:
                continue
            detour_s = there + onward - max(0, seconds[before][after])
            yield Spot(
                vehicle=number,
                trip=trip.number,
                position=position,
                detour_s=detour_s,
                need_s=detour_s + task.service_s - slack_s,
                arrive_s=trip.left_s[position] + there,
                short=short,
            )

    def _new_trip(self, number: int, task: Task, short: Shortage | None) -> Iterator[Spot]:
        vehicle, day, row = self.terrain.vehicles[number], self.days[number], task.place.row
        seconds, home = vehicle.seconds, vehicle.depot_row
        grounds = self.terrain.grounds[task.stream] or list(self.ground_of.values())
        ways = [
            seconds[row][ground.place.row] + seconds[ground.place.row][home] + ground.site.tip_s
            for ground in grounds
            if seconds[row][ground.place.row] >= 0 and seconds[ground.place.row][home] >= 0
        ]
        there = seconds[day.end_row][row]
        if there < 0 or not ways:
            return
        detour_s = there + min(ways) - max(0, seconds[day.end_row][home])
        yield Spot(
            vehicle=number,
            trip=len(day.trips),
            position=0,
            detour_s=detour_s,
            need_s=detour_s + task.service_s - day.slack_s,
            arrive_s=day.end_s + there,
            short=short,
        )


def _load(kg: float, m3: float, truck: Truck, room_m3: float) -> list[Shortage]:
    over = ((Kind.PAYLOAD, kg - truck.payload_kg), (Kind.VOLUME, m3 - room_m3))
    return [(kind, amount) for kind, amount in over if amount > 0]


def street_shortages(truck: Truck, point: CollectionPoint) -> list[Shortage]:
    """By how much a truck is too high or too heavy for a point's street, and how many skills it lacks."""
    gross_kg = truck.empty_weight_kg + truck.payload_kg
    limits = (
        (Kind.STREET_HEIGHT, truck.height_m, point.max_height_m),
        (Kind.STREET_WEIGHT, gross_kg, point.max_weight_kg),
    )
    over: list[Shortage] = [(kind, value - most) for kind, value, most in limits if most is not None and value > most]
    missing = len(set(point.skills) - set(truck.skills))
    return [*over, (Kind.SKILL, float(missing))] if missing else over
