"""How far one search reaches: a city planned in the time a dispatcher has, against the same city planned at leisure.

The city is made up by the seed: points in clusters over 40 x 40 km, two streams, day and night windows, breaks, two
depots, three sites; travel is straight lines x 1.3 at 30 km/h. Every plan passes the independent check.
"""

import argparse
import resource
import time
from array import array
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import numpy as np

from city.collection_problem import CollectionProblem, Due, PointDemand
from city.ids import DepotId, DistrictId, PlanId, PointId, SiteId, TruckId
from city.network import TravelTimes
from city.waste import (
    ALL_DAY,
    CollectionPoint,
    Compartment,
    Depot,
    DisposalSite,
    ServiceKind,
    ServiceRule,
    Shift,
    SiteKind,
    Stream,
    TimeWindow,
    Truck,
)
from optimization.collection.check import check_plan
from optimization.collection.planner import plan_routes
from optimization.result import Infeasible

HOUR = 3600
SIDE_M, DETOUR, METRES_PER_S = 40_000.0, 1.3, 30 / 3.6
DISTRICT = DistrictId("D1")
DEPOTS, SITES = ((0.3, 0.3), (0.7, 0.6)), ((0.1, 0.9), (0.9, 0.8), (0.5, 0.05))
POINTS_PER_TRUCK = 130
NIGHT = (TimeWindow(start_s=0, end_s=6 * HOUR), TimeWindow(start_s=21 * HOUR, end_s=24 * HOUR))
MADE_AT = datetime(2026, 3, 30, 20, tzinfo=UTC)
WITHIN = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    points: int
    trucks: int
    asked_s: float
    wall_s: float
    cpu_s: float
    peak_mb: float
    objective: float
    shifts: float
    truck_h: float
    km: float
    missed: float
    violations: int
    rung: str


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--points", type=int, default=2000, help="of the made-up city (default 2000)")
    parser.add_argument("--seconds", default="60,600", help="times to plan it in, compared with the last (60,600)")
    parser.add_argument("--cores", type=int, default=None, help="processes (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the city and of the search (default 1)")


def measure(asked: argparse.Namespace) -> Mapping[str, object]:
    problem = made_up(asked.points, asked.seed)
    rows = [planned(problem, float(seconds), asked.seed, asked.cores) for seconds in asked.seconds.split(",")]
    for row in rows:
        print(
            f"{row.points} points, {row.trucks} trucks, {row.asked_s:.0f} s: cost {row.objective:.0f}, "
            f"{row.shifts:.0f} shifts, {row.truck_h:.1f} truck-h, {row.km:.0f} km, {row.missed:.0f} missed, "
            f"{row.violations} violations; {row.wall_s:.0f} s, {row.cpu_s:.0f} CPU-s, {row.peak_mb:.0f} MB, {row.rung}",
            flush=True,
        )
    worse = rows[0].objective / rows[-1].objective - 1
    print(f"{rows[0].asked_s:.0f} s is {worse:+.2%} against {rows[-1].asked_s:.0f} s (target: within {WITHIN:.0%})")
    return {
        "target": {"worse_than_at_leisure": WITHIN, "peak_mb_at_10000_points": 3000},
        "reached": {"worse_than_at_leisure": worse, "peak_mb": max(row.peak_mb for row in rows)},
        "rows": [asdict(row) for row in rows],
    }


def planned(problem: CollectionProblem, seconds: float, seed: int, cores: int | None) -> Planned:
    wall, cpu = time.monotonic(), _cpu()
    result = plan_routes(problem, plan_id=PlanId("scale"), made_at=MADE_AT, seed=seed, seconds=seconds, cores=cores)
    if isinstance(result, Infeasible):
        raise result.reasons[0]
    took, used = time.monotonic() - wall, _cpu() - cpu
    cost = dict(result.cost)
    return Planned(
        points=len(problem.points),
        trucks=len(problem.trucks),
        asked_s=seconds,
        wall_s=took,
        cpu_s=used,
        peak_mb=_peak_mb(),
        objective=result.objective,
        shifts=cost["truck_shifts"],
        truck_h=cost["truck_h"],
        km=cost["km"],
        missed=cost["missed_mandatory_points"],
        violations=len(check_plan(result.plan, problem).findings),
        rung=result.plan.rung,
    )


