"""Lags and rolling windows over millions of rows: ours, mlforecast's and polars' own windows, same table, same run.

    .venv/bin/python -m benchmarks.features [--rows 5200000] [--repeats 3] [--json OUT]

Fourteen lags, four rolling means and one rolling deviation. Each side runs in a process of its own, once per repeat,
and the median by CPU time counts. `cpu_s` is that of the work, after the table was read; `peak_mb` is that of the whole
process, imports and table included. All sides must find the same values.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.results_file import write_results
from features.lags import LagRecipe

SERIES = 500
STEP = timedelta(minutes=15)
LAGS = (*range(1, 13), 96, 672)
MEANS = (4, 12, 96, 672)
DEVIATIONS = (96,)
TARGET = {"cpu_s": 1.0, "peak_mb": 800, "times_less_cpu_than_mlforecast": 2.0}
SAMPLE_EVERY = 997
CLOSE = 2e-3
"""Relative to the series' deviation of 100: mlforecast keeps running sums in four bytes."""


def table(rows: int, seed: int) -> pl.DataFrame:
    """Counts of SERIES detectors, sorted by id and time."""
    steps = -(-rows // SERIES)
    first = datetime(2022, 1, 3)  # noqa: DTZ001 - mlforecast takes wall-clock times
    times = pl.datetime_range(first, first + STEP * (steps - 1), STEP, time_unit="us", eager=True)
    ids = pl.DataFrame({"unique_id": pl.int_range(SERIES, eager=True).cast(pl.Int32)})
    flow = np.random.default_rng(seed).normal(500, 100, (SERIES, steps)).astype(np.float32)
    return ids.join(pl.DataFrame({"ds": times}), how="cross").with_columns(pl.Series("y", flow.ravel()))


def ours(rows: pl.DataFrame) -> pl.DataFrame:
    recipe = LagRecipe(lags=LAGS, means=MEANS, deviations=DEVIATIONS)
    return recipe.frame(rows, series="unique_id", time="ds", value="y", step=STEP)


def ours_copied(rows: pl.DataFrame) -> pl.DataFrame:
    """Lags share memory until somebody writes them out; here they are written out, one by one."""
    made = ours(rows)
    return pl.DataFrame({name: made.get_column(name).to_numpy() for name in made.columns})


def mlforecast(rows: pl.DataFrame) -> pl.DataFrame:
    from mlforecast import MLForecast  # noqa: PLC0415 - an extra, and only this process is to carry it
    from mlforecast.lag_transforms import RollingMean, RollingStd  # noqa: PLC0415

    windows: list[Any] = [*(RollingMean(window) for window in MEANS), *(RollingStd(window) for window in DEVIATIONS)]
    maker = MLForecast(models=[], freq="15m", lags=list(LAGS), lag_transforms={1: windows})
    made: Any = maker.preprocess(rows, static_features=[], dropna=False)
    names = {f"lag{lag}": f"lag_{lag}" for lag in LAGS}
    names |= {f"rolling_mean_lag1_window_size{one}": f"mean_{one}" for one in MEANS}
    names |= {f"rolling_std_lag1_window_size{one}": f"deviation_{one}" for one in DEVIATIONS}
    return pl.DataFrame(made.select(list(names)).rename(names))


def naive_over(rows: pl.DataFrame) -> pl.DataFrame:
    value = pl.col("y")
    columns = [value.shift(lag).over("unique_id").alias(f"lag_{lag}") for lag in LAGS]
    columns += [value.shift(1).rolling_mean(one).over("unique_id").alias(f"mean_{one}") for one in MEANS]
    columns += [value.shift(1).rolling_std(one).over("unique_id").alias(f"deviation_{one}") for one in DEVIATIONS]
    return rows.select(columns)


SIDES: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "ours": ours,
    "ours_copied": ours_copied,
    "mlforecast": mlforecast,
    "naive_over": naive_over,
}


def cpu_s() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def run_side(side: str, folder: Path) -> None:
    """In a process of its own: figures to the output, a sample of the values beside the table."""
    rows = pl.read_ipc(folder / "table.arrow")
    SIDES[side](rows.group_by("unique_id", maintain_order=True).head(800))  # imports and first calls are no work
    wall, cpu = time.perf_counter(), cpu_s()
    made = SIDES[side](rows)
    spent = {"wall_s": time.perf_counter() - wall, "cpu_s": cpu_s() - cpu}
    spent["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    made.gather_every(SAMPLE_EVERY).write_parquet(folder / f"{side}.parquet")
    print(json.dumps(spent))


def measured(side: str, folder: Path, repeats: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.features", "--side", side, "--folder", str(folder)]
    runs = []
    for _ in range(repeats):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            raise SystemExit(done.returncode)
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    median = sorted(runs, key=lambda run: float(run["cpu_s"]))[len(runs) // 2]
    return {name: round(value, 3) for name, value in median.items()} | {
        "runs": [round(one["cpu_s"], 3) for one in runs]
    }


def largest_difference(folder: Path, side: str) -> float:
    """Between our sample and theirs; infinite where only one of them has a value."""
    mine, theirs = pl.read_parquet(folder / "ours.parquet"), pl.read_parquet(folder / f"{side}.parquet")
    worst = 0.0
    for name in mine.columns:
        one, other = mine[name].fill_null(np.nan).to_numpy(), theirs[name].fill_null(np.nan).to_numpy()
        if (np.isnan(one) != np.isnan(other)).any():
            return float("inf")
        worst = max(worst, float(np.nanmax(np.abs(one - other), initial=0.0)))
    return worst


def report(rows: int, repeats: int, seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="city-features-") as name:
        folder = Path(name)
        made = table(rows, seed)
        made.write_ipc(folder / "table.arrow")
        found: dict[str, Any] = {side: measured(side, folder, repeats) for side in SIDES}
        found["rows"] = made.height
        found["largest_difference"] = {one: round(largest_difference(folder, one), 6) for one in SIDES if one != "ours"}
    ratio = found["mlforecast"]["cpu_s"] / max(found["ours"]["cpu_s"], 1e-9)
    found["target"] = TARGET
    found["reached"] = {
        "cpu_s": found["ours"]["cpu_s"] <= TARGET["cpu_s"],
        "peak_mb": found["ours"]["peak_mb"] <= TARGET["peak_mb"],
        "times_less_cpu_than_mlforecast": round(ratio, 2),
        "equal_values": max(found["largest_difference"].values()) <= CLOSE * 100,
    }
    return found


def show(found: dict[str, Any]) -> None:
    print(f"{found['rows']:,} rows, {len(LAGS)} lags, {len(MEANS)} rolling means, {len(DEVIATIONS)} rolling deviation")
    print(f"{'':<14}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}  CPU s of each run")
    for side in SIDES:
        one = found[side]
        print(f"{side:<14}{one['cpu_s']:>8.2f}{one['wall_s']:>8.2f}{one['peak_mb']:>9.0f}  {one['runs']}")
    print(f"{found['reached']['times_less_cpu_than_mlforecast']} times less CPU than mlforecast, ", end="")
    print(f"largest difference {found['largest_difference']}")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_200_000)
    parser.add_argument("--repeats", type=int, default=3, help="processes per side; the median counts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/features.json")
    parser.add_argument("--side", choices=tuple(SIDES), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    if arguments.side:
        run_side(arguments.side, arguments.folder)
        return 0
    found = report(arguments.rows, arguments.repeats, arguments.seed)
    show(found)
    config = {"rows": arguments.rows, "repeats": arguments.repeats, "series": SERIES}
    write_results("features", found, config=config, seed=arguments.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
