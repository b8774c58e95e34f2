"""Days under repair: what has begun is fixed, and each stop that is disturbed has its price.

A stop that was planned and not begun is calm if it keeps its truck, its place in the order and, within a tolerance, its
time. Every other one costs the price, also one that is dropped. The price of the stops that a truck had is part of the
cost of its walk, so that whatever compares walks compares calm as well.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from optimization.collection.check_replan import Terms
from optimization.collection.replan_state import Standing, copy_of
from optimization.collection.replan_walk import resumed_walk
from optimization.collection.solution import NEW_TRIP_FROM, Insertion, Solution
from optimization.collection.terrain import Terrain
from optimization.collection.walk import Day, Walked

SHORTEST_TRIP_S = 600
TRIED_IN_HASTE = 8


@dataclass(kw_only=True)
class Resumed(Solution):
    standing: list[Standing]
    terms: Terms
    untouched: frozenset[int] = frozenset()  # pending tasks that no event hits
    hasty: bool = False  # pass over insertions that hardly ever fit
    pending: list[dict[int, tuple[int, int]]] = field(init=False)  # task: its place in the order, its planned start

    def __post_init__(self) -> None:
        super().__post_init__()
        self.pending = [_pending(one) for one in self.standing]

    def walk_on(self, terrain: Terrain, vehicle: int, day: Day) -> Walked | None:
        standing = self.standing[vehicle]
        walked = resumed_walk(terrain, vehicle, day, self.use, standing)
        if walked is None:
            return None
        if walked is standing.planned_walk:
            walked = replace(walked)
        walked.cost += self.terms.price * self.disturbed(vehicle, day, walked)
        return walked

    def disturbed(self, vehicle: int, day: Day, walked: Walked | None) -> int:
        """How many of the stops that this truck still had to do are not calm in its day."""
        pending = self.pending[vehicle]
        if walked is None or not pending:
            return len(pending)
        tolerance_s = self.terms.tolerance_s
        kept = [
            place[0]
            for draft, halts in zip(day, walked.halts, strict=True)
            for task, halt in zip(draft.tasks, halts, strict=True)
            if (place := pending.get(task)) is not None and abs(halt.start_s - place[1]) <= tolerance_s
        ]
        return len(pending) - longest_rising(kept)

    def cost_of(self, vehicle: int) -> float:
        walked = self.walked[vehicle]
        if walked is not None:
            return walked.cost
        gone = self.terrain.vehicles[vehicle].shift_price if self.standing[vehicle].departed else 0.0
        return gone + self.terms.price * len(self.pending[vehicle])

    @property
    def disturbed_stops(self) -> int:
        return sum(map(self.disturbed, range(len(self.days)), self.days, self.walked))

    @property
    def untouched_kept(self) -> int:
        """How many of the untouched keep their truck and, among each other, their order."""
        return sum(
            longest_rising(
                pending[task][0] for draft in day for task in draft.tasks if task in self.untouched and task in pending
            )
            for day, pending in zip(self.days, self.pending, strict=True)
        )

    @property
    def is_as_planned(self) -> bool:
        return all(map(self.keeps_plan, range(len(self.days))))

    def keeps_plan(self, vehicle: int) -> bool:
        """Whether the vehicle does what was planned for it, at the planned clocks."""
        planned, walked = self.standing[vehicle].planned_walk, self.walked[vehicle]
        if planned is None or walked is None or self.days[vehicle] != self.standing[vehicle].planned:
            return planned is None and walked is None
        clocks = (walked.depart_s, walked.halts, walked.tips, walked.rest, walked.return_s)
        return clocks == (planned.depart_s, planned.halts, planned.tips, planned.rest, planned.return_s)

    def restore(self, kept: list[tuple[Day, Walked | None]]) -> None:
        """Put days back that were put before; what differs is emptied first, so that no site counts a load twice."""
        changed = [number for number, (day, _) in enumerate(kept) if self.days[number] is not day]
        for number in changed:
            self.put(number, [], None)
        for number in changed:
            self.put(number, *kept[number])

    def cheapest_insertion(self, task: int) -> Insertion | None:
        """In haste, the nearest places and new trips only."""
        if not self.hasty:
            return super().cheapest_insertion(task)
        able = [vehicle for vehicle in range(len(self.days)) if task in self.terrain.vehicles[vehicle].may]
        near = sorted(place for vehicle in able for place in self._detours(vehicle, task))[:TRIED_IN_HASTE]
        best = self._best_of([(vehicle, trip, position) for _, vehicle, trip, position in near], task)
        worth_s = NEW_TRIP_FROM * near[0][0] if near else 0.0
        if best is None or best[0] > worth_s * self.terrain.vehicles[best[1]].s_price + self.terms.price:
            new = self._best_of([(vehicle, None, 0) for vehicle in self._fresh(able)], task)
            best = self._cheaper(best, new)
        return best

    def _detours(self, vehicle: int, number: int) -> list[tuple[int, int, int, int]]:
        """Only places behind what has begun."""
        found = [one for one in super()._detours(vehicle, number) if self.is_ahead(vehicle, one[2], one[3])]
        return self._in_time(vehicle, number, found) if self.hasty else found

    def is_ahead(self, vehicle: int, trip: int, position: int) -> bool:
        """Whether a place in the vehicle's day lies behind what has begun."""
        standing = self.standing[vehicle]
        if not standing.done:
            return True
        open_trip, begun = len(standing.done) - 1, len(standing.done[-1].tasks)
        return trip >= standing.tipped and (trip != open_trip or position >= begun)

    def _in_time(
        self, vehicle: int, number: int, found: list[tuple[int, int, int, int]]
    ) -> list[tuple[int, int, int, int]]:
        """Without places for which the shift is too short. At a trip's ends the detour is not known well enough."""
        slack_s, service_s = self._slack_s(vehicle), self.terrain.tasks[number].service_s
        if slack_s < service_s:
            return []
        sizes = [len(draft.tasks) for draft in self.days[vehicle]]
        return [one for one in found if one[3] in (0, sizes[one[2]]) or one[0] + service_s <= slack_s]

    def _fresh(self, able: list[int]) -> list[int]:
        """Of trucks on the road, in haste, only those whose shift holds another tip."""
        fresh = super()._fresh(able)
        if not self.hasty:
            return fresh
        return [one for one in fresh if not self.days[one] or self._slack_s(one) > SHORTEST_TRIP_S]

    def _slack_s(self, vehicle: int) -> int:
        """By how much the truck's day may grow at most."""
        walked, standing = self.walked[vehicle], self.standing[vehicle]
        last_s = self.terrain.vehicles[vehicle].last_s
        if walked is None:
            return last_s
        earlier_s = 0 if standing.departed else max(0, walked.depart_s - standing.free_s)
        return last_s - walked.return_s + walked.waited_s + earlier_s


def begun_days(
    terrain: Terrain, standing: list[Standing], terms: Terms, untouched: frozenset[int] = frozenset()
) -> tuple[Resumed, list[int]]:
    """What has begun and nothing else, and the vehicles that cannot come home even so."""
    solution = Resumed(terrain=terrain, standing=standing, terms=terms, untouched=untouched)
    stranded = []
    for vehicle, one in enumerate(standing):
        day = copy_of(one.done)
        walked = solution.trial(vehicle, day)
        if walked is not None:
            solution.put(vehicle, day, walked)
        elif day:
            stranded.append(vehicle)
    return solution, stranded


def longest_rising(places: Iterable[int]) -> int:
    """The length of the longest part of the sequence, not necessarily adjoining, that only rises."""
    ends: list[int] = []
    for place in places:
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
    return len(ends)


def _pending(standing: Standing) -> dict[int, tuple[int, int]]:
    planned = standing.planned_walk
    if planned is None:
        return {}
    starts = [halt.start_s for halts in planned.halts for halt in halts]
    tasks = [task for draft in standing.planned for task in draft.tasks]
    return {
        task: (place, start_s)
        for place, (task, start_s) in enumerate(zip(tasks, starts, strict=True))
        if start_s > standing.now_s
    }
