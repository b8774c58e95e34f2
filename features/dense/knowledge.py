"""How little a grid can teach, in sentences: what a reader must know before trusting a young model."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from features.dense.grid import DenseGrid

ALIVE_SHARE = 0.25
"""A sensor-day counts as seen where this share of it was measured."""
YOUNG_DAYS = 56
YEAR_DAYS = 365
FEW_DAYS_OF_A_KIND = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """`days` is the median over sensors of days with values, `fewest` and `most` per weekday where weekdays are read.

    `late_sensors` have seen less than half of the days.
    """

    days: int
    sensors: int
    late_sensors: int
    fewest_of_a_weekday: int | None

    @classmethod
    def of(cls, known: DenseGrid) -> Self:
        cube = known.cube(known.values)
        alive = np.isfinite(cube).mean(axis=1) >= ALIVE_SHARE
        seen = alive.sum(axis=0)
        weekday = known.weekday(np.arange(known.days))
        any_seen = alive.any(axis=1)
        per_weekday = None if weekday is None else np.bincount(weekday[any_seen], minlength=7)
        return cls(
            days=int(np.median(seen)),
            sensors=known.sensors,
            late_sensors=int((seen < any_seen.sum() / 2).sum()),
            fewest_of_a_weekday=None if per_weekday is None else int(per_weekday.min()),
        )

    @property
    def is_young(self) -> bool:
        return self.days <= YOUNG_DAYS

    def sentences(self) -> tuple[str, ...]:
        said = [f"Learned from {self.days} days of {self.sensors} sensors."]
        if self.fewest_of_a_weekday is not None and self.fewest_of_a_weekday < FEW_DAYS_OF_A_KIND:
            times = self.fewest_of_a_weekday
            said.append(f"The rarest weekday was seen {times} time(s): what is usual for it is a first guess.")
        if self.is_young:
            said.append("Holidays, school terms and seasons are unknown to it: expect wider errors when one begins.")
        elif self.days < YEAR_DAYS:
            said.append("Less than a year: a season or a holiday that was not seen yet is unknown to it.")
        if self.late_sensors:
            said.append(f"{self.late_sensors} sensor(s) were silent on most days and lean on the others.")
        return tuple(said)
