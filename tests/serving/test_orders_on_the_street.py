"""Complaints that became work: done by a driver's word at once, and urgent ones put into the running plan."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from city.complaint_work import Order, OrderState, Proposal
from city.errors import BrokenRuleError
from city.ids import PlanId, PointId
from city.plan_life import ConflictError
from city.waste import Stream
from city.waste_plans import CollectionPlan
from optimization.collection.check import check_plan
from optimization.collection.replan import Wishes
from serving.desk import Desk
from serving.plan_folder import write_routes
from serving.triage.deciding import accept
from serving.triage.urgent import urgent_replan
from tests.city.lives import LI, NORTH
from tests.city.test_complaint_orders import OVERFLOWING
from tests.optimization.collection.driven import driven, order, two_streets
from tests.optimization.collection.towns import MADE_AT
from tests.serving.streets import Counter, Streets, counter_in, streets_in
from tests.serving.test_reporting import Day

QUICK = Wishes(seconds=5.0, rounds=20, least_kept=0.0)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with counter_in(tmp_path) as opened:
        yield opened


@pytest.fixture
def streets(tmp_path: Path) -> Iterator[Streets]:
    with streets_in(tmp_path) as opened:
        yield opened


def ordered(streets: Streets, point: str, *, name: str = "C1", priority: str = "normal", late: bool = False) -> None:
    """Accepted an hour before the plans were made; or, `late`, an hour after."""
    now, streets.clock.now = streets.clock.now, MADE_AT + timedelta(hours=1 if late else -1)
    opened = streets.clock.now - timedelta(hours=1)
    streets.desk.ledger.orders.propose([proposal(name, point, priority, opened)])
    accept(streets.desk, name, LI)
    streets.clock.now = now


def proposal(name: str, point: str, priority: str, opened: object) -> Proposal:
    told = {"complaint_id": name, "point_id": PointId(point), "priority": priority, "opened_at": opened}
    return replace(OVERFLOWING, district_id=NORTH, stream=Stream.RESIDUAL, **told)  # type: ignore[arg-type]


def state(desk: Desk, name: str = "C1") -> Order:
    return desk.ledger.orders.of(name)


def test_a_stop_that_the_driver_calls_done_settles_its_order_at_once(counter: Counter) -> None:
    ordered(counter.streets, "A1")
    day = Day(counter)

    assert day.send(day.report("done", "A1")) == [("accepted", "")]

    found = state(counter.streets.desk)
    assert (found.state, found.plan_id, found.truck_id) == (OrderState.DONE, "R1", "T1")
    assert found.why.startswith("Reported done at ")


def test_a_stop_that_was_blocked_makes_its_order_wait_with_the_drivers_reason(counter: Counter) -> None:
    ordered(counter.streets, "A1")
    day = Day(counter)

    day.send(day.report("blocked", "A1", reason="a parked van"))

    found = state(counter.streets.desk)
    assert (found.state, found.plan_id) == (OrderState.ACCEPTED, None)
    assert found.why == "Truck T1 reported blocked: a parked van"


def test_other_stops_other_trucks_and_weights_settle_nothing(counter: Counter) -> None:
    ordered(counter.streets, "A1")
    day = Day(counter)

    day.send(day.report("done", "A2"), day.report("weight", None, kg=4120.5, ticket="W-17"))
    refused = day.send(day.report("done", "A1"), truck="T2")

    assert refused[0][0] == "refused"  # no stop of that truck
    assert state(counter.streets.desk).state is OrderState.ACCEPTED


def test_a_complaint_that_came_after_the_plan_is_not_done_by_it(counter: Counter) -> None:
    ordered(counter.streets, "A1", late=True)
    day = Day(counter)

    day.send(day.report("done", "A1"))

    assert state(counter.streets.desk).state is OrderState.ACCEPTED


def test_a_report_counts_although_somebody_decides_the_order_meanwhile(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered(counter.streets, "A1")
    day = Day(counter)

    def decided(_: object) -> Order:
        raise ConflictError(subject="Complaint C1", problem="it is refused, and cannot become done")

    monkeypatch.setattr(counter.streets.desk.ledger.orders, "note", decided)

    assert day.send(day.report("done", "A1")) == [("accepted", "")]


def leaving_a_point(streets: Streets) -> CollectionPlan:
    """T1 and T2 drive their streets; the point `left` beside them is not worth its way."""
    problem = two_streets().point("left", 500, 3000, price=0.01).build()
    plan = driven(problem, T1=["A1 A2 A3 A4"], T2=["B1 B2 B3 B4"])
    report = check_plan(plan, problem)
    write_routes(streets.desk.settings.plans, plan, report, problem)
    streets.desk.ledger.save_plan(plan, report)
    return plan


def test_an_urgent_order_is_put_into_the_running_plan(streets: Streets) -> None:
    plan = leaving_a_point(streets)
    ordered(streets, "left", priority="urgent", late=True)
    streets.clock.now = MADE_AT + timedelta(hours=2, minutes=5)  # 06:05 of the service date

    found = urgent_replan(streets.desk, plan.plan_id, "06:05", accept=True, wishes=QUICK)

    assert found.accepted
    assert "left" in " ".join(order(found.plan).values())
    assert (state(streets.desk).state, state(streets.desk).plan_id) == (OrderState.PLANNED, found.plan.plan_id)


def test_an_order_that_can_wait_makes_no_urgent_plan(streets: Streets) -> None:
    plan = leaving_a_point(streets)
    ordered(streets, "left", late=True)

    with pytest.raises(BrokenRuleError, match="no urgent order waits"):
        urgent_replan(streets.desk, plan.plan_id, "06:05", accept=True, wishes=QUICK)

    assert [one.plan_id for one in streets.desk.ledger.plans(kind="routes")] == [PlanId(plan.plan_id)]


def test_an_urgent_order_that_the_plan_serves_already_needs_none(streets: Streets) -> None:
    plan = leaving_a_point(streets)
    ordered(streets, "A1", priority="urgent")

    with pytest.raises(BrokenRuleError, match="no urgent order waits"):
        urgent_replan(streets.desk, plan.plan_id, "06:05", wishes=QUICK)

    assert state(streets.desk).state is OrderState.PLANNED
