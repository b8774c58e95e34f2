"""The figures of benchmarks.signals for people."""

from collections.abc import Sequence
from typing import Any

Entry = dict[str, Any]
SAID = 3


def shown(entries: Sequence[Entry]) -> None:
    for entry in entries:
        plan = entry["plan"]
        print(
            f"\n{entry['scenario']}, {entry['rules']}, demand x{entry['scale']:g}, lefts {entry['lefts']}: "
            f"{plan['junctions']} junctions planned in {plan['cpu_s']} CPU-s, {plan['refused']} refused, "
            f"{entry['violations']} violations"
        )
        print(
            f"  {'controller':<18}{'median':>8}{'worst':>8}{'p95':>8}{'stops':>7}{'left':>7}{'viol':>6}  variant, seeds"
        )
        for name, own in entry["controllers"].items():
            seeds = " ".join(f"{delay:.1f}" for delay in own["seeds"].values())
            print(
                f"  {name:<18}{own['median']:>8.1f}{own['worst']:>8.1f}{own['p95']:>8.1f}{own['stops']:>7.2f}"
                f"{own['unfinished']:>7.0f}{own['violations']:>6}  {own['variant']} [{seeds}]"
            )
        walked = {name: own["walk_wait_s"] for name, own in entry["controllers"].items() if "walk_wait_s" in own}
        if walked:
            print("  wait on foot, s: " + ", ".join(f"{name} {wait:.1f}" for name, wait in walked.items()))
        for ratio in _ratios(entry["controllers"]):
            print(f"  {ratio}")
        for sentence in plan["said"][:SAID]:
            print(f"  {sentence}")
        if len(plan["said"]) > SAID:
            print(f"  and {len(plan['said']) - SAID} more")


def _ratios(controllers: Entry) -> list[str]:
    medians = {name: own["median"] for name, own in controllers.items()}
    told = []

    def add(text: str, ours: str, others: Sequence[str]) -> None:
        known = [medians[name] for name in others if name in medians]
        if ours in medians and known:
            told.append(f"{text}: {medians[ours] / max(min(known), 1e-9):.3f}")

    add("fixed plan / best of webster and SUMO's tools", "fixed_plan", ("webster", "sumo_webster"))
    add("fixed plan / own program", "fixed_plan", ("own",))
    add("planned actuated / MaxPressure", "planned_actuated", ("maxpressure",))
    return told
