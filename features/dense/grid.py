"""One complete regular grid of sensors: the form in which dense traffic feeds are learned from."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

import numpy as np

from city.errors import BrokenRuleError, InvalidValueError
from features.arrays import Flags, Ints, Narrow

DAY_MINUTES = 1_440


@dataclass(frozen=True, slots=True, kw_only=True)
class DenseGrid:
    """`values` is steps x sensors, NaN where nothing was measured; all steps are there and equally long.

    `first_slot` is the clock slot of the first step. `first_weekday` (0 = Monday) is that of the first step's day, or
    None where days of the week are not to be read off the steps (`clock = "index"`). `day_kinds` says from the first
    day on as which weekday each day counts (a holiday as a Sunday); days beyond it follow the week. `first_date` is the
    date of the first step's day where dates can be read off the steps: it lets a year be compared with the year before.
    `graph` is sensors x sensors, 0 where not connected.
    """

    values: Narrow
    slots_per_day: int
    first_slot: int = 0
    first_weekday: int | None = None
    graph: Narrow | None = None
    day_kinds: Ints | None = None
    first_date: date | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise BrokenRuleError(
                subject="A dense grid", problem=f"its values have {self.values.ndim} dimensions, expected 2"
            )
        if not 0 <= self.first_slot < self.slots_per_day:
            raise InvalidValueError(
                subject="A dense grid",
                field="first_slot",
                found=self.first_slot,
                expected=f"a slot below {self.slots_per_day}",
            )
        if self.graph is not None and self.graph.shape != (self.sensors, self.sensors):
            raise BrokenRuleError(
                subject="A dense grid",
                problem=f"its graph is {self.graph.shape}, but it has {self.sensors} sensors",
                todo="Leave the graph out or give one row and one column per sensor.",
            )

    @property
    def steps(self) -> int:
        return int(self.values.shape[0])

    @property
    def sensors(self) -> int:
        return int(self.values.shape[1])

    @property
    def days(self) -> int:
        return -(-(self.steps + self.first_slot) // self.slots_per_day)

    def day(self, step: Ints) -> Ints:
        return (step + self.first_slot) // self.slots_per_day

    def slot(self, step: Ints) -> Ints:
        return (step + self.first_slot) % self.slots_per_day

    def weekday(self, day: Ints) -> Ints | None:
        if self.first_weekday is None:
            return None
        usual = (day + self.first_weekday) % 7
        if self.day_kinds is None or not len(self.day_kinds):
            return usual
        told = day < len(self.day_kinds)
        return np.where(told, self.day_kinds[np.where(told, day, 0)], usual)

    def until(self, step: int) -> Self:
        """The same grid as it was known when `step` began."""
        return replace(self, values=self.values[:step])

    def since(self, day: int) -> Self:
        """Without the days before `day`."""
        if day <= 0:
            return self
        weekday = None if self.first_weekday is None else (self.first_weekday + day) % 7
        first = day * self.slots_per_day - self.first_slot
        kinds = None if self.day_kinds is None else self.day_kinds[day:]
        begun = None if self.first_date is None else self.first_date + timedelta(days=day)
        return replace(
            self, values=self.values[first:], first_slot=0, first_weekday=weekday, day_kinds=kinds, first_date=begun
        )

    def extended(self, steps: int) -> Self:
        """With so many more steps of which nothing is known yet."""
        coming = np.full((steps, self.sensors), np.nan, np.float32)
        return replace(self, values=np.concatenate([self.values, coming]))

    def cube(self, values: Narrow) -> Narrow:
        """Steps x sensors as days x slots x sensors; NaN where the first and last day have no step."""
        padded = np.full((self.days * self.slots_per_day, values.shape[1]), np.nan, np.float32)
        padded[self.first_slot : self.first_slot + len(values)] = values
        return padded.reshape(self.days, self.slots_per_day, values.shape[1])

    def flat(self, cube: Narrow) -> Narrow:
        """The reverse of `cube`."""
        whole = cube.reshape(-1, cube.shape[2])
        return whole[self.first_slot : self.first_slot + self.steps]


def last_known(values: Narrow) -> tuple[Ints, Flags]:
    """Per cell the step of the newest value up to it, and whether there is one."""
    seen = np.isfinite(values)
    step = np.where(seen, np.arange(len(values))[:, None], -1)
    newest = np.maximum.accumulate(step, axis=0)
    return np.maximum(newest, 0), newest >= 0


def carried(values: Narrow) -> Narrow:
    """The last value carried forward; NaN before the first."""
    newest, known = last_known(values)
    return np.where(known, np.take_along_axis(values, newest, axis=0), np.float32(np.nan))
