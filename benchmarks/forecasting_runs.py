"""Train on what was known before the judged block, again on the way where wanted, and forecast it origin by origin."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from benchmarks.forecasting_doubt import doubt
from benchmarks.forecasting_judging import Figures, Judged
from features.arrays import Floats, Ints
from features.dense.grid import DenseGrid
from features.dense.knowledge import Knowledge
from models.dense import DenseModel
from models.dense_settings import DenseSettings

Work = TypeVar("Work")
MONTH_DAYS = 30
LONG_BLOCK_DAYS = 45
"""A longer block is forecast as a city would: with a model that is trained again every month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table, what training chose by itself, and what it took."""

    horizons: dict[str, Figures]
    chosen: list[dict[str, object]]
    train: Figures
    predict: Figures
    doubt: dict[str, dict[str, Any]]
    knowledge: str


def retraining(judged: Judged, wanted: int | None) -> int | None:
    """Days between trainings; None for one training. What was asked for goes first."""
    if wanted is not None:
        return wanted or None
    return MONTH_DAYS if judged.days > LONG_BLOCK_DAYS else None


def measured(
    judged: Judged,
    settings: DenseSettings,
    *,
    retrain_days: int | None = None,
    advance: Callable[[str], None] = lambda _said: None,
) -> Line:
    """The first training chooses; later ones keep its choices and learn anew from newer rows."""
    grid, horizons = judged.grid, settings.horizons
    first = max(judged.evaluation_from - max(horizons), 0)
    origins = np.arange(first, grid.steps - min(horizons))
    said = {h: np.full((len(origins), grid.sensors, 3), np.nan) for h in horizons}
    chosen: list[dict[str, object]] = []
    train: Figures = {}
    predict: Figures = {}
    model: DenseModel | None = None
    stretches = _stretches(judged, retrain_days)
    for place, (cutoff, until) in enumerate(stretches):
        mine = (origins < until) & ((origins >= cutoff) | (cutoff == judged.evaluation_from))
        recent, skipped = settings.recent(grid.until(until), cutoff)
        newer, spent = timed(partial(_trained, model, recent.until(cutoff - skipped), settings))
        model = newer
        _add(train, spent | {"rows": float(newer.rows)})
        found, spent = timed(partial(_forecast, newer, recent, origins[mine] - skipped))
        _add(predict, spent | {"rows": float(mine.sum() * grid.sensors)})
        for horizon in horizons:
            said[horizon][mine] = found[horizon]
        chosen.append(what_it_chose(newer))
        advance(f"trained and forecast {place + 1} of {len(stretches)}")
    figures, doubts = {}, {}
    for horizon in horizons:
        block = said[horizon][np.isin(origins, judged.origins(horizon))]
        low, middle, high = np.moveaxis(block, 2, 0)
        figures[str(horizon)] = judged.figures(horizon, middle, low, high)
        target = judged.origins(horizon) + horizon
        doubts[str(horizon)] = doubt(grid, target, block, fitted=judged.evaluation_from, seed=judged.seed)
    known, _ = settings.recent(grid.until(judged.evaluation_from), judged.evaluation_from)
    return Line(
        horizons=figures,
        chosen=chosen,
        train=train,
        predict=predict,
        doubt=doubts,
        knowledge=" ".join(Knowledge.of(known).sentences()),
    )


def _stretches(judged: Judged, retrain_days: int | None) -> list[tuple[int, int]]:
    """Each model's cutoff, and the step from which the next one speaks."""
    every = judged.grid.steps if retrain_days is None else retrain_days * judged.grid.slots_per_day
    cutoffs = list(range(judged.evaluation_from, judged.grid.steps, every))
    return list(zip(cutoffs, [*cutoffs[1:], judged.grid.steps], strict=True))


def _trained(previous: DenseModel | None, known: DenseGrid, settings: DenseSettings) -> DenseModel:
    return DenseModel.train(known, settings) if previous is None else previous.trained_again(known)


def _forecast(model: DenseModel, grid: DenseGrid, origins: Ints) -> dict[int, Floats]:
    return model.predict(model.show(grid, origins=origins), origins)


def _add(total: Figures, spent: Figures) -> None:
    for name, value in spent.items():
        so_far = total.get(name, 0.0)
        together = max(so_far, value) if name == "peak_mb" else so_far + value
        total[name] = round(together, 1)


def what_it_chose(model: DenseModel) -> dict[str, object]:
    weighing = model.profile.weighing
    return {
        "past_only": model.profile.past_only,
        "half_life_days": weighing.half_life_days,
        "same_kind": weighing.same_kind,
        "other_kind": weighing.other_kind,
        "smoothing_steps": weighing.smoothing_steps,
        "tree_share": {str(horizon): blend.tree_share for horizon, blend in model.blends.items()},
        "trees": {str(horizon): [one.booster.num_trees() for one in mine] for horizon, mine in model.trees.items()},
    }


def timed(work: Callable[[], Work]) -> tuple[Work, Figures]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu, "peak_mb": peak_mb}
    return done, {name: round(value, 1) for name, value in spent.items()}
