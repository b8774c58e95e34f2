"""What a few origins may look at is the same, however few of the others are computed beside them."""

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest

from features.arrays import Ints
from features.dense.gathering import for_network, for_trees
from features.dense.grid import DenseGrid
from features.dense.recipe import DenseState, Recipe, Shown
from tests.features.dense.street import SLOTS, street

HORIZONS = (1, 6, SLOTS, 2 * SLOTS)
ROUNDING = 1e-4
"""Of values about 50, held in 24 bits."""


def with_gaps(grid: DenseGrid) -> DenseGrid:
    """Single values missing, a sensor that falls silent for days, one that never spoke."""
    values = grid.values.copy()
    values[np.random.default_rng(3).random(values.shape) < 0.05] = np.nan
    values[-9 * SLOTS :, 1] = np.nan
    values[:, 2] = np.nan
    return replace(grid, values=values)


GRIDS = {
    "day-blocked": with_gaps(street(days=30, graph=True)),
    "begun at noon": replace(with_gaps(street(days=24)), first_slot=SLOTS // 2),
    "past only, with kinds of days": replace(
        with_gaps(street(days=70, weekday=2)), day_kinds=np.where(np.arange(74) == 66, 6, np.arange(2, 76) % 7)
    ),
    "earlier years": replace(street(days=560, sensors=3, weekday=0), first_date=date(2024, 1, 1)),
}


@cache
def fitted(name: str, *, all_history: bool) -> DenseState:
    grid = GRIDS[name]
    return DenseState.fit(
        grid.until(grid.steps - 7 * SLOTS - 5), Recipe(horizons=HORIZONS, all_history=all_history, neighbours=2)
    )


@cache
def shown(name: str, *, all_history: bool) -> Shown:
    return fitted(name, all_history=all_history).apply(GRIDS[name], reach=60)


@pytest.mark.parametrize(("name", "all_history"), [*((name, True) for name in GRIDS), ("day-blocked", False)])
@pytest.mark.parametrize("days_ago", [(0,), (4, 2, 0), (8,)], ids=["newest", "several", "fitted"])
def test_nothing_that_an_origin_sees_is_lost(name: str, days_ago: tuple[int, ...], *, all_history: bool) -> None:
    grid, state = GRIDS[name], fitted(name, all_history=all_history)
    origins: Ints = np.array([grid.steps - 1 - days * SLOTS for days in days_ago])
    step, sensor = np.repeat(origins, grid.sensors), np.tile(np.arange(grid.sensors), len(origins))

    whole, only = shown(name, all_history=all_history), state.apply(grid, reach=60, origins=origins)

    assert only.grid.steps + only.skipped == whole.grid.steps
    assert only.grid.days <= 8 + max(days_ago) + 5
    for horizon in HORIZONS:
        rows, names = for_trees(whole, step, sensor, horizon)
        found, same_names = for_trees(only, step - only.skipped, sensor, horizon)
        assert same_names == names
        np.testing.assert_allclose(found, rows, rtol=1e-5, atol=ROUNDING)
    rows, names = for_network(whole, step, sensor)
    found, same_names = for_network(only, step - only.skipped, sensor)
    assert same_names == names
    np.testing.assert_allclose(found, rows, rtol=1e-5, atol=ROUNDING)
    for late, early in zip(
        only.unusual.usual + only.unusual.spread, whole.unusual.usual + whole.unusual.spread, strict=True
    ):
        mine = origins.min()
        np.testing.assert_allclose(late[mine - only.skipped :], early[mine:], rtol=1e-5, atol=ROUNDING)
