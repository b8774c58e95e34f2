"""The routing benchmark's table for people: one line per instance and solver, over its seeds."""

from collections.abc import Mapping, Sequence
from typing import Any

HEAD = f"{'solver':9} {'cost':>12} {'vehicles':>8} {'gap %':>8} {'unserved':>8} {'violations':>10} {'CPU s':>7}"


def shown(entries: Sequence[Mapping[str, Any]]) -> None:
    """Print one instance. Several seeds: means of cost and gap, sums of what is broken."""
    first = entries[0]
    known = f", best known {first['best_known']:g}" if first["best_known"] is not None else ""
    unit = ", cost in miles" if first["kind"] == "kim2006" else ""
    size = f"{first['nodes']} places" if unit else f"{first['nodes'] - 1} customers"
    print(f"\n{first['instance']} ({first['kind']}, {size}{known}{unit})\n  {HEAD}", flush=True)
    for solver in dict.fromkeys(entry["solver"] for entry in entries):
        print(f"  {line([entry for entry in entries if entry['solver'] == solver])}", flush=True)


def line(runs: Sequence[Mapping[str, Any]]) -> str:
    cost, gap = (_mean([run[name] for run in runs if run[name] is not None]) for name in ("cost", "gap_pct"))
    vehicles = "/".join(str(count) for count in dict.fromkeys(run["vehicles"] for run in runs))
    unserved, violations = (sum(run[name] for run in runs) for name in ("unserved", "violations"))
    cpu = _mean([run["cpu_s"] for run in runs]) or 0.0
    said = [text for run in runs for text in (run["failure"], *run["violations_told"]) if text]
    return (
        f"{runs[0]['solver']:9} {_number(cost, 1):>12} {vehicles:>8} {_number(gap, 2):>8} {unserved:>8} "
        f"{violations:>10} {cpu:7.1f}" + (f"  {said[0]}" if said else "")
    )


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
