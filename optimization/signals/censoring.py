"""Where a count is no demand: the running plan served all it could, and nobody counted the queue."""

from collections.abc import Iterable, Mapping

import numpy as np

from city.ids import DetectorId
from city.national import national_profile
from city.signal_parts import Movement
from city.signals import Junction
from optimization.signals.delay import Array, capacity_pcu_h, effective_green_s

CENSORED_FROM = 0.9  # of the capacity under the running plan


def running_capacity_pcu_h(junction: Junction, movement: Movement) -> float:
    """Capacity of a movement under the plan that runs today; infinite where no plan is known."""
    plan = junction.running_plan
    if plan is None or movement.saturation_pcu_h is None:
        return float("inf")
    green_s = sum(green.end_s - green.start_s for green in plan.greens if green.group_id == movement.group_id)
    effective = effective_green_s(green_s, national_profile(junction.national_profile))
    return float(capacity_pcu_h(movement.saturation_pcu_h, effective, plan.cycle_s))


def censored_slots(
    junctions: Iterable[Junction], counts_pcu_h: Mapping[DetectorId, Array]
) -> dict[DetectorId, np.ndarray]:
    """Per detector, in which slots one of the movements that it counts is full.

    One full movement caps the whole count, whichever it is: turning shares divide what was counted, not what was
    wanted, so nothing that the detector counts is known to have been free. Lanes that movements share are full only
    where one of these movements is: they have the same green.
    """
    found = {detector_id: np.zeros(count.shape, dtype=bool) for detector_id, count in counts_pcu_h.items()}
    for junction in junctions:
        for movement in junction.movements:
            counting = [detector_id for detector_id in movement.detector_ids if detector_id in found]
            flow = movement.turning_share * sum(counts_pcu_h[detector_id] for detector_id in counting)
            full = (flow >= CENSORED_FROM * running_capacity_pcu_h(junction, movement)) & (flow > 0)
            for detector_id in counting:
                found[detector_id] |= full
    return found
