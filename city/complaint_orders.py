"""The ledger's part for complaints that became work."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.complaint_order_rows import event_row, fill_row, new_row, order, orders_where, step
from city.complaint_work import (
    DUE_WITHIN,
    OPEN,
    SANITATION,
    STEPS,
    WASTE,
    Order,
    OrderQuery,
    OrderState,
    OrderStep,
    Proposal,
    unknown_complaint,
)
from city.complaint_work_tables import ComplaintEventRow, ComplaintOrderRow
from city.errors import BrokenRuleError, InvalidValueError
from city.frame_choices import PRIORITIES
from city.ids import PointId
from city.ledger_database import take_turn
from city.plan_life import ConflictError
from city.plan_steps import require_reason
from city.waste import Stream

TURN = "complaint orders"
BY_ITSELF = Caller(person="chengyun", key_id="product", scopes=frozenset())


class Orders:
    """Every step is an event, and a person's step a line of the audit log too; neither holds what was written."""

    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def propose(self, proposals: Sequence[Proposal]) -> tuple[Order, ...]:
        """Those that are new, or that nobody has decided yet; what a person decided is never proposed anew."""
        now, made = self._clock(), []
        with self._session() as session:
            take_turn(session, TURN)
            for proposal in proposals:
                row = session.get(ComplaintOrderRow, proposal.complaint_id)
                before = "" if row is None else row.state
                if row is not None and row.state not in (OrderState.UNSURE, OrderState.PROPOSED):
                    continue
                found = _fresh(proposal, now)
                if row is not None and replace(order(row), changed_at=now) == found:
                    continue
                if row is None:
                    session.add(new_row(found))
                else:
                    fill_row(row, found)
                session.add(event_row(found, before, BY_ITSELF, now, {"model": proposal.model}))
                made.append(found)
        return tuple(made)

    def accept(
        self,
        complaint_id: str,
        caller: Caller,
        *,
        why: str = "",
        priority: str | None = None,
        due_at: datetime | None = None,
        point: tuple[PointId, Stream] | None = None,
    ) -> Order:
        """The sanitation department's: it becomes an order. Another department's must be rerouted to it first.

        What is accepted already may be accepted again with another urgency, time or point.
        """
        before = self.of(complaint_id)
        if before.department not in (SANITATION, None) or (before.department is None and before.category != WASTE):
            raise ConflictError(
                subject=f"Complaint {complaint_id}",
                problem=f"it is proposed to {before.department or 'no department'}, not to {SANITATION}",
                todo=f"If it is work for the trucks, send it to {SANITATION} first (`city complaints reroute`).",
            )
        urgency = _priority(complaint_id, priority) or before.priority
        due = due_at or (
            before.due_at if urgency == before.priority else before.proposal.opened_at + DUE_WITHIN[urgency]
        )
        changed = {
            "priority": urgency,
            "due_at": due,
            "department": SANITATION,
            "accepted_at": self._clock(),
            "point_id": before.point_id if point is None else point[0],
            "stream": before.stream if point is None else point[1],
        }
        return self._decided(before, OrderState.ACCEPTED, caller, why, changed)

    def refuse(self, complaint_id: str, caller: Caller, *, why: str) -> Order:
        require_reason(f"Complaint {complaint_id}", why)
        return self._decided(self.of(complaint_id), OrderState.REFUSED, caller, why, {})

    def reroute(
        self, complaint_id: str, caller: Caller, *, department: str, why: str, category: str | None = None
    ) -> Order:
        """To another department. What comes to the sanitation department still has to be accepted."""
        require_reason(f"Complaint {complaint_id}", why)
        before = self.of(complaint_id)
        if not department.strip() or len(department) > 200:
            raise InvalidValueError(
                subject=f"Complaint {complaint_id}", field="department", found=department, expected="a department"
            )
        changed = {"department": department.strip(), "category": category or before.category}
        return self._decided(before, OrderState.REROUTED, caller, why, changed)

    def note(self, order_now: Order) -> Order:
        """What happened to it in a plan or on the street, found by the product."""
        return self._stored(order_now, BY_ITSELF, {}, audited=False)

    def of(self, complaint_id: str) -> Order:
        with self._session() as session:
            row = session.get(ComplaintOrderRow, complaint_id)
            if row is None:
                raise unknown_complaint(complaint_id)
            return order(row)

    def find(self, query: OrderQuery | None = None) -> tuple[Order, ...]:
        """Those due first at the top."""
        with self._session() as session:
            return tuple(order(row) for row in session.scalars(orders_where(query or OrderQuery())))

    def open(self) -> tuple[Order, ...]:
        return self.find(OrderQuery(states=OPEN, limit=100_000))

    def known(self) -> frozenset[str]:
        with self._session() as session:
            return frozenset(session.scalars(select(ComplaintOrderRow.complaint_id)))

    def steps(self, complaint_id: str) -> tuple[OrderStep, ...]:
        """Oldest first."""
        query = (
            select(ComplaintEventRow)
            .where(ComplaintEventRow.complaint_id == complaint_id)
            .order_by(ComplaintEventRow.number)
        )
        with self._session() as session:
            return tuple(step(row) for row in session.scalars(query))

    def _decided(
        self, before: Order, state: OrderState, caller: Caller, why: str, changed: Mapping[str, object]
    ) -> Order:
        after = replace(before, state=state, why=why.strip(), changed_at=self._clock(), **changed)  # type: ignore[arg-type]
        detail = {"department": after.department, "category": after.category, "priority": after.priority}
        return self._stored(after, caller, detail, audited=True)

    def _stored(self, after: Order, caller: Caller, detail: Mapping[str, object], *, audited: bool) -> Order:
        with self._session() as session:
            take_turn(session, TURN)
            row = session.get(ComplaintOrderRow, after.complaint_id)
            if row is None:
                raise BrokenRuleError(subject=f"Complaint {after.complaint_id}", problem="nothing was proposed for it")
            state = OrderState(row.state)
            if after.state not in STEPS[state]:
                raise ConflictError(
                    subject=f"Complaint {after.complaint_id}",
                    problem=f"it is {state.value}, and cannot become {after.state.value}",
                )
            fill_row(row, after)
            session.add(event_row(after, state, caller, after.changed_at, detail))
            if audited:
                action = f"complaint.{after.state.value}"
                line = by_caller(
                    action, after.complaint_id, caller, districts=(after.district_id,), detail=dict(detail)
                )
                append_line(session, line, at=after.changed_at)
            return order(row)


def _fresh(proposal: Proposal, now: datetime) -> Order:
    return Order(
        proposal=proposal,
        state=OrderState.PROPOSED if proposal.sure else OrderState.UNSURE,
        category=proposal.category,
        priority=proposal.priority,
        department=proposal.department,
        due_at=proposal.due_at,
        point_id=proposal.point_id,
        stream=proposal.stream,
        changed_at=now,
    )


def _priority(complaint_id: str, priority: str | None) -> str | None:
    if priority is not None and priority not in PRIORITIES:
        raise InvalidValueError(
            subject=f"Complaint {complaint_id}",
            field="priority",
            found=priority,
            expected=f"one of {', '.join(PRIORITIES)}",
        )
    return priority
