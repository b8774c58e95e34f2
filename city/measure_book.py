"""Declared measures in the ledger, their effects version by version, and what people did with the proposals."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.documents import canonical_json, from_json
from city.errors import NotFoundError
from city.ids import DistrictId
from city.ledger_database import take_second_turn, take_turn
from city.ledger_rows import utc
from city.measures import Measure
from city.outcome_tables import EffectRow, MeasureRow, ProposalStepRow
from city.plan_life import ConflictError
from city.plan_steps import require_reason

Decision = Literal["accepted", "declined"]
TURN = "measures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    measure: Measure
    person: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEffect:
    """`document` is as serving/loop writes it; versions count from 1."""

    measure_id: str
    version: int
    as_of: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalStep:
    measure_id: str
    effect_version: int
    decision: Decision
    plans: tuple[str, ...]
    person: str
    at: datetime
    reason: str


class MeasureBook:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def declare(self, measure: Measure, caller: Caller, reason: str) -> Declared:
        """Raises ConflictError for an id that stands for something else: a declaration is never changed."""
        now = self._clock()
        with self._session() as session:
            take_turn(session, TURN)
            return declare_in(session, measure, caller, reason, now)

    def one(self, measure_id: str) -> Declared:
        with self._session() as session:
            return _declared(_row(session, measure_id))

    def all(self) -> tuple[Declared, ...]:
        """In the order in which they were declared."""
        with self._session() as session:
            return tuple(
                _declared(row)
                for row in session.scalars(select(MeasureRow).order_by(MeasureRow.at, MeasureRow.measure_id))
            )

    def add_effect(self, measure_id: str, document: Mapping[str, Any], as_of: datetime) -> tuple[StoredEffect, bool]:
        """The version that holds this, and whether it is new."""
        text = canonical_json(document)
        digest = sha256(text.encode()).hexdigest()
        with self._session() as session:
            take_turn(session, TURN)
            _row(session, measure_id)
            last = session.scalars(
                select(EffectRow).where(EffectRow.measure_id == measure_id).order_by(EffectRow.version.desc()).limit(1)
            ).first()
            if last is not None and last.digest == digest:
                return _effect(last), False
            number = 1 if last is None else last.version + 1
            row = EffectRow(
                measure_id=measure_id, version=number, as_of=as_of.astimezone(UTC), digest=digest, document=text
            )
            session.add(row)
            session.flush()
            return _effect(row), True

    def effects(self, measure_id: str) -> tuple[StoredEffect, ...]:
        """Every version, oldest first."""
        query = select(EffectRow).where(EffectRow.measure_id == measure_id).order_by(EffectRow.version)
        with self._session() as session:
            return tuple(_effect(row) for row in session.scalars(query))

    def newest_effects(self) -> dict[str, StoredEffect]:
        last = select(EffectRow.measure_id, func.max(EffectRow.version).label("version"))
        newest = last.group_by(EffectRow.measure_id).subquery()
        query = select(EffectRow).join(
            newest, (EffectRow.measure_id == newest.c.measure_id) & (EffectRow.version == newest.c.version)
        )
        with self._session() as session:
            return {row.measure_id: _effect(row) for row in session.scalars(query)}

    def decide(self, step: ProposalStep, caller: Caller) -> None:
        """Written once per version of an effect: raises ConflictError where somebody decided it already."""
        require_reason(f"Measure {step.measure_id}", step.reason)
        with self._session() as session:
            take_turn(session, TURN)
            measure = _declared(_row(session, step.measure_id)).measure
            here = ProposalStepRow.measure_id == step.measure_id
            before = session.scalars(select(ProposalStepRow).where(here)).all()
            same = [row for row in before if row.effect_version == step.effect_version]
            if same:
                raise ConflictError(
                    subject=measure.subject, problem=f"{same[0].person} has {same[0].decision} this proposal already"
                )
            session.add(_step_row(step, caller))
            detail = {"decision": step.decision, "plans": list(step.plans)}
            line = by_caller("measure.decided", step.measure_id, caller, districts=_districts(measure), detail=detail)
            append_line(session, line, at=step.at)

    def steps(self, measure_id: str | None = None) -> tuple[ProposalStep, ...]:
        query = select(ProposalStepRow).order_by(ProposalStepRow.number)
        if measure_id is not None:
            query = query.where(ProposalStepRow.measure_id == measure_id)
        with self._session() as session:
            return tuple(_step(row) for row in session.scalars(query))


def declare_in(session: Session, measure: Measure, caller: Caller, reason: str, now: datetime) -> Declared:
    """Inside of a turn, such as that of the publishing that it belongs to."""
    require_reason(measure.subject, reason)
    take_second_turn(session, TURN)
    if session.get(MeasureRow, measure.measure_id) is not None:
        raise ConflictError(
            subject=measure.subject,
            problem="it was declared before, and a declaration is never changed",
            todo="Declare the new one under an id of its own.",
        )
    session.add(
        MeasureRow(
            measure_id=measure.measure_id,
            districts=json.dumps(list(measure.districts), ensure_ascii=False),
            document=canonical_json(measure),
            person=caller.person,
            key_id=caller.key_id,
            at=now.astimezone(UTC),
            reason=reason.strip(),
        )
    )
    detail = {"name": measure.name, "after_from": measure.after_from.isoformat()}
    line = by_caller("measure.declared", measure.measure_id, caller, districts=_districts(measure), detail=detail)
    append_line(session, line, at=now)
    return Declared(measure=measure, person=caller.person, at=now, reason=reason.strip())


def _districts(measure: Measure) -> tuple[DistrictId, ...]:
    return tuple(map(DistrictId, measure.districts))


def _row(session: Session, measure_id: str) -> MeasureRow:
    row = session.get(MeasureRow, measure_id)
    if row is None:
        raise NotFoundError(kind="measure", name=measure_id)
    return row


def _declared(row: MeasureRow) -> Declared:
    measure = from_json(Measure, row.document, f"measure {row.measure_id}")
    return Declared(measure=measure, person=row.person, at=utc(row.at), reason=row.reason)


def _effect(row: EffectRow) -> StoredEffect:
    return StoredEffect(
        measure_id=row.measure_id, version=row.version, as_of=utc(row.as_of), document=json.loads(row.document)
    )


def _step_row(step: ProposalStep, caller: Caller) -> ProposalStepRow:
    return ProposalStepRow(
        measure_id=step.measure_id,
        effect_version=step.effect_version,
        decision=step.decision,
        plans=json.dumps(list(step.plans)),
        person=caller.person,
        key_id=caller.key_id,
        at=step.at.astimezone(UTC),
        reason=step.reason.strip(),
    )


def _step(row: ProposalStepRow) -> ProposalStep:
    return ProposalStep(
        measure_id=row.measure_id,
        effect_version=row.effect_version,
        decision=cast("Decision", row.decision),
        plans=tuple(json.loads(row.plans)),
        person=row.person,
        at=utc(row.at),
        reason=row.reason,
    )
