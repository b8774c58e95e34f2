"""How fast departments' files become checked, stored history, and how fast a week of it is read back.

    .venv/bin/python -m benchmarks.history [--values 200000000] [--seed 1] [--repeats 3] [--quick] [--json OUT]
    .venv/bin/python -m benchmarks.history --part kills       # an import of 2 million rows, killed in 50 places

Wide: SCATS-like CSV, a row per detector and day, 96 slots. Long: a row per detector and 15 minutes. Both through
`import_mapping`, all rules on. Beside them in the same run: DuckDB reads the same files into a table after unpivoting,
casts, bounds and a check for repeated keys; pandera (polars) checks the rows that our door checks. The week: 5,000
detectors out of 3 years, through the store; what was not generated is extrapolated, and said so.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars as pl

from benchmarks.history_kills import kills
from benchmarks.history_peers import all_stored, duckdb_long, duckdb_wide, ours_rules, pandera_rules
from benchmarks.results_file import write_results
from city.frames import TrafficCounts
from city.ledger import Ledger
from city.store import History
from city.tables import Table
from features.sources.importing import import_mapping
from features.sources.mapping import load_mapping

DETECTORS = 5_000
SLOTS = 96
FULL_VALUES = 1_600_000_000
FIRST = date(2023, 1, 2)
CITY = '[city]\nname = "B"\ntime_zone = "Asia/Shanghai"\nnational_profile = "CN"\ndistricts = { c = "C" }\n'
COMMON = '[[feed]]\nname = "counts"\ncontract = "TrafficCounts"\npath = "counts.csv"\nstep = "15min"\ndelay = "5min"\n'
WIDE = (
    CITY + COMMON + '[feed.columns]\ndetector_id = "site"\n'
    'start_at = { column = "day", formats = ["%d/%m/%y"] }\n'
    '[feed.slots]\ncolumns = "V00..V95"\ninto = "flow_veh_h"\nunit = "veh/interval"\nlabel = "start"\n'
)
LONG = (
    CITY + COMMON + '[feed.columns]\ndetector_id = "site"\n'
    'start_at = { column = "time", formats = ["%Y-%m-%d %H:%M"] }\n'
    'flow_veh_h = { column = "count", unit = "veh/interval" }\nspeed_kmh = { column = "speed", unit = "km/h" }\n'
)


def ids(count: int) -> list[str]:
    return [f"{970 + number // 8}-{number % 8 + 1}" for number in range(count)]


def write_wide(path: Path, values: int, random: np.random.Generator) -> int:
    days = max(1, values // (DETECTORS * SLOTS))
    with path.open("wb") as stream:
        for number in range(days):
            counts = random.poisson(60, (DETECTORS, SLOTS))
            day = (FIRST + timedelta(days=number)).strftime("%d/%m/%y")
            cells = {f"V{slot:02d}": counts[:, slot] for slot in range(SLOTS)}
            frame = pl.DataFrame({"site": ids(DETECTORS), "day": [day] * DETECTORS, **cells})
            frame.write_csv(stream, include_header=number == 0)
    return days * DETECTORS * SLOTS


def write_long(path: Path, rows: int, random: np.random.Generator) -> int:
    steps = max(1, rows // DETECTORS)
    start = datetime(FIRST.year, FIRST.month, FIRST.day)  # noqa: DTZ001  -- a wall clock
    times = [f"{start + timedelta(minutes=15 * step):%Y-%m-%d %H:%M}" for step in range(steps)]
    frame = {
        "site": np.tile(ids(DETECTORS), steps),
        "time": np.repeat(times, DETECTORS),
        "count": random.poisson(60, steps * DETECTORS),
        "speed": random.normal(50, 5, steps * DETECTORS).clip(5, 120).round(1),
    }
    pl.DataFrame(frame).write_csv(path)
    return steps * DETECTORS


def new_history(folder: Path) -> History:
    return History(str(folder / "history"), Ledger(f"sqlite:///{folder / 'ledger.db'}"))


def import_s(folder: Path, mapping: str, expected: int) -> float:
    """Seconds for one import into an empty history."""
    (folder / "mapping.toml").write_text(mapping, encoding="utf-8")
    with tempfile.TemporaryDirectory() as home:
        history = new_history(Path(home))
        history.ledger.upgrade()
        started = time.perf_counter()
        report = import_mapping(load_mapping(folder / "mapping.toml"), history, data_dir=folder)
        took = time.perf_counter() - started
    all_stored("Our import", report.feeds[0].new, expected)
    return took


def median(repeats: int, run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(repeats))


def week_of(number: int, random: np.random.Generator, steps: int) -> pl.DataFrame:
    start = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(weeks=number)
    times = pl.datetime_range(start, start + timedelta(minutes=15 * (steps - 1)), "15m", time_unit="us", eager=True)
    many = pl.DataFrame({"start_at": times}).join(pl.DataFrame({"detector_id": ids(DETECTORS)}), how="cross")
    flows = pl.Series("flow_veh_h", random.poisson(60, many.height).astype(np.float64) * 4)
    known = (pl.col("start_at") + timedelta(minutes=20)).alias("known_at")
    rows = many.with_columns(
        flows, known, known.alias("imported_at"), pl.lit("generated").alias("source"), pl.lit("c").alias("district_id"),
        pl.lit(900, dtype=pl.Int64).alias("step_s"),
        *(pl.lit(None, dtype=pl.Float64).alias(name) for name in ("speed_kmh", "occupancy")),
    )  # fmt: skip
    return rows.select(TrafficCounts.column_names())


def read_a_week(folder: Path, values: int, random: np.random.Generator, repeats: int) -> dict[str, Any]:
    """A week out of the weeks that `values` make, through the store."""
    per_week = DETECTORS * 7 * SLOTS
    weeks = max(2, values // per_week)
    history = new_history(folder)
    started = time.perf_counter()
    for number in range(weeks):
        with history.writing() as writing:
            writing.append(TrafficCounts, week_of(number, random, 7 * SLOTS))
            writing.commit()
    wrote = time.perf_counter() - started
    since = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + timedelta(weeks=weeks // 2)
    heights: list[int] = []
    touched: set[str] = set()
    scan = Table.scan

    def noting(table: Table, files: pl.DataFrame) -> pl.LazyFrame:
        touched.update(files["path"])
        return scan(table, files)

    def once() -> float:
        begin = time.perf_counter()
        heights.append(history.read(TrafficCounts, since=since, until=since + timedelta(weeks=1)).height)
        return time.perf_counter() - begin

    with patch.object(Table, "scan", noting):
        took = median(repeats, once)
    all_stored("Our week", min(heights), per_week)
    files = list((folder / "history" / "TrafficCounts").rglob("*.parquet"))
    return {
        "values": weeks * per_week, "weeks": weeks, "files": len(files), "files_touched": len(touched),
        "week_values": per_week, "week_read_s": round(took, 2), "write_values_per_s": round(weeks * per_week / wrote),
        "bytes_per_value": round(sum(path.stat().st_size for path in files) / (weeks * per_week), 2),
    }  # fmt: skip


def extrapolated(week: dict[str, Any]) -> dict[str, Any]:
    """To 3 years of 5,000 detectors: files grow with the weeks; a read opens its own week's, and a longer log."""
    scale = FULL_VALUES / week["values"]
    return {
        "values": FULL_VALUES, "files": round(week["files"] * scale), "files_touched": week["files_touched"],
        "gigabytes": round(FULL_VALUES * week["bytes_per_value"] / 1e9, 1), "week_read_s": week["week_read_s"],
    }  # fmt: skip


