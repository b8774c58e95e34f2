"""Collection points of the demo city and the hidden traits that fill them."""

from dataclasses import dataclass, replace

import numpy as np

from city.ids import DistrictId, PointId
from city.waste import ALL_DAY, CollectionPoint, ServiceKind, ServiceRule, Stream, TimeWindow
from features.sources.synthetic.roads import Cell, Roads
from features.sources.synthetic.seeding import Flags, Floats, Ints, Topic, city_stream
from features.sources.synthetic.size import CitySize

CLASSES = ("homes residual", "homes kitchen", "litter", "recycling")
_HOMES_SHARE = 0.365  # of all points: places that have residual and kitchen bins
_LITTER_SHARE = 0.17
MORNING = TimeWindow(start_s=6 * 3600, end_s=10 * 3600)
NIGHT = TimeWindow(start_s=21 * 3600, end_s=29 * 3600)
DAYTIME = TimeWindow(start_s=6 * 3600, end_s=20 * 3600)
_STREAM = (Stream.RESIDUAL, Stream.KITCHEN, Stream.RESIDUAL, Stream.RECYCLABLE)
_DENSITY_KG_M3 = (170.0, 420.0, 110.0, 65.0)
_BIN_M3 = (0.66, 0.24, 0.12, 1.1)
_SERVICE_S = (150, 120, 60, 180)
_MEAN_FILL_PER_DAY = ((0.45, 0.78), (0.4, 0.72), (0.18, 0.6), (0.1, 0.3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """`points` as the department knows them; the arrays, in the same order, are what it does not know."""

    points: tuple[CollectionPoint, ...]
    cells: tuple[Cell, ...]
    kind: Ints
    bins: Ints
    fill_per_day: Floats
    steadiness: Floats  # shape of the gamma noise from day to day
    market: Flags  # beside a market that is held on Wednesdays and Sundays
    sensor: Flags
    district: Ints

    def position(self) -> dict[tuple[PointId, Stream], int]:
        return {(point.point_id, point.stream): k for k, point in enumerate(self.points)}


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictTraits:
    """How dirty a district is, and how readily its people complain: not the same thing."""

    district_id: DistrictId
    dirt: float
    propensity: float


def build_districts(roads: Roads, seed: int) -> tuple[DistrictTraits, ...]:
    """The district that complains least is the one whose bins fill most."""
    rng = city_stream(seed, Topic.DISTRICTS)
    count = len(roads.district_ids)
    order = rng.permutation(count)
    propensity = np.geomspace(0.25, 2.2, count)[order]
    dirt = np.linspace(1.12, 0.92, count)[order]
    return tuple(
        DistrictTraits(district_id=district_id, dirt=float(dirt[k]), propensity=float(propensity[k]))
        for k, district_id in enumerate(roads.district_ids)
    )


def build_points(roads: Roads, districts: tuple[DistrictTraits, ...], size: CitySize, seed: int) -> Points:
    rng = city_stream(seed, Topic.POINTS)
    homes = round(_HOMES_SHARE * size.points)
    litter = round(_LITTER_SHARE * size.points)
    kinds = [0, 1] * homes + [2] * litter
    kinds += [3] * (size.points - len(kinds))
    places = _places(kinds)
    cells = _cells(roads, places[-1] + 1, rng)
    own_cells = tuple(cells[place] for place in places)
    number_of = {district.district_id: k for k, district in enumerate(districts)}
    district = np.array([number_of[roads.district(cell)] for cell in own_cells])
    kind = np.array(kinds)
    low, high = np.array(_MEAN_FILL_PER_DAY)[kind].T
    dirt = np.array([one.dirt for one in districts])[district]
    bins = _bins(kind, rng)
    points = [_point(roads, k, kinds[k], places[k], own_cells[k], int(bins[k]), rng) for k in range(len(kinds))]
    sensor = np.where(kind >= 2, rng.random(len(kinds)) < 0.35, rng.random(len(kinds)) < 0.06)
    return Points(
        points=tuple(_with_morning(point, number) for number, point in enumerate(points)),
        cells=own_cells,
        kind=kind,
        bins=bins,
        fill_per_day=rng.uniform(low, high) * dirt,
        steadiness=np.where(kind < 2, rng.uniform(25, 60, len(kinds)), rng.uniform(5, 14, len(kinds))),
        market=(kind != 1) & (rng.random(len(kinds)) < 0.08),
        sensor=sensor,
        district=district,
    )


def _places(kinds: list[int]) -> list[int]:
    """The two streams of homes share a place; every other point has its own."""
    places, place = [], -1
    for kind in kinds:
        place += kind != 1
        places.append(place)
    return places


def _cells(roads: Roads, places: int, rng: np.random.Generator) -> list[Cell]:
    """Places spread over the city: no corner of the grid twice before every corner has one."""
    corners = sorted(roads.metres)
    rounds = -(-places // len(corners))
    chosen = np.concatenate([rng.permutation(len(corners)) for _ in range(rounds)])[:places]
    return [corners[k] for k in chosen]


def _bins(kind: Ints, rng: np.random.Generator) -> Ints:
    least, most = np.array([2, 2, 1, 1])[kind], np.array([4, 4, 2, 2])[kind]
    return np.asarray(rng.integers(least, most + 1), dtype=np.int64)


def _point(
    roads: Roads, number: int, kind: int, place: int, cell: Cell, bins: int, rng: np.random.Generator
) -> CollectionPoint:
    shared = np.random.default_rng([place, number - (kind == 1)])  # both streams of a place stand side by side
    lon, lat = roads.lon_lat(cell, east_m=float(shared.uniform(-45, 45)), north_m=float(shared.uniform(-45, 45)))
    at_night = kind < 2 and place % 5 == 4
    daily = kind < 2
    return CollectionPoint(
        point_id=PointId(f"P{place + 1:05d}"),
        stream=_STREAM[kind],
        district_id=roads.district(cell),
        lon=lon,
        lat=lat,
        capacity_m3=round(bins * _BIN_M3[kind], 2),
        density_kg_m3=_DENSITY_KG_M3[kind],
        service_s=_SERVICE_S[kind] + int(rng.integers(-2, 3)) * 10 + 15 * bins,
        rule=ServiceRule(kind=ServiceKind.DAILY if daily else ServiceKind.BY_FILL),
        windows=(NIGHT,) if at_night else (DAYTIME,) if daily else (ALL_DAY,),
        priority=1.0,
    )


def _with_morning(point: CollectionPoint, number: int) -> CollectionPoint:
    """Schools and markets want their bins empty before ten."""
    early = point.windows == (DAYTIME,) and number % 7 == 3
    return replace(point, windows=(MORNING,)) if early else point
