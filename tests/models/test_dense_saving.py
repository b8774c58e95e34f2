"""A dense model comes back bit for bit; what was changed after it was saved does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.dense.grid import DenseGrid
from models.bundle import METADATA, RefusedModelError
from models.dense import DenseModel
from models.dense_saving import NETWORKS, STATE, load_dense, save_dense
from models.dense_settings import DenseSettings, Effort
from tests.features.dense.street import SLOTS, street

TINY = DenseSettings(
    horizons=(1, 4),
    trial=Effort(tree_rows=800, rate=0.3, network_visits=3_000),
    final=Effort(tree_rows=800, rate=0.3, network_visits=3_000),
    folds=2,
    final_networks=2,
    judge_rows=400,
    rounds=8,
    leaves=7,
    least_rows_in_leaf=20,
    network_hidden=8,
)
CUTOFF = 10 * SLOTS


@pytest.fixture(scope="module")
def grid() -> DenseGrid:
    return street(days=12, graph=True)


@pytest.fixture(scope="module")
def model(grid: DenseGrid) -> DenseModel:
    return DenseModel.train(grid.until(CUTOFF), TINY)


@pytest.fixture
def saved(model: DenseModel, tmp_path: Path) -> tuple[Path, str]:
    return tmp_path / "model", save_dense(model, tmp_path / "model")


def test_a_saved_model_says_the_same_to_the_last_bit(
    grid: DenseGrid, model: DenseModel, saved: tuple[Path, str]
) -> None:
    origins = np.arange(CUTOFF, grid.steps)

    loaded = load_dense(saved[0], expected_hash=saved[1])

    before, after = model.predict(model.show(grid), origins), loaded.predict(loaded.show(grid), origins)
    for horizon, said in before.items():
        np.testing.assert_array_equal(after[horizon], said)
    assert (loaded.settings, loaded.blends, loaded.rows) == (model.settings, model.blends, model.rows)


def test_the_same_seed_and_rows_give_the_same_hash_and_another_seed_another(
    grid: DenseGrid, saved: tuple[Path, str], tmp_path: Path
) -> None:
    again = DenseModel.train(grid.until(CUTOFF), TINY)
    other = DenseModel.train(grid.until(CUTOFF), replace(TINY, seed=2))

    assert save_dense(again, tmp_path / "again") == saved[1]
    assert save_dense(other, tmp_path / "other") != saved[1]


@pytest.mark.parametrize("name", ["trees_0001_0.txt", NETWORKS, STATE])
def test_one_changed_byte_or_a_missing_file_is_refused(saved: tuple[Path, str], name: str) -> None:
    file = saved[0] / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
    with pytest.raises(RefusedModelError, match=f"file {name} is missing or was changed"):
        load_dense(saved[0])

    file.unlink()
    with pytest.raises(RefusedModelError, match=f"file {name} is missing or was changed"):
        load_dense(saved[0])


def test_changed_or_unreadable_metadata_is_refused(saved: tuple[Path, str]) -> None:
    file = saved[0] / METADATA
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"cutoff": 240', '"cutoff": 241'), encoding="utf-8")
    with pytest.raises(RefusedModelError, match="was changed after it was saved"):
        load_dense(saved[0])

    file.write_text("{", encoding="utf-8")
    with pytest.raises(RefusedModelError, match="cannot be read"):
        load_dense(saved[0])

    file.unlink()
    with pytest.raises(RefusedModelError, match="has no metadata"):
        load_dense(saved[0])


def test_another_model_than_expected_is_refused(saved: tuple[Path, str]) -> None:
    with pytest.raises(RefusedModelError, match="the registry says ffff"):
        load_dense(saved[0], expected_hash="f" * 64)


def test_a_folder_is_never_written_over(model: DenseModel, saved: tuple[Path, str]) -> None:
    with pytest.raises(FileExistsError):
        save_dense(model, saved[0])
