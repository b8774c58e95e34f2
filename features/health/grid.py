"""A feed's series side by side: sensors x local days x intervals of the day.

Days are the wall clock's, because that is what traffic and people follow: on a day with a clock change the missing
hour is empty and of the double one the later values stay.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

Values = NDArray[np.float32]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

REFERENCE_SHARE = 0.6
FEWEST_REFERENCE_DAYS = 7


@dataclass(frozen=True, eq=False)
class DayGrid:
    """`values` are NaN where nothing came. `end` is the number of intervals until the feed's last value."""

    sensors: tuple[str, ...]
    values: Values
    first_day: date
    step_s: int
    zone: ZoneInfo
    end: int

    @property
    def flat(self) -> Values:
        """Sensors x intervals, up to the feed's last value."""
        return self.values.reshape(len(self.sensors), -1)[:, : self.end]

    @property
    def slots(self) -> int:
        return int(self.values.shape[2])

    @property
    def days(self) -> int:
        return int(self.values.shape[1])

    @property
    def reference_days(self) -> int:
        """The first part of the window says what is usual; a fault that is older than the rest is taken for usual."""
        return max(FEWEST_REFERENCE_DAYS, int(self.days * REFERENCE_SHARE))

    @cached_property
    def weekend(self) -> Flags:
        return np.array([(self.first_day + timedelta(days=day)).weekday() >= 5 for day in range(self.days)])

    def slots_of(self, hours: float) -> int:
        return max(1, round(hours * 3600 / self.step_s))

    def moment(self, slot: int) -> datetime:
        """Start of an interval, counted from the first day's midnight."""
        day, of_day = divmod(int(slot), self.slots)
        clock = datetime.combine(self.first_day + timedelta(days=day), time(), self.zone)
        return (clock + timedelta(seconds=of_day * self.step_s)).astimezone(UTC)

    def only(self, chosen: slice) -> "DayGrid":
        return DayGrid(self.sensors[chosen], self.values[chosen], self.first_day, self.step_s, self.zone, self.end)


def day_grid(rows: pl.DataFrame, *, step_s: int, zone: ZoneInfo, since: datetime) -> DayGrid:
    """Columns `sensor`, `at` (UTC), `value`; several values of one interval: the last one stands."""
    first = since.astimezone(zone).date()
    codes = rows["sensor"].cast(pl.Categorical).to_physical().to_numpy()
    different, own = np.unique(codes, return_inverse=True)
    names = rows["sensor"].gather(np.unique(own, return_index=True)[1])
    start = datetime.combine(first, time(), zone).astimezone(UTC)
    numbers = ((rows["at"].dt.epoch("s").to_numpy() - int(start.timestamp())) // step_s).astype(np.int64)
    last = int(numbers.max()) if len(numbers) else 0
    place = _wall_clock(start, last + 1, step_s, zone, first)
    local = place[np.clip(numbers, 0, last)]
    slots = 86_400 // step_s
    days = int(local.max()) // slots + 1 if len(local) else 1
    values = np.full((len(different), days * slots), np.nan, dtype=np.float32)
    values[own, local] = rows["value"].to_numpy()
    end = int(local.max()) + 1 if len(local) else 0
    return DayGrid(tuple(names), values.reshape(len(different), days, slots), first, step_s, zone, end)


def _wall_clock(start: datetime, count: int, step_s: int, zone: ZoneInfo, first: date) -> Numbers:
    """For each interval of elapsed time, its place on the wall clock's grid."""
    midnight = datetime.combine(first, time())
    moments = (start + timedelta(seconds=step_s * number) for number in range(count))
    walls = (moment.astimezone(zone).replace(tzinfo=None) - midnight for moment in moments)
    return np.array([int(wall.total_seconds()) // step_s for wall in walls], dtype=np.int64)
