"""The road network of the demo city: a perturbed grid with avenues, one-way streets and a river with few bridges.

Rows and columns count from the south-west corner. Every third row is an avenue, every third column an avenue or a
wide street in turn; signalised junctions stand where they meet. The result is strongly connected.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from city.ids import DistrictId, LinkId, NodeId
from features.sources.synthetic.seeding import Topic, city_stream
from features.sources.synthetic.size import CitySize

Cell = tuple[int, int]  # column, row

ORIGIN_LON = 112.52
ORIGIN_LAT = 32.98
BLOCK_M = 300.0
BRIDGE_EVERY = 2  # avenue columns
_M_PER_DEGREE = 111_320.0
STEPS: dict[str, Cell] = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadClass:
    name: str
    speed_kmh: float
    lanes: int
    capacity_veh_h: float


AVENUE = RoadClass(name="avenue", speed_kmh=60.0, lanes=3, capacity_veh_h=4200.0)
STREET = RoadClass(name="street", speed_kmh=50.0, lanes=2, capacity_veh_h=2400.0)
LANE = RoadClass(name="lane", speed_kmh=30.0, lanes=1, capacity_veh_h=700.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadLink:
    link_id: LinkId
    start: Cell
    end: Cell
    length_m: float
    road: RoadClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Roads:
    columns: int
    rows: int
    district_columns: int
    metres: dict[Cell, tuple[float, float]]  # east and north of the origin
    links: dict[tuple[Cell, Cell], RoadLink]
    junction_cells: tuple[Cell, ...]

    def node_id(self, cell: Cell) -> NodeId:
        return NodeId(f"N{cell[1]:03d}{cell[0]:03d}")

    def lon_lat(self, cell: Cell, *, east_m: float = 0.0, north_m: float = 0.0) -> tuple[float, float]:
        x, y = self.metres[cell]
        return lon_lat(x + east_m, y + north_m)

    def district(self, cell: Cell) -> DistrictId:
        column = min(cell[0] * self.district_columns // self.columns, self.district_columns - 1)
        return DistrictId(f"D{(0 if cell[1] < self.rows // 2 else 1) * self.district_columns + column + 1:02d}")

    @property
    def district_ids(self) -> tuple[DistrictId, ...]:
        return tuple(DistrictId(f"D{k + 1:02d}") for k in range(2 * self.district_columns))

    def distance_m(self, a: Cell, b: Cell) -> float:
        """Along the grid, as a crew reckons it."""
        (ax, ay), (bx, by) = self.metres[a], self.metres[b]
        return abs(ax - bx) + abs(ay - by)


def lon_lat(east_m: float, north_m: float) -> tuple[float, float]:
    lat = ORIGIN_LAT + north_m / _M_PER_DEGREE
    lon = ORIGIN_LON + east_m / (_M_PER_DEGREE * math.cos(math.radians(ORIGIN_LAT)))
    return round(lon, 6), round(lat, 6)


def build_roads(size: CitySize, seed: int) -> Roads:
    rng = city_stream(seed, Topic.ROADS)
    columns, rows = 3 * size.avenue_columns, 3 * size.avenue_rows
    cells = [(column, row) for row in range(rows) for column in range(columns)]
    shifts = rng.uniform(-0.12, 0.12, (len(cells), 2)) * BLOCK_M
    metres = {
        cell: (cell[0] * BLOCK_M + float(shift[0]), cell[1] * BLOCK_M + float(shift[1]))
        for cell, shift in zip(cells, shifts, strict=True)
    }
    crossings = tuple(
        (3 * column + 1, 3 * row + 1) for row in range(size.avenue_rows) for column in range(size.avenue_columns)
    )
    junction_cells = crossings[: size.junctions]
    pairs = _two_way_pairs(columns, rows) - _missing_arms(junction_cells)
    one_way = _one_way(pairs, rng)
    pairs = _strongly_connected(pairs - one_way, one_way, cells)
    bends = rng.uniform(1.0, 1.08, (columns, rows))
    links = {
        pair: _link(number, pair, metres, float(bends[pair[0]]) if pair[0] < pair[1] else float(bends[pair[1]]))
        for number, pair in enumerate(sorted(pairs), 1)
    }
    return Roads(
        columns=columns,
        rows=rows,
        district_columns=size.district_columns,
        metres=metres,
        links=links,
        junction_cells=junction_cells,
    )


def road_class(a: Cell, b: Cell) -> RoadClass:
    if a[1] == b[1]:  # a road to the east
        return AVENUE if a[1] % 3 == 1 else STREET if a[1] % 6 == 3 else LANE
    if a[0] % 3 == 1:
        return AVENUE if a[0] // 3 % 2 == 0 else STREET
    return LANE


def _two_way_pairs(columns: int, rows: int) -> set[tuple[Cell, Cell]]:
    river = rows // 6 * 3 - 1  # between this row and the next one, never beside an avenue
    pairs: set[tuple[Cell, Cell]] = set()
    for column in range(columns):
        for row in range(rows):
            here = (column, row)
            bridge = column % (3 * BRIDGE_EVERY) == 1
            if column + 1 < columns:
                pairs |= {(here, (column + 1, row)), ((column + 1, row), here)}
            if row + 1 < rows and (row != river or bridge):
                pairs |= {(here, (column, row + 1)), ((column, row + 1), here)}
    return pairs


def _missing_arms(junctions: tuple[Cell, ...]) -> set[tuple[Cell, Cell]]:
    """Every sixth junction is a T: its southern arm does not exist."""
    gone = set()
    for here in junctions[3::6]:
        south = (here[0], here[1] - 1)
        gone |= {(here, south), (south, here)}
    return gone


def _one_way(pairs: set[tuple[Cell, Cell]], rng: np.random.Generator) -> set[tuple[Cell, Cell]]:
    """The forbidden directions of one-way lanes: about every fourth lane line, one way over its whole length."""
    lines = sorted({_line(pair) for pair in pairs if road_class(*pair) is LANE})
    chosen = {line: bool(rng.integers(2)) for line in lines if rng.random() < 0.25}
    return {
        (a, b)
        for a, b in pairs
        if _line((a, b)) in chosen and road_class(a, b) is LANE and (a < b) == chosen[_line((a, b))]
    }


def _line(pair: tuple[Cell, Cell]) -> tuple[str, int]:
    (a_column, a_row), (_, b_row) = pair
    return ("row", a_row) if a_row == b_row else ("column", a_column)


def _strongly_connected(
    pairs: set[tuple[Cell, Cell]], one_way: set[tuple[Cell, Cell]], cells: list[Cell]
) -> set[tuple[Cell, Cell]]:
    """`pairs`, with one-way streets opened again where a corner of the city could not be entered or left."""
    position = {cell: k for k, cell in enumerate(cells)}
    while True:
        ends = np.array([(position[a], position[b]) for a, b in sorted(pairs)])
        graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(cells), len(cells)))
        count, label = connected_components(graph, directed=True, connection="strong")
        if count == 1:
            return pairs
        main = int(np.bincount(label).argmax())
        stranded = {cell for cell, part in zip(cells, label, strict=True) if part != main}
        pairs = pairs | {(a, b) for a, b in one_way if a in stranded or b in stranded}


def _link(number: int, pair: tuple[Cell, Cell], metres: dict[Cell, tuple[float, float]], bend: float) -> RoadLink:
    (ax, ay), (bx, by) = metres[pair[0]], metres[pair[1]]
    return RoadLink(
        link_id=LinkId(f"L{number:05d}"),
        start=pair[0],
        end=pair[1],
        length_m=round(math.hypot(ax - bx, ay - by) * bend, 1),
        road=road_class(*pair),
    )
