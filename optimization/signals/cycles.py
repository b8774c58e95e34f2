"""The common cycle of an area in one period, and the splits of each junction in it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from city.clock import DAY_S
from city.ids import GroupId, JunctionId
from city.signals import Junction
from optimization.signals.chains import ChainRules, critical_shares, shortlist
from optimization.signals.delay import effective_green_s, webster_cycle_s
from optimization.signals.problem import SLOTS
from optimization.signals.splits import SplitSolution, Tables, Totals, solve_splits
from optimization.signals.streams import (
    Flows,
    Streams,
    greens_s,
    group_costs,
    group_saturations,
    levels_of,
)
from optimization.signals.structure import Structure, structure_of
from optimization.signals.tuning import Splits, Tuner, scaled, splits_of

X_SCALE: Final = 1000.0
ROUGHLY: Final = 0.01  # of the cost, while cycles are compared
STRIDES: Final = (3, 1)  # candidates
FEW_ROUNDS: Final = 1  # of exchanges: while chains are sorted out
SOME_ROUNDS: Final = 4  # while cycles are compared
ALL_ROUNDS: Final = 16
FINALISTS: Final = 2
ROUGH_CYCLES_S: Final = (60, 90)  # at which chains are sorted out
CYCLES_S: Final = (45, 60, 80, 105)  # at which the last of them are compared
STARTS_S: Final = (60, 90)  # from which cycles are sought, beside Webster's
WORTH_A_CHAIN: Final = 0.01  # of its delay, for which a junction leaves the chain that it has


def cycle_candidates(junctions: Sequence[Junction]) -> tuple[int, ...]:
    """Cycles that all junctions allow: divisors of a day, so that offsets survive midnight, and those of today."""
    least_s = max(max(j.cycle_min_s, j.controller.min_cycle_s) for j in junctions)
    most_s = min(min(j.cycle_max_s, j.controller.max_cycle_s) for j in junctions)
    for junction in junctions:
        if junction.running_plan is not None and junction.max_cycle_step_s is not None:
            least_s = max(least_s, junction.running_plan.cycle_s - junction.max_cycle_step_s)
            most_s = min(most_s, junction.running_plan.cycle_s + junction.max_cycle_step_s)
    running = {j.running_plan.cycle_s for j in junctions if j.running_plan is not None}
    within = range(least_s, most_s + 1)
    wanted = {cycle_s for cycle_s in within if DAY_S % cycle_s == 0} | {r for r in running if r in within}
    return tuple(sorted(wanted or set(within[:1]) | set(within[-1:])))


def _downhill(cost: Callable[[int], float], start: int, stride: int, count: int) -> int:
    """The position from which neither neighbour at this stride is cheaper."""
    best = start
    while True:
        beside = [k for k in (best - stride, best + stride) if 0 <= k < count]
        lower = min(beside, key=cost, default=best)
        if cost(lower) >= cost(best):
            return best
        best = lower


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One period of an area: flows by level, and censored lane groups, per junction."""

    slots: range
    flows: Mapping[JunctionId, Flows]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleChoice:
    cycle_s: int
    splits: Mapping[JunctionId, SplitSolution]
    overloaded: Mapping[JunctionId, float]  # the least possible largest x where it is above 1
    apart: float = 0.0  # person-s per h less if each junction had the cycle that it likes best of those tried

    @property
    def cost(self) -> float:
        return sum(solution.cost for solution in self.splits.values())


