"""Platoons: how a queue leaves a signal, spreads on the way, and meets the next green.

Profiles have the shape (columns, cycle): pcu per second in each second of the cycle, columns being slots or offsets.
"""

from dataclasses import dataclass

import numpy as np

from city.ids import GroupId
from city.national import NationalProfile
from city.signal_plans import SignalPlan
from optimization.signals.delay import Array
from optimization.signals.platoon_kernel import repeated

FULLEST = 0.99  # the uniform part serves no more than this share of capacity; the rest is incremental delay


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispersion:
    """Robertson (1969): q'(t + beta T) = F q(t) + (1 - F) q'(t + beta T - 1), F = 1 / (1 + alpha beta T)."""

    alpha: float = 0.35
    beta: float = 0.8


ROBERTSON = Dispersion()


def opened(plan: SignalPlan, group_id: GroupId, profile: NationalProfile) -> Array:
    """Share of each second of the cycle in which the queue of a group can leave (effective green)."""
    cycle_s = plan.cycle_s
    shares = np.zeros(cycle_s)
    for green in plan.greens:
        if green.group_id != group_id:
            continue
        if green.end_s - green.start_s >= cycle_s:
            return np.ones(cycle_s)
        start, end = green.start_s + profile.start_up_loss_s, green.end_s + profile.end_gain_s
        end = min(end, start + cycle_s)
        for second in range(int(np.floor(start)), int(np.ceil(end))):
            shares[second % cycle_s] += max(0.0, min(end, second + 1) - max(start, second))
    return np.minimum(shares, 1.0)


def queue(arrivals: Array, open_share: Array, saturation_pcu_h: float) -> tuple[Array, Array]:
    """(departures, mean delay s per pcu) of a queue that repeats from cycle to cycle, per column."""
    served = open_share * saturation_pcu_h / 3600
    total = arrivals.sum(axis=1)
    fits = np.minimum(1.0, FULLEST * served.sum() / np.maximum(total, 1e-12))
    coming = arrivals * fits[:, None]
    departures, stood = repeated(coming, served)
    return departures, stood / np.maximum(coming.sum(axis=1), 1e-12)


def disperse(profile: Array, travel_s: float, dispersion: Dispersion) -> Array:
    """A profile after a way of `travel_s`, by the cyclic form of Robertson's recursion."""
    cycle_s = profile.shape[1]
    late = dispersion.beta * travel_s
    kept = 1 - 1 / (1 + dispersion.alpha * late)
    kernel = np.roll((1 - kept) * kept ** np.arange(cycle_s) / (1 - kept**cycle_s), round(late) % cycle_s)
    spread = np.fft.irfft(np.fft.rfft(profile, axis=1) * np.fft.rfft(kernel)[None, :], n=cycle_s, axis=1)
    return np.maximum(spread, 0.0)
