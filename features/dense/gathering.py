"""From arrays over the grid to rows for a learner: one row per (origin, sensor), Float32, columns by name."""

from collections.abc import Iterator

import numpy as np

from features.arrays import Ints, Narrow
from features.dense.recipe import WINDOW_STEPS, Shown

RAW_LAGS = 3
STEP_BACK = 2
CHANGES = 3


def _now(shown: Shown, step: Ints, sensor: Ints) -> Iterator[tuple[str, Narrow]]:
    filled = shown.unusual.filled
    for lag in range(WINDOW_STEPS):
        yield f"lag_{lag}", filled[step - lag, sensor]
    for lag in range(RAW_LAGS):
        yield f"raw_{lag}", shown.last[step - lag, sensor]
    for name, cells in shown.by_cell.items():
        yield name, cells[step, sensor]
    for name in ("graph_out", "graph_in"):
        if name in shown.by_cell:
            cells = shown.by_cell[name]
            yield f"{name}_change", cells[step, sensor] - cells[step - CHANGES, sensor]
    for name, steps in shown.by_step.items():
        yield name, steps[step]
    for name, sensors in shown.by_sensor.items():
        yield name, sensors[sensor]


def _ahead(shown: Shown, step: Ints, sensor: Ints, horizon: int) -> Iterator[tuple[str, Narrow]]:
    for name, cells in shown.ahead[horizon].items():
        yield name, cells[step, sensor]
    filled, index = shown.unusual.filled, shown.neighbours[horizon][sensor]
    if not index.shape[1]:
        return
    near = filled[step[:, None], index]
    yield "neighbours", near.mean(axis=1)
    for one in range(index.shape[1]):
        yield f"neighbour_{one}", near[:, one]
    for one in range(min(CHANGES, index.shape[1])):
        yield f"neighbour_{one}_change", near[:, one] - filled[step - STEP_BACK, index[:, one]]


def for_trees(shown: Shown, step: Ints, sensor: Ints, horizon: int) -> tuple[Narrow, tuple[str, ...]]:
    """Rows for one horizon; NaN stays NaN."""
    pairs = [*_now(shown, step, sensor), *_ahead(shown, step, sensor, horizon)]
    return _stacked(pairs)


def for_network(shown: Shown, step: Ints, sensor: Ints) -> tuple[Narrow, tuple[str, ...]]:
    """Rows for all horizons at once, with the clock as waves instead of numbers of slots; NaN stays NaN."""
    pairs = [(name, column) for name, column in _now(shown, step, sensor) if name not in {"slot", "weekday"}]
    sd = shown.sd[sensor]
    pairs += [(name, steps[step]) for name, steps in shown.waves.items()]
    for horizon in shown.ahead:
        for name, column in _ahead(shown, step, sensor, horizon):
            scaled = column / sd if name.startswith("profile") else column
            pairs.append((f"{name}_{horizon}", scaled))
    return _stacked(pairs)


def _stacked(pairs: list[tuple[str, Narrow]]) -> tuple[Narrow, tuple[str, ...]]:
    rows = np.empty((len(pairs[0][1]), len(pairs)), np.float32)
    for place, (_, column) in enumerate(pairs):
        rows[:, place] = column
    return rows, tuple(name for name, _ in pairs)
