"""`mlflow run` does what the commands do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow.projects.utils import get_run_env_vars, load_project

from benchmarks import forecasting
from city.errors import InvalidValueError
from city.frames import BinReadings, Weighings
from serving.project_run import chosen, words_of
from tests.features.small_city import growing_bins, stored, tickets
from tests.serving.conftest import PATIENCE_S
from tests.serving.test_commands import city

ROOT = Path(__file__).resolve().parents[2]


def command_of(entry_point: str, parameters: dict[str, str], folder: Path) -> str:
    project = load_project(str(ROOT))  # type: ignore[no-untyped-call]  # MLflow leaves it without types
    return str(project.get_entry_point(entry_point).compute_command(parameters, str(folder)))


@pytest.mark.parametrize(
    ("entry_point", "parameters", "expected"),
    [
        ("main", {}, ["retrain", "congestion"]),
        ("train", {"what": "waste", "quick": "yes"}, ["train", "waste", "--quick"]),
        ("tune", {"trials": "7"}, ["train", "congestion", "--tune", "7"]),
        (
            "retrain",
            {"home": "a city", "as_of": "2026-03-31T06:00"},
            ["--home", "a city", "retrain", "congestion", "--as-of", "2026-03-31T06:00"],
        ),
    ],
)
def test_an_entry_point_is_the_command_of_its_name(
    entry_point: str, parameters: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    command = command_of(entry_point, parameters, tmp_path)
    said = subprocess.run(
        ["/bin/sh", "-c", command.replace("python -m serving.project_run", 'printf "%s\\n"')],
        capture_output=True,
        text=True,
        check=True,
    )

    assert words_of(said.stdout.splitlines()) == expected


def test_the_backtest_is_the_benchmark_with_options_that_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = command_of("backtest", {"data": "folder"}, tmp_path)

    assert command == "python -m benchmarks.forecasting --data folder --json backtest.json --seed 1"

    with pytest.raises(SystemExit, match="0"):
        forecasting.main(["--help"])
    said = capsys.readouterr().out
    assert all(option in said for option in ("--data", "--json", "--seed"))


@pytest.mark.parametrize("asked", [["plan"], ["train", "color=red"], ["train", "quick=maybe"]])
def test_what_no_entry_point_hands_over_is_refused(asked: list[str]) -> None:
    with pytest.raises(InvalidValueError, match="MLproject"):
        words_of(asked)


def test_a_store_that_nobody_chose_is_not_taken_for_the_citys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    inside = {"MLFLOW_RUN_ID": "1", "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}

    assert chosen(inside) == {"MLFLOW_RUN_ID": "1"}
    own = get_run_env_vars("1", "0")  # type: ignore[no-untyped-call]  # as above
    assert chosen(inside | own) == {"MLFLOW_RUN_ID": "1", "MLFLOW_EXPERIMENT_ID": "0"}
    assert chosen(inside | {"MLFLOW_TRACKING_URI": "http://tracking"})["MLFLOW_TRACKING_URI"] == "http://tracking"
    assert chosen({"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}) == {"MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}


def test_what_mlflow_starts_tunes_and_trains_into_the_citys_own_store(tmp_path: Path) -> None:
    home = tmp_path / "a city"
    stored(home, (BinReadings, growing_bins(30)), (Weighings, tickets(30)))
    command = command_of("tune", {"what": "waste", "quick": "yes", "trials": "2", "home": str(home)}, tmp_path)

    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    as_mlflow_does = {"PATH": path, "MLFLOW_RUN_ID": "1", "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"}
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **as_mlflow_does},
        timeout=3 * PATIENCE_S,
    )

    assert done.returncode == 0, done.stderr
    listed = city("models", "waste", "--log", "--json", home=home).json()
    assert [one["version"] for one in listed["models"]] == ["1"]
    assert [line["version"] for line in listed["log"]] == ["1"]
    (search,) = (home / "mlruns" / "tuning").glob("waste-*-seed1.log")
    assert search.stat().st_size > 0
    assert "Settings from the search: leaves" in done.stdout
    assert not (ROOT / "mlflow.db").exists()
