"""Joint paths: what may happen at all detectors together, as past days showed it, within what each forecast allows.

A quantile of a sum is not the sum of quantiles: how wide an area's forecast is depends on whether its segments are slow
together. Each past day gives one pattern of errors over all detectors and the whole horizon; its ranks among the days
are mapped onto each detector's own forecast distribution.

Source: Clark et al., The Schaake shuffle (2004), on errors of HA + AR(1) in place of raw observations, since a forecast
that has seen the last value leaves a smaller and less common doubt than the bare day does.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

from features.arrays import Floats, Ints, Narrow
from features.calendar_days import Announced
from features.traffic import TrafficGrid

LEAST_PATHS = 100
LEAST_REPEATS = 5
MOST_DAYS = 40
SHARED = 0.25
"""Share of the doubt that all detectors have in common beside what the days' patterns show: a forecaster that is off
is off in the same direction everywhere, while a past day's errors are taken from their own days' middle. Chosen on
earlier blocks of METR-LA, of 0, 0.2, 0.4 and 0.6: both tails of districts and city nearest to 10 %.
"""
Z10 = float(ndtri(0.9))
"""Distance of p10 and p90 from the median of a normal distribution, in standard deviations."""
NO_WIDTH_KMH = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPaths:
    """`ranks` is days x steps x detectors: 0 for the day with the slowest error of that step and detector.

    Every day makes `repeats` paths, each the same number of times (a balanced bootstrap): no draw, no seed. `shared` is
    the share of the variance that all detectors have in common. Without a past day that is all of it: slow together is
    the widest that an area can be.
    """

    ranks: Ints
    repeats: int
    shared: float = SHARED
    is_known: bool = True

    @classmethod
    def fit(
        cls,
        grid: TrafficGrid,
        announced: Announced,
        *,
        detectors: tuple[str, ...],
        origin: int,
        targets: Ints,
        most_days: int = MOST_DAYS,
    ) -> Self:
        """Patterns of `detectors` at the clock times of `targets` (steps of the grid) on the days before `origin`.

        A day counts if all its steps up to the last target lie at or before the origin: nothing later is looked at. A
        detector that the grid does not know goes with the mean of the others.
        """
        days = _past_days(grid, origin, int(targets[-1]), most_days)
        if not len(days):
            return cls.slow_together(len(targets), len(detectors))
        off = _columns(deviations(grid, announced, until=origin), grid.detectors, detectors)
        clock = grid.clock
        steps = np.stack([clock.step_at(clock.day[targets] - back, clock.slot[targets]) for back in days])
        starts = clock.step_at(clock.day[origin] - days, np.full(len(days), clock.slot[origin], np.int64))
        errors = forecast_errors(off, starts, steps)
        repeats = max(LEAST_REPEATS, -(-LEAST_PATHS // len(days)))
        return cls(ranks=_ranks(_filled(errors)), repeats=repeats)

    @classmethod
    def slow_together(cls, steps: int, detectors: int) -> Self:
        ranks = np.zeros((1, steps, detectors), np.int64)
        return cls(ranks=ranks, repeats=LEAST_PATHS, shared=1.0, is_known=False)

    @property
    def days(self) -> int:
        return len(self.ranks)

    @property
    def paths(self) -> int:
        return self.days * self.repeats

    def places(self, first: int, last: int) -> Ints:
        """Which place of the distribution each path has, 0 the slowest: paths x steps [first, last) x detectors.

        At each step and detector every place is taken once: the detector's own distribution is kept as it is. Path k of
        a day takes the k-th share of the doubt that all detectors have in common.
        """
        shared = ndtri((np.arange(self.repeats) + 0.5) / self.repeats).astype(np.float32)
        own = ndtri((np.arange(self.days) + 0.5) / self.days).astype(np.float32)[self.ranks[:, first:last]]
        both = np.sqrt(self.shared) * shared[None, :, None, None] + np.sqrt(1.0 - self.shared) * own[:, None]
        return _ranks(both.reshape(self.paths, last - first, -1))

    def speeds(self, first: int, last: int, low: Floats, middle: Floats, high: Floats) -> Floats:
        """Paths x steps x detectors, from the forecasts' p10, p50 and p90 of those steps (steps x detectors).

        A normal half on each side of the median, through p10 and through p90.
        """
        halves = ndtri((np.arange(self.paths) + 0.5) / self.paths) / Z10
        multiple = halves[self.places(first, last)]
        found: Floats = middle + multiple * np.where(multiple < 0, middle - low, high - middle)
        return found


def probability_of(value: Floats, low: Floats, middle: Floats, high: Floats) -> Floats:
    """Of at most `value`: the inverse of the quantile function that `JointPaths.speeds` reads."""
    side = np.where(value < middle, middle - low, high - middle)
    off = value - middle
    wide = side > NO_WIDTH_KMH
    multiple = np.where(wide, off / np.where(wide, side, 1.0), np.where(off < 0, -np.inf, np.inf))
    found: Floats = ndtr(np.where(np.isfinite(middle), multiple, np.nan) * Z10)
    return found


def _ranks(values: Narrow) -> Ints:
    """Along the first axis, from 0; equal ones in their order."""
    order = np.argsort(values, axis=0, kind="stable")
    ranks = np.empty(values.shape, np.int64)
    np.put_along_axis(ranks, order, np.arange(len(values)).reshape(-1, 1, 1), axis=0)
    return ranks


def deviations(grid: TrafficGrid, announced: Announced, *, until: int) -> Narrow:
    """Speed minus the detector's median at that time of day on that kind of day; NaN where nothing was measured.

    Steps x detectors, of the steps up to and with `until`.
    """
    values, clock = grid.values["speed"][: until + 1], grid.clock
    step = np.arange(until + 1)
    kind = announced.class_of(clock.first_day + clock.day[step], grid.at_s(step)) > 0
    off = np.full_like(values, np.nan)
    for slot in np.unique(clock.slot[step]):
        for free in (False, True):
            rows = (clock.slot[step] == slot) & (kind == free)
            if rows.any():
                off[rows] = values[rows] - _quantile(values[rows], 0.5)
    return off


def _columns(values: Narrow, there: tuple[str, ...], wanted: tuple[str, ...]) -> Narrow:
    place = {detector: number for number, detector in enumerate(there)}
    padded: Narrow = np.concatenate([values, np.full((len(values), 1), np.nan, np.float32)], axis=1)
    return padded[:, np.array([place.get(detector, len(there)) for detector in wanted], np.int64)]


def _quantile(values: Narrow, quantile: float) -> Narrow:
    """The nearest value along the first axis of those that are there; NaN where none is (numpy's own is slow there)."""
    ordered = np.sort(values, axis=0)
    count = np.isfinite(values).sum(axis=0)
    place = np.rint(quantile * np.maximum(count - 1, 0)).astype(np.int64)
    found: Narrow = np.take_along_axis(ordered, place[None], axis=0)[0]
    return found


def _past_days(grid: TrafficGrid, origin: int, last_target: int, most: int) -> Ints:
    """How many days back a block may start: all of its steps are known at the origin, the newest first."""
    per_day = grid.clock.slots_per_day
    nearest = max(1, -(-(last_target - origin) // per_day))
    back = np.arange(nearest, int(grid.clock.day[origin]) + 1, dtype=np.int64)
    start = grid.clock.step_at(grid.clock.day[origin] - back, np.full(len(back), grid.clock.slot[origin], np.int64))
    return back[start >= 0][:most]


def forecast_errors(off: Narrow, starts: Ints, steps: Ints) -> Narrow:
    """Deviation minus what the deviation at the block's start lets expect: days x steps x detectors.

    The share that carries over is one number per lead for the whole city: regression without intercept over all days
    and detectors.
    """
    inside = (steps >= 0) & (steps < len(off))
    later = np.where(inside[:, :, None], off[np.where(inside, steps, 0)], np.float32(np.nan))
    start = off[starts]
    both = np.isfinite(later) & np.isfinite(start)[:, None]
    now = np.where(both, start[:, None], np.float32(0))
    power = (now * now).sum(axis=(0, 2))
    carried = (now * np.where(both, later, np.float32(0))).sum(axis=(0, 2)) / np.maximum(power, np.float32(1e-9))
    kept = np.clip(carried, 0.0, 1.0)[None, :, None]
    errors: Narrow = (later - kept * np.nan_to_num(start)[:, None]).astype(np.float32)
    return errors


def _filled(errors: Narrow) -> Narrow:
    """Over each detector's spread; what was not measured takes the mean of the others at that moment."""
    seen = np.isfinite(errors)
    plain = np.where(seen, errors, np.float32(0))
    count = np.maximum(seen.sum(axis=(0, 1)), 1)
    spread = np.sqrt((plain * plain).sum(axis=(0, 1)) / count)
    over = plain / np.where(spread > 0, spread, np.float32(1))
    others = over.sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
    whole: Narrow = np.where(seen, over, others[:, :, None]).astype(np.float32)
    return whole
