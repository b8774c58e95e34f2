"""What becomes of planned trips on the road: crews leave late, miss a stop now and then, and seldom break down.

The draws of a day depend on the seed and the day alone, one per truck and one per point, so that whatever was planned
meets the same morning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from city.ids import PointId, TruckId
from city.waste import Stream
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.fleet import Fleet
from features.sources.synthetic.points import Points
from features.sources.synthetic.seeding import Topic, day_stream

MISSED_STOP = 0.008
BREAKDOWN = 0.006
DONE_BEFORE_BREAKDOWN = 1 / 3  # of the day's stops


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadDay:
    """`late_s` per truck; points that nobody gets to today; trucks that stop on the way."""

    late_s: dict[TruckId, int]
    missed: frozenset[tuple[PointId, Stream]]
    broken: frozenset[TruckId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """`left` are stops that were planned and not made, with the reason."""

    trips: tuple[TripDone, ...]
    left: tuple[tuple[TruckId, PointId, Stream, str], ...]


def road_day(points: Points, fleet: Fleet, seed: int, day: date) -> RoadDay:
    rng = day_stream(seed, Topic.CREWS, day)
    trucks = [truck.truck_id for truck in fleet.trucks]
    late_s = rng.gamma(2.0, 240.0, len(trucks)).astype(int)
    breaks = rng.random(len(trucks)) < BREAKDOWN
    missed = rng.random(len(points.points)) < MISSED_STOP
    return RoadDay(
        late_s=dict(zip(trucks, late_s.tolist(), strict=True)),
        missed=frozenset((p.point_id, p.stream) for p, one in zip(points.points, missed, strict=True) if one),
        broken=frozenset(truck for truck, one in zip(trucks, breaks, strict=True) if one),
    )


def driven(planned: Sequence[TripDone], road: RoadDay) -> Driven:
    total: dict[TruckId, int] = {}
    for trip in planned:
        total[trip.truck_id] = total.get(trip.truck_id, 0) + len(trip.stops)
    made = dict.fromkeys(total, 0)
    trips, left = [], []
    for trip in planned:
        truck, late_s = trip.truck_id, road.late_s.get(trip.truck_id, 0)
        kept = []
        for point_id, second in trip.stops:
            made[truck] += 1
            if truck in road.broken and made[truck] > DONE_BEFORE_BREAKDOWN * total[truck]:
                left.append((truck, point_id, trip.stream, "the truck broke down"))
            elif (point_id, trip.stream) in road.missed:
                left.append((truck, point_id, trip.stream, "no way to the bins"))
            else:
                kept.append((point_id, second + late_s))
        if kept:
            trips.append(replace(trip, stops=tuple(kept), tipped_s=trip.tipped_s + late_s))
    return Driven(trips=tuple(trips), left=tuple(left))
