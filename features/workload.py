"""The work of a day: bin-units collected per series and day, days without a visit included, from days known whole."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from features.arrays import Columns, Flags, Floats, Ints, narrow, stacked
from features.calendar_days import Announced, weekday
from features.clockwork import local_days, midnights_s
from features.emptyings import Emptyings
from features.weighted import weighted_mean, weighted_quantiles

WEEKS = (1, 2, 3, 4, 8)
ACTIVE_DAYS = 56
LATE_SHARE = 0.95
"""A day counts as known whole once the delay has passed within which this share of emptyings became known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRows:
    """`series` is a column of `Workload.units`; `day` and `whole_until` (the newest day known whole) since 1970."""

    series: Ints
    origin_s: Ints
    day: Ints
    whole_until: Ints
    lead: Ints

    def __len__(self) -> int:
        return len(self.series)

    def where(self, chosen: Ints | Flags) -> "WorkRows":
        return WorkRows(**{name: getattr(self, name)[chosen] for name in WorkRows.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`units[day - first_day, series]`; the last columns are the totals of each stream, named ("", stream)."""

    keys: tuple[tuple[str, str], ...]
    units: Floats
    first_day: int
    delay_s: int
    time_zone: str
    announced: Announced

    @classmethod
    def of(cls, emptyings: Emptyings) -> Self:
        days = int(emptyings.day.max() - emptyings.day.min()) + 1
        first_day = int(emptyings.day.min())
        own = np.zeros((days, len(emptyings.keys)))
        np.add.at(own, (emptyings.day - first_day, emptyings.series), emptyings.units)
        streams = sorted(set(emptyings.streams))
        of_series = np.array(emptyings.streams)
        totals = np.stack([own[:, of_series == stream].sum(axis=1) for stream in streams], axis=1)
        late = np.quantile(emptyings.known_s - emptyings.at_s, LATE_SHARE)
        return cls(
            keys=(*emptyings.keys, *(("", stream) for stream in streams)),
            units=np.concatenate((own, totals), axis=1),
            first_day=first_day,
            delay_s=int(late),
            time_zone=emptyings.time_zone,
            announced=emptyings.announced,
        )

    @property
    def totals(self) -> Ints:
        return np.flatnonzero([point == "" for point, _ in self.keys])

    @property
    def points(self) -> Ints:
        return np.flatnonzero([point != "" for point, _ in self.keys])

    def rows(self, series: Ints, origin_s: Ints, leads: int) -> WorkRows:
        """Each series at each origin for its day and the days after it; series without work lately are left out."""
        today = local_days(origin_s, self.time_zone)
        whole = local_days(origin_s - self.delay_s, self.time_zone) - 1
        shape = (len(origin_s), len(series), leads)
        one = WorkRows(
            series=np.broadcast_to(series[None, :, None], shape).reshape(-1),
            origin_s=np.broadcast_to(origin_s[:, None, None], shape).reshape(-1),
            day=(today[:, None, None] + np.zeros((1, len(series), 1), np.int64) + np.arange(leads)).reshape(-1),
            whole_until=np.broadcast_to(whole[:, None, None], shape).reshape(-1),
            lead=np.broadcast_to(np.arange(1, leads + 1)[None, None, :], shape).reshape(-1),
        )
        return one.where(self.mean(one, ACTIVE_DAYS) > 0)

    def at(self, series: Ints, day: Ints, whole_until: Ints) -> Floats:
        """Units of a day, NaN where it is not known whole or lies before the history."""
        place = day - self.first_day
        inside = (place >= 0) & (day <= whole_until) & (place < len(self.units))
        return np.where(inside, self.units[np.where(inside, place, 0), series], np.nan)

    def week_before(self, rows: WorkRows) -> Floats:
        """The same weekday a week before, or two where that day is not known whole."""
        one, two = (self.at(rows.series, rows.day - back, rows.whole_until) for back in (7, 14))
        return np.where(np.isfinite(one), one, two)

    def same_weekdays(self, rows: WorkRows, weeks: int) -> Floats:
        """Rows x the newest so many same weekdays known whole."""
        begin = np.where(np.isfinite(self.at(rows.series, rows.day - 7, rows.whole_until)), 1, 2)
        back = 7 * (begin[:, None] + np.arange(weeks))
        series, until = np.repeat(rows.series, weeks), np.repeat(rows.whole_until, weeks)
        return self.at(series, (rows.day[:, None] - back).reshape(-1), until).reshape(len(rows), weeks)

    def newest_days(self, rows: WorkRows, days: int) -> Floats:
        """Rows x the newest so many days known whole."""
        back = rows.whole_until[:, None] - np.arange(days)
        series, until = np.repeat(rows.series, days), np.repeat(rows.whole_until, days)
        return self.at(series, back.reshape(-1), until).reshape(len(rows), days)

    def mean(self, rows: WorkRows, days: int) -> Floats:
        """Mean of the newest days known whole; days before the history are not counted."""
        sums = np.concatenate((np.zeros((1, self.units.shape[1])), np.cumsum(self.units, axis=0)))
        end = np.clip(rows.whole_until + 1 - self.first_day, 0, len(self.units))
        begin = np.maximum(end - days, 0)
        found: Floats = (sums[end, rows.series] - sums[begin, rows.series]) / np.maximum(end - begin, 1)
        return found

    def habit(self, rows: WorkRows) -> Floats:
        """Half the week before, half the median of the four newest same weekdays: what is certain outlives one outlier.

        0 before the first week is known whole.
        """
        same, before = self.same_weekdays(rows, 4), self.week_before(rows)
        middle = weighted_quantiles(same, np.ones_like(same), (0.5,))[:, 0]
        return np.nan_to_num(0.5 * before + 0.5 * middle)

    def habit_at_level(self, rows: WorkRows) -> Floats:
        """The habit, averaged with the means of four and of eight same weekdays moved to the level of the last week."""
        lately = self.mean(rows, 7)
        four, eight = (_mean(self.same_weekdays(rows, weeks)) for weeks in (4, 8))
        moved = 0.5 * four * lately / self.scale(rows) + 0.5 * eight * lately / np.maximum(self.mean(rows, 56), 0.05)
        return 0.5 * self.habit(rows) + 0.5 * np.nan_to_num(moved)

    def apply(self, rows: WorkRows) -> pl.DataFrame:
        """One Float32 column per feature; amounts are shares of the mean of the last weeks."""
        scale = self.scale(rows)
        same = self.same_weekdays(rows, max(WEEKS)) / scale[:, None]
        columns: Columns = {"habit": narrow(self.habit(rows) / scale)}
        columns |= {f"weeks_{week}": narrow(same[:, week - 1]) for week in WEEKS}
        columns |= {
            "same_4": narrow(_mean(same[:, :4])),
            "same_8": narrow(_mean(same)),
            "visited_8": narrow(_mean(np.where(np.isfinite(same), (same > 0).astype(np.float64), np.nan))),
        }
        columns |= _spread_of_weeks(same)
        columns |= {f"mean_{days}": narrow(self.mean(rows, days) / scale) for days in (3, 7, 14, 56)}
        lately = [self.at(rows.series, rows.whole_until - back, rows.whole_until) / scale for back in range(4)]
        columns |= {f"newest_{back}": narrow(value) for back, value in enumerate(lately)}
        return stacked(columns | self._moment(rows, scale) | self._whole_stream(rows))

    def _moment(self, rows: WorkRows, scale: Floats) -> Columns:
        return {
            "scale": narrow(scale),
            "idle_days": narrow(self._idle_days(rows)),
            "weekday": narrow(weekday(rows.day)),
            "lead": narrow(rows.lead),
            "day_class": narrow(self.announced.class_of(rows.day, rows.origin_s)),
            "holiday": narrow(self.announced.is_holiday(rows.day, rows.origin_s)),
        }

    def _whole_stream(self, rows: WorkRows) -> Columns:
        """How the row's stream did lately against the weeks before."""
        total = {stream: place for place, (point, stream) in enumerate(self.keys) if not point}
        of_series = np.array([total[stream] for _, stream in self.keys])
        whole = WorkRows(
            series=of_series[rows.series],
            origin_s=rows.origin_s,
            day=rows.day,
            whole_until=rows.whole_until,
            lead=rows.lead,
        )
        habit = self.scale(whole)
        return {f"stream_{days}": narrow(self.mean(whole, days) / habit) for days in (3, 7)} | {
            "stream_same_4": narrow(_mean(self.same_weekdays(whole, 4)) / habit)
        }

    def scale(self, rows: WorkRows) -> Floats:
        return np.maximum(self.mean(rows, 28), 0.05)

    def _idle_days(self, rows: WorkRows) -> Floats:
        """Days known whole since the last with work, at the most two weeks."""
        idle = np.full(len(rows), 14.0)
        for back in range(13, -1, -1):
            value = self.at(rows.series, rows.whole_until - back, rows.whole_until)
            idle = np.where(value > 0, float(back), idle)
        return idle


def _spread_of_weeks(same: Floats) -> Columns:
    """What the same weekdays had in common: a day is served or it is not, and a served one brings its usual."""
    ones, four = np.ones_like(same), same[:, :4]
    served = np.where(same > 0, same, np.nan)
    told = np.isfinite(four)
    off = (same - _mean(same)[:, None]) ** 2
    return {
        "middle_4": narrow(weighted_quantiles(four, ones[:, :4], (0.5,))[:, 0]),
        "middle_8": narrow(weighted_quantiles(same, ones, (0.5,))[:, 0]),
        "middle_served": narrow(weighted_quantiles(served, ones, (0.5,))[:, 0]),
        "least_4": narrow(_finite(np.where(told, four, np.inf).min(axis=1))),
        "most_4": narrow(_finite(np.where(told, four, -np.inf).max(axis=1))),
        "served_2": narrow((same[:, :2] > 0).sum(axis=1)),
        "served_4": narrow((four > 0).sum(axis=1)),
        "spread_8": narrow(np.sqrt(weighted_mean(off, ones))),
    }


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _mean(values: Floats) -> Floats:
    return weighted_mean(values, np.ones_like(values))


def midnights_before(until_s: int, days: int, time_zone: str) -> Ints:
    """Local midnights of the day of `until_s` and the days before it, ascending."""
    today = int(local_days(np.array([until_s]), time_zone)[0])
    return midnights_s(today - np.arange(days, dtype=np.int64)[::-1], time_zone)
