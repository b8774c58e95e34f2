"""Each notebook runs as a script on a small city, and draws what it announces."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from city.settings import Settings
from models.registry import Registry
from serving.demo import DemoSize
from tests.serving.conftest import Answer, DemoHome, demo_home

__all__ = ["demo_home"]  # the city that the service is tested on: one is built per run

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
FIGURES = {
    "first_day": {"quarantine", "weekly_profile", "forecast_fan", "forecast_by_hour"},
    "first_plans": {"signal_stages", "flow_and_capacity", "routes", "left_today"},
    "explore": {"what_is_there", "gaps", "usual_week", "rain_and_complaints"},
    "congestion_backtest": {"error_by_lead", "coverage", "congestion_index"},
    "waste_backtest": {"waste_error_by_lead", "calibration", "overflow_ranking"},
    "retrain_and_promote": {"gate_by_day", "runs_compared", "what_the_gates_said"},
}
PATIENCE_S = 400
WALK = """
import runpy, sys, traceback, warnings
import matplotlib.pyplot as plt
for script in sys.argv[1:]:
    with warnings.catch_warnings(record=True) as told:
        try:
            print(f"Notebook: {script}")
            runpy.run_path(script, run_name="__main__")
        except Exception:
            print("Failed: " + traceback.format_exc())
    print(*(f"Warned: {one.message}" for one in told), sep="\\n")
    plt.close("all")
"""
"""All in one process: what they import takes longer than what they do."""


def is_drawn(picture: Path) -> bool:
    """Large enough to read, and more than the grey of empty axes: some of it is in colour."""
    pixels = matplotlib.image.imread(picture)[:, :, :3]
    in_colour = float((np.ptp(pixels, axis=2) > 0.1).mean())
    return min(pixels.shape[:2]) >= 300 and 0.002 < in_colour < 0.9


@pytest.fixture(scope="session")
def walked(demo_home: DemoHome, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answer]:
    """What each notebook said, run one after the other on the same city; `err` is its traceback."""
    figures = tmp_path_factory.mktemp("notebooks") / "figures"
    environment = {
        **os.environ,
        "CITY_HOME": str(demo_home.folder),
        "FIGURES": str(figures),
        "MPLBACKEND": "agg",
        "PYTHONPATH": str(FOLDER),
    }
    done = subprocess.run(
        [sys.executable, "-c", WALK, *(str(FOLDER / f"{name}.py") for name in FIGURES)],
        cwd=figures.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    parts = done.stdout.split("Notebook: ")[1:]
    told = {Path(part.splitlines()[0]).stem: part.partition("Failed: ")[::2] for part in parts}
    return {name: Answer(code=bool(err), out=out, err=err) for name, (out, err) in told.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_a_notebook_runs_and_draws_what_it_announces(name: str, walked: dict[str, Answer]) -> None:
    done = walked[name]

    assert done.code == 0, done.err[-3000:]
    assert "Glyph" not in done.out, "letters are missing in a figure"
    announced = {Path(line) for line in re.findall(r"^Figure: (.+)$", done.out, flags=re.MULTILINE)}
    assert {path.stem for path in announced} == FIGURES[name]
    assert {path.name for path in announced if not path.is_file() or not is_drawn(path)} == set()


def test_no_two_notebooks_overwrite_each_others_figures() -> None:
    assert len(set().union(*FIGURES.values())) == sum(map(len, FIGURES.values()))


def test_what_a_notebook_promotes_serves_nobody(demo_home: DemoHome, walked: dict[str, Answer]) -> None:
    served = {one["name"]: one["version"] for one in demo_home.day["trained"]}

    assert "serves now" in walked["retrain_and_promote"].out
    registry = Registry(Settings.from_environment({"CITY_HOME": str(demo_home.folder)}))
    assert {name: registry.serving(name) for name in served} == served


def test_every_notebook_is_executed_here() -> None:
    scripts = {path.stem for path in FOLDER.glob("*.py") if "# %%" in path.read_text(encoding="utf-8")}

    assert scripts == set(FIGURES)


def test_a_city_that_is_not_there_yet_is_built_as_large_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_SCALE", "0.5")
    monkeypatch.setenv("DEMO_DAYS", "21")

    size_of = runpy.run_path(str(FOLDER / "demo_day.py"))["size_of"]

    assert size_of(tmp_path / "demo.json") == DemoSize(scale=0.5, days=21, quick=True)


def test_an_empty_picture_is_not_taken_for_a_drawing(tmp_path: Path) -> None:
    figure = Figure(figsize=(6, 4))
    FigureCanvasAgg(figure)
    figure.savefig(tmp_path / "blank.png")
    axes = figure.subplots()
    figure.savefig(tmp_path / "axes.png")
    for k, colour in enumerate(("#0072B2", "#D55E00")):
        axes.fill_between([0, 1, 2], [k, k + 1, k], color=colour, alpha=0.5)
    figure.savefig(tmp_path / "drawn.png")

    assert [is_drawn(tmp_path / f"{name}.png") for name in ("blank", "axes", "drawn")] == [False, False, True]
