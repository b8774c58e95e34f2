"""What was promised, booked as it was said: by every forecast that is issued and every plan that is published.

A forecast's rows stay where they are: the entry names them by table, time of issue and version, and seals them by a
digest. Rows are only added; the same promise booked twice is one.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.documents import canonical_json
from city.ids import PlanId
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.ledger_tables import PlanRow
from city.measures import Measure
from city.outcome_tables import PromiseRow
from city.plan_life_rows import document_sha256, plan_row_in
from city.plan_life_tables import PlanEventRow
from city.promised import figures_of, made_from, named, promised_by

PromiseKind = Literal["forecast", "plan"]
TURN = "promises"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`subject` is a plan's id, or what was forecast and when; `at` when it was issued or published.

    `digest` is of what was promised in full: a plan's document, or the rows of an issue.
    """

    kind: PromiseKind
    subject: str
    what: str
    at: datetime
    digest: str
    promised: Mapping[str, Any]
    service_date: date | None = None
    districts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    number: int
    promise: Promise
    booked_at: datetime


class PromiseBook:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def book(self, promise: Promise) -> bool:
        """False where it stood there before."""
        with self._session() as session:
            take_turn(session, TURN)
            return book_in(session, promise, self._clock())

    def book_plan(self, plan_id: PlanId) -> bool:
        """Of a plan that was published without a word of what it promised: as publishing books it today."""
        with self._session() as session:
            take_turn(session, TURN)
            row = plan_row_in(session, plan_id)
            replaced = session.scalars(
                select(PlanEventRow.plan_id)
                .where(PlanEventRow.other_plan_id == plan_id, PlanEventRow.action == "superseded")
                .order_by(PlanEventRow.number)
            ).all()
            published = session.scalars(
                select(PlanEventRow.at)
                .where(PlanEventRow.plan_id == plan_id, PlanEventRow.action == "published")
                .order_by(PlanEventRow.number)
            ).first()
            at = utc(row.made_at) if published is None else utc(published)
            return book_plan_in(session, row, replaced, at, self._clock())

    def find(
        self,
        *,
        kind: PromiseKind | None = None,
        subjects: Collection[str] | None = None,
        days: Collection[date] | None = None,
    ) -> tuple[Booked, ...]:
        """Oldest first; with `days` plans of these service dates."""
        query = select(PromiseRow).order_by(PromiseRow.number)
        if kind is not None:
            query = query.where(PromiseRow.kind == kind)
        if subjects is not None:
            query = query.where(PromiseRow.subject.in_(list(subjects)))
        if days is not None:
            query = query.where(PromiseRow.service_date.in_(list(days)))
        with self._session() as session:
            return tuple(_booked(row) for row in session.scalars(query))


def book_in(session: Session, promise: Promise, now: datetime) -> bool:
    """False where the same was booked before."""
    same = (PromiseRow.kind == promise.kind) & (PromiseRow.subject == promise.subject)
    if session.scalar(select(PromiseRow.number).where(same, PromiseRow.digest == promise.digest)) is not None:
        return False
    session.add(
        PromiseRow(
            kind=promise.kind,
            subject=promise.subject,
            what=promise.what,
            at=promise.at.astimezone(UTC),
            service_date=promise.service_date,
            districts=json.dumps(list(promise.districts), ensure_ascii=False),
            digest=promise.digest,
            document=canonical_json(promise.promised),
            booked_at=now.astimezone(UTC),
        )
    )
    return True


def book_plan_in(
    session: Session,
    row: PlanRow,
    replaced: Sequence[str],
    at: datetime,
    now: datetime,
    *,
    measure: Measure | None = None,
) -> bool:
    """What a plan promises as it is published; `replaced` are the plans that expire for it.

    `measure` is declared with it: what it will be judged by.
    """
    document = json.loads(row.document)
    promised = {
        **promised_by(row.kind, document),
        **made_from(document),
        "instead_of": _counter_plans(session, row.kind, replaced),
        **({} if measure is None else {"measure": measure.measure_id}),
    }
    return book_in(
        session,
        Promise(
            kind="plan",
            subject=row.plan_id,
            what=row.kind,
            at=at,
            digest=document_sha256(row.document),
            promised=promised,
            service_date=row.service_date,
            districts=tuple(named(item.district_id for item in row.districts)),
        ),
        now,
    )


def _counter_plans(session: Session, kind: str, replaced: Iterable[str]) -> list[dict[str, Any]]:
    """Each plan that it replaced, with the same figures. For signals without one the running programs stand in."""
    rows = (session.get(PlanRow, plan_id) for plan_id in replaced)
    return [{"plan_id": row.plan_id, **figures_of(kind, json.loads(row.document))} for row in rows if row is not None]


def _booked(row: PromiseRow) -> Booked:
    promise = Promise(
        kind=cast("PromiseKind", row.kind),
        subject=row.subject,
        what=row.what,
        at=utc(row.at),
        digest=row.digest,
        promised=json.loads(row.document),
        service_date=row.service_date,
        districts=tuple(json.loads(row.districts)),
    )
    return Booked(number=row.number, promise=promise, booked_at=utc(row.booked_at))
