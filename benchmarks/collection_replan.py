"""Replanning a day that is under way: how fast, how much better than the smallest repair, how calm.

A day of the demo city, with roads as forecast, is planned; when so many stops are left, something goes wrong: one event
of each kind at a time, drawn by the seed among what it can hit, and two at once.
"""

import argparse
import random
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from benchmarks.collection_time_town import Town
from city.clock import clock_text
from city.collection_problem import CollectionProblem
from city.disturbances import MINUTE_S, Breakdown, Closure, Event, Late, SiteShut, Urgent
from city.ids import PlanId
from city.waste_plans import CollectionPlan, Stop
from optimization.collection.planner import plan_routes
from optimization.collection.replan import Replanned, Wishes, replan
from optimization.result import Infeasible

DAY = date(2026, 3, 31)  # the demo city's first day that no department has seen
MADE_AT = datetime(2026, 3, 30, 20, tzinfo=UTC)
LEFT, MOST_S, LEAST_SHARE = 300, 5.0, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One repair. `gain` is the smallest repair's objective minus the answer's; `share` of stops that nothing hit."""

    seed: int
    at: str
    event: str
    status: str
    left: int
    hit: int
    wall_s: float
    cpu_s: float
    smallest_repair: float
    objective: float
    gain: float
    disturbed: int
    share: float
    dropped_duties: int
    violations: int
    rounds: int


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--left", type=int, default=LEFT, help=f"stops still to do (default {LEFT})")
    parser.add_argument("--seconds", type=float, default=MOST_S, help=f"for each repair (default {MOST_S:g})")
    parser.add_argument("--plan-seconds", type=float, default=20.0, help="for the day's plan (default 20)")
    parser.add_argument("--draws", type=int, default=3, help="events drawn of each kind (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="of the demo city and of the draws (default 1)")
    parser.add_argument("--scale", type=float, default=2.0, help="of the demo city: 1 is 300 points, 8 trucks")


def measure(asked: argparse.Namespace) -> Mapping[str, object]:
    problem = Town(seed=asked.seed, scale=asked.scale).day(DAY).forecast
    planned = plan_routes(
        problem, plan_id=PlanId("morning"), made_at=MADE_AT, seed=asked.seed, seconds=asked.plan_seconds
    )
    if isinstance(planned, Infeasible):
        raise planned.reasons[0]
    now_s = _when(planned.plan, asked.left)
    rng = random.Random(asked.seed)
    cases = []
    for events in _events(problem, planned.plan, now_s, rng, asked.draws):
        cases.append(_case(problem, planned.plan, events, now_s, asked))
        _show(cases[-1], first=len(cases) == 1)
    return {"target": _target(), "reached": _reached(cases), "rows": [asdict(case) for case in cases]}


def _when(plan: CollectionPlan, left: int) -> int:
    """The clock at which so many stops have not begun."""
    starts = sorted((stop.start_s for route in plan.routes for stop in route.stops), reverse=True)
    return starts[min(left, len(starts) - 1)]


def _events(
    problem: CollectionProblem, plan: CollectionPlan, now_s: int, rng: random.Random, draws: int
) -> Iterator[tuple[Event, ...]]:
    pending = [stop for route in plan.routes for stop in route.stops if stop.start_s > now_s]
    trucks = [route.truck_id for route in plan.routes if any(stop.start_s > now_s for stop in route.stops)]
    used = sorted({trip.tip.site_id for route in plan.routes for trip in route.trips if trip.tip is not None})
    served = {stop.point_id for route in plan.routes for stop in route.stops}
    idle = [point.point_id for point in problem.points if point.point_id not in served]
    for _ in range(draws):
        broken = Breakdown(truck_id=rng.choice(trucks))
        yield (broken,)
        yield (Late(truck_id=rng.choice(trucks), delay_s=45 * MINUTE_S),)
        yield tuple(Closure(point_id=stop.point_id) for stop in rng.sample(pending, 5))
        yield (_urgent(rng.choice(pending), now_s),)
        yield (Urgent(point_id=rng.choice(idle or [rng.choice(pending).point_id]), by_s=now_s + 90 * MINUTE_S),)
        yield (SiteShut(site_id=rng.choice(used), from_s=now_s, to_s=now_s + 180 * MINUTE_S),)
        yield broken, _urgent(rng.choice(pending), now_s)


def _urgent(stop: Stop, now_s: int) -> Urgent:
    """Half as late as it is planned."""
    return Urgent(point_id=stop.point_id, stream=stop.stream, by_s=now_s + max(MINUTE_S, (stop.start_s - now_s) // 2))


def _case(
    problem: CollectionProblem,
    plan: CollectionPlan,
    events: tuple[Event, ...],
    now_s: int,
    asked: argparse.Namespace,
) -> Case:
    began, cpu = time.perf_counter(), time.process_time()
    wishes = Wishes(seconds=asked.seconds, seed=asked.seed)
    done = replan(problem, plan, events, now_s=now_s, plan_id=PlanId("again"), made_at=MADE_AT, wishes=wishes)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    told = "; ".join(event.sentence for event in events)
    if isinstance(done, Infeasible):
        raise done.reasons[0]
    return _measured(done, plan, told, asked.seed, (now_s, wall_s, cpu_s))


def _measured(done: Replanned, old: CollectionPlan, told: str, seed: int, clocks: tuple[int, float, float]) -> Case:
    differs, work = done.difference, dict(done.result.work)
    missed = [dict(plan.cost)["missed_mandatory_points"] for plan in (done.plan, old)]
    return Case(
        seed=seed,
        at=clock_text(clocks[0]),
        event=told,
        status=done.result.status,
        left=differs.pending,
        hit=differs.pending - differs.untouched,
        wall_s=round(clocks[1], 2),
        cpu_s=round(clocks[2], 2),
        smallest_repair=round(done.floor, 2),
        objective=round(done.result.objective, 2),
        gain=round(done.floor - done.result.objective, 2),
        disturbed=differs.disturbed,
        share=round(differs.untouched_share, 4),
        dropped_duties=round(missed[0] - missed[1]),
        violations=len(done.check.findings),
        rounds=round(work.get("rounds", 0.0)),
    )


def _target() -> dict[str, object]:
    return {"stops_left": LEFT, "most_s": MOST_S, "worse_than_smallest_repair": 0, "least_share_untouched": LEAST_SHARE}


def _reached(cases: list[Case]) -> dict[str, object]:
    return {
        "stops_left": min(case.left for case in cases),
        "most_s": max(case.wall_s for case in cases),
        "most_cpu_s": max(case.cpu_s for case in cases),
        "worse_than_smallest_repair": sum(case.gain < 0 for case in cases),
        "least_share_untouched": min(case.share for case in cases),
        "mean_share_untouched": round(sum(case.share for case in cases) / len(cases), 4),
        "improved": sum(case.status == "improved" for case in cases),
        "no_change": sum(case.status == "no_change" for case in cases),
        "violations": sum(case.violations for case in cases),
    }


def _show(case: Case, *, first: bool) -> None:
    if first:
        print(f"{case.left} stops left at {case.at}")
        print(f"{'status':<10}{'s':>6}{'repair':>11}{'answer':>11}{'disturbed':>11}{'calm %':>8}{'dropped':>9}  event")
    print(
        f"{case.status:<10}{case.wall_s:>6.1f}{case.smallest_repair:>11.1f}{case.objective:>11.1f}"
        f"{case.disturbed:>11}{100 * case.share:>8.1f}{case.dropped_duties:>9}  {case.event[:70]}"
    )
