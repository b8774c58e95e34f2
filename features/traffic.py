"""Traffic history as a complete regular grid: one row per step, one column per detector, gaps as NaN."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from city.errors import MissingInputError
from features.arrays import DAY_S, Flags, Ints, Narrow, seconds_of
from features.clockwork import LocalClock

MEASURES = {"flow": "flow_veh_h", "speed": "speed_kmh"}
FLAT_S = DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficGrid:
    """`values[measure]` is steps x detectors. The clock runs on past the last step, over the horizon."""

    step_s: int
    start_s: int
    detectors: tuple[str, ...]
    districts: tuple[str, ...]
    values: dict[str, Narrow]
    delay_steps: int
    clock: LocalClock
    left_out: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def last_known(self) -> int:
        """The last step in which any detector measured anything."""
        seen = np.any([np.isfinite(values).any(axis=1) for values in self.values.values()], axis=0)
        return int(np.flatnonzero(seen)[-1])

    def at_s(self, step: Ints) -> Ints:
        """Start of a step, seconds of UTC."""
        return self.start_s + self.step_s * step

    def known_s(self, step: Ints) -> Ints:
        """When a step is usually known: its end and the feed's delay, on the grid."""
        return self.at_s(step) + self.step_s * (1 + self.delay_steps)


def traffic_grid(counts: pl.DataFrame, *, time_zone: str, ahead_s: int) -> TrafficGrid:
    """Lay rows of TrafficCounts on the grid of their feed.

    The city's step is the one most rows have. Finer feeds whose step divides it are averaged onto it; detectors
    of other steps are named in `left_out`. Of two rows for one step the later known counts.
    """
    if counts.is_empty():
        raise MissingInputError(
            step="Congestion", missing=("traffic counts",), todo="Import a feed of detectors first."
        )
    step_s = int(counts.get_column("step_s").value_counts(sort=True).item(0, "step_s"))
    fits = (pl.col("step_s") <= step_s) & (step_s % pl.col("step_s") == 0)
    left_out = tuple(sorted(counts.filter(~fits).get_column("detector_id").unique()))
    rows = counts.filter(fits)
    detectors = tuple(rows.get_column("detector_id").unique().sort())
    index = seconds_of(rows, "start_at") // step_s
    start = int(index.min())
    steps = int(index.max()) - start + 1
    place = _places(rows, detectors), (index - start).astype(np.int64)
    values = {
        measure: _on_grid(rows, column, place, (steps, len(detectors)), FLAT_S // step_s)
        for measure, column in MEASURES.items()
    }
    return TrafficGrid(
        step_s=step_s,
        start_s=start * step_s,
        detectors=detectors,
        districts=_districts(rows, detectors),
        values=values,
        delay_steps=_delay_steps(rows, step_s),
        clock=LocalClock.of(
            start_s=start * step_s, step_s=step_s, steps=steps + 1 + -(-ahead_s // step_s), time_zone=time_zone
        ),
        left_out=left_out,
    )


def _places(rows: pl.DataFrame, detectors: tuple[str, ...]) -> Ints:
    kind = pl.Enum(list(detectors))
    return rows.get_column("detector_id").cast(kind).to_physical().to_numpy().astype(np.int64)


def _districts(rows: pl.DataFrame, detectors: tuple[str, ...]) -> tuple[str, ...]:
    found = dict(rows.group_by("detector_id").agg(pl.col("district_id").last()).iter_rows())
    return tuple(str(found[detector]) for detector in detectors)


def _delay_steps(rows: pl.DataFrame, step_s: int) -> int:
    """How late the feed usually is after the end of a step."""
    late = seconds_of(rows, "known_at") - seconds_of(rows, "start_at") - rows.get_column("step_s").to_numpy()
    return max(0, int(-(-np.median(late) // step_s)))


def _on_grid(
    rows: pl.DataFrame, column: str, place: tuple[Ints, Ints], shape: tuple[int, int], longest_flat: int
) -> Narrow:
    detector, step = place
    value = rows.get_column(column).cast(pl.Float64).to_numpy()
    order = np.argsort(seconds_of(rows, "known_at"), kind="stable")
    finite = order[np.isfinite(value[order])]
    cell = step[finite] * shape[1] + detector[finite]
    if (rows.get_column("step_s") == rows.get_column("step_s").max()).all():
        flat = np.full(shape[0] * shape[1], np.nan)
        flat[cell] = value[finite]
    else:
        total, count = (
            np.bincount(cell, value[finite], shape[0] * shape[1]),
            np.bincount(cell, None, shape[0] * shape[1]),
        )
        flat = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    grid = flat.reshape(shape).astype(np.float32)
    grid[flat_runs(grid, longest_flat)] = np.nan
    return grid


def flat_runs(values: Narrow, longest: int) -> Flags:
    """Where a detector has said the same thing for `longest` steps or more: it is stuck or dead, not calm."""
    flat = np.zeros(values.shape, np.bool_)
    for column in range(values.shape[1]):
        series = values[:, column]
        change = np.flatnonzero(np.diff(series) != 0) + 1
        edges = np.concatenate(([0], change, [len(series)]))
        long = np.flatnonzero(np.diff(edges) >= longest)
        for run in long:
            flat[edges[run] : edges[run + 1], column] = True
    return flat
