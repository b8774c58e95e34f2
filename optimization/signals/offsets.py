"""Offsets of an area with a common cycle: delay-against-offset tables, added up over all pairs.

The best offsets are found exactly where that is quick (offsets_exact.py), else by CP-SAT within a gap.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from city.ids import JunctionId
from optimization.signals.delay import Array
from optimization.signals.offsets_exact import exact_offsets

Pairs = Mapping[tuple[JunctionId, JunctionId], Array]
WORK: Final = 3.0  # deterministic seconds
NEAR: Final = 0.025  # of the bound: demand is not known that well, and the rest of the gap takes most of the time


@dataclass(frozen=True, slots=True, kw_only=True)
class OffsetSolution:
    """`cost` is person-s per h of platoons that wait; `chosen` says which candidate won."""

    offsets_s: Mapping[JunctionId, int]
    cost: float
    bound: float
    chosen: str
    work: float


class OffsetModel:
    """One offset per junction, one table per pair of neighbours."""

    def __init__(self, junction_ids: tuple[JunctionId, ...], cycle_s: int, pairs: Pairs, *, fixed_s: int) -> None:
        self.cycle_s = cycle_s
        self.pairs = pairs
        self.model = cp_model.CpModel()
        self.offsets = {j: self.model.new_int_var(0, cycle_s - 1, f"offset {j}") for j in junction_ids}
        self.costs: list[cp_model.IntVar] = []
        self._first_offset_is_given(junction_ids[0], fixed_s)
        self._platoons_wait_by_their_tables()

    def _first_offset_is_given(self, junction_id: JunctionId, fixed_s: int) -> None:
        """o_1 = given: only differences of offsets matter to platoons."""
        self.model.add(self.offsets[junction_id] == fixed_s % self.cycle_s)

    def _platoons_wait_by_their_tables(self) -> None:
        """cost_ab = table_ab[(o_b - o_a) mod C]."""
        for (a, b), table in self.pairs.items():
            whole = [int(v) for v in np.rint(table)]
            apart = self.model.new_int_var(0, self.cycle_s - 1, f"{a} to {b}")
            wraps = self.model.new_bool_var(f"{a} to {b} wraps")
            self.model.add(apart == self.offsets[b] - self.offsets[a] + self.cycle_s * wraps)
            cost = self.model.new_int_var(min(whole), max(whole), f"cost {a} to {b}")
            self.model.add_element(apart, whole, cost)
            self.costs.append(cost)
        self.model.minimize(cp_model.LinearExpr.sum(self.costs))

    def solve(self, seed: int, hint: Mapping[JunctionId, int]) -> OffsetSolution | None:
        for junction_id, variable in self.offsets.items():
            self.model.add_hint(variable, hint[junction_id])
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = WORK
        solver.parameters.relative_gap_limit = NEAR
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        offsets = {j: solver.value(v) for j, v in self.offsets.items()}
        return OffsetSolution(
            offsets_s=offsets,
            cost=cost_of(self.pairs, offsets),
            bound=solver.best_objective_bound,
            chosen="optimised",
            work=solver.response_proto.deterministic_time,
        )


def cost_of(pairs: Pairs, offsets_s: Mapping[JunctionId, int]) -> float:
    return float(sum(table[(offsets_s[b] - offsets_s[a]) % len(table)] for (a, b), table in pairs.items()))


def tree_offsets(
    junction_ids: tuple[JunctionId, ...], cycle_s: int, pairs: Pairs, fixed_s: int
) -> dict[JunctionId, int]:
    """Each junction at its best offset to the neighbour it is reached from: exact where the ways form no loop."""
    offsets = {junction_ids[0]: fixed_s % cycle_s}
    pending = dict(pairs)
    while len(offsets) < len(junction_ids):
        step = next((pair for pair in pending if (pair[0] in offsets) != (pair[1] in offsets)), None)
        if step is None:
            offsets.setdefault(next(j for j in junction_ids if j not in offsets), fixed_s % cycle_s)
            continue
        a, b = step
        apart = int(np.argmin(pending.pop(step)))
        if a in offsets:
            offsets[b] = (offsets[a] + apart) % cycle_s
        else:
            offsets[a] = (offsets[b] - apart) % cycle_s
    return offsets


def solve_offsets(
    junction_ids: tuple[JunctionId, ...],
    cycle_s: int,
    pairs: Pairs,
    *,
    running_s: Mapping[JunctionId, int],
    seed: int,
) -> OffsetSolution:
    """The best of those found, all offsets zero, and the offsets that run today (where there are any)."""
    fixed_s = running_s.get(junction_ids[0], 0)
    candidates = {
        "zero": dict.fromkeys(junction_ids, 0),
        "running": {j: running_s.get(j, 0) % cycle_s for j in junction_ids},
        "tree": tree_offsets(junction_ids, cycle_s, pairs, fixed_s),
    }
    found = [
        OffsetSolution(offsets_s=o, cost=cost_of(pairs, o), bound=0.0, chosen=name, work=0.0)
        for name, o in candidates.items()
    ]
    solved = _optimised(junction_ids, cycle_s, pairs, fixed_s, seed, candidates["tree"]) if pairs else None
    if solved is not None:
        found.append(solved)
    best = min(found, key=lambda solution: solution.cost)
    bound = solved.bound if solved is not None else best.cost
    work = solved.work if solved is not None else 0.0
    return OffsetSolution(offsets_s=best.offsets_s, cost=best.cost, bound=bound, chosen=best.chosen, work=work)


def _optimised(
    junction_ids: tuple[JunctionId, ...],
    cycle_s: int,
    pairs: Pairs,
    fixed_s: int,
    seed: int,
    hint: Mapping[JunctionId, int],
) -> OffsetSolution | None:
    """Exactly where streets leave few loops, else by CP-SAT within a gap."""
    exact = exact_offsets(junction_ids, cycle_s, pairs, fixed_s)
    if exact is None:
        return OffsetModel(junction_ids, cycle_s, pairs, fixed_s=fixed_s).solve(seed, hint)
    cost = cost_of(pairs, exact)
    return OffsetSolution(offsets_s=exact, cost=cost, bound=cost, chosen="optimised", work=0.0)
