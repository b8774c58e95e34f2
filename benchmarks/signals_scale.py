"""How long the signal planner takes on generated cities, and how far its offsets are from the best that there can be.

    .venv/bin/python -m benchmarks.signals_scale [--junctions 20,1000] [--rolling 20] [--seed 1] [--json OUT]

Each city is planned in a process of its own: a day with cycles, splits, stage chains and offsets, as the product
plans it. `cpu_s` counts child processes; `peak_mb` is the largest sum of resident memory over them all. The gap of
an area's offsets is (cost - bound) / cost, both of them the solver's own; `offset_gap_pct` is the mean over all areas
and plans weighted by cost, `offset_gap_worst_pct` the largest. Findings of the independent check are violations.
With --rolling alone no day is measured: each approach then brings another level than foreseen, and the hour from 17:00
on is planned again inside an envelope, the first time (`first_wall_s`) in a process that loads the compiled queues,
then as the service does it every quarter of an hour (`rolling_wall_s`, median of five).
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.results_file import write_results
from benchmarks.signals_city import DAY, generated_city
from benchmarks.signals_programs import MADE_AT
from benchmarks.signals_rolling_case import at_levels, day_in_force, departing, envelope_around
from city.ids import PlanId
from city.progress import Advance
from optimization.result import Infeasible
from optimization.signals.check import check_schedule
from optimization.signals.offsets import OffsetSolution
from optimization.signals.planner import plan_signals
from optimization.signals.rolling import roll
from optimization.signals.rolling_problem import RollingProblem

TARGETS: Final[dict[str, dict[str, float]]] = {
    "20": {"wall_s": 10.0, "offset_gap_pct": 3.0, "violations": 0, "rolling_wall_s": 3.0},
    "1000": {"wall_s": 300.0, "peak_mb": 2000.0, "violations": 0},
}
SAMPLE_S: Final = 0.2
ROLLING: Final = 20
SPREAD: Final = 0.25  # of the logarithm of each approach's level against the forecast
NOW_S: Final = 17 * 3600 - 120
REPEATS: Final = 5
TOLD_EVERY_S: Final = 5.0


@contextmanager
def told(label: str, total: int) -> Iterator[Advance]:
    """Progress of the planner, a line every few seconds."""
    done, last = 0, time.perf_counter()

    def advance(count: int) -> None:
        nonlocal done, last
        done += count
        if done == total or time.perf_counter() - last > TOLD_EVERY_S:
            last = time.perf_counter()
            print(f"  {label}: {done} of {total}", file=sys.stderr, flush=True)

    yield advance


class OffsetsSeen:
    """What the solver of offsets answered, as the planner asked it."""

    def __init__(self) -> None:
        self.found: list[OffsetSolution] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """The planner's own call is passed on; only its answer is kept as well."""
        module: Any = import_module("optimization.signals.area_planner")
        asked: Callable[..., OffsetSolution] | None = getattr(module, "solve_offsets", None)
        if asked is None:
            yield
            return

        def kept(*given: Any, **named: Any) -> OffsetSolution:  # noqa: ANN401 -- whatever the planner passes
            self.found.append(asked(*given, **named))
            return self.found[-1]

        module.solve_offsets = kept
        try:
            yield
        finally:
            module.solve_offsets = asked

    def gaps(self) -> dict[str, float | int | None]:
        """Percent; None where nothing was coordinated or the planner no longer asks this solver."""
        waits = [(one.cost, max(0.0, one.cost - one.bound)) for one in self.found if one.cost > 0]
        total = sum(cost for cost, _ in waits)
        return {
            "offset_problems": len(self.found),
            "offset_gap_pct": round(100 * sum(over for _, over in waits) / total, 3) if total else None,
            "offset_gap_worst_pct": round(max(100 * over / cost for cost, over in waits), 3) if waits else None,
        }


class MemorySeen:
    """The largest sum of resident memory over this process and its children, MB, looked at every fifth of a second."""

    def __init__(self) -> None:
        self.peak_mb = 0.0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.peak_mb = max(self.peak_mb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_S):
            self.peak_mb = max(self.peak_mb, resident_mb("self"))


