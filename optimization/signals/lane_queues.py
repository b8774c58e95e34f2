"""Queues on the lanes of one junction, second by second through a cycle that repeats.

Each lane is one queue. Its head is a vehicle of one of the lane's movements, in the proportions of their flows; it
leaves at that movement's rate, and what stands behind waits for it: so a left turn that gives way holds up the lane
that it shares, and a through vehicle at red holds up the left turns behind it. All masses are expected vehicles.

A movement that gives way finds gaps only once the queue that it crosses has gone (HCM 6, ch. 31): its rate is then
s_p = v e^(-v tc) / (1 - e^(-v tf)), v being what crosses its way in that second, never more than its own saturation;
where nobody crosses it keeps its full rate. As its green ends, those who wait in the junction leave, two at most.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.ids import GroupId, MovementId
from city.national import NationalProfile
from city.signal_parts import Movement, MovementKind, Relation
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.delay import Array, gap_rate_s, incremental_delay_s
from optimization.signals.lane_flows import TURN_FACTOR, balanced, lanes_of
from optimization.signals.platoons import opened

SNEAKERS_AFTER_S: Final = (0, 2)  # seconds after the end of green at which one who waits in the junction leaves
FULLEST: Final = 0.98  # of a lane's capacity that arrives in the cycle that is measured; the rest is incremental delay
YIELDING_WEIGHT: Final = 2.0  # a left turn that gives way takes the place of so many when drivers choose a lane
CYCLES: Final = 3  # capacity is found in the first, queues settle in the second, the last is measured
LARGEST_X: Final = 3.0  # beyond it nobody waits longer: they turn elsewhere
VEHICLE_M: Final = 7.5  # of a queue
QUANTILE_95: Final = 1.645
FARTHEST_SPILL: Final = 3.0
PEDESTRIANS_FULL_PER_H: Final = 2000.0  # of green: HCM 6, ch. 31, occupancy of the conflict zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Per row (a plan at one set of flows) and movement.

    Delay and stops per vehicle, x of its lanes, and by what part of the storage its 95 % queue exceeds the storage.
    """

    delay_s: Array
    stops: Array
    x: Array
    spilled: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class _Yield:
    lane: int
    place: int
    movement: int
    foes: tuple[int, ...]


