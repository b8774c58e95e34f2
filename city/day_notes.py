"""Notes of the day, as dispatchers write them down for each other and for the day's plan."""

import json
import secrets
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import AuditLine, append_line, by_caller
from city.day_note_tables import DayNoteRow
from city.errors import BrokenRuleError, NotFoundError
from city.ids import DistrictId
from city.ledger_rows import utc


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedDay:
    """One note; `districts` are those of the noted thing, none where it serves the whole city."""

    note_id: str
    service_date: date
    text: str
    districts: tuple[DistrictId, ...]
    noted_at: datetime
    noted_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None

    def concerns(self, districts: Collection[DistrictId] | None) -> bool:
        """Whether somebody of these districts (None: of the whole city) has to know."""
        return districts is None or not self.districts or not set(self.districts).isdisjoint(districts)

    def stood(self, at: datetime) -> bool:
        return self.noted_at <= at and (self.withdrawn_at is None or self.withdrawn_at > at)


class DayNotes:
    """Rows are added and withdrawn, never changed or removed. Times are of the city's clock."""

    def __init__(self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def of(
        self, service_date: date, *, districts: Collection[DistrictId] | None = None, at: datetime | None = None
    ) -> tuple[NotedDay, ...]:
        """Those that stand (or stood `at` that time), in the order of writing."""
        moment = at or self._clock()
        with self._session() as session:
            rows = session.scalars(
                select(DayNoteRow)
                .where(DayNoteRow.service_date == service_date)
                .order_by(DayNoteRow.noted_at, DayNoteRow.note_id)
            )
            notes = tuple(map(_note, rows))
        return tuple(one for one in notes if one.stood(moment) and one.concerns(districts))

    def add(self, service_date: date, text: str, districts: Sequence[DistrictId], *, by: Caller) -> NotedDay:
        """What was looked at before: that the note can be read and names a known thing. One that stands stays one."""
        moment = self._clock()
        with self._session() as session:
            same = select(DayNoteRow).where(
                DayNoteRow.service_date == service_date, DayNoteRow.text == text, DayNoteRow.withdrawn_at.is_(None)
            )
            standing = session.scalars(same).first()
            if standing is not None:
                return _note(standing)
            row = DayNoteRow(
                note_id=secrets.token_hex(6),
                service_date=service_date,
                text=text,
                districts=json.dumps(sorted(districts)),
                noted_at=moment.astimezone(UTC),
                noted_by=by.person,
            )
            session.add(row)
            note = _note(row)
            append_line(session, _line("day_note.added", note, by), at=moment)
        return note

    def withdraw(self, note_id: str, *, by: Caller) -> NotedDay:
        """Raises NotFoundError also for a note of districts that the caller does not see."""
        moment = self._clock()
        with self._session() as session:
            row = session.get(DayNoteRow, note_id, with_for_update=True)
            if row is None or not _note(row).concerns(by.districts):
                raise NotFoundError(kind="note of the day", name=note_id)
            if row.withdrawn_at is not None:
                at = utc(row.withdrawn_at).isoformat(timespec="seconds")
                raise BrokenRuleError(subject=f"Note {note_id}", problem=f"{row.withdrawn_by} has withdrawn it at {at}")
            row.withdrawn_at, row.withdrawn_by = moment.astimezone(UTC), by.person
            note = _note(row)
            append_line(session, _line("day_note.withdrawn", note, by), at=moment)
        return note


def _line(action: str, note: NotedDay, by: Caller) -> AuditLine:
    detail = {"service_date": note.service_date.isoformat(), "text": note.text}
    return by_caller(action, note.note_id, by, districts=note.districts, detail=detail)


def _note(row: DayNoteRow) -> NotedDay:
    return NotedDay(
        note_id=row.note_id,
        service_date=row.service_date,
        text=row.text,
        districts=tuple(map(DistrictId, json.loads(row.districts))),
        noted_at=utc(row.noted_at),
        noted_by=row.noted_by,
        withdrawn_at=None if row.withdrawn_at is None else utc(row.withdrawn_at),
        withdrawn_by=row.withdrawn_by,
    )
