"""The README's tables of figures, written from benchmarks/results/.

    .venv/bin/python -m benchmarks.readme_tables          # writes both READMEs
    .venv/bin/python -m benchmarks.readme_tables --check  # only says whether they are current

A table stands between `<!-- results:NAME -->` and `<!-- /results -->`; `benchmarks.readme_forecasts` makes those about
forecasts, which stay empty until their results are there.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.readme_forecasts import choice, forecasting, speed, waste
from benchmarks.readme_routes import routes
from benchmarks.readme_serving import serving
from benchmarks.readme_signals import signals
from benchmarks.results_file import ROOT

RESULTS = ROOT / "benchmarks" / "results"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
BLOCK = re.compile(r"(<!-- results:(\w+) -->\n).*?(<!-- /results -->)", re.DOTALL)
FIGURES = (  # set, figure, its meaning, the baseline's figure and, where it is not the set's own, its name
    ("scats_boroondara", "flow_mae_1h", "flow 1 h ahead, MAE, veh/h", "flow_mae_1h", ""),
    ("scats_boroondara", "flow_mae_24h", "flow 24 h ahead, MAE, veh/h", "flow_mae_24h", ""),
    ("scats_vicroads", "flow_mae_1h", "flow 1 h ahead, MAE, veh/h", "flow_mae_1h", ""),
    ("scats_vicroads", "flow_mae_24h", "flow 24 h ahead, MAE, veh/h", "flow_mae_24h", ""),
    ("bins_ankara", "fill_mae", "fill, MAE, share of capacity", "fill_mae", ""),
    ("bins_ankara", "fill_mae", "fill, MAE, share of capacity", "fill_mae_last_20", "last 20 emptyings"),
    ("bins_ankara", "overflow_brier", "overflow, Brier score", "overflow_brier", ""),
)
OLDER_BASELINE = "seasonal-naive"
"""What results were compared with that do not say it."""


def results(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((RESULTS / f"{name}.json").read_text("utf-8"))
    return loaded


def origin(document: dict[str, Any], command: str) -> str:
    machine = document["machine"]
    return (
        f"\n`{command}`, seed {document['seed']}, commit {document['commit'][:12]}, {machine['cores']} cores, "
        f"Python {machine['python']}.\n"
    )


def real_sets() -> str:
    document = results("real_sets")
    lines = ["| set | error on unseen days | model | baseline | | ratio |", "|---|---|---|---|---|---|"]
    for name, figure, meaning, opponent, named in FIGURES:
        found = document["sets"][name]
        baseline = named or found.get("against", OLDER_BASELINE)
        model, naive = found["metrics"][figure], found["baseline"][opponent]
        lines.append(f"| {name} | {meaning} | {model:.3g} | {naive:.3g} | {baseline} | {model / naive:.2f} |")
    return "\n".join(lines) + "\n" + origin(document, "python -m benchmarks.real_sets --data ../shared/data")


def first_day() -> str:
    document = results("first_day")
    lines = ["| step of `make demo` | s |", "|---|---|"]
    lines += [f"| {step} | {seconds} |" for step, seconds in document["steps_s"].items()]
    reached = document["reached"]
    lines.append(f"| whole command, first time / again | {reached['wall_s']} / {reached['again_wall_s']} |")
    return "\n".join(lines) + "\n" + origin(document, "python -m benchmarks.first_day")


def history() -> str:
    found = results("history")
    duck, pandera, week = found["peers"]["duckdb"], found["peers"]["pandera"], found["week"]
    rows_of = (
        (
            "wide CSV into checked, stored history, M values/s",
            found["wide_csv_values_per_s"] / 1e6,
            "DuckDB reading, casting and checking the same file",
            duck["wide_csv_values_per_s"] / 1e6,
        ),
        ("long CSV, M rows/s", found["rows_per_s"] / 1e6, "DuckDB", duck["rows_per_s"] / 1e6),
        (f"row rules of {pandera['rows'] / 1e6:.0f} M rows, s", pandera["ours_s"], "pandera", pandera["pandera_s"]),
    )
    lines = ["| all rules on | Chengyun | in the same run | |", "|---|---|---|---|"]
    lines += [f"| {what} | {own:.3g} | {peer} | {its:.3g} |" for what, own, peer, its in rows_of]
    touched = f"{week['files_touched']} of {week['files']} files opened"
    stored = f"{week['values'] / 1e6:.0f} M values of 5,000 detectors"
    lines.append(f"| one week out of {stored}, s | {week['week_read_s']:.2f} | {touched} | |")
    return "\n".join(lines) + "\n" + origin(found, "python -m benchmarks.history")


TABLES: dict[str, Callable[[], str]] = {"real_sets": real_sets, "first_day": first_day, "history": history} | {
    made.__name__: partial(made, RESULTS) for made in (forecasting, waste, choice, speed, signals, routes, serving)
}


def rendered(text: str) -> str:
    return BLOCK.sub(lambda block: block[1] + TABLES[block[2]]() + block[3], text)


def stale(paths: tuple[Path, ...] = READMES) -> list[Path]:
    return [path for path in paths if path.read_text("utf-8") != rendered(path.read_text("utf-8"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a README is out of date")
    old = stale()
    if parser.parse_args().check:
        print("\n".join(f"{path.name} is out of date" for path in old) or "The READMEs are current.")
        sys.exit(bool(old))
    for path in old:
        path.write_text(rendered(path.read_text("utf-8")), encoding="utf-8")
        print(f"Wrote {path.name}")


if __name__ == "__main__":
    main()
