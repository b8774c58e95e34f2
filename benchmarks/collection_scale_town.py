"""A city made up by its seed, as large as asked for, with a fleet sized by what its points need and not by luck.

Points lie in clusters and between them, equally dense whatever their number (10,000 on 25 x 25 km), with two streams,
day and night windows, breaks, two depots and three sites; travel is straight lines x 1.3 at 30 km/h. What the points of
a stream need by day or by night is estimated: their service, a tour through them (Daganzo 1984, "The distance traveled
to visit N points with a maximum of C stops per vehicle", Transportation Science 18), the tips with their ways, and to
and from the depot. The fleet has a stated spare above that.
"""

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from city.collection_problem import CollectionProblem, Due, PointDemand
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
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

Floats = npt.NDArray[np.float64]

HOUR = 3600
SIDE_M, POINTS_OF_SIDE = 25_000.0, 10_000
DETOUR, METRES_PER_S = 1.3, 30 / 3.6
TOUR = 0.75  # Daganzo's constant: metres per point and root of the area that it has for itself
FILLED = 0.92  # of a truck, when it goes to tip
DISTRICT = DistrictId("D1")
DEPOTS, SITES = ((0.3, 0.3), (0.7, 0.6)), ((0.1, 0.9), (0.9, 0.8), (0.5, 0.05))
DEMAND_OF = (Stream.RESIDUAL, Stream.RECYCLABLE)
NIGHT = (TimeWindow(start_s=0, end_s=6 * HOUR), TimeWindow(start_s=21 * HOUR, end_s=24 * HOUR))
BY_DAY, BY_NIGHT = 5, 21  # hours at which shifts begin
SHIFT_S, BREAK_S, TIP_S, QUEUE_S = 8 * HOUR, 1800, 600, 120
PAYLOAD_KG, BODY_M3, COMPACTION = 8000.0, 16.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """`needed`: how many trucks the points need by the estimate; `spare`: how many more there are, 0.15 for 15 %."""

    problem: CollectionProblem
    needed: float

    @property
    def spare(self) -> float:
        return len(self.problem.trucks) / self.needed - 1


def made_up(points: int, seed: int, spare: float) -> MadeUp:
    rng = np.random.default_rng(seed)
    side_m = SIDE_M * math.sqrt(points / POINTS_OF_SIDE)
    where = np.vstack([_scattered(points, rng), DEPOTS, SITES]) * side_m
    sorts = [_point(number, rng) for number in range(points)]
    needs = list(_needs(sorts, where, side_m**2))
    trucks = [
        _truck(stream, hour, number)
        for (stream, hour, _), count in zip(needs, _shared_out([need for _, _, need in needs], 1 + spare), strict=True)
        for number in range(count)
    ]
    names = [
        *(f"P{number}" for number in range(points)),
        *(f"D{number}" for number in range(len(DEPOTS))),
        *(f"S{number}" for number in range(len(SITES))),
    ]
    problem = CollectionProblem(
        points=tuple(point for point, _ in sorts),
        demand=tuple(demand for _, demand in sorts),
        trucks=tuple(trucks),
        depots=tuple(
            Depot(depot_id=DepotId(f"D{n}"), district_id=DISTRICT, lon=0.0, lat=0.0) for n in range(len(DEPOTS))
        ),
        sites=tuple(_site(number) for number in range(len(SITES))),
        travel=_travel(names, where),
        service_date=date(2026, 3, 31),
        time_zone="UTC",
    )
    return MadeUp(problem=problem, needed=sum(need for _, _, need in needs))


