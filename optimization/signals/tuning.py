"""Splits tuned on the lanes themselves: exchanges of seconds between stages, judged by queues instead of tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.errors import BrokenRuleError
from city.ids import GroupId, StageId
from city.signal_parts import Countdown
from city.signal_plans import SignalPlan
from city.signals import Junction
from city.stage_timing import build_plan
from optimization.signals.chains import Chain
from optimization.signals.delay import Array, pedestrian_wait_s
from optimization.signals.streams import BRAKING_S, Flows, Streams, greens_s, worth_s
from optimization.signals.structure import Structure
from optimization.signals.transitions import longest_red_s

STEPS_S: Final = (1, 4)
LEAST_GAIN: Final = 1e-3

Splits = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    splits: Splits
    cost: float  # person-s per h


class Tuner:
    """Of one junction at one period's flows."""

    def __init__(self, streams: Streams, flows: Flows) -> None:
        self.streams = streams
        self.junction: Junction = streams.junction
        self.flow, self.weight = two_levels(flows)
        self.moving = streams.movement_flows(self.flow)
        occupancy = np.array([m.occupancy for m in streams.queues.movements])
        self.persons = (self.moving * occupancy[:, None]).T  # (columns, movements)
        self.known: dict[tuple[Chain, Splits], float] = {}

    def costs(self, order: Chain, many: Sequence[Splits], least_s: Mapping[GroupId, int]) -> list[float]:
        """Of several splits of one cycle; infinite where they break a rule of the junction."""
        new = [one for one in dict.fromkeys(many) if (order, one) not in self.known]
        plans = [(one, plan) for one in new if (plan := self._plan(order, one, least_s)) is not None]
        for one in new:
            self.known[order, one] = float("inf")
        if plans:
            for (one, _), cost in zip(plans, self._judged([plan for _, plan in plans]), strict=True):
                self.known[order, one] = cost
        return [self.known[order, one] for one in many]

    def tuned(self, structure: Structure, splits: Splits, least_s: Mapping[GroupId, int], *, rounds: int) -> Tuned:
        """Downhill by exchanges between two stages, the best of each round, until none gains."""
        order = structure.order
        best, cost = splits, self.costs(order, [splits], least_s)[0]
        for _ in range(rounds):
            beside = [
                tuple(s + step * ((k == to) - (k == giver)) for k, s in enumerate(best))
                for giver in range(len(best))
                for to in range(len(best))
                for step in STEPS_S
                if giver != to and best[giver] - step >= structure.least_s[giver]
            ]
            if not beside:
                break
            found = self.costs(order, beside, least_s)
            k = int(np.argmin(found))
            if not found[k] < cost * (1 - LEAST_GAIN):
                break
            best, cost = beside[k], found[k]
        return Tuned(splits=best, cost=cost)

    def _plan(self, order: Chain, splits: Splits, least_s: Mapping[GroupId, int]) -> SignalPlan | None:
        try:
            plan = build_plan(
                self.junction, plan_number=1, offset_s=0, splits_s=dict(zip(order, splits, strict=True)), chain=order
            )
        except BrokenRuleError:
            return None
        return plan if self._keeps_rules(plan, least_s) else None

    def _keeps_rules(self, plan: SignalPlan, least_s: Mapping[GroupId, int]) -> bool:
        spans: dict[GroupId, list[tuple[int, int]]] = {}
        for green in plan.greens:
            spans.setdefault(green.group_id, []).append((green.start_s, green.end_s))
        for group_id, own in spans.items():
            group = self.junction.group(group_id)
            lit = [end - start for start, end in own]
            controller = self.junction.controller
            counted_s = controller.countdown_s if controller.countdown is Countdown.LAST_SECONDS else 0
            fits = (
                min(lit) >= max(group.min_green_s, group.green_flash_s + 1, counted_s)
                and max(lit) <= (group.max_green_s or plan.cycle_s)
                and sum(lit) >= least_s.get(group_id, 0)
                and self._reds_fit(group_id, sorted(own), plan.cycle_s)
            )
            if not fits:
                return False
        return True

    def _reds_fit(self, group_id: GroupId, own: list[tuple[int, int]], cycle_s: int) -> bool:
        group = self.junction.group(group_id)
        if len(own) == 1 and own[0][1] - own[0][0] >= cycle_s:
            return True
        following = [*own[1:], (own[0][0] + cycle_s, 0)]
        reds = [later[0] - one[1] for one, later in zip(own, following, strict=True)]
        most_s = longest_red_s(self.junction, group) + group.yellow_s
        return min(reds) >= group.yellow_s + group.red_amber_s and max(reds) <= most_s

    def _judged(self, plans: list[SignalPlan]) -> Array:
        found = self.streams.queues.waiting(plans, self.moving, self.streams.profile)
        delay = (found.delay_s + BRAKING_S * found.stops + worth_s(found)).reshape(len(plans), len(self.weight), -1)
        cost = np.einsum("pcm,cm,c->p", delay, self.persons, self.weight)
        return np.asarray(cost + [self._walking(plan) for plan in plans])

    def _walking(self, plan: SignalPlan) -> float:
        shown = greens_s(plan)
        return sum(
            w.flow_ped_h * w.occupancy * float(pedestrian_wait_s(plan.cycle_s, shown.get(w.group_id, 0)))
            for w in self.streams.walks
        )


def two_levels(flows: Flows) -> tuple[Array, Array]:
    """The quieter and the busier half of a period's levels: (lane groups, up to 2), and their weights."""
    count = flows.pcu_h.shape[1]
    if count < 3:
        return flows.pcu_h, flows.weight
    halves = (slice(0, count // 2), slice(count // 2, count))
    weight = np.array([flows.weight[half].sum() for half in halves])
    mean = [np.average(flows.pcu_h[:, half], axis=1, weights=flows.weight[half]) for half in halves]
    return np.column_stack(mean), weight


def splits_of(order: Chain, splits: Splits) -> tuple[tuple[StageId, int], ...]:
    return tuple(zip(order, splits, strict=True))
