"""Who did what, and when: lines that are only added, each signed by the hash of the one before it."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, true, update
from sqlalchemy.orm import Session, selectinload

from city.access import Caller
from city.access_tables import AuditDistrict, AuditHead, AuditRow
from city.documents import canonical_json
from city.errors import BrokenRuleError, InvalidValueError
from city.ids import DistrictId
from city.ledger_rows import utc

AT_CONSOLE = "console"  # in place of a key: whoever may use the command on the ledger's own machine
HEAD = 1
LONGEST_DETAIL = 4000
_ACTION = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
_KEY_TEXT = re.compile(r"city_[0-9a-f]{8}_[\w-]{20,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A deed: `action` is `thing.deed`, `subject` the id of the thing. No secrets and no citizens in `detail`.

    A line without districts is about the whole city.
    """

    action: str
    subject: str
    person: str
    key_id: str
    districts: tuple[DistrictId, ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _ACTION.fullmatch(self.action) or len(self.action) > 60:
            self._refuse("action", self.action, "thing.deed, such as plan.approved")
        for name, text, most in (
            ("subject", self.subject, 400),
            ("person", self.person, 200),
            ("key_id", self.key_id, 40),
        ):
            if not text.strip() or len(text) > most or "\x00" in text:
                self._refuse(name, text[:80], f"1 to {most} characters")
        written = canonical_json(self.detail)
        if len(written) > LONGEST_DETAIL:
            self._refuse("detail", f"{len(written)} characters", f"at most {LONGEST_DETAIL}")
        if _KEY_TEXT.search(written) or _KEY_TEXT.search(self.subject):
            raise BrokenRuleError(subject="Audit line", problem="it would hold a key, which is a secret")

    def _refuse(self, name: str, found: object, expected: str) -> None:
        raise InvalidValueError(subject="Audit line", field=name, found=found, expected=expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLine:
    """A line as it stands in the log. `sha256` signs everything else in it."""

    number: int
    at: datetime
    line: AuditLine
    previous: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which lines, newest first: `before` is the number at which the last page ended."""

    action: str | None = None
    person: str | None = None
    since: datetime | None = None
    before: int | None = None
    limit: int = 100


def by_caller(
    action: str,
    subject: str,
    caller: Caller,
    *,
    districts: Collection[DistrictId] = (),
    detail: Mapping[str, Any] | None = None,
) -> AuditLine:
    """The line of what somebody did who showed a key."""
    return AuditLine(
        action=action,
        subject=subject,
        person=caller.person,
        key_id=caller.key_id,
        districts=tuple(districts),
        detail=detail or {},
    )


def append_line(session: Session, line: AuditLine, *, at: datetime | None = None) -> int:
    """Add a line in the caller's own transaction, so that deed and line stand or fall together; gives its number.

    Call it last: from here on until the transaction ends every other writer of a line waits.
    """
    here = AuditHead.head_id == HEAD
    # One statement takes the row's lock (in SQLite the database's) and tells where the chain ends.
    taken = session.execute(
        update(AuditHead)
        .where(here)
        .values(number=AuditHead.number + 1)
        .returning(AuditHead.number, AuditHead.sha256)
        .execution_options(synchronize_session=False)
    ).first()
    if taken is None:
        raise BrokenRuleError(
            subject="Audit log",
            problem="the record of its last line is gone, so that no line can be added",
            todo="`city audit verify` says what else was changed.",
        )
    number, previous = taken
    row = _row(number, previous, line, at or datetime.now(UTC))
    session.add(row)
    session.execute(
        update(AuditHead).where(here).values(sha256=row.sha256).execution_options(synchronize_session=False)
    )
    session.flush()
    return int(number)


class AuditLog:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def add(self, line: AuditLine, *, at: datetime | None = None) -> int:
        """A line of its own, for a deed that the ledger's database does not hold."""
        with self._session() as session:
            return append_line(session, line, at=at)

    def lines(self, query: AuditQuery, districts: Collection[DistrictId] | None = None) -> tuple[WrittenLine, ...]:
        """Newest first; with `districts` only lines that name some, all of them among these."""
        chosen = select(AuditRow).order_by(AuditRow.number.desc()).limit(query.limit)
        for condition in _conditions(query, districts):
            chosen = chosen.where(condition)
        with self._session() as session:
            return tuple(written(row) for row in session.scalars(chosen))

    def walk(self, *, batch: int = 1000) -> Iterator[AuditRow]:
        """Every row in the order of its number, however many there are."""
        after: int | None = None
        while True:
            with self._session() as session:
                chosen = select(AuditRow).options(selectinload(AuditRow.named_districts)).order_by(AuditRow.number)
                if after is not None:
                    chosen = chosen.where(AuditRow.number > after)
                rows = session.scalars(chosen.limit(batch)).all()
                session.expunge_all()
            yield from rows
            if len(rows) < batch:
                return
            after = rows[-1].number

    def number_of(self, digest: str) -> int | None:
        with self._session() as session:
            return session.scalar(select(AuditRow.number).where(AuditRow.sha256 == digest).limit(1))

    def ends(self) -> tuple[int | None, str, int]:
        """Number (None where the record is gone) and hash of the last line as recorded, and the highest number found.

        One statement, so that a line that is being added cannot lie between them.
        """
        highest = select(func.coalesce(func.max(AuditRow.number), 0)).scalar_subquery()
        head = select(AuditHead.number, AuditHead.sha256).where(AuditHead.head_id == HEAD).subquery()
        one = select(literal(1).label("one")).subquery()
        with self._session() as session:
            number, digest, found = session.execute(
                select(head.c.number, head.c.sha256, highest).select_from(one.outerjoin(head, true()))
            ).one()
            return number, digest or "", found


def _conditions(query: AuditQuery, districts: Collection[DistrictId] | None) -> Iterator[ColumnElement[bool]]:
    if query.action is not None:
        yield AuditRow.action == query.action
    if query.person is not None:
        yield AuditRow.person == query.person
    if query.since is not None:
        yield AuditRow.at >= query.since.astimezone(UTC)
    if query.before is not None:
        yield AuditRow.number < query.before
    if districts is not None:
        yield AuditRow.named_districts.any()
        yield ~AuditRow.named_districts.any(AuditDistrict.district_id.not_in(list(districts)))


def signature(number: int, row: AuditRow) -> str:
    """sha256 over the canonical JSON of all that the row says, as if it were line `number`."""
    said = {
        "number": number,
        "at": utc(row.at).isoformat(timespec="microseconds"),
        "action": row.action,
        "subject": row.subject,
        "person": row.person,
        "key_id": row.key_id,
        "districts": row.districts,
        "detail": row.detail,
        "previous": row.previous,
    }
    return sha256(canonical_json(said).encode()).hexdigest()


def _row(number: int, previous: str, line: AuditLine, at: datetime) -> AuditRow:
    named = dict.fromkeys(line.districts)
    row = AuditRow(
        number=number,
        at=at.astimezone(UTC),
        action=line.action,
        subject=line.subject,
        person=line.person,
        key_id=line.key_id,
        districts=canonical_json(list(named)),
        detail=canonical_json(line.detail),
        previous=previous,
        named_districts=[AuditDistrict(district_id=district) for district in named],
    )
    row.sha256 = signature(number, row)
    return row


def written(row: AuditRow) -> WrittenLine:
    line = AuditLine(
        action=row.action,
        subject=row.subject,
        person=row.person,
        key_id=row.key_id,
        districts=tuple(map(DistrictId, json.loads(row.districts))),
        detail=json.loads(row.detail),
    )
    return WrittenLine(number=row.number, at=utc(row.at), line=line, previous=row.previous, sha256=row.sha256)
