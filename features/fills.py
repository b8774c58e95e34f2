"""Fill levels as cycles: what was found, when it was emptied, and how each point grows between emptyings.

All series lie in one flat table, sorted by series and time. `heap` is the fill that would lie there had nobody ever
emptied: differences of it are growth, whatever was emptied in between.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from city.errors import MissingInputError
from features.arrays import DAY_S, Flags, Floats, Ints, seconds_of
from features.audited_visits import learning_weights

MEMORY = 20
"""Emptyings that a point's own growth is learned from."""
PSEUDO_CYCLES = 3.0
"""How many cycles of the stream's mean a point is credited with before it has its own."""
INTERCEPT_PENALTY = 2.0
"""Growth through the origin is preferred: a bin just emptied is empty, unless found fills insist otherwise."""
SERIES_SPAN = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Growth of a cycle as `start + slope x days`, with the figures behind it. One value per asked row."""

    start: Floats
    slope: Floats
    found: Floats
    found_spread: Floats
    gap_days: Floats
    cycles: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class FillHistory:
    """`keys[series]` is (point, stream); the other columns have one value per reading.

    `known_s` is when this reading and all before it were known. `last_emptied_s` is the newest emptying up to and with
    the reading, -1 before the first. `cycle` counts the finished cycles of the series up to and with the reading.
    `weight` is 1, and of an audit how many skipped visits it speaks for. `tells_over`: it could have shown more than
    full; a sensor under the lid ends there, and full then means "at least full".
    """

    keys: tuple[tuple[str, str], ...]
    districts: tuple[str, ...]
    series: Ints
    at_s: Ints
    known_s: Ints
    level: Floats
    emptied: Flags
    heap: Floats
    last_emptied_s: Ints
    cycle: Ints
    cycle_sums: Floats
    first_reading: Ints
    weight: Floats
    tells_over: Flags
    pools: dict[str, tuple[Ints, Floats]]

    @classmethod
    def of(cls, readings: pl.DataFrame, audits: pl.DataFrame | None = None) -> Self:
        """From rows of BinReadings. A visit that looked into no bin says nothing and is left out."""
        rows = readings.filter(pl.col("bins").is_null() | (pl.col("bins") > 0)).sort("point_id", "stream", "read_at")
        if rows.is_empty():
            raise MissingInputError(step="Waste", missing=("bin readings or visits",), todo="Import them first.")
        names = rows.select("point_id", "stream").unique(maintain_order=True).with_row_index("series")
        rows = rows.join(names, on=["point_id", "stream"], how="left", maintain_order="left")
        series = rows.get_column("series").cast(pl.Int64).to_numpy()
        at_s, level = seconds_of(rows, "read_at"), rows.get_column("fill_level").to_numpy().astype(np.float64)
        emptied = rows.get_column("emptied").to_numpy().astype(np.bool_)
        first = np.searchsorted(series, np.arange(names.height))
        known_s = _running_maximum(seconds_of(rows, "known_at"), series)
        last_emptied_s = _last_emptied(at_s, emptied, series)
        cycles = _cycles(at_s, level, emptied, series, last_emptied_s)
        streams = np.array(names.get_column("stream").to_list())
        return cls(
            keys=tuple((str(point), str(stream)) for point, stream in names.select("point_id", "stream").iter_rows()),
            districts=tuple(rows.get_column("district_id").gather(first.tolist()).to_list()),
            series=series,
            at_s=at_s,
            known_s=known_s,
            level=level,
            emptied=emptied,
            heap=_heap(level, emptied, series),
            last_emptied_s=last_emptied_s,
            cycle=np.cumsum(cycles.ended),
            cycle_sums=np.concatenate((np.zeros((1, 5)), np.cumsum(cycles.figures[cycles.ended], axis=0))),
            first_reading=first,
            weight=learning_weights(rows, audits),
            tells_over=emptied | bool((level[~emptied] > 1.0).any()),
            pools=_pools(cycles, streams[series], known_s),
        )

    def reference(self, series: Ints, origin_s: Ints) -> Ints:
        """The newest reading of each series known at its origin, -1 where there is none."""
        place = np.searchsorted(self.series * SERIES_SPAN + self.known_s, series * SERIES_SPAN + origin_s, "right") - 1
        return np.where(place >= self.first_reading[series], place, -1)

    def level_after(self, reading: Ints) -> Floats:
        return np.where(self.emptied[reading], 0.0, self.level[reading])

    def at_least(self, reading: Ints) -> Flags:
        """Whether a reading says no more than "at least full"."""
        return ~self.tells_over[reading] & (self.level[reading] >= 1.0)

    def reading_at(self, series: Ints, at_s: Ints) -> Ints:
        """The newest reading of each series at or before a moment; there must be one."""
        return np.searchsorted(self.series * SERIES_SPAN + self.at_s, series * SERIES_SPAN + at_s, "right") - 1

    def growth(self, reading: Ints, origin_s: Ints) -> Growth:
        """Ridge regression of found fill on days since the emptying before, over the newest cycles of the series.

        The stream's mean cycle, as known at the origin, counts as a few cycles more: a young point is an ordinary one.
        """
        last = self.cycle[reading]
        first = np.maximum(last - MEMORY, self._cycles_before(reading))
        count, days, found, days2, mixed, found2 = self._window(first, last)
        mean_days, mean_found = self._pooled(reading, origin_s)
        extra = np.where(np.isfinite(mean_days), PSEUDO_CYCLES, 0.0)
        mean_days, mean_found = np.nan_to_num(mean_days), np.nan_to_num(mean_found)
        n, sx, sy = count + extra, days + extra * mean_days, found + extra * mean_found
        sxx, sxy = days2 + extra * mean_days**2, mixed + extra * mean_days * mean_found
        start, slope = _ridge_line(n, sx, sy, sxx, sxy)
        known, whole = n > 0, np.maximum(n, 1e-9)
        own = np.maximum(count, 1.0)
        return Growth(
            start=np.where(known, start, np.nan),
            slope=np.where(known, slope, np.nan),
            found=np.where(known, sy / whole, np.nan),
            found_spread=np.where(count > 1, np.sqrt(np.maximum(found2 / own - (found / own) ** 2, 0.0)), np.nan),
            gap_days=np.where(known, sx / whole, np.nan),
            cycles=count,
        )

    def recent_found(self, reading: Ints, cycles: int) -> Floats:
        """Mean fill found at the newest emptyings, NaN before the first finished cycle."""
        last = self.cycle[reading]
        first = np.maximum(last - cycles, self._cycles_before(reading))
        count, _, found, *_ = self._window(first, last)
        return np.where(count > 0, found / np.maximum(count, 1.0), np.nan)

    def heap_at(self, series: Ints, at_s: Ints, newest: Ints) -> Floats:
        """The heap at a moment, between the readings around it; NaN outside them or after reading `newest`."""
        place = np.searchsorted(self.series * SERIES_SPAN + self.at_s, series * SERIES_SPAN + at_s, "right") - 1
        inside = (place >= self.first_reading[series]) & (place < newest)
        left = np.where(inside, place, 0)
        right = np.minimum(left + 1, len(self.at_s) - 1)
        share = (at_s - self.at_s[left]) / np.maximum(self.at_s[right] - self.at_s[left], 1)
        return np.where(inside, self.heap[left] + share * (self.heap[right] - self.heap[left]), np.nan)

    def _cycles_before(self, reading: Ints) -> Ints:
        first = self.first_reading[self.series[reading]]
        return np.where(first > 0, self.cycle[np.maximum(first - 1, 0)], 0)

    def _window(self, first: Ints, last: Ints) -> tuple[Floats, ...]:
        """Number of cycles in (first, last] and sums of days, found, days^2, days x found, found^2 over them."""
        sums = self.cycle_sums[last] - self.cycle_sums[first]
        return ((last - first).astype(np.float64), *sums.T)

    def _pooled(self, reading: Ints, origin_s: Ints) -> tuple[Floats, Floats]:
        """Mean days and mean found fill of the stream's cycles known at the origin."""
        days, found = np.full(len(reading), np.nan), np.full(len(reading), np.nan)
        streams = np.array([stream for _, stream in self.keys])[self.series[reading]]
        for stream, (known_s, sums) in self.pools.items():
            mine = np.flatnonzero(streams == stream)
            count = np.searchsorted(known_s, origin_s[mine], "right")
            held = count > 0
            days[mine[held]] = sums[count[held], 0] / count[held]
            found[mine[held]] = sums[count[held], 1] / count[held]
        return days, found


