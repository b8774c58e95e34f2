"""The traffic grid straight from the history, a week at a time: memory goes with the grid, not with the rows.

What is kept of a row is its value in a cell of four bytes; ids, times and everything else go with the week they came
in. The grid is the one that `features.traffic.traffic_grid` lays from the whole table.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from city.errors import MissingInputError
from city.frames import TrafficCounts
from city.progress import Advance
from city.store import History
from features.arrays import DAY_S, Floats, Ints, Narrow, moment_of, seconds, seconds_of
from features.clockwork import LocalClock
from features.traffic import FLAT_S, MEASURES, TrafficGrid, flat_runs

CHUNK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Rows of one step length of one chunk: `values` per measure, steps x detectors, as named by `place`."""

    first: int
    place: Ints
    values: dict[str, Narrow]


@dataclass(slots=True, kw_only=True)
class Feed:
    """All rows of one step length: pieces in the order of time, and what is to be known of the rows."""

    step_s: int
    pieces: list[Piece] = field(default_factory=list)
    rows: int = 0
    districts: dict[str, str] = field(default_factory=dict)
    late_s: Counter[int] = field(default_factory=Counter)

    def add(self, rows: pl.DataFrame, names: dict[str, int]) -> None:
        ids = rows.get_column("detector_id").unique().sort()
        place = np.array([names.setdefault(one, len(names)) for one in ids], np.int64)
        column = rows.get_column("detector_id").cast(pl.Enum(ids)).to_physical().to_numpy().astype(np.int64)
        known_s, start_s = seconds_of(rows, "known_at"), seconds_of(rows, "start_at")
        step = start_s // self.step_s
        first = int(step.min())
        # Of two rows in one cell the later known counts.
        order = np.argsort(known_s, kind="stable")
        cell = ((step - first) * len(ids) + column)[order]
        shape = (int(step.max()) - first + 1, len(ids))
        values = {name: _laid(rows.get_column(own), order, cell, shape) for name, own in MEASURES.items()}
        self.pieces.append(Piece(first=first, place=place, values=values))
        self.rows += rows.height
        self.districts |= dict(rows.group_by("detector_id").agg(pl.col("district_id").last()).iter_rows())
        late, count = np.unique(known_s - start_s - self.step_s, return_counts=True)
        self.late_s.update(dict(zip(late.tolist(), count.tolist(), strict=True)))

    @property
    def span_s(self) -> tuple[int, int]:
        """Start of the first step and end of the last."""
        ends = [one.first + len(next(iter(one.values.values()))) for one in self.pieces]
        return min(one.first for one in self.pieces) * self.step_s, max(ends) * self.step_s


def _laid(column: pl.Series, order: Ints, cell: Ints, shape: tuple[int, int]) -> Narrow:
    value = column.cast(pl.Float32).fill_null(np.nan).to_numpy()[order]
    told = np.isfinite(value)
    if not told.any():
        return _nothing(shape)
    flat = np.full(shape[0] * shape[1], np.nan, np.float32)
    flat[cell[told]] = value[told]
    return flat.reshape(shape)


def _nothing(shape: tuple[int, int]) -> Narrow:
    """A measure that nobody took costs one cell."""
    return np.broadcast_to(np.float32(np.nan), shape)


def read_traffic_grid(
    history: History,
    *,
    as_of: datetime,
    days: int,
    time_zone: str,
    ahead_s: int = 0,
    advance: Advance = lambda _count: None,
) -> TrafficGrid:
    """The grid of the `days` before `as_of`, as it was known then; one `advance` per chunk read."""
    names: dict[str, int] = {}
    feeds: dict[int, Feed] = {}
    for rows in _chunks(history, as_of, days):
        for (step_s,), mine in rows.group_by("step_s", maintain_order=True):
            feeds.setdefault(int(str(step_s)), Feed(step_s=int(str(step_s)))).add(mine, names)
        advance(1)
    if not feeds:
        raise MissingInputError(
            step="Congestion",
            missing=(f"traffic counts of the {days} days before {as_of.isoformat()}",),
            todo="Import a feed of detectors first.",
        )
    return _grid(feeds, names, time_zone, ahead_s)


