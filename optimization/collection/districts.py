"""City scale: the routes of a large city improved district by district, side by side, in rounds.

The whole search is one annealing. Each round covers some steps of the temperature; in it the city is cut into
districts (district_choice), each is a board of its own that ruin and recreate works on, and what came out is put
together again. The next round cuts elsewhere, so that no border stays one. A round that the clock ends is dropped
whole: what was done can be done again from the number of districts, the iterations per task and step, and the seed.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from optimization.collection.district_choice import District, districts_of
from optimization.collection.district_layout import chains_part, chains_whole, layout_part, site_shares
from optimization.collection.engine import BLOCKS, PACED, STEPS, Chains, Engine, Work
from optimization.collection.engine_layout import Layout
from optimization.side_by_side import Hands

ROUNDS = 40
STEPS_A_ROUND = STEPS // ROUNDS
PER_TASKS = 1000  # tasks, for which the iterations of a step are counted
LARGE = 3000  # tasks from which on districts are worth it: on fewer, one search per core finds as much
TASKS_OF_A_DISTRICT = 2000
LEAST_TRUCKS = 8  # of a district, on average: fewer find no room for the stops of a truck that could stay at home
SEEDS = 2**32  # of the generator that cuts
PROBED = 100  # iterations per `PER_TASKS` tasks, in which the speed is measured
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictTask:
    """A district for whoever works on it: to be ended by `end_at` (Unix time)."""

    layout: Layout
    start: Chains
    seed: int
    tipped: npt.NDArray[np.float64]
    steps: range
    per_step: int
    end_at: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictDone:
    """Where the search of a district stands, and its best with its cost; `given` as on the board."""

    now: Chains
    best: Chains
    best_cost: float
    given: npt.NDArray[np.float64]
    iterations: int


def improve_district(task: DistrictTask) -> DistrictDone | None:
    """None if the clock ended it."""
    engine = Engine(task.layout, seed=task.seed, start=task.start, tipped=task.tipped)
    if not engine.anneal(task.steps, task.per_step, end=task.end_at):
        return None
    return DistrictDone(
        now=engine.chains_now(),
        best=engine.chains(),
        best_cost=engine.cost,
        given=engine.board.given,
        iterations=len(task.steps) * task.per_step,
    )


def district_count(tasks: int, trucks: int, cores: int) -> int:
    """How many districts to work in, as many times all cores as there are tasks for; 1 for what is not large."""
    if tasks < LARGE:
        return 1
    wanted = math.ceil(tasks / (TASKS_OF_A_DISTRICT * cores)) * cores
    return max(1, min(trucks // LEAST_TRUCKS, wanted))


class Districts:
    """Holds one solution of the whole city and the best so far."""

    def __init__(self, layout: Layout, *, count: int, seed: int, start: Chains, work: Hands) -> None:
        whole = Engine(layout, seed=seed, start=start)
        self.layout, self.count, self.seed, self.work_on = layout, count, seed, work
        self.near: npt.NDArray[np.int32] = whole.board.near
        self.given: npt.NDArray[np.float64] = whole.board.given
        self.now: Chains = whole.chains()
        self.best, self.cost = self.now, whole.cost
        self.iterations = 0
        self.done = Work()

    def run(self, seconds: float, *, clock: Clock = time.monotonic) -> Work:
        """Improve for about `seconds`, paced by `clock`; `done` is the work until then."""
        began, end_at = clock(), time.time() + seconds
        per_step: list[int] = []
        if not self._round(range(1), PROBED, 0, end_at):
            return self.done
        self.done, done = Work(probe=PROBED), PROBED
        for block in range(BLOCKS):
            passed = max(clock() - began, 1e-6)
            steps = range(block * STEPS // BLOCKS, (block + 1) * STEPS // BLOCKS)
            left_s = max(0.0, seconds * PACED - passed)
            per_step.append(max(1, math.floor(done / passed * left_s / (STEPS - steps.start))))
            for first in range(steps.start, steps.stop, STEPS_A_ROUND):
                if not self._round(range(first, first + STEPS_A_ROUND), per_step[-1], first + 1, end_at):
                    return self.done
                self.done = Work(probe=PROBED, per_step=tuple(per_step), steps=first + STEPS_A_ROUND)
                done += per_step[-1] * STEPS_A_ROUND
        return self.done

    def repeat(self, work: Work) -> None:
        """Do the same work again, however long it takes."""
        if work.probe:
            self._round(range(1), work.probe, 0, math.inf)
        for first in range(0, work.steps, STEPS_A_ROUND):
            per_step = work.per_step[first * BLOCKS // STEPS]
            self._round(range(first, first + STEPS_A_ROUND), per_step, first + 1, math.inf)
        self.done = work

    def _round(self, steps: range, per_step: int, number: int, end_at: float) -> bool:
        """Cut, improve and put together; False, and nothing has changed, if `end_at` came first."""
        districts = districts_of(self.layout, self.near, self.now, self.count, (self.seed % SEEDS, number))
        shares = site_shares(self.layout, self.given, districts)
        tasks = [
            partial(
                self._task, district, share, (self.seed * STEPS + number) * self.count + place, steps, per_step, end_at
            )
            for place, (district, share) in enumerate(zip(districts, shares, strict=True))
        ]
        found = self.work_on(improve_district, tasks, end_at=end_at)
        finished = [one for one in found if one is not None]
        if len(finished) < len(found):
            return False
        self._put_together(districts, finished)
        return True

    def _put_together(self, districts: list[District], found: list[DistrictDone]) -> None:
        best, now = list(self.now), list(self.now)  # a truck of no district did and does nothing
        for district, one in zip(districts, found, strict=True):
            for truck, chain in chains_whole(one.now, district).items():
                now[truck] = chain
            for truck, chain in chains_whole(one.best, district).items():
                best[truck] = chain
            if self.given.size:
                self.given[district.trucks] = one.given
        cost = sum(one.best_cost for one in found)
        if cost < self.cost:
            self.best, self.cost = best, cost
        self.now = now
        self.iterations += sum(one.iterations for one in found)

    def _task(
        self,
        district: District,
        share: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
        seed: int,
        steps: range,
        per_step: int,
        end_at: float,
    ) -> DistrictTask:
        layout = layout_part(self.layout, district)
        tipped, cap_kg = share
        layout.sites["cap_kg"] = cap_kg
        return DistrictTask(
            layout=layout,
            start=chains_part(self.now, district, len(self.layout.tasks)),
            seed=seed,
            tipped=tipped,
            steps=steps,
            per_step=max(1, per_step * len(district.tasks) // PER_TASKS),
            end_at=end_at,
        )
