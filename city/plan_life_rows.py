"""Plans' lives as rows, and back."""

import json
from collections.abc import Collection
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.errors import NotFoundError
from city.ids import DistrictId, PlanId
from city.ledger_rows import utc
from city.ledger_tables import PlanDistrict, PlanRow
from city.plan_life import Action, ConflictError, Life, PlanEvent, PlanStatus, Publication, status_at
from city.plan_life_tables import EnvelopeRow, PlanEventRow, PublicationRow

TURN = "plan life"  # steps of plans, envelopes and shadow mode are taken one after the other


def plan_row_in(session: Session, plan_id: PlanId) -> PlanRow:
    row = session.get(PlanRow, plan_id, populate_existing=True)
    if row is None:
        raise NotFoundError(kind="plan", name=plan_id)
    return row


def document_sha256(document: str) -> str:
    return sha256(document.encode()).hexdigest()


def lapsed_in(session: Session, now: datetime) -> frozenset[PlanId]:
    """Plans whose row says published and whose time is over."""
    query = (
        select(PublicationRow.plan_id)
        .join(PlanRow, PlanRow.plan_id == PublicationRow.plan_id)
        .where(PlanRow.status == "published", PublicationRow.valid_until <= now.astimezone(UTC))
    )
    return frozenset(map(PlanId, session.scalars(query)))


def validity_in(session: Session, plan_id: str | None = None) -> dict[str, datetime]:
    """Until when plans that were published hold: one plan, or all."""
    query = select(PublicationRow.plan_id, PublicationRow.valid_until)
    if plan_id is not None:
        query = query.where(PublicationRow.plan_id == plan_id)
    return {name: utc(until) for name, until in session.execute(query)}


def life_in(session: Session, plan_id: PlanId, now: datetime) -> Life:
    found = lives_in(session, (plan_id,), now)
    if plan_id not in found:
        raise NotFoundError(kind="plan", name=plan_id)
    return found[plan_id]


def lives_in(session: Session, plan_ids: Collection[PlanId], now: datetime) -> dict[PlanId, Life]:
    events: dict[str, list[PlanEvent]] = {plan_id: [] for plan_id in plan_ids}
    stepped = select(PlanEventRow).where(PlanEventRow.plan_id.in_(plan_ids)).order_by(PlanEventRow.number)
    for row in session.scalars(stepped):
        events[row.plan_id].append(event_of_row(row))
    query = (
        select(PlanRow.plan_id, PlanRow.kind, PlanRow.status, PublicationRow.valid_until)
        .outerjoin(PublicationRow, PublicationRow.plan_id == PlanRow.plan_id)
        .where(PlanRow.plan_id.in_(plan_ids))
    )
    lives = {}
    for plan_id, kind, status, valid_until in session.execute(query):
        until = _utc(valid_until)
        lives[PlanId(plan_id)] = Life(
            plan_id=PlanId(plan_id),
            kind=kind,
            status=status_at(cast("PlanStatus", status), until, now),
            valid_until=until,
            events=tuple(events[plan_id]),
        )
    return lives


def publications_in(session: Session, kind: str, service_date: date, now: datetime) -> tuple[Publication, ...]:
    """Every publication of the day, as it stands now, oldest first."""
    query = (
        select(PublicationRow, PlanRow.status)
        .join(PlanRow, PlanRow.plan_id == PublicationRow.plan_id)
        .where(PublicationRow.kind == kind, PublicationRow.service_date == service_date)
        .order_by(PublicationRow.number)
        .execution_options(populate_existing=True)
    )
    found = session.execute(query).all()
    districts: dict[str, set[DistrictId]] = {row.plan_id: set() for row, _ in found}
    named = select(PlanDistrict.plan_id, PlanDistrict.district_id).where(PlanDistrict.plan_id.in_(districts))
    for plan_id, district_id in session.execute(named):
        districts[plan_id].add(DistrictId(district_id))
    return tuple(_publication(row, status, frozenset(districts[row.plan_id]), now) for row, status in found)


def _publication(row: PublicationRow, status: str, districts: frozenset[DistrictId], now: datetime) -> Publication:
    until = utc(row.valid_until)
    return Publication(
        plan_id=PlanId(row.plan_id),
        number=row.number,
        kind=row.kind,
        status=status_at(cast("PlanStatus", status), until, now),
        district_ids=districts,
        parts=frozenset(json.loads(row.parts)),
        valid_until=until,
        envelope_id=row.envelope_id,
        superseded_by=None if row.superseded_by is None else PlanId(row.superseded_by),
    )


def publication_row(one: Publication, service_date: date) -> PublicationRow:
    return PublicationRow(
        plan_id=one.plan_id,
        number=one.number,
        kind=one.kind,
        service_date=service_date,
        valid_until=one.valid_until.astimezone(UTC),
        parts=json.dumps(sorted(one.parts), ensure_ascii=False),
        envelope_id=one.envelope_id,
    )


def row_of_event(event: PlanEvent) -> PlanEventRow:
    return PlanEventRow(
        plan_id=event.plan_id,
        action=event.action,
        person=event.person,
        key_id=event.key_id,
        at=event.at.astimezone(UTC),
        reason=event.reason,
        before=event.before,
        after=event.after,
        plan_sha256=event.plan_sha256,
        other_plan_id=event.other_plan_id,
        envelope_id=event.envelope_id,
        valid_until=None if event.valid_until is None else event.valid_until.astimezone(UTC),
    )


def event_of_row(row: PlanEventRow) -> PlanEvent:
    return PlanEvent(
        number=row.number,
        plan_id=PlanId(row.plan_id),
        action=cast("Action", row.action),
        person=row.person,
        key_id=row.key_id,
        at=utc(row.at),
        reason=row.reason,
        before=cast("PlanStatus", row.before),
        after=cast("PlanStatus", row.after),
        plan_sha256=row.plan_sha256,
        other_plan_id=None if row.other_plan_id is None else PlanId(row.other_plan_id),
        envelope_id=row.envelope_id,
        valid_until=_utc(row.valid_until),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)


def open_envelope_in(session: Session, envelope_id: str, now: datetime) -> datetime:
    """Until when the envelope holds; refused where it does not hold now."""
    row = session.get(EnvelopeRow, envelope_id, populate_existing=True)
    if row is None:
        raise NotFoundError(kind="envelope", name=envelope_id)
    until = utc(row.valid_until)
    if row.status != "approved" or until <= now:
        how = row.status if row.status != "approved" else f"over since {until:%Y-%m-%d %H:%M %Z}"
        raise ConflictError(subject=f"Envelope {envelope_id}", problem=f"it is {how}; nothing publishes itself inside")
    return until
