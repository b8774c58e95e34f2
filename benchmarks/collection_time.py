"""What planning by the clock is worth: plans made for free roads, and for roads as forecast, driven on the true ones.

Each plan is driven anew, halt by halt, on the demo city's hidden truth: the rules that its lateness breaks, and then
minutes at the wheel and truck-hours once the stops that came too late were given to others. A plan made for the truth
itself shows what a perfect forecast would give.
"""

import argparse
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import mean

from benchmarks.collection_time_town import Town, TownDay
from city.collection_problem import CollectionProblem
from city.ids import PlanId
from city.signal_plans import Provenance
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.engine import Engine
from optimization.collection.engine_city import chains_of, days_of, layout_of
from optimization.collection.plan_building import build_plan
from optimization.collection.reasons import reasons_for
from optimization.collection.retiming import most_seconds_apart, retimed
from optimization.collection.solution import Solution
from optimization.collection.start import insert_leftovers, rebuild
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import Day
from optimization.patience import Patience

FIRST_DAY = date(2026, 3, 31)  # the demo city's first day that no department has seen
LEAST_LESS_PCT = 3.0
PLANS = ("static", "forecast", "truth")
LEFTOVERS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """One plan: made for one idea of the roads, driven on the true ones. `eta_off_s` is against its own idea.

    `as_planned_drive_min`, `late_worst_min` and `broken` are of the plan driven to the letter; all others, `drive_min`
    first, of the day that keeps the rules all the same, because what came too late was given to others.
    """

    day: str
    seed: int
    plan: str
    planned_drive_min: float
    as_planned_drive_min: float
    drive_min: float
    truck_h: float
    km: float
    trucks: int
    missed: int
    eta_off_s: int
    late_worst_min: float
    broken: dict[str, int]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--days", type=int, default=3, help="days of the demo city to plan (default 3)")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="CPU seconds of the common start, and of each plan after it"
    )
    parser.add_argument("--seeds", type=int, default=1, help="searches per day and plan, from seed 1 on (default 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the demo city (default 1)")
    parser.add_argument("--scale", type=float, default=1.0, help="of the demo city: 1 is 300 points, 8 trucks")
    parser.add_argument("--rush", type=float, default=1.0, help="times the demo city's time lost on roads (default 1)")


def measure(asked: argparse.Namespace) -> Mapping[str, object]:
    town = Town(seed=asked.seed, scale=asked.scale, rush=asked.rush)
    began = time.process_time()
    driven: list[Driven] = []
    for number in range(asked.days):
        day = town.day(FIRST_DAY + timedelta(days=number))
        for seed in range(1, asked.seeds + 1):
            driven += _arms(day, seed, asked.seconds)
            _print(driven[-len(PLANS) :], heading=len(driven) == len(PLANS))
    figures = reached(driven)
    for name, value in figures.items():
        print(f"{name}: {value}")
    return {
        "target": {"less_driven_pct": LEAST_LESS_PCT, "eta_off_s": 0},
        "reached": figures,
        "rows": [asdict(row) for row in driven],
        "cpu_s": round(time.process_time() - began, 1),
    }


def _arms(day: TownDay, seed: int, seconds: float) -> list[Driven]:
    """One start made for free roads, from which each plan goes on for as long: what differs is what they know."""
    begun = Engine(layout_of(terrain(day.free)), seed=seed)
    begun.run(seconds, clock=time.process_time)
    start = days_of(terrain(day.free), begun.chains())
    ideas = {"static": day.free, "forecast": day.forecast, "truth": day.truth}
    return [_driven(day, name, _planned(ideas[name], seed, seconds, start), seed) for name in PLANS]


def _planned(problem: CollectionProblem, seed: int, seconds: float, start: list[Day]) -> Solution:
    land = terrain(problem)
    engine = Engine(layout_of(land), seed=seed, start=chains_of(_legal(land, start).days))
    engine.run(seconds, clock=time.process_time)
    return _legal(land, days_of(land, engine.chains()))


