"""Warnings in the ledger: one episode as long as the same thing holds, acknowledged by people, told to receivers."""

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from city.access import Caller
from city.audit_log import append_line, by_caller
from city.errors import InvalidValueError, NotFoundError
from city.ids import DistrictId
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.plan_steps import can_be_kept
from city.warning_letters import WAITING, Letters
from city.warning_signs import Acknowledgement, Episode, Letter, News, Source, Warned
from city.warning_tables import AcknowledgementRow, LetterRow, LookRow, WarningRow

TURN = "warnings"
GONE_AFTER = timedelta(minutes=15)
"""Three looks of five minutes: what is not found for so long has ended."""
LONGEST_NOTE = 1_000
Tell = Callable[[News], Iterable[Letter]]


def _nobody(_news: News) -> Iterable[Letter]:
    return ()


class WarningBook:
    def __init__(
        self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime] | None = None
    ) -> None:
        self._session = session
        self._clock = clock or (lambda: datetime.now(UTC))
        self.letters = Letters(session, self._clock)

    def may_look(self, source: str, every: timedelta) -> bool:
        """Whether it is this process that looks now: the last look, by whichever, is as long ago as that."""
        now = self._clock().astimezone(UTC)
        with self._session() as session:
            take_turn(session, TURN)
            row = session.get(LookRow, source)
            if row is None:
                session.add(LookRow(source=source, looked_at=now))
                return True
            # A clock that was set back must not keep everybody from looking.
            if every > now - utc(row.looked_at) >= timedelta():
                return False
            row.looked_at = now
            return True

    def note(
        self, source: Source, found: Sequence[Warned], tell: Tell = _nobody, *, is_whole: bool = True
    ) -> tuple[News, ...]:
        """What one look of a source found. News and the letters that tell of it are stored together, or neither is.

        Where the look was not whole, because a part of it failed, what was not found is not missed.
        """
        now = self._clock().astimezone(UTC)
        with self._session() as session:
            take_turn(session, TURN)
            rows = {row.warning_id: row for row in session.scalars(_open_rows((source,)))}
            said = {one.warning_id: one for one in found}
            news = [item for one in said.values() for item in _noted(session, rows.get(one.warning_id), one, now)]
            missing = [row for key, row in rows.items() if is_whole and key not in said]
            news += [item for row in missing for item in _missed(row, now)]
            for item in news:
                session.add_all(_letter_row(item, letter, now) for letter in tell(item))
        return tuple(news)

    def open(self, sources: Collection[Source] | None = None) -> tuple[Episode, ...]:
        """What holds now, newest first."""
        with self._session() as session:
            rows = session.scalars(_open_rows(sources)).all()
            said = _acknowledgements(session, [row.number for row in rows])
            return tuple(_episode(row, said.get(row.number, ())) for row in rows)

    def ended(self, *, limit: int = 100) -> tuple[Episode, ...]:
        """What held once, the last to end first."""
        query = select(WarningRow).where(WarningRow.ended_at.is_not(None))
        with self._session() as session:
            rows = session.scalars(query.order_by(WarningRow.ended_at.desc(), WarningRow.number).limit(limit)).all()
            said = _acknowledgements(session, [row.number for row in rows])
            return tuple(_episode(row, said.get(row.number, ())) for row in rows)

    def open_one(self, warning_id: str) -> Episode:
        """Raises NotFoundError for one that does not hold, or not any more."""
        with self._session() as session:
            row = _open_row(session, warning_id)
            return _episode(row, _acknowledgements(session, [row.number]).get(row.number, ()))

    def acknowledge(self, warning_id: str, note: str, caller: Caller) -> Episode:
        """Whoever acknowledges is named. It counts until the warning gets worse by its step, or begins anew."""
        said = _checked(note)
        now = self._clock().astimezone(UTC)
        with self._session() as session:
            take_turn(session, TURN)
            row = _open_row(session, warning_id)
            row.is_acknowledged, row.told_severity = True, row.severity
            session.add(
                AcknowledgementRow(
                    warning_number=row.number, person=caller.person, key_id=caller.key_id, at=now, note=said
                )
            )
            districts = () if row.district_id is None else (DistrictId(row.district_id),)
            detail = {"cause": row.cause, "subject": row.subject, "note": said}
            session.flush()
            episode = _episode(row, _acknowledgements(session, [row.number])[row.number])
            line = by_caller("warning.acknowledged", warning_id, caller, districts=districts, detail=detail)
            append_line(session, line, at=now)
        return episode


