"""Orders between the ledger's rows and the domain."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Select, select

from city.access import Caller
from city.complaint_work import Order, OrderQuery, OrderState, OrderStep, Proposal
from city.complaint_work_tables import ComplaintEventRow, ComplaintOrderRow
from city.documents import canonical_json
from city.ids import DistrictId, PlanId, PointId, TruckId
from city.ledger_rows import utc
from city.waste import Stream


def orders_where(query: OrderQuery) -> Select[ComplaintOrderRow]:
    row = ComplaintOrderRow
    asked = select(row).order_by(row.due_at, row.complaint_id).limit(query.limit)
    if query.states:
        asked = asked.where(row.state.in_([state.value for state in query.states]))
    if query.districts is not None:
        asked = asked.where(row.district_id.in_(list(query.districts)))
    if query.department is not None:
        asked = asked.where(row.department == query.department)
    if query.opened_since is not None:
        asked = asked.where(row.opened_at >= query.opened_since)
    if query.after is not None:
        last = select(row.due_at).where(row.complaint_id == query.after).scalar_subquery()
        asked = asked.where((row.due_at > last) | ((row.due_at == last) & (row.complaint_id > query.after)))
    return asked


def new_row(one: Order) -> ComplaintOrderRow:
    said = one.proposal
    row = ComplaintOrderRow(
        complaint_id=said.complaint_id, district_id=said.district_id, opened_at=said.opened_at.astimezone(UTC)
    )
    fill_row(row, one)
    return row


def fill_row(row: ComplaintOrderRow, one: Order) -> None:
    said = one.proposal
    row.state = one.state.value
    row.sure, row.confidence = said.sure, said.confidence
    row.category, row.priority, row.department = one.category, one.priority, one.department
    row.first_department = said.first_department
    row.proposed_category, row.proposed_priority = said.category, said.priority
    row.proposed_department = said.department
    row.reasons = canonical_json({name: list(words) for name, words in said.reasons.items()})
    row.model = said.model
    row.due_at = one.due_at.astimezone(UTC)
    row.point_id = one.point_id
    row.stream = None if one.stream is None else one.stream.value
    row.changed_at = one.changed_at.astimezone(UTC)
    row.accepted_at = None if one.accepted_at is None else one.accepted_at.astimezone(UTC)
    row.plan_id, row.service_date, row.truck_id = one.plan_id, one.service_date, one.truck_id
    row.why = one.why


def order(row: ComplaintOrderRow) -> Order:
    """`reasons` and what was proposed as they were; the point as it stands now."""
    point_id = None if row.point_id is None else PointId(row.point_id)
    stream = None if row.stream is None else Stream(row.stream)
    return Order(
        proposal=Proposal(
            complaint_id=row.complaint_id,
            district_id=DistrictId(row.district_id),
            opened_at=utc(row.opened_at),
            category=row.proposed_category,
            priority=row.proposed_priority,
            department=row.proposed_department,
            sure=row.sure,
            confidence=row.confidence,
            reasons={name: tuple(words) for name, words in json.loads(row.reasons).items()},
            model=row.model,
            first_department=row.first_department,
            point_id=point_id,
            stream=stream,
        ),
        state=OrderState(row.state),
        category=row.category,
        priority=row.priority,
        department=row.department,
        due_at=utc(row.due_at),
        point_id=point_id,
        stream=stream,
        changed_at=utc(row.changed_at),
        accepted_at=None if row.accepted_at is None else utc(row.accepted_at),
        plan_id=None if row.plan_id is None else PlanId(row.plan_id),
        service_date=row.service_date,
        truck_id=None if row.truck_id is None else TruckId(row.truck_id),
        why=row.why,
    )


def event_row(
    after: Order, before: str, caller: Caller, at: datetime, detail: Mapping[str, object]
) -> ComplaintEventRow:
    told = {name: value for name, value in (("plan_id", after.plan_id), ("point_id", after.point_id)) if value}
    return ComplaintEventRow(
        complaint_id=after.complaint_id,
        at=at.astimezone(UTC),
        before=before,
        after=after.state.value,
        person=caller.person,
        key_id=caller.key_id,
        why=after.why,
        detail=canonical_json({**detail, **told}),
    )


def step(row: ComplaintEventRow) -> OrderStep:
    return OrderStep(
        number=row.number,
        complaint_id=row.complaint_id,
        at=utc(row.at),
        before=row.before,
        after=row.after,
        person=row.person,
        key_id=row.key_id,
        why=row.why,
        detail=json.loads(row.detail),
    )
