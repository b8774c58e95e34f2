"""Kim's instances as problems of the product, planned by the product: `plan_routes`, with or without its own engine.

Yards become loose m3, feet whole metres, and driving times whole seconds, rounded up. The file knows volumes only: one
density stands in, and a payload that never binds. Coordinates are feet of an unnamed plane, so lon and lat stay 0 and
the travel times carry the geometry. A truck costs more than all its miles can, and hours cost nothing: trucks first,
then miles. The fleet is twice what load, stops and working time ask for, and a few more.
"""

import math
from array import array
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.routing_kim import LUNCH_FROM_S, LUNCH_UNTIL_S, KimInstance, KimPlace, read_kim
from city.collection_problem import CollectionProblem, Due, PointDemand, Prices
from city.ids import DepotId, DistrictId, PlanId, PointId, SiteId, TruckId
from city.network import TravelTimes
from city.waste import (
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
from city.waste_plans import CollectionPlan
from optimization.collection.planner import plan_routes
from optimization.collection.search import improve_with_routing
from optimization.collection.solution import Solution
from optimization.collection.start import start_solution
from optimization.collection.terrain import Terrain
from optimization.result import Infeasible

M3_IN_A_YD3: Final = 0.764554857984
METRES_IN_A_FOOT: Final = 0.3048
DENSITY_KG_M3: Final = 100.0
SPARE_M3: Final = 1e-6  # a load that fills a truck must fit although sums of m3 are rounded
LEAST_M3: Final = 1e-3  # of a bin whose stop is listed with no load
DISTRICT: Final = DistrictId("kim2006")
SERVICE_DATE: Final = date(2006, 3, 1)
MADE_AT: Final = datetime(2006, 2, 28, 12, tzinfo=UTC)
NO_STREAMS_APART: Final = (Stream.RESIDUAL,)
PRICES: Final = Prices(missed=1e6, truck_shift=1e5, overtime_h=0.0, truck_h=0.0)


def problem_of(path: Path) -> CollectionProblem:
    instance = read_kim(path)
    places = [instance.depot, *instance.landfills, *instance.stops]
    return CollectionProblem(
        points=tuple(_point(stop) for stop in instance.stops),
        demand=tuple(_demand(stop) for stop in instance.stops),
        trucks=tuple(_truck(instance, number) for number in range(1, trucks_to_plan_with(instance) + 1)),
        depots=(Depot(depot_id=DepotId(instance.depot.place_id), district_id=DISTRICT, lon=0.0, lat=0.0),),
        sites=tuple(_site(landfill) for landfill in instance.landfills),
        travel=_travel(instance, places),
        service_date=SERVICE_DATE,
        time_zone="UTC",
        load_quantile="p50",
        prices=PRICES,
    )


def trucks_to_plan_with(instance: KimInstance) -> int:
    load = sum(stop.load_yd3 for stop in instance.stops)
    tips_s = load / instance.capacity_yd3 * min(landfill.service_s for landfill in instance.landfills)
    work_s = sum(stop.service_s for stop in instance.stops) + tips_s
    day_s = instance.depot.late_s - instance.depot.early_s - instance.lunch_s
    fewest = max(load / instance.daily_yd3, len(instance.stops) / instance.max_stops, work_s / day_s)
    return 2 * math.ceil(fewest) + 3


def planned(
    problem: CollectionProblem, *, solver: str, seconds: float, seed: int
) -> tuple[CollectionPlan, dict[str, float]]:
    """Raises the planner's first reason where it has no plan at all."""
    engine: dict[str, Any] = {"engine": improve_with_routing, "start": _nearest_first} if solver == "ortools" else {}
    plan_id = PlanId(f"kim2006-{solver}-{seed}")
    result = plan_routes(problem, plan_id=plan_id, made_at=MADE_AT, seed=seed, seconds=seconds, **engine)
    if isinstance(result, Infeasible):
        raise result.reasons[0]
    return result.plan, {**dict(result.work), "objective": result.objective}


def _nearest_first(ground: Terrain, seconds: float) -> Solution:
    """The start of the OR-Tools-only path, which owes nothing to the engine."""
    return start_solution(ground, seconds=seconds)


def _window(place: KimPlace) -> tuple[TimeWindow, ...]:
    return (TimeWindow(start_s=place.early_s, end_s=max(place.late_s, place.early_s + 1)),)


def _point(stop: KimPlace) -> CollectionPoint:
    return CollectionPoint(
        point_id=PointId(stop.place_id),
        stream=Stream.RESIDUAL,
        district_id=DISTRICT,
        lon=0.0,
        lat=0.0,
        capacity_m3=max(LEAST_M3, stop.load_yd3 * M3_IN_A_YD3),
        density_kg_m3=DENSITY_KG_M3,
        service_s=stop.service_s,
        rule=ServiceRule(kind=ServiceKind.DAILY),
        windows=_window(stop),
    )


def _demand(stop: KimPlace) -> PointDemand:
    m3 = stop.load_yd3 * M3_IN_A_YD3
    return PointDemand(
        point_id=PointId(stop.place_id),
        stream=Stream.RESIDUAL,
        due=Due.MUST,
        why="listed in the file",
        kg_p50=m3 * DENSITY_KG_M3,
        kg_p90=m3 * DENSITY_KG_M3,
        m3_p50=m3,
        m3_p90=m3,
    )


def _truck(instance: KimInstance, number: int) -> Truck:
    body_m3 = instance.capacity_yd3 * M3_IN_A_YD3 + SPARE_M3
    depot = instance.depot
    lunch = TimeWindow(start_s=LUNCH_FROM_S, end_s=LUNCH_UNTIL_S)
    return Truck(
        truck_id=TruckId(f"T{number:02}"),
        district_ids=(DISTRICT,),
        depot_id=DepotId(depot.place_id),
        payload_kg=2 * body_m3 * DENSITY_KG_M3,
        compartments=(Compartment(streams=NO_STREAMS_APART, body_m3=body_m3),),
        shift=Shift(start_s=depot.early_s, end_s=depot.late_s, break_s=instance.lunch_s, break_window=lunch),
        daily_cap_m3=instance.daily_yd3 * M3_IN_A_YD3 + SPARE_M3,
        max_stops=instance.max_stops,
    )


def _site(landfill: KimPlace) -> DisposalSite:
    return DisposalSite(
        site_id=SiteId(landfill.place_id),
        kind=SiteKind.DISPOSAL,
        district_id=DISTRICT,
        lon=0.0,
        lat=0.0,
        streams=NO_STREAMS_APART,
        windows=_window(landfill),
        tip_s=landfill.service_s,
    )


def _travel(instance: KimInstance, places: list[KimPlace]) -> TravelTimes:
    x, y = (np.array([getattr(place, axis) for place in places]) for axis in ("x_ft", "y_ft"))
    feet = np.abs(x[:, None] - x[None, :]) + np.abs(y[:, None] - y[None, :])
    seconds = np.ceil(np.round(feet * instance.seconds(1.0), 6)).astype(np.int32)
    metres = np.rint(feet * METRES_IN_A_FOOT).astype(np.int32)
    flat = (array("i", values.tobytes()) for values in (seconds, metres))
    return TravelTimes.from_flat([place.place_id for place in places], *flat)
