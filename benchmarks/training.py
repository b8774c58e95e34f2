"""How large a history trains in how much memory: generated counts, the product's own reading and training.

    .venv/bin/python -m benchmarks.training [--rows 100000000] [--detectors 960] [--quick] [--folder DIR] [--json OUT]
    .venv/bin/python -m benchmarks.training --part tick [--quick]

Counts of 15 minutes are written week by week through the store, then read and learned from in a process of its own,
whose peak memory counts. With `--folder` the history is kept there and used again. The part `tick` takes six weeks of
500 detectors and measures what the next 24 hours of all of them take, from the files of the model and the stored
counts to the forecast's rows.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results_file import write_results
from benchmarks.training_history import FIRST, WEEK_SLOTS, known_until, new_history, write
from city.settings import Settings
from city.store import History
from features.arrays import DAY_S
from models.congestion import answer_of, course_of, learners_of, question_at
from models.congestion_ladder import CHAMPION, Kept
from models.congestion_model import CongestionModel
from models.congestion_training import teach

TARGETS: dict[str, dict[str, float]] = {
    "size": {"rows": 100_000_000, "detectors": 960, "peak_mb": 8_000},
    "tick": {"rows": 500 * 6 * WEEK_SLOTS, "detectors": 500, "tick_wall_s": 2.0},
}
TICKS = 5


def spent(started: tuple[float, float]) -> dict[str, float]:
    wall, cpu = started
    return {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def now() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def train(folder: Path, as_of: datetime, *, quick: bool, seed: int) -> dict[str, Any]:
    """Everything that training does short of the registry."""
    history = new_history(folder)
    started = now()
    course = course_of(history, as_of=as_of, days=(as_of - FIRST).days + 1)
    read = spent(started)
    cells = sum(int(np.isfinite(values).sum()) for values in course.traffic.values.values())
    settings = replace(Settings.from_environment({"CITY_HOME": str(folder)}), seed=seed)
    started = now()
    taught = teach(course, learners_of(course, settings, quick=quick), cutoff=as_of.isoformat())
    judged = taught.judged["flow"]
    error = np.abs(judged.truth - judged.said[:, 1]).mean()
    best = np.abs(judged.truth - judged.baselines[judged.best][:, 1]).mean()
    gate = {"mae": round(float(error), 2), "best_baseline": judged.best, "baseline_mae": round(float(best), 2)}
    found = {"read": read, "train": spent(started), "learned_cells": cells, "gate": gate}
    with tempfile.TemporaryDirectory(prefix="city-model-") as scratch:
        taught.model.save(Path(scratch) / "model")
        return found | {"tick": tick(Path(scratch) / "model", history, as_of)}


def tick(model: Path, history: History, as_of: datetime) -> dict[str, Any]:
    """The next 24 hours of all detectors from the files of the model and the stored counts: the median of a few."""
    runs = sorted((one_tick(model, history, as_of) for _ in range(TICKS)), key=lambda run: float(run["cpu_s"]))
    return runs[len(runs) // 2]


def one_tick(model: Path, history: History, as_of: datetime) -> dict[str, Any]:
    began = now()
    kept = (Kept(rung=CHAMPION, label="taught", model=CongestionModel.load(model), reason=""),)
    load, started = spent(began), now()
    question = question_at(history, kept, issued_at=as_of, horizon_s=DAY_S)
    read, started = spent(started), now()
    answer = answer_of(question, kept, issued_at=as_of)
    stages = {"load": load["cpu_s"], "read": read["cpu_s"], "forecast": spent(started)["cpu_s"]}
    return spent(began) | {"stages_cpu_s": stages, "rows": answer.forecasts.height, "rung": answer.rung}


def report(folder: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    expected = {"rows": arguments.rows, "detectors": arguments.detectors, "seed": arguments.seed}
    marker = folder / "generated.json"
    if not marker.is_file() or json.loads(marker.read_text(encoding="utf-8")) != expected:
        started = now()
        write(new_history(folder), detectors=arguments.detectors, rows=arguments.rows, seed=arguments.seed)
        marker.write_text(json.dumps(expected), encoding="utf-8")
        print(f"{arguments.rows:,} rows written: {spent(started)}")
    command = [sys.executable, "-m", "benchmarks.training", "--child", "--folder", str(folder)]
    command += [f"--{name}={value}" for name, value in expected.items()]
    done = subprocess.run(
        [*command, *(["--quick"] if arguments.quick else [])], stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    peak_mb = max(found["read"]["peak_mb"], found["train"]["peak_mb"])
    reached = {"rows": arguments.rows, "detectors": arguments.detectors}
    tick_s = {f"tick_{name}": found["tick"][name] for name in ("wall_s", "cpu_s")}
    reached |= {"peak_mb": peak_mb} if arguments.part == "size" else tick_s
    return {"rows": arguments.rows, **found, "target": TARGETS[arguments.part], "reached": reached}


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=tuple(TARGETS), default="size")
    parser.add_argument("--rows", type=int, help="generated; default: the target's")
    parser.add_argument("--detectors", type=int, help="default: the target's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="less work per learner")
    parser.add_argument("--folder", type=Path, help="where the generated history is kept; default: nowhere")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    arguments.rows = arguments.rows or int(TARGETS[arguments.part]["rows"])
    arguments.detectors = arguments.detectors or int(TARGETS[arguments.part]["detectors"])
    if arguments.child:
        as_of = known_until(arguments.detectors, arguments.rows)
        print(json.dumps(train(arguments.folder, as_of, quick=arguments.quick, seed=arguments.seed)))
        return 0
    with tempfile.TemporaryDirectory(prefix="city-training-") as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        found = report(folder, arguments)
    for name in ("read", "train", "tick"):
        one = found[name]
        print(f"{name:<6} {one['wall_s']:>8.1f} s wall {one['cpu_s']:>8.1f} s CPU, peak {one['peak_mb']:>6} MB")
    print("a tick's CPU seconds: " + ", ".join(f"{name} {cpu}" for name, cpu in found["tick"]["stages_cpu_s"].items()))
    gate = found["gate"]
    print(
        f"{found['rows']:,} rows, newest {found['learned_cells']:,} learned from; MAE on the gate {gate['mae']}, ",
        end="",
    )
    print(f"{gate['best_baseline']} {gate['baseline_mae']}")
    name = f"training_{arguments.part}"
    config = {"rows": arguments.rows, "detectors": arguments.detectors, "quick": arguments.quick}
    write_results(name, found, config=config, seed=arguments.seed, out=arguments.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