def resident_mb(process: str) -> float:
    """Of a process with its children; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        tasks = list(Path(f"/proc/{process}/task").glob("*/children"))
        children = [child for task in tasks for child in task.read_text(encoding="utf-8").split()]
    except OSError:
        return 0.0
    own = next((float(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0.0)
    return own / 1024 + sum(resident_mb(child) for child in children)


def cpu_s() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def planned(junctions: int, *, seed: int) -> dict[str, Any]:
    """One city planned and judged, in this process."""
    problem = generated_city(junctions, seed=seed)
    offsets = OffsetsSeen()
    wall, cpu = time.perf_counter(), cpu_s()
    with MemorySeen() as memory, offsets.watching():
        result = plan_signals(problem, plan_id=PlanId(f"{DAY}"), made_at=MADE_AT, seed=seed, progress=told)
    spent = {"wall_s": round(time.perf_counter() - wall, 2), "cpu_s": round(cpu_s() - cpu, 2)}
    row = {"junctions": junctions, "seed": seed, **spent, "peak_mb": round(memory.peak_mb)} | offsets.gaps()
    if isinstance(result, Infeasible):
        return row | {"planned": 0, "violations": 0, "said": [str(reason) for reason in result.reasons]}
    report = check_schedule(result.plan, problem.junctions, problem.corridors)
    costs = dict(result.cost)
    return row | {
        "areas": len(problem.corridors),
        "planned": len(result.plan.day_plans),
        "unchanged": len(result.plan.unchanged),
        "plans": sum(len(day_plan.plans) for day_plan in result.plan.day_plans),
        "violations": len(report.findings),
        "delay_running_person_h": round(costs["delay_running_person_h"], 1),
        "delay_planned_person_h": round(costs["delay_planned_person_h"], 1),
        "work": dict(result.work),
        "said": [*(f"{i}: {why}" for i, why in result.plan.unchanged), *result.plan.degraded][:20],
    }


def rolled(junctions: int, *, seed: int) -> dict[str, Any]:
    """The re-plan of the next hour over a day that is in force, in this process."""
    problem = generated_city(junctions, seed=seed)
    in_force = day_in_force(problem, seed=seed)
    asked = RollingProblem(
        junctions=problem.junctions,
        corridors=problem.corridors,
        in_force=in_force,
        envelope=envelope_around(problem, in_force),
        demand=at_levels(problem, departing(problem, SPREAD, seed=seed)),
        now_s=NOW_S,
    )
    walls, cpus, answers = [], [], []
    for _ in range(1 + REPEATS):
        wall, cpu = time.perf_counter(), cpu_s()
        answers.append(roll(asked, plan_id=PlanId("rolling"), made_at=MADE_AT))
        walls.append(time.perf_counter() - wall)
        cpus.append(cpu_s() - cpu)
    found = answers[0]
    report = None if found.schedule is None else check_schedule(found.schedule, problem.junctions, problem.corridors)
    return {
        "junctions": junctions,
        "seed": seed,
        "first_wall_s": round(walls[0], 2),
        "first_cpu_s": round(cpus[0], 2),
        "rolling_wall_s": round(statistics.median(walls[1:]), 2),
        "rolling_cpu_s": round(statistics.median(cpus[1:]), 2),
        "changed": len(found.changed),
        "violations": 0 if report is None else len(report.findings),
        "delay_in_force_person_h": round(sum(v.in_force_h or 0.0 for v in found.verdicts), 1),
        "delay_rolled_person_h": round(sum(v.rolled_h or v.in_force_h or 0.0 for v in found.verdicts), 1),
        "said": [f"{v.junction_id}: {v.why}" for v in found.verdicts][:20],
    }


def in_its_own_process(child: str, junctions: int, seed: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.signals_scale", child, str(junctions), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def shown(row: dict[str, Any]) -> None:
    gap = "no offsets seen" if row["offset_gap_pct"] is None else f"offset gap {row['offset_gap_pct']:.2f} %"
    worst = "" if row["offset_gap_worst_pct"] is None else f" (worst {row['offset_gap_worst_pct']:.2f} %)"
    print(
        f"{row['junctions']:>6,} junctions: {row['wall_s']:>8.1f} s wall {row['cpu_s']:>8.1f} s CPU, peak "
        f"{row['peak_mb']:,} MB, {gap}{worst}, {row['planned']:,} planned, {row['violations']} violations"
    )
    for sentence in row["said"][:3]:
        print(f"         {sentence}")


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junctions", help="sizes of the cities; default 20,1000, with --rolling none")
    parser.add_argument("--rolling", type=int, help="junctions of the rolling re-plan; default 20 beside 20 junctions")
    parser.add_argument("--seed", type=int, default=1, help="of the cities and of the solver; default 1")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--rolling-child", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    if arguments.child is not None or arguments.rolling_child is not None:
        measure, size = (planned, arguments.child) if arguments.child is not None else (rolled, arguments.rolling_child)
        print(json.dumps(measure(size, seed=arguments.seed)))
        return 0
    named = arguments.junctions or ("" if arguments.rolling is not None else "20,1000")
    sizes = [int(part) for part in named.split(",") if part]
    rows = []
    for size in sizes:
        print(f"Planning a city of {size:,} junctions", file=sys.stderr, flush=True)
        rows.append(in_its_own_process("--child", size, arguments.seed))
        shown(rows[-1])
    rolling = arguments.rolling if arguments.rolling is not None else ROLLING if ROLLING in sizes else None
    again = None if rolling is None else in_its_own_process("--rolling-child", rolling, arguments.seed)
    if again is not None:
        shown_rolling(again)
    figures = {
        "target": {str(size): TARGETS[str(size)] for size in (*sizes, rolling) if str(size) in TARGETS},
        "reached": {str(row["junctions"]): reached(row, again) for row in rows},
        "rows": rows,
        "rolling": again,
    }
    config = {"junctions": ",".join(map(str, sizes)), "rolling": rolling}
    write_results("signals_scale", figures, config=config, seed=arguments.seed, out=arguments.json)
    return 0


def shown_rolling(row: dict[str, Any]) -> None:
    print(
        f"Rolling re-plan of {row['junctions']} junctions: {row['rolling_wall_s']:.2f} s wall, "
        f"{row['rolling_cpu_s']:.2f} s CPU (the first {row['first_wall_s']:.2f} and {row['first_cpu_s']:.2f}), "
        f"{row['changed']} change, {row['delay_in_force_person_h']:,} person-h become "
        f"{row['delay_rolled_person_h']:,}, {row['violations']} violations"
    )


def reached(row: dict[str, Any], again: dict[str, Any] | None) -> dict[str, Any]:
    found = {name: row[name] for name in ("wall_s", "cpu_s", "peak_mb", "offset_gap_pct", "violations")}
    same = again is not None and again["junctions"] == row["junctions"]
    return found | ({"rolling_wall_s": again["rolling_wall_s"]} if again is not None and same else {})


if __name__ == "__main__":
    sys.exit(main())
