"""A VROOM problem as a day of collection: jobs are points, vehicles trucks of one trip that ends where they end.

VROOM prices driving alone, per hour or by a matrix of costs: that price stands in for the metres of each way, and a
truck's kilometre costs what makes it the price again. Start and end of a vehicle are a depot and a disposal site of its
own kind: from the site only the depot can be reached, in no time, so that a trip is the whole route.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from city.collection_problem import CollectionProblem, Due, PointDemand, Prices
from city.errors import BrokenRuleError, CityError, raise_all
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
from city.network import TravelTimes
from city.waste import (
    ALL_DAY,
    CollectionPoint,
    Compartment,
    Depot,
    DisposalSite,
    ServiceKind,
    ServiceRule,
    Shift,
    SiteKind,
    Stream,
    TimeWindow,
    Truck,
)
from optimization.collection.vroom_words import VroomCosts, VroomJob, VroomProblem, VroomVehicle, Window

DAY_S: Final = 86_400
HERE: Final = DistrictId("vroom")
STREAM: Final = Stream.RESIDUAL
ANY_LOAD: Final = 1e9
LEAST_LOAD: Final = 1e-3  # of a vehicle that can hold nothing: a truck's payload is above 0
LEAST_H_PRICE: Final = 1e-4  # of two plans of one cost the one with less waiting; too little to choose another one
NO_WAY: Final = -1
MOST_PRICE: Final = 1e12  # of leaving a job: sums of them stay whole numbers of 64 bits
PARTS: Final = 100  # of a unit of cost, where hours and kilometres are priced together
Ends = tuple[int | None, int | None]  # rows of a vehicle's start and end


@dataclass(frozen=True, slots=True, kw_only=True)
class VroomDay:
    """The problem, and the numbers of jobs that no window of any vehicle meets."""

    problem: CollectionProblem
    never: tuple[int, ...]
    per_metre: float = field(default=1.0)  # cost of a metre of the problem, in the file's unit


def point_of(job: VroomJob) -> PointId:
    return PointId(f"job {job.number}")


def truck_of(vehicle: VroomVehicle) -> TruckId:
    return TruckId(f"vehicle {vehicle.number}")


def day_of(given: VroomProblem, service_date: date) -> VroomDay:
    """Raises CityError where vehicles cannot be priced by one table of ways."""
    return _Day(given).built(service_date)


class _Day:
    def __init__(self, given: VroomProblem) -> None:
        self.given = given
        self.costs, self.per_metre = _cost_rows(given)
        pairs: list[Ends] = [_ends(vehicle) for vehicle in given.vehicles]
        self.pairs = list(dict.fromkeys(pairs))
        self.rows = list(dict.fromkeys(job.place.row for job in given.jobs))
        self.horizon_s = max((self._shift(vehicle)[1] for vehicle in given.vehicles), default=DAY_S)

    def built(self, service_date: date) -> VroomDay:
        windows = {job.number: self._windows(job) for job in self.given.jobs}
        # Of equals a planner takes who comes first.
        able = sorted((job for job in self.given.jobs if windows[job.number]), key=lambda job: -job.priority)
        if not able:
            raise BrokenRuleError(
                subject="jobs", problem="no window of any of them lies within the hours of the vehicles"
            )
        worst = self._worst()
        problem = CollectionProblem(
            points=tuple(self._point(job, windows[job.number]) for job in able),
            demand=tuple(self._demand(job, worst, len(able)) for job in able),
            trucks=tuple(self._truck(vehicle) for vehicle in self.given.vehicles),
            depots=tuple(self._depot(k) for k in range(len(self.pairs))),
            sites=tuple(self._site(k) for k in range(len(self.pairs))),
            travel=self._travel(),
            service_date=service_date,
            time_zone="UTC",
            places={f"point {point_of(job)}": f"row {job.place.row}" for job in able},
            prices=Prices(missed=worst, truck_shift=0.0, overtime_h=0.0, truck_h=LEAST_H_PRICE),
            assumed=self.given.assumed,
        )
        never = tuple(job.number for job in self.given.jobs if not windows[job.number])
        return VroomDay(problem=problem, never=never, per_metre=self.per_metre)

    def _worst(self) -> float:
        """More than any set of routes can cost."""
        dearest = max((max(row) for row in self.costs), default=0) * self.per_metre
        factor = max(_factor(vehicle, self.given) for vehicle in self.given.vehicles)
        fixed = sum(vehicle.costs.fixed for vehicle in self.given.vehicles)
        return 1.0 + fixed + dearest * factor * (len(self.given.jobs) + len(self.given.vehicles))

    def _shift(self, vehicle: VroomVehicle) -> Window:
        if vehicle.window is None:
            return 0, DAY_S
        return vehicle.window[0] - self.given.zero_s, vehicle.window[1] - self.given.zero_s

    def _windows(self, job: VroomJob) -> tuple[TimeWindow, ...]:
        """Within the vehicles' hours: windows of a plan hold every day, and beyond them begins the next."""
        if not job.windows:
            return (ALL_DAY,)
        shifted = [(start - self.given.zero_s, end - self.given.zero_s) for start, end in job.windows]
        inside = [(max(0, start), min(end, self.horizon_s)) for start, end in shifted]
        return tuple(TimeWindow(start_s=start, end_s=end) for start, end in inside if start < end)

    def _point(self, job: VroomJob, windows: tuple[TimeWindow, ...]) -> CollectionPoint:
        lon, lat = job.place.location or (0.0, 0.0)
        return CollectionPoint(
            point_id=point_of(job),
            stream=STREAM,
            district_id=HERE,
            lon=lon,
            lat=lat,
            capacity_m3=1.0,
            density_kg_m3=1.0,
            service_s=job.service_s + job.setup_s,
            rule=ServiceRule(kind=ServiceKind.BY_FILL),
            windows=windows,
            skills=tuple(map(str, job.skills)),
        )

    def _demand(self, job: VroomJob, worst: float, jobs: int) -> PointDemand:
        """Left is first who has the least priority, then as few as can be, then what is dear.

        Where all have the same priority, all must be served: nothing is weighed against another.
        """
        kg, m3 = (*job.amount, 0, 0)[:2]
        step = min(jobs + 1, max(1.0, MOST_PRICE / (100 * worst)))
        return PointDemand(
            point_id=point_of(job),
            stream=STREAM,
            due=Due.MUST if len({other.priority for other in self.given.jobs}) == 1 else Due.MAY,
            why="a job of the file",
            kg_p50=kg,
            kg_p90=kg,
            m3_p50=m3,
            m3_p90=m3,
            skip_price=worst * (1 + job.priority * step),
        )

    def _truck(self, vehicle: VroomVehicle) -> Truck:
        payload, body = (*(max(amount, LEAST_LOAD) for amount in vehicle.capacity), ANY_LOAD, ANY_LOAD)[:2]
        start_s, end_s = self._shift(vehicle)
        rest = vehicle.rest
        pause = (rest.window[0] - self.given.zero_s, rest.window[1] - self.given.zero_s) if rest is not None else None
        breaks = pause is not None and rest is not None and rest.service_s > 0
        return Truck(
            truck_id=truck_of(vehicle),
            district_ids=(HERE,),
            depot_id=DepotId(f"depot {self.pairs.index(_ends(vehicle))}"),
            payload_kg=payload,
            compartments=(Compartment(streams=(STREAM,), body_m3=body),),
            shift=Shift(
                start_s=start_s,
                end_s=end_s,
                break_s=rest.service_s if breaks and rest is not None else 0,
                break_window=_clipped(pause, start_s, end_s, rest.service_s)
                if breaks and pause is not None and rest is not None
                else None,
            ),
            cost_per_km=1000 * self.per_metre * _factor(vehicle, self.given),
            cost_per_day=vehicle.costs.fixed,
            speed_factor=1.0 if vehicle.speed_factor == 1 else 1 / vehicle.speed_factor,
            max_stops=vehicle.max_tasks,
            skills=tuple(map(str, vehicle.skills)),
        )

    def _depot(self, k: int) -> Depot:
        return Depot(depot_id=DepotId(f"depot {k}"), district_id=HERE, lon=0.0, lat=0.0)

    def _site(self, k: int) -> DisposalSite:
        return DisposalSite(
            site_id=SiteId(f"end {k}"),
            kind=SiteKind.DISPOSAL,
            district_id=HERE,
            lon=0.0,
            lat=0.0,
            streams=(STREAM,),
            windows=(ALL_DAY,),
            tip_s=0,
        )

    def _travel(self) -> TravelTimes:
        """Places of jobs, then the depots, then the sites, in the order of `pairs`."""
        count = len(self.pairs)
        places = [*(f"row {row}" for row in self.rows), *(f"depot {k}" for k in range(count))]
        places += [f"end {k}" for k in range(count)]
        seconds, metres = array("i"), array("i")
        for line in self._lines():
            seconds.extend(value for value, _ in line)
            metres.extend(value for _, value in line)
        return TravelTimes.from_flat(places, seconds, metres)

    def _lines(self) -> Iterator[list[tuple[int, int]]]:
        """Seconds and metres from each place to all."""
        count, none = len(self.pairs), (NO_WAY, NO_WAY)
        for row in self.rows:
            # A loaded truck may not go home, yet a planner weighs the way there: it is that to the end.
            there = [self._way(row, end) for _, end in self.pairs]
            yield [*(self._way(row, other) for other in self.rows), *there, *there]
        for k, (start, end) in enumerate(self.pairs):
            ends = [self._way(start, end) if j == k else none for j in range(count)]
            own = [(0, 0) if j == k else none for j in range(count)]
            yield [*(self._way(start, row) for row in self.rows), *own, *ends]
        for k in range(count):
            own = [(0, 0) if j == k else none for j in range(count)]
            yield [*([none] * len(self.rows)), *own, *own]

    def _way(self, origin: int | None, target: int | None) -> tuple[int, int]:
        if origin is None or target is None or origin == target:
            return 0, 0
        return self.given.seconds[origin][target], self.costs[origin][target]


