"""How bins fill: a gamma-like amount per point and day, shaped by weekday, season, feast days, rain and markets."""

import math
from datetime import date

import numpy as np

from features.sources.synthetic.days import DayKind, day_kind
from features.sources.synthetic.points import CLASSES, Points
from features.sources.synthetic.seeding import Floats, Ints, Topic, day_stream
from features.sources.synthetic.weather import Weather

_HOURS = np.arange(24) + 0.5
# Monday to Sunday, per class of point.
_WEEKDAY = np.array(
    [
        [1.06, 0.97, 0.95, 0.95, 0.98, 1.03, 1.1],
        [1.0, 0.97, 0.96, 0.97, 1.0, 1.07, 1.12],
        [0.85, 0.85, 0.9, 0.9, 1.1, 1.3, 1.2],
        [0.95, 0.9, 0.9, 0.95, 1.0, 1.2, 1.15],
    ]
)
_HOURLY = np.array(
    [
        0.2 + np.exp(-0.5 * ((_HOURS - 7.5) / 1.2) ** 2) + 1.5 * np.exp(-0.5 * ((_HOURS - 19.5) / 2.0) ** 2),
        0.1 + np.exp(-0.5 * ((_HOURS - 12.8) / 1.2) ** 2) + 1.6 * np.exp(-0.5 * ((_HOURS - 19.2) / 1.6) ** 2),
        0.1 + np.exp(-0.5 * ((_HOURS - 12.5) / 3.0) ** 2) + 0.8 * np.exp(-0.5 * ((_HOURS - 18.5) / 2.5) ** 2),
        0.15 + np.exp(-0.5 * ((_HOURS - 10.0) / 2.0) ** 2) + np.exp(-0.5 * ((_HOURS - 18.0) / 2.5) ** 2),
    ]
)
_HOURLY /= _HOURLY.sum(axis=1, keepdims=True)
_MARKET_DAYS = (2, 6)
_MARKET = 1.8
# How much a full soaking adds to the weight of a class's waste.
_WET = np.array([0.22, 0.06, 0.3, 0.15])
_SOAKED_MM = 15.0


def cumulated_growth(points: Points, seed: int, day: date, weather: Weather) -> Floats:
    """Fill added since midnight, as a share of capacity: points x 25 full hours."""
    kind = day_kind(day)
    rng = day_stream(seed, Topic.GROWTH, day)
    noise = rng.gamma(points.steadiness) / points.steadiness
    city = math.exp(rng.normal(0, 0.025))
    level = _WEEKDAY[points.kind, day.weekday()] * _feast(kind)[points.kind] * _season(day)[points.kind]
    outdoors = np.where(points.kind == CLASSES.index("litter"), 1 - 0.35 * math.tanh(weather.rain_mm.sum() / 12.0), 1.0)
    market = np.where(points.market & (day.weekday() in _MARKET_DAYS), _MARKET, 1.0)
    amount = points.fill_per_day * level * outdoors * market * noise * city
    hours = np.concatenate([np.zeros((len(CLASSES), 1)), np.cumsum(_HOURLY, axis=1)], axis=1)
    return np.asarray(amount[:, None] * hours[points.kind], dtype=np.float64)


def at_seconds(growth: Floats, positions: Ints, seconds: Ints) -> Floats:
    """Growth of each named point until each second of the day, straight between full hours."""
    hour = np.minimum(seconds // 3600, 23)
    part = (seconds - 3600 * hour) / 3600
    low, high = growth[positions, hour], growth[positions, hour + 1]
    return np.asarray(low + part * (high - low), dtype=np.float64)


def wet_factor(points: Points, positions: Ints, rain_24h_mm: Floats) -> Floats:
    """What rain of the last 24 hours makes of a load's weight."""
    return np.asarray(1 + _WET[points.kind[positions]] * np.minimum(rain_24h_mm / _SOAKED_MM, 1.0), dtype=np.float64)


def _feast(kind: DayKind) -> Floats:
    """People clean and shop before Spring Festival, many leave for it, and parcels pile up as cardboard."""
    level = np.ones(len(CLASSES))
    if kind.day_type == "holiday":
        level *= np.array([0.97, 1.08, 1.25, 1.1])
    days = kind.spring_festival_days
    if days is None:
        return level
    before = math.exp(-0.5 * ((days + 3) / 2.5) ** 2)
    during = math.exp(-0.5 * ((days - 2.5) / 3.0) ** 2)
    return np.asarray(
        level * (1 + before * np.array([0.32, 0.22, 0.25, 0.6])) * (1 - during * np.array([0.28, 0.12, 0.0, 0.3]))
    )


def _season(day: date) -> Floats:
    """Melons in summer, coats in winter: kitchen waste swings most."""
    phase = math.cos(2 * math.pi * (day.timetuple().tm_yday - 200) / 365.25)
    return np.asarray(1 + phase * np.array([0.03, 0.12, 0.15, -0.04]))
