"""Scenarios measured: lineups simulated with every seed, and the figures of each controller's best variant."""

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.signals_lines import Lineup, Terms, lineup, runs_of
from benchmarks.signals_scenario import Scenario, counts_of
from benchmarks.signals_simulation import Outcome, run_all
from optimization.signals.sumo_net import RuleSet

OURS = ("fixed_plan", "fixed_plan_ungated", "planned_actuated")
WARM_S = 900
Entry = dict[str, Any]


def measured(arguments: argparse.Namespace, folder: Path, work: Path) -> list[Entry]:
    """All rule sets and scales of one scenario; their runs share the two processes."""
    scenario = Scenario.read(folder, work)
    counts = counts_of(scenario)
    lineups: dict[str, tuple[RuleSet, float, Lineup]] = {}
    runs = []
    for rules in map(RuleSet, arguments.rules):
        for scale in arguments.scale:
            label = f"{scenario.name} {rules} x{scale:g}"
            print(f"{label}: planning", file=sys.stderr, flush=True)
            terms = Terms(
                rules=rules, wanted=arguments.controllers, scale=scale, lefts=arguments.lefts,
                profile=arguments.profile, saturation_pcu_h=arguments.saturation, gate=arguments.gate,
            )  # fmt: skip
            given = lineup(scenario, counts, work, terms)
            lineups[label] = rules, scale, given
            warm_s = WARM_S if arguments.window == "warm" else 0
            runs += runs_of(scenario, given, arguments.seeds, scale=scale, warm_s=warm_s, label=label)
    done = 0

    def advance(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        told = f"{' '.join(outcome.key[1:])} seed {outcome.seed}: {outcome.delay_s:.1f} s"
        print(f"  [{done}/{len(runs)}] {outcome.key[0]}: {told}", file=sys.stderr, flush=True)

    outcomes = run_all(runs, advance)
    return [
        _entry(scenario.name, arguments, rules, scale, given, [o for o in outcomes if o.key[0] == label])
        for label, (rules, scale, given) in lineups.items()
    ]


def _entry(
    name: str, arguments: argparse.Namespace, rules: RuleSet, scale: float, given: Lineup, outcomes: list[Outcome]
) -> Entry:
    findings = {(one.controller, one.variant): one.findings for one in given.candidates}
    controllers = {
        controller: best
        for controller in arguments.controllers
        if (best := _best([o for o in outcomes if o.key[1] == controller], findings)) is not None
    }
    ours = [controllers[controller] for controller in OURS if controller in controllers]
    return {
        "scenario": name,
        "rules": str(rules),
        "scale": scale,
        "lefts": arguments.lefts,
        "violations": sum(one["violations"] + len(one["findings"]) for one in ours),
        "controllers": controllers,
        "plan": {
            "cpu_s": given.plan_cpu_s,
            "wall_s": given.plan_wall_s,
            "junctions": len(given.net.junctions),
            "refused": len(given.net.refused),
            "said": list(given.said),
            "gate": {name: {one: list(delays) for one, delays in lines} for name, lines in given.gate.items()},
        },
    }


def _best(outcomes: list[Outcome], findings: dict[tuple[str, str], tuple[str, ...]]) -> Entry | None:
    variants: dict[str, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.seed):
        variants.setdefault(outcome.key[2], []).append(outcome)
    if not variants:
        return None
    medians = {variant: statistics.median(o.delay_s for o in own) for variant, own in variants.items()}
    chosen = min(medians, key=lambda variant: medians[variant])
    own = variants[chosen]
    delays = [o.delay_s for o in own]
    return {
        "seeds": {str(o.seed): o.delay_s for o in own},
        "median": round(medians[chosen], 3),
        "worst": max(delays),
        "mean": round(statistics.fmean(delays), 3),
        "p95": round(statistics.fmean(o.p95_s for o in own), 2),
        "stops": round(statistics.fmean(o.stops for o in own), 3),
        "unfinished": round(statistics.fmean(o.unfinished for o in own), 1),
        "violations": sum(o.violations for o in own),
        "findings": list(findings[own[0].key[1], chosen]),
        "said": list(dict.fromkeys(sentence for o in own for sentence in o.said))[:8],
        "variant": chosen,
        "variants": {variant: round(median, 3) for variant, median in medians.items()},
    } | _on_foot(own)


def _on_foot(outcomes: list[Outcome]) -> Entry:
    """Mean wait of people on foot, where the scenario has any."""
    waits = {str(o.seed): o.walk_wait_s for o in outcomes if o.walk_wait_s is not None}
    if not waits:
        return {}
    mean = statistics.fmean(waits.values())
    return {"walk_wait_s": round(mean, 3), "walk_seeds": waits, "walks": sum(o.walks for o in outcomes)}