def _ends(vehicle: VroomVehicle) -> Ends:
    start, end = vehicle.start, vehicle.end
    return None if start is None else start.row, None if end is None else end.row


def _clipped(pause: Window, start_s: int, end_s: int, break_s: int) -> TimeWindow:
    """Begins and ends on shift."""
    first, last = max(pause[0], start_s), min(pause[1], end_s - break_s)
    if first >= last:
        told = f"a break of {break_s} s that begins from {pause[0]} to {pause[1]} s does not fit its vehicle's hours"
        raise BrokenRuleError(subject="breaks", problem=told)
    return TimeWindow(start_s=first, end_s=last)


def _cost_rows(given: VroomProblem) -> tuple[list[list[int]], float]:
    """Cost of each way in whole parts, and what a part is in the file's unit."""
    if given.costs is not None:
        return given.costs, 1.0
    per_hour, per_km = _rates(given.vehicles[0].costs)
    alike: list[CityError] = [
        BrokenRuleError(
            subject=f"vehicle {vehicle.number}, costs",
            problem="hours and kilometres are priced in another proportion than vehicle "
            f"{given.vehicles[0].number}'s; one table of ways prices all",
        )
        for vehicle in given.vehicles
        if not _proportional(vehicle, (per_hour, per_km))
    ]
    raise_all("costs", alike)
    if not per_km:
        return given.seconds, 1.0
    if given.metres is None:
        raise BrokenRuleError(subject="matrices", problem="kilometres have a price and there are no distances")
    rows = [
        [round((s * per_hour / 3600 + m * per_km / 1000) * PARTS) for s, m in zip(seconds, metres, strict=True)]
        for seconds, metres in zip(given.seconds, given.metres, strict=True)
    ]
    return rows, 1 / PARTS


def _rates(costs: VroomCosts) -> tuple[float, float]:
    """Prices per hour and km, scaled so that the larger use of both vehicles' words is the first vehicle's."""
    return (costs.per_hour, costs.per_km) if costs.per_km else (3600.0, 0.0)


def _proportional(vehicle: VroomVehicle, rates: tuple[float, float]) -> bool:
    per_hour, per_km = rates
    costs = vehicle.costs
    mixed = bool(per_hour and per_km)
    return abs(costs.per_hour * per_km - costs.per_km * per_hour) < 1e-9 and (vehicle.speed_factor == 1 or not mixed)


def _factor(vehicle: VroomVehicle, given: VroomProblem) -> float:
    """What this vehicle pays of the price in the table."""
    if given.costs is not None:
        return 1.0
    per_hour, per_km = _rates(given.vehicles[0].costs)
    if per_hour:
        return vehicle.costs.per_hour / per_hour / vehicle.speed_factor
    return vehicle.costs.per_km / per_km
