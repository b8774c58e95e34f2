"""What a plan promised of the points that it left, held against what was read there."""

from dataclasses import replace
from typing import Any

import pytest

from city.ids import DistrictId, PointId
from city.waste import Stream
from city.waste_plans import CollectionPlan, ExpectedOverflow, Reason, Unserved
from serving.loop.comparing import compare_day
from serving.promised_overflow import expected_overflow
from tests.optimization.collection.driven import driven, two_streets
from tests.serving.loop.small_city import DAY, SmallCity, at

NORTH = DistrictId("north")


def left(*points: str, mandatory: bool = False) -> tuple[Unserved, ...]:
    return tuple(
        Unserved(
            point_id=PointId(point), stream=Stream.RESIDUAL, reason=Reason.NOT_WORTH_IT, sentence="It can wait.",
            mandatory=mandatory,
        )
        for point in points
    )  # fmt: skip


def leaving(town: SmallCity, *points: str, overflows: float) -> CollectionPlan:
    expected = ExpectedOverflow(district_id=NORTH, points=len(points), overflows=overflows)
    return replace(town.collection("routes-1", T1=(("P3", 8.0),)), unserved=left(*points), overflow=(expected,))


def found(town: SmallCity) -> list[dict[str, Any]]:
    document = compare_day(town.desk, DAY).part("routes")
    assert document is not None
    return list(document["left"])


def test_the_promise_is_booked_with_the_plan(town: SmallCity) -> None:
    town.publish(leaving(town, "P1", "P2", overflows=0.3))

    (booked,) = town.desk.ledger.promises.find(kind="plan")

    assert (booked.promise.promised["left"], booked.promise.promised["overflows"]) == (2, 0.3)
    assert booked.promise.promised["overflow_by_district"] == {"north": {"points": 2, "overflows": 0.3}}


def test_points_that_were_left_are_followed_to_their_next_emptying(town: SmallCity) -> None:
    town.publish(leaving(town, "P1", "P2", overflows=0.3))
    town.read(("P1", 32.0, 1.2), ("P2", 33.0, 0.9), known_at=at(34))
    town.evening()
    assert found(town) == [{"district_id": "north", "left": 2, "expected_overflows": 0.3, "overflows": 0, "awaited": 2}]

    town.clock.now = at(48)

    assert found(town) == [{"district_id": "north", "left": 2, "expected_overflows": 0.3, "overflows": 1, "awaited": 0}]


def test_what_flows_over_after_the_next_emptying_is_no_broken_promise(town: SmallCity) -> None:
    town.publish(leaving(town, "P1", overflows=0.1))
    town.read(("P1", 30.0, 0.7), ("P1", 54.0, 1.3), known_at=at(55))
    town.clock.now = at(60)

    assert [(one["overflows"], one["awaited"]) for one in found(town)] == [(0, 0)]


def test_a_plan_of_an_earlier_time_promises_nothing(town: SmallCity) -> None:
    town.publish(replace(leaving(town, "P1", overflows=0.1), overflow=()))
    town.evening()

    assert found(town) == []
    (booked,) = town.desk.ledger.promises.find(kind="plan")
    assert "overflows" not in booked.promise.promised


def test_the_planner_sums_its_chances_over_what_it_leaves_without_breaking_a_rule() -> None:
    problem = two_streets().point("left", 500, 3000, price=0.01).build()
    chances = tuple(replace(one, overflow_probability=0.25) for one in problem.demand)
    problem = replace(problem, demand=chances)
    plan = driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])

    (one,) = expected_overflow(plan, problem)
    must = replace(plan, unserved=tuple(replace(entry, mandatory=True) for entry in plan.unserved))

    assert one.points == 1
    assert one.overflows == pytest.approx(0.25)
    assert expected_overflow(must, problem) == ()
