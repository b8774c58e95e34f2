"""Sensors whose values jump up and down from one interval to the next, far beyond what their own profile allows."""

from collections.abc import Iterator

import numpy as np

from features.health.findings import Fault
from features.health.grid import DayGrid, Flags
from features.health.profile import Profile
from features.health.signs import Sign, slots_due, trailing_days

_SPREADS = 6.0
_LEAST_SHARE = 0.05
_FEWEST_DAYS = 2


def jumping(grid: DayGrid, usual: Profile) -> Iterator[Sign]:
    """Spikes: values far from the profile and from both neighbours. Judged by their share of each day."""
    spikes = _spikes(grid, usual)
    due = slots_due(grid)
    by_day = np.zeros((len(grid.sensors), grid.days), dtype=np.float32)
    padded = np.zeros((len(grid.sensors), grid.days * grid.slots), dtype=np.bool_)
    padded[:, : grid.end] = spikes
    by_day[:] = padded.reshape(len(grid.sensors), grid.days, grid.slots).sum(axis=2) / due[None, :]
    days = min(grid.reference_days, grid.days)
    ordinary = np.quantile(by_day[:, :days], 0.9, axis=1)
    limit = np.maximum(_LEAST_SHARE, 3 * ordinary + 0.02)
    known = np.sum(~np.isnan(grid.values), axis=2) > 0.25 * grid.slots
    first = trailing_days(by_day > limit[:, None], known)
    for sensor in np.flatnonzero(first < grid.days):
        begin = int(first[sensor])
        if int(known[sensor, begin:].sum()) < _FEWEST_DAYS:
            continue
        slot = _began(spikes[sensor], begin * grid.slots, float(by_day[sensor, begin:].mean()), grid.slots)
        figures = (("spike_share", float(by_day[sensor, begin:].mean())), ("usual_share", float(ordinary[sensor])))
        yield Sign(fault=Fault.JUMPING, sensor=int(sensor), slot=slot, figures=figures)


def _spikes(grid: DayGrid, usual: Profile) -> Flags:
    values = grid.flat
    profile = usual.of(grid.weekend).reshape(len(grid.sensors), -1)[:, : grid.end]
    spread = np.tile(usual.spread, grid.days)[:, : grid.end]
    limit = _SPREADS * np.maximum(spread, 1e-6)
    odd = np.abs(values - profile) > limit
    steps = np.abs(np.diff(values, axis=1)) > limit[:, 1:]
    jumped = np.zeros(values.shape, dtype=np.bool_)
    jumped[:, 1:] |= steps
    found: Flags = odd & jumped
    return found


def _began(spikes: Flags, day_start: int, share: float, slots: int) -> int:
    """The first spike of the run: on its first day, or on the evening before where they already came as thick."""
    begin = max(0, day_start - slots)
    evidence = spikes[begin : day_start + slots].astype(np.float32) - share / 2
    remaining = np.cumsum(evidence[::-1])[::-1]
    return begin + int(np.argmax(remaining))
