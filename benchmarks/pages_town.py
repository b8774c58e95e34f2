"""A plan of thousands of points on a grid of roads, as the service hands it out: what the pages are made to draw."""

import itertools
import math
import random
from dataclasses import dataclass
from typing import Any

LON, LAT = 116.0, 39.6
SPACING_DEG = 0.002
STOP_S, DRIVE_S = 90, 60
SHIFT_START_S = 6 * 3600
PLAN_ID = "routes-2026-03-30-bench"
DAY = "2026-03-30"
Path = list[list[float]]


@dataclass(frozen=True, kw_only=True)
class Town:
    points: int
    routes: int
    seed: int = 1

    @property
    def side(self) -> int:
        """Crossings along each edge of the grid: about one road for every point."""
        return max(4, math.ceil(math.sqrt(self.points / 2)) + 1)


def roads(town: Town) -> dict[str, Any]:
    far = (town.side - 1) * SPACING_DEG
    found = []
    for number in range(town.side):
        at = number * SPACING_DEG
        for step in range(town.side - 1):
            near, next_one = step * SPACING_DEG, min((step + 1) * SPACING_DEG, far)
            main = number % 5 == 0
            found.append({"path": [[LON + near, LAT + at], [LON + next_one, LAT + at]], "main": main})
            found.append({"path": [[LON + at, LAT + near], [LON + at, LAT + next_one]], "main": main})
    return {"roads": found}


def places(town: Town) -> list[tuple[float, float]]:
    """Where the points lie: on the roads, in the order in which the routes pass them."""
    random_ = random.Random(town.seed)
    far = (town.side - 1) * SPACING_DEG
    rows = max(1, town.side - 1)
    per_row = math.ceil(town.points / rows)
    found = []
    for number in range(town.points):
        row, along = divmod(number, per_row)
        share = along / max(1, per_row - 1)
        forward = share if row % 2 == 0 else 1 - share
        found.append((LON + forward * far, LAT + row * SPACING_DEG + random_.uniform(-1e-4, 1e-4)))
    return found


def point_map(town: Town) -> dict[str, Any]:
    points = [
        {"point_id": f"P{n:05d}", "stream": "residual", "district_id": "D1", "lon": lon, "lat": lat, "rule": "by_fill"}
        for n, (lon, lat) in enumerate(places(town))
    ]
    return {
        "points": points,
        "depots": [{"depot_id": "DEP", "lon": LON, "lat": LAT}],
        "sites": [{"site_id": "S1", "kind": "transfer_station", "lon": LON + 0.01, "lat": LAT + 0.01}],
        "trucks": [{"truck_id": f"T{n:03d}", "depot_id": "DEP"} for n in range(town.routes)],
    }


def stored_plan(town: Town) -> dict[str, Any]:
    """One point in twenty is left, each with its sentence; the others are shared out among the trucks in order."""
    left = [n for n in range(town.points) if n % 20 == 19]
    served = [n for n in range(town.points) if n % 20 != 19]
    share = math.ceil(len(served) / town.routes)
    routes = [_route(n, served[n * share : (n + 1) * share]) for n in range(town.routes)]
    plan = {
        "plan_id": PLAN_ID, "service_date": DAY, "time_zone": "Asia/Shanghai", "district_ids": ["D1"],
        "routes": [route for route in routes if route["trips"][0]["stops"]], "unserved": list(map(_left, left)),
        "cost": [["km", 1000.0]], "assumed": [], "degraded": [], "rung": "optimised",
        "provenance": {"recipe": None},
    }  # fmt: skip
    check = {"plan_id": PLAN_ID, "ok": True, "findings": [], "measures": {"km": 1000.0, "truck_h": 400.0, "t": 300.0}}
    return {**summary(), "plan": plan, "check": check}


def summary() -> dict[str, Any]:
    return {
        "plan_id": PLAN_ID, "kind": "routes", "status": "draft", "service_date": DAY, "district_ids": ["D1"],
        "made_at": "2026-03-29T21:00:00+00:00", "valid_until": None, "href": f"/v1/routes/plans/{PLAN_ID}",
    }  # fmt: skip


