"""One task, the places it could go to, and the easiest change found so far."""

import math
from dataclasses import dataclass, replace
from typing import Final

from city.clock import DAY_S
from city.waste_plans import RelaxationKind as Kind
from optimization.collection.advice_ground import Change, RelaxedGround
from optimization.collection.advice_spots import Spot, Spots
from optimization.collection.relaxation import EFFORT, MIN_S, UNITS, effort_min
from optimization.collection.solution import Solution, copied
from optimization.collection.terrain import Ground, Task
from optimization.collection.walk import Day, Draft, Walked
from optimization.patience import Patience

STEP: Final[dict[Kind, float]] = {
    Kind.DAILY_KG: 100.0,
    Kind.DAILY_M3: 0.1,
    Kind.SHIFT_LATER: 5.0,
    Kind.SHIFT_EARLIER: 5.0,
    Kind.WINDOW_LATER: 15.0,
    Kind.WINDOW_EARLIER: 15.0,
    Kind.SITE_LATER: 15.0,
    Kind.SITE_EARLIER: 15.0,
    Kind.SITE_CAP: 100.0,
    Kind.SITE_THROUGHPUT: 100.0,
    Kind.VOLUME: 0.1,
    Kind.PAYLOAD: 100.0,
    Kind.STREET_HEIGHT: 0.1,
    Kind.STREET_WEIGHT: 100.0,
}
MOST_MIN = 240.0  # a longer change of hours is no advice
MOST = 1e6  # of anything
TRIED = 8  # places per kind of change
TRIED_HOURS = 6  # places per site or window; most are known to be no better after one walk
TRIED_LOADS = 20  # places per site that takes too little: which hour a load falls into is hard to guess
FAR_S = 3 * DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`change` is None where the task fits as it is. The walk is of the changed day of `vehicle`."""

    change: Change | None
    vehicle: int
    trip: int
    position: int
    walked: Walked
    extra_cost: float
    extra_km: float
    extra_min: float
    complete: bool = True  # whether all kinds were tried

    @property
    def rank(self) -> tuple[float, float]:
        effort = effort_min(self.change.kind, self.change.amount) if self.change is not None else 0.0
        return effort, self.extra_cost


class Looking:
    """Keeps what is easiest; each method tries one change at one place, by the exact walk."""

    def __init__(
        self, solution: Solution, spots: Spots, ground: RelaxedGround, number: int, patience: Patience
    ) -> None:
        self.solution = solution
        self.terrain = solution.terrain
        self.ground = ground
        self.ground_of = spots.ground_of
        self.number = number
        self.task: Task = self.terrain.tasks[number]
        self.patience = patience
        places = spots.of(number)
        free = (spot for spot in places if spot.short is None)
        self.free = sorted(free, key=lambda spot: (max(0, spot.need_s), spot.detour_s))
        self.short = [spot for spot in places if spot.short is not None]
        self.best: Advice | None = None

    def late(self) -> bool:
        return self.patience.over()

    def change(
        self, kind: Kind, amount: float, spot: Spot, *, ground: Ground | None = None, window: int | None = None
    ) -> Change:
        return Change(
            kind=kind,
            amount=rounded(kind, amount),
            task=self.number,
            vehicle=spot.vehicle,
            ground=ground,
            window=window,
        )

    def smallest(self, change: Change, spot: Spot, *, most: float) -> None:
        """Bisection over whole steps: what more time allows, still more time allows as well."""
        step = STEP[change.kind]
        unit_most = MOST_MIN if UNITS[change.kind] == "min" else math.inf
        high = math.floor(min(most, unit_most, self._most_worth(change.kind), MOST) / step + 1e-9)
        if self.late() or high < 1:
            return
        walked = self.walked(replace(change, amount=high * step), spot)
        if walked is None:
            return
        low = 0
        while high - low > 1:
            middle = (low + high) // 2
            tried = self.walked(replace(change, amount=middle * step), spot)
            low, high, walked = (middle, high, walked) if tried is None else (low, middle, tried)
        self.offer(replace(change, amount=high * step), spot, walked)

    def _most_worth(self, kind: Kind) -> float:
        """The amount from which on a change is harder than the easiest one found."""
        once, each = EFFORT[kind]
        return math.inf if self.best is None else (self.best.rank[0] - once) / each

    def could_win(self, change: Change, amount: float) -> bool:
        return self.best is None or effort_min(change.kind, amount) <= self.best.rank[0]

    def attempt(self, change: Change, spot: Spot) -> None:
        if self.could_win(change, change.amount):
            self.offer(change, spot, self.walked(change, spot))

    def walked(self, change: Change, spot: Spot) -> Walked | None:
        day = self.day_with(spot)
        terrain = self.ground.after(change, day)
        walked = self.solution.walk_on(terrain, spot.vehicle, day)
        return walked if walked is not None and self.ground.rules_hold(change, terrain, day, walked) else None

    def day_with(self, spot: Spot) -> Day:
        day = copied(self.solution.days[spot.vehicle])
        if spot.trip == len(day):
            return [*day, Draft(stream=self.task.stream, tasks=[self.number])]
        day[spot.trip].tasks.insert(spot.position, self.number)
        return day

    def offer(self, change: Change | None, spot: Spot, walked: Walked | None) -> None:
        if walked is None:
            return
        fresh = change is not None and change.kind is Kind.TRUCK
        before = None if fresh else self.solution.walked[spot.vehicle]
        lasted_s = before.return_s - before.depart_s if before is not None else 0
        found = Advice(
            change=change,
            vehicle=spot.vehicle,
            trip=spot.trip,
            position=spot.position,
            walked=walked,
            extra_cost=walked.cost - (before.cost if before is not None else 0.0),
            extra_km=(walked.metres - (before.metres if before is not None else 0)) / 1000,
            extra_min=(walked.return_s - walked.depart_s - lasted_s) / MIN_S,
        )
        if self.best is None or found.rank < self.best.rank:
            self.best = found


def rounded(kind: Kind, amount: float) -> float:
    """Up to whole steps, at least one; a hair over a step is the noise of a sum."""
    step = STEP.get(kind, 1.0)
    return round(max(1, math.ceil(amount / step - 1e-9)) * step, 6)
