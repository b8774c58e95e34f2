"""Complaints from a proposal to work that is done, and who decided what."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from city.audit_log import AuditQuery
from city.complaint_orders import Orders
from city.complaint_work import DUE_WITHIN, OrderQuery, OrderState, Proposal, ordered_stops
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import PlanId, PointId
from city.ledger import Ledger
from city.plan_life import ConflictError
from city.waste import Stream
from tests.city.lives import LI, MORNING, NORTH, SOUTH, Clock

OVERFLOWING = Proposal(
    complaint_id="C1",
    district_id=NORTH,
    opened_at=MORNING,
    category="waste",
    priority="normal",
    department="sanitation",
    sure=True,
    confidence=0.97,
    reasons={"department": ("“bin”", "“overflowing”")},
    model="triage v1",
    first_department="police",
    point_id=PointId("P1"),
    stream=Stream.RESIDUAL,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'ledger.db'}", clock=clock)


@pytest.fixture
def orders(ledger: Ledger) -> Orders:
    return ledger.orders


def test_what_is_sure_is_proposed_and_what_is_not_waits_for_a_person(orders: Orders) -> None:
    orders.propose([OVERFLOWING, replace(OVERFLOWING, complaint_id="C2", sure=False, confidence=0.4)])

    assert {order.complaint_id: order.state for order in orders.find()} == {
        "C1": OrderState.PROPOSED,
        "C2": OrderState.UNSURE,
    }
    assert orders.of("C1").proposal == OVERFLOWING
    assert orders.of("C1").due_at == MORNING + DUE_WITHIN["normal"]


def test_a_proposal_said_again_is_no_news_and_another_one_is(orders: Orders) -> None:
    orders.propose([OVERFLOWING])

    assert orders.propose([OVERFLOWING]) == ()
    assert [order.department for order in orders.propose([replace(OVERFLOWING, department="police")])] == ["police"]
    assert [step.after for step in orders.steps("C1")] == ["proposed", "proposed"]


def test_what_a_person_decided_is_never_proposed_anew(orders: Orders) -> None:
    orders.propose([OVERFLOWING])
    orders.accept("C1", LI)

    assert orders.propose([replace(OVERFLOWING, department="police")]) == ()
    assert orders.of("C1").department == "sanitation"


def test_who_accepts_may_set_urgency_due_time_and_point(orders: Orders) -> None:
    orders.propose([OVERFLOWING])

    order = orders.accept("C1", LI, priority="urgent", point=(PointId("P9"), Stream.KITCHEN), why="rats")

    assert (order.priority, order.point_id, order.stream) == ("urgent", "P9", Stream.KITCHEN)
    assert order.due_at == MORNING + DUE_WITHIN["urgent"]
    assert orders.of("C1") == order


def test_another_departments_complaint_becomes_an_order_only_after_it_was_sent_over(orders: Orders) -> None:
    orders.propose([replace(OVERFLOWING, department="police")])
    with pytest.raises(ConflictError, match="proposed to police"):
        orders.accept("C1", LI)

    orders.reroute("C1", LI, department="sanitation", why="it is about bins")

    assert orders.accept("C1", LI).state is OrderState.ACCEPTED


def test_who_accepted_without_a_point_may_name_one_later(orders: Orders) -> None:
    orders.propose([replace(OVERFLOWING, point_id=None, stream=None)])
    assert orders.accept("C1", LI).point_id is None

    assert orders.accept("C1", LI, point=(PointId("P9"), Stream.KITCHEN)).point_id == "P9"


def test_steps_that_lead_nowhere_are_refused_with_how_it_stands(orders: Orders) -> None:
    orders.propose([OVERFLOWING])
    orders.note(replace(orders.accept("C1", LI), state=OrderState.DONE))

    with pytest.raises(ConflictError, match="it is done, and cannot become accepted"):
        orders.accept("C1", LI)


def test_refusing_and_rerouting_need_a_reason(orders: Orders) -> None:
    orders.propose([OVERFLOWING])
    with pytest.raises(InvalidValueError, match="reason"):
        orders.refuse("C1", LI, why=" ")
    with pytest.raises(InvalidValueError, match="reason"):
        orders.reroute("C1", LI, department="police", why="")
    assert orders.of("C1").state is OrderState.PROPOSED


def test_a_complaint_that_nobody_read_has_no_order(orders: Orders) -> None:
    with pytest.raises(NotFoundError, match="city complaints triage"):
        orders.accept("C404", LI)


def test_persons_steps_stand_in_the_audit_log_without_what_was_written(ledger: Ledger) -> None:
    ledger.orders.propose([OVERFLOWING])
    ledger.orders.accept("C1", LI, why="soon")
    ledger.orders.refuse("C1", LI, why="was empty already")

    lines = ledger.audit.lines(AuditQuery())

    assert [(one.line.action, one.line.subject, one.line.person) for one in lines] == [
        ("complaint.refused", "C1", "Li Wei"),
        ("complaint.accepted", "C1", "Li Wei"),
    ]
    assert {tuple(one.line.districts) for one in lines} == {(NORTH,)}
    assert "overflowing" not in str([one.line.detail for one in lines])
    assert [(step.before, step.after, step.person) for step in ledger.orders.steps("C1")] == [
        ("", "proposed", "chengyun"),
        ("proposed", "accepted", "Li Wei"),
        ("accepted", "refused", "Li Wei"),
    ]


def test_lists_are_cut_by_district_and_state_and_go_on_where_they_ended(orders: Orders) -> None:
    orders.propose([replace(OVERFLOWING, complaint_id=f"C{number}") for number in range(5)])
    orders.propose([replace(OVERFLOWING, complaint_id="S1", district_id=SOUTH)])
    orders.accept("C3", LI)

    first = orders.find(OrderQuery(districts=(NORTH,), limit=3))
    rest = orders.find(OrderQuery(districts=(NORTH,), limit=3, after=first[-1].complaint_id))

    assert [order.complaint_id for order in (*first, *rest)] == ["C0", "C1", "C2", "C3", "C4"]
    assert [order.complaint_id for order in orders.find(OrderQuery(states=(OrderState.ACCEPTED,)))] == ["C3"]
    assert [order.complaint_id for order in orders.find(OrderQuery(districts=(SOUTH,)))] == ["S1"]


def test_complaints_of_one_point_are_one_stop_that_is_due_with_the_first(orders: Orders) -> None:
    orders.propose([OVERFLOWING, replace(OVERFLOWING, complaint_id="C2", priority="urgent")])
    orders.accept("C1", LI)
    orders.accept("C2", LI)

    (stop,) = ordered_stops(orders.open(), date(2026, 3, 31))

    assert stop.complaint_ids == ("C1", "C2")
    assert stop.due_at == MORNING + DUE_WITHIN["urgent"]
    assert stop.weight == 3.0


def test_what_an_earlier_days_crew_has_to_do_is_not_asked_for_again(orders: Orders) -> None:
    orders.propose([OVERFLOWING])
    accepted = orders.accept("C1", LI)
    monday, tuesday = date(2026, 3, 30), date(2026, 3, 31)
    orders.note(replace(accepted, state=OrderState.PLANNED, plan_id=PlanId("p"), service_date=monday))

    assert ordered_stops(orders.open(), tuesday) == ()
    assert len(ordered_stops(orders.open(), monday)) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"priority": "soon"}, "urgent, normal, low"), ({"confidence": 1.2}, "probability"), ({"stream": None}, "belong")],
)
def test_a_proposal_that_cannot_be_is_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises((InvalidValueError, BrokenRuleError), match=said):
        replace(OVERFLOWING, **changes)  # type: ignore[arg-type]


def test_events_are_only_ever_added(ledger: Ledger, tmp_path: Path, clock: Clock) -> None:
    ledger.orders.propose([OVERFLOWING])
    clock.now += timedelta(hours=1)
    ledger.orders.accept("C1", LI)
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT number, after FROM complaint_work_events ORDER BY number")).all()
    engine.dispose()

    assert [tuple(row) for row in rows] == [(1, "proposed"), (2, "accepted")]
