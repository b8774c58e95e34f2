"""What a dispatcher would know each morning: accumulation rates learned from visits, never today's fills.

Per point a level (share of capacity a day) and a weekday profile, half its own and half its stream's. The law of what
gathers in L days is that of the past: sums of L days over what the other half of the past made of them, all points of a
stream together, so heavy days and doubt about levels are in it. At each visit the fill found corrects the level, and
what all visits of a day found corrects all levels of the stream. All policies are given the same.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.collection_joint_towns import LEARNED_DAYS, Town
from features.arrays import Floats, Ints
from optimization.collection.look_ahead import LOOK_AHEAD_DAYS, OLDEST_DAYS, Outlook

LEARNING_RATE = 0.15  # of a visit's surprise that goes into the level
COMMON_RATE = 0.2  # of the day's mean surprise that goes into all levels of the stream
LONGEST = 10  # days of a sum whose law is learned; longer ones are taken to have the law of the longest


@dataclass(slots=True, kw_only=True)
class Forecaster:
    """`mean`: what is expected to have gathered in the `since` days from the last visit to this morning."""

    level: Floats
    weekday: Floats  # points x 7
    first_weekday: int
    kind: Ints  # which law holds for the point
    laws: list[list[Floats]]  # kind x (days - 1): sorted ratios of sums to what was expected
    mean: Floats
    since: Ints

    @classmethod
    def learned(cls, town: Town, *, until: int) -> "Forecaster":
        """From the days before day `until`, each point as if visited that moment."""
        start = max(0, until - LEARNED_DAYS)
        past = town.growth[start:until]
        weekdays = (town.first_day.weekday() + np.arange(start, until)) % 7
        streams = sorted({str(point.stream) for point in town.points})
        kind = np.array([streams.index(str(point.stream)) for point in town.points])
        profile = _profiles(past, weekdays, kind)
        return cls(
            level=past.mean(axis=0),
            weekday=profile,
            first_weekday=town.first_day.weekday(),
            kind=kind,
            laws=[_laws(past[:, kind == one], profile[kind == one][:, weekdays].T) for one in range(len(streams))],
            mean=np.zeros(len(town.points)),
            since=np.zeros(len(town.points), dtype=np.int64),
        )

    def growth_of(self, day: int) -> Floats:
        return np.asarray(self.level * self.weekday[:, (self.first_weekday + day) % 7])

    def pass_day(self, day: int) -> None:
        self.mean = self.mean + self.growth_of(day)
        self.since = self.since + 1

    def visit(self, served: Floats, found: Floats) -> None:
        """`served` is a mask; `found` the fill that each truck finds."""
        mask = served.astype(bool) & (self.mean > 0)
        surprise = np.clip(found[mask] / self.mean[mask] - 1.0, -0.8, 1.5)
        # One day tells less of the level than three.
        self.level[mask] *= 1.0 + LEARNING_RATE * np.minimum(1.0, self.since[mask] / 3.0) * surprise
        for kind in np.unique(self.kind[mask]):
            self.level[self.kind == kind] *= 1.0 + COMMON_RATE * float(surprise[self.kind[mask] == kind].mean())
        self.mean = np.where(served, 0.0, self.mean)
        self.since = np.where(served, 0, self.since)

    def overflow(self, mean: Floats, days: Ints) -> Floats:
        """P(what gathered in `days` days > 1), given its mean."""
        length = np.clip(days, 1, LONGEST)
        found = np.zeros(len(mean))
        needed = 1.0 / np.maximum(mean, 1e-9)
        for kind, laws in enumerate(self.laws):
            for number in np.unique(length[self.kind == kind]):
                rows = np.flatnonzero((self.kind == kind) & (length == number))
                law = laws[number - 1]
                found[rows] = 1.0 - np.searchsorted(law, needed[rows], side="right") / len(law)
        return found

    def overflow_now(self) -> Floats:
        return self.overflow(self.mean, self.since)

    def outlook(self, day: int) -> Outlook:
        left, mean = [self.overflow_now()], self.mean
        for ahead in range(LOOK_AHEAD_DAYS):
            mean = mean + self.growth_of(day + ahead)
            left.append(self.overflow(mean, self.since + ahead + 1))
        fresh = [
            self.overflow(self.level * age, np.full(len(self.level), age)) * (age > 0) for age in range(OLDEST_DAYS + 1)
        ]
        # Sums of different lengths have laws of their own; of one point the chance never falls with time.
        return Outlook(
            left=np.maximum.accumulate(np.column_stack(left), axis=1),
            fresh=np.maximum.accumulate(np.column_stack(fresh), axis=1),
            age_after=mean / np.maximum(self.level, 1e-9),
        )


def _profiles(past: Floats, weekdays: Ints, kind: Ints) -> Floats:
    level = past.mean(axis=0)
    alone = np.array([past[weekdays == day].mean(axis=0) / level for day in range(7)]).T
    profile = np.empty_like(alone)
    for one in np.unique(kind):
        profile[kind == one] = (alone[kind == one] + alone[kind == one].mean(axis=0)) / 2
    return np.asarray(profile / profile.mean(axis=1, keepdims=True))


def _laws(past: Floats, profile: Floats) -> list[Floats]:
    """Each half of the past is judged by the level of the other."""
    half = len(past) // 2
    expected = profile.copy()
    expected[:half] *= past[half:].mean(axis=0)
    expected[half:] *= past[:half].mean(axis=0)
    found = []
    for length in range(1, LONGEST + 1):
        sums = [_moving(values, length) for values in (past[:half], past[half:])]
        means = [_moving(values, length) for values in (expected[:half], expected[half:])]
        ratio = np.concatenate(sums) / np.maximum(np.concatenate(means), 1e-9)
        found.append(np.sort(ratio.ravel()))
    return found


def _moving(values: Floats, length: int) -> Floats:
    added = np.cumsum(np.vstack([np.zeros(values.shape[1]), values]), axis=0)
    return np.asarray(added[length:] - added[:-length])
