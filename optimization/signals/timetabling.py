"""When each of an area's plans runs: as few as the controllers hold, and only switches that keep every rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from city.clock import DAY_S
from city.signals import Junction
from optimization.signals.coordination import Plans
from optimization.signals.delay import Array
from optimization.signals.periods import SHORTEST, Timetable, timetable
from optimization.signals.problem import SLOTS
from optimization.signals.transitions import best_moment_s, fits


@dataclass(frozen=True, slots=True)
class Timetabler:
    """`busyness` is the flow of all junctions per slot, pcu/h."""

    junctions: Sequence[Junction]
    candidates: Sequence[Plans]
    busyness: Array
    most_plans: int

    def few_enough(self, cost: Array) -> Timetable | None:
        """The timetable without the plans that run least, until the controllers hold all plans that are left.

        What is left out costs infinitely much from then on.
        """
        found = self._cheapest(cost)
        while found is not None and len(set(found.plans)) > self.most_plans:
            rarest = min(set(found.plans), key=found.plans.count)
            cost[rarest] = np.inf
            found = self._cheapest(cost)
        return found

    def _cheapest(self, cost: Array) -> Timetable | None:
        count = len(self.candidates)
        closing = np.array([[self._may_close(a, b) for b in self.candidates] for a in self.candidates], dtype=bool)
        allowed = np.ones((count, count), dtype=bool)
        shortest = max([SHORTEST, *(-(-SLOTS // j.controller.max_day_entries) for j in self.junctions)])
        for _ in range(count * count):
            found = timetable(cost, switch_cost=self.switch_cost, allowed=allowed, closing=closing, shortest=shortest)
            unsafe = self._unsafe_switches(found) if found is not None else []
            if not unsafe:
                return found
            for before, after in unsafe:
                allowed[before, after] = False
        return None

    @property
    def switch_cost(self) -> Array:
        """Person-s that a change of plans costs at the start of each slot: about a cycle in which queues form anew."""
        cycle_s = max(plan.cycle_s for plans in self.candidates for plan in plans.values())
        return np.asarray(self.busyness / 3600 * cycle_s**2 / 2)

    def is_safe(self, one: Timetable) -> bool:
        closes = self._may_close(self.candidates[one.plans[-1]], self.candidates[one.plans[0]])
        return closes and not self._unsafe_switches(one)

    def _may_close(self, before: Plans, after: Plans) -> bool:
        return all(fits(j, before[j.junction_id], after[j.junction_id], DAY_S) for j in self.junctions)

    def _unsafe_switches(self, found: Timetable) -> list[tuple[int, int]]:
        return [
            (before, after)
            for slot, before, after in found.switches
            for j in self.junctions
            if best_moment_s(j, self.candidates[before][j.junction_id], self.candidates[after][j.junction_id], slot)
            is None
        ]
