"""Where every truck stands while its plan is being driven: what it has begun stays as it is, the rest may change.

Taken from the plan's clocks: a stop or a tip is done once its start lies at or before `now_s`. A truck between two
halts is on its way; nobody knows where, so it is taken to turn round or to drive on over the place it was heading for,
whichever is sooner.
"""

from dataclasses import dataclass, field, replace

from city.collection_problem import PointKey
from city.disturbances import Breakdown, Event, Late
from city.errors import BrokenRuleError
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip
from optimization.collection.check_drive import Leg, drive_of
from optimization.collection.replan_under_way import UnderWay, site_row, under_way, wash_of
from optimization.collection.terrain import Terrain, Vehicle
from optimization.collection.walk import Day, Draft, Halt, TipHalt, Walked, moved_price


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One truck at `now_s`. `done` are the drafts it has begun, of which the first `tipped` are tipped.

    `planned` and `planned_walk` are its whole day as it was planned. It was through with its last halt at `left_s` and
    is free from `free_s` on.
    """

    now_s: int
    route: CollectionRoute | None = None
    planned: Day = field(default_factory=list)
    planned_walk: Walked | None = None
    done: Day = field(default_factory=list)
    tipped: int = 0
    done_metres: int = 0
    done_drive_s: int = 0
    departed: bool = False
    is_home: bool = False
    broken: bool = False
    delay_s: int = 0
    left_s: int = 0
    free_s: int = 0
    under_way: UnderWay | None = None

    @property
    def pending(self) -> list[int]:
        """Tasks that were planned and are not begun, in order."""
        begun = {task for draft in self.done for task in draft.tasks}
        return [task for draft in self.planned for task in draft.tasks if task not in begun]

    @property
    def loaded(self) -> bool:
        return self.tipped < len(self.done)

    def begins(self, day: Day) -> bool:
        """Whether the day begins with what is done."""
        if len(day) < len(self.done):
            return False
        for number, (draft, done) in enumerate(zip(day, self.done, strict=False)):
            whole = number < self.tipped
            found = draft.tasks if whole else draft.tasks[: len(done.tasks)]
            if draft.stream is not done.stream or found != done.tasks:
                return False
        return True


def standings(terrain: Terrain, plan: CollectionPlan, events: tuple[Event, ...], now_s: int) -> list[Standing]:
    """By position of the vehicle."""
    route_of = {route.truck_id: route for route in plan.routes}
    broken = {event.truck_id for event in events if isinstance(event, Breakdown)}
    delays = {
        truck: sum(event.delay_s for event in events if isinstance(event, Late) and event.truck_id == truck)
        for truck in {event.truck_id for event in events if isinstance(event, Late)}
    }
    days = planned_days(terrain, plan)
    found = []
    for number, vehicle in enumerate(terrain.vehicles):
        truck_id = vehicle.truck.truck_id
        delay_s, is_broken = delays.get(truck_id, 0), truck_id in broken
        route = route_of.get(truck_id)
        if route is None:
            floor = max(vehicle.truck.shift.start_s, now_s + 1) + delay_s
            found.append(Standing(now_s=now_s, broken=is_broken, delay_s=delay_s, free_s=floor))
        else:
            day = days[truck_id]
            found.append(_standing(terrain, number, route, day, now_s, broken=is_broken, delay_s=delay_s))
    return found


def copy_of(day: Day) -> Day:
    """With what a day says of its tips, which a copy for insertion leaves to the walk."""
    return [replace(draft, tasks=list(draft.tasks)) for draft in day]


def planned_days(terrain: Terrain, plan: CollectionPlan) -> dict[str, Day]:
    """The plan's routes as drafts of task numbers."""
    waiting: dict[PointKey, list[int]] = {}
    for number, task in enumerate(terrain.tasks):
        waiting.setdefault((task.visit.point.point_id, task.stream), []).append(number)
    by_start = sorted((stop for route in plan.routes for stop in route.stops), key=lambda stop: stop.start_s)
    number_of = {(stop.point_id, stop.stream, stop.start_s): _task_of(terrain, stop, waiting) for stop in by_start}
    return {
        route.truck_id: [
            Draft(
                stream=trip.stream,
                tasks=[number_of[stop.point_id, stop.stream, stop.start_s] for stop in trip.stops],
                tips=trip.tip is not None,
            )
            for trip in route.trips
        ]
        for route in plan.routes
    }


def _task_of(terrain: Terrain, stop: Stop, waiting: dict[PointKey, list[int]]) -> int:
    """The first visit not yet taken whose windows hold the stop's start."""
    for number in waiting.get((stop.point_id, stop.stream), []):
        windows = terrain.tasks[number].visit.windows
        if any(window.start_s <= stop.start_s <= window.end_s for window in windows):
            waiting[stop.point_id, stop.stream].remove(number)
            return number
    raise BrokenRuleError(
        subject=f"Point {stop.point_id} ({stop.stream})",
        problem="the plan serves it at a time, or so often, that its problem does not ask for",
        todo="Replan from the plan and the problem that belong together.",
    )


