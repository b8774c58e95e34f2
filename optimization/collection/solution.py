"""A set of days under construction: every day in it has been walked and keeps all rules."""

from dataclasses import dataclass, field, replace

from optimization.collection.terrain import NO_WAY, Task, Terrain, Vehicle
from optimization.collection.walk import Day, Draft, SiteUse, Walked, walk

TRIED_POSITIONS = 12
LAST_RESORTS = 60  # positions tried only for a task that fits nowhere near
NEW_TRIP_FROM = 3.0  # times the detour: an insertion that costs more is compared with new trips too
Insertion = tuple[float, int, Day, Walked]  # added cost, vehicle, its new day


@dataclass(slots=True, kw_only=True)
class Solution:
    """Days per vehicle with their clocks, and the tasks that nobody serves yet."""

    terrain: Terrain
    days: list[Day] = field(init=False)
    walked: list[Walked | None] = field(init=False)
    left: set[int] = field(init=False)
    use: SiteUse = field(init=False)

    def __post_init__(self) -> None:
        self.days = [[] for _ in self.terrain.vehicles]
        self.walked = [None for _ in self.terrain.vehicles]
        self.left = set(range(len(self.terrain.tasks)))
        self.use = SiteUse(self.terrain)

    @property
    def objective(self) -> float:
        return sum(self.cost_of(number) for number in range(len(self.days))) + sum(
            self.terrain.tasks[task].penalty for task in self.left
        )

    def cost_of(self, vehicle: int) -> float:
        walked = self.walked[vehicle]
        return walked.cost if walked is not None else 0.0

    def drafts(self) -> list[Day]:
        return [copied(day) for day in self.days]

    def trial(self, vehicle: int, day: Day) -> Walked | None:
        return self.walk_on(self.terrain, vehicle, day) if day else None

    def walk_on(self, terrain: Terrain, vehicle: int, day: Day) -> Walked | None:
        """The walk of a day on other ground, as if nothing else changed."""
        return walk(terrain, vehicle, day, self.use)

    def put(self, vehicle: int, day: Day, walked: Walked | None) -> None:
        """Replace a vehicle's day by one that was walked (`walked` is None for an empty day only)."""
        self.left |= {task for draft in self.days[vehicle] for task in draft.tasks}
        self.left -= {task for draft in day for task in draft.tasks}
        self.days[vehicle], self.walked[vehicle] = day, walked
        self.use.record(vehicle, walked)

    def cheapest_insertion(self, task: int) -> Insertion | None:
        """The insertion of `task` that adds least cost, as far as tried; None if no vehicle can serve it any more."""
        able = [vehicle for vehicle in range(len(self.days)) if task in self.terrain.vehicles[vehicle].may]
        near = sorted(place for vehicle in able for place in self._detours(vehicle, task))
        best = self._best_of([(vehicle, trip, position) for _, vehicle, trip, position in near[:TRIED_POSITIONS]], task)
        if best is None or best[0] > NEW_TRIP_FROM * near[0][0] * self.terrain.vehicles[best[1]].s_price:
            best = self._cheaper(best, self._best_of([(vehicle, None, 0) for vehicle in self._fresh(able)], task))
        if best is None:
            rest = near[TRIED_POSITIONS : TRIED_POSITIONS + LAST_RESORTS]
            best = self._best_of([(vehicle, trip, position) for _, vehicle, trip, position in rest], task)
        return best

    def _fresh(self, able: list[int]) -> list[int]:
        """Vehicles that a new trip is tried on: those on the road, and of idle ones that are alike only the first."""
        first: dict[tuple[object, ...], int] = {}
        for vehicle in able:
            truck = self.terrain.vehicles[vehicle].truck
            likeness = (truck.depot_id, truck.shift, truck.payload_kg, truck.compartments, truck.speed_factor)
            prices = (truck.cost_per_km, truck.cost_per_h, truck.cost_per_day)
            first.setdefault((vehicle,) if self.days[vehicle] else (likeness, prices), vehicle)
        return list(first.values())

    def _best_of(self, places: list[tuple[int, int | None, int]], task: int) -> Insertion | None:
        best: Insertion | None = None
        for vehicle, trip, position in places:
            day = self.days[vehicle]
            if trip is None:
                changed = [*copied(day), Draft(stream=self.terrain.tasks[task].stream, tasks=[task])]
            else:
                changed = _with(day, trip, position, task)
            walked = self.trial(vehicle, changed)
            if walked is not None:
                best = self._cheaper(best, (walked.cost - self.cost_of(vehicle), vehicle, changed, walked))
        return best

    @staticmethod
    def _cheaper(one: Insertion | None, other: Insertion | None) -> Insertion | None:
        if one is None or other is None:
            return one or other
        return min(one, other, key=lambda insertion: insertion[0])

    def able(self, task: int) -> list[Vehicle]:
        return [vehicle for vehicle in self.terrain.vehicles if task in vehicle.may]

    def fits_alone(self, task: int) -> bool:
        """Whether some truck could serve the task if nothing else were to be done that day."""
        day = [Draft(stream=self.terrain.tasks[task].stream, tasks=[task])]
        free = SiteUse(self.terrain)
        return any(walk(self.terrain, number, day, free) for number in range(len(self.days)))

    def fits_without_load(self, task: int) -> bool:
        """Whether the task would fit into today's work if it weighed nothing: then load, not time, is short."""
        real = self.terrain.tasks[task]
        self.terrain.tasks[task] = replace(real, kg=0.0, m3=0.0)
        try:
            return self.cheapest_insertion(task) is not None
        finally:
            self.terrain.tasks[task] = real

    def insert_left(self, tasks: list[int]) -> int:
        """Insert each task where it costs least, if that is less than leaving it; returns how many went in."""
        inserted = 0
        for task in tasks:
            found = self.cheapest_insertion(task)
            if found is not None and found[0] < self.terrain.tasks[task].penalty:
                self.put(*found[1:])
                inserted += 1
        return inserted

    def _detours(self, vehicle: int, number: int) -> list[tuple[int, int, int, int]]:
        """Extra driving [s], vehicle, trip and position, wherever the load would fit."""
        day, task = self.days[vehicle], self.terrain.tasks[number]
        truck, room = self.terrain.vehicles[vehicle].truck, self.terrain.vehicles[vehicle].room_m3
        detours: list[tuple[int, int, int, int]] = []
        for trip, draft in enumerate(day):
            if draft.stream is not task.stream:
                continue
            load_kg = sum(self.terrain.tasks[other].kg for other in draft.tasks) + task.kg
            load_m3 = sum(self.terrain.tasks[other].m3 for other in draft.tasks) + task.m3
            if load_kg <= truck.payload_kg and load_m3 <= room[task.stream]:
                detours += [
                    (detour, vehicle, trip, position)
                    for position in range(len(draft.tasks) + 1)
                    if (detour := self._detour(vehicle, draft, position, task)) != NO_WAY
                ]
        return detours

    def _detour(self, vehicle: int, draft: Draft, position: int, task: Task) -> int:
        """Extra driving [s] inside the trip; at its ends counted as there and back."""
        seconds, tasks, row = self.terrain.vehicles[vehicle].seconds, self.terrain.tasks, task.place.row
        before = tasks[draft.tasks[position - 1]].place.row if position else None
        after = tasks[draft.tasks[position]].place.row if position < len(draft.tasks) else None
        if before is None or after is None:
            other = after if before is None else before
            legs = (0, 0) if other is None else (seconds[other][row], seconds[row][other])
            return NO_WAY if min(legs) < 0 else sum(legs)
        legs = seconds[before][row], seconds[row][after]
        return NO_WAY if min(legs) < 0 else max(0, sum(legs) - seconds[before][after])


def copied(day: Day) -> Day:
    return [Draft(stream=draft.stream, tasks=list(draft.tasks)) for draft in day]


def without(day: Day, task: int) -> Day:
    """The day without one task; a trip left without tasks is no trip."""
    kept = [Draft(stream=draft.stream, tasks=[other for other in draft.tasks if other != task]) for draft in day]
    return [draft for draft in kept if draft.tasks]


def _with(day: Day, trip: int, position: int, task: int) -> Day:
    changed = copied(day)
    changed[trip].tasks.insert(position, task)
    return changed
