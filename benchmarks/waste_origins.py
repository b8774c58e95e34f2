"""Weekly origins: the history as it was known at each, and what happened in the week after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from city.errors import MissingInputError
from city.frames import BinReadings, CalendarDays
from city.store import History
from features.arrays import Floats, Ints, moment_of
from features.clockwork import midnights_s
from features.emptyings import EmptyingRows, Emptyings
from features.gather import city_of

WEEKS = 25
REFIT_WEEKS = 4
LEADS = 7
LEAST_TRAINING_DAYS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The weeks that judge: `weeks` weeks from `first_day` (days since 1970), and everything that really happened."""

    history: History
    first_day: int
    weeks: int
    after: Emptyings

    @classmethod
    def last(cls, history: History, *, weeks: int = WEEKS, back_weeks: int = 0) -> "Block":
        """The last whole weeks of emptyings; a short history keeps four weeks to learn from at the least.

        `back_weeks` ends the block earlier: settings are chosen there, never on the last block.
        """
        after = _emptyings(history, None)
        days = int(after.day.max() - after.day.min()) + 1
        held = min(weeks, (days - LEAST_TRAINING_DAYS) // 7)
        if held < 1:
            raise MissingInputError(
                step="The waste benchmark",
                missing=(f"at least {LEAST_TRAINING_DAYS + 7} days of emptyings ({days} are there)",),
            )
        first_day = int(after.day.max()) + 1 - 7 * (held + back_weeks)
        return cls(history=history, first_day=first_day, weeks=held, after=after)

    @property
    def starts_on(self) -> date:
        return date(1970, 1, 1) + timedelta(days=self.first_day)

    def origins(self) -> Iterator["Origin"]:
        for week in range(self.weeks):
            day = self.first_day + 7 * week
            at_s = int(midnights_s(np.array([day]), self.after.time_zone)[0])
            yield Origin(block=self, week=week, day=day, at_s=at_s, known=_emptyings(self.history, at_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A local midnight; `known` was read from the history as of it."""

    block: Block
    week: int
    day: int
    at_s: int
    known: Emptyings

    @property
    def refit(self) -> bool:
        return self.week % REFIT_WEEKS == 0

    def week_after(self) -> tuple[EmptyingRows, Ints]:
        """The emptyings of the seven days from the origin, in series of `known`, and their places in `after`.

        Of each only its point, stream and moment are told. Points never emptied before are left out (`unseen`).
        """
        after = self.block.after
        there = np.flatnonzero((after.day >= self.day) & (after.day < self.day + LEADS))
        of_series = self.known.series_of(list(after.keys))
        there = there[of_series[after.series[there]] >= 0]
        rows = EmptyingRows(
            series=of_series[after.series[there]],
            origin_s=np.full(len(there), self.at_s),
            at_s=after.at_s[there],
        )
        return rows, there

    def unseen(self) -> int:
        after = self.block.after
        return int(((after.day >= self.day) & (after.day < self.day + LEADS)).sum()) - len(self.week_after()[0])


def _emptyings(history: History, at_s: int | None) -> Emptyings:
    as_of = None if at_s is None else moment_of(at_s)
    return Emptyings.of(
        history.read(BinReadings, as_of=as_of),
        time_zone=city_of(history).time_zone,
        calendar=history.read(CalendarDays, as_of=as_of),
    )


def training_counts(known: Emptyings) -> Floats:
    """Emptyings known of each series."""
    return np.bincount(known.series, minlength=len(known.keys)).astype(np.float64)
