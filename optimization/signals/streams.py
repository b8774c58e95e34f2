"""The streams of one junction as arrays: lane groups with their flows over the day, and people who cross."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from city.ids import GroupId, JunctionId, MovementId
from city.national import NationalProfile, national_profile
from city.signal_parts import Movement, MovementKind
from city.signal_plans import SignalPlan
from city.signals import Junction
from optimization.signals.delay import (
    Array,
    capacity_pcu_h,
    control_delay_s,
    effective_green_s,
    pedestrian_wait_s,
)
from optimization.signals.lane_queues import LaneQueues, Waiting
from optimization.signals.problem import SLOT_S, SLOTS, Demand, MovementDemand

LEVELS: Final = 4  # a period's slots, from quiet to busy, in so many steps
COLUMNS: Final = 12  # sets of flows by which a day is judged
BRAKING_S: Final = 4.0  # what braking and accelerating costs beyond the time in the queue
# Beside the delay: k_stop, and a vehicle whose lane's 95 % queue is twice its storage. With 6 and 30 s simulated plans
# came out worse (decision 11), so neither counts more than the braking above.
STOP_WORTH_S: Final = 0.0
SPILL_WORTH_S: Final = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flows:
    """Flows of the lane groups, pcu/h, shape (lane groups, columns), and the weight of each column (they sum to 1).

    `of_slot` is the column of each slot of the period, in the order of time.
    """

    pcu_h: Array
    weight: Array
    of_slot: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Streams:
    """Lane groups of a junction: movements that share lanes and a signal group are one.

    `planned`, `expected` pcu/h and `censored` have the shape (lane groups, 96 slots).
    """

    junction: Junction
    movements: tuple[tuple[Movement, ...], ...]
    saturation: Array
    occupancy: Array
    planned: Array
    expected: Array
    censored: np.ndarray
    share: Mapping[MovementId, Array]  # of its lane group's planned flow, per slot
    queues: LaneQueues

    @property
    def junction_id(self) -> JunctionId:
        return self.junction.junction_id

    @property
    def profile(self) -> NationalProfile:
        return national_profile(self.junction.national_profile)

    @property
    def groups(self) -> tuple[GroupId, ...]:
        return tuple(movements[0].group_id for movements in self.movements)

    @property
    def walks(self) -> tuple[Movement, ...]:
        return tuple(m for m in self.junction.movements if m.kind is MovementKind.PEDESTRIAN)

    @property
    def vehicles(self) -> np.ndarray:
        """Which lane groups hold vehicles."""
        return np.array([m[0].kind is MovementKind.VEHICLE for m in self.movements], dtype=bool)

    def movement_flows(self, flow: Array) -> Array:
        """Flows of the movements (in the order of `queues`) from those of lane groups: (movements, columns), pcu/h."""
        rows = [
            flow[k] * float(np.mean(self.share[m.movement_id])) for k, own in enumerate(self.movements) for m in own
        ]
        return np.array(rows).reshape(-1, flow.shape[1])

    def by_group(self, found: Waiting, flow: Array) -> tuple[Array, Array, Array]:
        """Delay s per pcu, x, and what else a pcu costs, s; rows are columns of `flow`: (lane groups, columns) each."""
        delay = self.mean_by_group(found.delay_s + BRAKING_S * found.stops, flow)
        worst = np.array([found.x.T[rows].max(axis=0) for rows in self._rows()]).reshape(-1, flow.shape[1])
        return delay, worst, self.mean_by_group(worth_s(found), flow)

    def mean_by_group(self, values: Array, flow: Array) -> Array:
        """Of the vehicles of each lane group, from (columns, movements): (lane groups, columns), as `flow`."""
        own = np.maximum(self.movement_flows(flow), 1e-9)
        means = [(values.T[rows] * own[rows]).sum(axis=0) / own[rows].sum(axis=0) for rows in self._rows()]
        return np.array(means).reshape(-1, flow.shape[1])

    def _rows(self) -> list[slice]:
        """The movements of each lane group, in the order of `queues`."""
        ends = np.cumsum([len(movements) for movements in self.movements]).tolist()
        return [slice(end - len(movements), end) for end, movements in zip(ends, self.movements, strict=True)]

    def position(self, movement_id: MovementId) -> int:
        return next(k for k, own in enumerate(self.movements) if any(m.movement_id == movement_id for m in own))


def streams_of(junction: Junction, demand: Demand) -> Streams:
    flows = demand.of(junction.junction_id)
    lanes: dict[tuple[str, ...], list[Movement]] = {}
    for movement in junction.movements:
        if movement.movement_id in flows and movement.saturation_pcu_h is not None:
            own = () if movement.shared_lane else (movement.movement_id,)
            lanes.setdefault((movement.approach, movement.group_id, movement.kind, *own), []).append(movement)
    groups = tuple(tuple(movements) for movements in lanes.values())
    planned = np.array([_total(flows, own, "flow_pcu_h") for own in groups]).reshape(-1, SLOTS)
    return Streams(
        junction=junction,
        movements=groups,
        saturation=np.array([sum(m.saturation_pcu_h or 0.0 for m in own) for own in groups]),
        occupancy=np.array([own[0].occupancy for own in groups]),
        planned=planned,
        expected=np.array([_total(flows, own, "expected_pcu_h") for own in groups]).reshape(-1, SLOTS),
        censored=np.array(
            [np.any([flows[m.movement_id].censored for m in own], axis=0) for own in groups], dtype=bool
        ).reshape(-1, SLOTS),
        share={
            m.movement_id: np.array(flows[m.movement_id].flow_pcu_h) / np.maximum(planned[k], 1e-9)
            for k, own in enumerate(groups)
            for m in own
        },
        queues=LaneQueues(
            junction,
            [m for own in groups for m in own],
            {m.movement_id: float(np.mean(flows[m.movement_id].flow_pcu_h)) for own in groups for m in own},
        ),
    )


def _total(flows: Mapping[MovementId, MovementDemand], own: tuple[Movement, ...], field: str) -> Array:
    return np.asarray(np.sum([getattr(flows[m.movement_id], field) for m in own], axis=0), dtype=np.float64)


def levels_of(flows: Array, slots: range, busyness: Array) -> Flows:
    """The slots of a period in up to four steps from quiet to busy; `busyness` ranks all slots of the day."""
    ranked = sorted(slots, key=lambda slot: (float(busyness[slot]), slot))
    parts = np.array_split(np.array(ranked), min(LEVELS, len(ranked)))
    level = {slot: n for n, part in enumerate(parts) for slot in part}
    return Flows(
        pcu_h=np.column_stack([flows[:, part].mean(axis=1) for part in parts]),
        weight=np.array([len(part) / len(ranked) for part in parts]),
        of_slot=np.array([level[slot] for slot in slots]),
    )


def group_costs(streams: Streams, flows: Flows, cycle_s: int) -> dict[GroupId, Array]:
    """Delay of everyone who waits for a signal group, person-s per h, for each green of 0 .. cycle s."""
    greens = np.arange(cycle_s + 1)
    effective = effective_green_s(greens, streams.profile)
    demand = flows.pcu_h[:, :, None]
    delay = control_delay_s(demand, streams.saturation[:, None, None], effective[None, None, :], cycle_s)
    cost = np.einsum("mlg,l,m->mg", delay * demand, flows.weight, streams.occupancy)
    costs: dict[GroupId, Array] = {}
    for group_id, row in zip(streams.groups, cost, strict=True):
        costs[group_id] = costs.get(group_id, np.zeros(cycle_s + 1)) + row
    for walk in streams.walks:
        wait = walk.flow_ped_h * walk.occupancy * pedestrian_wait_s(cycle_s, greens)
        costs[walk.group_id] = costs.get(walk.group_id, np.zeros(cycle_s + 1)) + wait
    return costs


def group_saturations(streams: Streams, flows: Flows, cycle_s: int) -> dict[GroupId, Array]:
    """Largest degree of saturation behind a signal group at the busiest level, for each green of 0 .. cycle s."""
    effective = effective_green_s(np.arange(cycle_s + 1), streams.profile)
    busiest = flows.pcu_h.max(axis=1)
    found: dict[GroupId, Array] = {}
    for k, group_id in enumerate(streams.groups):
        x = busiest[k] / capacity_pcu_h(streams.saturation[k], effective, cycle_s)
        found[group_id] = np.maximum(found.get(group_id, np.zeros(cycle_s + 1)), x)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What a plan does to a junction: delay s per pcu and x, shape (lane groups, slots); cost person-s per slot.

    Every slot begins without a queue. What leads to queues: vehicles per h that come, and capacity, (pools, slots).
    """

    flow: Array
    delay_s: Array
    x: Array
    wait_s: Array  # mean of the people who cross, per slot
    cost: Array
    arrivals: Array
    capacity: Array


