"""Traffic counts on the city's own clock, as the congestion model learns from them; and what surrounds both models."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Protocol, Self

import numpy as np
import polars as pl

from city.errors import MissingInputError
from features.arrays import DAY_S, HOUR_S, Ints, Narrow, moment_of
from features.calendar_days import SATURDAY, SUNDAY_OR_HOLIDAY, WORKDAY, Announced, weekday
from features.clockwork import midnights_s
from features.dense.grid import DenseGrid
from features.free_flow import FreeFlow
from features.traffic import TrafficGrid, traffic_grid

HORIZON_S = 2 * DAY_S
"""Furthest step forecast, from the newest known one: tomorrow's last minute, seen from this morning."""
MIDWEEK, FRIDAY = 2, 4
KINDS_AHEAD_DAYS = 4


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


@dataclass(frozen=True, slots=True, kw_only=True)
class WallClock:
    """Steps of the wall clock since the midnight that begins `start_day` (days since 1970): every day has as many.

    Of an hour that comes twice the first counts, so that nothing is seen early; the hour that is skipped stays empty.
    """

    time_zone: str
    start_day: int
    step_s: int

    @property
    def slots_per_day(self) -> int:
        return DAY_S // self.step_s

    def day(self, step: Ints) -> Ints:
        """Days since 1970."""
        return self.start_day + step // self.slots_per_day

    def at_s(self, step: Ints) -> Ints:
        """Seconds of UTC when each step starts."""
        return midnights_s(self.day(step), self.time_zone) + step % self.slots_per_day * self.step_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CityTraffic:
    """`values[measure]` is steps of the wall clock x detectors and ends with the newest count; measures have one."""

    clock: WallClock
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    values: dict[str, Narrow]
    delay_steps: int
    announced: Announced
    left_out: tuple[str, ...] = ()

    @classmethod
    def of(cls, counts: pl.DataFrame, around: SurroundingFrames) -> Self:
        """From rows of TrafficCounts; raises MissingInputError where nothing was measured at all."""
        return cls.of_grid(traffic_grid(counts, time_zone=around.time_zone, ahead_s=0), around)

    @classmethod
    def of_grid(cls, grid: TrafficGrid, around: SurroundingFrames) -> Self:
        """As `of`, from counts that were laid on their grid as they were read."""
        measured = {name: values for name, values in grid.values.items() if np.isfinite(values).any()}
        if not measured:
            raise MissingInputError(
                step="Congestion",
                missing=(f"any changing flow or speed of the {len(grid.detectors)} detectors",),
                todo="Look at the feed's health: columns of nothing, or detectors that are stuck.",
            )
        place = grid.clock.day[: grid.steps] * grid.clock.slots_per_day + grid.clock.slot[: grid.steps]
        return cls(
            clock=WallClock(time_zone=around.time_zone, start_day=grid.clock.first_day, step_s=grid.step_s),
            detectors=grid.detectors,
            districts=grid.districts,
            values={name: _on_wall_clock(values, place, grid.last_known) for name, values in measured.items()},
            delay_steps=grid.delay_steps,
            announced=Announced.of(around.calendar),
            left_out=grid.left_out,
        )

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def steps(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def first_lead(self) -> int:
        """Steps from the newest known one to the one that begins when it becomes known."""
        return 1 + self.delay_steps

    def known_s(self, step: Ints) -> Ints:
        """When a step is usually known: its end and the feed's delay."""
        return self.clock.at_s(step) + self.clock.step_s * self.first_lead

    def until(self, step: int) -> Self:
        return replace(self, values={name: values[:step] for name, values in self.values.items()})

    def seen_since(self, first_day: int) -> Self:
        """On the clock of a model that begins with `first_day`: days before are cut off, missing ones stay empty."""
        move = (self.clock.start_day - first_day) * self.clock.slots_per_day
        values = {
            name: old[-move:] if move < 0 else np.pad(old, ((move, 0), (0, 0)), constant_values=np.nan)
            for name, old in self.values.items()
        }
        return replace(self, clock=replace(self.clock, start_day=first_day), values=values)

    def seen_by(self, detectors: tuple[str, ...], districts: tuple[str, ...]) -> Self:
        """The columns in a model's order; a detector that is silent now has an empty one."""
        here = {name: place for place, name in enumerate(self.detectors)}
        place = np.array([here.get(name, -1) for name in detectors], np.int64)
        values = {
            name: np.where(place >= 0, old[:, np.maximum(place, 0)], np.float32(np.nan))
            for name, old in self.values.items()
        }
        return replace(self, detectors=detectors, districts=districts, values=values)

    def dense(self, measure: str) -> DenseGrid:
        """One measure as the learner takes it; holidays count as Sundays, worked weekends as working days."""
        days = -(-self.steps // self.clock.slots_per_day) + KINDS_AHEAD_DAYS
        return DenseGrid(
            values=self.values[measure],
            slots_per_day=self.clock.slots_per_day,
            first_weekday=int(weekday(np.array(self.clock.start_day))),
            day_kinds=_day_kinds(self.announced, self.clock, days),
            first_date=date(1970, 1, 1) + timedelta(days=self.clock.start_day),
        )

    def free_flow(self, until: int) -> FreeFlow | None:
        """Of the steps before `until`; None where no speed is measured, or too little to know any."""
        if "speed" not in self.values:
            return None
        found = FreeFlow.of_steps(
            self.values["speed"][:until],
            detectors=self.detectors,
            hour=np.arange(until, dtype=np.int64) % self.clock.slots_per_day * self.clock.step_s // HOUR_S,
            cutoff=moment_of(int(self.clock.at_s(np.array([until]))[0])),
        )
        return found if found.speeds.height else None

    def last_heard(self) -> Ints:
        """Per detector the newest step with any value, -1 where there is none."""
        seen = np.any([np.isfinite(values) for values in self.values.values()], axis=0)
        newest = seen.shape[0] - 1 - seen[::-1].argmax(axis=0)
        return np.where(seen.any(axis=0), newest, -1).astype(np.int64)


def _on_wall_clock(values: Narrow, place: Ints, last_known: int) -> Narrow:
    laid = np.full((int(place[: last_known + 1].max()) + 1, values.shape[1]), np.nan, np.float32)
    # Backwards: where two steps fall on one slot, the first is written last.
    laid[place[: last_known + 1][::-1]] = values[: last_known + 1][::-1]
    return laid


def _day_kinds(announced: Announced, clock: WallClock, days: int) -> Ints:
    """Only what was announced before the furthest forecast of the day could be issued."""
    day = clock.start_day + np.arange(days, dtype=np.int64)
    kind = announced.class_of(day, midnights_s(day, clock.time_zone) - HORIZON_S)
    usual = weekday(day)
    working = np.where(usual <= FRIDAY, usual, MIDWEEK)
    return np.select([kind == WORKDAY, kind == SATURDAY, kind == SUNDAY_OR_HOLIDAY], [working, 5, 6], usual)
