"""Short-horizon forecasts of one benchmark folder beside the simple baselines.

    .venv/bin/python -m benchmarks.forecasting --data DIR [--horizons 3,6,12] [--seed N] [--quick] [--json OUT]
    .venv/bin/python -m benchmarks.forecasting --data DIR --ablate [--quick]
    .venv/bin/python -m benchmarks.forecasting --data departments --mapping mappings/scats_boroondara.toml

The last block of `split` is judged and used for nothing else: every issue time whose horizon falls into it counts. Two
lines: `horizons` with all history up to the issue time, `horizons_12_steps` with the last twelve steps and what the
first parts taught (comparable with published tables). A block of more than 45 days is forecast with models that are
trained again every 30 days.
"""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.forecasting_ablation import ablation, show_ablation
from benchmarks.forecasting_judging import Judged, baselines, best_baseline
from benchmarks.forecasting_runs import measured, retraining
from benchmarks.grid_folder import GridFolder
from benchmarks.grid_of_mapping import folder_of_mapping
from benchmarks.results_file import write_results
from city.errors import CityError, InvalidValueError
from models.dense_settings import DenseSettings

HEADS = {
    "steps": 6,
    "MAE": 9,
    "ratio": 8,
    "best": 8,
    "RMSE": 9,
    "MAPE": 8,
    "WAPE": 8,
    "peak": 8,
    "off": 6,
    "cover": 8,
    "pinball": 9,
    "score": 9,
    "of base": 8,
}


def report(
    folder: GridFolder, settings: DenseSettings, *, retrain_days: int | None = None, both_lines: bool = True
) -> dict[str, object]:
    """The document of `../shared/BENCHMARKS.md`; what training chose by itself is in `chosen`."""
    judged = judged_block(folder, settings.seed)
    whole = measured(judged, settings, retrain_days=retrain_days, advance=_said)
    found: dict[str, object] = {
        "name": folder.name,
        "unit": folder.unit,
        "horizons": whole.horizons,
        "baselines": baselines(judged, settings.horizons),
        "horizons_12_steps": {},
        "train": whole.train,
        "predict": whole.predict,
        "chosen": whole.chosen,
        "knowledge": whole.knowledge,
        "doubt": whole.doubt,
    }
    if both_lines:
        short = measured(judged, replace(settings, all_history=False), retrain_days=retrain_days, advance=_said)
        found |= {"horizons_12_steps": short.horizons, "train_12_steps": short.train}
    return found


def judged_block(folder: GridFolder, seed: int) -> Judged:
    return Judged(
        grid=folder.grid,
        evaluation_from=folder.evaluation_from,
        seed=seed,
        busy_is_low=not folder.unit.startswith("veh"),
    )


def _said(progress: str) -> None:
    print(f"  {progress}", file=sys.stderr, flush=True)


def show(found: Mapping[str, Any]) -> None:
    """The table for people: errors, their ratios to HA + AR(1) and to the best baseline."""
    every = found["baselines"]
    base = every["ha_ar1"]
    rows = {"all history": found["horizons"], "12 steps + profile": found["horizons_12_steps"], **every}
    print(f"{found['name']}, {found['unit']}; ratio = MAE / MAE of HA + AR(1); best = MAE / MAE of the best baseline;")
    print("score = interval score, WAPE in %, peak = MAE of the day's busiest hour, off = hours by which it is missed")
    print(f"{'':<24}" + "".join(f"{head:>{width}}" for head, width in HEADS.items()))
    for name, line in rows.items():
        for horizon, one in line.items():
            best = every[best_baseline(every, horizon)][horizon]["mae"]
            cells = f"{name:<24}{horizon:>6}{one['mae']:>9.3f}{one['mae'] / base[horizon]['mae']:>8.3f}"
            cells += f"{one['mae'] / best:>8.3f}{one['rmse']:>9.3f}{one['mape']:>8.2f}{one['wape']:>8.2f}"
            cells += f"{one.get('peak_hour_mae', math.nan):>8.2f}{one.get('peak_hour_off_h', math.nan):>6.2f}"
            if "interval_score" in one:
                score = one["interval_score"]
                cells += f"{one['coverage_80']:>8.3f}{one['pinball']:>9.3f}{score:>9.2f}"
                cells += f"{score / base[horizon]['interval_score']:>8.3f}"
            print(cells)
    print(found["knowledge"])
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
    arguments = _parser().parse_args(given)
    try:
        folder = (
            GridFolder.read(arguments.data)
            if arguments.mapping is None
            else folder_of_mapping(arguments.mapping, arguments.data)
        )
        settings = DenseSettings(horizons=horizons_of(arguments.horizons), seed=arguments.seed)
        settings = settings.quick() if arguments.quick else settings
        if arguments.ablate:
            return _ablate(folder, settings, arguments.json)
        return _forecast(folder, settings, arguments)
    except CityError as error:
        print(error, file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with values, meta.toml and perhaps a graph")
    parser.add_argument("--mapping", type=Path, help="read the department's files below --data by this mapping instead")
    parser.add_argument("--horizons", default="3,6,12", help="steps ahead, separated by commas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="fewer folds, rows and rounds")
    parser.add_argument("--retrain-days", type=int, help="train again every so many days of the block; 0 = never")
    parser.add_argument("--only-all-history", action="store_true", help="leave the line of twelve steps out")
    parser.add_argument("--ablate", action="store_true", help="what each part brings, on the tune block only")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    return parser


def _ablate(folder: GridFolder, settings: DenseSettings, out: Path | None) -> int:
    found = ablation(folder, settings, advance=_said)
    show_ablation(folder.name, found)
    document = {"name": folder.name, "unit": folder.unit, "ablation": found}
    write_results(f"forecasting_ablation_{folder.name}", document, config=asdict(settings), seed=settings.seed, out=out)
    return 0


def _forecast(folder: GridFolder, settings: DenseSettings, arguments: argparse.Namespace) -> int:
    judged = judged_block(folder, settings.seed)
    every_days = retraining(judged, arguments.retrain_days)
    # A year of monthly trainings has to end in minutes: each takes fewer rows.
    settings = settings if every_days is None or arguments.quick else settings.often()
    found = report(folder, settings, retrain_days=every_days, both_lines=not arguments.only_all_history)
    show(found)
    config = asdict(settings) | {"retrain_days": every_days, "quick": arguments.quick}
    write_results(f"forecasting_{folder.name}", found, config=config, seed=settings.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