def _legal(land: Terrain, days: list[Day]) -> Solution:
    """The days under these roads: what breaks a rule is taken out of its day and put where it costs least."""
    solution = Solution(terrain=land)
    for vehicle, one in enumerate(days):
        rebuild(solution, vehicle, one)
    insert_leftovers(solution, Patience(LEFTOVERS_S))
    return solution


def _driven(day: TownDay, name: str, solution: Solution, seed: int) -> Driven:
    idea = solution.terrain.problem
    plan, repaired = _plan(solution), _plan(_legal(terrain(day.truth), solution.days))
    real = retimed(plan, day.truth)
    # The plan's own cost is of its own roads: that it costs more on others is what is measured here, no broken rule.
    broken = Counter(finding.rule for finding in check_plan(real, day.truth).findings if finding.rule != "cost")
    late = [mine.return_s - told.return_s for mine, told in zip(real.routes, plan.routes, strict=True)]
    return Driven(
        day=day.day.isoformat(),
        seed=seed,
        plan=name,
        planned_drive_min=_drive_min(plan),
        as_planned_drive_min=_drive_min(real),
        drive_min=_drive_min(repaired),
        truck_h=round(sum(route.return_s - route.depart_s for route in repaired.routes) / 3600, 2),
        km=round(sum(route.metres for route in repaired.routes) / 1000, 1),
        trucks=len(repaired.routes),
        missed=sum(entry.mandatory for entry in repaired.unserved),
        eta_off_s=most_seconds_apart(plan, retimed(plan, idea)),
        late_worst_min=round(max(late, default=0) / 60, 1),
        broken=dict(broken),
    )


def _drive_min(plan: CollectionPlan) -> float:
    return round(sum(route.drive_s for route in plan.routes) / 60, 1)


def _plan(solution: Solution) -> CollectionPlan:
    problem = solution.terrain.problem
    return build_plan(
        problem,
        solution,
        reasons_for(problem, solution, seconds=1.0),
        plan_id=PlanId(f"time-{problem.service_date}"),
        provenance=Provenance(made_at=datetime(2026, 1, 1, tzinfo=UTC), seed=1),
        rung="optimised",
        degraded=(),
    )


def reached(driven: list[Driven]) -> dict[str, object]:
    def total(name: str, field: str) -> float:
        return mean(float(getattr(row, field)) for row in driven if row.plan == name)

    def less(name: str, field: str) -> float:
        return round(100 * (1 - total(name, field) / total("static", field)), 2)

    return {
        "less_driven_pct": less("forecast", "drive_min"),
        "less_driven_pct_with_a_perfect_forecast": less("truth", "drive_min"),
        "fewer_truck_h_pct": less("forecast", "truck_h"),
        "congestion_pct_of_static_driving": round(
            100 * (total("static", "as_planned_drive_min") / total("static", "planned_drive_min") - 1), 2
        ),
        "eta_off_s": max(row.eta_off_s for row in driven),
        "rules_broken": {name: sum(sum(row.broken.values()) for row in driven if row.plan == name) for name in PLANS},
        "missed": {name: sum(row.missed for row in driven if row.plan == name) for name in PLANS},
    }


def _print(rows: list[Driven], *, heading: bool) -> None:
    if heading:
        print("day         seed  made for   drive min  truck-h     km  trucks  late min  rules broken on true roads")
    for row in rows:
        broken = ", ".join(f"{rule} {count}" for rule, count in row.broken.items()) or "none"
        print(
            f"{row.day}  {row.seed:>4}  {row.plan:<9}  {row.drive_min:>9.1f}  {row.truck_h:>7.2f}  {row.km:>5.1f}"
            f"  {row.trucks:>6}  {row.late_worst_min:>8.1f}  {broken}",
            flush=True,
        )
