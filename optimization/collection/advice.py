"""The easiest single change that would let a task be served beside all that is planned, and what it would cost.

Each kind of change is tried at the likeliest places of the trucks' days, by the exact walk of the changed day. What is
advised was walked with exactly the amount that is advised, rounded up to a step that a dispatcher would order.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from city.clock import DAY_S
from city.waste import TimeWindow
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.advice_ground import RelaxedGround, with_one_more
from optimization.collection.advice_looking import (
    FAR_S,
    MOST_MIN,
    TRIED,
    TRIED_HOURS,
    TRIED_LOADS,
    Advice,
    Looking,
    rounded,
)
from optimization.collection.advice_spots import Spot, Spots
from optimization.collection.relaxation import MIN_S
from optimization.collection.solution import Solution
from optimization.collection.terrain import HOUR_S, Ground, Terrain, Vehicle
from optimization.collection.walk import Day, Draft, Walked, walk, walk_from
from optimization.patience import Patience

ROUGHLY_S = 600  # by which the need of a place may be misjudged: waits and breaks shift


class Advisor:
    """Looks for advice, task by task, in a solution that does not change meanwhile."""

    def __init__(self, solution: Solution) -> None:
        self.solution = solution
        self.spots = Spots(solution)
        self.ground = RelaxedGround(solution)
        self._looking: LookingAt | None = None  # at the last task that was asked about

    def fits(self, number: int, patience: Patience) -> Advice | None:
        """The cheapest of the nearest places at which nothing has to give way; None if it fits at none of them."""
        return self._at(number, patience).as_it_is()

    def advice(self, number: int, patience: Patience) -> Advice | None:
        """None if no single change was found; when patience ends, the best so far, which is then not `complete`."""
        return self._at(number, patience).best_of_all()

    def looking_at(self, number: int, patience: Patience) -> "LookingAt":
        return LookingAt(self.solution, self.spots, self.ground, number, patience)

    def _at(self, number: int, patience: Patience) -> "LookingAt":
        if self._looking is None or self._looking.number != number:
            self._looking = self.looking_at(number, patience)
        self._looking.patience = patience
        return self._looking


class LookingAt(Looking):
    def as_it_is(self) -> Advice | None:
        near = [
            spot
            for spot in sorted(self.free, key=lambda spot: spot.detour_s)
            if (opens := self.task.place.opens(spot.arrive_s)) is not None and spot.need_s + opens - spot.arrive_s <= 0
        ]
        for spot in near[:TRIED]:
            self.offer(None, spot, self.solution.trial(spot.vehicle, self.day_with(spot)))
            if self.late():
                break
        return self.best

    def best_of_all(self) -> Advice | None:
        """Easy changes come first, so that what is found early is worth having when time ends."""
        for look in self.looks():
            if self.late():
                break
            look()
        return replace(self.best, complete=False) if self.best is not None and self.late() else self.best

    def looks(self) -> tuple[Callable[[], None], ...]:
        return (
            self.longer_shifts,
            self.more_load,
            self.other_windows,
            self.earlier_shifts,
            self.site_hours,
            self.site_loads,
            self.one_more_truck,
        )

    def longer_shifts(self) -> None:
        reachable = [
            (spot.need_s + opens - spot.arrive_s, spot)
            for spot in self.free
            if (opens := self.task.place.opens(spot.arrive_s)) is not None
        ]
        for need_s, spot in sorted(reachable, key=lambda entry: entry[0])[:TRIED]:
            hardest_min = MOST_MIN if self.best is None else min(MOST_MIN, self.best.rank[0])
            if need_s > hardest_min * MIN_S + ROUGHLY_S or self.late():
                return
            vehicle, day = self.terrain.vehicles[spot.vehicle], self.day_with(spot)
            walked = self.walked_without_end(spot.vehicle, day)
            over_s = walked.return_s - vehicle.last_s if walked is not None else math.inf
            if over_s <= 0:
                self.offer(None, spot, self.solution.trial(spot.vehicle, day))
            elif over_s <= MOST_MIN * MIN_S:
                self.attempt(self.change(Kind.SHIFT_LATER, over_s / MIN_S, spot), spot)

    def walked_without_end(self, number: int, day: Day) -> Walked | None:
        vehicles = list(self.terrain.vehicles)
        vehicles[number] = replace(vehicles[number], last_s=FAR_S)
        return self.walked_at_once(replace(self.terrain, vehicles=vehicles), number, day)

    def walked_at_once(self, terrain: Terrain, number: int, day: Day) -> Walked | None:
        """Leaving as early as the truck may."""
        return walk_from(terrain, number, day, self.solution.use, terrain.vehicles[number].truck.shift.start_s)

    def more_load(self) -> None:
        of_kind: dict[Kind, list[tuple[float, Spot]]] = {}
        for spot in self.short:
            if spot.short is not None:
                of_kind.setdefault(spot.short[0], []).append((spot.short[1], spot))
        for kind, spots in of_kind.items():
            grounds = list(self.ground_of.values()) if kind is Kind.SITE_STREAM else [None]
            near = sorted(spots, key=lambda entry: (rounded(kind, entry[0]), entry[1].need_s))
            for amount, spot in near[:TRIED]:
                for ground in grounds:
                    if self.late():
                        return
                    self.attempt(self.change(kind, amount, spot, ground=ground), spot)

    def earlier_shifts(self) -> None:
        late: list[tuple[int, Spot]] = []
        for spot in self.free:
            too_late_s = min(
                (max(0, spot.arrive_s - end) for _, end in self.task.place.hours if spot.arrive_s - end < HOUR_S * 4),
                default=None,
            )
            if too_late_s is not None:
                late.append((max(0, spot.need_s, too_late_s), spot))
        for _, spot in sorted(late, key=lambda entry: (entry[0], entry[1].detour_s))[:TRIED_HOURS]:
            start_s = self.terrain.vehicles[spot.vehicle].truck.shift.start_s
            self.smallest(self.change(Kind.SHIFT_EARLIER, 0.0, spot), spot, most=start_s / MIN_S)

    def other_windows(self) -> None:
        for number, window in self._own_windows():
            for kind, missed_s in ((Kind.WINDOW_LATER, _after), (Kind.WINDOW_EARLIER, _before)):
                near = [
                    (max(0, spot.need_s) + by_s, by_s, spot)
                    for spot in self.free
                    if 0 < (by_s := missed_s(window, spot.arrive_s)) <= MOST_MIN * MIN_S
                ]
                most = math.inf if kind is Kind.WINDOW_LATER else window.start_s / MIN_S
                for _, _, spot in sorted(near, key=lambda entry: entry[:2])[:TRIED_HOURS]:
                    self.smallest(self.change(kind, 0.0, spot, window=number), spot, most=most)

    def _own_windows(self) -> list[tuple[int, TimeWindow]]:
        """The point's windows for this visit, with their number from 1; none where visits share the working day."""
        visit = self.task.visit
        windows = list(enumerate(visit.point.windows, 1))
        if visit.of == 1:
            return windows
        if len(windows) != visit.of:
            return []
        return [sorted(windows, key=lambda entry: entry[1].start_s)[visit.number]]

    def site_hours(self) -> None:
        last_s = max(vehicle.last_s for vehicle in self.terrain.vehicles)
        for ground in self.terrain.grounds[self.task.stream]:
            if any(start <= 0 and end >= last_s for start, end in ground.place.hours):
                continue
            for number, window in enumerate(ground.site.windows, 1):
                for kind, most in ((Kind.SITE_LATER, math.inf), (Kind.SITE_EARLIER, window.start_s / MIN_S)):
                    for spot in self.free[:TRIED_HOURS]:
                        self.smallest(self.change(kind, 0.0, spot, ground=ground, window=number), spot, most=most)

    def site_loads(self) -> None:
        for ground in self.terrain.grounds[self.task.stream]:
            for kind, most_kg in (
                (Kind.SITE_CAP, ground.site.daily_cap_kg),
                (Kind.SITE_THROUGHPUT, ground.site.throughput_kg_h),
            ):
                for spot in self.free[:TRIED_LOADS] if most_kg is not None and not self.late() else []:
                    walked = self.walked(self.change(kind, 1e9, spot, ground=ground), spot)
                    if walked is not None and most_kg is not None:
                        over_kg = self._most_tipped(kind, ground, spot.vehicle, walked) - most_kg
                        self.smallest(self.change(kind, 0.0, spot, ground=ground), spot, most=rounded(kind, over_kg))

    def _most_tipped(self, kind: Kind, ground: Ground, vehicle: int, walked: Walked) -> float:
        """Kg at a site, in the day or in its fullest hour."""
        tips = [tip for number, others in self.solution.use.tips.items() if number != vehicle for tip in others]
        by_hour: dict[int, float] = {}
        for tip in (*tips, *walked.tips):
            if tip.site_id == ground.site.site_id:
                hour = tip.start_s // HOUR_S if kind is Kind.SITE_THROUGHPUT else 0
                by_hour[hour] = by_hour.get(hour, 0.0) + tip.kg
        return max(by_hour.values(), default=0.0)

    def one_more_truck(self) -> None:
        day = [Draft(stream=self.task.stream, tasks=[self.number])]
        seen: set[tuple[object, ...]] = set()
        for number, vehicle in enumerate(self.terrain.vehicles):
            likeness = _likeness(vehicle)
            if likeness in seen or self.number not in vehicle.may:
                continue
            seen.add(likeness)
            more = with_one_more(self.terrain, number)
            walked = walk(more, len(more.vehicles) - 1, day, self.solution.use)
            spot = Spot(vehicle=number, trip=0, position=0, detour_s=0, need_s=0, arrive_s=0, short=None)
            change = self.change(Kind.TRUCK, 1.0, spot)
            if walked is not None and self.ground.rules_hold(change, more, day, walked):
                self.offer(change, spot, walked)


def _after(window: TimeWindow, arrive_s: int) -> int:
    """Seconds from the window's last end before a moment to that moment, whatever the day; below 0: none ended."""
    return min((late for days in (0, 1) if (late := arrive_s - window.end_s - days * DAY_S) > 0), default=-1)


def _before(window: TimeWindow, arrive_s: int) -> int:
    return min((early for days in (0, 1) if (early := window.start_s + days * DAY_S - arrive_s) > 0), default=-1)


def _likeness(vehicle: Vehicle) -> tuple[object, ...]:
    truck = vehicle.truck
    prices = (truck.cost_per_km, truck.cost_per_h, truck.cost_per_day)
    return (truck.depot_id, truck.shift, truck.payload_kg, truck.compartments, truck.speed_factor, truck.wash_s, prices)
