"""How long the demo city's first day takes, step by step, and how good its forecasts are.

    .venv/bin/python -m benchmarks.first_day [--scale 1] [--days 90] [--json OUT]

Runs `city demo --no-serve` in a home of its own, twice: the second run shows what is reused.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.results_file import write_results


def run(home: Path, scale: float, days: int) -> tuple[dict[str, Any], float]:
    """The demo's own report, and the wall clock around the whole command, s."""
    command = [Path(sys.executable).parent / "city", "--home", home, "demo", "--no-serve", "--json"]
    started = time.perf_counter()
    done = subprocess.run(
        [str(part) for part in (*command, "--scale", scale, "--days", days)], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout), time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results/first_day.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        report, wall_s = run(Path(temporary), arguments.scale, arguments.days)
        again, again_s = run(Path(temporary), arguments.scale, arguments.days)
    for step, seconds in report["seconds"].items():
        print(f"  {step:<24}{seconds:>8.1f} s{again['seconds'][step]:>8.1f} s again")
    print(f"  {'the whole command':<24}{wall_s:>8.1f} s{again_s:>8.1f} s again")
    figures = {
        "target": {"wall_s": 180},
        "reached": {"wall_s": round(wall_s, 1), "again_wall_s": round(again_s, 1)},
        "steps_s": {step: round(seconds, 1) for step, seconds in report["seconds"].items()},
        "rows": {feed["feed"]: feed["read"] for feed in report["feeds"]},
        "trained": [
            {name: trained[name] for name in ("name", "rows", "seconds", "metrics", "baseline", "reason")}
            for trained in report["trained"]
        ],
    }
    config = {"scale": arguments.scale, "days": arguments.days}
    write_results("first_day", figures, config=config, seed=1, out=arguments.json)


if __name__ == "__main__":
    main()