def greens_s(plan: SignalPlan) -> dict[GroupId, int]:
    totals: dict[GroupId, int] = {}
    for green in plan.greens:
        totals[green.group_id] = totals.get(green.group_id, 0) + green.end_s - green.start_s
    return totals


def performance(
    streams: Streams, plan: SignalPlan, flow: Array, uniform_s: Mapping[int, tuple[Array, Array]] | None = None
) -> Performance:
    """Delay of a plan at `flow` (lane groups, slots).

    `uniform_s` replaces the uniform delay of a lane group by what its platoons meet: (with platoons, without), s.
    """
    shown = greens_s(plan)
    delay, x, beside, pools = _delays(streams, plan, flow)
    for position, (met, uniform) in (uniform_s or {}).items():
        delay[position] = np.maximum(delay[position] + met - uniform, 0.0)
    hours = SLOT_S / 3600
    waits = {w.movement_id: float(pedestrian_wait_s(plan.cycle_s, shown.get(w.group_id, 0))) for w in streams.walks}
    people_s = sum(w.flow_ped_h * w.occupancy * waits[w.movement_id] for w in streams.walks)
    people = sum(w.flow_ped_h for w in streams.walks)
    return Performance(
        flow=flow,
        delay_s=delay,
        x=x,
        wait_s=np.full(flow.shape[1], people_s / people if people else max(waits.values(), default=0.0)),
        cost=(((delay + beside) * flow * streams.occupancy[:, None]).sum(axis=0) + people_s) * hours,
        arrivals=pools[0],
        capacity=pools[1],
    )


