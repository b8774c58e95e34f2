"""Small made-up towns to plan for. Coordinates are metres on a plane; driving is straight at 10 m/s."""

# ruff: noqa: ANN401  -- a town changes any field of the things in it

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

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

MADE_AT = datetime(2026, 3, 2, 20, tzinfo=UTC)
SERVICE_DATE = date(2026, 3, 3)
DISTRICT = DistrictId("north")
PLAN = PlanId("routes-2026-03-03")
HOUR = 3600
METRES_PER_S = 10.0
DAILY = ServiceRule(kind=ServiceKind.DAILY)
BY_FILL = ServiceRule(kind=ServiceKind.BY_FILL)
NIGHT = TimeWindow(start_s=21 * HOUR, end_s=30 * HOUR)

A_SITE = DisposalSite(
    site_id=SiteId("S"),
    kind=SiteKind.DISPOSAL,
    district_id=DISTRICT,
    lon=0.0,
    lat=0.0,
    streams=tuple(Stream),
    windows=(TimeWindow(start_s=0, end_s=24 * HOUR),),
    tip_s=300,
)
A_TRUCK = Truck(
    truck_id=TruckId("T"),
    district_ids=(DISTRICT,),
    depot_id=DepotId("D"),
    payload_kg=5000.0,
    compartments=(Compartment(streams=(Stream.RESIDUAL,), body_m3=1000.0),),
    shift=Shift(start_s=6 * HOUR, end_s=14 * HOUR),
)
A_POINT = CollectionPoint(
    point_id=PointId("P"),
    stream=Stream.RESIDUAL,
    district_id=DISTRICT,
    lon=0.0,
    lat=0.0,
    capacity_m3=2.0,
    density_kg_m3=100.0,
    service_s=60,
    rule=DAILY,
)


def carries(*streams: Stream, body_m3: float = 1000.0) -> tuple[Compartment, ...]:
    """One compartment for all of them."""
    return (Compartment(streams=streams, body_m3=body_m3),)


@dataclass(kw_only=True)
class Town:
    """Collects things with their coordinates, then builds the problem. `changes` are fields of the thing."""

    at: dict[str, tuple[float, float]] = field(default_factory=dict)
    points: list[CollectionPoint] = field(default_factory=list)
    demand: list[PointDemand] = field(default_factory=list)
    trucks: list[Truck] = field(default_factory=list)
    depots: list[Depot] = field(default_factory=list)
    sites: list[DisposalSite] = field(default_factory=list)
    prices: Prices = field(default_factory=Prices)

    def depot(self, name: str = "D", x: float = 0.0, y: float = 0.0) -> "Town":
        self.depots.append(Depot(depot_id=DepotId(name), district_id=DISTRICT, **self._put(name, x, y)))
        return self

    def site(self, name: str = "S", x: float = 0.0, y: float = 0.0, **changes: Any) -> "Town":
        self.sites.append(replace(A_SITE, site_id=SiteId(name), **self._put(name, x, y), **changes))
        return self

    def truck(self, name: str = "T", **changes: Any) -> "Town":
        self.trucks.append(replace(A_TRUCK, truck_id=TruckId(name), **changes))
        return self

    def point(
        self,
        name: str,
        x: float,
        y: float,
        *,
        kg: float = 100.0,
        m3: float = 1.0,
        price: float | None = None,
        **changes: Any,
    ) -> "Town":
        """A point with a `price` may be left at that price; one without must be served."""
        rule = {"rule": DAILY if price is None else BY_FILL}
        point = replace(A_POINT, point_id=PointId(name), **{**rule, **self._put(name, x, y), **changes})
        self.points.append(point)
        self.demand.append(
            PointDemand(
                point_id=point.point_id,
                stream=point.stream,
                due=Due.MUST if price is None else Due.MAY,
                why="as the test says",
                kg_p50=kg,
                kg_p90=kg,
                m3_p50=m3,
                m3_p90=m3,
                skip_price=price or 0.0,
                overflow_probability=min(1.0, (price or 0.0) / 100),
            )
        )
        return self

    def build(self, *, cut_off: tuple[str, ...] = ()) -> CollectionProblem:
        """`cut_off` places have no way to or from them."""
        travel = TravelTimes(tuple(self.at))
        for origin, target, metres in self._pairs():
            if not {origin, target} & set(cut_off):
                travel.set(origin, target, seconds=math.ceil(metres / METRES_PER_S), metres=metres)
        return CollectionProblem(
            points=tuple(self.points),
            demand=tuple(self.demand),
            trucks=tuple(self.trucks),
            depots=tuple(self.depots),
            sites=tuple(self.sites),
            travel=travel,
            service_date=SERVICE_DATE,
            time_zone="Asia/Shanghai",
            prices=self.prices,
        )

    def _put(self, name: str, x: float, y: float) -> dict[str, Any]:
        self.at[name] = (x, y)
        return {"lon": 116.3 + x / 85_000, "lat": 39.9 + y / 111_000}

    def _pairs(self) -> Iterator[tuple[str, str, int]]:
        for origin, start in self.at.items():
            for target, end in self.at.items():
                if origin != target:
                    yield origin, target, round(math.dist(start, end))


def made_up_city(points: int, trucks: int, *, seed: int) -> CollectionProblem:
    """Two streams, day and night windows, daily and by-fill points, breaks, two sites, over 12 x 12 km."""
    rng = random.Random(seed)
    town = Town().depot("D", 6000, 2000)
    town.site("S1", 1000, 11_000, tip_s=600, queue_s=(300,) * 24).site("S2", 11_500, 3000, tip_s=600)
    for number in range(trucks):
        stream = Stream.RECYCLABLE if number % 4 == 3 else Stream.RESIDUAL
        body = Compartment(streams=(stream,), body_m3=14.0, compaction_ratio=3.0)
        shift = _night_shift() if number % 4 == 2 else _day_shift()
        town.truck(f"T{number + 1}", payload_kg=6000.0, compartments=(body,), shift=shift)
    for number in range(points):
        stream = Stream.RECYCLABLE if rng.random() < 0.25 else Stream.RESIDUAL
        at_night = stream is Stream.RESIDUAL and rng.random() < 0.15
        town.point(
            f"P{number + 1}",
            rng.uniform(0, 12_000),
            rng.uniform(0, 12_000),
            kg=rng.uniform(40, 220),
            m3=rng.uniform(0.3, 1.5),
            price=100 * rng.random() ** 3 if rng.random() < 0.4 else None,
            stream=stream,
            service_s=rng.randint(60, 180),
            **({"windows": (NIGHT,)} if at_night else {}),
        )
    return town.build()


def _day_shift() -> Shift:
    pause = TimeWindow(start_s=10 * HOUR, end_s=12 * HOUR)
    return Shift(start_s=5 * HOUR, end_s=13 * HOUR, max_overtime_s=2 * HOUR, break_s=1800, break_window=pause)


def _night_shift() -> Shift:
    pause = TimeWindow(start_s=25 * HOUR, end_s=27 * HOUR)
    return Shift(start_s=21 * HOUR, end_s=30 * HOUR, break_s=1800, break_window=pause)
