"""What drivers say of their stops: done, skipped, blocked, or what the weighbridge showed.

A report's id is made by whoever reports it. Phones report late, twice and in any order: the same report sent again is
accepted again, another one under the same id is refused.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.errors import CityError, InvalidValueError, raise_all
from city.ids import DistrictId, PlanId, PointId, TruckId
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.plan_life import ConflictError
from city.plan_life_tables import FeedbackRow
from city.plan_steps import can_be_kept
from city.waste import Stream

FeedbackKind = Literal["done", "skipped", "blocked", "weight"]
KINDS: tuple[FeedbackKind, ...] = get_args(FeedbackKind)
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """One report. `weight` needs `kg`, the others a point and its stream; who skips or is blocked says why."""

    event_id: str
    at: datetime
    kind: FeedbackKind
    point_id: PointId | None = None
    stream: Stream | None = None
    reason: str | None = None
    kg: float | None = None
    ticket: str | None = None

    def __post_init__(self) -> None:
        raise_all(
            f"Report {self.event_id}", [*self._says_what_and_when(), *self._says_where_and_why(), *self._is_text()]
        )

    def _says_what_and_when(self) -> Iterator[CityError]:
        if self.kind not in KINDS:
            yield self._refusal("kind", self.kind, f"one of {', '.join(KINDS)}")
        if self.at.tzinfo is None:
            yield self._refusal("at", self.at.isoformat(), "a time with its offset")
        if self.kg is not None and not 0 <= self.kg < math.inf:
            yield self._refusal("kg", self.kg, "a weight of 0 kg or more")

    def _says_where_and_why(self) -> Iterator[CityError]:
        if self.kind == "weight":
            if self.kg is None:
                yield self._refusal("kg", self.kg, "the net weight in kg")
        elif self.point_id is None or self.stream is None:
            yield self._refusal("point_id", self.point_id, "the point and the stream of the stop")
        if self.kind in ("skipped", "blocked") and not (self.reason or "").strip():
            yield self._refusal("reason", self.reason, "why the stop was not served")

    def _is_text(self) -> Iterator[CityError]:
        if self.reason is not None and len(self.reason) > LONGEST_REASON:
            yield self._refusal("reason", f"{len(self.reason)} characters", f"at most {LONGEST_REASON}")
        for name in ("reason", "ticket", "point_id"):
            if not can_be_kept(getattr(self, name) or ""):
                yield self._refusal(name, "characters that no text has", "a text without NUL and surrogates")

    def _refusal(self, field: str, found: object, expected: str) -> CityError:
        return InvalidValueError(subject=f"Report {self.event_id}", field=field, found=found, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report as it is kept: of which truck, when it came, and by whom."""

    truck_id: TruckId
    feedback: Feedback
    received_at: datetime
    person: str
    key_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """`duplicate`: it was there already, word for word."""

    event_id: str
    duplicate: bool


class FeedbackBook:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def add(
        self,
        plan_id: PlanId,
        truck_id: TruckId,
        reports: Sequence[Feedback],
        caller: Caller,
        *,
        districts: Sequence[DistrictId] = (),
    ) -> tuple[Received, ...]:
        """All of them or none: raises ConflictError that names the first whose id stands for something else."""
        now = self._clock()
        received: list[Received] = []
        with self._session() as session:
            take_turn(session, f"feedback {plan_id}")
            known = _known(session, plan_id, [one.event_id for one in reports])
            for one in reports:
                before = known.get(one.event_id)
                if before is not None and (before.truck_id, before.feedback) != (truck_id, one):
                    raise _other(before, truck_id)
                received.append(Received(event_id=one.event_id, duplicate=before is not None))
                if before is None:
                    known[one.event_id] = Reported(
                        truck_id=truck_id, feedback=one, received_at=now, person=caller.person, key_id=caller.key_id
                    )
                    session.add(_row(plan_id, known[one.event_id]))
            new = sum(not one.duplicate for one in received)
            if new:
                detail = {"truck_id": truck_id, "reports": new}
                line = by_caller("feedback.given", plan_id, caller, districts=districts, detail=detail)
                append_line(session, line, at=now)
        return tuple(received)

    def of(self, plan_id: PlanId, truck_id: TruckId | None = None) -> tuple[Reported, ...]:
        """In the order in which it happened."""
        query = select(FeedbackRow).where(FeedbackRow.plan_id == plan_id)
        if truck_id is not None:
            query = query.where(FeedbackRow.truck_id == truck_id)
        with self._session() as session:
            return tuple(
                _reported(row) for row in session.scalars(query.order_by(FeedbackRow.at, FeedbackRow.event_id))
            )


def _known(session: Session, plan_id: PlanId, event_ids: Sequence[str]) -> dict[str, Reported]:
    query = select(FeedbackRow).where(FeedbackRow.plan_id == plan_id, FeedbackRow.event_id.in_(list(event_ids)))
    return {row.event_id: _reported(row) for row in session.scalars(query)}


def _other(before: Reported, truck_id: TruckId) -> ConflictError:
    one = before.feedback
    where = f" at point {one.point_id}" if one.point_id is not None else ""
    whose = "" if before.truck_id == truck_id else f" of truck {before.truck_id}"
    return ConflictError(
        subject=f"Report {one.event_id}",
        problem=f"this id stands for another report{whose}: {one.kind}{where}, {one.at:%Y-%m-%d %H:%M:%S %Z}",
        todo="Give each report an id of its own. Nothing of this request was stored.",
    )


def _row(plan_id: PlanId, one: Reported) -> FeedbackRow:
    said = one.feedback
    return FeedbackRow(
        plan_id=plan_id,
        event_id=said.event_id,
        truck_id=one.truck_id,
        at=said.at.astimezone(UTC),
        kind=said.kind,
        point_id=said.point_id,
        stream=said.stream,
        reason=said.reason,
        kg=said.kg,
        ticket=said.ticket,
        received_at=one.received_at.astimezone(UTC),
        person=one.person,
        key_id=one.key_id,
    )


def _reported(row: FeedbackRow) -> Reported:
    return Reported(
        truck_id=TruckId(row.truck_id),
        feedback=Feedback(
            event_id=row.event_id,
            at=utc(row.at),
            kind=cast("FeedbackKind", row.kind),
            point_id=None if row.point_id is None else PointId(row.point_id),
            stream=None if row.stream is None else Stream(row.stream),
            reason=row.reason,
            kg=row.kg,
            ticket=row.ticket,
        ),
        received_at=utc(row.received_at),
        person=row.person,
        key_id=row.key_id,
    )
