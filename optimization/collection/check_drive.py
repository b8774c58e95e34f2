"""When a leg of a route can end at the earliest, from the work that driving does second by second.

The check's own reckoning: it only ever adds up work forwards and searches for the second at which it is done, so that a
fault in how a planner computes arrivals shows here.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

from city.collection_problem import drive_seconds
from city.network import TravelTimes
from city.speed_profiles import SLOWEST, WORK_PER_S
from city.waste import Truck
from city.waste_plans import Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """What a plan says of the way between two halts: left at, there at, and the wash before the drive."""

    origin: str
    target: str
    depart_s: int
    arrive_s: int
    wash_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """The seconds at the wheel, and the first second at which the truck can be there."""

    drive_s: int
    earliest_s: int


def drive_of(leg: Leg, travel: TravelTimes, truck: Truck, rest: Break | None) -> Drive:
    """A break that falls into the leg comes before the drive if the plan leaves time for that, else it parts it."""
    work = drive_seconds(travel.seconds(leg.origin, leg.target), truck) * WORK_PER_S
    ready = leg.depart_s + leg.wash_s
    if rest is None or rest.start_s >= leg.arrive_s or rest.end_s <= leg.depart_s:
        return _straight(travel, leg.origin, ready, work)
    pause = max(rest.start_s, leg.depart_s)
    after = _straight(travel, leg.origin, rest.end_s + max(0, ready - pause), work)
    if after.earliest_s <= leg.arrive_s or pause <= ready:
        return after
    done = travel.worked(leg.origin, ready, pause)
    if done >= work:
        return _straight(travel, leg.origin, ready, work)
    rest_of_it = _straight(travel, leg.origin, rest.end_s, work - done)
    return Drive(drive_s=pause - ready + rest_of_it.drive_s, earliest_s=rest_of_it.earliest_s)


def _straight(travel: TravelTimes, origin: str, ready_s: int, work: int) -> Drive:
    longest = math.ceil(work / WORK_PER_S * SLOWEST)
    lasts = bisect_left(range(longest), work, key=lambda lapse: travel.worked(origin, ready_s, ready_s + lapse))
    return Drive(drive_s=lasts, earliest_s=ready_s + lasts)
