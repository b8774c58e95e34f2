"""What a signal costs those who wait: capacity, delay and waiting times of one stream, from the field's formulas.

All functions take numbers or numpy arrays (broadcast together). Greens are seconds, flows and capacities pcu/h.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from city.national import NationalProfile

Array = NDArray[np.float64]

ANALYSIS_H: Final = 0.25
INCREMENTAL_K: Final = 0.5  # pretimed control
UPSTREAM_I: Final = 1.0  # arrivals at random
LEAST_EFFECTIVE_S: Final = 0.5
CRITICAL_GAP_S: Final = 4.5  # of permissive left turns: HCM 6, ch. 31
FOLLOW_UP_S: Final = 2.5


def effective_green_s(green_s: ArrayLike, profile: NationalProfile) -> Array:
    """Displayed green - start-up loss + end gain, never below half a second (HCM 6, ch. 19, lost times by name)."""
    shown = np.asarray(green_s, dtype=np.float64)
    return np.maximum(shown - profile.start_up_loss_s + profile.end_gain_s, LEAST_EFFECTIVE_S)


def capacity_pcu_h(saturation_pcu_h: ArrayLike, effective_s: ArrayLike, cycle_s: ArrayLike) -> Array:
    """Capacity c = s g / C (HCM 6, ch. 19)."""
    return np.asarray(np.asarray(saturation_pcu_h) * np.asarray(effective_s) / np.asarray(cycle_s), dtype=np.float64)


def degree_of_saturation(flow_pcu_h: ArrayLike, capacity: ArrayLike) -> Array:
    """Degree of saturation X = v / c (HCM 6, ch. 19)."""
    return np.asarray(np.asarray(flow_pcu_h) / np.asarray(capacity), dtype=np.float64)


def uniform_delay_s(cycle_s: ArrayLike, effective_s: ArrayLike, x: ArrayLike) -> Array:
    """Uniform delay d1 = 0.5 C (1 - g/C)^2 / (1 - min(1, X) g/C) (HCM 6, ch. 19 with progression factor 1)."""
    cycle = np.asarray(cycle_s, dtype=np.float64)
    share = np.minimum(np.asarray(effective_s) / cycle, 1.0)
    served = np.minimum(1.0, np.asarray(x)) * share
    return np.asarray(0.5 * cycle * (1 - share) ** 2 / np.maximum(1 - served, 1e-9))


def incremental_delay_s(x: ArrayLike, capacity: ArrayLike, hours: float = ANALYSIS_H) -> Array:
    """Incremental d2 = 900 T ((X - 1) + sqrt((X - 1)^2 + 8 k I X / (c T))) with k = 0.5, I = 1 (HCM 6, ch. 19)."""
    over = np.asarray(x, dtype=np.float64) - 1
    spread = 8 * INCREMENTAL_K * UPSTREAM_I * np.asarray(x) / (np.asarray(capacity) * hours)
    return np.asarray(900 * hours * (over + np.sqrt(over**2 + spread)))


def control_delay_s(
    flow_pcu_h: ArrayLike, saturation_pcu_h: ArrayLike, effective_s: ArrayLike, cycle_s: ArrayLike
) -> Array:
    """Delay d = d1 + d2 per vehicle, s (HCM 6, ch. 19 without an initial queue)."""
    capacity = capacity_pcu_h(saturation_pcu_h, effective_s, cycle_s)
    x = degree_of_saturation(flow_pcu_h, capacity)
    return np.asarray(uniform_delay_s(cycle_s, effective_s, x) + incremental_delay_s(x, capacity))


def pedestrian_wait_s(cycle_s: ArrayLike, walk_s: ArrayLike) -> Array:
    """Mean wait of people who arrive at random: (C - g)^2 / 2C (HCM 6, ch. 19)."""
    cycle = np.asarray(cycle_s, dtype=np.float64)
    return np.asarray((cycle - np.minimum(np.asarray(walk_s), cycle)) ** 2 / (2 * cycle))


def webster_cycle_s(lost_time_s: float, flow_ratio: float) -> float:
    """Optimum cycle (1.5 L + 5) / (1 - Y) (Webster 1958); infinite where demand fills the whole cycle."""
    return (1.5 * lost_time_s + 5) / (1 - flow_ratio) if flow_ratio < 1 else float("inf")


def webster_delay_s(flow_pcu_h: float, saturation_pcu_h: float, effective_s: float, cycle_s: float) -> float:
    """Webster's delay (1958): C(1-l)^2 / 2(1-lx) + x^2 / 2q(1-x) - 0.65 (C/q^2)^(1/3) x^(2+5l), q in pcu/s, x < 1."""
    share = effective_s / cycle_s
    x = flow_pcu_h / (saturation_pcu_h * share)
    q = flow_pcu_h / 3600
    regular = cycle_s * (1 - share) ** 2 / (2 * (1 - share * x))
    random = x**2 / (2 * q * (1 - x))
    correction = 0.65 * (cycle_s / q**2) ** (1 / 3) * x ** (2 + 5 * share)
    return float(regular + random - correction)
