"""Splits tuned on the lanes themselves: exchanges of seconds between stages, judged by queues instead of tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.ids import GroupId, StageId
from city.signals import Junction
from optimization.signals.carried_queues import course
from optimization.signals.chains import Chain
from optimization.signals.delay import Array, pedestrian_wait_s
from optimization.signals.green_times import ChainTimes, GreenTimes
from optimization.signals.streams import BRAKING_S, Flows, Streams, worth_s
from optimization.signals.structure import Structure

STEPS_S: Final = (4, 1)
LEAST_GAIN: Final = 1e-3

Splits = tuple[int, ...]
Least = Mapping[GroupId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    splits: Splits
    cost: float  # person-s per h; infinite where the splits break a rule of the junction


class Tuner:
    """Of one junction at one period's flows."""

    def __init__(self, streams: Streams, flows: Flows) -> None:
        self.streams = streams
        self.junction: Junction = streams.junction
        self.flow, self.weight, self.of_slot = two_levels(flows)
        self.moving = streams.movement_flows(self.flow)
        occupancy = np.array([m.occupancy for m in streams.queues.movements])
        self.persons = (self.moving * occupancy[:, None]).T  # (columns, movements)
        self.known: dict[tuple[Structure, Splits], float] = {}
        self.chains: dict[Structure, ChainTimes] = {}

    def costs(self, structure: Structure, many: Sequence[Splits], least_s: Least) -> list[float]:
        """Of several splits of one cycle; infinite where they break a rule of the junction."""
        new = [one for one in dict.fromkeys(many) if (structure, one) not in self.known]
        if new:
            if structure not in self.chains:
                self.chains[structure] = ChainTimes(self.junction, structure)
            chain = self.chains[structure]
            times = chain.of(np.array(new))
            kept = chain.keeps_rules(np.array(new), times, least_s)
            found = np.full(len(new), np.inf)
            if kept.any():
                found[kept] = self._judged(times.only(kept))
            self.known.update({(structure, one): float(cost) for one, cost in zip(new, found, strict=True)})
        return [self.known[structure, one] for one in many]

    def tuned(self, structure: Structure, splits: Splits, least_s: Least, *, rounds: int) -> Tuned:
        """Downhill by exchanges between two stages, the best of each round, in long steps and then in short ones."""
        best, cost = splits, self.costs(structure, [splits], least_s)[0]
        for step in STEPS_S:
            for _ in range(rounds):
                beside = _exchanged(best, step, structure.least_s)
                if not beside:
                    break
                found = self.costs(structure, beside, least_s)
                k = int(np.argmin(found))
                if not found[k] < cost * (1 - LEAST_GAIN):
                    break
                best, cost = beside[k], found[k]
        return Tuned(splits=best, cost=cost)

    def _judged(self, times: GreenTimes) -> Array:
        found = self.streams.queues.waiting_at(times, self.moving, self.streams.profile)
        count = len(times.starts_s)
        delay = (found.delay_s + BRAKING_S * found.stops + worth_s(found)).reshape(count, len(self.weight), -1)
        pools = (count, len(self.weight), -1)
        carried = course(found.arrivals.reshape(pools), found.capacity.reshape(pools), self.of_slot)
        delay += carried.waits_s @ self.streams.queues.pool_of.T
        cost = np.einsum("pcm,cm,c->p", delay, self.persons, self.weight)
        return np.asarray(cost + self._walking(times))

    def _walking(self, times: GreenTimes) -> Array:
        waits = [
            w.flow_ped_h * w.occupancy * pedestrian_wait_s(times.cycle_s, times.shown_s(w.group_id))
            for w in self.streams.walks
        ]
        return np.asarray(np.sum(waits, axis=0)) if waits else np.zeros(len(times.starts_s))


def _exchanged(splits: Splits, step: int, least_s: Sequence[int]) -> list[Splits]:
    """Every way to give `step` seconds of one stage to another."""
    count = len(splits)
    return [
        tuple(s + step * ((k == to) - (k == giver)) for k, s in enumerate(splits))
        for giver in range(count)
        for to in range(count)
        if giver != to and splits[giver] - step >= least_s[giver]
    ]


def scaled(splits: Splits, least_s: Sequence[int], cycle_s: int) -> Splits | None:
    """The same proportions above the least splits in another cycle; None where the least splits do not fit into it."""
    spare_s = cycle_s - sum(least_s)
    if spare_s < 0:
        return None
    above = np.maximum(np.array(splits) - np.array(least_s), 0) + 1e-3
    exact = above / above.sum() * spare_s
    whole = np.floor(exact).astype(int)
    for k in np.argsort(whole - exact, kind="stable")[: spare_s - int(whole.sum())]:
        whole[k] += 1
    return tuple(int(low + w) for low, w in zip(least_s, whole, strict=True))


def two_levels(flows: Flows) -> tuple[Array, Array, np.ndarray]:
    """The quieter and the busier half of a period's levels: (lane groups, up to 2), their weights, each slot's half."""
    count = flows.pcu_h.shape[1]
    if count < 3:
        return flows.pcu_h, flows.weight, flows.of_slot
    halves = (slice(0, count // 2), slice(count // 2, count))
    weight = np.array([flows.weight[half].sum() for half in halves])
    mean = [np.average(flows.pcu_h[:, half], axis=1, weights=flows.weight[half]) for half in halves]
    return np.column_stack(mean), weight, (flows.of_slot >= count // 2).astype(int)


def splits_of(order: Chain, splits: Splits) -> tuple[tuple[StageId, int], ...]:
    return tuple(zip(order, splits, strict=True))
