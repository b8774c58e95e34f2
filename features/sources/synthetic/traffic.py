"""A day of traffic: demand, queues behind full approaches, and what detectors make of it.

Served vehicles per step = min(queue + demand, capacity); what is not served queues into the next step, and a detector
counts the served only: at a saturated approach its counts are censored at s x g / C.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy.signal import lfilter

from city.ids import JunctionId
from features.sources.synthetic.days import day_kind
from features.sources.synthetic.seeding import Floats, Topic, day_stream
from features.sources.synthetic.traits import SLOTS, TrafficTraits, demand_shape, growth_since_2026
from features.sources.synthetic.weather import Weather

Factors = Mapping[tuple[JunctionId, str], float | tuple[float, ...]]

_STEPS_PER_HOUR = 4
_PATIENCE_H = 0.25  # nobody joins a queue that takes longer at full capacity
_MEMORY = 0.85  # of the demand's noise from step to step
_NOISE = 0.07  # its standard deviation, as a share
_VEHICLE_M = 6.5  # length a loop sees
_JAM_SPEED_KMH = 7.0
_RED_SHARE = 0.2  # how long vehicles that wait for green stand on the loop, at capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that takes capacity from one approach, from a step of the day on."""

    approach: int
    first_slot: int
    slots: int
    capacity_left: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficDay:
    """Slots x approaches.

    `demand_veh` wanted to pass, `served_veh` did, `queue_veh` waits at the end of the step, `diverted_veh` found the
    queue too long and went elsewhere.
    """

    demand_veh: Floats
    served_veh: Floats
    capacity_veh: Floats
    queue_veh: Floats
    diverted_veh: Floats
    speed_kmh: Floats
    occupancy: Floats
    incidents: tuple[Incident, ...]


def traffic_day(
    traits: TrafficTraits, seed: int, day: date, weather: Weather, factors: Factors, waiting: Floats
) -> TrafficDay:
    """`waiting` are the vehicles that yesterday's last quarter hour left in the queue of each approach."""
    demand = _demand_veh(traits, seed, day, weather)
    incidents = _incidents(traits, seed, day)
    capacity = _capacity_veh(traits, seed, day, weather, factors, incidents)
    queue = np.zeros_like(demand)
    served = np.zeros_like(demand)
    diverted = np.zeros_like(demand)
    longest = np.floor(traits.capacity_veh_h * _PATIENCE_H)
    for slot in range(SLOTS):
        wanted = waiting + demand[slot]
        served[slot] = np.minimum(wanted, capacity[slot])
        waiting = np.minimum(wanted - served[slot], longest)
        diverted[slot] = wanted - served[slot] - waiting
        queue[slot] = waiting
    speed = _speed_kmh(traits, weather, demand, capacity, queue)
    noise = day_stream(seed, Topic.COUNTS, day).normal(0, 0.025, demand.shape)
    speed = np.clip(speed * (1 + noise), 4.0, 110.0)
    per_km = served * _STEPS_PER_HOUR / traits.lanes / speed
    return TrafficDay(
        demand_veh=demand,
        served_veh=served,
        capacity_veh=capacity,
        queue_veh=queue,
        diverted_veh=diverted,
        speed_kmh=speed,
        occupancy=np.clip(per_km * _VEHICLE_M / 1000 + _RED_SHARE * (served / capacity) ** 1.5, 0.0, 0.95),
        incidents=incidents,
    )


def _demand_veh(traits: TrafficTraits, seed: int, day: date, weather: Weather) -> Floats:
    shape = demand_shape(day_kind(day))[traits.kind].T  # slots x approaches
    rain = np.repeat(weather.rain_mm, _STEPS_PER_HOUR)[:, None]
    wet = 1.0 - 0.06 * np.tanh(rain / 3.0)
    level = np.exp(_day_noise(seed, day, len(traits.keys)))
    noise = np.exp(_NOISE * _step_noise(seed, day, len(traits.keys)))
    mean = traits.peak_veh_h / _STEPS_PER_HOUR * shape * wet * level * noise * growth_since_2026(day)
    return np.asarray(day_stream(seed, Topic.COUNTS, day).poisson(mean), dtype=np.float64)


def _day_noise(seed: int, day: date, count: int) -> Floats:
    """Level of the day: the city's and each approach's own, remembered over a week."""
    total = np.zeros(count)
    for ago in range(7):
        rng = day_stream(seed, Topic.DEMAND_LEVEL, day - timedelta(days=ago))
        total += 0.55**ago * (rng.normal(0, 0.018) + rng.normal(0, 0.03, count))
    return total


def _step_noise(seed: int, day: date, count: int) -> Floats:
    """AR(1) noise of unit variance. Yesterday's draws carry it over midnight; what is older has faded to nothing."""
    shocks = [day_stream(seed, Topic.DEMAND, one).normal(size=(SLOTS, count)) for one in (day - timedelta(days=1), day)]
    noise = lfilter([np.sqrt(1 - _MEMORY**2)], [1.0, -_MEMORY], np.concatenate(shocks), axis=0)
    return np.asarray(noise[SLOTS:], dtype=np.float64)


def _incidents(traits: TrafficTraits, seed: int, day: date) -> tuple[Incident, ...]:
    rng = day_stream(seed, Topic.INCIDENTS, day)
    count = rng.poisson(len(traits.keys) / 130)
    return tuple(
        Incident(
            approach=int(rng.integers(len(traits.keys))),
            first_slot=int(rng.integers(26, 84)),
            slots=int(rng.integers(2, 9)),
            capacity_left=float(rng.uniform(0.3, 0.6)),
        )
        for _ in range(count)
    )


def _capacity_veh(
    traits: TrafficTraits,
    seed: int,
    day: date,
    weather: Weather,
    factors: Factors,
    incidents: tuple[Incident, ...],
) -> Floats:
    rain = np.repeat(weather.rain_mm, _STEPS_PER_HOUR)[:, None]
    rng = day_stream(seed, Topic.CAPACITY, day)
    steady = traits.capacity_veh_h / _STEPS_PER_HOUR * (1 + rng.normal(0, 0.012, (SLOTS, len(traits.keys))))
    capacity = steady * (1.0 - 0.1 * np.tanh(rain / 3.0))
    position = {key: k for k, key in enumerate(traits.keys)}
    for key, factor in factors.items():
        capacity[:, position[key]] *= np.asarray(factor)
    for incident in incidents:
        slots = slice(incident.first_slot, incident.first_slot + incident.slots)
        capacity[slots, incident.approach] *= incident.capacity_left
    return np.floor(np.maximum(capacity, 1.0))


def _speed_kmh(traits: TrafficTraits, weather: Weather, demand: Floats, capacity: Floats, queue: Floats) -> Floats:
    """Free speed over 1 + 0.8 x^3 for the ratio x of demand to capacity; a standing queue crawls."""
    rain = np.repeat(weather.rain_mm, _STEPS_PER_HOUR)[:, None]
    free = traits.free_speed_kmh * (1.0 - 0.12 * np.tanh(rain / 4.0))
    ratio = np.minimum(demand / capacity, 1.3)
    moving = free / (1.0 + 0.8 * ratio**3)
    standing = np.minimum(queue / np.maximum(0.35 * capacity, 1.0), 1.0)
    return np.asarray(moving * (1 - standing) + _JAM_SPEED_KMH * standing, dtype=np.float64)
