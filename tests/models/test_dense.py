"""Training on a street whose law is known: better than the baseline, honest, repeatable, and sober about bad input."""

from dataclasses import replace

import numpy as np
import pytest

from city.errors import CityError
from features.dense.grid import DenseGrid
from models.dense import DenseModel
from models.dense_settings import DenseSettings, Effort
from models.ha_ar1 import HaAr1
from tests.features.dense.street import SLOTS, street

TINY = DenseSettings(
    horizons=(1, 4),
    trial=Effort(tree_rows=3_000, rate=0.1, network_visits=15_000),
    final=Effort(tree_rows=3_000, rate=0.1, network_visits=15_000),
    folds=2,
    final_networks=1,
    judge_rows=800,
    rounds=60,
    leaves=15,
    least_rows_in_leaf=20,
    network_hidden=32,
)
CUTOFF = 20 * SLOTS


@pytest.fixture(scope="module")
def grid() -> DenseGrid:
    return street(days=26, graph=True)


@pytest.fixture(scope="module")
def model(grid: DenseGrid) -> DenseModel:
    return DenseModel.train(grid.until(CUTOFF), TINY)


def test_it_beats_the_baseline_where_neighbours_tell_the_future(grid: DenseGrid, model: DenseModel) -> None:
    baseline = HaAr1.fit(grid.until(CUTOFF), (1, 4))
    origins = np.arange(CUTOFF, grid.steps - 4)

    said = model.predict(model.show(grid), origins)

    for horizon in (1, 4):
        truth = grid.values[origins + horizon]
        ours = np.abs(said[horizon][:, :, 1] - truth).mean()
        theirs = np.abs(baseline.predict(grid, origins, horizon) - truth).mean()
        assert ours < 0.9 * theirs


def test_quantiles_never_cross_and_hold_about_what_they_say(grid: DenseGrid, model: DenseModel) -> None:
    origins = np.arange(CUTOFF, grid.steps - 4)
    for horizon, said in model.predict(model.show(grid), origins).items():
        truth = grid.values[origins + horizon]
        assert (np.diff(said, axis=2) >= 0).all()
        inside = (truth >= said[:, :, 0]) & (truth <= said[:, :, 2])
        assert inside.mean() == pytest.approx(0.8, abs=0.12)


def test_a_forecast_sees_nothing_after_its_origin(grid: DenseGrid, model: DenseModel) -> None:
    origin = np.array([CUTOFF + 30])

    whole = model.predict(model.show(grid), origin)
    ended = model.predict(model.show(grid.until(int(origin[0]) + 1)), origin)

    for horizon in whole:
        # Sums of another length are rounded otherwise; a tree may turn on the last bit.
        np.testing.assert_allclose(whole[horizon], ended[horizon], rtol=2e-3)


def test_origins_that_are_not_asked_for_need_not_be_looked_up(grid: DenseGrid, model: DenseModel) -> None:
    origin = np.array([CUTOFF + 30, CUTOFF + 31])

    whole = model.predict(model.show(grid), origin)
    only = model.predict(model.show(grid, origins=origin), origin)

    for horizon in whole:
        np.testing.assert_allclose(only[horizon], whole[horizon], rtol=2e-3)


def test_the_number_of_threads_changes_nothing(grid: DenseGrid, model: DenseModel) -> None:
    again = DenseModel.train(grid.until(CUTOFF), replace(TINY, threads=1))

    assert [one.network.hash for one in again.networks] == [one.network.hash for one in model.networks]
    for horizon, trees in model.trees.items():
        mine = [one.booster.model_to_string() for one in trees]
        assert mine == [one.booster.model_to_string() for one in again.trees[horizon]]
    assert again.blends == model.blends


def test_trained_again_on_the_same_rows_it_is_the_same_model(grid: DenseGrid, model: DenseModel) -> None:
    again = model.trained_again(grid.until(CUTOFF))

    assert [one.network.hash for one in again.networks] == [one.network.hash for one in model.networks]
    for horizon, trees in model.trees.items():
        mine = [one.booster.model_to_string() for one in trees]
        assert mine == [one.booster.model_to_string() for one in again.trees[horizon]]


def test_trained_again_it_knows_newer_rows_and_keeps_its_choices(grid: DenseGrid, model: DenseModel) -> None:
    later = CUTOFF + 3 * SLOTS

    again = model.trained_again(grid.until(later))

    assert (again.state.cutoff, again.rows > model.rows, again.blends) == (later, True, model.blends)
    for horizon, trees in model.trees.items():
        assert [one.booster.num_trees() for one in trees] == [one.booster.num_trees() for one in again.trees[horizon]]


def test_days_that_are_too_old_are_left_out(grid: DenseGrid) -> None:
    recent, skipped = replace(TINY, training_days=5).recent(grid, CUTOFF)
    whole, nothing = TINY.recent(grid, CUTOFF)

    assert (recent.steps, skipped) == (11 * SLOTS, 15 * SLOTS)
    assert (whole.steps, nothing) == (grid.steps, 0)


def test_a_grid_that_would_not_fit_keeps_its_last_days(grid: DenseGrid) -> None:
    day_cells = SLOTS * grid.sensors

    fits, _ = replace(TINY, most_cells=18 * day_cells).recent(grid, CUTOFF)
    least, _ = replace(TINY, most_cells=1).recent(grid, CUTOFF)

    assert (fits.steps, least.steps) == (24 * SLOTS, 21 * SLOTS)


def test_twelve_steps_look_no_further_back(grid: DenseGrid) -> None:
    model = DenseModel.train(grid.until(CUTOFF), replace(TINY, all_history=False))
    origin = np.array([CUTOFF + 40])
    values = grid.values.copy()
    # Sensors' past before the cutoff stays: it was fitted on. What lies between it and the window is forgotten.
    values[CUTOFF : CUTOFF + 40 - 12 - 6] = 5.0

    seen = model.predict(model.show(grid), origin)
    changed = model.predict(model.show(replace(grid, values=values)), origin)

    for horizon in seen:
        np.testing.assert_allclose(seen[horizon], changed[horizon], rtol=2e-3)


def test_dead_sensors_and_gaps_are_lived_with(grid: DenseGrid) -> None:
    values = grid.values.copy()
    values[:, 2] = np.nan
    values[:CUTOFF, 3] = np.nan
    values[5 * SLOTS : 5 * SLOTS + 6] = np.nan
    values[:, 4] = 50.0
    broken = replace(grid, values=values, graph=None)

    model = DenseModel.train(broken.until(CUTOFF), TINY)
    said = model.predict(model.show(broken), np.arange(CUTOFF, CUTOFF + 20))

    assert np.isfinite(said[4][:, [0, 1, 4, 5]]).all()


def test_a_single_sensor_has_no_neighbours_and_is_forecast_all_the_same() -> None:
    alone = street(days=30, sensors=1)

    model = DenseModel.train(alone, TINY)

    assert np.isfinite(model.predict(model.show(alone), np.array([alone.steps - 1]))[1]).all()


def test_three_days_train_and_less_is_refused_in_a_sentence() -> None:
    three = street(days=3, sensors=30)
    model = DenseModel.train(three, TINY)
    assert np.isfinite(model.predict(model.show(three), np.array([three.steps - 1]))[4]).all()

    with pytest.raises(CityError, match="at least 3 days"):
        DenseModel.train(street(days=2), TINY)
    with pytest.raises(CityError, match="rows to learn from"):
        DenseModel.train(street(days=3, sensors=2), TINY)
    with pytest.raises(CityError, match="values"):
        DenseModel.train(replace(three, values=np.full_like(three.values, np.nan)), TINY)