class LaneQueues:
    """The lanes of a junction; `usual_pcu_h` are flows by which drivers choose their lanes."""

    def __init__(
        self, junction: Junction, movements: Sequence[Movement], usual_pcu_h: Mapping[MovementId, float]
    ) -> None:
        self.junction = junction
        self.movements = tuple(movements)
        self.index = {m.movement_id: k for k, m in enumerate(self.movements)}
        self.group_ids: tuple[GroupId, ...] = tuple(dict.fromkeys(m.group_id for m in self.movements))
        self.foes = self._foes()
        self._lay_out_lanes(usual_pcu_h)
        self._lay_out_yields()

    def _foes(self) -> dict[int, tuple[int, ...]]:
        listed = set(self.junction.permitted_yields)
        found: dict[int, list[int]] = {}
        for c in self.junction.conflicts:
            pair = (c.from_movement_id, c.to_movement_id)
            if c.relation is Relation.YIELDS and pair in listed and pair[0] in self.index and pair[1] in self.index:
                found.setdefault(self.index[pair[0]], []).append(self.index[pair[1]])
        return {k: tuple(foes) for k, foes in found.items()}

    def _lay_out_lanes(self, usual: Mapping[MovementId, float]) -> None:
        """`members` (lanes, places): movement or -1. `part` (movements, lanes): of its flow. `rate`: vehicles per s."""
        lanes: list[dict[int, float]] = []
        rates: list[float] = []
        approaches: dict[tuple[str, bool], list[Movement]] = {}
        for m in self.movements:
            approaches.setdefault((m.approach, m.kind is MovementKind.VEHICLE), []).append(m)
        for own in approaches.values():
            numbers = lanes_of(own)
            loads = balanced({m.movement_id: self._weight(m, usual) for m in own}, numbers)
            count = len({n for one in numbers.values() for n in one})
            base = sum((m.saturation_pcu_h or 0.0) / TURN_FACTOR.get(m.turn, 1.0) for m in own) / 3600 / count
            for number in sorted({n for one in numbers.values() for n in one}):
                on_lane = {m.movement_id: loads[m.movement_id].get(number, 0.0) for m in own}
                totals = {m.movement_id: max(sum(loads[m.movement_id].values()), 1e-12) for m in own}
                used = {self.index[i]: load / totals[i] for i, load in on_lane.items() if load > 0}
                if used:
                    lanes.append(used)
                    rates.append(base)
        places = max(len(one) for one in lanes)
        self.members = np.full((len(lanes), places), -1)
        self.part = np.zeros((len(self.movements), len(lanes)))
        self.rate = np.zeros((len(lanes), places))
        self.storage_m = np.array([min(self.movements[k].storage_m or np.inf for k in used) for used in lanes])
        for lane, used in enumerate(lanes):
            for place, (k, share) in enumerate(used.items()):
                self.members[lane, place] = k
                self.part[k, lane] = share
                self.rate[lane, place] = min(rates[lane] * TURN_FACTOR.get(self.movements[k].turn, 1.0), 0.95)

    def _weight(self, movement: Movement, usual: Mapping[MovementId, float]) -> float:
        flow = max(usual.get(movement.movement_id, 0.0), 1e-3)
        return flow * (YIELDING_WEIGHT if self.index[movement.movement_id] in self.foes else 1.0)

    def _lay_out_yields(self) -> None:
        lanes, places = self.members.shape
        self.yields = [
            _Yield(lane=lane, place=place, movement=int(self.members[lane, place]), foes=self.foes[k])
            for lane in range(lanes)
            for place in range(places)
            if (k := int(self.members[lane, place])) in self.foes
        ]
        slot = {(lane, place): lane * places + place for lane in range(lanes) for place in range(places)}
        self.crossing = np.zeros((lanes * places, len(self.yields)))  # departures that cross each yield's way
        self.standing = np.zeros((lanes, len(self.yields)))  # lanes whose queue keeps it waiting
        for n, one in enumerate(self.yields):
            for lane in range(lanes):
                for place in range(places):
                    if int(self.members[lane, place]) in one.foes:
                        self.crossing[slot[lane, place], n] = 1.0
                        self.standing[lane, n] = 1.0

    @property
    def plain(self) -> bool:
        """Whether nothing gives way and no lane serves two signal groups: the formulas of lane groups then hold."""
        return not self.yields and all(
            len({self.movements[k].group_id for k in lane if k >= 0}) < 2 for lane in self.members
        )

    def waiting(self, plans: Sequence[SignalPlan], flow_pcu_h: Array, profile: NationalProfile) -> Waiting:
        """`flow_pcu_h` (movements, columns); rows are plans x columns, all of one cycle."""
        timing = _Timing(self, plans, profile)
        columns = flow_pcu_h.shape[1]
        vehicles = np.tile(flow_pcu_h.T / 3600, (len(plans), 1))  # (rows, movements) per s
        arrivals = vehicles @ self.part
        part = self.part.T[np.arange(self.members.shape[0])[:, None], np.maximum(self.members, 0)]
        mix = vehicles[:, np.maximum(self.members, 0)] * np.where(self.members >= 0, part, 0.0)
        first = np.zeros_like(mix)
        first[:, :, 0] = 1.0
        total = mix.sum(axis=2, keepdims=True)
        mix = np.where(total > 1e-12, mix / np.maximum(total, 1e-12), first)
        walks = self._walking(plans)
        return _Flowing(self, timing, arrivals, mix, columns, walks).measured(vehicles)

    def _walking(self, plans: Sequence[SignalPlan]) -> Array:
        """(plans, lanes, places): what people on crossings leave of the rate of those who turn across them."""
        left = np.ones((len(plans), *self.members.shape))
        people = {m.movement_id: m for m in self.junction.movements if m.kind is MovementKind.PEDESTRIAN}
        for a, b in self.junction.permitted_yields:
            if b not in people or a not in self.index or people[b].flow_ped_h <= 0:
                continue
            for p, plan in enumerate(plans):
                lit_s = sum(g.end_s - g.start_s for g in plan.greens if g.group_id == people[b].group_id)
                occupied = people[b].flow_ped_h * plan.cycle_s / max(lit_s, 1) / PEDESTRIANS_FULL_PER_H
                left[p][self.members == self.index[a]] *= 1 - min(occupied, 0.9)
        return left


class _Timing:
    """When the lanes' movements may go: arrays by second, plan, lane and place."""

    def __init__(self, lanes: LaneQueues, plans: Sequence[SignalPlan], profile: NationalProfile) -> None:
        self.cycle_s = plans[0].cycle_s
        open_share = np.array([[opened(plan, g, profile) for g in lanes.group_ids] for plan in plans])
        group = np.array([lanes.group_ids.index(m.group_id) for m in lanes.movements])
        by_movement = open_share[:, group].transpose(2, 0, 1)  # (cycle, plans, movements)
        self.open = np.where(lanes.members >= 0, by_movement[:, :, np.maximum(lanes.members, 0)], 0.0)
        yields = lanes.yields
        self.crossed = np.zeros((self.cycle_s, len(plans), len(yields)), dtype=bool)
        self.leaves = np.zeros((self.cycle_s, len(plans), len(yields)), dtype=bool)
        for n, one in enumerate(yields):
            self.crossed[:, :, n] = (by_movement[:, :, list(one.foes)] > 0).any(axis=2)
        for p, plan in enumerate(plans):
            for n, one in enumerate(yields):
                for green in plan.greens:
                    if green.group_id == lanes.movements[one.movement].group_id:
                        self._sneak(green.end_s, p, n)

    def _sneak(self, end_s: int, p: int, n: int) -> None:
        """Only where it still had to give way as its green ended."""
        if self.crossed[(end_s - 2) % self.cycle_s, p, n]:
            for after_s in SNEAKERS_AFTER_S:
                self.leaves[(end_s + after_s) % self.cycle_s, p, n] = True


