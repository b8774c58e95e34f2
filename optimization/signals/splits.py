"""Splits of one junction at a given cycle: a small exact model for CP-SAT.

Costs enter as tables over whole seconds of green, one per signal group. Each is replaced by its lower convex hull,
which it follows at every second where it is convex; edges of the hull are tangents from below and enter as needed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from ortools.sat.python import cp_model

from city.ids import GroupId, StageId
from city.national import national_profile
from city.signal_parts import Countdown, MovementKind
from city.signals import Junction
from optimization.signals.delay import Array
from optimization.signals.structure import Run, Structure

SCALE: Final = 10  # tables are rounded to a tenth
LARGEST_COST: Final = 10**12
FIRST_TANGENTS: Final = 12
ROUNDS: Final = 12
WORK: Final = 2.0  # deterministic seconds per solve

Tables = Mapping[GroupId, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitSolution:
    splits_s: tuple[tuple[StageId, int], ...]
    cost: float  # by the tables themselves
    bound: float
    work: float  # deterministic seconds


@dataclass(slots=True, kw_only=True)
class Totals:
    """The solver's seed and work over a whole plan; identical problems are solved once."""

    seed: int = 1
    solves: int = 0
    repeated: int = 0
    work: float = 0.0
    known: dict[object, SplitSolution | None] = field(default_factory=dict)


class SplitModel:
    """Stages, greens and costs of one junction in one cycle.

    `least_s` raises the minimum green of a group (censored approaches). With `worst=True` the largest table value is
    minimised instead of the sum.
    """

    def __init__(
        self,
        junction: Junction,
        structure: Structure,
        cycle_s: int,
        tables: Tables,
        *,
        least_s: Mapping[GroupId, int],
        worst: bool = False,
    ) -> None:
        self.junction = junction
        self.structure = structure
        self.cycle_s = cycle_s
        self.worst = worst
        self.tables = {g: _whole(tables[g]) for g in sorted(tables) if g not in structure.always}
        self.constant = sum(int(_whole(tables[g])[-1]) for g in sorted(tables) if g in structure.always)
        self.least_s = least_s
        self.model = cp_model.CpModel()
        self.splits = [
            self.model.new_int_var(min(low, cycle_s), cycle_s, s)
            for s, low in zip(structure.order, structure.least_s, strict=True)
        ]
        self.run_greens = [self.model.new_int_var(1, cycle_s, f"{run.group_id}") for run in structure.runs]
        self._splits_fill_the_cycle()
        self._greens_follow_from_splits()
        self._greens_keep_their_minimum()
        self._greens_keep_their_maximum()
        self._reds_keep_their_maximum()
        self._censored_approaches_keep_their_capacity()
        self._delay_lies_above_its_tangents()

    def _total(self, positions: Sequence[int]) -> cp_model.LinearExpr:
        return cp_model.LinearExpr.sum([self.splits[k] for k in positions])

    def _splits_fill_the_cycle(self) -> None:
        """Sum of splits = C."""
        self.model.add(self._total(range(len(self.splits))) == self.cycle_s)

    def _greens_follow_from_splits(self) -> None:
        """g_r = min over what waits for run r of (splits of r + splits until it begins - intergreen)."""
        for run, green in zip(self.structure.runs, self.run_greens, strict=True):
            own = self._total(run.positions)
            ends = [own, *(own + self._total(between) - seconds for between, seconds in run.waits)]
            if len(ends) == 1:
                self.model.add(green == own)
            else:
                self.model.add_min_equality(green, ends)

    def _greens_keep_their_minimum(self) -> None:
        """g_r >= minimum green, longer than the green flash, as long as a countdown."""
        controller = self.junction.controller
        counted_s = controller.countdown_s if controller.countdown is Countdown.LAST_SECONDS else 0
        for run, green in zip(self.structure.runs, self.run_greens, strict=True):
            group = self.junction.group(run.group_id)
            self.model.add(green >= max(group.min_green_s, group.green_flash_s + 1, counted_s))

    def _greens_keep_their_maximum(self) -> None:
        """g_r <= maximum green."""
        for run, green in zip(self.structure.runs, self.run_greens, strict=True):
            most_s = self.junction.group(run.group_id).max_green_s
            if most_s is not None:
                self.model.add(green <= most_s)

    def _reds_keep_their_maximum(self) -> None:
        """Yellow + red-amber <= time to the group's next start - g_r <= maximum red + yellow."""
        for run, green in zip(self.structure.runs, self.run_greens, strict=True):
            group = self.junction.group(run.group_id)
            dark = self._total(run.until_next) - green
            self.model.add(dark >= group.yellow_s + group.red_amber_s)
            self.model.add(dark <= self._longest_red_s(run) + group.yellow_s)

    def _longest_red_s(self, run: Run) -> int:
        group = self.junction.group(run.group_id)
        profile = national_profile(self.junction.national_profile)
        longest_s = profile.max_red_s if group.max_red_s is None else group.max_red_s
        walks = group.kind is MovementKind.PEDESTRIAN
        return min(longest_s, profile.max_pedestrian_wait_s) if walks else longest_s

    def _censored_approaches_keep_their_capacity(self) -> None:
        """Sum of greens of group G >= what keeps its share of the cycle under the running plan."""
        for group_id, seconds in self.least_s.items():
            if group_id not in self.structure.always:
                self.model.add(self._group_green(group_id) >= seconds)

    def _group_green(self, group_id: GroupId) -> cp_model.LinearExpr:
        pairs = zip(self.structure.runs, self.run_greens, strict=True)
        own = [green for run, green in pairs if run.group_id == group_id]
        return cp_model.LinearExpr.sum(own)

    def _delay_lies_above_its_tangents(self) -> None:
        """z_G >= every edge of the lower convex hull of G's table; one z for all where the worst counts."""
        self.hulls = {g: _hull(table) for g, table in self.tables.items()}
        self.used: dict[GroupId, set[int]] = {g: set() for g in self.tables}
        shared = self.model.new_int_var(0, LARGEST_COST, "worst") if self.worst else None
        self.costs = {
            g: self.model.new_int_var(0, LARGEST_COST, f"z {g}") if shared is None else shared for g in self.tables
        }
        for group_id, hull in self.hulls.items():
            count = len(hull) - 1
            for edge in {round(k * (count - 1) / max(1, FIRST_TANGENTS - 1)) for k in range(FIRST_TANGENTS)}:
                self._add_tangent(group_id, max(0, min(edge, count - 1)))
        self.model.minimize(shared if shared is not None else cp_model.LinearExpr.sum(list(self.costs.values())))

    def _add_tangent(self, group_id: GroupId, edge: int) -> bool:
        hull, table = self.hulls[group_id], self.tables[group_id]
        if edge in self.used[group_id] or len(hull) < 2:
            return False
        self.used[group_id].add(edge)
        left, right = hull[edge], hull[edge + 1]
        run, rise = right - left, int(table[right] - table[left])
        green = self._group_green(group_id)
        self.model.add(run * self.costs[group_id] >= run * int(table[left]) + rise * green - rise * left)
        return True

    def solve(self, seed: int, tolerance: float = 0.0) -> SplitSolution | None:
        """Splits within `tolerance` (relative) of the best, or None where no splits keep every rule."""
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.max_deterministic_time = WORK
        solver.parameters.cp_model_presolve = False  # costs more than these small models take to solve
        work, bound, best = 0.0, 0.0, None
        for _ in range(ROUNDS):
            status = solver.solve(self.model)
            work += solver.response_proto.deterministic_time
            if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
                return best
            bound = max(bound, solver.best_objective_bound)
            cost = self._true_cost(solver)
            if best is None or cost < best.cost * SCALE:
                splits = [(s, solver.value(v)) for s, v in zip(self.structure.order, self.splits, strict=True)]
                best = SplitSolution(splits_s=tuple(splits), cost=cost / SCALE, bound=0.0, work=0.0)
            if best.cost * SCALE - self.constant - bound <= tolerance * cost or not self._tighten(solver):
                break
        if best is None:
            return None
        lower = 0.0 if self.worst else float(self.constant)
        return SplitSolution(splits_s=best.splits_s, cost=best.cost, bound=(bound + lower) / SCALE, work=work)

    def _true_cost(self, solver: cp_model.CpSolver) -> float:
        values = [int(table[solver.value(self._group_green(g))]) for g, table in self.tables.items()]
        return float(max(values, default=0)) if self.worst else float(sum(values) + self.constant)

    def _tighten(self, solver: cp_model.CpSolver) -> bool:
        """Add the hull's edges beside the greens just found; False where all of them are there already."""
        added = False
        for group_id, hull in self.hulls.items():
            green = solver.value(self._group_green(group_id))
            right = int(np.searchsorted(hull, green, side="left"))
            for edge in (right - 1, right):
                if 0 <= edge < len(hull) - 1:
                    added |= self._add_tangent(group_id, edge)
        return added