def made_up(points: int, seed: int) -> CollectionProblem:
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0.08, 0.92, (max(4, points // 80), 2))
    clustered = centres[rng.integers(0, len(centres), points)] + rng.normal(0, 0.03, (points, 2))
    anywhere = rng.uniform(0, 1, (points, 2))
    at = np.where(rng.random((points, 1)) < 0.7, clustered, anywhere).clip(0, 1)
    where = np.vstack([at, DEPOTS, SITES]) * SIDE_M
    names = (
        [f"P{number}" for number in range(points)]
        + [f"D{number}" for number in range(len(DEPOTS))]
        + [f"S{number}" for number in range(len(SITES))]
    )
    trucks = max(4, points // POINTS_PER_TRUCK)
    sorts = [_point(number, rng) for number in range(points)]
    return CollectionProblem(
        points=tuple(point for point, _ in sorts),
        demand=tuple(demand for _, demand in sorts),
        trucks=tuple(_truck(number) for number in range(trucks)),
        depots=tuple(
            Depot(depot_id=DepotId(f"D{n}"), district_id=DISTRICT, lon=0.0, lat=0.0) for n in range(len(DEPOTS))
        ),
        sites=tuple(_site(number) for number in range(len(SITES))),
        travel=_travel(names, where),
        service_date=date(2026, 3, 31),
        time_zone="UTC",
    )


def _travel(names: list[str], where: np.ndarray) -> TravelTimes:
    metres = np.empty((len(names), len(names)), dtype=np.int32)
    for row, (x, y) in enumerate(where):
        metres[row] = np.rint(DETOUR * np.hypot(where[:, 0] - x, where[:, 1] - y))
    seconds = np.ceil(metres / METRES_PER_S).astype(np.int32)
    return TravelTimes.from_flat(names, array("i", seconds.tobytes()), array("i", metres.tobytes()))


def _point(number: int, rng: np.random.Generator) -> tuple[CollectionPoint, PointDemand]:
    stream = Stream.RECYCLABLE if rng.random() < 0.25 else Stream.RESIDUAL
    must = rng.random() < 0.35
    kg, m3 = rng.uniform(30, 150), rng.uniform(0.2, 1.0)
    at_night = stream is Stream.RESIDUAL and rng.random() < 0.15
    point = CollectionPoint(
        point_id=PointId(f"P{number}"),
        stream=stream,
        district_id=DISTRICT,
        lon=0.0,
        lat=0.0,
        capacity_m3=2.0,
        density_kg_m3=kg / m3,
        service_s=int(rng.integers(20, 60)),
        rule=ServiceRule(kind=ServiceKind.DAILY if must else ServiceKind.BY_FILL),
        windows=NIGHT if at_night else (ALL_DAY,),
    )
    demand = PointDemand(
        point_id=point.point_id,
        stream=stream,
        due=Due.MUST if must else Due.MAY,
        why="made up",
        kg_p50=kg,
        kg_p90=kg,
        m3_p50=m3,
        m3_p90=m3,
        skip_price=0.0 if must else float(60 * rng.random() ** 3),
    )
    return point, demand


def _truck(number: int) -> Truck:
    stream = Stream.RECYCLABLE if number % 4 == 3 else Stream.RESIDUAL
    night = number % 8 == 2
    start = 21 if night else 5
    pause = TimeWindow(start_s=(start + 4) * HOUR, end_s=(start + 6) * HOUR)
    return Truck(
        truck_id=TruckId(f"T{number}"),
        district_ids=(DISTRICT,),
        depot_id=DepotId(f"D{number % len(DEPOTS)}"),
        payload_kg=8000.0,
        compartments=(Compartment(streams=(stream,), body_m3=16.0, compaction_ratio=4.0),),
        shift=Shift(
            start_s=start * HOUR, end_s=(start + 8) * HOUR, max_overtime_s=HOUR, break_s=1800, break_window=pause
        ),
    )


def _site(number: int) -> DisposalSite:
    return DisposalSite(
        site_id=SiteId(f"S{number}"),
        kind=SiteKind.DISPOSAL,
        district_id=DISTRICT,
        lon=0.0,
        lat=0.0,
        streams=(Stream.RESIDUAL, Stream.RECYCLABLE),
        windows=(TimeWindow(start_s=0, end_s=24 * HOUR),),
        tip_s=600,
        queue_s=(120,) * 24,
    )


def _cpu() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def _peak_mb() -> float:
    """Of this process and of the largest of those it started, together."""
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_maxrss for part in parts) / 1024
