"""The terrain with one bound relaxed, and exact walks on it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from city.collection_problem import CollectionProblem, PointKey, every_day, fits_street
from city.waste import Stream, TimeWindow, Truck
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.relaxation import OF_SITES, OF_TRUCKS, relaxed_point, relaxed_site, relaxed_truck
from optimization.collection.solution import Solution
from optimization.collection.terrain import Ground, Place, Task, Terrain, Vehicle
from optimization.collection.walk import Day, Walked

SHIFTS = frozenset({Kind.SHIFT_LATER, Kind.SHIFT_EARLIER})
LOADS = frozenset({Kind.PAYLOAD, Kind.VOLUME})
Hours = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A bound and by how much it gives way, for one task on one truck (both by number)."""

    kind: Kind
    amount: float
    task: int
    vehicle: int
    ground: Ground | None = None
    window: int | None = None


class RelaxedGround:
    """Answers what a solution's terrain looks like after a change."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.terrain: Terrain = solution.terrain
        self.problem: CollectionProblem = solution.terrain.problem
        # Points with several visits a day and no window for each: their windows are parts of the working day, which
        # moves with the shifts.
        self.several = {number for number, task in enumerate(self.terrain.tasks) if task.visit.of > 1}
        self.parts = {
            number
            for number in self.several
            if len(self.terrain.tasks[number].visit.point.windows) != self.terrain.tasks[number].visit.of
        }
        self.several_of: dict[PointKey, list[int]] = {}
        for number in sorted(self.several):
            self.several_of.setdefault(_key(self.terrain.tasks[number]), []).append(number)

    def after(self, change: Change, day: Day) -> Terrain:
        """For walking `day` with the change's truck; other days are not looked at."""
        if change.kind in OF_TRUCKS:
            return self._truck_changed(change, day)
        if change.kind in OF_SITES:
            return self._site_changed(change)
        return self._point_changed(change, day)

    def rules_hold(self, change: Change, terrain: Terrain, day: Day, walked: Walked) -> bool:
        """What the walk of the changed day does not see: the law of its trips' loads, and visits of other trucks."""
        risks = self._risks_hold(change, terrain.vehicles[change.vehicle], day)
        return risks and self._visits_match(change, terrain, day, walked)

    def _risks_hold(self, change: Change, vehicle: Vehicle, day: Day) -> bool:
        """Planned loads add up to the law of the sum for the rooms that there are, not for a larger one."""
        risk = self.problem.load_risk
        if risk is None or change.kind not in LOADS:
            return True
        for draft in day:
            tasks = [self.terrain.tasks[number] for number in draft.tasks]
            demands = [
                (self.problem.demand_of[task.visit.point.point_id, task.stream], task.visit.of) for task in tasks
            ]
            kg = [(demand.kg_p50 / of, demand.kg_p90 / of) for demand, of in demands]
            m3 = [(demand.m3_p50 / of, demand.m3_p90 / of) for demand, of in demands]
            rooms = (kg, vehicle.truck.payload_kg), (m3, vehicle.room_m3[draft.stream])
            if any(risk.breach(loads, room) > risk.probability for loads, room in rooms):
                return False
        return True

    def _visits_match(self, change: Change, terrain: Terrain, day: Day, walked: Walked) -> bool:
        """Whether the visits of each point that has several a day still begin each in a window of its own.

        Told apart as the check does it: in order of time, each takes the first visit whose windows hold it.
        """
        moved = {number for draft in day for number in draft.tasks if number in self.several}
        if change.kind in SHIFTS:
            moved |= self.parts
        if not moved:
            return True
        starts: dict[PointKey, list[int]] = {_key(terrain.tasks[number]): [] for number in moved}
        days = {number: (self.solution.days[number], one) for number, one in enumerate(self.solution.walked)}
        days[len(days) if change.kind is Kind.TRUCK else change.vehicle] = day, walked
        for drafts, one in days.values():
            for draft, halts in zip(drafts, one.halts if one is not None else (), strict=True):
                for number, halt in zip(draft.tasks, halts, strict=True):
                    if number in self.several and (key := _key(terrain.tasks[number])) in starts:
                        starts[key].append(halt.start_s)
        return all(_told_apart(sorted(begun), self._windows_of(key, terrain)) for key, begun in starts.items())

    def _windows_of(self, key: PointKey, terrain: Terrain) -> list[Hours]:
        tasks = sorted(self.several_of[key], key=lambda number: terrain.tasks[number].visit.number)
        return [terrain.tasks[number].place.hours for number in tasks]

    def _truck_changed(self, change: Change, day: Day) -> Terrain:
        before = self.terrain.vehicles[change.vehicle]
        point = self.terrain.tasks[change.task].visit.point
        truck = relaxed_truck(before.truck, change.kind, change.amount, point)
        vehicles = list(self.terrain.vehicles)
        served = {number for draft in day for number in draft.tasks}
        vehicles[change.vehicle] = _with_truck(before, truck, served, self.terrain.tasks)
        tasks = self.terrain.tasks
        if change.kind in SHIFTS and self.parts:
            tasks = self._tasks_in_new_parts(truck)
        return replace(self.terrain, vehicles=vehicles, tasks=tasks)

    def _tasks_in_new_parts(self, truck: Truck) -> list[Task]:
        trucks = tuple(truck if one.truck_id == truck.truck_id else one for one in self.problem.trucks)
        problem = replace(self.problem, trucks=trucks)
        tasks = list(self.terrain.tasks)
        for number in sorted(self.parts):
            task = tasks[number]
            visit = problem.visits((task.visit.point.point_id, task.stream))[task.visit.number]
            tasks[number] = replace(task, visit=visit, place=Place(row=task.place.row, hours=_hours(visit.windows)))
        return tasks

    def _site_changed(self, change: Change) -> Terrain:
        ground = change.ground
        if ground is None:
            return self.terrain
        stream: Stream = self.terrain.tasks[change.task].stream
        site = relaxed_site(ground.site, change.kind, change.amount, stream, change.window)
        wider = Ground(site=site, place=Place(row=ground.place.row, hours=_hours(every_day(site.windows))))
        grounds = {
            one: [wider if other.site.site_id == site.site_id else other for other in others]
            for one, others in self.terrain.grounds.items()
        }
        if change.kind is Kind.SITE_STREAM:
            grounds[stream] = [wider]
        return replace(self.terrain, grounds=grounds)

    def _point_changed(self, change: Change, day: Day) -> Terrain:
        before = self.terrain.tasks[change.task]
        point = relaxed_point(before.visit.point, change.kind, change.amount, change.window)
        windows = every_day(point.windows)
        if before.visit.of > 1 and change.window is not None:
            windows = every_day((point.windows[change.window - 1],))
        tasks, vehicles = list(self.terrain.tasks), list(self.terrain.vehicles)
        visit = replace(before.visit, point=point, windows=windows if change.window else before.visit.windows)
        tasks[change.task] = replace(
            before, visit=visit, place=Place(row=before.place.row, hours=_hours(visit.windows))
        )
        if change.window is None:
            vehicle = vehicles[change.vehicle]
            served = {number for draft in day for number in draft.tasks}
            vehicles[change.vehicle] = _with_truck(vehicle, vehicle.truck, served, tasks)
        return replace(self.terrain, tasks=tasks, vehicles=vehicles)


