"""What came of each day's promises, in versions: what was learned later makes a new one, and nothing is lost."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Literal, cast, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from city.documents import canonical_json
from city.ledger_database import take_turn
from city.ledger_rows import utc
from city.outcome_tables import OutcomeRow

OutcomeKind = Literal["forecasts", "routes", "signals"]
KINDS: tuple[OutcomeKind, ...] = get_args(OutcomeKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`document` is as serving/loop writes it; `as_of`: nothing known later was used. Versions count from 1."""

    day: date
    kind: OutcomeKind
    version: int
    as_of: datetime
    digest: str
    document: Mapping[str, Any]


class OutcomeBook:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def add(self, day: date, kind: OutcomeKind, document: Mapping[str, Any], as_of: datetime) -> tuple[Outcome, bool]:
        """The version that holds this, and whether it is new: what was found before is not stored again."""
        text = canonical_json(document)
        digest = sha256(text.encode()).hexdigest()
        with self._session() as session:
            take_turn(session, f"outcome {day} {kind}")
            last = session.scalars(
                select(OutcomeRow)
                .where(OutcomeRow.day == day, OutcomeRow.kind == kind)
                .order_by(OutcomeRow.version.desc())
                .limit(1)
            ).first()
            if last is not None and last.digest == digest:
                return _outcome(last), False
            row = OutcomeRow(
                day=day,
                kind=kind,
                version=1 if last is None else last.version + 1,
                as_of=as_of.astimezone(UTC),
                digest=digest,
                document=text,
            )
            session.add(row)
            session.flush()
            return _outcome(row), True

    def newest(
        self, *, since: date | None = None, until: date | None = None, kind: OutcomeKind | None = None
    ) -> tuple[Outcome, ...]:
        """The last version of each day and kind, by day; `since` and `until` are both included."""
        last = select(OutcomeRow.day, OutcomeRow.kind, func.max(OutcomeRow.version).label("version"))
        newest = last.group_by(OutcomeRow.day, OutcomeRow.kind).subquery()
        query = select(OutcomeRow).join(
            newest,
            (OutcomeRow.day == newest.c.day)
            & (OutcomeRow.kind == newest.c.kind)
            & (OutcomeRow.version == newest.c.version),
        )
        if since is not None:
            query = query.where(OutcomeRow.day >= since)
        if until is not None:
            query = query.where(OutcomeRow.day <= until)
        if kind is not None:
            query = query.where(OutcomeRow.kind == kind)
        with self._session() as session:
            return tuple(_outcome(row) for row in session.scalars(query.order_by(OutcomeRow.day, OutcomeRow.kind)))

    def versions(self, day: date, kind: OutcomeKind) -> tuple[Outcome, ...]:
        """Every version, oldest first."""
        query = select(OutcomeRow).where(OutcomeRow.day == day, OutcomeRow.kind == kind).order_by(OutcomeRow.version)
        with self._session() as session:
            return tuple(_outcome(row) for row in session.scalars(query))

    def count(self) -> int:
        """Grows with everything that is added."""
        with self._session() as session:
            return session.scalar(select(func.count()).select_from(OutcomeRow)) or 0

    def days(self) -> tuple[date, ...]:
        """The days that were compared, oldest first."""
        with self._session() as session:
            return tuple(session.scalars(select(OutcomeRow.day).distinct().order_by(OutcomeRow.day)))


def _outcome(row: OutcomeRow) -> Outcome:
    return Outcome(
        day=row.day,
        kind=cast("OutcomeKind", row.kind),
        version=row.version,
        as_of=utc(row.as_of),
        digest=row.digest,
        document=json.loads(row.document),
    )