def _chunks(history: History, as_of: datetime, days: int) -> Iterator[pl.DataFrame]:
    """Non-empty chunks, cut at midnights of UTC so that no step is torn; all of one version of the table."""
    version = history.version(TrafficCounts)
    if version is None:
        return
    since = as_of - timedelta(days=days)
    until_s = seconds(as_of) + DAY_S
    while seconds(since) < until_s:
        until = moment_of((seconds(since) // DAY_S + CHUNK_DAYS) * DAY_S)
        rows = history.read(TrafficCounts, as_of=as_of, since=since, until=until, version=version)
        if rows.height:
            yield rows.select("detector_id", "district_id", "start_at", "known_at", "step_s", *MEASURES.values())
        since = until


def _grid(feeds: dict[int, Feed], names: dict[str, int], time_zone: str, ahead_s: int) -> TrafficGrid:
    """The city's step is the one most rows have; finer feeds that divide it are averaged, others left out."""
    most = max(feed.rows for feed in feeds.values())
    step_s = min(one for one, feed in feeds.items() if feed.rows == most)
    fits = [feed for one, feed in feeds.items() if one <= step_s and step_s % one == 0]
    left_out = {name for feed in feeds.values() if feed not in fits for name in feed.districts}
    districts = {name: district for feed in fits for name, district in feed.districts.items()}
    detectors = tuple(sorted(districts))
    start = min(feed.span_s[0] for feed in fits) // step_s
    steps = -(-max(feed.span_s[1] for feed in fits) // step_s) - start
    column = np.full(len(names), -1, np.int64)
    column[[names[name] for name in detectors]] = np.arange(len(detectors))
    values = {name: _measure(fits, name, column, step_s, (start, steps, len(detectors))) for name in MEASURES}
    late = sum((feed.late_s for feed in fits), Counter[int]())
    return TrafficGrid(
        step_s=step_s,
        start_s=start * step_s,
        detectors=detectors,
        districts=tuple(districts[name] for name in detectors),
        values=values,
        delay_steps=max(0, int(-(-_median(late) // step_s))),
        clock=LocalClock.of(
            start_s=start * step_s, step_s=step_s, steps=steps + 1 + -(-ahead_s // step_s), time_zone=time_zone
        ),
        left_out=tuple(sorted(left_out)),
    )


def _measure(feeds: list[Feed], name: str, column: Ints, step_s: int, shape: tuple[int, int, int]) -> Narrow:
    """One measure on the city's steps; its pieces are given back as they are laid."""
    start, steps, detectors = shape
    if not any(piece.values[name].strides[0] for feed in feeds for piece in feed.pieces):
        return _nothing((steps, detectors))
    if len(feeds) == 1:
        grid = np.full((steps, detectors), np.nan, np.float32)
        for piece in feeds[0].pieces:
            block = piece.values.pop(name)
            grid[piece.first - start : piece.first - start + len(block), column[piece.place]] = block
    else:
        grid = _averaged(feeds, name, column, step_s, shape)
    grid[flat_runs(grid, FLAT_S // step_s)] = np.nan
    return grid


def _averaged(feeds: list[Feed], name: str, column: Ints, step_s: int, shape: tuple[int, int, int]) -> Narrow:
    start, steps, detectors = shape
    total, count = np.zeros((steps, detectors)), np.zeros((steps, detectors), np.int32)
    for feed in feeds:
        for piece in feed.pieces:
            block = piece.values.pop(name)
            step = (piece.first + np.arange(len(block))) * feed.step_s // step_s - start
            edges = np.flatnonzero(np.diff(step, prepend=-1))
            told = np.isfinite(block)
            place = np.ix_(step[edges], column[piece.place])
            total[place] += np.add.reduceat(np.where(told, block, 0.0), edges, axis=0)
            count[place] += np.add.reduceat(told.astype(np.int32), edges, axis=0)
    mean: Floats = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean.astype(np.float32)


def _median(counted: Counter[int]) -> float:
    """Of values that come as often as counted: the mean of the middle two."""
    value = np.array(sorted(counted), np.int64)
    below = np.cumsum([counted[int(one)] for one in value])
    middle = [int(below[-1] - 1) // 2, int(below[-1]) // 2]
    return float(value[np.searchsorted(below, middle, side="right")].mean())
