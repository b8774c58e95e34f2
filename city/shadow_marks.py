"""Shadow mode of junctions: entered for a stated time, left by a signed act.

While a junction is in shadow mode its plans are computed and compared, and none of them is published. The stated time
is the least: when it is over the junction does not leave by itself, someone has to say that it may be trusted.
"""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.errors import InvalidValueError
from city.ids import DistrictId, JunctionId
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.plan_life import ConflictError
from city.plan_life_rows import TURN
from city.plan_life_tables import ShadowMarkRow
from city.plan_steps import require_reason

ShadowAction = Literal["entered", "left"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowMark:
    """`until` is the time before which the junction does not leave; None for the mark of leaving."""

    number: int
    junction_id: JunctionId
    action: ShadowAction
    until: datetime | None
    person: str
    key_id: str
    at: datetime
    reason: str


class ShadowMarks:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))

    def enter(
        self, junction_id: JunctionId, caller: Caller, *, district_id: DistrictId, until: datetime, reason: str
    ) -> ShadowMark:
        """Entering again sets a new time, earlier or later; it is a signed act as well."""
        subject = f"Junction {junction_id}"
        require_reason(subject, reason)
        now = self._clock()
        if until <= now:
            raise InvalidValueError(
                subject=subject, field="until", found=until.isoformat(), expected=f"a time after {now.isoformat()}"
            )
        with self._session() as session:
            take_turn(session, TURN)
            row = _row(junction_id, caller, now, reason, "entered", until)
            return _added(session, row, caller, district_id)

    def leave(self, junction_id: JunctionId, caller: Caller, *, district_id: DistrictId, reason: str) -> ShadowMark:
        subject = f"Junction {junction_id}"
        require_reason(subject, reason)
        now = self._clock()
        with self._session() as session:
            take_turn(session, TURN)
            last = session.scalars(_last((junction_id,))).first()
            if last is None or last.action != "entered":
                raise ConflictError(subject=subject, problem="it is not in shadow mode")
            if last.until is not None and utc(last.until) > now:
                raise ConflictError(
                    subject=subject,
                    problem=f"it is to stay in shadow mode until {utc(last.until):%Y-%m-%d %H:%M %Z} ({last.person}: "
                    f"{last.reason})",
                    todo="Wait, or state another time by entering again.",
                )
            return _added(session, _row(junction_id, caller, now, reason, "left", None), caller, district_id)

    def current(self, junction_ids: Collection[JunctionId] | None = None) -> dict[JunctionId, ShadowMark]:
        """The junctions that are in shadow mode, with the mark that put them there."""
        with self._session() as session:
            return shadowed_in(session, junction_ids)

    def of(self, junction_id: JunctionId) -> tuple[ShadowMark, ...]:
        """Every mark of a junction, oldest first."""
        query = select(ShadowMarkRow).where(ShadowMarkRow.junction_id == junction_id).order_by(ShadowMarkRow.number)
        with self._session() as session:
            return tuple(_mark(row) for row in session.scalars(query))


def shadowed_in(session: Session, junction_ids: Collection[JunctionId] | None) -> dict[JunctionId, ShadowMark]:
    marks = [_mark(row) for row in session.scalars(_last(junction_ids))]
    return {mark.junction_id: mark for mark in marks if mark.action == "entered"}


def _last(junction_ids: Collection[JunctionId] | None) -> Select[ShadowMarkRow]:
    newest = select(func.max(ShadowMarkRow.number)).group_by(ShadowMarkRow.junction_id)
    query = select(ShadowMarkRow).where(ShadowMarkRow.number.in_(newest)).order_by(ShadowMarkRow.junction_id)
    return query if junction_ids is None else query.where(ShadowMarkRow.junction_id.in_(list(junction_ids)))


def _row(
    junction_id: JunctionId, caller: Caller, now: datetime, reason: str, action: ShadowAction, until: datetime | None
) -> ShadowMarkRow:
    return ShadowMarkRow(
        junction_id=junction_id,
        action=action,
        until=None if until is None else until.astimezone(UTC),
        person=caller.person,
        key_id=caller.key_id,
        at=now.astimezone(UTC),
        reason=reason.strip(),
    )


def _added(session: Session, row: ShadowMarkRow, caller: Caller, district_id: DistrictId) -> ShadowMark:
    session.add(row)
    session.flush()
    mark = _mark(row)
    detail = {} if mark.until is None else {"until": mark.until.isoformat()}
    line = by_caller(f"shadow.{mark.action}", mark.junction_id, caller, districts=(district_id,), detail=detail)
    append_line(session, line, at=mark.at)
    return mark


def _mark(row: ShadowMarkRow) -> ShadowMark:
    return ShadowMark(
        number=row.number,
        junction_id=JunctionId(row.junction_id),
        action=cast("ShadowAction", row.action),
        until=None if row.until is None else utc(row.until),
        person=row.person,
        key_id=row.key_id,
        at=utc(row.at),
        reason=row.reason,
    )
