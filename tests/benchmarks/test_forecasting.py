"""The benchmark from a folder to its document, on a street small enough for a test."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import forecasting
from benchmarks.forecasting import horizons_of
from benchmarks.forecasting_judging import Judged, interval_score, repeat_last, same_weekdays, wape
from benchmarks.forecasting_runs import measured, retraining
from benchmarks.grid_folder import GridFolder
from city.errors import CityError, InvalidValueError
from features.dense.grid import DenseGrid
from models.dense_settings import DenseSettings, Effort
from tests.features.dense.street import SLOTS, street

META = """name = "street"
unit = "{unit}"
start = "2024-01-01 00:00"
step_minutes = {minutes}
null_value = 0
split = [{split}]
{more}
"""


FIGURES = {
    "mae",
    "rmse",
    "mape",
    "wape",
    "coverage_80",
    "interval_score",
    "pinball",
    "peak_hour_mae",
    "peak_hour_off_h",
}


def folder_of(
    path: Path, grid: DenseGrid, *, split: str, unit: str = "km/h", more: str = 'clock = "index"', parquet: bool = False
) -> Path:
    path.mkdir(exist_ok=True)
    values = np.nan_to_num(grid.values)
    if parquet:
        pl.DataFrame({f"s{one}": values[:, one] for one in range(grid.sensors)}).write_parquet(path / "values.parquet")
        more += '\nvalues = "values.parquet"'
    else:
        np.savez(path / "values.npz", values=values)
    if grid.graph is not None:
        np.savez(path / "graph.npz", weights=grid.graph)
    minutes = 1_440 // grid.slots_per_day
    (path / "meta.toml").write_text(META.format(unit=unit, minutes=minutes, split=split, more=more), encoding="utf-8")
    return path


def tiny(*, horizons: tuple[int, ...], seed: int = 1) -> DenseSettings:
    effort = Effort(tree_rows=3_000, rate=0.15, network_visits=10_000)
    return DenseSettings(
        horizons=horizons,
        seed=seed,
        trial=effort,
        final=effort,
        folds=2,
        final_networks=1,
        rounds=50,
        leaves=15,
        least_rows_in_leaf=20,
        network_hidden=16,
        judge_rows=500,
    )


def test_from_a_folder_to_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forecasting, "DenseSettings", tiny)
    data = folder_of(tmp_path / "street", street(days=22, graph=True), split=f"{14 * SLOTS}, {3 * SLOTS}, {5 * SLOTS}")
    out = tmp_path / "out.json"

    done = forecasting.main(["--data", str(data), "--horizons", "1,4", "--seed", "3", "--json", str(out)])

    found = json.loads(out.read_text(encoding="utf-8"))
    assert done == 0
    assert set(found["baselines"]) == {"repeat_last", "historical_average", "ha_ar1"}
    for line in ("horizons", "horizons_12_steps"):
        for horizon in ("1", "4"):
            assert found[line][horizon]["mae"] < found["baselines"]["historical_average"][horizon]["mae"]
            assert set(found[line][horizon]) == FIGURES
    assert {"wall_s", "cpu_s", "peak_mb", "rows"} <= set(found["train"])
    assert found["seed"] == 3
    said = capsys.readouterr()
    assert "12 steps + profile" in said.out
    assert "Learned from 17 days of 6 sensors." in found["knowledge"]
    assert found["knowledge"] in said.out
    assert "trained and forecast 1 of 1" in said.err


def test_retraining_on_the_way_judges_the_same_truths(tmp_path: Path) -> None:
    data = folder_of(tmp_path / "street", street(days=22), split=f"{17 * SLOTS}, {SLOTS}, {4 * SLOTS}")
    folder = GridFolder.read(data)
    judged = Judged(grid=folder.grid, evaluation_from=folder.evaluation_from, seed=1)

    # Twelve days are learned from: the second model no longer sees the first one's first days.
    line = measured(judged, replace(tiny(horizons=(1, 4)), training_days=12), retrain_days=2)

    assert len(line.chosen) == 2
    assert line.train["rows"] < 2 * 13 * SLOTS * 6
    assert line.chosen[0]["trees"] == line.chosen[1]["trees"]
    assert line.predict["rows"] == (4 * SLOTS + 4 - 1) * 6
    assert np.isfinite(line.horizons["4"]["mae"])


def test_the_last_block_is_judged_and_every_target_in_it_counts(tmp_path: Path) -> None:
    grid = street(days=10)
    folder = GridFolder.read(folder_of(tmp_path / "s", grid, split=f"{6 * SLOTS}, {SLOTS}, {2 * SLOTS}"))
    judged = Judged(grid=folder.grid, evaluation_from=folder.evaluation_from, seed=1)

    assert folder.grid.steps == 9 * SLOTS
    for horizon in (1, 5):
        target = judged.origins(horizon) + horizon
        assert (target[0], target[-1]) == (7 * SLOTS, 9 * SLOTS - 1)


def test_a_parquet_is_read_as_an_archive_is_and_a_clock_gives_weekdays(tmp_path: Path) -> None:
    grid, split = street(days=3), f"{SLOTS}, {SLOTS}, {SLOTS}"
    packed = GridFolder.read(folder_of(tmp_path / "npz", grid, split=split, more=""))
    columns = GridFolder.read(folder_of(tmp_path / "parquet", grid, split=split, more="", parquet=True))

    np.testing.assert_array_equal(packed.grid.values, columns.grid.values)
    # 1 January 2024 was a Monday.
    assert packed.grid.first_weekday == 0
    assert GridFolder.read(folder_of(tmp_path / "index", grid, split=split)).grid.first_weekday is None


def test_zeros_are_gaps_and_a_counter_that_stood_still_all_day_is_left_out(tmp_path: Path) -> None:
    grid = street(days=3)
    grid.values[5, 0] = np.nan
    grid.values[SLOTS + 6 : SLOTS + 20, 1] = np.nan
    split = f"{SLOTS}, {SLOTS}, {SLOTS}"

    speeds = GridFolder.read(folder_of(tmp_path / "speeds", grid, split=split)).grid.values
    counts = GridFolder.read(folder_of(tmp_path / "counts", grid, split=split, unit="veh/h")).grid.values

    assert np.isnan(speeds[5, 0])
    assert np.isfinite(speeds[SLOTS, 1])
    assert np.isnan(counts[SLOTS : 2 * SLOTS, 1]).all()
    assert np.isfinite(counts[6, 0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("split = [24, 24, 24]", "split = [24, 24, 99]"), "sum up to 72"),
        (("step_minutes = 60", "step_minutes = 7"), "a divisor of 1440"),
        (('unit = "km/h"', ""), "unit"),
        (('name = "street"', "name ="), "meta.toml"),
    ],
)
def test_a_folder_that_contradicts_itself_is_refused(tmp_path: Path, change: tuple[str, str], sentence: str) -> None:
    data = folder_of(tmp_path / "s", street(days=3), split="24, 24, 24")
    meta = (data / "meta.toml").read_text(encoding="utf-8")
    assert change[0] in meta
    (data / "meta.toml").write_text(meta.replace(*change), encoding="utf-8")

    with pytest.raises(CityError, match=sentence):
        GridFolder.read(data)


def test_what_is_not_there_is_said_and_ends_with_a_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert forecasting.main(["--data", str(tmp_path)]) == 2
    assert "meta.toml" in capsys.readouterr().err
    with pytest.raises(InvalidValueError, match="3,6,12"):
        horizons_of("soon")
    assert horizons_of("12,3") == (3, 12)


def test_interval_score_by_hand() -> None:
    truth = np.array([5.0, 12.0, np.nan])
    # Width 10 twice; the second truth lies 2 above: 10 x 2 / 2 rows more.
    assert interval_score(truth, np.zeros(3), np.full(3, 10.0)) == pytest.approx(20.0)


def test_simple_baselines_by_hand() -> None:
    values = np.arange(21 * 2, dtype=np.float32)[:, None]
    values[39] = np.nan
    judged = Judged(grid=DenseGrid(values=values, slots_per_day=2, first_weekday=0), evaluation_from=38, seed=1)

    # Targets 38..41 from one step before; step 39 is a gap, so 38 is carried on.
    np.testing.assert_array_equal(repeat_last(judged, 1)[:, 0], [37, 38, 38, 40])
    # A week is 14 steps: target 38 takes the median of steps 24 and 10.
    np.testing.assert_array_equal(same_weekdays(judged, 1)[:, 0], [17, 18, 19, 20])


def test_a_long_block_is_retrained_monthly_and_what_was_asked_for_goes_first() -> None:
    def block(days: int) -> Judged:
        values = np.ones(((days + 5) * 2, 1), np.float32)
        return Judged(grid=DenseGrid(values=values, slots_per_day=2), evaluation_from=10, seed=1)

    assert retraining(block(45), None) is None
    assert retraining(block(46), None) == 30
    assert retraining(block(46), 7) == 7
    assert retraining(block(46), 0) is None


def test_wape_by_hand() -> None:
    # Errors of 1 and 3 on truths of 10 and 30; what was not measured counts neither here nor there.
    assert wape(np.array([10.0, 30.0, np.nan]), np.array([11.0, 27.0, 5.0])) == pytest.approx(10.0)
    assert np.isnan(wape(np.array([0.0]), np.array([1.0])))


def test_the_busiest_hour_is_judged_by_its_size_and_by_when_it_was_expected() -> None:
    values = np.zeros((3 * 24, 2), np.float32)
    values[24 + 8], values[48 + 17] = 100.0, 60.0
    # The second sensor was silent for most of the last day: its peak is not known.
    values[48:, 1] = np.nan
    values[48 + 17, 1] = 60.0
    judged = Judged(grid=DenseGrid(values=values, slots_per_day=24), evaluation_from=24, seed=1)
    said = np.zeros((48, 2))
    said[8], said[24 + 15], said[24 + 17] = 90.0, 70.0, 50.0

    found = judged.peak_hour(1, said)

    # Three known peaks: 100 said as 90 at the right hour twice, 60 said as 50 while 15 h was expected.
    assert found["peak_hour_mae"] == pytest.approx(10.0)
    assert found["peak_hour_off_h"] == pytest.approx((0 + 0 + 2) / 3)


def test_the_busiest_hour_of_speeds_is_the_slowest() -> None:
    values = np.full((2 * 24, 1), 50.0, np.float32)
    values[24 + 8], values[24 + 20] = 10.0, 80.0
    said = values[24:].astype(np.float64).copy()
    said[8] = 14.0

    def found(*, busy_is_low: bool) -> dict[str, float]:
        grid = DenseGrid(values=values, slots_per_day=24)
        return Judged(grid=grid, evaluation_from=24, seed=1, busy_is_low=busy_is_low).peak_hour(1, said)

    assert found(busy_is_low=True) == {"peak_hour_mae": pytest.approx(4.0), "peak_hour_off_h": 0.0}
    assert found(busy_is_low=False) == {"peak_hour_mae": pytest.approx(0.0), "peak_hour_off_h": 0.0}
