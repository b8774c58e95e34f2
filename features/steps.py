"""The steps of the congestion recipe. Each is small and pure: `columns(known, rows)` adds features to forecast rows.

A row is (origin, target, detector): at the origin step the newest value is known, the target is forecast. A step
reads nothing after the origin. Lags counted back from the target are refused when they look past the horizon.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from city.errors import LooksAheadError
from features.arrays import DAY_S, HOUR_S, Columns, Ints, Narrow, narrow
from features.calendar_days import Announced
from features.complaints import Complaints
from features.profile import ProfileState
from features.traffic import TrafficGrid
from features.weather import Weather

LEAST_SHARE = np.float32(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Forecast rows, by position on the grid: same length, any order."""

    origin: Ints
    target: Ints
    detector: Ints

    def __len__(self) -> int:
        return len(self.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that steps may look at: the grid, the fitted profiles, and what surrounds traffic, each with its known-at."""

    grid: TrafficGrid
    profiles: dict[str, ProfileState]
    residuals: dict[str, Narrow]
    shares: dict[str, Narrow]
    announced: Announced
    weather: Weather
    complaints: Complaints

    def known_s(self, rows: Rows) -> Ints:
        """The issue time of each row."""
        return self.grid.known_s(rows.origin)

    def usual(self, measure: str, rows: Rows, shift: int = 0) -> tuple[Narrow, Narrow]:
        """Profile mean and spread `shift` steps after the target, as known at the origin."""
        clock = self.grid.clock
        step = np.clip(rows.target + shift, 0, len(clock.day) - 1)
        day_class = self.announced.class_of(clock.first_day + clock.day[step], self.known_s(rows))
        return self.profiles[measure].at(clock.day[rows.origin], day_class, clock.slot[step], rows.detector)

    def scale(self, measure: str, rows: Rows) -> Narrow:
        """The detector's mean level as known at the origin."""
        profile = self.profiles[measure]
        return profile.scale[np.minimum(self.grid.clock.day[rows.origin], profile.cutoff_day), rows.detector]


def residuals(grid: TrafficGrid, profile: ProfileState, announced: Announced) -> tuple[Narrow, Narrow]:
    """Deviation from the profile and the profile itself, over the scale, steps x detectors.

    Each step sees the state of its own day. The profile's share is NaN where nothing was measured.
    """
    clock, values = grid.clock, grid.values[profile.measure]
    step = np.arange(grid.steps)
    day = np.minimum(clock.day[: grid.steps], profile.cutoff_day)
    day_class = announced.class_of(clock.first_day + clock.day[: grid.steps], grid.at_s(step))
    usual = profile.mean[day, day_class, clock.slot[: grid.steps]]
    deviation = ((values - usual) / profile.scale[day]).astype(np.float32)
    share = np.where(np.isfinite(deviation), usual / profile.scale[day], np.float32(np.nan))
    return deviation, share


class Step(Protocol):
    """One line of a recipe."""

    def refuse_looking_ahead(self, horizon_s: int) -> None: ...

    def columns(self, known: Known, rows: Rows) -> Columns: ...


class FromOrigin:
    """A step whose lags count back from the origin: it cannot look ahead."""

    __slots__ = ()

    def refuse_looking_ahead(self, horizon_s: int) -> None:
        del horizon_s


def _taken(values: Narrow, step: Ints, column: Ints, latest: Ints) -> Narrow:
    """Values at (step, column); NaN before the grid, after `latest` or after the grid."""
    inside = (step >= 0) & (step <= latest) & (step < len(values))
    return np.where(inside, values[np.where(inside, step, 0), column], np.float32(np.nan))


def trailing_mean(values: Narrow, window: int) -> Narrow:
    """Mean of the last `window` steps up to and with each step, over those that are there (NaN if none)."""
    seen = np.isfinite(values)
    total = np.cumsum(np.where(seen, values, 0.0), axis=0, dtype=np.float64)
    count = np.cumsum(seen, axis=0, dtype=np.float64)
    total[window:] -= total[:-window].copy()
    count[window:] -= count[:-window].copy()
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lags(FromOrigin):
    """Deviation from the profile, `lags_s` before the origin."""

    measure: str
    lags_s: tuple[int, ...]

    def columns(self, known: Known, rows: Rows) -> Columns:
        values = known.residuals[self.measure]
        lags = {lag_s: lag_s // known.grid.step_s for lag_s in self.lags_s if lag_s % known.grid.step_s == 0}
        return {
            f"{self.measure}_lag_{lag_s}s": _taken(values, rows.origin - lag, rows.detector, rows.origin)
            for lag_s, lag in lags.items()
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling(FromOrigin):
    """Mean deviation from the profile over windows that end at the origin."""

    measure: str
    windows_s: tuple[int, ...]

    def columns(self, known: Known, rows: Rows) -> Columns:
        values = known.residuals[self.measure]
        return {
            f"{self.measure}_mean_{window_s}s": trailing_mean(values, max(1, window_s // known.grid.step_s))[
                rows.origin, rows.detector
            ]
            for window_s in self.windows_s
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch(FromOrigin):
    """The deviation to expect if the target is stretched as the windows before the origin were.

    A day with a tenth more traffic has a tenth more at every hour: (measured / usual - 1) x usual at the target.
    """

    measure: str
    windows_s: tuple[int, ...]

    def columns(self, known: Known, rows: Rows) -> Columns:
        usual = known.usual(self.measure, rows)[0] / known.scale(self.measure, rows)
        found: Columns = {}
        for window_s in self.windows_s:
            window = max(1, window_s // known.grid.step_s)
            off = trailing_mean(known.residuals[self.measure], window)[rows.origin, rows.detector]
            share = trailing_mean(known.shares[self.measure], window)[rows.origin, rows.detector]
            found[f"{self.measure}_stretch_{window_s}s"] = off / np.maximum(share, LEAST_SHARE) * usual
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CityWide(FromOrigin):
    """How far the whole city, and the detector's district, is off its profile in the hour before the origin."""

    measure: str

    def columns(self, known: Known, rows: Rows) -> Columns:
        hourly = trailing_mean(known.residuals[self.measure], max(1, HOUR_S // known.grid.step_s))
        districts, of_detector = np.unique(known.grid.districts, return_inverse=True)
        members = [_mean_over(hourly[:, of_detector == number]) for number in range(len(districts))]
        by_district = np.stack(members, axis=1)
        return {
            f"{self.measure}_city": _mean_over(hourly)[rows.origin],
            f"{self.measure}_district": by_district[rows.origin, of_detector[rows.detector]],
        }


def _mean_over(values: Narrow) -> Narrow:
    seen = np.isfinite(values)
    count = seen.sum(axis=1)
    return narrow(np.where(count > 0, np.where(seen, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan))


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile(FromOrigin):
    """The usual level at the target and around it, over the scale; its spread; how many days it has seen."""

    measure: str

    def columns(self, known: Known, rows: Rows) -> Columns:
        hour = max(1, HOUR_S // known.grid.step_s)
        scale = known.scale(self.measure, rows)
        mean, spread = known.usual(self.measure, rows)
        profile = known.profiles[self.measure]
        day = np.minimum(known.grid.clock.day[rows.origin], profile.cutoff_day)
        return {
            f"{self.measure}_usual": mean / scale,
            f"{self.measure}_usual_spread": spread / scale,
            f"{self.measure}_usual_before": known.usual(self.measure, rows, -hour)[0] / scale,
            f"{self.measure}_usual_after": known.usual(self.measure, rows, hour)[0] / scale,
            f"{self.measure}_scale": scale,
            f"{self.measure}_seen_days": narrow(np.minimum(profile.seen_days[day], 60)),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SameSlot(FromOrigin):
    """The target's slot on the newest days on which it is already known: the nearest such day and those before it."""

    measure: str
    days: int

    def columns(self, known: Known, rows: Rows) -> Columns:
        clock = known.grid.clock
        lead = rows.target - rows.origin
        nearest = np.maximum(1, -(-lead // clock.slots_per_day))
        found: Columns = {}
        for back in range(self.days):
            step = clock.step_at(clock.day[rows.target] - nearest - back, clock.slot[rows.target])
            taken = _taken(known.residuals[self.measure], step, rows.detector, rows.origin)
            found[f"{self.measure}_slot_{back}"] = taken
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SameWeekday:
    """The target's slot whole weeks earlier against the target's profile, and the mean over the weeks."""

    measure: str
    weeks: tuple[int, ...]

    def refuse_looking_ahead(self, horizon_s: int) -> None:
        lag_s = 7 * DAY_S * min(self.weeks)
        if lag_s < horizon_s:
            raise LooksAheadError(step=f"same weekday of {self.measure}", lag_s=lag_s, horizon_s=horizon_s)

    def columns(self, known: Known, rows: Rows) -> Columns:
        clock, values = known.grid.clock, known.grid.values[self.measure]
        usual, _ = known.usual(self.measure, rows)
        scale = known.scale(self.measure, rows)
        found: Columns = {}
        for week in self.weeks:
            step = clock.step_at(clock.day[rows.target] - 7 * week, clock.slot[rows.target])
            found[f"{self.measure}_week_{week}"] = (_taken(values, step, rows.detector, rows.origin) - usual) / scale
        found[f"{self.measure}_weeks"] = _mean_over(np.stack(list(found.values()), axis=1))
        return found
