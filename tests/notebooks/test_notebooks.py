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

from serving.demo import DemoSize
from tests.serving.conftest import DemoHome, demo_home

__all__ = ["demo_home"]  # the city that the service is tested on: one is built per run

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
FIGURES = {
    "first_day": {"quarantine", "weekly_profile", "forecast_fan", "forecast_by_hour"},
    "first_plans": {"signal_stages", "flow_and_capacity", "routes", "left_today"},
}
PATIENCE_S = 120


def is_drawn(picture: Path) -> bool:
    """Large enough to read, and more than the grey of empty axes: some of it is in colour."""
    pixels = matplotlib.image.imread(picture)[:, :, :3]
    in_colour = float((np.ptp(pixels, axis=2) > 0.1).mean())
    return min(pixels.shape[:2]) >= 300 and 0.002 < in_colour < 0.9


def run(script: Path, home: Path, figures: Path) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "CITY_HOME": str(home), "FIGURES": str(figures), "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, str(script)],
        cwd=figures.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("name", FIGURES)
def test_a_notebook_runs_and_draws_what_it_announces(
    name: str,
    demo_home: DemoHome,
    tmp_path: Path,
) -> None:
    done = run(FOLDER / f"{name}.py", demo_home.folder, tmp_path / "figures")

    assert done.returncode == 0, done.stderr[-3000:]
    assert "Glyph" not in done.stderr, "letters are missing in a figure"
    announced = {Path(line) for line in re.findall(r"^Figure: (.+)$", done.stdout, flags=re.MULTILINE)}
    assert {path.stem for path in announced} == FIGURES[name]
    assert announced == set((tmp_path / "figures").iterdir())
    assert {path.name for path in announced if not is_drawn(path)} == set()


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
