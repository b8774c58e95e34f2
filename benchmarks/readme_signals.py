"""The README's table of simulated signal plans, from benchmarks/results/signals.json."""

import json
from pathlib import Path
from typing import Any, Final

CONTROLLERS: Final = (
    ("own", "own program"),
    ("webster", "Webster + offsets"),
    ("maxpressure", "MaxPressure"),
    ("fixed_plan_ungated", "fixed plan"),
    ("fixed_plan", "fixed plan, gate"),
    ("planned_actuated", "plan run by traffic, gate"),
)


def signals(folder: Path) -> str:
    path = folder / "signals.json"
    if not path.is_file():
        return ""
    entries: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    names = " | ".join(name for _, name in CONTROLLERS)
    lines = [f"| scenario, rules | {names} |", "|---" * (len(CONTROLLERS) + 1) + "|"]
    for entry in entries:
        found = entry["controllers"]
        medians = " | ".join(f"{found[one]['median']:.1f}" if one in found else "" for one, _ in CONTROLLERS)
        lines.append(f"| {entry['scenario']}, {entry['rules']} | {medians} |")
    violations = sum(entry["violations"] for entry in entries)
    first = entries[0]
    seeds = ",".join(first["controllers"]["own"]["seeds"])
    told = f"{violations} violations. `python -m benchmarks.signals --scenario DIR ... --seeds {seeds}`"
    return "\n".join(lines) + f"\n\n{told}, commit {first['commit'][:12]}.\n"
