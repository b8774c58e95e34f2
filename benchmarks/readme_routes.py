"""The README's tables of routes on instances of the literature, from benchmarks/results/routing*.json."""

import json
from pathlib import Path
from typing import Any, Final

SOLVERS: Final = {"city": "Chengyun", "pyvrp": "PyVRP", "vroom": "VROOM", "ortools": "OR-Tools"}
Entry = dict[str, Any]


def routes(folder: Path) -> str:
    """Mean gaps by line of target, then every instance that nobody states a best known for in this form (Kim 2006)."""
    paths = sorted(folder.glob("routing*.summary.json"))
    if not paths:
        return ""
    summaries = [json.loads(path.read_text("utf-8")) for path in paths]
    lines = ["| instances | " + " | ".join(SOLVERS.values()) + " | target |", "|---" * (len(SOLVERS) + 2) + "|"]
    for found in summaries:
        lines += [_line(name, row) for name, row in found["summary"].items() if "to_best_peer_pct" in row]
    told = (
        "Mean gap in per cent, to the best known or to PyVRP in the same run; CPU seconds of one core, each solution "
        "re-checked."
    )
    commits = ", ".join(dict.fromkeys(found["commit"][:12] for found in summaries))
    command = f"`python -m benchmarks.routing --instances ... --seconds S`, seed 1, commit {commits}."
    return "\n".join(lines) + f"\n\n{told}\n{_kim(folder)}\n{command}\n"


def _line(name: str, row: Entry) -> str:
    target, means = row["target"], row["reached"]["mean_gap_pct"]
    cells = " | ".join(f"{means[solver]:.2f}" if solver in means else "" for solver in SOLVERS)
    asked = f"{target['mean_gap_pct']:g} to {target['to'].replace('_', ' ')}"
    return f"| {name}, {row['reached']['instances']} files, {target['seconds']:g} s | {cells} | {asked} |"


def _kim(folder: Path) -> str:
    """Miles and trucks of the waste instances, ours beside OR-Tools alone on the same model of the day."""
    entries = [
        entry
        for path in sorted(folder.glob("routing*.json"))
        if not path.name.endswith(".summary.json")
        for entry in json.loads(path.read_text("utf-8"))
        if entry["kind"] == "kim2006"
    ]
    if not entries:
        return ""
    names = sorted({entry["instance"] for entry in entries}, key=lambda name: int(name.split("_")[0]))
    lines = ["", "| waste collection (Kim 2006) | Chengyun | OR-Tools alone |", "|---|---|---|"]
    for name in names:
        cells = " | ".join(_miles(entries, name, solver) for solver in ("city", "ortools"))
        lines.append(f"| {name.split('_')[0]} stops, {entries[0]['seconds']:g} s | {cells} |")
    return "\n".join(lines) + "\n"


def _miles(entries: list[Entry], name: str, solver: str) -> str:
    runs = [entry for entry in entries if (entry["instance"], entry["solver"]) == (name, solver)]
    if not runs or runs[0]["cost"] is None:
        return ""
    run = runs[0]
    unserved = f", {run['unserved']} not served" if run["unserved"] else ""
    return f"{run['cost']:.1f} miles, {run['vehicles']} trucks{unserved}"
