"""Made-up days that are too tight in one way or another, and advice taken word by word."""

import random
from dataclasses import replace
from typing import Any

from city.collection_problem import CollectionProblem, Due
from city.findings import Finding
from city.waste import Shift, Stream, TimeWindow
from city.waste_plans import RelaxationKind, Unserved
from optimization.collection.check import check_plan
from optimization.collection.plan_building import build_plan
from optimization.collection.relaxation import relaxed
from optimization.collection.solution import Solution, copied
from optimization.collection.terrain import Terrain, terrain
from optimization.collection.walk import Day, Draft, walk
from tests.optimization.collection.driven import PROVENANCE
from tests.optimization.collection.towns import DAILY, HOUR, PLAN, Town, carries

SHORT = Shift(start_s=5 * HOUR, end_s=int(6.75 * HOUR))
TIGHT: dict[str, dict[str, Any]] = {
    "shift": {"shift": SHORT},
    "break": {
        "shift": Shift(
            start_s=5 * HOUR,
            end_s=7 * HOUR,
            max_overtime_s=600,
            break_s=1200,
            break_window=TimeWindow(start_s=int(5.5 * HOUR), end_s=6 * HOUR),
        )
    },
    "payload": {"payload_kg": 1300.0, "shift": replace(SHORT, end_s=7 * HOUR)},
    "volume": {"compartments": carries(Stream.RESIDUAL, body_m3=9.3), "shift": replace(SHORT, end_s=7 * HOUR)},
    "stops": {"max_stops": 9},
    "daily_kg": {"daily_cap_kg": 950.0},
    "daily_m3": {"daily_cap_m3": 8.25},
    "window": {},
    "site_hours": {},
    "site_cap": {},
    "throughput": {"payload_kg": 900.0},
    "street": {},
    "twice_a_day": {"shift": replace(SHORT, end_s=7 * HOUR)},
}
SITE: dict[str, dict[str, Any]] = {
    "site_hours": {"windows": (TimeWindow(start_s=6 * HOUR, end_s=int(7.5 * HOUR)),)},
    "site_cap": {"daily_cap_kg": 2300.0},
    "throughput": {"throughput_kg_h": 1000.0, "windows": (TimeWindow(start_s=6 * HOUR, end_s=8 * HOUR),)},
}


def tight_day(kind: str, *, seed: int, points: int = 44) -> CollectionProblem:
    """Points over 9 x 9 km and three trucks, of which something holds too little."""
    rng = random.Random(f"{kind} {seed}")
    town = Town().depot("D", 4500, 1000).site("S", rng.uniform(0, 9000), 8000, **SITE.get(kind, {}))
    for number in range(3):
        town.truck(f"T{number + 1}", **TIGHT[kind])
    for number in range(points):
        town.point(
            f"P{number + 1}",
            rng.uniform(0, 9000),
            rng.uniform(0, 9000),
            kg=rng.uniform(40, 220),
            m3=rng.uniform(0.3, 1.5),
            service_s=rng.randint(60, 400),
            **_of_point(kind, rng),
        )
    return town.build()


def _of_point(kind: str, rng: random.Random) -> dict[str, Any]:
    if kind == "window":
        start_s = rng.choice((4, 5, 6, 12)) * HOUR
        return {"windows": (TimeWindow(start_s=start_s, end_s=start_s + rng.choice((HOUR, 3 * HOUR))),)}
    if kind == "street" and rng.random() < 0.3:
        return rng.choice(({"max_height_m": 3.0}, {"max_weight_kg": 14_000.0}, {"skills": ("keys",)}))
    if kind == "twice_a_day" and rng.random() < 0.3:
        return {"rule": replace(DAILY, times_per_day=2)}
    return {}


def fits_somewhere(problem: CollectionProblem, solution: Solution, left: Unserved) -> bool:
    """Whether any truck could take the point at any place of its day: tried by brute force."""
    ground, after = put_over(problem, solution)
    number = number_of(ground, solution, left)
    places = [
        (vehicle, _with(day, number, left.stream, trip, stop))
        for vehicle, day in enumerate(after.days)
        for trip in range(len(day) + 1)
        for stop in range(len(day[trip].tasks) + 1 if trip < len(day) else 1)
    ]
    return any(walk(ground, vehicle, longer, after.use) for vehicle, longer in places)


def put_over(problem: CollectionProblem, solution: Solution) -> tuple[Terrain, Solution]:
    """The same days for another problem, as they are."""
    ground = terrain(problem)
    after = Solution(terrain=ground)
    for vehicle, (day, walked) in enumerate(zip(solution.days, solution.walked, strict=True)):
        after.put(vehicle, day, walked)
    return ground, after


def number_of(ground: Terrain, solution: Solution, left: Unserved) -> int:
    return next(
        task
        for task in sorted(solution.left)
        if (ground.tasks[task].visit.point.point_id, ground.tasks[task].stream) == (left.point_id, left.stream)
    )


def _with(day: Day, number: int, stream: Stream, trip: int, stop: int) -> Day:
    """Trip and stop from 0; a trip after the last one is a new one."""
    longer = copied(day)
    if trip == len(longer):
        return [*longer, Draft(stream=stream, tasks=[number])]
    longer[trip].tasks.insert(stop, number)
    return longer


def taken(problem: CollectionProblem, solution: Solution, left: Unserved) -> tuple[Finding, ...]:
    """What the check finds when the advice is taken: that bound relaxed, and the point put where it was said to go."""
    change = left.relaxation
    assert change is not None
    given_way = relaxed(problem, left)
    ground, after = put_over(given_way, solution)
    number = number_of(ground, solution, left)
    one_more = change.kind is RelaxationKind.TRUCK
    trucks = [vehicle.truck.truck_id for vehicle in ground.vehicles]
    vehicle = len(trucks) - 1 if one_more else trucks.index(change.truck_id)
    day = _with(after.days[vehicle], number, left.stream, change.trip - 1, change.stop - 1)
    walked = walk(ground, vehicle, day, after.use)
    assert walked is not None, f"{change} cannot be driven"
    after.put(vehicle, day, walked)
    asked = {(ground.tasks[task].visit.point.point_id, ground.tasks[task].stream) for task in after.left}
    still = tuple(
        replace(
            left,
            point_id=point_id,
            stream=stream,
            relaxation=None,
            mandatory=problem.demand_of[point_id, stream].due is Due.MUST,
        )
        for point_id, stream in sorted(asked)
    )
    plan = build_plan(given_way, after, still, plan_id=PLAN, provenance=PROVENANCE, rung="start", degraded=())
    return check_plan(plan, given_way).findings
