"""What the lamps of a day cost those who drive: every policy on the same vehicles, incidents and weather."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from city.errors import UnknownIdError
from city.ids import JunctionId
from city.signal_plans import DayPlan, SignalSchedule
from city.signals import Junction
from features.sources.synthetic import DayTruth
from features.sources.synthetic.seeding import Floats
from features.sources.synthetic.traits import SLOTS, STEP_S
from features.sources.synthetic.world import World
from serving.simulation.by_traffic import by_record, has_eyes, run_of
from serving.simulation.lamps import Lamps, lamps_of_day, lamps_of_plan
from serving.simulation.queue_day import (
    PATIENCE_S,
    QueueStreets,
    day_rng,
    queue_streets,
    vehicles_of,
    waited,
    waited_by_traffic,
)
from serving.simulation.queue_kernel import Came, Waited

OURS: Final = "ours"
FIXED_LAMPS: Final = "ours fixed lamps"
BY_TRAFFIC: Final = "ours by traffic"
LEAST_SHARE: Final = 0.05  # of the usual rate of leaving, in the worst incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """Of one day and policy, over all junctions that a plan may change; `by_traffic` of them followed vehicles."""

    vehicles: int
    delay_h: float
    turned_off: int
    by_junction_h: dict[JunctionId, float]
    by_slot_h: tuple[float, ...]
    by_traffic: int = 0

    @property
    def mean_s(self) -> float:
        return 3600 * self.delay_h / max(self.vehicles, 1)


def summed(found: Mapping[JunctionId, Waited], by_traffic: int = 0) -> Delays:
    by_junction = {junction_id: float(one.delay_s.sum()) / 3600 for junction_id, one in found.items()}
    by_slot = sum((one.delay_s.sum(axis=0) / 3600 for one in found.values()), np.zeros(SLOTS))
    return Delays(
        vehicles=sum(int(one.came.sum()) for one in found.values()),
        delay_h=sum(by_junction.values()),
        turned_off=sum(int(one.turned_off.sum()) for one in found.values()),
        by_junction_h=by_junction,
        by_slot_h=tuple(by_slot.tolist()),
        by_traffic=by_traffic,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Who comes to each junction on one day, and how fast queues leave as a share of a usual day."""

    came: dict[JunctionId, Came]
    share: dict[JunctionId, Floats]


@dataclass(slots=True, kw_only=True)
class Judge:
    """Lamps of schedules that run again and again are read once."""

    world: World
    streets: dict[JunctionId, QueueStreets] = field(default_factory=dict[JunctionId, QueueStreets])
    kept: dict[tuple[str, JunctionId], Lamps] = field(default_factory=dict[tuple[str, JunctionId], Lamps])

    @classmethod
    def of(cls, world: World) -> "Judge":
        traits = world.traffic
        longest = dict(zip(traits.keys, (traits.capacity_veh_h * PATIENCE_S / 3600).tolist(), strict=True))
        streets = {
            junction.junction_id: queue_streets(
                junction, {arm: value for (own, arm), value in longest.items() if own == junction.junction_id}
            )
            for junction in world.crossings.junctions
            if junction.running_plan is not None
        }
        return cls(world=world, streets=streets)

    def traffic(self, day: date, truth: DayTruth, factors: Mapping[tuple[JunctionId, str], object]) -> Traffic:
        """`factors` are those under which `truth` came about: what else became of capacities holds for every plan."""
        traits = self.world.traffic
        shape = (SLOTS, len(traits.keys))
        demand = truth.approaches["demand_veh"].to_numpy().reshape(shape)
        capacity = truth.approaches["capacity_veh"].to_numpy().reshape(shape)
        usual = np.repeat(traits.capacity_veh_h[None, :] * STEP_S / 3600, SLOTS, axis=0)
        position = {key: k for k, key in enumerate(traits.keys)}
        for key, factor in factors.items():
            usual[:, position[key]] *= np.asarray(factor)
        share = np.maximum(capacity / np.maximum(usual, 1e-9), LEAST_SHARE)
        came, shares = {}, {}
        for number, (junction_id, street) in enumerate(self.streets.items()):
            columns = {arm: position[junction_id, arm] for arm in street.arms}
            rng = day_rng(self.world.seed, day, number)
            came[junction_id] = vehicles_of(street, {arm: demand[:, k] for arm, k in columns.items()}, rng)
            shares[junction_id] = np.ascontiguousarray(share[:, list(columns.values())].T)
        return Traffic(came=came, share=shares)

    def delays(
        self, traffic: Traffic, schedule: SignalSchedule | None, among: Collection[JunctionId], keep: str = ""
    ) -> Delays:
        """Under a schedule, as fixed lamps; junctions that it leaves alone run the plan of old.

        `keep` names a schedule that comes again.
        """
        return summed(self._fixed(traffic, schedule, among, keep))

    def ours(
        self, traffic: Traffic, schedule: SignalSchedule | None, among: Collection[JunctionId]
    ) -> dict[str, Delays]:
        """A schedule with parameters: as the records have it, as fixed lamps, and by traffic wherever it can be."""
        fixed = self._fixed(traffic, schedule, among)
        asked = {} if schedule is None else self._by_traffic(traffic, schedule, among)
        recorded = {one: found for one, found in asked.items() if by_record(self.streets[one].junction)}
        return {
            OURS: summed(fixed | recorded, len(recorded)),
            FIXED_LAMPS: summed(fixed),
            BY_TRAFFIC: summed(fixed | asked, len(asked)),
        }

    def _fixed(
        self, traffic: Traffic, schedule: SignalSchedule | None, among: Collection[JunctionId], keep: str = ""
    ) -> dict[JunctionId, Waited]:
        plans = {} if schedule is None else {one.junction_id: one for one in schedule.day_plans}
        found = {}
        for junction_id in among:
            street = self.streets[junction_id]
            lamps = self._lamps(street.junction, plans.get(junction_id), keep)
            found[junction_id] = waited(street, lamps, traffic.came[junction_id], traffic.share[junction_id])
        return found

    def _by_traffic(
        self, traffic: Traffic, schedule: SignalSchedule, among: Collection[JunctionId]
    ) -> dict[JunctionId, Waited]:
        corridors = [one for one in self.world.crossings.corridors if one.corridor_id in schedule.corridor_ids]
        coordinated = {junction_id for one in corridors for junction_id in one.junction_ids}
        found = {}
        for day_plan in schedule.day_plans:
            one = day_plan.junction_id
            if one in among and has_eyes(self.streets[one].junction, day_plan):
                street = self.streets[one]
                run = run_of(street.junction, day_plan, street.group_ids, coordinated=one in coordinated)
                found[one], _ = waited_by_traffic(street, run, traffic.came[one], traffic.share[one])
        return found

    def _lamps(self, junction: Junction, day_plan: DayPlan | None, keep: str) -> Lamps:
        key = ("of old" if day_plan is None else keep, junction.junction_id)
        found = self.kept.get(key)
        if found is None and day_plan is not None:
            found = lamps_of_day(junction, day_plan)
        if found is None and junction.running_plan is not None:
            found = lamps_of_plan(junction, junction.running_plan)
        if found is None:  # cannot be: only junctions that run a plan have streets here
            raise UnknownIdError(subject="Judge", kind="junction with a plan", found=junction.junction_id)
        if key[0]:
            self.kept[key] = found
        return found
