"""Columns that need no fitted state but the profile's versions: trailing means, the clock, values at the target."""

import numpy as np

from features.arrays import Narrow
from features.dense.analogs import LOOK_BACK_STEPS
from features.dense.grid import DenseGrid


def moved(values: Narrow, horizon: int) -> Narrow:
    """The value that belongs to the step `horizon` later. Only for values that are known at the origin."""
    later = np.full_like(values, np.nan)
    if horizon < len(values):
        later[: len(values) - horizon] = values[horizon:]
    return later


def at_target(grid: DenseGrid, known_before: tuple[Narrow, ...], horizon: int) -> Narrow:
    """A profile at the target, taken from the version that the origin's day may use; NaN beyond the grid's end."""
    step = np.arange(grid.steps - horizon)
    back = grid.day(step + horizon) - grid.day(step)
    found = np.full_like(known_before[0], np.nan)
    for days, version in enumerate(known_before):
        mine = step[back == days]
        found[mine] = version[mine + horizon]
    return found


def trailing(filled: Narrow, steps: int) -> Narrow:
    total = np.concatenate([np.zeros((1, filled.shape[1])), np.cumsum(filled, axis=0, dtype=np.float64)])
    end = np.arange(1, len(filled) + 1)
    start = np.maximum(end - steps, 0)
    mean: Narrow = ((total[end] - total[start]) / (end - start)[:, None]).astype(np.float32)
    return mean


def by_step(grid: DenseGrid, filled: Narrow, scores: Narrow) -> dict[str, Narrow]:
    city = filled.mean(axis=1)
    step = np.arange(grid.steps)
    columns = {f"component_{one}": scores[:, one] for one in range(min(6, scores.shape[1]))}
    columns["city"] = city
    columns["city_change"] = city - np.concatenate([np.zeros(LOOK_BACK_STEPS), city])[: len(city)]
    columns["slot"] = grid.slot(step).astype(np.float32)
    weekday = grid.weekday(grid.day(step))
    if weekday is not None:
        columns["weekday"] = weekday.astype(np.float32)
    return {name: column.astype(np.float32) for name, column in columns.items()}


def waves(grid: DenseGrid) -> dict[str, Narrow]:
    """The clock as smooth numbers, for learners that cannot cut it into pieces."""
    step = np.arange(grid.steps)
    angle = 2 * np.pi * grid.slot(step) / grid.slots_per_day
    found = {f"{f.__name__}_{k}": f(k * angle).astype(np.float32) for k in range(1, 5) for f in (np.sin, np.cos)}
    weekday = grid.weekday(grid.day(step))
    if weekday is not None:
        found |= {f"weekday_{one}": (weekday == one).astype(np.float32) for one in range(7)}
    return found
