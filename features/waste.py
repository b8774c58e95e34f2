"""The recipe for waste: fill of a point if nobody empties it before a moment, from what was known when asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.errors import InvalidValueError
from city.waste import CollectionPoint, Stream
from features.arrays import DAY_S, HOUR_S, Columns, Floats, Ints, narrow, stacked
from features.calendar_days import WORKDAY, Announced, festival_phase, weekday
from features.clockwork import local_days, local_second_of_day
from features.complaints import Complaints
from features.congestion import SurroundingFrames
from features.fills import FillHistory, Growth
from features.weather import Weather

HORIZON_S = 8 * DAY_S
STREAMS = tuple(Stream)


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRows:
    """Forecast rows: the series, when it is asked, and the moment asked about."""

    series: Ints
    origin_s: Ints
    valid_s: Ints

    def __len__(self) -> int:
        return len(self.series)

    def where(self, chosen: Ints) -> "FillRows":
        return FillRows(series=self.series[chosen], origin_s=self.origin_s[chosen], valid_s=self.valid_s[chosen])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Rows with their reference: the newest reading known at the origin, and what grew since, by the point's habit."""

    rows: FillRows
    reference: Ints
    growth: Growth
    expected: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class WasteFeatures:
    """What is known about bins and what surrounds them; every figure is looked up as known at a row's origin."""

    fills: FillHistory
    points: dict[tuple[str, str], CollectionPoint]
    time_zone: str
    announced: Announced
    weather: Weather
    complaints: Complaints

    @classmethod
    def fit(
        cls,
        readings: pl.DataFrame,
        points: tuple[CollectionPoint, ...],
        around: SurroundingFrames,
        audits: pl.DataFrame | None = None,
    ) -> Self:
        return cls(
            fills=FillHistory.of(readings, audits),
            points={(str(point.point_id), str(point.stream)): point for point in points},
            time_zone=around.time_zone,
            announced=Announced.of(around.calendar),
            weather=Weather.of(around.weather, around.weather_forecasts),
            complaints=Complaints.of(around.complaints, around.complaint_counts),
        )

    def ask(self, rows: FillRows) -> Asked:
        """Rows without any reading known at their origin must be left out before (`answerable`)."""
        furthest = int((rows.valid_s - rows.origin_s).max(initial=0))
        if furthest > HORIZON_S:
            raise InvalidValueError(
                subject="Waste forecast", field="horizon", found=f"{furthest} s", expected=f"at most {HORIZON_S} s"
            )
        fills = self.fills
        reference = fills.reference(rows.series, rows.origin_s)
        growth = fills.growth(reference, rows.origin_s)
        days = (rows.valid_s - fills.at_s[reference]) / DAY_S
        begins = np.where(fills.emptied[reference], growth.start, 0.0)
        expected = self._level(reference, growth) + begins + growth.slope * days
        return Asked(rows=rows, reference=reference, growth=growth, expected=expected)

    def _level(self, reference: Ints, growth: Growth) -> Floats:
        """At the reference; where it says "at least full", what the point's habit lets expect, if that is more."""
        fills = self.fills
        level, emptied_s = fills.level_after(reference), fills.last_emptied_s[reference]
        grown = growth.start + growth.slope * (fills.at_s[reference] - emptied_s) / DAY_S
        return np.where(fills.at_least(reference) & (emptied_s >= 0), np.fmax(level, grown), level)

    def answerable(self, rows: FillRows) -> FillRows:
        """The rows of which a reading, and some finished cycle of the stream, is known at the origin."""
        reference = self.fills.reference(rows.series, rows.origin_s)
        held = np.flatnonzero(reference >= 0)
        known = self.fills.growth(reference[held], rows.origin_s[held])
        return rows.where(held[np.isfinite(known.slope)])

    def apply(self, asked: Asked) -> pl.DataFrame:
        """One Float32 column per feature, top to bottom."""
        columns: Columns = {}
        for step in _RECIPE:
            columns |= step(self, asked)
        return stacked(columns)


