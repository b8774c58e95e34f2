"""One random stream per topic and day, so that a day looks the same however many days are asked for."""

from datetime import date
from enum import IntEnum

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Topic(IntEnum):
    ROADS = 1
    JUNCTIONS = 2
    POINTS = 3
    DEMAND = 4
    DEMAND_LEVEL = 5
    COUNTS = 6
    INCIDENTS = 7
    WEATHER = 8
    WEATHER_FORECAST = 9
    GROWTH = 10
    READINGS = 11
    WEIGHT = 12
    ROUNDS = 13
    COMPLAINTS = 14
    DIRT = 15
    CAPACITY = 16
    VISITS = 17
    TICKETS = 18
    TRAFFIC_NOISE = 19
    DISTRICTS = 20
    ESTIMATES = 21
    VEHICLES = 22
    CREWS = 23
    COMPLAINT_TEXTS = 22
    DEVICES = 24


def city_stream(seed: int, topic: Topic) -> np.random.Generator:
    return np.random.default_rng([seed, topic])


def day_stream(seed: int, topic: Topic, day: date) -> np.random.Generator:
    return np.random.default_rng([seed, topic, day.toordinal()])


def moments(day: date, seconds: Ints) -> npt.NDArray[np.datetime64]:
    """City time without zone, so many seconds after midnight of `day`."""
    return np.datetime64(day, "us") + seconds.astype("timedelta64[s]")