def paths(town: Town) -> dict[str, Any]:
    """Along the roads with a corner every few metres, as a network of real streets has them."""
    where, plan = places(town), stored_plan(town)["plan"]
    found = []
    for route in plan["routes"]:
        halts = [where[int(stop["point_id"][1:])] for stop in route["trips"][0]["stops"]]
        path: Path = []
        for (lon, lat), (next_lon, next_lat) in itertools.pairwise(halts):
            path += [[lon + (next_lon - lon) * part / 4, lat + (next_lat - lat) * part / 4] for part in range(4)]
        found.append({"truck_id": route["truck_id"], "path": path})
    return {"plan_id": PLAN_ID, "routes": found}


def _route(number: int, points: list[int]) -> dict[str, Any]:
    stops = [_stop(point, position) for position, point in enumerate(points)]
    back_s = SHIFT_START_S + len(points) * (STOP_S + DRIVE_S) + 900
    tip = {"site_id": "S1", "arrive_s": back_s - 600, "start_s": back_s - 500, "depart_s": back_s - 300, "kg": 1000.0}
    return {
        "truck_id": f"T{number:03d}", "depot_id": "DEP", "depart_s": SHIFT_START_S, "return_s": back_s,
        "trips": [{"stream": "residual", "stops": stops, "tip": tip}],
        "metres": 300 * len(points), "drive_s": DRIVE_S * len(points), "break_taken": None,
    }  # fmt: skip


def _stop(point: int, position: int) -> dict[str, Any]:
    start_s = SHIFT_START_S + position * (STOP_S + DRIVE_S) + DRIVE_S
    return {
        "point_id": f"P{point:05d}", "stream": "residual", "arrive_s": start_s, "start_s": start_s,
        "depart_s": start_s + STOP_S, "kg": 30.0, "m3": 0.2, "load_kg": 30.0 * (position + 1),
        "load_m3": 0.2 * (position + 1), "reason": "planned", "audit_probability": None,
    }  # fmt: skip


def _left(point: int) -> dict[str, Any]:
    return {
        "point_id": f"P{point:05d}", "stream": "residual", "reason": "not_worth_it", "mandatory": False,
        "sentence": "Serving it today would cost 13.6 more; leaving it is priced 11.2.",
        "relaxation": None, "extra_km": None, "extra_min": None,
    }  # fmt: skip


def junction_map(town: Town) -> dict[str, Any]:
    """Two detectors at every junction, as many detectors as points."""
    where = places(town)
    junctions = [
        {"junction_id": f"J{n:05d}", "name": f"Crossing {n}", "district_id": "D1", "lon": lon, "lat": lat,
         "mode": "fixed"}
        for n, (lon, lat) in enumerate(where[::2])
    ]  # fmt: skip
    detectors = [
        {"detector_id": f"DET{n:05d}", "junction_id": f"J{n // 2:05d}", "approach": "NS"[n % 2], "lon": lon, "lat": lat}
        for n, (lon, lat) in enumerate(where)
    ]
    return {"junctions": junctions, "detectors": detectors}


def congestion(town: Town, issue: dict[str, Any]) -> dict[str, Any]:
    """The service's own answer (issue, levels, times), with as many detectors as there are points."""
    times = issue["times"]
    random_ = random.Random(town.seed)
    return {**issue, "areas": [_area("city", "city", times, 1.0)] + [
        _area("segment", f"DET{n:05d}", times, random_.uniform(0.6, 1.6)) for n in range(town.points)
    ]}  # fmt: skip


def _area(kind: str, name: str, times: list[str], weight: float) -> dict[str, Any]:
    peaks = [1 + weight * math.exp(-(((n / max(1, len(times) - 1) - 0.7) * 6) ** 2)) for n in range(len(times))]
    return {
        "area_kind": kind, "area_id": name, "district_id": "D1",
        "index_p10": [round(one * 0.95, 3) for one in peaks], "index_p50": [round(one, 3) for one in peaks],
        "index_p90": [round(one * 1.1, 3) for one in peaks], "congested_probability": [0.1 for _ in peaks],
    }  # fmt: skip
