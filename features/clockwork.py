"""The local clock of a regular grid: which local day and slot each step is, and back."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np
import polars as pl

from city.clock import midnight, zone
from features.arrays import DAY_S, Ints, seconds, utc_column


def local_days(second: Ints, time_zone: str) -> Ints:
    """Local days as days since 1970-01-01."""
    local = utc_column(second).dt.convert_time_zone(time_zone)
    return local.dt.date().to_physical().to_numpy().astype(np.int64)


def local_second_of_day(second: Ints, time_zone: str) -> Ints:
    local = utc_column(second).dt.convert_time_zone(time_zone)
    parts = [part.cast(pl.Int64).to_numpy() for part in (local.dt.hour(), local.dt.minute(), local.dt.second())]
    of_day: Ints = (parts[0] * 3_600 + parts[1] * 60 + parts[2]).astype(np.int64)
    return of_day


def midnights_s(day: Ints, time_zone: str) -> Ints:
    """Local midnight of each day (days since 1970), seconds of UTC."""
    days, place = np.unique(day, return_inverse=True)
    city_zone = zone(time_zone)
    starts = [seconds(midnight(date(1970, 1, 1) + timedelta(days=int(one)), city_zone)) for one in days]
    return np.array(starts, np.int64)[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalClock:
    """Per step: `day` counts local days from `first_day` (days since 1970), `slot` counts steps of the local clock.

    Where the clock goes back a slot of that day holds the later step; where it goes forward the slot holds -1.
    """

    first_day: int
    day: Ints
    slot: Ints
    lookup: Ints
    slots_per_day: int

    @classmethod
    def of(cls, *, start_s: int, step_s: int, steps: int, time_zone: str) -> Self:
        at = start_s + step_s * np.arange(steps, dtype=np.int64)
        since_1970 = local_days(at, time_zone)
        slot = local_second_of_day(at, time_zone) // step_s
        first_day = int(since_1970[0])
        day = since_1970 - first_day
        slots_per_day = DAY_S // step_s
        lookup = np.full((int(day[-1]) + 1, slots_per_day), -1, np.int64)
        lookup[day, slot] = np.arange(steps)
        return cls(first_day=first_day, day=day, slot=slot, lookup=lookup, slots_per_day=slots_per_day)

    @property
    def days(self) -> int:
        return len(self.lookup)

    def step_at(self, day: Ints, slot: Ints) -> Ints:
        """The step of that local day and slot, -1 where the grid holds none."""
        inside = (day >= 0) & (day < self.days)
        return np.where(inside, self.lookup[np.where(inside, day, 0), slot], -1)
