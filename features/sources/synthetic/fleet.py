"""Depots, disposal sites and trucks of the demo city."""

from dataclasses import dataclass

from city.ids import DepotId, DistrictId, SiteId, TruckId
from city.waste import Compartment, Depot, DisposalSite, Shift, SiteKind, Stream, TimeWindow, Truck
from features.sources.synthetic.roads import Cell, Roads
from features.sources.synthetic.size import CitySize

DAY_SHIFT = Shift(
    start_s=6 * 3600,
    end_s=14 * 3600,
    max_overtime_s=3600,
    break_s=1800,
    break_window=TimeWindow(start_s=9 * 3600, end_s=12 * 3600),
)
NIGHT_SHIFT = Shift(
    start_s=21 * 3600,
    end_s=30 * 3600,
    max_overtime_s=1800,
    break_s=1800,
    break_window=TimeWindow(start_s=24 * 3600, end_s=27 * 3600),
)
_DAY_QUEUE_S = (0, 0, 0, 0, 0, 0, 60, 120, 300, 600, 780, 720, 540, 420, 300, 180, 120, 60, 60, 60, 60, 120, 180, 60)
# Of every eight trucks: what they carry and when they work.
_CREWS: tuple[tuple[Stream, bool], ...] = (
    (Stream.RESIDUAL, False),
    (Stream.KITCHEN, False),
    (Stream.RECYCLABLE, False),
    (Stream.RESIDUAL, True),
    (Stream.KITCHEN, True),
    (Stream.RESIDUAL, False),
    (Stream.KITCHEN, False),
    (Stream.RESIDUAL, False),
)
_BODY_M3 = {Stream.RESIDUAL: 15.0, Stream.KITCHEN: 12.0, Stream.RECYCLABLE: 18.0}
_COMPACTION = {Stream.RESIDUAL: 2.8, Stream.KITCHEN: 2.0, Stream.RECYCLABLE: 3.0}
_PAYLOAD_KG = {Stream.RESIDUAL: 7000.0, Stream.KITCHEN: 8000.0, Stream.RECYCLABLE: 5000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    depots: tuple[Depot, ...]
    sites: tuple[DisposalSite, ...]
    trucks: tuple[Truck, ...]
    depot_cells: dict[DepotId, Cell]
    site_cells: dict[SiteId, Cell]

    def site_for(self, stream: Stream) -> DisposalSite:
        """The site that crews use of old: the transfer station where it takes the stream."""
        taking = [site for site in self.sites if stream in site.streams]
        return min(taking, key=lambda site: site.kind is not SiteKind.TRANSFER_STATION)

    def works_at_night(self, truck: Truck) -> bool:
        return truck.shift == NIGHT_SHIFT


def build_fleet(roads: Roads, size: CitySize) -> Fleet:
    depot_cells = {
        DepotId("DEP1"): (1, roads.rows - 2),
        DepotId("DEP2"): (roads.columns - 2, 2),
    }
    site_cells = {
        SiteId("TS1"): (roads.columns // 2, roads.rows // 2),
        SiteId("ECO1"): (roads.columns - 1, roads.rows - 1),
    }
    depots = tuple(_depot(roads, depot_id, cell) for depot_id, cell in depot_cells.items())
    return Fleet(
        depots=depots,
        sites=_sites(roads, site_cells, size),
        trucks=tuple(_truck(number, depots, roads.district_ids) for number in range(size.trucks)),
        depot_cells=depot_cells,
        site_cells=site_cells,
    )


def _depot(roads: Roads, depot_id: DepotId, cell: Cell) -> Depot:
    lon, lat = roads.lon_lat(cell, east_m=25.0, north_m=15.0)
    return Depot(depot_id=depot_id, district_id=roads.district(cell), lon=lon, lat=lat)


def _sites(roads: Roads, cells: dict[SiteId, Cell], size: CitySize) -> tuple[DisposalSite, ...]:
    station, park = SiteId("TS1"), SiteId("ECO1")
    lon, lat = roads.lon_lat(cells[station], east_m=-30.0, north_m=20.0)
    transfer = DisposalSite(
        site_id=station,
        kind=SiteKind.TRANSFER_STATION,
        district_id=roads.district(cells[station]),
        lon=lon,
        lat=lat,
        streams=(Stream.RESIDUAL, Stream.KITCHEN),
        # Open from five in the morning to half past eleven at night, the next service morning included.
        windows=(TimeWindow(start_s=18_000, end_s=84_600), TimeWindow(start_s=104_400, end_s=171_000)),
        tip_s=420,
        queue_s=_DAY_QUEUE_S,
        daily_cap_kg=round(120_000.0 * size.trucks / 8),
        throughput_kg_h=round(25_000.0 * size.trucks / 8),
    )
    # The eco park lies outside the city, at the end of its last street.
    lon, lat = roads.lon_lat(cells[park], east_m=60.0, north_m=40.0)
    disposal = DisposalSite(
        site_id=park,
        kind=SiteKind.DISPOSAL,
        district_id=roads.district(cells[park]),
        lon=lon,
        lat=lat,
        streams=(Stream.RESIDUAL, Stream.KITCHEN, Stream.RECYCLABLE),
        windows=(TimeWindow(start_s=0, end_s=172_800),),
        tip_s=600,
        queue_s=tuple(round(0.5 * seconds) for seconds in _DAY_QUEUE_S),
    )
    return transfer, disposal


def _truck(number: int, depots: tuple[Depot, ...], districts: tuple[DistrictId, ...]) -> Truck:
    stream, night = _CREWS[number % len(_CREWS)]
    return Truck(
        truck_id=TruckId(f"HC{number + 1:03d}"),
        district_ids=districts,
        depot_id=depots[number % len(depots)].depot_id,
        payload_kg=_PAYLOAD_KG[stream],
        compartments=(Compartment(streams=(stream,), body_m3=_BODY_M3[stream], compaction_ratio=_COMPACTION[stream]),),
        shift=NIGHT_SHIFT if night else DAY_SHIFT,
        height_m=3.1,
        empty_weight_kg=10_500.0,
        cost_per_km=4.5,
        cost_per_h=65.0,
        cost_per_day=280.0,
        speed_factor=1.25,
    )