def _checked(note: str) -> str:
    text = note.strip()
    if not text or len(text) > LONGEST_NOTE or not can_be_kept(text):
        raise InvalidValueError(
            subject="Acknowledgement",
            field="note",
            found=f"{len(text)} characters",
            expected=f"1 to {LONGEST_NOTE}: what was done about it, or why nothing has to be",
        )
    return text


def _open_rows(sources: Collection[Source] | None) -> Select[WarningRow]:
    query = select(WarningRow).where(WarningRow.ended_at.is_(None)).order_by(WarningRow.number.desc())
    return query if sources is None else query.where(WarningRow.source.in_(list(sources)))


def _open_row(session: Session, warning_id: str) -> WarningRow:
    row = session.scalars(_open_rows(None).where(WarningRow.warning_id == warning_id)).first()
    if row is None:
        raise not_open(warning_id)
    return row


def not_open(warning_id: str) -> NotFoundError:
    """The same words for one that is not there and for one that whoever asks may not see."""
    todo = "It may have ended: `city warnings list` and GET /v1/warnings show those that hold."
    return NotFoundError(kind="open warning", name=warning_id, todo=todo)


def _noted(session: Session, row: WarningRow | None, one: Warned, now: datetime) -> list[News]:
    if row is None:
        if not one.opens:
            return []
        new = WarningRow(warning_id=one.warning_id, source=one.source, cause=one.cause, first_seen=now)
        _say(new, one, now)
        new.told_severity, new.is_acknowledged = one.severity, False
        session.add(new)
        session.flush()
        return [News(event="opened", episode=_episode(new))]
    _say(row, one, now)
    if one.worse_by <= 0 or one.severity < row.told_severity + one.worse_by:
        return []
    row.told_severity, row.is_acknowledged = one.severity, False
    return [News(event="worse", episode=_episode(row))]


def _say(row: WarningRow, one: Warned, now: datetime) -> None:
    row.subject, row.district_id = one.subject, one.district_id
    row.sentence, row.todo = one.sentence, one.todo
    row.figures = json.dumps(one.figures, allow_nan=False)
    row.parts = json.dumps(one.parts, ensure_ascii=False)
    row.since, row.at_least = _kept(one.since), one.at_least
    row.begins_at, row.ends_at = _kept(one.begins_at), _kept(one.ends_at)
    row.severity, row.worse_by = one.severity, one.worse_by
    row.last_seen, row.missing_since, row.ended_at = now, None, None


def _kept(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _read(moment: datetime | None) -> datetime | None:
    return None if moment is None else utc(moment)


def _missed(row: WarningRow, now: datetime) -> list[News]:
    if row.missing_since is None:
        row.missing_since = now
        return []
    if now - utc(row.missing_since) < GONE_AFTER:
        return []
    row.ended_at = now
    return [News(event="ended", episode=_episode(row))]


def _letter_row(news: News, letter: Letter, now: datetime) -> LetterRow:
    return LetterRow(
        letter_id=token_hex(16),
        receiver=letter.receiver,
        warning_number=news.episode.number,
        event=news.event,
        body=letter.body,
        made_at=now,
        status=WAITING,
        attempts=0,
        next_at=now,
        problem="",
    )


def _acknowledgements(session: Session, numbers: Collection[int]) -> dict[int, tuple[Acknowledgement, ...]]:
    query = select(AcknowledgementRow).where(AcknowledgementRow.warning_number.in_(numbers))
    said: dict[int, tuple[Acknowledgement, ...]] = {}
    for row in session.scalars(query.order_by(AcknowledgementRow.number)):
        one = Acknowledgement(person=row.person, at=utc(row.at), note=row.note)
        said[row.warning_number] = (*said.get(row.warning_number, ()), one)
    return said


def _episode(row: WarningRow, said: tuple[Acknowledgement, ...] = ()) -> Episode:
    warned = Warned(
        warning_id=row.warning_id,
        source=cast("Source", row.source),
        cause=row.cause,
        subject=row.subject,
        sentence=row.sentence,
        todo=row.todo,
        district_id=row.district_id,
        since=_read(row.since),
        at_least=row.at_least,
        begins_at=_read(row.begins_at),
        ends_at=_read(row.ends_at),
        figures=tuple((str(name), float(value)) for name, value in json.loads(row.figures)),
        parts=tuple(json.loads(row.parts)),
        severity=row.severity,
        worse_by=row.worse_by,
    )
    return Episode(
        number=row.number,
        warned=warned,
        first_seen=utc(row.first_seen),
        last_seen=utc(row.last_seen),
        is_acknowledged=row.is_acknowledged,
        missing_since=_read(row.missing_since),
        ended_at=_read(row.ended_at),
        acknowledgements=said,
    )
