"""The issue's target lines over all instances of one run of benchmarks.routing.

A line speaks of one kind and one range of sizes, whatever the instances are called. A mean is one over instances of
means over seeds. A line is open while a peer that it needs was not run, or the budget was not the one it is set for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.routing_entries import complete

Entry = Mapping[str, Any]
Row = dict[str, Any]
OURS: Final = "city"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Instances of `kind` with `least` to `most` nodes, depot included; `gap` is the largest mean allowed, percent."""

    name: str
    kind: str
    least: int
    most: int
    seconds: float
    gap: float
    gap_to: str = "best_known"
    no_worse_than: str | None = None

    def budget(self, entries: Sequence[Entry]) -> list[str]:
        return _other_budgets(entries, self.seconds)

    def speaks_of(self, entry: Entry) -> bool:
        return bool(entry["kind"] == self.kind and self.least <= entry["nodes"] <= self.most)


MANY: Final = 10**9
# Between two sizes that the issue names, an instance belongs to the one that it is nearer to by factor.
LINES: Final = (
    Line(name="cvrp, n <= 200", kind="cvrp", least=0, most=200, seconds=10, gap=0.3, no_worse_than="pyvrp"),
    Line(name="cvrp, n ~ 500", kind="cvrp", least=201, most=707, seconds=30, gap=0.2, no_worse_than="pyvrp"),
    Line(name="cvrp, n ~ 1000", kind="cvrp", least=708, most=MANY, seconds=30, gap=1.9, no_worse_than="pyvrp"),
    Line(name="vrptw, n <= 100 (Solomon)", kind="vrptw", least=0, most=150, seconds=10, gap=0.3, gap_to="pyvrp"),
    Line(name="vrptw, n >= 200 (Homberger)", kind="vrptw", least=151, most=MANY, seconds=30, gap=0.5, gap_to="pyvrp"),
    Line(name="multitrip", kind="multitrip", least=0, most=MANY, seconds=30, gap=1.0),
)
KIM_277: Final = {"nodes": 277, "miles": 450.0, "trucks": 3}
KIM_BETTER_PCT: Final = 5.0
KIM_S: Final = 60.0


def summary_of(entries: Sequence[Entry]) -> dict[str, Row]:
    """By line: target, what was reached, what is lacking for a judgement, and whether it is met."""
    found = {line.name: row for line in LINES if (row := _gap_row(line, entries)) is not None}
    kim = [entry for entry in entries if entry["kind"] == "kim2006"]
    for name, row_of in (("kim2006, 277 stops", _kim_277), ("kim2006, more than 277 stops", _kim_large)):
        if (row := row_of(kim)) is not None:
            found[name] = row
    ours = [entry for entry in entries if entry["solver"] == OURS]
    if ours:
        broken = {name: sum(int(entry[name]) for entry in ours) for name in ("violations", "unserved")}
        broken["failed"] = sum(entry["cost"] is None for entry in ours)
        found["every rule kept, everybody served"] = _row(
            target=dict.fromkeys(broken, 0), reached=broken, met=not any(broken.values())
        )
    return found


def _row(*, target: Row, reached: Row, met: bool | None, lacking: Sequence[str] = ()) -> Row:
    return {"target": target, "reached": reached, "met": met, "lacking": list(lacking)}


def _gap_row(line: Line, entries: Sequence[Entry]) -> Row | None:
    judged = [entry for entry in entries if line.speaks_of(entry)]
    if not judged:
        return None
    means = {solver: _mean_gap(judged, solver) for solver in dict.fromkeys(str(entry["solver"]) for entry in judged)}
    told_means = {solver: round(mean, 4) for solver, mean in means.items() if mean is not None}
    ours = means.get(OURS)
    against = means.get(line.no_worse_than) if line.no_worse_than else None
    lacking = _lacking(line, judged, told_means)
    within = ours is not None and ours <= line.gap and (against is None or ours <= against)
    return {
        **_row(
            target={
                "mean_gap_pct": line.gap,
                "to": line.gap_to,
                "no_worse_than": line.no_worse_than,
                "seconds": line.seconds,
            },
            reached={"mean_gap_pct": told_means, "instances": len({str(entry["instance"]) for entry in judged})},
            # A gap that is too large stays so whoever else runs, but not in another time.
            met=None if line.budget(judged) or (lacking and (within or ours is None)) else within,
            lacking=[*lacking, *line.budget(judged)],
        ),
        "to_best_peer_pct": {solver: _over_best_peer(judged, solver) for solver in means},
    }


def _lacking(line: Line, judged: Sequence[Entry], means: Mapping[str, float]) -> list[str]:
    needed = dict.fromkeys(name for name in (OURS, line.no_worse_than, *_peer(line)) if name)
    run = {str(entry["solver"]) for entry in judged}
    lacking = [f"{name} was not run" for name in needed if name not in run]
    lacking += [f"{name} has no gap on any instance" for name in needed if name in run and name not in means]
    return lacking


def _peer(line: Line) -> tuple[str, ...]:
    return (line.gap_to,) if line.gap_to != "best_known" else ()


def _mean_gap(entries: Sequence[Entry], solver: str) -> float | None:
    """None where one of its runs has no gap: a mean over what went well would flatter."""
    runs = [entry for entry in entries if entry["solver"] == solver]
    gaps = _by_instance(runs, lambda entry: entry["gap_pct"])
    return None if any(None in values for values in gaps.values()) else _mean_of_means(gaps)


