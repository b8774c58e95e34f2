"""How much slower driving is than in free flow, by class of place and time of day, and when a drive arrives.

A drive is work: its free-flow seconds. Work is used up at the speed of the moment, period by period, so that who leaves
later never arrives earlier (Ichoua, Gendreau and Potvin 2003). All of it is whole numbers: a second of a period with
slowness f does round(WORK_PER_S / f) units of work, a drive arrives at the first whole second at which its work is
done. So leaving later never helps, to the second; a drive interrupted at a place loses less than one free-flow second;
with a slowness of 1 at all hours it takes its free-flow seconds exactly.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from city.errors import InvalidValueError

DAY_S = 86_400
WORK_PER_S = 10_000  # units of work in a second of free flow
SLOWEST = 100.0
MOST_CLASSES = 256  # a class is one byte


def worked(second: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    """Units of work that a driver does from second 0 to `second`.

    cumulated[k] is that from 0 to borders_s[k]; both begin with 0, and all repeats after the last border.
    """
    rounds, rest = divmod(second, borders_s[-1])
    k = bisect_right(borders_s, rest) - 1
    return rounds * cumulated[-1] + cumulated[k] + (rest - borders_s[k]) * _rate(k, cumulated, borders_s)


def arrive(work_s: int, depart_s: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    """The first whole second at which who left at `depart_s` has done `work_s` free-flow seconds of driving.

    The smallest t with worked(t) >= worked(depart_s) + WORK_PER_S x work_s; arrays as in `worked`.
    """
    rounds, rest = divmod(worked(depart_s, cumulated, borders_s) + WORK_PER_S * work_s, cumulated[-1])
    if rest == 0:
        return rounds * borders_s[-1]
    k = bisect_left(cumulated, rest) - 1  # cumulated[k] < rest <= cumulated[k + 1]
    return rounds * borders_s[-1] + borders_s[k] - (cumulated[k] - rest) // _rate(k, cumulated, borders_s)


def own_seconds(seconds: int, speed_factor: float) -> int:
    """Free-flow seconds of a truck that takes `speed_factor` times as long, rounded up."""
    # A product such as 100 x 1.1 is 110.00000000000001; it must not become 111.
    return math.ceil(round(seconds * speed_factor, 6))


def _rate(k: int, cumulated: Sequence[int], borders_s: Sequence[int]) -> int:
    return (cumulated[k + 1] - cumulated[k]) // (borders_s[k + 1] - borders_s[k])


@dataclass(frozen=True, kw_only=True)
class SpeedProfiles:
    """By class of place and period of the day, how many times its free-flow time a drive that starts there takes.

    `borders_s` are the ends of the periods, from 0 to one or more whole days, after which all repeats; `factors` has a
    row per class (named in `classes`) with a value from 1 to 100 per period.
    """

    classes: tuple[str, ...]
    borders_s: tuple[int, ...]
    factors: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        borders = self.borders_s
        in_order = len(borders) > 1 and borders[0] == 0 and all(one < two for one, two in pairwise(borders))
        if not in_order or borders[-1] % DAY_S:
            self._refuse("borders_s", borders, f"rising seconds from 0 to {DAY_S} or a multiple of it")
        if not 0 < len(self.classes) <= MOST_CLASSES or len(set(self.classes)) != len(self.classes):
            self._refuse("classes", len(self.classes), f"1 to {MOST_CLASSES} classes, each named once")
        if [len(row) for row in self.factors] != [len(borders) - 1] * len(self.classes):
            shape = f"{len(self.classes)} rows of {len(borders) - 1} values, one per class and period"
            self._refuse("factors", [len(row) for row in self.factors], shape)
        for name, row in zip(self.classes, self.factors, strict=True):
            wrong = next((value for value in row if not 1.0 <= value <= SLOWEST), None)
            if wrong is not None:
                self._refuse(f"factors of {name}", wrong, f"1 (free flow) to {SLOWEST:g} times its time")

    @cached_property
    def cumulated(self) -> tuple[tuple[int, ...], ...]:
        """By class and border, the units of work that driving does from second 0 to the border."""
        return tuple(self._cumulated(row) for row in self.factors)

    def _refuse(self, name: str, found: object, expected: str) -> None:
        raise InvalidValueError(subject="Speed profiles", field=name, found=found, expected=expected)

    def _cumulated(self, factors: tuple[float, ...]) -> tuple[int, ...]:
        sums = [0]
        for (start, end), factor in zip(pairwise(self.borders_s), factors, strict=True):
            sums.append(sums[-1] + (end - start) * round(WORK_PER_S / factor))
        return tuple(sums)

    def arrival_s(self, number: int, work_s: int, depart_s: int) -> int:
        """When a drive of `work_s` free-flow seconds from a place of class `number` arrives."""
        return arrive(work_s, depart_s, self.cumulated[number], self.borders_s)

    def worked(self, number: int, start_s: int, end_s: int) -> int:
        """Units of work done between two moments by who drives all the time."""
        table = self.cumulated[number]
        return worked(end_s, table, self.borders_s) - worked(start_s, table, self.borders_s)

    def slowness(self, number: int, start_s: int, end_s: int) -> float:
        """How many times the free-flow time driving takes on average between two moments."""
        return WORK_PER_S * (end_s - start_s) / self.worked(number, start_s, end_s)
