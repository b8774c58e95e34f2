"""What parts bring, on a street where neighbours and the past are known to matter."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import forecasting
from benchmarks.forecasting_ablation import ablation
from benchmarks.grid_folder import GridFolder
from benchmarks.grid_of_mapping import folder_of_mapping
from city.errors import MissingInputError
from models.dense_settings import DenseSettings, Effort
from tests.benchmarks.test_forecasting import folder_of, tiny
from tests.features.dense.street import SLOTS, street

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"


SLIGHT = Effort(tree_rows=1_000, rate=0.3, network_visits=2_000)


def slight(*, horizons: tuple[int, ...], seed: int = 1) -> DenseSettings:
    """Enough to go through every step, not to be good."""
    return replace(tiny(horizons=horizons, seed=seed), trial=SLIGHT, final=SLIGHT, rounds=5)


def street_folder() -> GridFolder:
    return GridFolder(
        name="street",
        unit="km/h",
        grid=street(days=26, graph=True),
        tuning_from=18 * SLOTS,
        evaluation_from=22 * SLOTS,
    )


def test_neighbours_are_missed_where_they_tell_the_future_and_absent_parts_have_no_row() -> None:
    found = ablation(street_folder(), tiny(horizons=(2,)))["rows"]

    assert set(found) == {
        "everything",
        "trees only",
        "networks only",
        "12 steps",
        "without components and analogs",
        "without neighbours",
        "without the graph",
    }
    assert found["everything"]["2"]["ratio"] == 1.0
    assert found["without neighbours"]["2"]["ratio"] > 1.05


def test_the_evaluation_block_plays_no_part() -> None:
    folder = street_folder()
    values = folder.grid.values.copy()
    values[folder.evaluation_from :] = np.nan
    settings = slight(horizons=(2,))
    alone = replace(folder, grid=replace(folder.grid, values=values, graph=None))

    assert ablation(alone, settings) == ablation(replace(folder, grid=replace(folder.grid, graph=None)), settings)


def test_the_flag_writes_its_own_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasting, "DenseSettings", slight)
    data = folder_of(tmp_path / "s", street(days=20), split=f"{14 * SLOTS}, {3 * SLOTS}, {3 * SLOTS}", more="")
    out = tmp_path / "out.json"

    assert forecasting.main(["--data", str(data), "--horizons", "1", "--ablate", "--json", str(out)]) == 0

    rows = json.loads(out.read_text(encoding="utf-8"))["ablation"]["rows"]
    assert "without the calendar" in rows
    assert "without earlier years" not in rows


def test_a_departments_month_becomes_a_folder_and_too_few_days_are_refused(shared_data: Path) -> None:
    mapping, data = MAPPINGS / "scats_boroondara.toml", shared_data / "departments"

    folder = folder_of_mapping(mapping, data)

    assert (folder.name, folder.unit) == ("scats_boroondara", "veh/h")
    assert folder.grid.days == 31
    assert folder.grid.steps - folder.evaluation_from == 7 * 96
    # October 2006 began on a Sunday.
    assert folder.grid.first_weekday == 6
    with pytest.raises(MissingInputError, match="Judge fewer days"):
        folder_of_mapping(mapping, data, judged_days=11)
