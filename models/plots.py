"""Pictures for the run: whether the quantiles held, when the errors come, what the learner leaned on."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from features.arrays import Floats
from models.quantile_gbm import QUANTILES


def calibration_plot(file: Path, title: str, truth: Floats, forecasts: Floats) -> Path:
    """Share of truths below each quantile against the quantile."""
    figure, axes = _canvas(f"{title}: do the quantiles hold?")
    below = [float(np.mean(truth <= forecasts[:, k])) for k in range(len(QUANTILES))]
    axes.plot([0, 1], [0, 1], color="0.7", label="perfect")
    axes.plot(QUANTILES, below, marker="o", label="gate window")
    axes.set_xlabel("quantile said")
    axes.set_ylabel("share of truths below it")
    axes.legend()
    return _saved(figure, file)


def error_by_hour_plot(file: Path, title: str, unit: str, hour: Floats, errors: dict[str, Floats]) -> Path:
    """Mean absolute error by local hour, one line per forecaster."""
    figure, axes = _canvas(f"{title}: mean absolute error by local hour")
    bins = np.floor(hour).astype(np.int64)
    for label, error in errors.items():
        means = [float(error[bins == k].mean()) if (bins == k).any() else np.nan for k in range(24)]
        axes.plot(range(24), means, marker=".", label=label)
    axes.set_xlabel("hour of the day")
    axes.set_ylabel(unit)
    axes.legend()
    return _saved(figure, file)


def importance_plot(file: Path, title: str, importances: dict[str, float], most: int = 20) -> Path:
    figure, axes = _canvas(f"{title}: share of the gain", height=6.0)
    shown = list(importances.items())[:most][::-1]
    axes.barh([label for label, _ in shown], [share for _, share in shown])
    return _saved(figure, file)


def _canvas(title: str, height: float = 4.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.0, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes


def _saved(figure: Figure, file: Path) -> Path:
    figure.savefig(file, dpi=90)
    return file