def _ridge_line(n: Floats, sx: Floats, sy: Floats, sxx: Floats, sxy: Floats) -> tuple[Floats, Floats]:
    """Start and slope that minimise squared error + penalty x start^2; neither is below 0."""
    held = n + INTERCEPT_PENALTY
    slope = (held * sxy - sx * sy) / np.maximum(held * sxx - sx**2, 1e-9)
    start = (sy - slope * sx) / held
    slope = np.where(start < 0, sxy / np.maximum(sxx, 1e-9), np.maximum(slope, 0.0))
    start = np.where(slope > 0, np.maximum(start, 0.0), sy / held)
    return start, slope


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cycles:
    ended: Flags
    figures: Floats


def _cycles(at_s: Ints, level: Floats, emptied: Flags, series: Ints, last_emptied_s: Ints) -> _Cycles:
    """Per reading: whether it ends a cycle; days, found, days^2, days x found, found^2 of that cycle."""
    same = np.concatenate(([False], series[1:] == series[:-1]))
    before = np.where(same, np.concatenate(([-1], last_emptied_s[:-1])), -1)
    ended = emptied & (before >= 0)
    days = np.where(ended, (at_s - before) / DAY_S, 0.0)
    return _Cycles(ended=ended, figures=np.stack([days, level, days**2, days * level, level**2], axis=1))


def _pools(
    cycles: _Cycles, streams: np.ndarray[tuple[int], np.dtype[np.str_]], known_s: Ints
) -> dict[str, tuple[Ints, Floats]]:
    """Per stream: when its cycles became known, and running sums of days and found fill."""
    pools: dict[str, tuple[Ints, Floats]] = {}
    for stream in np.unique(streams):
        mine = np.flatnonzero(cycles.ended & (streams == stream))
        order = mine[np.argsort(known_s[mine], kind="stable")]
        sums = np.concatenate((np.zeros((1, 2)), np.cumsum(cycles.figures[order, :2], axis=0)))
        pools[str(stream)] = (known_s[order], sums)
    return pools


def _running_maximum(values: Ints, series: Ints) -> Ints:
    return np.maximum.accumulate(values + series * SERIES_SPAN) - series * SERIES_SPAN


def _last_emptied(at_s: Ints, emptied: Flags, series: Ints) -> Ints:
    marked = np.where(emptied, at_s + series * SERIES_SPAN, series * SERIES_SPAN - 1)
    last = np.maximum.accumulate(marked) - series * SERIES_SPAN
    return np.where(last >= 0, last, -1)


def _heap(level: Floats, emptied: Flags, series: Ints) -> Floats:
    taken = np.cumsum(np.where(emptied, level, 0.0))
    before = np.concatenate(([0.0], taken[:-1]))
    first = np.concatenate(([True], series[1:] != series[:-1]))
    start = np.maximum.accumulate(np.where(first, before, 0.0))
    return before - start + level
