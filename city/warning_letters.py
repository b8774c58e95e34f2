"""Letters about warnings: each is sent until its receiver has it, by one process at a time, and everything is kept."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.warning_tables import LetterRow

WAITING: Final = "waiting"
DELIVERED: Final = "delivered"
GIVEN_UP: Final = "given_up"
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360))
"""After each failed attempt but the last; so a receiver may be away for eight and a half hours."""
HELD: Final = timedelta(minutes=2)
KEPT: Final = timedelta(days=2)
LONGEST_PROBLEM: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLetter:
    """A letter and what became of it. `answer` is the HTTP status of the last attempt, None where nobody answered."""

    number: int
    letter_id: str
    receiver: str
    event: str
    body: str
    made_at: datetime
    status: str
    attempts: int
    next_at: datetime
    answer: int | None
    problem: str
    done_at: datetime | None


class Letters:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]], clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def take(self, receiver: str) -> SentLetter | None:
        """The oldest that is due for it, held for whoever takes it; nobody else gets it meanwhile."""
        now = self._clock().astimezone(UTC)
        free = or_(LetterRow.held_until.is_(None), LetterRow.held_until <= now)
        due = select(LetterRow).where(LetterRow.status == WAITING, LetterRow.next_at <= now, free)
        due = due.where(LetterRow.receiver == receiver).order_by(LetterRow.number).limit(1)
        with self._session() as session:
            take_turn(session, "warning letters")
            row = session.scalars(due).first()
            if row is None:
                return None
            row.held_until = now + HELD
            return _sent(row)

    def delivered(self, number: int, answer: int) -> None:
        with self._session() as session:
            row = session.get_one(LetterRow, number)
            row.status, row.answer, row.problem = DELIVERED, answer, ""
            row.attempts += 1
            row.held_until, row.done_at = None, self._clock().astimezone(UTC)

    def failed(self, number: int, problem: str, answer: int | None = None) -> None:
        """It is tried again after a pause, a longer one each time; at last given up."""
        now = self._clock().astimezone(UTC)
        with self._session() as session:
            row = session.get_one(LetterRow, number)
            row.attempts += 1
            row.answer, row.problem, row.held_until = answer, problem[:LONGEST_PROBLEM], None
            if row.attempts > len(PAUSES):
                row.status, row.done_at = GIVEN_UP, now
            else:
                row.next_at = now + PAUSES[row.attempts - 1]

    def lapse(self) -> None:
        """What nobody has sent for two days, its receiver being named no more, is given up."""
        now = self._clock().astimezone(UTC)
        old = (LetterRow.status == WAITING) & (LetterRow.made_at < now - KEPT)
        gone = {"status": GIVEN_UP, "done_at": now, "problem": "nobody sent it within two days"}
        with self._session() as session:
            session.execute(update(LetterRow).where(old).values(gone))

    def log(self, *, limit: int = 100) -> tuple[SentLetter, ...]:
        """Newest first."""
        with self._session() as session:
            rows = session.scalars(select(LetterRow).order_by(LetterRow.number.desc()).limit(limit))
            return tuple(_sent(row) for row in rows)


def _sent(row: LetterRow) -> SentLetter:
    return SentLetter(
        number=row.number,
        letter_id=row.letter_id,
        receiver=row.receiver,
        event=row.event,
        body=row.body,
        made_at=utc(row.made_at),
        status=row.status,
        attempts=row.attempts,
        next_at=utc(row.next_at),
        answer=row.answer,
        problem=row.problem,
        done_at=None if row.done_at is None else utc(row.done_at),
    )
