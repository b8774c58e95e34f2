"""What each detector of faults hands over: which sensor, since which interval, and the figures of its sentence."""

from dataclasses import dataclass

import numpy as np

from features.health.findings import Fault
from features.health.grid import DayGrid, Flags, Numbers, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """`sensor` and `slot` are places in the grid; `figures` are named with their unit."""

    fault: Fault
    sensor: int
    slot: int
    figures: tuple[tuple[str, float], ...]
    at_least: bool = False


@dataclass(frozen=True, eq=False)
class Tail:
    """The last values of each sensor that are all the same. `start` and `last` are -1 where nothing came at all."""

    start: Numbers
    last: Numbers
    count: Numbers
    value: Values
    whole: Flags


def tails(flat: Values) -> Tail:
    rows, width = flat.shape
    places = np.arange(width)
    valid = ~np.isnan(flat)
    last = np.where(valid.any(axis=1), width - 1 - np.argmax(valid[:, ::-1], axis=1), -1)
    value = flat[np.arange(rows), np.maximum(last, 0)]
    other = valid & (flat != value[:, None])
    differs = np.where(other.any(axis=1), width - 1 - np.argmax(other[:, ::-1], axis=1), -1)
    own = valid & (places[None, :] > differs[:, None])
    start = np.where(own.any(axis=1), np.argmax(own, axis=1), -1)
    return Tail(start=start, last=last, count=own.sum(axis=1), value=value, whole=(differs < 0) & (last >= 0))


def longest(runs: Flags, until: Numbers) -> Numbers:
    """Per sensor the longest unbroken run of flags before `until`."""
    best = np.zeros(len(runs), dtype=np.int64)
    now = np.zeros(len(runs), dtype=np.int64)
    for place in range(runs.shape[1]):
        now = np.where(runs[:, place] & (place < until), now + 1, 0)
        np.maximum(best, now, out=best)
    return best


def trailing_days(flags: Flags, known: Flags) -> Numbers:
    """Per sensor the first of the last days that all carry the flag; days without knowledge do not break the run."""
    days = flags.shape[1]
    broken = known & ~flags
    last_good = np.where(broken.any(axis=1), days - 1 - np.argmax(broken[:, ::-1], axis=1), -1)
    carried = flags & (np.arange(days)[None, :] > last_good[:, None])
    first: Numbers = np.where(carried.any(axis=1), np.argmax(carried, axis=1), days)
    return first


def known_share(grid: DayGrid) -> Values:
    """Sensors x days: how much of a day came. The day on which the feed ends counts as far as it went."""
    came = np.sum(~np.isnan(grid.values), axis=2).astype(np.float32)
    share: Values = came / slots_due(grid)[None, :]
    return share


def slots_due(grid: DayGrid) -> Values:
    due = np.full(grid.days, float(grid.slots), dtype=np.float32)
    due[-1] = max(1, grid.end - (grid.days - 1) * grid.slots)
    return due
