"""The issue's target lines over all scenarios of one run of benchmarks.signals: geometric means and the worst.

A ratio is one of medians over seeds, of one scenario, rule set and scale; `worst` is the largest of them. Lines without
runs are left out: the scales 0.8 and 1.2 need `--scale`, the worst seed is meant for ten seeds.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Entry = Mapping[str, Any]
Ratio = Callable[[Entry], float | None]
BEST_OTHERS: Final = ("webster", "sumo_webster")
OURS: Final = ("fixed_plan", "planned_actuated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`most` bounds the geometric mean, `most_worst` every single ratio; None where the issue sets no bound.

    Without a run of all that it `needs`, each with `seeds` at least, a line can be missed but not met.
    """

    name: str
    ratio: Ratio
    rules: tuple[str, ...] = ("published", "completed")
    scale: float = 1.0
    lefts: str = "keep"
    most: float | None = None
    most_worst: float | None = None
    needs: tuple[str, ...] = ()
    seeds: int = 1

    def lacks(self, entry: Entry) -> list[str]:
        found = entry["controllers"]
        absent = [f"{name} was not run" for name in self.needs if name not in found]
        short = [name for name in self.needs if name in found and len(found[name]["seeds"]) < self.seeds]
        return absent + [f"{name} ran with fewer than {self.seeds} seeds" for name in short]

    def speaks_of(self, entry: Entry) -> bool:
        here = (entry["rules"] in self.rules, entry["lefts"] == self.lefts, entry["scale"] == self.scale)
        return all(here)


def _over(ours: str, others: Sequence[str], figure: str = "median") -> Ratio:
    def ratio(entry: Entry) -> float | None:
        found = entry["controllers"]
        known = [found[name][figure] for name in others if figure in found.get(name, ())]
        if figure not in found.get(ours, ()) or not known:
            return None
        return float(found[ours][figure] / max(min(known), 1e-9))

    return ratio


def _worst_seed(controller: str) -> Ratio:
    def ratio(entry: Entry) -> float | None:
        own = entry["controllers"].get(controller)
        return float(own["worst"] / max(own["median"], 1e-9)) if own is not None and len(own["seeds"]) > 1 else None

    return ratio


_FIXED_OWN = _over("fixed_plan", ("own",))
_RULES = ("published", "completed")
LINES: Final = (
    Line(
        name="headline: fixed plan / best of webster and SUMO's tools, completed", rules=("completed",),
        ratio=_over("fixed_plan", BEST_OTHERS), most=0.85, most_worst=1.0, needs=BEST_OTHERS,
    ),
    Line(
        name="fixed plan / own program, completed", rules=("completed",), ratio=_FIXED_OWN, most=0.65, most_worst=0.90
    ),
    Line(name="fixed plan / own program, published", rules=("published",), ratio=_FIXED_OWN, most=0.56),
    *(
        Line(
            name=f"fixed plan / own program, {rules}, lefts may drop", rules=(rules,), lefts="may_drop",
            ratio=_FIXED_OWN,
        )
        for rules in _RULES
    ),
    *(
        Line(
            name=f"planned actuated / MaxPressure, {rules}", rules=(rules,), most=1.10,
            ratio=_over("planned_actuated", ("maxpressure",)),
        )
        for rules in _RULES
    ),
    *(
        Line(
            name=f"wait on foot: fixed plan / own program, {rules}", rules=(rules,), most=1.0,
            ratio=_over("fixed_plan", ("own",), "walk_wait_s"),
        )
        for rules in _RULES
    ),
    *(
        Line(
            name=f"worst seed / median, {name}, {rules}", rules=(rules,), ratio=_worst_seed(name), most_worst=1.3,
            needs=(name,), seeds=10,
        )
        for name in OURS
        for rules in _RULES
    ),
    *(
        Line(
            name=f"fixed plan / own program, {rules}, demand x{scale:g}", rules=(rules,), scale=scale,
            ratio=_FIXED_OWN, most_worst=0.80,
        )
        for scale in (0.8, 1.2)
        for rules in _RULES
    ),
)  # fmt: skip


def summary_of(entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
    """By line: target, what was reached, and on which scenario it is worst; and the violations of all that came out."""
    found = {line.name: row for line in LINES if (row := _row(line, entries)) is not None}
    violations = sum(int(entry["violations"]) for entry in entries)
    found["violations"] = {"target": {"sum": 0}, "reached": {"sum": violations}, "met": violations == 0}
    return found


def _row(line: Line, entries: Iterable[Entry]) -> dict[str, Any] | None:
    judged = [entry for entry in entries if line.speaks_of(entry) and line.ratio(entry) is not None]
    ratios = [(ratio, str(entry["scenario"])) for entry in judged if (ratio := line.ratio(entry)) is not None]
    if not ratios:
        return None
    lacking = list(dict.fromkeys(said for entry in judged for said in line.lacks(entry)))
    mean = math.exp(sum(math.log(max(ratio, 1e-9)) for ratio, _ in ratios) / len(ratios))
    worst, where = max(ratios)
    target = {"geometric_mean": line.most, "worst": line.most_worst}
    bounds = [bound for bound in ((mean, line.most), (worst, line.most_worst)) if bound[1] is not None]
    within = all(reached <= most for reached, most in bounds if most is not None)
    return {
        "target": {name: bound for name, bound in target.items() if bound is not None},
        "reached": {"geometric_mean": round(mean, 4), "worst": round(worst, 4)},
        "met": None if not bounds or (within and lacking) else within,
        "lacking": lacking,
        "worst_scenario": where,
        "scenarios": len(ratios),
    }


def told(summary: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Sentences for people."""
    lines = []
    for name, row in summary.items():
        lacking = ", ".join(row.get("lacking", ()))
        met = {True: "met", False: "not met", None: f"open: {lacking}" if lacking else "no target"}[row["met"]]
        if "sum" in row["reached"]:
            lines.append(f"{name}: {row['reached']['sum']} ({met})")
            continue
        target, reached = row["target"], row["reached"]
        mean = f"{reached['geometric_mean']:.3f}" + _bound(target.get("geometric_mean"))
        worst = f"worst {reached['worst']:.3f}" + _bound(target.get("worst"))
        count = f"{row['scenarios']} scenario" + ("s" if row["scenarios"] > 1 else "")
        lines.append(f"{name}: {mean}, {worst} at {row['worst_scenario']}, {count} ({met})")
    return lines


def _bound(most: float | None) -> str:
    return "" if most is None else f" (<= {most:g})"
