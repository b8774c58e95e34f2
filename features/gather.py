"""Everything that one forecast may look at, read from the history as it was known at one moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

import polars as pl

from city.errors import MissingInputError
from city.frames import (
    BinReadings,
    CalendarDays,
    ComplaintCounts,
    ComplaintEvents,
    TrafficCounts,
    WeatherForecasts,
    WeatherObserved,
    Weighings,
)
from city.places import CityInfo
from city.store import History
from city.waste import CollectionPoint, Truck

COMPLAINTS_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What traffic and waste have in common. Every frame may be empty."""

    time_zone: str
    weather: pl.DataFrame
    weather_forecasts: pl.DataFrame
    calendar: pl.DataFrame
    complaints: pl.DataFrame
    complaint_counts: pl.DataFrame

    @classmethod
    def gather(cls, history: History, *, as_of: datetime, days: int) -> Self:
        since = as_of - timedelta(days=days)
        habit = as_of - timedelta(days=max(days, COMPLAINTS_DAYS))
        return cls(
            time_zone=city_of(history).time_zone,
            weather=history.read(WeatherObserved, as_of=as_of, since=since),
            weather_forecasts=history.read(WeatherForecasts, as_of=as_of, since=since),
            calendar=history.read(CalendarDays, as_of=as_of),
            complaints=history.read(ComplaintEvents, as_of=as_of, since=habit),
            complaint_counts=history.read(ComplaintCounts, as_of=as_of, since=habit),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficHistory:
    counts: pl.DataFrame
    around: Surroundings

    @classmethod
    def gather(cls, history: History, *, as_of: datetime, days: int) -> Self:
        counts = history.read(TrafficCounts, as_of=as_of, since=as_of - timedelta(days=days))
        if counts.is_empty():
            raise MissingInputError(
                step="Congestion",
                missing=(f"traffic counts of the {days} days before {as_of.isoformat()}",),
                todo="Import a feed of detectors first.",
            )
        return cls(counts=counts, around=Surroundings.gather(history, as_of=as_of, days=days))


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteHistory:
    readings: pl.DataFrame
    weighings: pl.DataFrame
    points: tuple[CollectionPoint, ...]
    trucks: tuple[Truck, ...]
    around: Surroundings

    @classmethod
    def gather(cls, history: History, *, as_of: datetime, days: int) -> Self:
        since = as_of - timedelta(days=days)
        readings = history.read(BinReadings, as_of=as_of, since=since)
        if readings.is_empty():
            raise MissingInputError(
                step="Waste",
                missing=(f"bin readings or visits of the {days} days before {as_of.isoformat()}",),
                todo="Import levels of sensors or fills found at visits first.",
            )
        return cls(
            readings=readings,
            weighings=history.read(Weighings, as_of=as_of, since=since),
            points=history.entities(CollectionPoint, as_of=as_of),
            trucks=history.entities(Truck, as_of=as_of),
            around=Surroundings.gather(history, as_of=as_of, days=days),
        )


def city_of(history: History) -> CityInfo:
    """The city as it is described today: its clock is no news, however late the description was handed over."""
    cities = history.entities(CityInfo)
    if not cities:
        raise MissingInputError(
            step="Forecasting", missing=("the city itself (its name and time zone)",), todo="Name it in the mapping."
        )
    return cities[0]
