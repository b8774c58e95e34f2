"""Thirty simulated days of the demo city by our plans, beside fixed weekly rounds and fixed signal programs.

    .venv/bin/python -m benchmarks.simulate [--days 30] [--scale 1] [--seed 1] [--out FOLDER] [--no-sumo] [--json OUT]

The life is that of `city simulate` (docs/simulation.md); its report stays in --out if one is given. Seed 1 is reported;
everything was developed on others. Three peak hours are run in SUMO beside the queues that judge delay (extra `sim`).
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.results_file import write_results
from benchmarks.simulate_sumo import compared
from serving.simulation.document import document_of
from serving.simulation.life import cpu_seconds
from serving.simulation.living import Simulated, simulate
from serving.simulation.own_home import LifeSize
from serving.simulation.report import show_report, write_report
from serving.terminal import Terminal

MOST_WALL_S = 900


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=90, help="days that lie before")
    parser.add_argument("--route-seconds", type=float, default=LifeSize().route_seconds)
    parser.add_argument("--quick", action="store_true", help="train on fewer rows")
    parser.add_argument("--no-sumo", dest="sumo", action="store_false", help="leave the three hours in SUMO out")
    parser.add_argument("--out", type=Path, help="folder of the simulated city; default: one that is removed")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/simulate.json")
    asked = parser.parse_args()
    size = LifeSize(
        days=asked.days,
        scale=asked.scale,
        seed=asked.seed,
        history_days=asked.history,
        quick=asked.quick,
        route_seconds=asked.route_seconds,
    )
    with tempfile.TemporaryDirectory() as temporary:
        figures = measured(asked.out or Path(temporary), size, sumo=asked.sumo)
    config = {name: getattr(asked, name) for name in ("days", "scale", "history", "route_seconds", "quick")}
    write_results("simulate", figures, config=config, seed=asked.seed, out=asked.json)


def measured(out: Path, size: LifeSize, *, sumo: bool) -> dict[str, Any]:
    speak = Terminal()
    began, cpu_began = time.perf_counter(), cpu_seconds()
    done = simulate(out, size, progress=speak.progress)
    wall_s, cpu_s = time.perf_counter() - began, cpu_seconds() - cpu_began
    show_report(speak, done.scores, write_report(done.scores, out))
    document = document_of(done.scores)
    targets = done.scores.targets()
    return {
        "target": {one.name: one.wanted for one in targets} | {"wall_s": MOST_WALL_S},
        "reached": {one.name: one.figure for one in targets} | {"wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1)},
        "sumo": hours_in_sumo(done) if sumo else None,
        "rows": document.pop("days"),
        **{name: value for name, value in document.items() if name not in ("targets", "notes")},
    }


def hours_in_sumo(done: Simulated) -> list[dict[str, Any]]:
    rows = compared(done)
    print(f"\n{'peak hour':22}{'plans':9}{'vehicles':>9}{'queues, s':>11}{'SUMO, s':>9}{'difference':>12}")
    for row in rows:
        for policy in ("ours", "fixed"):
            one = row[policy]
            off = one["queues_s"] / one["sumo_s"] - 1
            print(
                f"{row['hour']:22}{policy:9}{row['vehicles']:9}{one['queues_s']:11.1f}{one['sumo_s']:9.1f}{off:+12.1%}"
            )
        shares = f"{row['queues_ratio']:.3f} in the queues, {row['sumo_ratio']:.3f} in SUMO"
        print(f"  ours over fixed: {shares}", file=sys.stdout)
    return rows


if __name__ == "__main__":
    main()