def _whole(table: Array) -> np.ndarray:
    return np.minimum(np.rint(table * SCALE), LARGEST_COST / 2000).astype(np.int64)


def _hull(table: np.ndarray) -> list[int]:
    """Positions of the lower convex hull of a table (Andrew's monotone chain)."""
    hull: list[int] = []
    for k in range(len(table)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (table[b] - table[a]) * (k - a) < (table[k] - table[a]) * (b - a):
                break
            hull.pop()
        hull.append(k)
    return hull


def solve_splits(
    junction: Junction,
    structure: Structure,
    cycle_s: int,
    tables: Tables,
    *,
    least_s: Mapping[GroupId, int],
    totals: Totals,
    worst: bool = False,
    tolerance: float = 0.0,
) -> SplitSolution | None:
    """As SplitModel, solved once for problems that differ in nothing but names of junctions."""
    key = (
        structure,
        junction.groups,
        junction.controller,
        junction.national_profile,
        cycle_s,
        worst,
        tolerance,
        tuple(sorted(least_s.items())),
        tuple((g, _whole(tables[g]).tobytes()) for g in sorted(tables)),
    )
    if key in totals.known:
        totals.repeated += 1
        return totals.known[key]
    solution = SplitModel(junction, structure, cycle_s, tables, least_s=least_s, worst=worst).solve(
        totals.seed, tolerance
    )
    totals.solves += 1
    totals.work += solution.work if solution is not None else 0.0
    totals.known[key] = solution
    return solution
