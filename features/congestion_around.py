"""Calendar, weather and complaints beside the counts: each as it was known when a step was, never later."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from features.arrays import HOUR_S, Floats, Ints, Narrow, narrow
from features.calendar_days import Announced
from features.complaints import Complaints
from features.congestion import CityTraffic, SurroundingFrames
from features.dense.grid import DenseGrid
from features.weather import Weather

SOURCES = ("calendar", "weather", "complaints")
COMPLAINT_DAYS = (1, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class AroundTraffic:
    """The `Outside` of one city. A source that is not used, or a column that a model was not told, holds NaN."""

    traffic: CityTraffic
    weather: Weather
    complaints: Complaints
    sources: tuple[str, ...] = SOURCES
    told: tuple[str, ...] | None = field(default=None)
    """The columns that a trained model has learned from; None while it is being trained."""

    @classmethod
    def of(cls, traffic: CityTraffic, around: SurroundingFrames, *, sources: tuple[str, ...] = SOURCES) -> Self:
        return cls(
            traffic=traffic,
            weather=Weather.of(around.weather, around.weather_forecasts),
            complaints=Complaints.of(around.complaints, around.complaint_counts),
            sources=sources,
        )

    def seen_by(self, traffic: CityTraffic, told: tuple[str, ...]) -> Self:
        return replace(self, traffic=traffic, told=told)

    def since(self, day: int) -> Self:
        return replace(self, traffic=self.traffic.seen_since(self.traffic.clock.start_day + day))

    def now(self, grid: DenseGrid) -> dict[str, Narrow]:
        known_s = self.traffic.known_s(np.arange(grid.steps))
        columns = {
            "temperature_now": self._of_city(grid, self.weather.temperature_known(known_s)),
            "rain_3h": self._of_city(grid, self.weather.rain_known(known_s, 3 * HOUR_S)),
        }
        columns = self._if_used("weather", columns)
        nearby = {f"complaints_{days}d": self._excess(known_s, days) for days in COMPLAINT_DAYS}
        return self._told(columns | self._if_used("complaints", nearby))

    def ahead(self, grid: DenseGrid, horizon: int) -> dict[str, Narrow]:
        step = np.arange(grid.steps)
        known_s, target = self.traffic.known_s(step), step + horizon
        weather = self.weather.forecast_known(known_s, self.traffic.clock.at_s(target))
        coming = {
            "temperature_forecast": self._of_city(grid, weather["temperature_c"]),
            "rain_forecast": self._of_city(grid, weather["rain_mm"]),
        }
        days = {name: self._of_city(grid, values) for name, values in self._calendar(target, known_s).items()}
        return self._told(self._if_used("weather", coming) | self._if_used("calendar", days))

    def learned(self, grid: DenseGrid, horizon: int) -> tuple[str, ...]:
        """The columns that say two different things: a learner that never saw a column speak must never hear it."""
        columns = self.now(grid) | self.ahead(grid, horizon)
        return tuple(sorted(name for name, values in columns.items() if _differs(values)))

    def knows_weather(self, step: int, horizon: int) -> bool:
        """Whether there is a forecast of the weather for the time asked about, as known at `step`."""
        at, known_s = self.traffic.clock.at_s(np.array([step + horizon])), self.traffic.known_s(np.array([step]))
        return bool(np.isfinite(self.weather.forecast_known(known_s, at)["rain_mm"]).all())

    def _calendar(self, target: Ints, known_s: Ints) -> dict[str, Floats]:
        day, announced = self.traffic.clock.day(target), self.traffic.announced
        return {
            "day_class": announced.class_of(day, known_s).astype(np.float64),
            "day_class_before": announced.class_of(day - 1, known_s).astype(np.float64),
            "day_class_after": announced.class_of(day + 1, known_s).astype(np.float64),
            "holiday": announced.is_holiday(day, known_s),
            "festival_days": announced.festival_days(day, known_s),
        }

    def _excess(self, known_s: Ints, days: int) -> Narrow:
        districts, of_detector = np.unique(self.traffic.districts, return_inverse=True)
        by_district = [narrow(self.complaints.excess(str(one), known_s, days)) for one in districts]
        return np.stack(by_district, axis=1)[:, of_detector]

    def _of_city(self, grid: DenseGrid, values: Floats) -> Narrow:
        return np.broadcast_to(narrow(values)[:, None], (grid.steps, grid.sensors))

    def _if_used(self, source: str, columns: dict[str, Narrow]) -> dict[str, Narrow]:
        return columns if source in self.sources else {name: _silent(values) for name, values in columns.items()}

    def _told(self, columns: dict[str, Narrow]) -> dict[str, Narrow]:
        if self.told is None:
            return columns
        return {name: values if name in self.told else _silent(values) for name, values in columns.items()}


def without_calendar(traffic: CityTraffic) -> CityTraffic:
    """Days by the week alone, as if nothing had ever been announced."""
    old = traffic.announced
    nothing = Announced(
        day=old.day[:0],
        day_class=old.day_class[:0],
        holiday=old.holiday[:0],
        festival=old.festival[:0],
        known_s=old.known_s[:0],
    )
    return replace(traffic, announced=nothing)


def _silent(values: Narrow) -> Narrow:
    return np.broadcast_to(np.float32(np.nan), values.shape)


def _differs(values: Narrow) -> bool:
    said = values[np.isfinite(values)]
    return bool(len(said)) and float(said.min()) != float(said.max())
