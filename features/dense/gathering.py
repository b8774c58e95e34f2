"""From arrays over the grid to rows for a learner: one row per (origin, sensor), Float32, columns by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np

from features.arrays import Columns, Ints, Narrow
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
    return Gathered.of(shown, step, sensor).for_network()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All that forecasts read of some rows, a value per row: it can be kept when everything else is gone."""

    sensor: Ints
    sd: Narrow
    now: Columns
    waves: Columns
    ahead: Mapping[int, Columns]

    @classmethod
    def of(cls, shown: Shown, step: Ints, sensor: Ints) -> Self:
        return cls(
            sensor=sensor,
            sd=shown.sd[sensor],
            now=dict(_now(shown, step, sensor)),
            waves={name: steps[step] for name, steps in shown.waves.items()},
            ahead={horizon: dict(_ahead(shown, step, sensor, horizon)) for horizon in shown.ahead},
        )

    def __len__(self) -> int:
        return len(self.sensor)

    def only(self, rows: Ints) -> Self:
        return type(self)(
            sensor=self.sensor[rows],
            sd=self.sd[rows],
            now=_of_rows(self.now, rows),
            waves=_of_rows(self.waves, rows),
            ahead={horizon: _of_rows(columns, rows) for horizon, columns in self.ahead.items()},
        )

    def for_trees(self, horizon: int) -> tuple[Narrow, tuple[str, ...]]:
        return _stacked([*self.now.items(), *self.ahead[horizon].items()])

    def for_network(self) -> tuple[Narrow, tuple[str, ...]]:
        pairs = [(name, column) for name, column in self.now.items() if name not in {"slot", "weekday"}]
        pairs += self.waves.items()
        for horizon, columns in self.ahead.items():
            for name, column in columns.items():
                scaled = column / self.sd if name.startswith("profile") else column
                pairs.append((f"{name}_{horizon}", scaled))
        return _stacked(pairs)


def _of_rows(columns: Columns, rows: Ints) -> Columns:
    return {name: column[rows] for name, column in columns.items()}


def _stacked(pairs: list[tuple[str, Narrow]]) -> tuple[Narrow, tuple[str, ...]]:
    rows = np.empty((len(pairs[0][1]), len(pairs)), np.float32)
    for place, (_, column) in enumerate(pairs):
        rows[:, place] = column
    return rows, tuple(name for name, _ in pairs)
