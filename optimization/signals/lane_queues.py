"""Queues on the lanes of one junction, second by second through a cycle that repeats.

Each lane is one queue. Its head is a vehicle of one of the lane's movements, in the proportions of their flows; it
leaves at that movement's rate, and what stands behind waits for it: so a left turn that gives way holds up the lane
that it shares, and a through vehicle at red holds up the left turns behind it. All masses are expected vehicles.

A movement that gives way finds gaps only once the queue that it crosses has gone (HCM 6, ch. 31): its rate is then
s_p = v e^(-v tc) / (1 - e^(-v tf)), v being what crosses its way in that second, never more than its own saturation;
where nobody crosses it keeps its full rate. As its green ends, one who waits in the junction leaves.
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
from optimization.signals import lane_kernel
from optimization.signals.delay import CRITICAL_GAP_S, FOLLOW_UP_S, Array, incremental_delay_s
from optimization.signals.green_times import GreenTimes
from optimization.signals.lane_flows import TURN_FACTOR, balanced, lanes_of
from optimization.signals.lane_kernel import Flowed, Lamps, Layout

SNEAKERS: Final = 1  # wait in the junction as a green ends, and leave
YIELDING_WEIGHT: Final = 2.0  # a left turn that gives way takes the place of so many when drivers choose a lane
LARGEST_X: Final = 3.0  # beyond it nobody waits longer: they turn elsewhere
VEHICLE_M: Final = 7.5  # of a queue
QUANTILE_95: Final = 1.645
FARTHEST_SPILL: Final = 3.0
PEDESTRIANS_FULL_PER_H: Final = 2000.0  # of green: HCM 6, ch. 31, occupancy of the conflict zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Per row (a plan at one set of flows) and movement.

    Delay and stops per vehicle, x of its lanes, and by what part of the storage its 95 % queue exceeds the storage.
    Per row and pool, vehicles per h: what comes, and the capacity. Every row begins without a queue.
    """

    delay_s: Array
    stops: Array
    x: Array
    spilled: Array
    arrivals: Array
    capacity: Array


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
        self.pools = self._pooled()
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

    def _pooled(self) -> Array:
        """(lanes, pools): 1 where a lane is one of a pool, between whose lanes drivers can choose as queues grow."""
        root = np.arange(self.part.shape[1])
        for used in self.part > 0:
            root[np.isin(root, root[used])] = root[used].min(initial=len(root))
        return np.asarray(root[:, None] == np.unique(root)[None], dtype=np.float64)

    @property
    def pool_of(self) -> Array:
        """(movements, pools): 1 where a movement waits in a pool."""
        return np.asarray(self.part @ self.pools > 0, dtype=np.float64)

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
        self.layout = self._layout()

    def _layout(self) -> Layout:
        group = np.array([self.group_ids.index(m.group_id) for m in self.movements], dtype=np.int64)
        places = [
            [(lane, k) for lane, own in enumerate(self.members) for k, m in enumerate(own) if m in one.foes]
            for one in self.yields
        ]
        foe_groups, group_bounds = _flat([sorted({int(group[m]) for m in one.foes}) for one in self.yields])
        foe_lanes, bounds = _flat([[lane for lane, _ in own] for own in places])
        return Layout(
            group_at=np.where(self.members >= 0, group[np.maximum(self.members, 0)], -1),
            places=(self.members >= 0).sum(axis=1),
            yield_lane=np.array([one.lane for one in self.yields], dtype=np.int64),
            yield_place=np.array([one.place for one in self.yields], dtype=np.int64),
            foe_groups=foe_groups,
            foe_group_bounds=group_bounds,
            foe_lanes=foe_lanes,
            foe_places=_flat([[k for _, k in own] for own in places])[0],
            foe_bounds=bounds,
            sneakers=np.full(len(self.yields), SNEAKERS),
            critical_gap_s=CRITICAL_GAP_S,
            follow_up_s=FOLLOW_UP_S,
        )

    @property
    def plain(self) -> bool:
        """Whether nothing gives way and no lane serves two signal groups: the formulas of lane groups then hold."""
        return not self.yields and all(
            len({self.movements[k].group_id for k in lane if k >= 0}) < 2 for lane in self.members
        )

    def waiting(self, plans: Sequence[SignalPlan], flow_pcu_h: Array, profile: NationalProfile) -> Waiting:
        """`flow_pcu_h` (movements, columns); rows are plans x columns, all of one cycle."""
        return self.waiting_at(GreenTimes.of_plans(plans), flow_pcu_h, profile)

    def waiting_at(self, times: GreenTimes, flow_pcu_h: Array, profile: NationalProfile) -> Waiting:
        """As `waiting`, for greens that need not be plans yet."""
        plans, columns = len(times.starts_s), flow_pcu_h.shape[1]
        run_group = np.array(
            [self.group_ids.index(g) if g in self.group_ids else -1 for g in times.group_ids], dtype=np.int64
        )
        lag = np.array([profile.start_up_loss_s, profile.end_gain_s])
        runs = (run_group, times.starts_s, times.lengths_s)
        share = lane_kernel.open_seconds(*runs, (plans, len(self.group_ids), times.cycle_s), lag)
        crossed = lane_kernel.crossed_seconds(share, self.layout)
        lamps = Lamps(share, crossed, lane_kernel.leaving_seconds(crossed, *runs, self.layout))
        vehicles = np.tile(flow_pcu_h.T / 3600, (plans, 1))  # (rows, movements) per s
        arrivals, mix = vehicles @ self.part, self._mix(vehicles)
        full = self.rate[None] * self._walking(times)
        plan_of = np.repeat(np.arange(plans), columns)
        found = lane_kernel.flowed(plan_of, lamps, full, arrivals, mix, self.layout)
        return self._waiting(found, times.cycle_s, arrivals, mix, vehicles, full[plan_of])

    def _mix(self, vehicles: Array) -> Array:
        """(rows, lanes, places): whom the head of a lane is, in the proportions of flows."""
        part = self.part.T[np.arange(self.members.shape[0])[:, None], np.maximum(self.members, 0)]
        mix = vehicles[:, np.maximum(self.members, 0)] * np.where(self.members >= 0, part, 0.0)
        first = np.zeros_like(mix)
        first[:, :, 0] = 1.0
        total = mix.sum(axis=2, keepdims=True)
        return np.where(total > 1e-12, mix / np.maximum(total, 1e-12), first)

    def _walking(self, times: GreenTimes) -> Array:
        """(plans, lanes, places): what people on crossings leave of the rate of those who turn across them."""
        left = np.ones((len(times.starts_s), *self.members.shape))
        people = {m.movement_id: m for m in self.junction.movements if m.kind is MovementKind.PEDESTRIAN}
        for a, b in self.junction.permitted_yields:
            if b not in people or a not in self.index or people[b].flow_ped_h <= 0:
                continue
            lit_s = np.maximum(times.shown_s(people[b].group_id), 1)
            occupied = people[b].flow_ped_h * times.cycle_s / lit_s / PEDESTRIANS_FULL_PER_H
            left[:, self.members == self.index[a]] *= 1 - np.minimum(occupied, 0.9)[:, None]
        return left

    def _waiting(
        self, found: Flowed, cycle_s: int, arrivals: Array, mix: Array, vehicles: Array, full: Array
    ) -> Waiting:
        capacity_h = np.maximum(found.capacity, 1e-3) * 3600 / cycle_s
        x = arrivals * 3600 / capacity_h
        by_movement = (self.part > 0).sum(axis=1)
        beside = np.array([max([by_movement[k] for k in own if k >= 0]) for own in self.members])
        over = incremental_delay_s(np.minimum(x, LARGEST_X), capacity_h * beside)
        queue_m = (found.longest + QUANTILE_95 * np.sqrt(found.longest)) * VEHICLE_M
        beyond = np.clip(queue_m / self.storage_m - 1, 0.0, FARTHEST_SPILL)
        used = np.maximum(found.came, 1e-9)
        queue = found.behind_s / used + over
        heads = found.head_s / np.maximum(used[:, :, None] * mix, 1e-9) - 1 / np.maximum(full, 1e-9)
        share = found.stopped / used
        delay = np.zeros((len(vehicles), len(self.movements)))
        stops, worst, spilled = np.zeros_like(delay), np.zeros_like(delay), np.zeros_like(delay)
        for lane, own in enumerate(self.members):
            for place, k in enumerate(own):
                if k < 0:
                    continue
                part = self.part[k, lane]
                alone = np.where(vehicles[:, k] > 1e-9, np.maximum(heads[:, lane, place], 0.0), 0.0)
                delay[:, k] += part * (np.where(found.came[:, lane] > 1e-9, queue[:, lane], 0.0) + alone)
                stops[:, k] += part * np.minimum(share[:, lane], 1.0)
                spilled[:, k] += part * beyond[:, lane]
                worst[:, k] = np.maximum(worst[:, k], x[:, lane])
        return Waiting(
            delay_s=delay,
            stops=stops,
            x=worst,
            spilled=spilled,
            arrivals=arrivals @ self.pools * 3600,
            capacity=capacity_h @ self.pools,
        )


def _flat(lists: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """One after another, and where each begins and ends."""
    bounds = np.cumsum([0, *(len(one) for one in lists)]).astype(np.int64)
    return np.array([k for one in lists for k in one], dtype=np.int64), bounds
