"""Envelopes in the ledger: draft -> approved by two different persons -> over by their time, or stopped."""

import json
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.documents import from_json, to_json
from city.errors import NotFoundError
from city.ids import DistrictId
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.plan_life import ConflictError, person_key
from city.plan_life_rows import TURN
from city.plan_life_tables import EnvelopeEventRow, EnvelopeRow
from city.plan_steps import require_reason
from city.rolling_bounds import Envelope

EnvelopeStatus = Literal["draft", "approved", "expired", "stopped"]
EnvelopeAction = Literal["made", "approved", "stopped"]
PERSONS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvelopeEvent:
    action: EnvelopeAction
    person: str
    key_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEnvelope:
    envelope: Envelope
    status: EnvelopeStatus
    district_ids: tuple[DistrictId, ...]
    made_at: datetime
    events: tuple[EnvelopeEvent, ...]

    @property
    def approvers(self) -> tuple[str, ...]:
        return tuple(event.person for event in self.events if event.action == "approved")


class Envelopes:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def make(
        self, envelope: Envelope, caller: Caller, *, districts: Collection[DistrictId], reason: str
    ) -> StoredEnvelope:
        """A draft. An envelope never changes: another one is made instead."""
        now = self._clock()
        subject = f"Envelope {envelope.envelope_id}"
        require_reason(subject, reason)
        if envelope.valid_until <= now:
            raise ConflictError(subject=subject, problem=f"its time ended at {envelope.valid_until:%Y-%m-%d %H:%M %Z}")
        with self._session() as session:
            take_turn(session, TURN)
            if session.get(EnvelopeRow, envelope.envelope_id) is not None:
                raise ConflictError(subject=subject, problem="there is one of this name", todo="Choose another name.")
            session.add(
                EnvelopeRow(
                    envelope_id=envelope.envelope_id,
                    status="draft",
                    districts=json.dumps(sorted(set(districts)), ensure_ascii=False),
                    document=to_json(envelope),
                    made_at=now.astimezone(UTC),
                    valid_until=envelope.valid_until.astimezone(UTC),
                )
            )
            session.flush()
            return self._noted(session, envelope.envelope_id, "made", caller, reason, now)

    def get(self, envelope_id: str) -> StoredEnvelope:
        with self._session() as session:
            return _stored(session, _row(session, envelope_id), self._clock())

    def all(self, districts: Collection[DistrictId] | None = None) -> tuple[StoredEnvelope, ...]:
        """Newest first; with `districts` only those that lie within them."""
        now = self._clock()
        query = select(EnvelopeRow).order_by(EnvelopeRow.made_at.desc(), EnvelopeRow.envelope_id)
        with self._session() as session:
            found = [_stored(session, row, now) for row in session.scalars(query).all()]
        return tuple(one for one in found if districts is None or set(districts).issuperset(one.district_ids))

    def approve(self, envelope_id: str, caller: Caller, *, reason: str) -> StoredEnvelope:
        subject = f"Envelope {envelope_id}"
        require_reason(subject, reason)
        now = self._clock()
        with self._session() as session:
            take_turn(session, TURN)
            row = _row(session, envelope_id)
            stored = _stored(session, row, now)
            if stored.status != "draft":
                raise ConflictError(subject=subject, problem=f"it is {stored.status} and cannot be approved")
            if person_key(caller.person) in map(person_key, stored.approvers):
                problem = f"{caller.person} has approved it already; it takes two different persons"
                raise ConflictError(subject=subject, problem=problem, todo="Somebody else must approve it too.")
            if len(stored.approvers) + 1 >= PERSONS:
                row.status = "approved"
            return self._noted(session, envelope_id, "approved", caller, reason, now)

    def stop(self, envelope_id: str, caller: Caller, *, reason: str) -> StoredEnvelope:
        """From here on nothing publishes itself inside it. Stopping a stopped one changes nothing."""
        require_reason(f"Envelope {envelope_id}", reason)
        now = self._clock()
        with self._session() as session:
            take_turn(session, TURN)
            row = _row(session, envelope_id)
            if row.status == "stopped":
                return _stored(session, row, now)
            row.status = "stopped"
            return self._noted(session, envelope_id, "stopped", caller, reason, now)

    def _noted(
        self, session: Session, envelope_id: str, action: EnvelopeAction, caller: Caller, reason: str, now: datetime
    ) -> StoredEnvelope:
        session.add(
            EnvelopeEventRow(
                envelope_id=envelope_id,
                action=action,
                person=caller.person,
                key_id=caller.key_id,
                at=now.astimezone(UTC),
                reason=reason.strip(),
            )
        )
        session.flush()
        stored = _stored(session, _row(session, envelope_id), now)
        detail = {"status": stored.status}
        line = by_caller(f"envelope.{action}", envelope_id, caller, districts=stored.district_ids, detail=detail)
        append_line(session, line, at=now)
        return stored


def _row(session: Session, envelope_id: str) -> EnvelopeRow:
    row = session.get(EnvelopeRow, envelope_id)
    if row is None:
        raise NotFoundError(kind="envelope", name=envelope_id)
    return row


def _stored(session: Session, row: EnvelopeRow, now: datetime) -> StoredEnvelope:
    mine = EnvelopeEventRow.envelope_id == row.envelope_id
    events = session.scalars(select(EnvelopeEventRow).where(mine).order_by(EnvelopeEventRow.number)).all()
    over = row.status != "stopped" and utc(row.valid_until) <= now
    return StoredEnvelope(
        envelope=from_json(Envelope, row.document, f"Envelope {row.envelope_id}"),
        status="expired" if over else cast("EnvelopeStatus", row.status),
        district_ids=tuple(map(DistrictId, json.loads(row.districts))),
        made_at=utc(row.made_at),
        events=tuple(
            EnvelopeEvent(
                action=cast("EnvelopeAction", event.action),
                person=event.person,
                key_id=event.key_id,
                at=utc(event.at),
                reason=event.reason,
            )
            for event in events
        ),
    )
