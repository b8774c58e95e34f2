"""Pictures for the run: whether the quantiles held, when the errors come, what the learner leaned on."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from features.arrays import Floats, Narrow
from models.coverage import Cell
from models.quantile_gbm import QUANTILES
from models.shap import Explained


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


def coverage_plot(file: Path, title: str, cells: Sequence[Cell]) -> Path:
    """Share of truths under p10 and over p90 per part of the rows, with its interval from drawing whole days."""
    figure, axes = _canvas(f"{title}: how often the truth lay outside")
    place = np.arange(len(cells))
    for name, shift, shares in (
        ("under p10", -0.1, [cell.below for cell in cells]),
        ("over p90", 0.1, [cell.above for cell in cells]),
    ):
        value, low, high = np.array([(one.value, one.low, one.high) for one in shares]).T
        reach = np.nan_to_num(np.maximum([value - low, high - value], 0.0))
        axes.errorbar(place + shift, value, yerr=reach, fmt="o", markersize=4, capsize=2, label=name)
    axes.axhline(0.1, color="0.7", linewidth=0.8)
    axes.set_xticks(place, [cell.name for cell in cells], rotation=0 if len(cells) > 12 else 30)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("share of truths (0.1 expected)")
    axes.legend()
    return _saved(figure, file)


def importance_plot(file: Path, title: str, importances: dict[str, float], most: int = 20) -> Path:
    figure, axes = _canvas(f"{title}: share of the gain", height=6.0)
    shown = list(importances.items())[:most][::-1]
    axes.barh([label for label, _ in shown], [share for _, share in shown])
    return _saved(figure, file)


def shap_plot(file: Path, title: str, explained: Explained, most: int = 15) -> Path:
    """One dot per row: how far each feature moved the answer, coloured from the feature's low values to its high."""
    figure, axes = _canvas(f"{title}: what moved the answers (Shapley values)", height=6.0)
    places = explained.ranked()[:most][::-1]
    jitter = np.random.default_rng(1).uniform(-0.35, 0.35, len(explained.rows))
    dots = None
    for line, place in enumerate(places):
        dots = axes.scatter(
            explained.contributions[:, place],
            line + jitter,
            c=_ranks(explained.rows[:, place]),
            cmap="coolwarm",
            vmin=0.0,
            vmax=1.0,
            s=4,
            linewidths=0,
        )
    axes.axvline(0.0, color="0.7", linewidth=0.8)
    axes.set_yticks(range(len(places)), [explained.names[place] for place in places])
    axes.set_xlabel("contribution to the answer, in its unit")
    if dots is not None:
        figure.colorbar(dots, ax=axes, label="the feature's value, from its lowest to its highest", ticks=[])
    return _saved(figure, file)


def shap_plots(folder: Path, explained: Mapping[str, Explained]) -> tuple[Path, ...]:
    return tuple(shap_plot(folder / f"{name}_shap.png", name, one) for name, one in explained.items())


def _ranks(values: Narrow) -> Floats:
    """0 for the lowest, 1 for the highest; a gap lies in the middle."""
    told = np.isfinite(values)
    found = np.full(len(values), 0.5)
    _, place = np.unique(values[told], return_inverse=True)
    found[told] = place / max(int(place.max(initial=0)), 1)
    return found


def _canvas(title: str, height: float = 4.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(7.0, height), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_title(title)
    return figure, axes


def _saved(figure: Figure, file: Path) -> Path:
    figure.savefig(file, dpi=90)
    return file