def own_past(features: WasteFeatures, asked: Asked) -> Columns:
    """Since when, from which level, and how this point usually grows."""
    fills, rows, reference, growth = features.fills, asked.rows, asked.reference, asked.growth
    emptied_s = fills.last_emptied_s[reference]
    since = np.where(emptied_s >= 0, (rows.valid_s - emptied_s) / DAY_S, np.nan)
    grown_days = np.where(emptied_s >= 0, (fills.at_s[reference] - emptied_s) / DAY_S, np.nan)
    level = fills.level_after(reference)
    return {
        "expected": narrow(asked.expected),
        "span_days": narrow((rows.valid_s - fills.at_s[reference]) / DAY_S),
        "lead_days": narrow((rows.valid_s - rows.origin_s) / DAY_S),
        "days_since_emptied": narrow(since),
        "level": narrow(level),
        "level_over_usual": narrow(level - growth.start - growth.slope * grown_days),
        "growth_start": narrow(growth.start),
        "growth_per_day": narrow(growth.slope),
        "found_mean": narrow(growth.found),
        "found_spread": narrow(growth.found_spread),
        "found_last": narrow(fills.recent_found(reference, 1)),
        "found_mean_5": narrow(fills.recent_found(reference, 5)),
        "gap_days": narrow(growth.gap_days),
        "gaps_over_usual": narrow(since / np.maximum(growth.gap_days, 0.05)),
        "cycles": narrow(growth.cycles),
    }


def kind_of_point(features: WasteFeatures, asked: Asked) -> Columns:
    """Stream, capacity and service rule, where the point is described."""
    keys = features.fills.keys
    found = [features.points.get(key) for key in keys]
    stream = np.array([STREAMS.index(Stream(name)) for _, name in keys], np.float64)
    capacity = np.array([np.nan if point is None else point.capacity_m3 for point in found])
    by_fill = np.array([np.nan if point is None else float(point.rule.may_skip) for point in found])
    series = asked.rows.series
    return {
        "stream": narrow(stream[series]),
        "capacity_m3": narrow(capacity[series]),
        "by_fill": narrow(by_fill[series]),
    }


def calendar(features: WasteFeatures, asked: Asked) -> Columns:
    """The moment asked about, and which share of the time until then is no workday, as announced at the origin."""
    rows, announced = asked.rows, features.announced
    day = local_days(rows.valid_s, features.time_zone)
    start = local_days(features.fills.at_s[asked.reference], features.time_zone)
    rest = np.zeros(len(rows))
    for back in range(HORIZON_S // DAY_S):
        one = day - back
        rest += (announced.class_of(one, rows.origin_s) != WORKDAY) & (one > start)
    return {
        "hour": narrow(local_second_of_day(rows.valid_s, features.time_zone) / HOUR_S),
        "weekday": narrow(weekday(day)),
        "day_class": narrow(announced.class_of(day, rows.origin_s)),
        "rest_days": narrow(rest),
        "holiday": narrow(announced.is_holiday(day, rows.origin_s)),
        "festival_phase": narrow(festival_phase(announced.festival_days(day, rows.origin_s))),
    }


def weather(features: WasteFeatures, asked: Asked) -> Columns:
    rows = asked.rows
    ahead = features.weather.forecast_known(rows.origin_s, rows.valid_s)
    return {
        "rain_3d": narrow(features.weather.rain_known(rows.origin_s, 3 * DAY_S)),
        "temperature_now": narrow(features.weather.temperature_known(rows.origin_s)),
        "rain_forecast": narrow(features.weather.rain_forecast(rows.origin_s, rows.valid_s)),
        "temperature_forecast": narrow(ahead["temperature_c"]),
    }


def complaints_nearby(features: WasteFeatures, asked: Asked) -> Columns:
    """Complaints of the point's district over its own habit, by the origin."""
    districts, of_series = np.unique(features.fills.districts, return_inverse=True)
    of_row = of_series[asked.rows.series]
    found: Columns = {}
    for window in (3, 14):
        values = np.full(len(asked.rows), np.nan, np.float32)
        for number, district in enumerate(districts):
            mine = of_row == number
            values[mine] = features.complaints.excess(str(district), asked.rows.origin_s[mine], window)
        found[f"complaints_{window}d"] = values
    return found


_RECIPE: tuple[Callable[[WasteFeatures, Asked], Columns], ...] = (
    own_past,
    kind_of_point,
    calendar,
    weather,
    complaints_nearby,
)