def worth_s(found: Waiting) -> Array:
    """What stops and spilling queues count in the performance index beside the delay, s per vehicle."""
    return np.asarray(STOP_WORTH_S * found.stops + SPILL_WORTH_S * found.spilled)


def _delays(streams: Streams, plan: SignalPlan, flow: Array) -> tuple[Array, Array, Array, tuple[Array, Array]]:
    """(delay s, x, what counts beside, s) per lane group and slot; what comes and capacity per pool and slot.

    Slots with the same flows are one, and beyond a few those that are most alike.
    """
    if not streams.movements:
        nothing, no_pools = np.zeros(flow.shape), np.zeros((0, flow.shape[1]))
        return nothing, nothing, nothing, (no_pools, no_pools)
    columns, of_slot = _alike(flow)
    waiting = streams.queues.waiting([plan], streams.movement_flows(columns), streams.profile)
    delay, x, beside = streams.by_group(waiting, columns)
    pools = waiting.arrivals.T[:, of_slot], waiting.capacity.T[:, of_slot]
    return delay[:, of_slot], x[:, of_slot], beside[:, of_slot], pools


def _alike(flow: Array) -> tuple[Array, np.ndarray]:
    """Up to COLUMNS sets of flows that stand for all columns, and which one stands for each."""
    columns, of_slot = np.unique(np.round(flow, 3), axis=1, return_inverse=True)
    if columns.shape[1] <= COLUMNS:
        return columns, of_slot
    ranked = np.argsort(flow.sum(axis=0), kind="stable")
    of_slot = np.empty(flow.shape[1], dtype=int)
    parts = np.array_split(ranked, COLUMNS)
    for n, part in enumerate(parts):
        of_slot[part] = n
    return np.column_stack([flow[:, part].mean(axis=1) for part in parts]), of_slot
