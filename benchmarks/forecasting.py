"""Short-horizon forecasts of one benchmark folder beside the simple baselines.

    .venv/bin/python -m benchmarks.forecasting --data DIR [--horizons 3,6,12] [--seed N] [--quick] [--json OUT]

The last block of `split` is judged and used for nothing else: every issue time whose horizon falls into it counts. Two
lines: `horizons` with all history up to the issue time, `horizons_12_steps` with the last twelve steps and what the
first parts taught (comparable with published tables).
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from benchmarks.grid_folder import GridFolder
from benchmarks.results_file import write_results
from city.errors import CityError, InvalidValueError
from features.arrays import Floats, Ints, Narrow
from features.dense.grid import DenseGrid, carried
from models.dense import DenseModel
from models.dense_settings import DenseSettings
from models.ha_ar1 import HaAr1
from models.metrics import coverage, mae, mape, rmse

Figures = dict[str, float]
Work = TypeVar("Work")
OUTSIDE_COSTS = 10.0
"""2 / (1 - 0.8): what a truth outside an 80 % interval costs per unit (Gneiting and Raftery 2007)."""
TRAINING_DAYS = 1_100
"""Older rows than three years are not learned from: streets and detectors change."""
WEEKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The evaluation block of one folder: `origins` are those whose target lies in it for the horizon."""

    grid: DenseGrid
    evaluation_from: int
    seed: int

    def origins(self, horizon: int) -> Ints:
        return np.arange(max(self.evaluation_from - horizon, 0), self.grid.steps - horizon)

    def truth(self, horizon: int) -> Narrow:
        return self.grid.values[self.origins(horizon) + horizon]

    def figures(
        self, horizon: int, said: Floats | Narrow, low: Floats | None = None, high: Floats | None = None
    ) -> Figures:
        truth = self.truth(horizon).astype(np.float64).ravel()
        point = said.astype(np.float64).ravel()
        found = {"mae": mae(truth, point), "rmse": rmse(truth, point), "mape": mape(truth, point)}
        if low is not None and high is not None:
            found["coverage_80"] = coverage(truth, low.ravel(), high.ravel(), seed=self.seed)
            found["interval_score"] = interval_score(truth, low.ravel(), high.ravel())
        return {name: round(value, 4) for name, value in found.items()}


def interval_score(truth: Floats, low: Floats, high: Floats) -> float:
    """Mean width plus ten times what is outside; an 80 % interval. Source: Gneiting and Raftery (2007)."""
    held = np.isfinite(truth)
    outside = np.maximum(low - truth, 0.0) + np.maximum(truth - high, 0.0)
    return float(np.mean((high - low + OUTSIDE_COSTS * outside)[held]))


def repeat_last(judged: Judged, horizon: int) -> Narrow:
    last = carried(judged.grid.values)[judged.origins(horizon)]
    return np.nan_to_num(last, nan=float(np.nanmean(judged.grid.values[: judged.evaluation_from])))


def same_weekdays(judged: Judged, horizon: int) -> Narrow:
    """Median of the same slot on the eight same weekdays before; the sensor's last value where none has one."""
    target = judged.origins(horizon) + horizon
    week = 7 * judged.grid.slots_per_day
    earlier = [target - weeks * week for weeks in range(1, WEEKS + 1)]
    values = np.stack(
        [np.where((one >= 0)[:, None], judged.grid.values[np.maximum(one, 0)], np.float32(np.nan)) for one in earlier]
    )
    told = np.isfinite(values).any(axis=0)
    median = repeat_last(judged, horizon).copy()
    median[told] = np.nanmedian(values[:, told], axis=0)
    return median


def baselines(judged: Judged, horizons: tuple[int, ...]) -> dict[str, dict[str, Figures]]:
    known = judged.grid.until(judged.evaluation_from)
    ha_ar1 = HaAr1.fit(known, horizons)
    found: dict[str, dict[str, Figures]] = {"repeat_last": {}, "historical_average": {}, "ha_ar1": {}}
    by_week = judged.grid.first_weekday is not None and max(horizons) <= 7 * judged.grid.slots_per_day
    if by_week:
        found["median_8_same_weekdays"] = {}
    for horizon in horizons:
        origins, key = judged.origins(horizon), str(horizon)
        found["repeat_last"][key] = judged.figures(horizon, repeat_last(judged, horizon))
        average = ha_ar1.profile[judged.grid.slot(origins + horizon)]
        found["historical_average"][key] = judged.figures(horizon, average)
        said = ha_ar1.quantiles(judged.grid, origins, horizon)
        found["ha_ar1"][key] = judged.figures(horizon, said[:, :, 1], said[:, :, 0], said[:, :, 2])
        if by_week:
            found["median_8_same_weekdays"][key] = judged.figures(horizon, same_weekdays(judged, horizon))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table, what training chose by itself, and what it took."""

    horizons: dict[str, Figures]
    chosen: list[dict[str, object]]
    train: Figures
    predict: Figures


def measured(judged: Judged, settings: DenseSettings, *, retrain_days: int | None = None) -> Line:
    """Train on what was known before the block (again every `retrain_days`), then forecast it origin by origin."""
    grid, horizons = judged.grid, settings.horizons
    first = max(judged.evaluation_from - max(horizons), 0)
    origins = np.arange(first, grid.steps - min(horizons))
    said = {h: np.full((len(origins), grid.sensors, 3), np.nan) for h in horizons}
    chosen: list[dict[str, object]] = []
    train: Figures = {}
    predict: Figures = {}
    for cutoff, until in _stretches(judged, retrain_days):
        mine = (origins < until) & ((origins >= cutoff) | (cutoff == judged.evaluation_from))
        recent = grid.until(until).since(max(0, int(grid.day(np.array(cutoff))) - TRAINING_DAYS))
        skipped = min(until, grid.steps) - recent.steps
        model, spent = timed(partial(DenseModel.train, recent.until(cutoff - skipped), settings))
        _add(train, spent | {"rows": float(model.rows)})
        found, spent = timed(partial(_forecast, model, recent, origins[mine] - skipped))
        _add(predict, spent | {"rows": float(mine.sum() * grid.sensors)})
        for horizon in horizons:
            said[horizon][mine] = found[horizon]
        chosen.append(what_it_chose(model))
    figures = {}
    for horizon in horizons:
        low, middle, high = np.moveaxis(said[horizon][np.isin(origins, judged.origins(horizon))], 2, 0)
        figures[str(horizon)] = judged.figures(horizon, middle, low, high)
    return Line(horizons=figures, chosen=chosen, train=train, predict=predict)


def _stretches(judged: Judged, retrain_days: int | None) -> list[tuple[int, int]]:
    """Each model's cutoff, and the step from which the next one speaks."""
    every = judged.grid.steps if retrain_days is None else retrain_days * judged.grid.slots_per_day
    cutoffs = list(range(judged.evaluation_from, judged.grid.steps, every))
    return list(zip(cutoffs, [*cutoffs[1:], judged.grid.steps], strict=True))