def with_one_more(terrain: Terrain, vehicle: int) -> Terrain:
    """With a further truck, the last one, that is like `vehicle`."""
    return replace(terrain, vehicles=[*terrain.vehicles, terrain.vehicles[vehicle]])


def _with_truck(vehicle: Vehicle, truck: Truck, served: Iterable[int], tasks: list[Task]) -> Vehicle:
    """The vehicle after a change of its truck; of all tasks, only `served` ones are asked whether it may."""
    body = {stream: number for stream in truck.streams if (number := truck.compartment_for(stream)) is not None}
    room = {stream: truck.compartments[number].loose_m3 for stream, number in body.items()}
    return replace(
        vehicle,
        truck=truck,
        room_m3=room,
        body=body,
        last_s=truck.shift.end_s + truck.shift.max_overtime_s,
        may=frozenset(
            number
            for number in served
            if tasks[number].stream in room
            and tasks[number].kg <= truck.payload_kg
            and tasks[number].m3 <= room[tasks[number].stream]
            and fits_street(truck, tasks[number].visit.point)
            and vehicle.seconds[vehicle.depot_row][tasks[number].place.row] >= 0
        ),
    )


def _hours(windows: tuple[TimeWindow, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((window.start_s, window.end_s) for window in windows)


def _key(task: Task) -> PointKey:
    return task.visit.point.point_id, task.stream


def _told_apart(starts: list[int], windows: list[Hours]) -> bool:
    for moment in starts:
        fitting = next((hours for hours in windows if any(start <= moment <= end for start, end in hours)), None)
        if fitting is None:
            return False
        windows.remove(fitting)
    return True
