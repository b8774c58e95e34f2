"""The recipe for congestion: from known history to model-ready rows, the same for training, backtest and service."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import polars as pl

from city.errors import InvalidValueError
from features.arrays import DAY_S, HOUR_S, Floats, Narrow, stacked
from features.calendar_days import Announced
from features.complaints import Complaints
from features.profile import ProfileState
from features.steps import (
    CityWide,
    Known,
    Lags,
    Profile,
    Rolling,
    Rows,
    SameSlot,
    SameWeekday,
    Step,
    Stretch,
    residuals,
)
from features.steps_around import CalendarOfTarget, ComplaintsNearby, WeatherAsKnown
from features.traffic import MEASURES, traffic_grid
from features.weather import Weather

HORIZON_S = 2 * DAY_S
"""Furthest step forecast, from the newest known one: tomorrow's last minute, seen from this morning."""


class SurroundingFrames(Protocol):
    """What surrounds traffic and waste; every frame may be empty."""

    @property
    def time_zone(self) -> str: ...
    @property
    def weather(self) -> pl.DataFrame: ...
    @property
    def weather_forecasts(self) -> pl.DataFrame: ...
    @property
    def calendar(self) -> pl.DataFrame: ...
    @property
    def complaints(self) -> pl.DataFrame: ...
    @property
    def complaint_counts(self) -> pl.DataFrame: ...


def recipe(measure: str, other: str | None) -> tuple[Step, ...]:
    """The features of one measure, top to bottom; `other` is the measure that helps it, where it is measured."""
    quarter = 900
    own: tuple[Step, ...] = (
        CalendarOfTarget(),
        Profile(measure=measure),
        Lags(measure=measure, lags_s=(0, 300, 600, quarter, 2 * quarter, 3 * quarter, HOUR_S, 2 * HOUR_S)),
        Rolling(measure=measure, windows_s=(HOUR_S, 3 * HOUR_S, 12 * HOUR_S, DAY_S, 7 * DAY_S)),
        Stretch(measure=measure, windows_s=(HOUR_S, 3 * HOUR_S, DAY_S)),
        SameSlot(measure=measure, days=3),
        SameWeekday(measure=measure, weeks=(1, 2, 3, 4)),
        CityWide(measure=measure),
        WeatherAsKnown(),
        ComplaintsNearby(windows_days=(1, 7)),
    )
    if other is None:
        return own
    return (*own, Lags(measure=other, lags_s=(0, quarter)), Rolling(measure=other, windows_s=(HOUR_S,)))


def checked(steps: tuple[Step, ...], horizon_s: int) -> tuple[Step, ...]:
    """The recipe, if no step of it looks past the horizon; raises LooksAheadError."""
    for step in steps:
        step.refuse_looking_ahead(horizon_s)
    return steps


@dataclass(frozen=True, slots=True, kw_only=True)
class CongestionFeatures:
    """Fitted on what was known at `cutoff_s`; turns forecast rows into feature frames and back."""

    known: Known
    cutoff_s: int
    measures: tuple[str, ...]

    @classmethod
    def fit(
        cls,
        counts: pl.DataFrame,
        around: SurroundingFrames,
        *,
        cutoff_s: int,
        saved: pl.DataFrame | None = None,
    ) -> Self:
        """Lay the counts on their grid and learn the profiles. `saved`: the profile kept with a model."""
        grid = traffic_grid(counts, time_zone=around.time_zone, ahead_s=HORIZON_S + DAY_S)
        announced = Announced.of(around.calendar)
        measures = tuple(name for name in MEASURES if np.isfinite(grid.values[name]).any())
        profiles = {
            name: ProfileState.fit(
                grid,
                name,
                announced,
                cutoff_s=cutoff_s,
                saved=None if saved is None else saved.filter(pl.col("measure") == name),
            )
            for name in measures
        }
        off = {name: residuals(grid, profiles[name], announced) for name in measures}
        known = Known(
            grid=grid,
            profiles=profiles,
            residuals={name: deviation for name, (deviation, _) in off.items()},
            shares={name: share for name, (_, share) in off.items()},
            announced=announced,
            weather=Weather.of(around.weather, around.weather_forecasts),
            complaints=Complaints.of(around.complaints, around.complaint_counts),
        )
        return cls(known=known, cutoff_s=cutoff_s, measures=measures)

    def apply(self, measure: str, rows: Rows, *, horizon_s: int = HORIZON_S) -> pl.DataFrame:
        """One Float32 column per feature. Columns that nobody measured hold NaN throughout."""
        grid = self.known.grid
        furthest = int((rows.target - rows.origin).max(initial=0)) * grid.step_s
        if furthest > horizon_s:
            raise InvalidValueError(
                subject="Congestion forecast",
                field="horizon",
                found=f"{furthest} s after the newest count",
                expected=f"at most {horizon_s} s",
                todo="Bring the feed up to date, or ask for a nearer time.",
            )
        others = [name for name in self.measures if name != measure]
        steps = checked(recipe(measure, others[0] if others else None), horizon_s)
        columns: dict[str, Narrow] = {}
        for step in steps:
            columns |= step.columns(self.known, rows)
        return stacked(columns)

    def truth(self, measure: str, rows: Rows) -> Narrow:
        """What was measured at the target, in the measure's unit; NaN where nothing was."""
        values = self.known.grid.values[measure]
        inside = rows.target < len(values)
        return np.where(inside, values[np.where(inside, rows.target, 0), rows.detector], np.float32(np.nan))

    def to_deviation(self, measure: str, rows: Rows, values: Floats | Narrow) -> Floats:
        """The learner's target: deviation from the profile over the detector's scale."""
        usual, _ = self.known.usual(measure, rows)
        deviation: Floats = ((values - usual) / self.known.scale(measure, rows)).astype(np.float64)
        return deviation

    def from_deviation(self, measure: str, rows: Rows, deviation: Floats) -> Floats:
        """Back to the measure's unit: (rows,) or (rows, quantiles)."""
        usual = self.known.usual(measure, rows)[0].astype(np.float64)
        scale = self.known.scale(measure, rows).astype(np.float64)
        extra = (1,) * (deviation.ndim - 1)
        return usual.reshape(-1, *extra) + scale.reshape(-1, *extra) * deviation
