"""A day of waste: bins fill, trucks empty them, sensors read them, weighbridges write tickets."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from city.clock import DAY_S
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.growth import at_seconds, cumulated_growth, wet_factor
from features.sources.synthetic.points import Points
from features.sources.synthetic.seeding import Floats, Ints, Topic, day_stream
from features.sources.synthetic.weather import rain_of_hours, weather_of

_SENSOR_EVERY_H = 6
_SENSOR_LOST = 0.02
_MOST_FILL = 4.0  # beyond it nobody can pile more


@dataclass(slots=True, kw_only=True)
class OpenTrip:
    """A trip whose stops or ticket still lie ahead; it may run past midnight, into the day `days_later`."""

    trip: TripDone
    service_date: date
    ticket_id: str
    days_later: int = 0
    taken_kg: float = 0.0

    def seconds_today(self, second: int) -> int:
        return second - DAY_S * self.days_later

    def goes_on(self) -> bool:
        """Whether something of it lies after today's midnight."""
        last_s = max(self.trip.tipped_s, *(second for _, second in self.trip.stops))
        return self.seconds_today(last_s) >= DAY_S

    def next_day(self) -> "OpenTrip":
        return replace(self, days_later=self.days_later + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """Every emptying of the day, by point and time: positions, seconds of the day, trip numbers, fill found."""

    point: Ints
    second: Ints
    trip: Ints
    fill: Floats
    kg: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensed:
    """Every sensor reading of the day: positions, seconds of the day, fill shown."""

    point: Ints
    second: Ints
    fill: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteDay:
    """Arrays per point: fill at the first and the last moment of the day, full hours above the brim."""

    emptied: Emptied
    sensed: Sensed
    fill_start: Floats
    fill_end: Floats
    overflow_h: Floats


def waste_day(points: Points, seed: int, day: date, fill: Floats, trips: list[OpenTrip]) -> WasteDay:
    """Adds to each trip what it takes today."""
    growth = cumulated_growth(points, seed, day, weather_of(seed, day))
    emptied = _emptyings(points, seed, day, fill, growth, trips)
    base, fill_end = _since_emptied(fill, growth, emptied)
    return WasteDay(
        emptied=emptied,
        sensed=_sensed(points, seed, day, fill, growth, emptied),
        fill_start=fill,
        fill_end=np.minimum(fill_end, _MOST_FILL),
        overflow_h=np.asarray((growth[:, 1:] - base > 1.0).sum(axis=1), dtype=np.float64),
    )


def _emptyings(points: Points, seed: int, day: date, fill: Floats, growth: Floats, trips: list[OpenTrip]) -> Emptied:
    position = points.position()
    found = sorted(
        (position[point_id, open_trip.trip.stream], open_trip.seconds_today(second), number)
        for number, open_trip in enumerate(trips)
        for point_id, second in open_trip.trip.stops
        if 0 <= open_trip.seconds_today(second) < DAY_S
    )
    columns = np.array(found, dtype=np.int64).reshape(-1, 3)
    point, second, trip = columns[:, 0], columns[:, 1], columns[:, 2]
    grown = at_seconds(growth, point, second)
    again = np.concatenate([[False], point[1:] == point[:-1]])[: len(point)]
    found_fill = np.minimum(grown + np.where(again, -np.roll(grown, 1), fill[point]), _MOST_FILL)
    kg = _kg(points, seed, day, point, second, found_fill)
    for number, more_kg in zip(trip, kg, strict=True):
        trips[number].taken_kg += float(more_kg)
    return Emptied(point=point, second=second, trip=trip, fill=found_fill, kg=kg)


def _kg(points: Points, seed: int, day: date, point: Ints, second: Ints, fill: Floats) -> Floats:
    """Fill x capacity x density, heavier after rain, and never quite the same. One draw per point and day."""
    capacity = np.array([one.capacity_m3 for one in points.points])[point]
    density = np.array([one.density_kg_m3 for one in points.points])[point]
    noise = day_stream(seed, Topic.WEIGHT, day).lognormal(0, 0.06, len(points.points))[point]
    rain = rain_of_hours(seed, day, 24)[second // 3600]
    return np.asarray(fill * capacity * density * noise * wet_factor(points, point, rain), dtype=np.float64)


def _since_emptied(fill: Floats, growth: Floats, emptied: Emptied) -> tuple[Floats, Floats]:
    """What to take off the growth at each full hour, and the fill at midnight."""
    base = np.repeat(-fill[:, None], 24, axis=1)
    grown = at_seconds(growth, emptied.point, emptied.second)
    ends = np.arange(1, 25) * 3600
    for point, second, value in zip(emptied.point, emptied.second, grown, strict=True):
        base[point, ends > second] = value
    return base, growth[:, 24] - base[:, 23]


def _level(fill: Floats, growth: Floats, emptied: Emptied, point: Ints, second: Ints) -> Floats:
    """Fill of points at moments of the day, after whatever was emptied before."""
    keys = emptied.point * DAY_S + emptied.second
    last = np.searchsorted(keys, point * DAY_S + second, side="right") - 1
    grown = at_seconds(growth, point, second)
    if len(keys) == 0:
        return np.asarray(fill[point] + grown, dtype=np.float64)
    same = (last >= 0) & (emptied.point[np.maximum(last, 0)] == point)
    taken = at_seconds(growth, emptied.point, emptied.second)[np.maximum(last, 0)]
    return np.where(same, grown - taken, fill[point] + grown)


def _sensed(points: Points, seed: int, day: date, fill: Floats, growth: Floats, emptied: Emptied) -> Sensed:
    rng = day_stream(seed, Topic.READINGS, day)
    per_day = 24 // _SENSOR_EVERY_H
    noise = rng.normal(0, 0.02, (len(points.points), per_day))
    kept = (rng.random((len(points.points), per_day)) >= _SENSOR_LOST) & points.sensor[:, None]
    point, turn = np.nonzero(kept)
    second = 3600 * _SENSOR_EVERY_H * turn + 60 * (point * 7 % 55) + 1200
    level = _level(fill, growth, emptied, point, second) + noise[point, turn]
    return Sensed(point=point, second=second, fill=np.clip(level, 0.0, 1.0).round(2))
