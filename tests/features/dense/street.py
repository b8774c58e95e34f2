"""A street whose law is known: a daily wave, a slow common disturbance that travels, and noise."""

from dataclasses import replace

import numpy as np

from features.arrays import Narrow
from features.dense.grid import DenseGrid

SLOTS = 24


def street(*, days: int, sensors: int = 6, seed: int = 1, weekday: int | None = None, graph: bool = False) -> DenseGrid:
    rng = np.random.default_rng(seed)
    steps = days * SLOTS
    wave = 40 + 15 * np.sin(2 * np.pi * np.arange(steps) / SLOTS)
    city = np.zeros(steps + sensors)
    for step in range(1, len(city)):
        city[step] = 0.95 * city[step - 1] + rng.normal(0, 1.5)
    # Sensor s feels the disturbance s steps later: the sensors before it tell its future.
    values = np.stack([wave + city[sensors - s : sensors - s + steps] for s in range(sensors)], axis=1)
    values += rng.normal(0, 0.5, values.shape)
    if weekday is not None:
        day = (np.arange(steps) // SLOTS + weekday) % 7
        values[day >= 5] += 10
    edges = np.eye(sensors, k=1).astype(np.float32) if graph else None
    return DenseGrid(values=values.astype(np.float32), slots_per_day=SLOTS, first_weekday=weekday, graph=edges)


def with_changed_tail(grid: DenseGrid, first: int, seed: int = 9) -> DenseGrid:
    """The same grid, everything from step `first` on replaced by noise and gaps."""
    rng = np.random.default_rng(seed)
    values: Narrow = grid.values.copy()
    tail = rng.normal(100, 30, values[first:].shape)
    tail[rng.random(tail.shape) < 0.2] = np.nan
    values[first:] = tail
    return replace(grid, values=values)
