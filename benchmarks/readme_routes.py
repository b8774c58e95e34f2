"""The README's table of routes on instances of the literature, from benchmarks/results/routing*.summary.json."""

import json
from pathlib import Path
from typing import Any, Final

SOLVERS: Final = ("city", "pyvrp", "vroom", "ortools")
NAMES: Final = ("Chengyun", "PyVRP", "VROOM", "OR-Tools")


def routes(folder: Path) -> str:
    paths = sorted(folder.glob("routing*.summary.json"))
    if not paths:
        return ""
    lines = ["| instances | " + " | ".join(NAMES) + " | target |", "|---" * (len(NAMES) + 2) + "|"]
    for path in paths:
        found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        lines += [_line(name, row) for name, row in found.items() if "to_best_peer_pct" in row]
        lines += [_kim(name, row) for name, row in found.items() if name.startswith("kim2006")]
    told = "Mean gap in per cent over all instances, to the best known or to PyVRP in the same run; every solution was "
    return "\n".join(lines) + f"\n\n{told}re-checked. `python -m benchmarks.routing --instances ... --seconds S`.\n"


def _line(name: str, row: dict[str, Any]) -> str:
    target, means = row["target"], row["reached"]["mean_gap_pct"]
    cells = " | ".join(f"{means[solver]:.2f}" if solver in means else "" for solver in SOLVERS)
    asked = f"{target['mean_gap_pct']:g} to {target['to'].replace('_', ' ')}"
    return f"| {name}, {row['reached']['instances']} files, {target['seconds']:g} s | {cells} | {asked} |"


def _kim(name: str, row: dict[str, Any]) -> str:
    reached = ", ".join(f"{key} {value}" for key, value in row["reached"].items() if not isinstance(value, dict | list))
    return f"| {name} | {reached} | | | | {'met' if row['met'] else 'open' if row['met'] is None else 'not met'} |"
