"""What plans promise: delay, saturation and waiting of each junction over the slots in which a plan runs."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from city.ids import JunctionId
from city.signal_plans import PlanMeasures
from city.signals import Junction
from optimization.signals.coordination import Network, Plans
from optimization.signals.streams import Performance, Streams

SERVICE_UP_TO_S: Final = (("A", 10.0), ("B", 20.0), ("C", 35.0), ("D", 55.0), ("E", 80.0))


def plan_measures(
    network: Network, plans: Plans, numbers: Mapping[JunctionId, int], slots: Sequence[int], running: Plans | None
) -> list[PlanMeasures]:
    """As `measures_of`, of plans that run in all slots, each of which begins without a queue."""
    planned = network.evaluate(plans, lambda s: s.planned)
    now = network.evaluate(running, lambda s: s.planned) if running is not None else {}
    return measures_of(network, planned, now, numbers, slots)


def measures_of(
    network: Network,
    planned: Mapping[JunctionId, Performance],
    now: Mapping[JunctionId, Performance],
    numbers: Mapping[JunctionId, int],
    slots: Sequence[int],
) -> list[PlanMeasures]:
    """Of plans that were evaluated at the flows that they were made for; `now` those that run today, if known."""
    found = []
    for junction_id, mine in planned.items():
        streams = network.streams[junction_id]
        x = mine.x[:, slots].max(axis=1) if mine.x.size else np.zeros(0)
        groups = streams.groups or (streams.junction.groups[0].group_id,)
        found.append(
            PlanMeasures(
                junction_id=junction_id,
                plan_number=numbers[junction_id],
                delay_s=mean_delay_s(streams, mine, slots),
                largest_x=round(float(x.max(initial=0.0)), 4),
                critical_group_id=groups[int(x.argmax()) if x.size else 0],
                flow_pcu_h=round(float(mine.flow[streams.vehicles][:, slots].sum()) / len(slots), 1),
                pedestrian_wait_s=round(float(mine.wait_s[slots].mean()), 2),
                running_delay_s=mean_delay_s(streams, now[junction_id], slots) if junction_id in now else None,
            )
        )
    return found


def level_of_service(delay_s: float, x: float = 0.0) -> str:
    """A to F by control delay per vehicle, s; F too where more arrives than can leave (HCM 6, ch. 19)."""
    if x > 1:
        return "F"
    return next((level for level, most_s in SERVICE_UP_TO_S if delay_s <= most_s), "F")


def mean_delay_s(streams: Streams, found: Performance, slots: Sequence[int]) -> float:
    """Per vehicle, s."""
    flow = found.flow[streams.vehicles][:, slots]
    delay = found.delay_s[streams.vehicles][:, slots]
    return round(float((delay * flow).sum()) / max(float(flow.sum()), 1e-9), 2)


def plan_numbers(junction: Junction) -> tuple[int, ...]:
    """Plan numbers we may write; that of the running plan last, so that it is not written over while it runs."""
    running = junction.running_plan.plan_number if junction.running_plan is not None else None
    writable = dict.fromkeys(junction.controller.writable_plan_numbers)
    free = [number for number in writable if number != running]
    return tuple((free or list(writable))[: junction.controller.max_plans])
