"""Sensors that fell silent, that say nothing but zero, or that repeat one value."""

from collections.abc import Iterator

import numpy as np

from features.health.findings import Fault
from features.health.grid import DayGrid
from features.health.profile import Profile
from features.health.signs import Sign, Tail, known_share, longest, trailing_days

# Evidence in nats that a run of zeros would not happen by chance; values of one hour depend on each other, so finer
# feeds need more of them.
_NATS_AT_900_S = 30.0
_MOST_SURE = 0.95
_ALWAYS = 0.95
_FEWEST_REPEATS = 6


def silent(grid: DayGrid, tail: Tail) -> Iterator[Sign]:
    """Nothing for longer than ever before, while others of the feed go on."""
    flat = grid.flat
    missing = np.isnan(flat)
    gap = longest(missing, tail.last)
    quiet = grid.end - 1 - tail.last
    limit = np.maximum(np.maximum(3, grid.slots_of(2)), np.ceil(1.5 * gap))
    for sensor in np.flatnonzero((tail.last >= 0) & (quiet > limit)):
        yield Sign(
            fault=Fault.STALE,
            sensor=int(sensor),
            slot=int(tail.last[sensor]) + 1,
            figures=(("missing_intervals", float(quiet[sensor])), ("longest_gap_before", float(gap[sensor]))),
        )


def all_zero(grid: DayGrid, usual: Profile, tail: Tail, *, zero_is_normal: bool) -> Iterator[Sign]:
    """Zero through hours in which it was hardly ever zero. A detector that is zero each night is healthy."""
    flat = grid.flat
    share = usual.nonzero * usual.seen / (usual.seen + 1)
    weight = -np.log1p(-np.minimum(share, _MOST_SURE))
    inside = (np.arange(grid.end)[None, :] >= tail.start[:, None]) & ~np.isnan(flat)
    evidence = np.sum(np.tile(weight, grid.days)[:, : grid.end] * inside, axis=1)
    never = np.sum(np.tile(usual.nonzero >= _ALWAYS, grid.days)[:, : grid.end] * inside, axis=1)
    needed = float(np.clip(_NATS_AT_900_S * 900 / grid.step_s, 15, 90))
    is_zero = (tail.value == 0) & (tail.last >= 0)
    found = is_zero & ~tail.whole & (evidence >= needed)
    dead = is_zero & tail.whole & (tail.count >= grid.slots_of(48)) & (not zero_is_normal)
    for sensor in np.flatnonzero(found | dead):
        yield Sign(
            fault=Fault.ALL_ZERO,
            sensor=int(sensor),
            slot=int(tail.start[sensor]),
            at_least=bool(tail.whole[sensor]),
            figures=(("zeros", float(tail.count[sensor])), ("never_zero_before", float(never[sensor]))),
        )


def flat(grid: DayGrid, tail: Tail) -> Iterator[Sign]:
    """The same value for more than twice as long as it ever was the same."""
    values = grid.flat
    same = np.zeros(values.shape, dtype=np.bool_)
    same[:, 1:] = (values[:, 1:] == values[:, :-1]) & (values[:, 1:] != 0)
    before = longest(same, tail.start) + 1
    limit = np.maximum(max(_FEWEST_REPEATS, grid.slots_of(1.5)), 2 * before + 2)
    repeats = (tail.value != 0) & (tail.last >= 0)
    found = repeats & ~tail.whole & (tail.count >= limit)
    frozen = repeats & tail.whole & (tail.count >= grid.slots_of(48))
    for sensor in np.flatnonzero(found | frozen):
        yield Sign(
            fault=Fault.FLAT,
            sensor=int(sensor),
            slot=int(tail.start[sensor]),
            at_least=bool(tail.whole[sensor]),
            figures=(
                ("value", float(tail.value[sensor])),
                ("repeats", float(tail.count[sensor])),
                ("longest_before", float(before[sensor]) if not tail.whole[sensor] else 0.0),
            ),
        )


def gaps(grid: DayGrid, tail: Tail) -> Iterator[Sign]:
    """A share of intervals missing, day after day, that is far above what was usual."""
    missing = 1 - known_share(grid)
    days = min(grid.reference_days, grid.days)
    usual = np.quantile(missing[:, :days], 0.9, axis=1)
    limit = np.maximum(0.15, 2 * usual + 0.1)
    flags = missing > limit[:, None]
    first = trailing_days(flags, np.ones_like(flags))
    for sensor in np.flatnonzero((grid.days - first >= 2) & (tail.last >= 0)):
        start = int(first[sensor]) * grid.slots
        empty = np.isnan(grid.flat[sensor])
        slot = start + int(np.argmax(empty[start:]))
        # It may have begun the evening before: walk back through what is already as full of holes.
        while slot - 1 >= 0 and empty[slot - 1]:
            slot -= 1
        share = float(missing[sensor, int(first[sensor]) :].mean())
        yield Sign(
            fault=Fault.GAPS,
            sensor=int(sensor),
            slot=slot,
            figures=(("missing_share", share), ("usual_share", float(np.median(missing[sensor, :days])))),
        )