def _scattered(points: int, rng: np.random.Generator) -> Floats:
    """Seven of ten points in clusters, on the unit square."""
    centres = rng.uniform(0.08, 0.92, (max(4, points // 80), 2))
    clustered = centres[rng.integers(0, len(centres), points)] + rng.normal(0, 0.03, (points, 2))
    anywhere = rng.uniform(0, 1, (points, 2))
    return np.where(rng.random((points, 1)) < 0.7, clustered, anywhere).clip(0, 1)


def _needs(
    sorts: list[tuple[CollectionPoint, PointDemand]], where: Floats, area_m2: float
) -> Iterator[tuple[Stream, int, float]]:
    """Trucks that the points of each stream need by day and by night, as a fraction."""
    depots, sites = where[len(sorts) : -len(SITES)], where[-len(SITES) :]
    for stream in DEMAND_OF:
        for hour in (BY_DAY, BY_NIGHT):
            mine = [k for k, (p, _) in enumerate(sorts) if p.stream is stream and (p.windows == NIGHT) == (hour > 12)]
            if not mine:
                continue
            to_site, to_depot = _mean_to_nearest(where[mine], sites), _mean_to_nearest(where[mine], depots)
            kg, m3 = (sum(getattr(sorts[k][1], name) for k in mine) for name in ("kg_p90", "m3_p90"))
            trips = max(kg / PAYLOAD_KG, m3 / (BODY_M3 * COMPACTION)) / FILLED
            tour_m = TOUR * math.sqrt(area_m2 * len(mine)) + 2 * trips * to_site
            work_s = (
                sum(sorts[k][0].service_s for k in mine) + DETOUR * tour_m / METRES_PER_S + trips * (TIP_S + QUEUE_S)
            )
            yield stream, hour, work_s / (SHIFT_S - BREAK_S - 2 * DETOUR * to_depot / METRES_PER_S)


def _shared_out(needs: list[float], factor: float) -> list[int]:
    """Whole trucks, `factor` times the needs in all, at least one for each; the largest remainders are rounded up."""
    counts = [max(1, math.floor(need * factor)) for need in needs]
    short = math.ceil(sum(needs) * factor) - sum(counts)
    by_remainder = sorted(range(len(needs)), key=lambda k: counts[k] - needs[k] * factor)
    for k in by_remainder[: max(0, short)]:
        counts[k] += 1
    return counts


def _mean_to_nearest(points: Floats, places: Floats) -> float:
    return float(np.min(np.linalg.norm(points[:, None] - places[None], axis=2), axis=1).mean())


def _travel(names: list[str], where: Floats) -> TravelTimes:
    """Row by row: whole matrices of floats would take more memory than planning does."""
    seconds, metres = array("i"), array("i")
    for x, y in where:
        row_m = np.rint(DETOUR * np.hypot(where[:, 0] - x, where[:, 1] - y))
        metres.frombytes(row_m.astype(np.int32).tobytes())
        seconds.frombytes(np.ceil(row_m / METRES_PER_S).astype(np.int32).tobytes())
    return TravelTimes.from_flat(names, seconds, metres)


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


def _truck(stream: Stream, hour: int, number: int) -> Truck:
    pause = TimeWindow(start_s=(hour + 4) * HOUR, end_s=(hour + 6) * HOUR)
    return Truck(
        truck_id=TruckId(f"T-{stream}-{hour}-{number}"),
        district_ids=(DISTRICT,),
        depot_id=DepotId(f"D{number % len(DEPOTS)}"),
        payload_kg=PAYLOAD_KG,
        compartments=(Compartment(streams=(stream,), body_m3=BODY_M3, compaction_ratio=COMPACTION),),
        shift=Shift(
            start_s=hour * HOUR,
            end_s=hour * HOUR + SHIFT_S,
            max_overtime_s=HOUR,
            break_s=BREAK_S,
            break_window=pause,
        ),
    )


def _site(number: int) -> DisposalSite:
    return DisposalSite(
        site_id=SiteId(f"S{number}"),
        kind=SiteKind.DISPOSAL,
        district_id=DISTRICT,
        lon=0.0,
        lat=0.0,
        streams=DEMAND_OF,
        windows=(TimeWindow(start_s=0, end_s=24 * HOUR),),
        tip_s=TIP_S,
        queue_s=(QUEUE_S,) * 24,
    )
