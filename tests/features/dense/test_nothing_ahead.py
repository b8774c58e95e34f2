"""No feature sees past its origin, and nothing fitted sees past its cutoff."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.arrays import Narrow
from features.dense.gathering import for_network, for_trees
from features.dense.grid import DenseGrid
from features.dense.recipe import DenseState, Recipe
from tests.features.dense.street import SLOTS, street, with_changed_tail

HORIZONS = (1, 6, SLOTS)
KINDS = {
    "day-blocked": street(days=9, graph=True),
    "past only": street(days=63, sensors=3, weekday=2),
}
CUTOFF_DAYS = {"day-blocked": 6, "past only": 59}


@cache
def fitted(kind: str, *, all_history: bool) -> DenseState:
    cutoff = CUTOFF_DAYS[kind] * SLOTS - 7
    return DenseState.fit(KINDS[kind].until(cutoff), Recipe(horizons=HORIZONS, all_history=all_history))


def rows_at(state: DenseState, grid: DenseGrid, origin: int) -> dict[str, Narrow]:
    shown = state.apply(grid)
    sensor = np.arange(grid.sensors)
    step = np.full(grid.sensors, origin)
    rows = {f"trees {h}": for_trees(shown, step, sensor, h)[0] for h in HORIZONS}
    return rows | {"network": for_network(shown, step, sensor)[0]}


@pytest.mark.parametrize("all_history", [True, False])
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=3)
@given(ahead=st.integers(0, 2 * SLOTS))
def test_what_happens_after_the_origin_changes_no_feature(kind: str, *, all_history: bool, ahead: int) -> None:
    grid, state = KINDS[kind], fitted(kind, all_history=all_history)
    origin = state.cutoff + ahead

    seen = rows_at(state, grid, origin)
    changed = rows_at(state, with_changed_tail(grid, origin + 1), origin)
    ended = rows_at(state, grid.until(origin + 1), origin)

    for name, rows in seen.items():
        np.testing.assert_allclose(changed[name], rows, rtol=1e-4, atol=1e-4, err_msg=name)
        np.testing.assert_allclose(ended[name], rows, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_the_value_at_the_origin_does_change_them(kind: str) -> None:
    grid, state = KINDS[kind], fitted(kind, all_history=True)
    origin = state.cutoff + 5

    seen, changed = rows_at(state, grid, origin), rows_at(state, with_changed_tail(grid, origin), origin)

    assert not np.allclose(seen["trees 1"], changed["trees 1"], equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
def test_fitting_looks_at_nothing_after_the_cutoff(kind: str) -> None:
    """`fit` is only ever given the rows before the cutoff; the same rows give the same state, whatever followed."""
    grid = KINDS[kind]
    cutoff = CUTOFF_DAYS[kind] * SLOTS - 7
    one = DenseState.fit(grid.until(cutoff), Recipe(horizons=(1, 6)))
    other = DenseState.fit(with_changed_tail(grid, cutoff).until(cutoff), Recipe(horizons=(1, 6)))

    assert one.residuals.profile == other.residuals.profile
    np.testing.assert_array_equal(one.residuals.sd, other.residuals.sd)
    np.testing.assert_array_equal(one.ridges[6].whole, other.ridges[6].whole)
    np.testing.assert_array_equal(one.components.directions, other.components.directions)


def test_a_target_never_shapes_its_own_training_row() -> None:
    """Day-blocked: the profile at the target, analogs and earlier days are the same whatever the target's day held."""
    grid = street(days=9)
    state = DenseState.fit(grid, Recipe(horizons=(6,)))
    day = 4
    values = grid.values.copy()
    origin = day * SLOTS + 20
    values[origin + 6] += 30.0
    other = DenseGrid(values=values, slots_per_day=SLOTS)

    seen, changed = state.apply(grid).ahead[6], state.apply(other).ahead[6]

    for name in ("profile_target", "days_before_1", "analog", "ridge"):
        np.testing.assert_allclose(changed[name][origin], seen[name][origin], rtol=1e-3, atol=1e-2, err_msg=name)
