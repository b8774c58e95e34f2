"""Stops put elsewhere by a person: the order that comes out, and what cannot be meant."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from city.errors import BrokenRuleError, CityError, InvalidValueError, UnknownIdError
from city.ids import PlanId, PointId, SiteId, TruckId
from city.waste import Stream
from city.waste_plans import CollectionPlan, CollectionRoute, Stop, Tip, Trip
from optimization.collection.hand_made import PlanByHand
from serving.moving_stops import Move, Target, moved, same_order, told

RESIDUAL = Stream.RESIDUAL


class Known:
    """Of a problem only the names that a move may use."""

    def __init__(self, points: str, trucks: tuple[str, ...]) -> None:
        self.point_of = {(PointId(name), RESIDUAL): None for name in points}
        self.trucks = [type("T", (), {"truck_id": TruckId(name)}) for name in trucks]


KNOWN: Any = Known("ABCDEZ", ("T1", "T2", "T3"))


def stop(name: str) -> Stop:
    loads = {"kg": 1.0, "m3": 1.0, "load_kg": 1.0, "load_m3": 1.0}
    return Stop(point_id=PointId(name), stream=RESIDUAL, arrive_s=0, start_s=0, depart_s=0, **loads)  # type: ignore[arg-type]


def route(truck: str, *trips: str) -> CollectionRoute:
    tip = Tip(site_id=SiteId("S"), arrive_s=0, start_s=0, depart_s=0, kg=1)
    made = tuple(Trip(stream=RESIDUAL, stops=tuple(map(stop, names)), tip=tip) for names in trips)
    clocks = {"depart_s": 0, "return_s": 1, "metres": 1, "drive_s": 1}
    return CollectionRoute(truck_id=TruckId(truck), depot_id="D", trips=made, **clocks)  # type: ignore[arg-type]


PLAN = CollectionPlan(
    plan_id=PlanId("p"),
    service_date=date(2026, 3, 30),
    time_zone="UTC",
    district_ids=(),
    routes=(route("T1", "AB", "C"), route("T2", "DE")),
    unserved=(),
    cost=(),
    provenance=None,  # type: ignore[arg-type]
)


def move(
    name: str,
    truck: str | None,
    position: int | None = None,
    *,
    trip: int | None = None,
    from_truck_id: TruckId | None = None,
    from_position: int | None = None,
) -> Move:
    to = None if truck is None else Target(truck_id=TruckId(truck), position=position, trip=trip)
    return Move(
        point_id=PointId(name), stream=RESIDUAL, to=to, from_truck_id=from_truck_id, from_position=from_position
    )


def orders(plan: PlanByHand) -> dict[str, list[str]]:
    return {one.truck_id: ["".join(name for name, _ in trip.stops) for trip in one.trips] for one in plan.routes}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (move("A", "T2", 1), {"T1": ["B", "C"], "T2": ["ADE"]}),
        (move("A", "T2"), {"T1": ["B", "C"], "T2": ["DEA"]}),
        (move("A", "T1", 2), {"T1": ["B", "AC"], "T2": ["DE"]}),  # between two trips: the later one
        (move("A", "T1", 2, trip=1), {"T1": ["BA", "C"], "T2": ["DE"]}),
        (move("A", "T1", 3, trip=3), {"T1": ["B", "C", "A"], "T2": ["DE"]}),
        (move("C", "T2", 3), {"T1": ["AB"], "T2": ["DEC"]}),  # its trip was its own: it is gone
        (move("A", "T3"), {"T1": ["B", "C"], "T2": ["DE"], "T3": ["A"]}),
        (move("A", None), {"T1": ["B", "C"], "T2": ["DE"]}),
        (move("Z", "T2", 2), {"T1": ["AB", "C"], "T2": ["DZE"]}),  # nobody served it
    ],
)
def test_the_order_after_a_move(wanted: Move, expected: dict[str, list[str]]) -> None:
    assert orders(moved(PLAN, KNOWN, [wanted])) == expected


def test_moves_are_made_one_after_the_other_and_told_so() -> None:
    moves = [move("A", "T2", 1), move("A", "T1", 1)]
    assert orders(moved(PLAN, KNOWN, moves)) == {"T1": ["AB", "C"], "T2": ["DE"]}
    assert told(PLAN, [*moves, move("A", None), move("Z", "T2")]) == (
        "A (residual): from truck T1 to truck T2, stop 1",
        "A (residual): from truck T2 to truck T1, stop 1",
        "A (residual): taken off truck T1",
        "Z (residual): put on truck T2",
    )


def test_a_truck_that_no_move_touches_is_the_same_as_before() -> None:
    after = moved(PLAN, KNOWN, [move("A", "T1", 2)])
    assert not same_order(PLAN.routes[0], after.routes[0])
    assert same_order(PLAN.routes[1], after.routes[1])


@pytest.mark.parametrize(
    ("wanted", "error", "says"),
    [
        (move("Q", "T1"), UnknownIdError, "Q (residual)"),
        (move("A", "T9"), UnknownIdError, "T9"),
        (move("A", "T2", 9), InvalidValueError, "expected 1 to 3 of truck T2"),
        (move("A", "T2", 1, trip=7), InvalidValueError, "expected 1 to 2"),
        (move("A", "T1", 1, trip=2), InvalidValueError, "the places of trip 2"),
        (move("Z", None), BrokenRuleError, "nobody serves it"),
        (move("A", "T2", from_truck_id=TruckId("T2")), BrokenRuleError, "it is served by T1"),
    ],
)
def test_what_cannot_be_meant_is_refused(wanted: Move, error: type[CityError], says: str) -> None:
    with pytest.raises(error) as refused:
        moved(PLAN, KNOWN, [wanted])
    assert says in str(refused.value)


def test_of_several_visits_one_has_to_be_named() -> None:
    twice = replace(PLAN, routes=(route("T1", "AB", "A"), route("T2", "DE")))
    with pytest.raises(BrokenRuleError, match="visited 2 times"):
        moved(twice, KNOWN, [move("A", "T2")])
    second = move("A", "T2", from_truck_id=TruckId("T1"), from_position=3)
    assert orders(moved(twice, KNOWN, [second])) == {"T1": ["AB"], "T2": ["DEA"]}
