"""The improvement engine: ruin and recreate over one board, anytime, in steps that can be repeated exactly."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimization.collection.engine_board import END, FLEET, NOBODY, TASKS, TIP, Board
from optimization.collection.engine_chains import MARK_TIP, MARK_TRUCK
from optimization.collection.engine_layout import Layout, board_of
from optimization.collection.engine_search import anneal, begin

Chains = list[list[int]]  # per truck its tasks in order, NOBODY for a tip
Clock = Callable[[], float]

STEPS = 200  # of the temperature, from the first to the last
BLOCKS = 10  # of steps: the work of each is fixed when it begins, by the speed until then
HOTTEST, COLDEST = 1.0, 0.01  # temperature, as a share of what the average way between two stops costs
AVERAGE_TAKEN = 10.0  # tasks an iteration takes out
GAPS_NEAR = 30  # tasks near one that is to be inserted, beside which it is tried
OVERLOOKED = 0.01  # share of the gaps: what keeps the greedy insertion from repeating itself
PROBED = 0.005  # share of the seconds in which the speed is measured
PROBE = 20  # iterations between two looks at the clock meanwhile
PACED = 0.97  # of the seconds: what the steps are meant to fill; at their end the work stops wherever it is
LOOKS = 16  # at the clock in a step, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was done: iterations to measure the speed, then per step of each block. It can be done again exactly."""

    probe: int = 0
    per_step: tuple[int, ...] = ()
    steps: int = 0
    rest: int = 0  # iterations of the step that was not finished

    @property
    def iterations(self) -> int:
        done = [per_step for step in range(self.steps) for per_step in (self.per_step[step * BLOCKS // STEPS],)]
        return self.probe + sum(done) + self.rest


class Engine:
    """Holds one solution and the best so far."""

    def __init__(
        self,
        layout: Layout,
        *,
        seed: int,
        start: Chains | None = None,
        tipped: np.ndarray | None = None,
    ) -> None:
        """`tipped` is what trucks elsewhere bring to the sites, by site and hour [kg]."""
        self.board: Board = board_of(layout, seed)
        if tipped is not None:
            self.board.tipped[:] = tipped
        self.best = np.zeros(len(self.board.nodes), dtype=np.int32)
        self.costs = np.zeros(2)  # of the current solution and of the best
        begin(self.board, self.best, self.costs, _as_entries(start or []), self._near())
        self._unit = self._price_of_a_way()
        self.done = Work()

    @property
    def cost(self) -> float:
        return float(self.costs[1])

    def run(self, seconds: float, *, clock: Clock = time.monotonic, told: Callable[[], None] = lambda: None) -> Work:
        """Improve for about `seconds` of `clock`; `told` is called after each step that found something better.

        `done` is the work until then.
        """
        began, probe = clock(), 0
        while clock() - began < seconds * PROBED:
            self._anneal(0, PROBE)
            probe += PROBE
        done, per_step = probe, []
        for block in range(BLOCKS):
            passed = max(clock() - began, 1e-6)
            steps_left = STEPS - block * STEPS // BLOCKS
            per_step.append(max(1, math.floor(done / passed * max(0.0, seconds * PACED - passed) / steps_left)))
            for step in range(block * STEPS // BLOCKS, (block + 1) * STEPS // BLOCKS):
                before = self.cost
                count = self._until(step, per_step[-1], began + seconds, clock)
                is_whole = count == per_step[-1]
                self.done = Work(
                    probe=probe,
                    per_step=tuple(per_step),
                    steps=step + is_whole,
                    rest=0 if is_whole else count,
                )
                if self.cost < before:
                    told()
                if not is_whole:
                    return self.done
                done += count
        return self.done

    def repeat(self, work: Work) -> None:
        """Do the same work again, however long it takes."""
        self._anneal(0, work.probe)
        for step in range(work.steps):
            self._anneal(step, work.per_step[step * BLOCKS // STEPS])
        if work.rest:
            self._anneal(work.steps, work.rest)

    def anneal(self, steps: range, per_step: int, *, end: float = math.inf, clock: Clock = time.time) -> bool:
        """Do these steps of the temperature, so many iterations each; False if `end` of `clock` came first."""
        return all(self._until(step, per_step, end, clock) == per_step for step in steps)

    def _until(self, step: int, iterations: int, end: float, clock: Clock) -> int:
        done = 0
        while done < iterations and clock() < end:
            count = min(iterations - done, max(1, iterations // LOOKS))
            self._anneal(step, count)
            done += count
        return done

    def chains(self) -> Chains:
        """The best solution so far."""
        return chains_of(self.board, self.best)

    def chains_now(self) -> Chains:
        """The solution that the search stands at, which may be worse than the best."""
        return chains_of(self.board, self.board.nodes["nxt"])

    def _anneal(self, step: int, iterations: int) -> None:
        heat = self._unit * HOTTEST * (COLDEST / HOTTEST) ** (step / (STEPS - 1))
        anneal(self.board, self.best, self.costs, iterations, heat, (AVERAGE_TAKEN, self._near(), OVERLOOKED))

    def _near(self) -> int:
        return min(GAPS_NEAR, int(self.board.near.shape[1]))

    def _price_of_a_way(self) -> float:
        trucks = self.board.trucks[self.board.trucks["stops"] > 0]
        if len(trucks) == 0:
            return 1.0
        moving = float((trucks["cost"] - trucks["shift_price"]).sum())
        return max(1e-9, moving / float(trucks["stops"].sum() + len(trucks)))


def _as_entries(chains: Chains) -> np.ndarray:
    """Chains in one row, as the journal writes them."""
    entries = [
        entry
        for v, chain in enumerate(chains)
        if chain
        for entry in (MARK_TRUCK - v, *(MARK_TIP if task == NOBODY else task for task in chain))
    ]
    return np.array(entries, dtype=np.int32)


def chains_of(board: Board, following: np.ndarray) -> Chains:
    tasks, fleet, kind = int(board.rules[TASKS]), int(board.rules[FLEET]), board.nodes["kind"]
    chains: Chains = []
    for v in range(fleet):
        chain: list[int] = []
        x = int(following[tasks + v])
        while kind[x] != END:
            chain.append(NOBODY if kind[x] == TIP else x)
            x = int(following[x])
        chains.append(chain)
    return chains
