"""Fixed rounds after a breakdown: a colleague of the same waste drives the rest, as far as the shift goes."""

from dataclasses import replace

from city.collection_problem import CollectionProblem
from city.ids import PointId, SiteId, TruckId
from city.waste import Stream
from features.sources.synthetic.actions import TripDone
from features.sources.synthetic.crews import RoadDay, driven
from serving.simulation.handed_over import handed_over
from tests.optimization.collection.towns import HOUR, Town, carries

BROKEN, HELPER = TruckId("T1"), TruckId("T2")


def town(**changes: object) -> CollectionProblem:
    found = Town().depot("D").site("S", 1000.0, 0.0).truck("T1")
    found.truck("T2", **changes)
    for number in range(9):
        found.point(f"P{number}", 1000.0 + 100.0 * number, 500.0, kg=100.0)
        found.point(f"Q{number}", 100.0 * number, -500.0, kg=100.0)
    return found.build()


def trip(truck: TruckId, letter: str, begins_s: int) -> TripDone:
    stops = tuple((PointId(f"{letter}{number}"), begins_s + 300 * number) for number in range(9))
    return TripDone(
        truck_id=truck, stream=Stream.RESIDUAL, stops=stops, site_id=SiteId("S"), tipped_s=begins_s + 300 * 10
    )  # fmt: skip


ROUNDS = (trip(BROKEN, "P", 6 * HOUR), trip(HELPER, "Q", 6 * HOUR))


def road(*broken: TruckId) -> RoadDay:
    return RoadDay(late_s={}, missed=frozenset(), broken=frozenset(broken))


def served(problem: CollectionProblem, *broken: TruckId) -> dict[TruckId, list[str]]:
    found = handed_over(ROUNDS, problem, road(*broken))
    done = driven(found.trips, found.road)
    assert not done.left
    return {
        truck: [str(point) for one in done.trips if one.truck_id == truck for point, _ in one.stops]
        for truck in (BROKEN, HELPER)
    }


def test_the_colleague_drives_the_rest_after_its_own_round() -> None:
    found = handed_over(ROUNDS, town(), road(BROKEN))
    more = found.trips[-1]

    assert served(town(), BROKEN)[BROKEN] == ["P0", "P1", "P2"]
    assert [str(point) for point, _ in more.stops] == [f"P{number}" for number in range(3, 9)]
    assert more.truck_id == HELPER
    assert more.stops[0][1] > ROUNDS[1].tipped_s
    assert more.tipped_s > more.stops[-1][1] + 60


def test_it_stops_where_its_truck_is_full() -> None:
    assert len(served(town(payload_kg=250.0), BROKEN)[HELPER]) == 9 + 2


def test_it_goes_home_when_its_shift_ends() -> None:
    problem = town()
    late = replace(problem.trucks[1], shift=replace(problem.trucks[1].shift, end_s=6 * HOUR + 3400))
    short = replace(problem, trucks=(problem.trucks[0], late))

    assert 9 < len(served(short, BROKEN)[HELPER]) < 15


def test_nobody_takes_over_what_no_other_truck_may_load() -> None:
    assert len(served(town(compartments=carries(Stream.KITCHEN)), BROKEN)[HELPER]) == 9


def test_a_day_without_breakdowns_is_driven_as_planned() -> None:
    assert handed_over(ROUNDS, town(), road()).trips == ROUNDS
