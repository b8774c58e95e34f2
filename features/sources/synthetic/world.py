"""Everything of the demo city that does not change from day to day."""

from dataclasses import dataclass

from features.sources.synthetic.crossings import Crossings, build_crossings, with_estimates
from features.sources.synthetic.fleet import Fleet, build_fleet
from features.sources.synthetic.points import DistrictTraits, Points, build_districts, build_points
from features.sources.synthetic.roads import Roads, build_roads
from features.sources.synthetic.rounds import WeeklyRounds, build_rounds
from features.sources.synthetic.size import CitySize
from features.sources.synthetic.traits import TrafficTraits, build_traits

CITY_NAME = "Yunhe (demo city)"
TIME_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    seed: int
    size: CitySize
    roads: Roads
    crossings: Crossings
    traffic: TrafficTraits
    districts: tuple[DistrictTraits, ...]
    points: Points
    fleet: Fleet
    rounds: WeeklyRounds


def build_world(*, seed: int, scale: float) -> World:
    size = CitySize.scaled(scale)
    roads = build_roads(size, seed)
    crossings = build_crossings(roads, size, seed)
    traffic = build_traits(roads, crossings, seed)
    peak_veh_h = dict(zip(traffic.keys, traffic.peak_veh_h.tolist(), strict=True))
    districts = build_districts(roads, seed)
    points = build_points(roads, districts, size, seed)
    fleet = build_fleet(roads, size)
    return World(
        seed=seed,
        size=size,
        roads=roads,
        crossings=with_estimates(crossings, peak_veh_h, seed),
        traffic=traffic,
        districts=districts,
        points=points,
        fleet=fleet,
        rounds=build_rounds(roads, fleet, points),
    )
