"""Wide files taken apart: a row per day and a column per interval, or a row per interval and a column per sensor."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from city.errors import BrokenRuleError
from features.sources.feeds import Column, Feed, Reading
from features.sources.read import LINE
from features.sources.values import Parsed, numbers

CELL = "__cell"  # which of the wide columns a record came from, from 0
NO_VALUE = "no value in the cell"
_DAY_S = 86_400
_HOUR_S = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One value per cell, row by row: `row` and `cell` say where each stood."""

    row: pl.Series
    cell: pl.Series
    parsed: Parsed


def wide_columns(feed: Feed, columns: list[str]) -> tuple[str, ...]:
    """The columns that hold one value each; none for files that are not wide."""
    if feed.slots is not None:
        return feed.slots.columns
    if feed.sensors is None:
        return ()
    used = set(feed.source_columns()) - set(feed.sensors.columns)
    return feed.sensors.columns or tuple(name for name in columns if name not in used and name != LINE)


def refuse_broken_days(feed: Feed, walls: pl.Series) -> None:
    """A row per day whose columns do not fill it: with a wrong step every rate is wrong by the same factor.

    `walls` are the rows' own times. Hours of a file that holds only the first of one day stand at midnight as well.
    """
    filled_s = len(feed.slots.columns) * (feed.step_s or 0) if feed.slots else _DAY_S
    times = walls.drop_nulls()
    at_midnight = not times.is_empty() and bool((times.dt.truncate("1d") == times).all())
    if filled_s == _DAY_S or not at_midnight or (filled_s <= _HOUR_S and times.n_unique() == 1):
        return
    raise BrokenRuleError(
        subject=f"{feed.subject}, slots",
        problem=f"{slots_filled(feed)} fill {spoken(filled_s)}, but every row is a whole day of 24 h",
        todo="Correct step, or the columns; where a row is no whole day, its time must say when it starts.",
    )


def slots_filled(feed: Feed) -> str:
    return f"{len(feed.slots.columns) if feed.slots else 0} columns of {spoken(feed.step_s or 0)}"


def spoken(seconds: int) -> str:
    unit, length = next(
        (unit, length) for unit, length in (("h", 3600), ("min", 60), ("s", 1)) if seconds % length == 0
    )
    return f"{seconds // length} {unit}"


def cells_of(
    records: pl.DataFrame,
    columns: tuple[str, ...],
    name: str,
    spec: Column,
    reading: Reading,
    *,
    mended: Callable[[Parsed], Parsed],
    left_out: Counter[str],
) -> Cells:
    """The cells that hold a value (or what should be one). `mended` converts units and repairs."""
    parsed = [mended(numbers(name, records[column], spec, reading)) for column in columns]
    height, width = records.height, len(columns)
    values = _row_by_row([part.values for part in parsed], height)
    row = pl.Series(np.repeat(np.arange(height, dtype=np.uint32), width))
    cell = pl.Series(np.tile(np.arange(width, dtype=np.uint32), height))
    faults = _sentences([part.faults for part in parsed], height)
    repairs = _sentences([part.repairs for part in parsed], height)
    empty = values.is_null()
    if faults is not None:
        empty &= faults.is_null()
    if empty.any():
        emptied = 0 if repairs is None else int((empty & repairs.is_not_null()).sum())
        left_out[NO_VALUE] += int(empty.sum()) - emptied
        left_out[f"{name} outside its bounds, which the mapping calls a gap"] += emptied
        full = ~empty
        values, row, cell = values.filter(full), row.filter(full), cell.filter(full)
        faults = None if faults is None else faults.filter(full)
        repairs = None if repairs is None else repairs.filter(full)
    return Cells(row=row, cell=cell, parsed=Parsed(values, faults, repairs))


def _row_by_row(columns: list[pl.Series], height: int) -> pl.Series:
    together = np.empty((height, len(columns)), dtype=np.float64)
    gaps = False
    for number, column in enumerate(columns):
        gaps = gaps or column.null_count() > 0
        together[:, number] = column.to_numpy()
    values = pl.Series(together.reshape(-1))
    # A number that is none (NaN) was never let through: what is NaN here was empty.
    return values.fill_nan(None) if gaps else values


def _sentences(columns: list[pl.Series | None], height: int) -> pl.Series | None:
    """Where each cell's sentence goes once the cells stand row by row; None where there is none at all."""
    found = [(number, column) for number, column in enumerate(columns) if column is not None]
    if not found:
        return None
    places, said = [], []
    for number, column in found:
        rows = column.is_not_null().arg_true()
        places.append(rows.cast(pl.Int64) * len(columns) + number)
        said.append(column.gather(rows))
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height * len(columns))
    return nothing.scatter(pl.concat(places), pl.concat(said))