def _standing(
    terrain: Terrain,
    number: int,
    route: CollectionRoute,
    day: Day,
    now_s: int,
    *,
    broken: bool,
    delay_s: int,
) -> Standing:
    vehicle = terrain.vehicles[number]
    walked = walked_of(vehicle, route)
    walked.cost += moved_price(terrain, number, day)
    done = [
        replace(draft, tasks=draft.tasks[:begun])
        for draft, halts in zip(day, walked.halts, strict=True)
        if (begun := sum(halt.start_s <= now_s for halt in halts))
    ]
    tipped = sum(tip.start_s <= now_s for tip in walked.tips)
    departed = route.depart_s <= now_s
    row, left_s = _last_halt(terrain, vehicle, day, walked, done, tipped)
    metres, drive_s = _driven(terrain, vehicle, route, now_s)
    away = under_way(terrain, vehicle, (day, walked), (row, left_s), now_s, delay_s) if departed else None
    if departed:
        free_s = max(left_s, now_s + 1)
    else:
        free_s = route.depart_s if delay_s else max(vehicle.truck.shift.start_s, now_s + 1)
    return Standing(
        now_s=now_s,
        route=route,
        planned=day,
        planned_walk=walked,
        done=done,
        tipped=tipped,
        done_metres=metres,
        done_drive_s=drive_s,
        departed=departed,
        is_home=route.return_s <= now_s,
        broken=broken,
        delay_s=delay_s,
        left_s=left_s,
        free_s=free_s + delay_s,
        under_way=away,
    )


def walked_of(vehicle: Vehicle, route: CollectionRoute) -> Walked:
    """A route with its own clocks as a walk."""
    rest = route.break_taken
    walked = Walked(
        depart_s=route.depart_s,
        return_s=route.return_s,
        metres=route.metres,
        drive_s=route.drive_s,
        rest=(rest.start_s, rest.end_s) if rest is not None else None,
        halts=[
            [Halt(arrive_s=stop.arrive_s, start_s=stop.start_s, depart_s=stop.depart_s) for stop in trip.stops]
            for trip in route.trips
        ],
        tips=[
            TipHalt(arrive_s=tip.arrive_s, start_s=tip.start_s, depart_s=tip.depart_s, site_id=tip.site_id, kg=tip.kg)
            for trip in route.trips
            if (tip := trip.tip) is not None
        ],
    )
    walked.cost = day_cost(vehicle, walked)
    return walked


def day_cost(vehicle: Vehicle, walked: Walked) -> float:
    overtime_s = max(0, walked.return_s - vehicle.truck.shift.end_s)
    return (
        vehicle.shift_price
        + (walked.return_s - walked.depart_s) * vehicle.s_price
        + overtime_s * vehicle.overtime_s_price
        + walked.metres / 1000 * vehicle.km_price
    )


def _last_halt(terrain: Terrain, vehicle: Vehicle, day: Day, walked: Walked, done: Day, tipped: int) -> tuple[int, int]:
    """Row and leaving clock of the last halt that has begun; of the depot, if none has."""
    if not done:
        return vehicle.depot_row, walked.depart_s
    if tipped == len(done):
        return site_row(terrain, walked.tips[tipped - 1], day[tipped - 1]), walked.tips[tipped - 1].depart_s
    begun = len(done[-1].tasks)
    return terrain.tasks[done[-1].tasks[-1]].place.row, walked.halts[len(done) - 1][begun - 1].depart_s


def _driven(terrain: Terrain, vehicle: Vehicle, route: CollectionRoute, now_s: int) -> tuple[int, int]:
    """Metres and seconds of the drives to the halts that have begun."""
    problem = terrain.problem
    last, left_s = problem.place("depot", route.depot_id), route.depart_s
    metres = drive_s = 0
    before: Day = []
    for trip in route.trips:
        draft = Draft(stream=trip.stream, tasks=[])
        wash_s = wash_of(vehicle, before, draft)
        before = [*before, draft]
        halts: list[tuple[str, Stop | Tip]] = [(problem.place("point", stop.point_id), stop) for stop in trip.stops]
        if trip.tip is not None:
            halts.append((problem.place("site", trip.tip.site_id), trip.tip))
        for place, halt in halts:
            if halt.start_s > now_s:
                return metres, drive_s
            leg = Leg(origin=last, target=place, depart_s=left_s, arrive_s=halt.arrive_s, wash_s=wash_s)
            drive_s += drive_of(leg, problem.travel, vehicle.truck, route.break_taken).drive_s
            metres += problem.travel.metres(last, place)
            last, left_s, wash_s = place, halt.depart_s, 0
    return metres, drive_s
