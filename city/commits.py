"""Which versions of the history's tables count: one row of the ledger per writing decides."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from city.errors import BrokenRuleError
from city.ledger_rows import ImportRecord, import_row, utc
from city.ledger_tables import HistoryCommitRow

Versions = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCommit:
    """One writing. `after` is None while it goes on; a writing that was given up has `after` equal to `before`."""

    commit_id: int
    opened_at: datetime
    import_id: str | None
    before: Versions
    after: Versions | None
    closed_at: datetime | None


class Commits:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def all(self) -> tuple[HistoryCommit, ...]:
        """Every writing, oldest first."""
        with self._session() as session:
            rows = session.scalars(select(HistoryCommitRow).order_by(HistoryCommitRow.commit_id)).all()
            return tuple(_commit(row) for row in rows)

    def last(self) -> HistoryCommit | None:
        with self._session() as session:
            row = session.scalars(select(HistoryCommitRow).order_by(HistoryCommitRow.commit_id.desc()).limit(1)).first()
            return None if row is None else _commit(row)

    def head(self) -> Versions | None:
        """The versions that count; None where no writing was ever recorded: then the newest do."""
        last = self.last()
        if last is None:
            return None
        return last.before if last.after is None else last.after

    def open(self, before: Mapping[str, int], import_id: str | None) -> int:
        with self._session() as session:
            row = HistoryCommitRow(opened_at=datetime.now(UTC), import_id=import_id, before=json.dumps(dict(before)))
            session.add(row)
            session.flush()
            return row.commit_id

    def close(self, commit_id: int, after: Mapping[str, int], record: ImportRecord | None = None) -> None:
        """From here on `after` counts; the import's own row comes in the same transaction."""
        values: dict[str, object] = {"after": json.dumps(dict(after)), "closed_at": datetime.now(UTC)}
        if record is not None:
            values["import_id"] = record.import_id
        with self._session() as session:
            open_row = (HistoryCommitRow.commit_id == commit_id) & HistoryCommitRow.after.is_(None)
            changed = session.execute(
                update(HistoryCommitRow).where(open_row).values(values).returning(HistoryCommitRow.commit_id)
            )
            if changed.first() is None:
                raise BrokenRuleError(
                    subject=f"Writing {commit_id}",
                    problem="another process has taken it for dead and given it up",
                    todo="Nothing was stored. Import again.",
                )
            if record is not None:
                session.add(import_row(record))


class OpenCommit:
    """The row of the writing that goes on, for as long as nobody else may write."""

    def __init__(self, commits: Commits, commit_id: int, is_alone: Callable[[], bool]) -> None:
        self._commits = commits
        self._commit_id = commit_id
        self._is_alone = is_alone

    def ensure_alone(self) -> None:
        if not self._is_alone():
            raise BrokenRuleError(
                subject="History",
                problem="the ledger's database has closed the connection that held the lock",
                todo="Nothing was stored. Import again.",
            )

    def close(self, after: Mapping[str, int], record: ImportRecord | None = None) -> None:
        """From here on `after` counts."""
        self.ensure_alone()
        self._commits.close(self._commit_id, after, record)


def _commit(row: HistoryCommitRow) -> HistoryCommit:
    return HistoryCommit(
        commit_id=row.commit_id,
        opened_at=utc(row.opened_at),
        import_id=row.import_id,
        before=json.loads(row.before),
        after=None if row.after is None else json.loads(row.after),
        closed_at=None if row.closed_at is None else utc(row.closed_at),
    )
