"""What can break around the service, broken: does it keep answering, say so, recover, and lose nothing acknowledged?

    .venv/bin/python -m benchmarks.serving_faults [--home DIR] [--only worker_killed,...] [--kills 100] [--seed 1]
        [--json OUT]

Each fault befalls a real service over loopback HTTP on a copy of a small demo home (benchmarks/serving_faults_rows.py);
then the service is killed -9 at random moments of approving, publishing and drivers' reports (serving_kills.py).
Without --home a demo city is built (2 min).
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.results_file import write_results
from benchmarks.serving_faults_city import fault_city
from benchmarks.serving_faults_rows import NAMES, befall_all
from benchmarks.serving_kills import kill_rounds

TARGET = {
    "keeps_answering": "every stored document, through every fault",
    "says_so": "each fault in readiness, status, models, or in what is refused",
    "recovers": "each, without a restart by hand",
    "lost": 0,
    "kills": 100,
    "lost_or_half_done_after_kills": 0,
}
KILLS = "kills"


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    wanted = arguments.only.split(",") if arguments.only else [*NAMES, KILLS]
    with tempfile.TemporaryDirectory(prefix="city-faults-") as scratch:
        city = fault_city(arguments.home, Path(scratch))
        rows = befall_all(city, [name for name in wanted if name in NAMES], Path(scratch))
        kills = kill_rounds(city, kills=arguments.kills, seed=arguments.seed) if KILLS in wanted else None
    reached: dict[str, Any] = {
        "keeps_answering": all(row["kept_answering"] for row in rows),
        "says_so": all(row["said_so"] for row in rows),
        "recovers": all(row["recovered"] for row in rows),
        "lost": sum(row["lost"] for row in rows),
    }
    if kills is not None:
        reached |= {"kills": kills["kills"], "lost_or_half_done_after_kills": len(kills["faults"])}
    return {"target": TARGET, "reached": reached, "rows": rows, "kills": kills}


def show(found: dict[str, Any]) -> None:
    print(f"{'fault':<22}{'answers':>8}{'says so':>9}{'recovers':>10}{'after s':>9}  said")
    for row in found["rows"]:
        marks = [("no", "yes")[bool(row[name])] for name in ("kept_answering", "said_so", "recovered")]
        print(
            f"{row['fault']:<22}{marks[0]:>8}{marks[1]:>9}{marks[2]:>10}{row['recovered_s']:>9.1f}  {row['said'][:90]}"
        )
    if found["kills"] is not None:
        kills = found["kills"]
        print(
            f"{kills['kills']} kills: {kills['acknowledged_steps']} steps and {kills['acknowledged_reports']} reports "
            f"acknowledged, {kills['requests_in_doubt']} requests in doubt, {len(kills['faults'])} faults"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a demo home that was built before; it is copied")
    parser.add_argument("--only", help=f"of: {', '.join([*NAMES, KILLS])}")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measured(arguments)
    show(found)
    config = {"only": arguments.only, "kills": arguments.kills}
    write_results("serving_faults", found, config=config, seed=arguments.seed, out=arguments.json)


if __name__ == "__main__":
    main()
