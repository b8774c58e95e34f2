"""What is left of a series when the profile is taken away, in units of the sensor's own usual deviation."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from features.arrays import Narrow
from features.dense.grid import DenseGrid, last_known
from features.dense.profile import DayMeans, Profile, divided, laid, smoothed, without_day_too

FADING_PER_STEP = 0.97
FARTHEST = 8.0
SPREAD_SMOOTHING_STEPS = 3.0
TOP_SHARE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusual:
    """Arrays over a grid. `usual[k]` and `spread[k]` are as known k days before the step's own day.

    `residual` (NaN where not measured) and `filled` (carried forward, fading to 0) are in units of `sd`; `age` is the
    number of steps since the last value.
    """

    means: DayMeans
    usual: tuple[Narrow, ...]
    spread: tuple[Narrow, ...]
    residual: Narrow
    filled: Narrow
    age: Narrow

    def since(self, day: int, first: int) -> Self:
        """Without the days before `day`, whose first step is `first`."""
        if day <= 0:
            return self
        means = self.means
        return replace(
            self,
            means=DayMeans(
                sums=means.sums[day:],
                counts=means.counts[day:],
                weights=means.weights[day:, day:],
                top=means.top[day:],
                bottom=means.bottom[day:],
            ),
            usual=tuple(one[first:] for one in self.usual),
            spread=tuple(one[first:] for one in self.spread),
            residual=self.residual[first:],
            filled=self.filled[first:],
            age=self.age[first:],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Residuals:
    """Per sensor: standard deviation and 95th percentile, in the grid's unit; both from the fitted rows."""

    profile: Profile
    sd: Narrow
    top: Narrow

    @classmethod
    def fit(cls, known: DenseGrid, profile: Profile) -> Self:
        usual = known.flat(profile.means(known)[0].mean())
        off = known.values - usual
        seen = np.isfinite(off)
        count = np.maximum(seen.sum(axis=0), 1)
        sd = np.sqrt(np.where(seen, off, 0.0).astype(np.float64).__pow__(2).sum(axis=0) / count)
        typical = float(np.median(sd[sd > 0])) if (sd > 0).any() else 1.0
        # A sensor that is dead in the fitted rows, or never moves, has no scale of its own.
        sd = np.where(sd > 1e-3 * typical, sd, typical)
        top = np.array([_share(known.values[:, sensor]) for sensor in range(known.sensors)])
        top = np.where(np.isfinite(top), top, np.nanmedian(top))
        return cls(profile=profile, sd=sd.astype(np.float32), top=top.astype(np.float32))

    def apply(self, grid: DenseGrid, *, ahead_days: int, live: bool, since: int = 0) -> Unusual:
        """With `since`, spread and the later versions of usual say nothing of the days before it."""
        if since > 0:
            return self._lately(grid, ahead_days=ahead_days, live=live, since=since)
        means = self.profile.means(grid, ahead_days=ahead_days, live=live)
        usual = tuple(grid.flat(one.mean()) for one in means)
        residual = (grid.values - usual[0]) / self.sd
        off = np.abs(residual)
        spread = tuple(
            grid.flat(_steadied(self.profile.means_of(grid, off, back=back, live=live).mean()))
            for back in range(ahead_days + 1)
        )
        filled, age = faded(residual)
        return Unusual(means=means[0], usual=usual, spread=spread, residual=residual, filled=filled, age=age)

    def _lately(self, grid: DenseGrid, *, ahead_days: int, live: bool, since: int) -> Unusual:
        profile, first = self.profile, since * grid.slots_per_day - grid.first_slot
        values = laid(grid, grid.values)
        means = profile.means_lately(grid, values, live=live, since=since)
        usual = grid.flat(means.mean())
        residual = (grid.values - usual) / self.sd
        off = laid(grid, np.abs(residual))

        def later(known: tuple[Narrow, Narrow], back: int, *, widely: bool) -> Narrow:
            mean = divided(*profile.weighed(grid, known, back=back, live=live, since=since))
            found = np.zeros(grid.values.shape, np.float32)
            found[first:] = (_steadied(mean) if widely else mean).reshape(-1, grid.sensors)[: grid.steps - first]
            return found

        filled, age = faded(residual)
        return Unusual(
            means=means,
            usual=(usual, *(later(values, back, widely=False) for back in range(1, ahead_days + 1))),
            spread=tuple(later(off, back, widely=True) for back in range(ahead_days + 1)),
            residual=residual,
            filled=filled,
            age=age,
        )


def _share(values: Narrow) -> float:
    seen = values[np.isfinite(values)]
    return float(np.quantile(seen, TOP_SHARE)) if len(seen) else float("nan")


def _steadied(mean: Narrow) -> Narrow:
    """A mean absolute deviation needs more neighbours than a mean to be steady."""
    seen = np.isfinite(mean)
    top = smoothed(np.where(seen, mean, np.float32(0.0)), SPREAD_SMOOTHING_STEPS)
    return np.where(seen, top / np.maximum(smoothed(seen.astype(np.float32), SPREAD_SMOOTHING_STEPS), 1e-6), mean)


def faded(residual: Narrow) -> tuple[Narrow, Narrow]:
    """The last known residual, fading the longer ago it was, and that age in steps. 0 before the first value."""
    newest, known = last_known(residual)
    age = np.where(known, np.arange(len(residual))[:, None] - newest, 1_000).astype(np.float32)
    last = np.take_along_axis(residual, newest, axis=0)
    filled = np.where(known, last * np.power(np.float32(FADING_PER_STEP), age), np.float32(0.0))
    return np.clip(filled, -FARTHEST, FARTHEST).astype(np.float32), np.minimum(age, 1_000)


def days_before(grid: DenseGrid, state: Residuals, unusual: Unusual, back: int) -> Narrow:
    """Residual `back` days before each step at its slot, as the step's own day must see it: steps x sensors.

    Its profile leaves out both days. For a target h steps ahead it is known at the origin if h <= back days.
    """
    cube = grid.cube(grid.values)
    found = np.full_like(cube, np.nan)
    for day in range(back, grid.days):
        earlier = day - back
        found[day] = (cube[earlier] - without_day_too(unusual.means, earlier, day)) / state.sd
    return np.clip(grid.flat(found), -FARTHEST, FARTHEST)