class CycleSearch:
    """Looks for the common cycle; each one that it tries solves the splits of all junctions.

    Junctions `as_given` run the stage chain that they have. At the junctions of `keep`, censored approaches keep what
    their running plan gives them.
    """

    def __init__(
        self,
        streams: Mapping[JunctionId, Streams],
        *,
        keep: frozenset[JunctionId],
        totals: Totals,
        as_given: frozenset[JunctionId] = frozenset(),
        cycle_from_s: int = 0,
    ) -> None:
        self.streams = streams
        self.as_given = as_given
        self.keep = keep
        self.totals = totals
        self.tuners: dict[tuple[JunctionId, range], Tuner] = {}
        self.near: dict[tuple[JunctionId, range, Structure], Splits] = {}
        allowed = cycle_candidates([s.junction for s in streams.values()])
        self.candidates = tuple(c for c in allowed if c >= cycle_from_s) or allowed[-1:]
        self.structures: Mapping[JunctionId, Structure] = {j: self._structure(s) for j, s in streams.items()}

    def _structure(self, streams: Streams) -> Structure:
        """The chain that waits least over the whole day: all plans of a day share it, so that switches stay simple."""
        junction, day = streams.junction, range(SLOTS)
        rules = ChainRules.of(junction)
        found = [
            structure_of(junction, chain, rules.least_splits_s(chain))
            for chain in shortlist(streams, streams.planned.mean(axis=1))
        ]
        if len(found) == 1 or not self.candidates or junction.junction_id in self.as_given:
            return found[0]
        flows = levels_of(streams.planned, day, streams.planned.sum(axis=0))
        period = Period(slots=day, flows={streams.junction_id: flows})
        cost: dict[Structure, float] = {}
        for structure in dict.fromkeys(found):
            cost[structure] = self._cost_of_chain(streams, structure, period, FEW_ROUNDS, ROUGH_CYCLES_S)
        best = sorted(cost, key=lambda one: cost[one])[:FINALISTS]
        final = {one: self._cost_of_chain(streams, one, period, SOME_ROUNDS, CYCLES_S) for one in {found[0], *best}}
        chosen = min(final, key=lambda one: (final[one], found.index(one)))
        kept_cost = final[found[0]]
        return chosen if final[chosen] < kept_cost * (1 - WORTH_A_CHAIN) else found[0]

    def _cost_of_chain(
        self, streams: Streams, structure: Structure, period: Period, rounds: int, cycles_s: tuple[int, ...]
    ) -> float:
        """Person-s per h at the best of a few cycles."""
        least_s = sum(structure.least_s)
        usable = [c for c in self.candidates if c >= least_s] or list(self.candidates[-1:])
        wanted = dict.fromkeys(min(usable, key=lambda c: abs(c - asked)) for asked in cycles_s)
        tried = [self._tuned(streams, structure, period, cycle_s, rounds) for cycle_s in wanted]
        later = [c for c in usable if c > max(wanted)]
        while later and all(one is None for one in tried):  # minimums of walks ask for more than stages say
            tried.append(self._tuned(streams, structure, period, later.pop(0), rounds))
        return min((one.cost for one in tried if one is not None), default=math.inf)

    def _tuned(
        self, streams: Streams, structure: Structure, period: Period, cycle_s: int, rounds: int
    ) -> SplitSolution | None:
        """Tuned on the lanes, from what another cycle's became, else from splits by the tables of signal groups."""
        least_s = self.least_greens_s(streams, period.slots, cycle_s)
        key = (streams.junction_id, period.slots)
        if key not in self.tuners:
            self.tuners[key] = Tuner(streams, period.flows[streams.junction_id])
        near = self.near.get((*key, structure))
        again = scaled(near, structure.least_s, cycle_s) if near is not None else None
        found = self.tuners[key].tuned(structure, again, least_s, rounds=rounds) if again is not None else None
        bound = 0.0
        if found is None or not math.isfinite(found.cost):
            start = self._by_tables(streams, structure, period, cycle_s, least_s)
            if start is None:
                return None
            found = self.tuners[key].tuned(structure, tuple(s for _, s in start.splits_s), least_s, rounds=rounds)
            if not math.isfinite(found.cost):
                return start
            bound = start.bound
        self.near[*key, structure] = found.splits
        return SplitSolution(splits_s=splits_of(structure.order, found.splits), cost=found.cost, bound=bound, work=0.0)

    def _by_tables(
        self, streams: Streams, structure: Structure, period: Period, cycle_s: int, least_s: Mapping[GroupId, int]
    ) -> SplitSolution | None:
        tables = group_costs(streams, period.flows[streams.junction_id], cycle_s)
        return solve_splits(
            streams.junction, structure, cycle_s, tables, least_s=least_s, totals=self.totals, tolerance=ROUGHLY
        )

    def choose(self, period: Period) -> tuple[CycleChoice, ...]:
        """The cheapest cycle, and where demand exceeds capacity at every cycle the largest, with greens in proportion.

        The latter is the only choice where all junctions are overloaded.
        """
        if not self.candidates:
            return ()
        overloaded = self._overloaded(period)
        found = [self._overload_plan(period, overloaded)] if overloaded else []
        if len(overloaded) < len(self.streams):
            roughly = self._walk(period)
            best = None if roughly is None else self._at(period, roughly.cycle_s, rounds=ALL_ROUNDS)
            found.append(None if best is None or roughly is None else replace(best, apart=roughly.apart))
        return tuple(choice for choice in found if choice is not None)

    def _walk(self, period: Period) -> CycleChoice | None:
        """Downhill from the best of Webster's cycle and two others, first in long strides, then in short ones."""
        start_s = max(self._webster_s(s, period.flows[j]) for j, s in self.streams.items())
        tried: dict[int, CycleChoice | None] = {}

        def cost(position: int) -> float:
            if position not in tried:
                tried[position] = self._at(period, self.candidates[position], rounds=SOME_ROUNDS)
            choice = tried[position]
            return math.inf if choice is None else choice.cost

        starts = [
            min(range(len(self.candidates)), key=lambda k: abs(self.candidates[k] - s)) for s in (start_s, *STARTS_S)
        ]
        best = min(dict.fromkeys(starts), key=cost)
        best = next((k for k in range(best, len(self.candidates)) if cost(k) < math.inf), best)
        for stride in STRIDES:
            best = _downhill(cost, best, stride, len(self.candidates))
        common = tried[best]
        if common is None:
            return None
        usable = [choice for choice in tried.values() if choice is not None]
        least = sum(min(choice.splits[j].cost for choice in usable) for j in self.streams)
        return replace(common, apart=common.cost - least)

    def _at(self, period: Period, cycle_s: int, *, rounds: int) -> CycleChoice | None:
        splits = {}
        for junction_id, streams in self.streams.items():
            solution = self._tuned(streams, self.structures[junction_id], period, cycle_s, rounds)
            if solution is None:
                return None
            splits[junction_id] = solution
        return CycleChoice(cycle_s=cycle_s, splits=splits, overloaded={})

    def _solve(
        self,
        streams: Streams,
        period: Period,
        cycle_s: int,
        tables: Tables,
        *,
        worst: bool = False,
    ) -> SplitSolution | None:
        return solve_splits(
            streams.junction,
            self.structures[streams.junction_id],
            cycle_s,
            tables,
            least_s=self.least_greens_s(streams, period.slots, cycle_s),
            totals=self.totals,
            worst=worst,
        )

    def least_greens_s(self, streams: Streams, slots: range, cycle_s: int) -> dict[GroupId, int]:
        """Greens that leave censored approaches the capacity they have today."""
        running = streams.junction.running_plan
        if running is None or streams.junction_id not in self.keep:
            return {}
        shown = greens_s(running)
        gain_s = streams.profile.end_gain_s - streams.profile.start_up_loss_s
        least: dict[GroupId, int] = {}
        for k, group_id in enumerate(streams.groups):
            if streams.censored[k, slots.start : slots.stop].any():
                effective = float(effective_green_s(shown.get(group_id, 0), streams.profile))
                needed = effective * cycle_s / running.cycle_s - gain_s
                least[group_id] = max(least.get(group_id, 0), math.ceil(needed - 1e-9))
        return least

    def _webster_s(self, streams: Streams, flows: Flows) -> float:
        lost_s, ratio = self._lost_and_ratio(streams, flows, self.structures[streams.junction_id])
        return min(webster_cycle_s(lost_s, ratio), float(self.candidates[-1]))

    @staticmethod
    def _lost_and_ratio(streams: Streams, flows: Flows, structure: Structure) -> tuple[float, float]:
        """Webster's L and Y: lost time of all stage changes; the least shares that give each group its flow ratio."""
        cleared = dict.fromkeys(structure.order, 0)
        for run in structure.runs:
            last = structure.order[run.positions[-1]]
            cleared[last] = max([cleared[last], *(seconds for between, seconds in run.waits if not between)])
        ratio: dict[GroupId, float] = {}
        for k, group_id in enumerate(streams.groups):
            ratio[group_id] = max(ratio.get(group_id, 0.0), float(flows.pcu_h[k].max() / streams.saturation[k]))
        members = [frozenset(streams.junction.stage(stage_id).group_ids) for stage_id in structure.order]
        change_s = streams.profile.start_up_loss_s - streams.profile.end_gain_s
        lost_s = sum(cleared.values()) + change_s * len(cleared)
        return lost_s, float(critical_shares(ratio, members).sum())

    def _overloaded(self, period: Period) -> dict[JunctionId, tuple[float, SplitSolution]]:
        largest_s = self.candidates[-1]
        found = {}
        for junction_id, streams in self.streams.items():
            flows = period.flows[junction_id]
            lost_s, ratio = self._lost_and_ratio(streams, flows, self.structures[junction_id])
            if ratio < 0.9 * (1 - lost_s / largest_s):
                continue
            tables = {g: X_SCALE * x for g, x in group_saturations(streams, flows, largest_s).items()}
            solution = self._solve(streams, period, largest_s, tables, worst=True)
            if solution is not None and solution.cost > X_SCALE:
                found[junction_id] = (solution.cost / X_SCALE, solution)
        return found

    def _overload_plan(
        self, period: Period, overloaded: Mapping[JunctionId, tuple[float, SplitSolution]]
    ) -> CycleChoice | None:
        choice = self._at(period, self.candidates[-1], rounds=ALL_ROUNDS)
        if choice is None:
            return None
        splits = {**choice.splits, **{j: solution for j, (_, solution) in overloaded.items()}}
        return CycleChoice(cycle_s=choice.cycle_s, splits=splits, overloaded={j: x for j, (x, _) in overloaded.items()})