def peak_mb() -> int | None:
    """Most memory that this process has held; None where the system does not say."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else []
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")), None)


def measure(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    random = np.random.default_rng(arguments.seed)
    wide, long = folder / "wide", folder / "long"
    wide.mkdir()
    long.mkdir()
    values = write_wide(wide / "counts.csv", arguments.wide_values, random)
    rows = write_long(long / "counts.csv", arguments.long_rows, random)
    repeats = arguments.repeats
    wide_s = median(repeats, lambda: import_s(wide, WIDE, values))
    long_s = median(repeats, lambda: import_s(long, LONG, rows))
    imports_mb = peak_mb()
    duck_wide_s = median(repeats, lambda: duckdb_wide(wide / "counts.csv", folder, values))
    duck_long_s = median(repeats, lambda: duckdb_long(long / "counts.csv", folder, rows))
    frame = week_of(0, random, max(1, arguments.rule_rows // DETECTORS))
    ours_s = median(repeats, lambda: ours_rules(frame))
    pandera_s = median(repeats, lambda: pandera_rules(frame))
    week = read_a_week(folder, arguments.values, random, repeats)
    return {
        "wide_csv_values_per_s": round(values / wide_s),
        "rows_per_s": round(rows / long_s),
        "week_read_s": week["week_read_s"],
        "files_touched": week["files_touched"],
        "imports_peak_mb": imports_mb,
        "peers": {
            "duckdb": {
                "wide_csv_values_per_s": round(values / duck_wide_s), "wide_ratio": round(duck_wide_s / wide_s, 2),
                "rows_per_s": round(rows / duck_long_s), "rows_ratio": round(duck_long_s / long_s, 2),
            },
            "pandera": {
                "rows": frame.height, "ours_s": round(ours_s, 3), "pandera_s": round(pandera_s, 3),
                "ratio": round(pandera_s / ours_s, 2),
            },
        },
        "target": {"wide_csv_values_per_s": 1_000_000, "rows_per_s": 150_000, "week_read_s": 2.0},
        "week": week,
        "three_years": {**extrapolated(week), "extrapolated": True},
    }  # fmt: skip


def show(figures: dict[str, Any]) -> None:
    duck, pandera = figures["peers"]["duckdb"], figures["peers"]["pandera"]
    week, full = figures["week"], figures["three_years"]
    print(f"{'':34}{'Chengyun':>14}{'peer':>14}{'ratio':>8}")
    for name, own, key, ratio in (
        ("wide CSV, values/s (DuckDB)", figures["wide_csv_values_per_s"], "wide_csv_values_per_s", "wide_ratio"),
        ("long CSV, rows/s (DuckDB)", figures["rows_per_s"], "rows_per_s", "rows_ratio"),
    ):
        print(f"{name:34}{own:>14,}{duck[key]:>14,}{duck[ratio]:>8}")
    print(f"{'row rules, s (pandera)':34}{pandera['ours_s']:>14}{pandera['pandera_s']:>14}{pandera['ratio']:>8}")
    print(f"one week out of {week['weeks']}: {week['week_values']:,} values in {week['week_read_s']} s from ", end="")
    print(f"{week['files_touched']} of {week['files']} files; peak of the imports {figures['imports_peak_mb']} MB")
    print(f"extrapolated to {full['values']:,} values: {full['files_touched']} of {full['files']} files, ", end="")
    print(f"{full['gigabytes']} GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("speed", "kills"), default="speed")
    parser.add_argument("--values", type=int, default=200_000_000, help="values stored for the week's read")
    parser.add_argument("--wide-values", type=int, default=20_000_000)
    parser.add_argument("--long-rows", type=int, default=5_000_000)
    parser.add_argument("--rule-rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="less than a minute, figures for orientation only")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/history.json")
    arguments = parser.parse_args()
    if arguments.part == "kills":
        found = kills(seed=arguments.seed)
        print(f"{found['places']} kills: {found['old']} left the state before, {found['new']} the state after, 0 half")
        write_results("history_kills", found, config={"part": "kills"}, seed=arguments.seed, out=arguments.json)
        return
    if arguments.quick:
        arguments.values, arguments.repeats = 7_000_000, 1
        arguments.wide_values, arguments.long_rows, arguments.rule_rows = 5_000_000, 1_000_000, 500_000
    with tempfile.TemporaryDirectory(prefix="city-history-") as folder:
        figures = measure(arguments, Path(folder))
    show(figures)
    config = {key: value for key, value in vars(arguments).items() if key not in ("json", "seed")}
    write_results("history", figures, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
