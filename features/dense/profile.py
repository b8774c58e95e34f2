"""What is usual for a sensor at a clock slot: a weighted mean over days that can never see the day it is asked for.

The profile of day d, as it can be used on day f <= d, is sum_j w(d, j) x(j) / sum_j w(d, j) over days j != d, where w
prefers like weekdays and recent days. Everything the profile does lies in that one matrix of weights:

- day-blocked (short histories): a day of the fitted rows takes all other fitted days, later days what came before them;
- past only (more than eight weeks): every day takes the days before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Self

import numpy as np

from city.errors import MissingInputError
from features.arrays import Flags, Floats, Narrow
from features.dense.grid import DenseGrid

PAST_ONLY_FROM_DAYS = 56
LEAST_DAYS = 3
NO_FORGETTING = 1e6
HALF_LIVES_DAYS = (NO_FORGETTING, 120.0, 42.0, 14.0)
UNLIKE = 1e-4
"""Weight of an unlike day: it counts only where no like day is known."""
LIKENESS = ((1.0, 1.0), (1.0, UNLIKE), (0.4, UNLIKE), (0.15, UNLIKE))
"""Weights of (another weekday of the same kind, a day of another kind): Monday to Friday, Saturday, Sunday."""
SMOOTHINGS_STEPS = (0.0, 0.8, 1.5, 2.5)
CHOSEN_ON_DAYS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighing:
    """Settings of the weights: chosen from the fitted rows by `choose`, the same way for every set."""

    half_life_days: float = NO_FORGETTING
    same_kind: float = 1.0
    other_kind: float = 1.0
    smoothing_steps: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMeans:
    """Smoothed sums of values and of counts, each days x slots x sensors, and the weights that turn them to means.

    `weights` is days x days: row d says what the profile of day d is made of. `sums` and `counts` hold what the
    profile of a fitted day may use; `top` and `bottom` are the weighted sums themselves.
    """

    sums: Narrow
    counts: Narrow
    weights: Narrow
    top: Narrow
    bottom: Narrow

    @classmethod
    def of(cls, sums: Narrow, counts: Narrow, weights: Narrow) -> Self:
        shape = sums.shape
        top = (weights @ sums.reshape(shape[0], -1)).reshape(shape)
        bottom = (weights @ counts.reshape(shape[0], -1)).reshape(shape)
        return cls(sums=sums, counts=counts, weights=weights, top=top, bottom=bottom)

    def mean(self) -> Narrow:
        """Days x slots x sensors; NaN where no usable day has a value."""
        return divided(self.top, self.bottom)


def laid(grid: DenseGrid, values: Narrow) -> tuple[Narrow, Narrow]:
    """Values with 0 for gaps, and 1 where there is one: each days x slots x sensors."""
    cube = grid.cube(values)
    seen = np.isfinite(cube)
    return np.where(seen, cube, np.float32(0.0)), seen.astype(np.float32)


def divided(top: Narrow, bottom: Narrow) -> Narrow:
    # Taking a day out of a sum leaves rounding behind: what is below a hundredth of an unlike day is nothing.
    held = bottom > 0.01 * UNLIKE
    return np.where(held, top / np.where(held, bottom, 1.0), np.float32(np.nan)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The frozen state: how days are weighed, and up to which step the rows were known."""

    cutoff: int
    past_only: bool
    weighing: Weighing

    @classmethod
    def fit(cls, known: DenseGrid) -> Self:
        """Chooses half-life, likeness of weekdays and smoothing by the profile's own error on days it has not seen."""
        if known.days < LEAST_DAYS or not np.isfinite(known.values).any():
            raise MissingInputError(
                step="The profile",
                missing=(f"at least {LEAST_DAYS} days with values, found {known.days} day(s)",),
                todo="Import more history.",
            )
        past_only = known.days > PAST_ONLY_FROM_DAYS
        recent = known.since(known.days - CHOSEN_ON_DAYS)
        state = cls(cutoff=recent.steps, past_only=past_only, weighing=Weighing())
        likeness = LIKENESS[:1] if known.first_weekday is None else LIKENESS
        pairs = [
            replace(state.weighing, half_life_days=life, same_kind=kind, other_kind=other)
            for life, (kind, other) in product(HALF_LIVES_DAYS, likeness)
            if life == NO_FORGETTING or life < 3 * known.days
        ]
        best = state._best_of(recent, pairs)
        best = state._best_of(recent, [replace(best, smoothing_steps=steps) for steps in SMOOTHINGS_STEPS])
        return cls(cutoff=known.steps, past_only=past_only, weighing=best)

    def _best_of(self, known: DenseGrid, tried: Sequence[Weighing]) -> Weighing:
        cube = known.cube(known.values)
        # The first weeks of a past-only profile are poor whatever the weights: they would only add noise.
        first = min(28, known.days // 2) if self.past_only else 0

        def error(weighing: Weighing) -> float:
            mean = replace(self, weighing=weighing).means(known)[0].mean()
            return float(np.nanmean(np.abs(cube[first:] - mean[first:])))

        return min(tried, key=error)

    def means(self, grid: DenseGrid, *, ahead_days: int = 0, live: bool = True) -> tuple[DayMeans, ...]:
        """The profile of every day as it can be used on that day, one day before it, and so on to `ahead_days`.

        With `live` it goes on learning after the cutoff from the days before the one it is used on; without, it
        stays as the fitted rows made it.
        """
        return tuple(self.means_of(grid, grid.values, back=back, live=live) for back in range(ahead_days + 1))

    def means_of(self, grid: DenseGrid, values: Narrow, *, back: int, live: bool) -> DayMeans:
        """The same weighted means for any array of the grid's shape, used `back` days before the day they are for."""
        cube = grid.cube(values)
        beyond = np.arange(grid.days) * grid.slots_per_day
        step = beyond[:, None] + np.arange(grid.slots_per_day) - grid.first_slot
        known = np.where((step < self.cutoff)[:, :, None], cube, np.float32(np.nan))
        if not live or not self._is_beyond(grid).any():
            return DayMeans.of(*self._smoothed(known), self._weights(grid, back=back, live=live))
        fitted = self._weights(grid, back=back, live=True)
        frozen = DayMeans.of(*self._smoothed(known), fitted)
        running = DayMeans.of(*self._smoothed(cube), fitted)
        late = self._is_beyond(grid)[:, None, None]
        return DayMeans(
            # What is taken out is always a fitted day: later days are never in the profile of an earlier one.
            sums=frozen.sums,
            counts=frozen.counts,
            weights=fitted,
            top=np.where(late, running.top, frozen.top),
            bottom=np.where(late, running.bottom, frozen.bottom),
        )

    def means_lately(self, grid: DenseGrid, laid: tuple[Narrow, Narrow], *, live: bool, since: int) -> DayMeans:
        """As `means_of` for `laid` of the grid's values; of days before `since` nothing can be taken out."""
        last, known = self._last_fitted(grid)
        smoothing, parts = self._smoothing(grid), []
        for cube in laid:
            own = np.zeros(cube.shape, np.float32)
            own[since:last] = smoothing @ cube[since:last]
            own[last] = smoothing @ (cube[last] * known[:, None])
            parts.append(own)
        top, bottom = self.weighed(grid, laid, back=0, live=live, since=0)
        weights = self._weights(grid, back=0, live=live)
        return DayMeans(sums=parts[0], counts=parts[1], weights=weights, top=top, bottom=bottom)

    def weighed(
        self, grid: DenseGrid, laid: tuple[Narrow, Narrow], *, back: int, live: bool, since: int
    ) -> tuple[Narrow, Narrow]:
        """Sums over days of both parts of `laid` for the days from `since` on, as in `means_of`.

        Weighing and smoothing are both linear: here the few answers are smoothed, not all days that they come from.
        """
        last, known = self._last_fitted(grid)
        weights, smoothing = self._weights(grid, back=back, live=live), self._smoothing(grid)
        late = max(last + 1 if live else grid.days, since)
        found = []
        for cube in laid:
            days = cube.reshape(grid.days, -1)
            partly = (cube[last] * known[:, None]).reshape(-1)
            sums = np.empty((grid.days - since, days.shape[1]), np.float32)
            np.matmul(weights[since:late, :last], days[:last], out=sums[: late - since])
            sums[: late - since] += weights[since:late, last : last + 1] * partly
            np.matmul(weights[late:], days, out=sums[late - since :])
            found.append(smoothing @ sums.reshape(-1, *cube.shape[1:]))
        return found[0], found[1]

    def _last_fitted(self, grid: DenseGrid) -> tuple[int, Flags]:
        """The last day that was fitted on, and which of its slots were."""
        last = min((self.cutoff - 1 + grid.first_slot) // grid.slots_per_day, grid.days - 1)
        known: Flags = last * grid.slots_per_day - grid.first_slot + np.arange(grid.slots_per_day) < self.cutoff
        return last, known

    def _smoothing(self, grid: DenseGrid) -> Narrow:
        """`smoothed` as a matrix, slots x slots."""
        matrix: Narrow = smoothed(np.eye(grid.slots_per_day, dtype=np.float32)[None], self.weighing.smoothing_steps)[0]
        return matrix

    def _is_beyond(self, grid: DenseGrid) -> Flags:
        last_fitted = (self.cutoff - 1 + grid.first_slot) // grid.slots_per_day
        flags: Flags = np.arange(grid.days) > last_fitted
        return flags

    def _smoothed(self, cube: Narrow) -> tuple[Narrow, Narrow]:
        seen = np.isfinite(cube)
        return (
            smoothed(np.where(seen, cube, np.float32(0.0)), self.weighing.smoothing_steps),
            smoothed(seen.astype(np.float32), self.weighing.smoothing_steps),
        )

    def _weights(self, grid: DenseGrid, *, back: int, live: bool) -> Narrow:
        """Days x days: who may be used (see the top of this file), times how much."""
        day = np.arange(grid.days)
        asked, used = day[:, None], day[None, :]
        beyond = self._is_beyond(grid)
        before = used < asked - back
        if self.past_only:
            allowed = before if live else before & ~beyond[None, :]
        else:
            fitted = ~beyond[None, :]
            later = before if live else fitted
            # A day fitted on may use all other fitted days; so may a later one, but only those already over.
            allowed = np.where(beyond[:, None], later, fitted & (used != asked))
        age = np.abs(asked - used) / self.weighing.half_life_days
        weights: Narrow = (allowed * np.exp2(-age) * self._likeness(grid)).astype(np.float32)
        return weights

    def _likeness(self, grid: DenseGrid) -> Floats:
        day = np.arange(grid.days)
        weekday = grid.weekday(day)
        if weekday is None:
            return np.ones((grid.days, grid.days))
        kind = np.maximum(weekday - 4, 0)
        like = np.where(kind[:, None] == kind[None, :], self.weighing.same_kind, max(self.weighing.other_kind, UNLIKE))
        return np.where(weekday[:, None] == weekday[None, :], 1.0, like)


def smoothed(cube: Narrow, sigma: float) -> Narrow:
    """Gaussian mean over neighbouring slots, around midnight too; days x slots x sensors."""
    if sigma <= 0:
        return cube
    reach = int(np.ceil(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    total = np.zeros_like(cube)
    for offset, weight in zip(range(-reach, reach + 1), kernel, strict=True):
        total += np.float32(weight) * np.roll(cube, -offset, axis=1)
    return total


def without_day_too(means: DayMeans, day: int, left_out: int) -> Narrow:
    """The profile of `day` with `left_out` taken out as well: slots x sensors.

    A residual of `day` that is to help forecast `left_out` must not hold `left_out` in its profile: the residual
    would carry the target with a minus sign, and only in training.
    """
    if not 0 <= left_out < len(means.sums):
        return divided(means.top[day], means.bottom[day])
    weight = means.weights[day, left_out]
    return divided(means.top[day] - weight * means.sums[left_out], means.bottom[day] - weight * means.counts[left_out])
