"""The demo city's weather: hourly, with wet spells that last days, and forecasts that lose skill with their horizon."""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np

from features.sources.synthetic.seeding import Floats, Topic, day_stream

FORECAST_HOURS = 48
FORECAST_HOUR = 4  # local hour at which the weather office issues it


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """24 hours of one local day."""

    temperature_c: Floats
    rain_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastHours:
    issued_at: datetime  # city time, without zone
    valid_at: tuple[datetime, ...]
    temperature_c: Floats
    rain_mm: Floats


def weather_of(seed: int, day: date) -> Weather:
    rng = day_stream(seed, Topic.WEATHER, day)
    hours = np.arange(24)
    season_c = 14.0 - 13.0 * math.cos(2 * math.pi * (day.timetuple().tm_yday - 20) / 365.25)
    rainy = _wetness(seed, day) > _rain_threshold(day)
    swing_c = 2.0 if rainy else 5.0
    spell_c = 2.5 * _spell(seed, day, 0)
    temperature_c = season_c + spell_c - swing_c * np.cos(2 * np.pi * (hours - 3) / 24) + rng.normal(0, 0.4, 24)
    rain_mm = np.zeros(24)
    if rainy:
        middle, hours_long = rng.uniform(0, 24), rng.uniform(3, 12)
        intensity = rng.gamma(1.6, 1.6)
        rain_mm = intensity * np.exp(-(((hours - middle) / hours_long) ** 2) * 2) * rng.gamma(2.0, 0.5, 24)
    return Weather(temperature_c=temperature_c.round(1), rain_mm=np.where(rain_mm < 0.1, 0.0, rain_mm).round(1))


def rain_of_hours(seed: int, day: date, hours: int) -> Floats:
    """Rain summed over the last `hours` before each hour of the day's end, mm: 24 values."""
    two_days = np.concatenate([weather_of(seed, day - timedelta(days=1)).rain_mm, weather_of(seed, day).rain_mm])
    sums = np.concatenate([[0.0], np.cumsum(two_days)])
    ends = np.arange(25, 49)
    return np.asarray(sums[ends] - sums[ends - hours], dtype=np.float64)


def forecast_of(seed: int, day: date) -> ForecastHours:
    """Issued at 04:00 of `day` for the 48 hours that follow."""
    rng = day_stream(seed, Topic.WEATHER_FORECAST, day)
    issued_at = datetime.combine(day, time(FORECAST_HOUR))
    days = [weather_of(seed, day + timedelta(days=k)) for k in range(3)]
    window = slice(FORECAST_HOUR + 1, FORECAST_HOUR + 1 + FORECAST_HOURS)
    temperature_c = np.concatenate([one.temperature_c for one in days])[window]
    rain_mm = np.concatenate([one.rain_mm for one in days])[window]
    lead = np.arange(1, FORECAST_HOURS + 1) / FORECAST_HOURS
    drift_c = np.cumsum(rng.normal(0, 0.35, FORECAST_HOURS)) * lead
    shifted = np.roll(rain_mm, int(rng.integers(-2, 3))) * rng.lognormal(0, 0.3) * rng.lognormal(0, 0.5 * lead)
    missed = rng.random() < 0.08
    false_alarm = np.where(rng.random(FORECAST_HOURS) < 0.03 * lead, rng.gamma(1.0, 0.8, FORECAST_HOURS), 0.0)
    return ForecastHours(
        issued_at=issued_at,
        valid_at=tuple(issued_at + timedelta(hours=k) for k in range(1, FORECAST_HOURS + 1)),
        temperature_c=(temperature_c + drift_c).round(1),
        rain_mm=((0.0 if missed else 1.0) * shifted + false_alarm).round(1),
    )


def _rain_threshold(day: date) -> float:
    """Wetter from May to September."""
    return 0.35 if 5 <= day.month <= 9 else 0.62


def _wetness(seed: int, day: date) -> float:
    return _spell(seed, day, 1)


def _spell(seed: int, day: date, which: int) -> float:
    """A standard normal that remembers yesterday by 0.6, made from the last eight days alone."""
    draws = [day_stream(seed, Topic.WEATHER, day - timedelta(days=k)).normal(size=4)[2 + which] for k in range(8)]
    return float(sum(0.6**k * draw for k, draw in enumerate(draws)) * math.sqrt(1 - 0.36))
