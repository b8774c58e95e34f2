"""What crews with fixed rounds do of themselves when a truck breaks down: a colleague drives the rest of its round.

The one of the same waste that has most of its shift left when it is through, after its own round, in the order planned,
on one more trip, until the truck is full or the shift ends. Nobody plans it; what does not fit in waits for tomorrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from city.collection_problem import CollectionProblem, drive_seconds
from city.ids import TruckId
from city.waste import Truck
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.crews import DONE_BEFORE_BREAKDOWN, RoadDay


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """Trips as they are driven in the end, and the day's other mishaps, which still lie ahead."""

    trips: tuple[TripDone, ...]
    road: RoadDay


def handed_over(planned: Sequence[TripDone], problem: CollectionProblem, road: RoadDay) -> HandedOver:
    trips = list(planned)
    for truck_id in sorted(road.broken):
        trips, rests = _cut(trips, truck_id)
        for rest in rests:
            helper = _most_time_left(trips, problem, rest, road)
            if helper is not None and (more := _one_more(helper, problem, rest)).stops:
                trips.append(more)
    return HandedOver(trips=tuple(trips), road=replace(road, broken=frozenset()))


def _cut(trips: Sequence[TripDone], truck_id: TruckId) -> tuple[list[TripDone], list[TripDone]]:
    """All trips, those of a broken truck as far as it came; and what it leaves of each."""
    made = int(sum(len(trip.stops) for trip in trips if trip.truck_id == truck_id) * DONE_BEFORE_BREAKDOWN)
    kept, rests = [], []
    for trip in trips:
        if trip.truck_id != truck_id:
            kept.append(trip)
            continue
        begun, left = trip.stops[:made], trip.stops[made:]
        made -= len(begun)
        if begun:
            kept.append(replace(trip, stops=begun))
        if left:
            rests.append(replace(trip, stops=left))
    return kept, rests


def _most_time_left(
    trips: Sequence[TripDone], problem: CollectionProblem, rest: TripDone, road: RoadDay
) -> TripDone | None:
    """The last trip of the truck that takes over."""
    trucks = {truck.truck_id: truck for truck in problem.trucks}
    last: dict[TruckId, TripDone] = {}
    for trip in trips:
        if trip.truck_id not in road.broken and trip.site_id is not None:
            before = last.get(trip.truck_id)
            if before is None or before.tipped_s < trip.tipped_s:
                last[trip.truck_id] = trip
    able = [trip for trip in last.values() if rest.stream in trucks[trip.truck_id].streams]
    return max(able, key=lambda trip: _left_s(trucks[trip.truck_id], trip), default=None)


def _left_s(truck: Truck, trip: TripDone) -> int:
    return truck.shift.end_s - trip.tipped_s


def _one_more(helper: TripDone, problem: CollectionProblem, rest: TripDone) -> TripDone:
    truck = next(truck for truck in problem.trucks if truck.truck_id == helper.truck_id)
    site = problem.place("site", str(helper.site_id))
    here, now_s, room_kg = site, max(helper.tipped_s, rest.stops[0][1]), truck.payload_kg
    stops = []
    for point_id, _ in rest.stops:
        key = (point_id, rest.stream)
        place = problem.place("point", point_id)
        arrive_s = now_s + drive_seconds(problem.travel.seconds(here, place), truck)
        back_s = drive_seconds(problem.travel.seconds(place, site), truck)
        through_s = arrive_s + problem.point_of[key].service_s
        kg, _ = problem.load(problem.demand_of[key])
        if through_s + back_s > truck.shift.end_s or kg > room_kg:
            break
        stops.append((point_id, arrive_s))
        here, now_s, room_kg = place, through_s, room_kg - kg
    tip_s = next(one.tip_s for one in problem.sites if one.site_id == helper.site_id)
    tipped_s = now_s + drive_seconds(problem.travel.seconds(here, site), truck) + tip_s
    return replace(helper, stream=rest.stream, stops=tuple(stops), tipped_s=tipped_s)