class _Flowing:
    def __init__(
        self, lanes: LaneQueues, timing: _Timing, arrivals: Array, mix: Array, columns: int, walks: Array
    ) -> None:
        self.lanes, self.timing, self.arrivals, self.mix, self.columns = lanes, timing, arrivals, mix, columns
        self.rate = np.repeat(lanes.rate[None] * walks, columns, axis=0)
        self.at = (
            np.array([y.lane for y in lanes.yields], dtype=int),
            np.array([y.place for y in lanes.yields], dtype=int),
        )
        rows, count = arrivals.shape
        self.head = np.zeros_like(mix)
        self.behind = np.zeros((rows, count))
        self.first = mix.copy()  # the head of a queue that never ends
        self.gone = np.zeros_like(mix)
        self.capacity = np.zeros((rows, count))
        self.head_s = np.zeros_like(mix)
        self.behind_s = np.zeros((rows, count))
        self.stopped = np.zeros((rows, count))
        self.longest = np.zeros((rows, count))

    def _rates(self, second: int) -> Array:
        rate = np.repeat(self.timing.open[second], self.columns, axis=0) * self.rate
        if not self.lanes.yields:
            return rate
        rows, count, places = rate.shape
        crossing = self.gone.reshape(rows, count * places) @ self.lanes.crossing
        waits = np.minimum(self.behind @ self.lanes.standing, 1.0)
        found = gap_rate_s(crossing) * (1 - waits)
        own = rate[:, self.at[0], self.at[1]]
        crossed = np.repeat(self.timing.crossed[second], self.columns, axis=0)
        own = np.where(crossed, np.minimum(found * (own > 0), own), own)
        leaves = np.repeat(self.timing.leaves[second], self.columns, axis=0)
        rate[:, self.at[0], self.at[1]] = np.where(leaves, 1.0, own)
        return rate

    def _step(self, second: int, coming: Array, *, measured: bool) -> None:
        rate = self._rates(second)
        endless = self.first * rate
        through = endless.sum(axis=2)
        self.first += through[:, :, None] * self.mix - endless
        self.capacity += through
        self.gone = self.head * rate
        self.head -= self.gone
        room = 1 - self.head.sum(axis=2)
        if measured:
            self.stopped += coming * np.minimum(1.0, self.behind + 1 - room)
        self.behind += coming
        filled = np.minimum(self.behind, room)
        self.behind -= filled
        self.head += filled[:, :, None] * self.mix
        if measured:
            self.head_s += self.head
            self.behind_s += self.behind
            np.maximum(self.longest, self.behind + self.head.sum(axis=2), out=self.longest)

    def measured(self, vehicles: Array) -> Waiting:
        cycle_s = self.timing.cycle_s
        coming = self.arrivals
        for cycle in range(CYCLES):
            if cycle < CYCLES - 1:
                for second in range(cycle_s):
                    self._step(second, coming, measured=False)
            if cycle == 0:
                most = FULLEST * self.capacity / cycle_s
                coming = np.minimum(self.arrivals, most)
                self.head[:] = 0.0
                self.behind[:] = 0.0
        self.capacity[:] = 0.0
        for second in range(cycle_s):
            self._step(second, coming, measured=True)
        return self._waiting(coming * cycle_s, vehicles)

    def _waiting(self, came: Array, vehicles: Array) -> Waiting:
        lanes, cycle_s = self.lanes, self.timing.cycle_s
        capacity_h = np.maximum(self.capacity, 1e-3) * 3600 / cycle_s
        x = self.arrivals * 3600 / capacity_h
        by_movement = (lanes.part > 0).sum(axis=1)
        beside = np.array([max([by_movement[k] for k in own if k >= 0]) for own in lanes.members])
        over = incremental_delay_s(np.minimum(x, LARGEST_X), capacity_h * beside)
        queue_m = (self.longest + QUANTILE_95 * np.sqrt(self.longest)) * VEHICLE_M
        beyond = np.clip(queue_m / lanes.storage_m - 1, 0.0, FARTHEST_SPILL)
        used = np.maximum(came, 1e-9)
        queue = self.behind_s / used + over
        heads = self.head_s / np.maximum(used[:, :, None] * self.mix, 1e-9) - 1 / np.maximum(self.rate, 1e-9)
        share = self.stopped / used
        delay = np.zeros((len(came), len(lanes.movements)))
        stops, worst, spilled = np.zeros_like(delay), np.zeros_like(delay), np.zeros_like(delay)
        for lane, own in enumerate(lanes.members):
            for place, k in enumerate(own):
                if k < 0:
                    continue
                part = lanes.part[k, lane]
                alone = np.where(vehicles[:, k] > 1e-9, np.maximum(heads[:, lane, place], 0.0), 0.0)
                delay[:, k] += part * (np.where(came[:, lane] > 1e-9, queue[:, lane], 0.0) + alone)
                stops[:, k] += part * np.minimum(share[:, lane], 1.0)
                spilled[:, k] += part * beyond[:, lane]
                worst[:, k] = np.maximum(worst[:, k], x[:, lane])
        return Waiting(delay_s=delay, stops=stops, x=worst, spilled=spilled)
