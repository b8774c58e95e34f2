"""By-fill points whose real daily accumulation is known: of the demo city (its hidden truth) and of the bins of Ankara.

A day's growth is what a point gains from midnight to midnight, as a share of its capacity. In the demo city it is the
truth: fill at the end - fill at the start + what was taken. In Ankara it is what visits found, spread evenly over the
days since the visit before: the amount (bins x fill) over the most bins ever emptied there. Fill noted as full is taken
as it is noted, which is a lower bound. Point-streams that gain more than half their capacity a day need a visit every
day whatever anyone plans, and are left out; depot, site and trucks of Ankara are made up and stated.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.waste_choice import TRUTH
from city.collection_problem import Prices
from city.frames import Links, Nodes
from city.ids import DepotId, DistrictId, PointId, SiteId, TruckId
from city.ledger import Ledger
from city.network import TravelTimes
from city.settings import Settings
from city.store import History
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
from features.arrays import Floats
from features.gather import city_of
from optimization.collection.travel import great_circle_m, travel_between

JUDGED_DAYS = 30
LEARNED_DAYS = 60  # at most so many before them
MOST_PER_DAY = 0.5
ANKARA_UNTIL = date(2019, 12, 31)  # from 2020 on two points in three need a visit a day: nothing to choose
ANKARA_DETOUR, ANKARA_KMH = 1.3, 25.0
_BINS = (("Paper", Stream.PAPER, 60.0), ("Plastic", Stream.PLASTIC, 25.0))
_BIN_M3 = 1.1
_DISTRICT = DistrictId("ankara")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """`growth`: days x points, the last JUDGED_DAYS of them judged; what came before is what a forecast learns from."""

    name: str
    points: tuple[CollectionPoint, ...]
    trucks: tuple[Truck, ...]
    depots: tuple[Depot, ...]
    sites: tuple[DisposalSite, ...]
    travel: TravelTimes
    places: dict[str, str]
    time_zone: str
    first_day: date
    growth: Floats
    assumed: tuple[str, ...]
    prices: Prices = field(default_factory=Prices)  # in km

    def day(self, number: int) -> date:
        return self.first_day + timedelta(days=number)

    @property
    def judged_from(self) -> int:
        return len(self.growth) - JUDGED_DAYS


def led_by_km(town: Town) -> Town:
    """The same town where shifts and hours cost next to nothing, so that km are what is planned for."""
    return replace(
        town,
        prices=Prices(truck_shift=5.0, truck_h=2.0),
        trucks=tuple(replace(truck, cost_per_h=0.0, cost_per_day=0.0) for truck in town.trucks),
        assumed=(*town.assumed, "A truck-shift is priced as 5 km, an hour as 2 km."),
    )


def demo_city(home: Path) -> Town:
    """The by-fill points of a demo city, with the trucks that carry their streams."""
    settings = Settings.from_environment({"CITY_HOME": str(home)})
    history = History(settings.history_url, Ledger(settings.ledger_url))
    points = tuple(point for point in history.entities(CollectionPoint) if point.rule.may_skip)
    days, growth = _true_growth(home / TRUTH, points)
    streams = {point.stream for point in points}
    depots, sites = history.entities(Depot), history.entities(DisposalSite)
    travel = travel_between(
        points=points, depots=depots, sites=sites, nodes=history.read(Nodes), links=history.read(Links)
    )
    return Town(
        name="demo city",
        points=points,
        trucks=tuple(truck for truck in history.entities(Truck) if streams & set(truck.streams)),
        depots=depots,
        sites=sites,
        travel=travel.times,
        places=travel.places,
        time_zone=city_of(history).time_zone,
        first_day=days[-len(growth)],
        growth=growth,
        assumed=("Only the by-fill points are planned; the daily rounds run beside them.", *travel.assumed),
    )


def _true_growth(folder: Path, points: tuple[CollectionPoint, ...]) -> tuple[list[date], Floats]:
    fills = pl.read_parquet(folder / "fills.parquet")
    taken = (
        pl.read_parquet(folder / "emptied.parquet")
        .group_by("point_id", "stream", pl.col("emptied_at").dt.date().alias("day"))
        .agg(pl.col("fill").sum())
    )
    grown = fills.join(taken, on=["point_id", "stream", "day"], how="left").with_columns(
        (pl.col("fill_end") - pl.col("fill_start") + pl.col("fill").fill_null(0.0))
        .clip(lower_bound=0.0)
        .alias("grown"),
        pl.concat_str("point_id", pl.lit(" "), "stream").alias("key"),
    )
    wide = grown.pivot(on="key", index="day", values="grown").sort("day")
    kept = wide.tail(JUDGED_DAYS + LEARNED_DAYS)
    columns = [f"{point.point_id} {point.stream}" for point in points]
    return kept.get_column("day").to_list(), kept.select(columns).to_numpy().astype(np.float64)


def ankara(folder: Path, *, until: date = ANKARA_UNTIL) -> Town:
    """The real bins; `folder` holds visits_fullness.csv and location_data.csv."""
    visits = pl.read_csv(folder / "visits_fullness.csv").with_columns(
        pl.col("VisitDate").str.to_datetime().dt.date().alias("day")
    )
    spots = {
        row["SPID"]: (row["Longitude"], row["Latitude"])
        for row in pl.read_csv(folder / "location_data.csv").iter_rows(named=True)
    }
    first = until - timedelta(days=JUDGED_DAYS + LEARNED_DAYS - 1)
    points: list[CollectionPoint] = []
    growth: list[Floats] = []
    for column, stream, density in _BINS:
        found = visits.filter(pl.col(f"# {column}") > 0).select(
            "SPID",
            "day",
            pl.col(f"# {column}").alias("bins"),
            (pl.col(f"# {column}") * pl.col(f"% {column}")).alias("units"),
        )
        for (point,), rows in found.sort("day").group_by("SPID", maintain_order=True):
            bins = int(rows["bins"].max())  # type: ignore[arg-type]
            daily = spread(rows, first, until) / bins
            learned = daily[:LEARNED_DAYS].mean()
            if point in spots and 0.0 < learned <= MOST_PER_DAY and daily[LEARNED_DAYS:].sum() > 0:
                points.append(_ankara_point(str(point), stream, spots[point], bins, density))
                growth.append(daily)
    return _made_up_fleet(tuple(points), np.array(growth).T, first)


def spread(rows: pl.DataFrame, first: date, until: date) -> Floats:
    """Amounts found, evenly over the days since the visit before; several visits of one day are one."""
    by_day = rows.group_by("day").agg(pl.col("units").sum()).sort("day")
    grown = np.zeros((until - first).days + 1)
    for (before, _), (day, units) in pairwise(by_day.iter_rows()):
        length = (day - before).days
        for number in range(length):
            position = (before - first).days + 1 + number
            if 0 <= position < len(grown):
                grown[position] += units / length
    return grown


def _ankara_point(point: str, stream: Stream, spot: tuple[float, float], bins: int, density: float) -> CollectionPoint:
    return CollectionPoint(
        point_id=PointId(point),
        stream=stream,
        district_id=_DISTRICT,
        lon=spot[0],
        lat=spot[1],
        capacity_m3=bins * _BIN_M3,
        density_kg_m3=density,
        service_s=180,
        rule=ServiceRule(kind=ServiceKind.BY_FILL),
    )


def _made_up_fleet(points: tuple[CollectionPoint, ...], growth: Floats, first: date) -> Town:
    lon, lat = (float(np.median([getattr(point, axis) for point in points])) for axis in ("lon", "lat"))
    depot = Depot(depot_id=DepotId("D"), district_id=_DISTRICT, lon=lon, lat=lat)
    site = DisposalSite(
        site_id=SiteId("S"),
        kind=SiteKind.DISPOSAL,
        district_id=_DISTRICT,
        lon=lon,
        lat=lat,
        streams=(Stream.PAPER, Stream.PLASTIC),
        windows=(TimeWindow(start_s=0, end_s=172_800),),
        tip_s=600,
    )
    truck = Truck(
        truck_id=TruckId("T"),
        district_ids=(_DISTRICT,),
        depot_id=DepotId("D"),
        payload_kg=5000.0,
        compartments=(Compartment(streams=(Stream.PAPER, Stream.PLASTIC), body_m3=16.0, compaction_ratio=3.0),),
        shift=Shift(start_s=6 * 3600, end_s=14 * 3600, max_overtime_s=3600),
        wash_s=0,
    )
    things = [
        *((f"point {point.point_id}", point.lon, point.lat) for point in points),
        ("depot D", lon, lat),
        ("site S", lon, lat),
    ]
    places = {name: f"{east:.6f} {north:.6f}" for name, east, north in things}
    spots = {places[name]: (east, north) for name, east, north in things}
    east, north = (np.array(axis) for axis in zip(*spots.values(), strict=True))
    metres = great_circle_m(east[:, None], north[:, None], east[None, :], north[None, :]) * ANKARA_DETOUR
    return Town(
        name="bins of Ankara",
        points=points,
        trucks=tuple(replace(truck, truck_id=TruckId(f"T{number}")) for number in range(1, 7)),
        depots=(depot,),
        sites=(site,),
        travel=TravelTimes.from_rows(tuple(spots), metres / ANKARA_KMH * 3.6, metres),
        places=places,
        time_zone="Europe/Istanbul",
        first_day=first,
        growth=growth,
        assumed=(
            f"Point-streams gaining more than {MOST_PER_DAY:.0%} of their capacity a day are left out.",
            "A point's capacity is the most bins ever emptied there at once.",
            f"Ways are straight x {ANKARA_DETOUR:g} at {ANKARA_KMH:g} km/h; depot and site lie at the points' median.",
            "Six trucks of 5 t and 48 loose m3 take either stream, one a trip.",
        ),
    )
