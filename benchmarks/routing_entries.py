"""What one run of the routing benchmark says, in the shape of its results file."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.routing_check import checked
from benchmarks.routing_files import read_instance
from benchmarks.routing_instances import RoutingInstance
from benchmarks.routing_runs import Done, Run

Entry = dict[str, Any]
TOLD_VIOLATIONS = 5
BEST_PEER = "pyvrp"  # whose best solution of the same run stands for the best known where no file states one


def entry_of(run: Run, done: Done) -> Entry:
    """Judged anew from the file and the answer; nothing of what the solver says of its cost is believed."""
    judge = _judged_kim if run.source.family == "kim2006" else _judged
    return {
        "instance": run.source.name,
        **judge(run, done),
        "solver": run.solver,
        "seed": run.seed,
        "seconds": run.seconds,
        "cores": run.cores,
        "gap_pct": None,
        "gap_to": None,
        "cpu_s": round(done.cpu_s, 3),
        "wall_s": round(done.wall_s, 3),
        "warm_up_s": round(done.work.get("warm_up_s", 0.0), 3),
        "work": {name: value for name, value in done.work.items() if name != "warm_up_s"},
        "failure": done.failure,
    }


def _judged(run: Run, done: Done) -> Entry:
    instance = read_instance(run.source)
    facts = {"kind": instance.kind, "nodes": instance.nodes, "best_known": instance.best_known}
    if done.answer is None:
        return {**facts, **_nothing(instance.nodes - 1)}
    verdict = checked(instance, done.answer)
    return {**facts, "cost": _printed(instance, verdict.cost), "vehicles": verdict.vehicles,
            "unserved": verdict.unserved, **_told(verdict.violations)}  # fmt: skip


def _printed(instance: RoutingInstance, cost: int) -> float:
    return cost if instance.scale == 1 else round(cost / instance.scale, 6)


def _judged_kim(run: Run, done: Done) -> Entry:
    from benchmarks.routing_kim import read_kim  # noqa: PLC0415
    from benchmarks.routing_kim_check import checked_kim  # noqa: PLC0415

    instance = read_kim(run.source.path)
    facts = {"kind": "kim2006", "nodes": len(instance.stops) + len(instance.landfills) + 1, "best_known": None}
    if done.answer is None:
        return {**facts, **_nothing(len(instance.stops))}
    verdict = checked_kim(instance, done.answer)
    return {**facts, "cost": round(verdict.miles, 3), "vehicles": verdict.trucks, "unserved": verdict.unserved,
            **_told(verdict.violations)}  # fmt: skip


def _nothing(customers: int) -> Entry:
    return {"cost": None, "vehicles": 0, "unserved": customers, **_told(())}


def _told(violations: Sequence[str]) -> Entry:
    return {"violations": len(violations), "violations_told": list(violations[:TOLD_VIOLATIONS])}


def complete(entry: Mapping[str, Any]) -> bool:
    """Whether its cost can be compared: everybody served and no rule broken."""
    return entry["cost"] is not None and not entry["unserved"] and not entry["violations"]


def with_gaps(entries: Sequence[Entry]) -> list[Entry]:
    """Against the best known solution, or the best of the peer in this run where no file states one."""
    return [{**entry, **_gap(entry, entries)} for entry in entries]


def _gap(entry: Entry, entries: Sequence[Entry]) -> Entry:
    if not complete(entry) or entry["kind"] == "kim2006":
        return {}
    reference, name = entry["best_known"], "best_known"
    if reference is None:
        costs = [other["cost"] for other in entries if other["instance"] == entry["instance"]
                 and other["kind"] == entry["kind"] and other["solver"] == BEST_PEER and complete(other)]  # fmt: skip
        reference, name = min(costs, default=None), BEST_PEER
    if reference is None:
        return {}
    return {"gap_pct": round((entry["cost"] / reference - 1) * 100, 4), "gap_to": name}