def _over_best_peer(entries: Sequence[Entry], solver: str) -> float | None:
    """Percent above the best solution that any other solver found on the instance in this run."""
    others = _by_instance([e for e in entries if e["solver"] != solver and complete(e)], lambda entry: entry["cost"])
    own = _by_instance([e for e in entries if e["solver"] == solver and complete(e)], lambda entry: entry["cost"])
    gaps = {name: [(cost / min(others[name]) - 1) * 100 for cost in costs]
            for name, costs in own.items() if name in others}  # fmt: skip
    mean = _mean_of_means(gaps)
    return None if mean is None else round(mean, 4)


def _by_instance(entries: Sequence[Entry], value: Callable[[Entry], Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for entry in entries:
        found.setdefault(str(entry["instance"]), []).append(value(entry))
    return found


def _mean_of_means(values: Mapping[str, Sequence[float]]) -> float | None:
    means = [sum(each) / len(each) for each in values.values()]
    return sum(means) / len(means) if means else None


def _kim_277(kim: Sequence[Entry]) -> Row | None:
    runs = [entry for entry in kim if entry["nodes"] == KIM_277["nodes"] and entry["solver"] == OURS]
    if not runs:
        return None
    served = all(map(complete, runs))
    trucks = max(int(entry["vehicles"]) for entry in runs)
    miles = _mean_of_means({"277": [entry["cost"] for entry in runs]}) if served else None
    met = miles is not None and miles <= KIM_277["miles"] and trucks <= KIM_277["trucks"]
    lacking = _other_budgets(runs, KIM_S)
    target = {"miles": KIM_277["miles"], "trucks": KIM_277["trucks"], "seconds": KIM_S}
    reached = {"miles": miles, "trucks": trucks, "complete": served}
    return _row(target=target, reached=reached, met=None if lacking else met, lacking=lacking)


def _kim_large(kim: Sequence[Entry]) -> Row | None:
    """Fewer trucks than OR-Tools alone is better whatever the miles; with as many, the miles decide."""
    large = [entry for entry in kim if entry["nodes"] > KIM_277["nodes"]]
    ours = {str(entry["instance"]) for entry in large if entry["solver"] == OURS}
    if not ours:
        return None
    compared = {name: _against_ortools([entry for entry in large if entry["instance"] == name]) for name in ours}
    lacking = [f"ortools was not run on {name}" for name, row in sorted(compared.items()) if row is None]
    lacking += _other_budgets(large, KIM_S)
    met = all(row["met"] for row in compared.values() if row is not None)
    reached = {name: row for name, row in sorted(compared.items()) if row is not None}
    target = {"better_pct": KIM_BETTER_PCT, "seconds": KIM_S}
    return _row(target=target, reached=reached, met=None if lacking else met, lacking=lacking)


def _against_ortools(runs: Sequence[Entry]) -> Row | None:
    ours, theirs = ([e for e in runs if e["solver"] == solver] for solver in (OURS, "ortools"))
    if not theirs:
        return None
    served = all(map(complete, ours))
    if not served or not all(map(complete, theirs)):
        # Whom the peer cannot serve is one more reason to use ours, but no percentage.
        return {"better_pct": None, "complete": served, "met": served}
    trucks, their_trucks = (_mean_of_means({"": [e["vehicles"] for e in group]}) or 0.0 for group in (ours, theirs))
    miles, their_miles = (_mean_of_means({"": [e["cost"] for e in group]}) or 0.0 for group in (ours, theirs))
    better = (1 - miles / their_miles) * 100
    met = trucks < their_trucks or (trucks == their_trucks and better >= KIM_BETTER_PCT)
    return {"better_pct": round(better, 2), "trucks": trucks, "ortools_trucks": their_trucks, "complete": True,
            "met": met}  # fmt: skip


def _other_budgets(runs: Sequence[Entry], expected_s: float) -> list[str]:
    budgets = sorted({float(entry["seconds"]) for entry in runs} - {expected_s})
    return [f"it ran {seconds:g} s, the target is set for {expected_s:g} s" for seconds in budgets]


def told(summary: Mapping[str, Row]) -> list[str]:
    """Sentences for people."""
    lines = []
    for name, row in summary.items():
        met = {True: "met", False: "not met", None: "open: " + "; ".join(row["lacking"])}[row["met"]]
        lines.append(f"{name}: {_reached(row)} ({met})")
    return lines


def _reached(row: Row) -> str:
    target, reached = row["target"], row["reached"]
    if "mean_gap_pct" in target:
        gaps = ", ".join(f"{solver} {gap:.2f} %" for solver, gap in reached["mean_gap_pct"].items()) or "no gap"
        count = reached["instances"]
        than = f" and {target['no_worse_than']}'s" if target["no_worse_than"] else ""
        to = target["to"].replace("_", " ")
        return f"mean gap to {to} {gaps}, {count} instance(s); target <= {target['mean_gap_pct']:g} %{than}"
    if "miles" in target:
        miles = "not all served" if reached["miles"] is None else f"{reached['miles']:.1f} miles"
        return f"{miles}, {reached['trucks']} trucks; target <= {target['miles']:g} with {target['trucks']}"
    if "better_pct" in target:
        each = ", ".join(f"{name} {_better(one)}" for name, one in reached.items())
        return f"{each or 'nothing to compare'}; target {target['better_pct']:g} % fewer miles than OR-Tools alone"
    return ", ".join(f"{count} {name}" for name, count in reached.items())


def _better(one: Row) -> str:
    if one["better_pct"] is None:
        return "all served, not so OR-Tools" if one["complete"] else "not all served"
    return f"{one['better_pct']:+.1f} % with {one['trucks']:g} trucks against {one['ortools_trucks']:g}"