def _forecast(model: DenseModel, grid: DenseGrid, origins: Ints) -> dict[int, Floats]:
    return model.predict(model.show(grid), origins)


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


def report(
    folder: GridFolder, settings: DenseSettings, *, retrain_days: int | None = None, both_lines: bool = True
) -> dict[str, object]:
    """The document of `../shared/BENCHMARKS.md`; what training chose by itself is in `chosen`."""
    judged = Judged(grid=folder.grid, evaluation_from=folder.evaluation_from, seed=settings.seed)
    whole = measured(judged, settings, retrain_days=retrain_days)
    found: dict[str, object] = {
        "name": folder.name,
        "unit": folder.unit,
        "horizons": whole.horizons,
        "baselines": baselines(judged, settings.horizons),
        "horizons_12_steps": {},
        "train": whole.train,
        "predict": whole.predict,
        "chosen": whole.chosen,
    }
    if both_lines:
        short = measured(judged, replace(settings, all_history=False), retrain_days=retrain_days)
        found |= {"horizons_12_steps": short.horizons, "train_12_steps": short.train}
    return found


def show(found: Mapping[str, Any]) -> None:
    """The table for people: errors, and their ratio to HA + AR(1)."""
    base = found["baselines"]["ha_ar1"]
    rows = {"all history": found["horizons"], "12 steps + profile": found["horizons_12_steps"], **found["baselines"]}
    print(f"{found['name']}, {found['unit']}; ratio = MAE / MAE of HA + AR(1); score = interval score")
    print(f"{'':<24}{'steps':>6}{'MAE':>9}{'ratio':>8}{'RMSE':>9}{'MAPE %':>8}{'cover':>8}{'score':>9}{'ratio':>8}")
    for name, line in rows.items():
        for horizon, one in line.items():
            cells = f"{name:<24}{horizon:>6}{one['mae']:>9.3f}{one['mae'] / base[horizon]['mae']:>8.3f}"
            cells += f"{one['rmse']:>9.3f}{one['mape']:>8.2f}"
            if "interval_score" in one:
                score = one["interval_score"]
                cells += f"{one['coverage_80']:>8.3f}{score:>9.2f}{score / base[horizon]['interval_score']:>8.3f}"
            print(cells)
    for part in ("train", "predict"):
        spent = found[part]
        print(
            f"{part}: {spent['wall_s']:.0f} s wall, {spent['cpu_s']:.0f} s CPU, peak {spent['peak_mb']:.0f} MB, "
            f"{spent['rows']:.0f} rows"
        )


def horizons_of(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.strip().isdigit() for part in parts):
        raise InvalidValueError(subject="--horizons", field="value", found=text, expected="steps such as 3,6,12")
    return tuple(sorted({int(part) for part in parts}))


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with values, meta.toml and perhaps a graph")
    parser.add_argument("--horizons", default="3,6,12", help="steps ahead, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="fewer folds, rows and rounds")
    parser.add_argument("--retrain-days", type=int, help="train again every so many days of the block")
    parser.add_argument("--only-all-history", action="store_true", help="leave the line of twelve steps out")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    arguments = parser.parse_args(given)
    try:
        settings = DenseSettings(horizons=horizons_of(arguments.horizons), seed=arguments.seed)
        settings = settings.quick() if arguments.quick else settings
        folder = GridFolder.read(arguments.data)
        found = report(folder, settings, retrain_days=arguments.retrain_days, both_lines=not arguments.only_all_history)
    except CityError as error:
        print(error, file=sys.stderr)
        return 2
    show(found)
    config = asdict(settings) | {"retrain_days": arguments.retrain_days}
    write_results(f"forecasting_{found['name']}", found, config=config, seed=arguments.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
