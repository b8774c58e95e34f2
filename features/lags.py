"""Lags and rolling windows over a long table of many series, in one pass through memory.

The table is a complete regular grid: each id in one run of rows, a step apart. That is asserted, because only then is
a lag by row the lag by time. A lag is no new column but the same memory read from an earlier place, with the first
rows of each series marked as missing; windows are summed a block of series at a time, in the processor's cache.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Self, TypeVar, cast

import numpy as np
import polars as pl
import pyarrow as pa

from city.errors import BrokenRuleError, InvalidValueError
from features.arrays import Flags, Floats, Ints, Narrow

Sums = TypeVar("Sums", Floats, Ints)
BLOCK_ROWS = 32_768
MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RegularGrid:
    """`start` is the first row of each series, and at the end the number of rows."""

    start: Ints

    @classmethod
    def of(cls, rows: pl.DataFrame, *, series: str, time: str, step: timedelta) -> Self:
        """Raises BrokenRuleError with the id and time of the first gap, repetition or step back."""
        runs = rows.get_column(series).rle().struct.unnest()
        start = np.concatenate([[0], np.cumsum(runs.get_column("len").to_numpy().astype(np.int64))])
        ids = runs.get_column("value")
        if ids.n_unique() < len(ids):
            again = ids.filter(ids.is_duplicated()).item(0)
            raise BrokenRuleError(
                subject=f"Series {again!r}",
                problem="its rows lie in several places of the table, expected in one run",
                todo=f"Sort the rows by {series} and {time}.",
            )
        _refuse_gaps(rows, ids, start, time, step)
        return cls(start=start)

    def blocks(self) -> Iterator[Ints]:
        """Starts of neighbouring series with the end of the last, at most BLOCK_ROWS together where they fit."""
        first = 0
        while first < len(self.start) - 1:
            last = int(np.searchsorted(self.start, self.start[first] + BLOCK_ROWS, side="right")) - 1
            last = max(last, first + 1)
            yield self.start[first : last + 1]
            first = last


def _refuse_gaps(rows: pl.DataFrame, ids: pl.Series, start: Ints, time: str, step: timedelta) -> None:
    column = rows.get_column(time)
    if column.null_count():
        at = int(column.is_null().arg_true()[0])
        raise BrokenRuleError(subject=f"Series {_id_at(ids, start, at)!r}", problem=f"row {at} has no {time}")
    clock = column.cast(pl.Datetime("us", getattr(column.dtype, "time_zone", None))).to_physical().to_numpy()
    expected = round(step.total_seconds() * MICROSECONDS)
    for low in range(0, len(clock) - 1, BLOCK_ROWS):
        apart = np.diff(clock[low : low + BLOCK_ROWS + 1])
        wrong = np.flatnonzero(apart != expected) + low + 1
        gaps = wrong[~np.isin(wrong, start)]
        if len(gaps):
            at = int(gaps[0])
            raise BrokenRuleError(
                subject=f"Series {_id_at(ids, start, at)!r}",
                problem=f"after {column[at - 1]} comes {column[at]}, expected the next step {step} later",
                todo="Lay the rows on their grid first, with empty values in the gaps.",
            )


def _id_at(ids: pl.Series, start: Ints, row: int) -> object:
    return ids[int(np.searchsorted(start, row, side="right")) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class LagRecipe:
    """Columns of the value's own past, in steps.

    Windows end `horizon` steps before the row, as the nearest lag may: what is nearer is not known when the row is
    forecast. A lag that nobody measured, a window in which a value is missing, and what begins before its series are
    null.
    """

    lags: tuple[int, ...] = ()
    means: tuple[int, ...] = ()
    deviations: tuple[int, ...] = ()
    horizon: int = 1

    def __post_init__(self) -> None:
        self._refuse(self.horizon < 0, "horizon", self.horizon, "no negative number of steps")
        self._refuse(min(self.means, default=1) < 1, "means", self.means, "windows of at least 1 step")
        self._refuse(min(self.deviations, default=2) < 2, "deviations", self.deviations, "windows of at least 2 steps")
        near = min(self.lags, default=self.horizon) < self.horizon
        self._refuse(
            near, "lags", self.lags, f"none nearer than the horizon of {self.horizon} steps: it is not known yet"
        )

    def _refuse(self, broken: bool, field: str, found: object, expected: str) -> None:  # noqa: FBT001 - one rule a line
        if broken:
            raise InvalidValueError(subject="A lag recipe", field=field, found=found, expected=expected)

    def frame(self, rows: pl.DataFrame, *, series: str, time: str, value: str, step: timedelta) -> pl.DataFrame:
        """Float32 columns in the order of the rows: `lag_k`, `mean_w`, `deviation_w` (of a sample)."""
        grid = RegularGrid.of(rows, series=series, time=time, step=step)
        reach = max(self.lags, default=0)
        memory = np.zeros(reach + rows.height, np.float32)
        values = memory[reach:]
        values[:] = rows.get_column(value).cast(pl.Float32).fill_null(np.nan).to_numpy()
        present = _Present.of(values, grid.start)
        whole = pa.py_buffer(memory)
        found = {f"lag_{k}": present.lagged(whole.slice((reach - k) * values.itemsize), k) for k in self.lags}
        return pl.DataFrame(found | self._windows(values, grid, present))

    def _windows(self, values: Narrow, grid: RegularGrid, present: "_Present") -> dict[str, pl.Series]:
        named = {f"mean_{window}": window for window in self.means}
        named |= {f"deviation_{window}": window for window in self.deviations}
        # One allocation: the system hands out a few huge pages instead of many small ones.
        laid = np.zeros((len(named), len(values)), np.float32)
        for block in grid.blocks() if named else ():
            low, high = int(block[0]), int(block[-1])
            sums = _Sums.of(values[low:high], block - low)
            for into, (name, window) in zip(laid[:, low + self.horizon : high], named.items(), strict=True):
                made = sums.mean(window) if name.startswith("mean") else sums.deviation(window)
                into[:] = made[: max(len(made) - self.horizon, 0)]
        return {
            name: present.windowed(column, self.horizon + window - 1)
            for column, (name, window) in zip(laid, named.items(), strict=True)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Present:
    """Which cells of a column hold something. `gaps` is None where every value was measured."""

    start: Ints
    gaps: Flags | None

    @classmethod
    def of(cls, values: Narrow, start: Ints) -> Self:
        gaps = np.isnan(values)
        return cls(start=start, gaps=gaps if gaps.any() else None)

    def lagged(self, data: pa.Buffer, lag: int) -> pl.Series:
        flags = self._begun(lag)
        if self.gaps is not None and lag < len(flags):
            flags[lag:] &= ~self.gaps[: len(flags) - lag]
        return _column(data, flags)

    def windowed(self, column: Narrow, first: int) -> pl.Series:
        flags = self._begun(first)
        if self.gaps is not None:
            flags &= ~np.isnan(column)
        return _column(pa.py_buffer(column), flags)

    def _begun(self, rows: int) -> Flags:
        flags = np.ones(int(self.start[-1]), np.bool_)
        for first, end in pairwise(self.start):
            flags[first : min(first + rows, end)] = False
        return flags


def _column(data: pa.Buffer, flags: Flags) -> pl.Series:
    bits = pa.py_buffer(np.packbits(flags, bitorder="little"))
    found = pl.from_arrow(pa.Array.from_buffers(pa.float32(), len(flags), [bits, data]))
    return cast("pl.Series", found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """Running sums of the values less `centre`, from 0; `missing` counts the gaps, None where there are none."""

    centre: Floats
    first: Floats
    second: Floats
    missing: Ints | None

    @classmethod
    def of(cls, values: Narrow, start: Ints) -> Self:
        gaps = np.isnan(values)
        some = bool(gaps.any())
        filled = np.where(gaps, np.float32(0), values) if some else values
        length = np.diff(start)
        counted = length if not some else length - np.add.reduceat(gaps.astype(np.int64), start[:-1])
        # Far from zero a difference of long sums of squares has no digits left.
        usual = np.add.reduceat(filled, start[:-1], dtype=np.float64) / np.maximum(counted, 1)
        centre = np.repeat(usual, length)
        off = np.where(gaps, 0.0, values - centre) if some else values - centre
        return cls(
            centre=centre,
            first=_running(off),
            second=_running(off * off),
            missing=_running(gaps.astype(np.int64)) if some else None,
        )

    def mean(self, window: int) -> Floats:
        found = self._within(self.first, window)
        found /= window
        found += self.centre
        return found

    def deviation(self, window: int) -> Floats:
        total, square = self._within(self.first, window), self._within(self.second, window)
        square -= total * total / window
        found: Floats = np.sqrt(np.maximum(square, 0.0) / (window - 1))
        return found

    def _within(self, running: Floats, window: int) -> Floats:
        """Sum of the last `window` rows, for each row; the first rows of a series are the caller's to strike."""
        found = np.full(len(running) - 1, np.nan)
        if window < len(running):
            found[window - 1 :] = running[window:] - running[:-window]
            if self.missing is not None:
                found[window - 1 :][self.missing[window:] > self.missing[:-window]] = np.nan
        return found


def _running(values: Sums) -> Sums:
    found = np.empty(len(values) + 1, values.dtype)
    found[0] = 0
    np.cumsum(values, out=found[1:])
    return found
