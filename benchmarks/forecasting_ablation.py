"""What each part of the learner brings: the tune block forecast without it. The evaluation block is not touched."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.forecasting_judging import Figures, Judged
from benchmarks.grid_folder import GridFolder
from features.arrays import Floats
from features.dense.anniversaries import has_years
from features.dense.grid import DenseGrid
from features.dense.recipe import Shown
from models.dense import DenseModel
from models.dense_settings import DenseSettings

WHOLE = "everything"
Change = Callable[[DenseGrid, DenseSettings], tuple[DenseGrid, DenseSettings]]


def ablation(
    folder: GridFolder, settings: DenseSettings, *, advance: Callable[[str], None] = lambda _said: None
) -> dict[str, Any]:
    """Per row and horizon the MAE on the tune block and its ratio to that of the whole learner."""
    judged = Judged(
        grid=folder.grid.until(folder.evaluation_from), evaluation_from=folder.tuning_from, seed=settings.seed
    )
    rows: dict[str, dict[str, Figures]] = {}
    for name, change in _changes(judged.grid, settings, judged.evaluation_from).items():
        rows |= _rows(name, judged, *change(judged.grid, settings))
        advance(name)
    whole = rows[WHOLE]
    for one in rows.values():
        for horizon, figures in one.items():
            figures["ratio"] = round(figures["mae"] / whole[horizon]["mae"], 4)
    steps = folder.evaluation_from - folder.tuning_from
    return {"judged": f"tune block, {steps} steps, one training", "rows": rows}


def _known(grid: DenseGrid, settings: DenseSettings, cutoff: int) -> tuple[DenseGrid, int]:
    recent, skipped = settings.recent(grid, cutoff)
    return recent, cutoff - skipped


def _changes(grid: DenseGrid, settings: DenseSettings, cutoff: int) -> dict[str, Change]:
    """Only parts that the set has: a row that changes nothing would say that the part is worth nothing."""
    found: dict[str, Change] = {
        WHOLE: lambda grid, settings: (grid, settings),
        "12 steps": lambda grid, settings: (grid, replace(settings, all_history=False)),
        "without components and analogs": lambda grid, settings: (
            grid,
            replace(settings, components=0, analogs=False),
        ),
    }
    if grid.sensors > 1:
        found["without neighbours"] = lambda grid, settings: (
            replace(grid, graph=None),
            replace(settings, neighbours=0),
        )
    if grid.graph is not None:
        found["without the graph"] = lambda grid, settings: (replace(grid, graph=None), settings)
    if grid.first_weekday is not None:
        found["without the calendar"] = lambda grid, settings: (
            replace(grid, first_weekday=None, first_date=None),
            settings,
        )
    if has_years(*_known(grid, settings, cutoff)):
        found["without earlier years"] = lambda grid, settings: (replace(grid, first_date=None), settings)
    return found


def _rows(name: str, judged: Judged, grid: DenseGrid, settings: DenseSettings) -> dict[str, dict[str, Figures]]:
    cutoff = judged.evaluation_from
    recent, skipped = settings.recent(grid, cutoff)
    model = DenseModel.train(recent.until(cutoff - skipped), settings)
    shown = model.show(recent)
    found = {name: _figures(judged, model, shown, skipped)}
    if name == WHOLE:
        for only, share in (("trees only", 1.0), ("networks only", 0.0)):
            alone = {horizon: replace(blend, tree_share=share) for horizon, blend in model.blends.items()}
            found[only] = _figures(judged, replace(model, blends=alone), shown, skipped)
    return found


def _figures(judged: Judged, model: DenseModel, shown: Shown, skipped: int) -> dict[str, Figures]:
    horizons = model.settings.horizons
    origins = np.arange(judged.evaluation_from - max(horizons), judged.grid.steps - min(horizons))
    said = model.predict(shown, origins - skipped)
    return {str(horizon): _mae(judged, horizon, origins, said[horizon]) for horizon in horizons}


def _mae(judged: Judged, horizon: int, origins: np.ndarray[Any, np.dtype[np.int64]], said: Floats) -> Figures:
    mine = said[np.isin(origins, judged.origins(horizon)), :, 1]
    return {"mae": judged.figures(horizon, mine)["mae"]}


def show_ablation(name: str, found: Mapping[str, Any]) -> None:
    print(f"{name}: {found['judged']}; ratio = MAE / MAE of {WHOLE}")
    for row, by_horizon in found["rows"].items():
        for horizon, one in by_horizon.items():
            print(f"{row:<34}{horizon:>6}{one['mae']:>9.3f}{one['ratio']:>8.3f}")
