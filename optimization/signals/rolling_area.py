"""One area's next hour: trims of splits alone, or another cycle or other offsets too.

Every candidate begins at the plans in force and moves inside the envelope.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Final

from city.errors import CityError
from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalPlan
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.areas import Area
from optimization.signals.coordination import Network
from optimization.signals.offsets import cost_of
from optimization.signals.rolling_problem import RollingProblem, Window
from optimization.signals.rolling_trims import Trimmer, stretched
from optimization.signals.rolling_window import Box, box_of, common_cycles_s, plans_met
from optimization.signals.rolling_worth import AreaRolled, Worth
from optimization.signals.streams import Flows, Streams, levels_of, streams_of

MOST_CYCLES: Final = 4  # beside the one that runs, the nearest
WORTH_MOVING: Final = 1e-3  # of what platoons wait
Plans = dict[JunctionId, SignalPlan]


class AreaRoller:
    """`days` are the days of the area's junctions as they are in force."""

    def __init__(self, area: Area, problem: RollingProblem, days: Mapping[JunctionId, DayPlan], window: Window) -> None:
        self.area, self.problem, self.window = area, problem, window
        self.junctions: dict[JunctionId, Junction] = {j.junction_id: j for j in area.junctions}
        self.streams: dict[JunctionId, Streams] = {
            j: streams_of(junction, problem.demand) for j, junction in self.junctions.items()
        }
        self.network = Network(area=area, streams=self.streams)
        self.base: Plans = {j: days[j].plan_at(window.start_s) for j in self.junctions}
        self.worth = Worth(self.network, problem, self.base, window)
        self.flows: dict[JunctionId, Flows] = {j: self._levels(s) for j, s in self.streams.items()}
        self.boxes = self._boxes(days)
        self.trimmers = {
            j: Trimmer(self.streams[j], self.base[j], self.flows[j], self.worth.slots)
            for j in self.boxes
            if self.streams[j].movements
        }

    def _levels(self, streams: Streams) -> Flows:
        flow = streams.planned[:, self.worth.slots]
        return levels_of(flow, range(flow.shape[1]), flow.sum(axis=0))

    def _boxes(self, days: Mapping[JunctionId, DayPlan]) -> dict[JunctionId, Box]:
        found: dict[JunctionId, Box] = {}
        for j in self.junctions:
            bounds = self.problem.envelope.bounds_of(j)
            box = None if bounds is None else box_of(plans_met(days[j], self.window), bounds)
            if box is not None:
                found[j] = box
        return found

    def best(self) -> AreaRolled:
        """The trims, unless another cycle or other offsets are worth more with all that they disturb."""
        trims = self._at_cycles({j: plan.cycle_s for j, plan in self.base.items()})
        found = [self.worth.of(trims, whole=False)]
        found += [self.worth.of(plans, whole=True) for plans in self._coordinated(trims)]
        return max(found, key=lambda one: one.net)

    def _at_cycles(self, cycles_s: Mapping[JunctionId, int]) -> Plans:
        """Trimmed splits at these cycles, for the junctions that have any."""
        found: Plans = {}
        for j, trimmer in self.trimmers.items():
            own = tuple(split.split_s for split in self.base[j].splits)
            start = own if cycles_s[j] == self.base[j].cycle_s else stretched(own, self.boxes[j], cycles_s[j])
            tuned = None if start is None else trimmer.trimmed(self.boxes[j], start)
            if tuned is not None and isfinite(tuned.cost):
                built = _built(self.junctions[j], self.base[j], tuned.splits)
                found |= {j: built} if built is not None else {}
        return found

    def _coordinated(self, trims: Plans) -> Iterator[Plans]:
        """Other offsets at the cycle that runs, and other cycles with offsets of their own."""
        cycles = {plan.cycle_s for plan in self.base.values()}
        if len(cycles) > 1:
            return
        now_s = cycles.pop()
        others = [c for c in common_cycles_s(self.problem.envelope, self.junctions) if c != now_s]
        for cycle_s in (now_s, *sorted(others, key=lambda c: (abs(c - now_s), c))[:MOST_CYCLES]):
            same = cycle_s == now_s
            plans = {**self.base, **trims} if same else self._at_cycles(dict.fromkeys(self.junctions, cycle_s))
            if len(plans) == len(self.junctions):
                moved = self._moved(plans)
                if not same or any(moved[j].offset_s != plans[j].offset_s for j in plans):
                    yield moved

    def _moved(self, plans: Plans) -> Plans:
        """Offsets within their steps of those in force, one junction at a time, as long as platoons wait less."""
        if not self.area.feeds:
            return plans
        pairs = self.network.pair_tables(plans, lambda streams: self.flows[streams.junction_id].pcu_h)
        cycle_s = next(iter(plans.values())).cycle_s
        offsets = {j: plan.offset_s % cycle_s for j, plan in plans.items()}
        reach = {j: self._reach(j, offsets[j], cycle_s) for j in plans}
        cost, lower = cost_of(pairs, offsets), True
        while lower:
            lower = False
            for j in plans:
                own = {pair: table for pair, table in pairs.items() if j in pair}
                found = {o: cost_of(own, {**offsets, j: o}) for o in reach[j]}
                best = min(found, key=lambda o: found[o])
                saved = found[offsets[j]] - found[best]
                if saved > WORTH_MOVING * cost:
                    offsets[j], cost, lower = best, cost - saved, True
        return {j: replace(plan, offset_s=offsets[j]) for j, plan in plans.items()}

    def _reach(self, junction_id: JunctionId, offset_s: int, cycle_s: int) -> Sequence[int]:
        """Offsets within the step, the present one first."""
        bounds = self.problem.envelope.bounds_of(junction_id)
        most_s = 0 if bounds is None or junction_id not in self.boxes else min(bounds.offset_step_s, cycle_s // 2)
        return [(offset_s + away) % cycle_s for away in sorted(range(-most_s, most_s + 1), key=abs)]


def _built(junction: Junction, base: SignalPlan, splits_s: Sequence[int]) -> SignalPlan | None:
    chain = tuple(split.stage_id for split in base.splits)
    try:
        return build_plan(
            junction,
            plan_number=base.plan_number,
            offset_s=base.offset_s,
            splits_s=dict(zip(chain, splits_s, strict=True)),
            chain=chain,
        )
    except CityError:
        return None  # a group would be left without green
