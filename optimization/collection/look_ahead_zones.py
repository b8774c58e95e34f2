"""By-fill points in zones that one shift can serve, and what a visit there costs before any routing."""

import math
from collections.abc import Sequence
from statistics import median

import numpy as np

from city.collection_problem import CollectionProblem
from city.waste import CollectionPoint, ServiceKind, Stream, Truck
from optimization.collection.look_ahead import Floats
from optimization.collection.overflow_dial import Zone

HOUR_S = 3600.0
NEAREST = 2
SHARE_OF_WAY = 0.75  # of the way to the nearest points that a visit adds to a round, as rounds planned here show
FULL_SHIFT = 0.8  # of a shift that rounds fill


def zones_of(problem: CollectionProblem, points: Sequence[CollectionPoint]) -> tuple[Zone, ...]:
    """Zones of `points`, whose members are positions in it. A stream that no truck or site takes has no zone.

    Where a stream has points that a rule asks for, its trucks drive anyway and opening a day costs nothing more.
    """
    zones: list[Zone] = []
    for stream in dict.fromkeys(point.stream for point in points):
        trucks = [truck for truck in problem.fleet if stream in truck.streams]
        if trucks and any(stream in site.streams for site in problem.sites):
            members = [number for number, point in enumerate(points) if point.stream is stream]
            zones += _of_stream(problem, points, stream, trucks, members)
    return tuple(zones)


def _of_stream(
    problem: CollectionProblem,
    points: Sequence[CollectionPoint],
    stream: Stream,
    trucks: list[Truck],
    members: list[int],
) -> list[Zone]:
    price_s, price_km = _prices(problem, trucks)
    factor = median(truck.speed_factor for truck in trucks)
    row_of = {place: row for row, place in enumerate(problem.travel.places)}
    own = [row_of[problem.place("point", points[number].point_id)] for number in members]
    asked = [point for point in problem.points if point.stream is stream and not point.rule.may_skip]
    around = sorted({*own, *(row_of[problem.place("point", point.point_id)] for point in asked)})
    depots = sorted({row_of[problem.place("depot", truck.depot_id)] for truck in trucks})
    work_s = np.array([float(points[number].service_s) for number in members])
    ways_s, ways_m = _ways(problem, own, [*around, *depots])
    ways_s = ways_s * factor
    price = ways_s * price_s + ways_m / 1000 * price_km
    near = _nearest(price[:, : len(around)], own, around)
    own_costs = SHARE_OF_WAY * near + work_s * price_s
    tip_s = median(site.tip_s for site in problem.sites if stream in site.streams)
    shift = median(truck.cost_per_day for truck in trucks) + problem.prices.truck_shift
    driven_anyway = any(point.rule.kind is not ServiceKind.ON_CALL for point in asked)
    busy_s = work_s + SHARE_OF_WAY * _nearest(ways_s[:, : len(around)], own, around)
    there = price[:, len(around) :].min(axis=1)
    return [
        Zone(
            members=tuple(members[k] for k in part),
            own_costs=own_costs[part],
            opening=0.0 if driven_anyway else shift + 2 * float(np.median(there[part])) + tip_s * price_s,
        )
        for part in _parts([points[number] for number in members], busy_s, _shift_s(trucks))
    ]


def _prices(problem: CollectionProblem, trucks: list[Truck]) -> tuple[float, float]:
    """Of a second and of a kilometre."""
    hour = problem.prices.truck_h + median(truck.cost_per_h for truck in trucks)
    return hour / HOUR_S, median(truck.cost_per_km for truck in trucks)


def _shift_s(trucks: list[Truck]) -> float:
    return FULL_SHIFT * median(truck.shift.end_s - truck.shift.start_s - truck.shift.break_s for truck in trucks)


def _ways(problem: CollectionProblem, origins: list[int], targets: list[int]) -> tuple[Floats, Floats]:
    """Seconds and metres; without a way as far as the farthest there is."""
    places = problem.travel.places
    both = [[np.array(values, dtype=np.float64)[targets] for values in problem.travel.rows(places[k])] for k in origins]
    found = []
    for number in (0, 1):
        values = np.array([pair[number] for pair in both])
        found.append(np.where(values < 0, max(float(values.max()), 0.0), values))
    return found[0], found[1]


def _nearest(values: Floats, own: list[int], around: list[int]) -> Floats:
    """Mean to the nearest others; 0 for a point that is alone."""
    others = values.copy()
    others[np.array(own)[:, None] == np.array(around)[None, :]] = np.inf
    nearest = np.sort(others, axis=1)[:, :NEAREST]
    known = np.isfinite(nearest)
    mean: Floats = np.where(known, nearest, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return mean


def _parts(points: list[CollectionPoint], busy_s: Floats, shift_s: float) -> list[list[int]]:
    """Positions swept round the middle of all, cut into parts of equal work that a shift holds."""
    lon, lat = (np.array([getattr(point, axis) for point in points]) for axis in ("lon", "lat"))
    angle = np.arctan2(lat - lat.mean(), (lon - lon.mean()) * math.cos(math.radians(float(lat.mean()))))
    order = np.argsort(angle, kind="stable")
    count = max(1, math.ceil(float(busy_s.sum()) / max(shift_s, 1.0)))
    done = np.cumsum(busy_s[order])
    part = np.minimum((done - busy_s[order] / 2) / max(float(done[-1]), 1e-9) * count, count - 1).astype(int)
    return [[int(k) for k in order[part == number]] for number in range(count) if (part == number).any()]
