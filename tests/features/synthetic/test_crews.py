"""Whatever was planned meets the same morning."""

from collections.abc import Sequence
from datetime import date, timedelta

from city.ids import TruckId
from features.sources.synthetic import CityStepper, TripDone
from features.sources.synthetic.crews import DONE_BEFORE_BREAKDOWN, RoadDay, driven, road_day

DAY = date(2026, 3, 31)


def test_every_planned_stop_is_made_or_left_and_none_is_both() -> None:
    stepper = CityStepper(seed=3, scale=0.25)
    trips = stepper.usual_actions(DAY).trips
    done = driven(trips, road_day(stepper.world.points, stepper.world.fleet, 3, DAY))
    planned = sorted((t.truck_id, point, t.stream) for t in trips for point, _ in t.stops)
    made = [(t.truck_id, point, t.stream) for t in done.trips for point, _ in t.stops]
    left = [(truck, point, stream) for truck, point, stream, _ in done.left]
    assert sorted(made + left) == planned


def test_a_truck_that_breaks_down_makes_a_third_of_its_stops_and_the_others_go_on() -> None:
    stepper = CityStepper(seed=3, scale=0.25)
    trips = stepper.usual_actions(DAY).trips
    broken = trips[0].truck_id
    road = RoadDay(late_s={broken: 60}, missed=frozenset(), broken=frozenset({broken}))
    done = driven(trips, road)

    def stops(truck: TruckId, of: Sequence[TripDone] = done.trips) -> int:
        return sum(len(trip.stops) for trip in of if trip.truck_id == truck)

    assert stops(broken) == int(DONE_BEFORE_BREAKDOWN * stops(broken, trips))
    assert {truck for truck, *_ in done.left} == {broken}
    assert all(stops(t.truck_id) == stops(t.truck_id, trips) for t in trips if t.truck_id != broken)
    assert done.trips[0].stops[0][1] == trips[0].stops[0][1] + 60


def test_the_draws_of_a_day_depend_on_seed_and_day_alone() -> None:
    world = CityStepper(seed=3, scale=0.25).world
    first = road_day(world.points, world.fleet, 3, DAY)
    assert first == road_day(world.points, world.fleet, 3, DAY)
    assert first != road_day(world.points, world.fleet, 3, DAY + timedelta(days=1))
    assert first != road_day(world.points, world.fleet, 4, DAY)
