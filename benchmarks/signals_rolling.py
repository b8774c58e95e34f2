"""A day whose demand departs from its forecast: the rolling mode against the day plan as it was made, same vehicles.

    .venv/bin/python -m benchmarks.signals_rolling [--junctions 6] [--seeds 11-13] [--kinds usual,departs] [--json OUT]

A generated city is planned for the day that is foreseen. Then the day comes: `usual` departs as days do (level of the
day lognormal 8 %, of each quarter of an hour 10 % fading by 0.7, each approach for itself), `departs` brings each
approach from 06:30 on at another level (lognormal, 25 %) on top, `foreseen` is the forecast with Poisson counts.
From 06:00 to 22:00 the rolling mode looks every quarter of an hour. It knows what the stop lines counted up to five
minutes ago: the forecast of the next hour is that of the day, times the counts of the last two quarters over what was
foreseen of them, fading by a tenth per quarter. Judge is the queue of the hidden city, vehicle by vehicle, which holds
no formula of delay; offsets do not matter to it, for vehicles come at random. `perfect` is a day plan made from the
levels that truly came. Delay is seconds per vehicle of 06:00 to 22:00; whoever turned away counts as having waited for
15 minutes. Findings of the independent check and breaches of the envelope are violations.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.results_file import write_results
from benchmarks.signals_city import ABOVE_EXPECTED, generated_city
from benchmarks.signals_programs import MADE_AT
from benchmarks.signals_rolling_case import Levels, at_levels, day_in_force, departing, envelope_around
from city.ids import JunctionId, PlanId
from city.rolling import breaches
from city.signal_plans import SignalSchedule
from optimization.signals.check import check_schedule
from optimization.signals.delay import Array
from optimization.signals.problem import SLOT_S, SLOTS, SignalProblem
from optimization.signals.rolling import roll
from optimization.signals.rolling_problem import RollingProblem
from serving.simulation.lamps import lamps_of_day
from serving.simulation.queue_day import QueueStreets, queue_streets, vehicles_of, waited
from serving.simulation.queue_kernel import Came

KINDS: Final = ("foreseen", "usual", "departs")
DAY_LEVEL, QUARTER_LEVEL, FADES, SPREAD = 0.08, 0.10, 0.7, 0.25
DEPARTS_FROM: Final = 26  # slots: 06:30
FROM_S, UNTIL_S, EVERY_S = 6 * 3600, 22 * 3600, SLOT_S
KNOWN_AFTER_S: Final = 300
LOOKS_BACK: Final = 2  # slots
PRIOR_VEH: Final = 15.0  # of the forecast that counts beside so many counted vehicles
FORGETS: Final = 0.9  # per slot
QUEUE_PER_LANE: Final = 27  # vehicles in 200 m


@dataclass(kw_only=True)
class Town:
    """A city with its day: vehicles per approach and slot as foreseen and as they came."""

    problem: SignalProblem
    schedule: SignalSchedule
    seed: int
    levels: Levels
    foreseen: dict[tuple[JunctionId, str], Array] = field(init=False)
    came: dict[tuple[JunctionId, str], Array] = field(init=False)

    def __post_init__(self) -> None:
        arms = {(j.junction_id, m.movement_id): m.approach for j in self.problem.junctions for m in j.movements}
        self.foreseen = {}
        for one in self.problem.demand.movements:
            way = (one.junction_id, arms[one.junction_id, one.movement_id])
            flow = np.array(one.expected_pcu_h) * SLOT_S / 3600
            self.foreseen[way] = self.foreseen.get(way, np.zeros(SLOTS)) + flow
        rng = np.random.default_rng((self.seed, 1))
        self.came = {
            way: rng.poisson(flow * self.levels[way]).astype(float) for way, flow in sorted(self.foreseen.items())
        }

    def seen_at(self, now_s: int) -> Levels:
        """What the next hours are taken to bring, by what was counted."""
        last = (now_s - KNOWN_AFTER_S) // SLOT_S
        back = slice(max(0, last - LOOKS_BACK), last)
        found = {}
        for way, foreseen in self.foreseen.items():
            ratio = (self.came[way][back].sum() + PRIOR_VEH) / (foreseen[back].sum() + PRIOR_VEH)
            ahead = np.maximum(np.arange(SLOTS) - last, 0)
            found[way] = 1 + (ratio - 1) * FORGETS**ahead
        return found


def levels_of(kind: str, problem: SignalProblem, seed: int) -> Levels:
    ways = sorted({(j.junction_id, m.approach) for j in problem.junctions for m in j.movements})
    if kind == "foreseen":
        return {way: np.ones(SLOTS) for way in ways}
    rng = np.random.default_rng((seed, 2))
    day = rng.lognormal(0, DAY_LEVEL)
    found = {way: day * np.exp(_fading(rng)) for way in ways}
    if kind == "departs":
        other = departing(problem, SPREAD, seed=seed)
        for way in ways:
            found[way][DEPARTS_FROM:] *= other[way][DEPARTS_FROM:]
    return found


def _fading(rng: np.random.Generator) -> Array:
    level, found = rng.normal(0, QUARTER_LEVEL), []
    for shock in rng.normal(0, QUARTER_LEVEL * (1 - FADES**2) ** 0.5, SLOTS):
        level = FADES * level + float(shock)
        found.append(level)
    return np.array(found)


@dataclass(frozen=True, kw_only=True)
class Rolling:
    schedule: SignalSchedule
    looks: int
    changes: int
    cpu_s: float
    violations: int


def rolled_through(town: Town) -> Rolling:
    """The day with whatever the rolling mode published; each plan is compared with the one that it replaces."""
    schedule, envelope = town.schedule, envelope_around(town.problem, town.schedule)
    looks = changes = violations = 0
    cpu = time.process_time()
    for now_s in range(FROM_S, UNTIL_S - EVERY_S, EVERY_S):
        problem = RollingProblem(
            junctions=town.problem.junctions,
            corridors=town.problem.corridors,
            in_force=schedule,
            envelope=envelope,
            demand=at_levels(town.problem, town.seen_at(now_s)),
            now_s=now_s,
        )
        found = roll(problem, plan_id=PlanId(f"rolling-{now_s}"), made_at=MADE_AT)
        looks += 1
        if found.schedule is None:
            continue
        changes += len(found.changed)
        violations += len(check_schedule(found.schedule, problem.junctions, problem.corridors).findings)
        violations += len(breaches(envelope, schedule, found.schedule))
        new = {day.junction_id: day for day in found.schedule.day_plans}
        schedule = replace(schedule, day_plans=tuple(new.get(d.junction_id, d) for d in schedule.day_plans))
    return Rolling(
        schedule=schedule, looks=looks, changes=changes, cpu_s=time.process_time() - cpu, violations=violations
    )


def delay_s(town: Town, schedule: SignalSchedule) -> float:
    """Per vehicle that came from 06:00 to 22:00, of all junctions."""
    days = {day.junction_id: day for day in schedule.day_plans}
    lost = vehicles = 0.0
    hours = slice(FROM_S // SLOT_S, UNTIL_S // SLOT_S)
    for number, junction in enumerate(town.problem.junctions):
        if junction.junction_id not in days:
            continue
        street, came = _vehicles(town, number)
        found = waited(street, lamps_of_day(junction, days[junction.junction_id]), came)
        lost += float(found.delay_s[:, hours].sum())
        vehicles += float(found.came[:, hours].sum())
    return lost / vehicles


def _vehicles(town: Town, number: int) -> tuple[QueueStreets, Came]:
    """The same for whatever lamps."""
    junction = town.problem.junctions[number]
    arms: Mapping[str, float] = {
        arm: QUEUE_PER_LANE * max(1, sum(m.lanes for m in junction.movements if m.approach == arm))
        for arm in {m.approach for m in junction.movements}
    }
    street = queue_streets(junction, arms)
    demand = {arm: town.came[junction.junction_id, arm] for arm in street.arms}
    return street, vehicles_of(street, demand, np.random.default_rng((town.seed, 3, number)))


def day_of(junctions: int, seed: int, kind: str) -> dict[str, Any]:
    foreseen = generated_city(junctions, seed=seed)
    schedule = day_in_force(foreseen, seed=seed)
    town = Town(problem=foreseen, schedule=schedule, seed=seed, levels=levels_of(kind, foreseen, seed))
    rolling = rolled_through(town)
    perfect = day_in_force(replace(foreseen, demand=at_levels(foreseen, town.levels)), seed=seed)
    delays = {
        "day_plan": delay_s(town, schedule),
        "rolling": delay_s(town, rolling.schedule),
        "perfect": delay_s(town, perfect),
    }
    return {
        "kind": kind,
        "seed": seed,
        "junctions": len(schedule.day_plans),
        "delay_s": {name: round(found, 2) for name, found in delays.items()},
        "ratio": round(delays["rolling"] / delays["day_plan"], 4),
        "looks": rolling.looks,
        "changes": rolling.changes,
        "cpu_s_per_look": round(rolling.cpu_s / max(1, rolling.looks), 3),
        "violations": rolling.violations,
    }


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--junctions", type=int, default=6, help="of the generated city; default 6")
    parser.add_argument("--seeds", default="11-13", help="first-last, of cities and days; default 11-13")
    parser.add_argument("--kinds", default=",".join(KINDS), help=f"days; default {','.join(KINDS)}")
    parser.add_argument("--json", type=Path, help="where the results go; default: benchmarks/results")
    arguments = parser.parse_args(given)
    first, _, last = arguments.seeds.partition("-")
    rows = []
    for kind in arguments.kinds.split(","):
        for seed in range(int(first), int(last or first) + 1):
            rows.append(day_of(arguments.junctions, seed, kind))
            shown(rows[-1])
    summary = {kind: _median([row for row in rows if row["kind"] == kind]) for kind in arguments.kinds.split(",")}
    for kind, found in summary.items():
        print(f"{kind:<9} median ratio rolling / day plan {found['ratio']:.4f}, worst {found['worst']:.4f}")
    config = {"junctions": arguments.junctions, "seeds": arguments.seeds, "above_expected": ABOVE_EXPECTED}
    write_results(
        "signals_rolling", {"rows": rows, "summary": summary}, config=config, seed=int(first), out=arguments.json
    )
    return 0


def _median(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    ratios = [float(row["ratio"]) for row in rows]
    return {"ratio": statistics.median(ratios), "worst": max(ratios)}


def shown(row: Mapping[str, Any]) -> None:
    delays = ", ".join(f"{name} {found:.2f}" for name, found in row["delay_s"].items())
    print(
        f"{row['kind']:<9} seed {row['seed']}: {delays} s per vehicle, ratio {row['ratio']:.4f}, {row['changes']} "
        f"changes in {row['looks']} looks of {row['cpu_s_per_look']:.2f} CPU-s, {row['violations']} violations",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
