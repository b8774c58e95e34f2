"""Answers that are given once: whoever asks again under the same key hears the same, even while it is being made."""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from city.job_tables import ReplyRow

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a key: `ours` to answer, being `made` by somebody, `answered`, or for `another` question."""

    state: Literal["ours", "made", "answered", "another"]
    reply: Reply | None = None


class Replies:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def begin(
        self, person: str, key: str, question_sha256: str, *, open_for: timedelta, now: datetime | None = None
    ) -> Standing:
        """Take the key for this question. Whoever has it and does not answer within `open_for` loses it."""
        moment = now or datetime.now(UTC)
        values = {
            "person": person,
            "key": key,
            "question_sha256": question_sha256,
            "made_at": moment,
            "open_until": moment + open_for,
        }
        with self._session() as session:
            session.execute(delete(ReplyRow).where(ReplyRow.made_at < moment - KEPT))
            session.execute(
                delete(ReplyRow).where(
                    ReplyRow.person == person,
                    ReplyRow.key == key,
                    ReplyRow.status.is_(None),
                    ReplyRow.open_until < moment,
                )
            )
            # One statement decides who was first: looking and then writing would let two be it.
            make = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
            added = session.execute(
                make(ReplyRow).values(**values).on_conflict_do_nothing().returning(ReplyRow.key)
            ).first()
            if added is not None:
                return Standing(state="ours")
            row = session.get(ReplyRow, (person, key))
            return Standing(state="made") if row is None else _standing(row, question_sha256)

    def answer(self, person: str, key: str, question_sha256: str, reply: Reply) -> None:
        with self._session() as session:
            session.execute(
                update(ReplyRow)
                .where(_one(person, key, question_sha256))
                .values(status=reply.status, headers=json.dumps(dict(reply.headers)), body=reply.body)
            )

    def give_up(self, person: str, key: str, question_sha256: str) -> None:
        """Nothing was answered that should be heard again: the next to ask is the first."""
        with self._session() as session:
            session.execute(delete(ReplyRow).where(_one(person, key, question_sha256), ReplyRow.status.is_(None)))


def _one(person: str, key: str, question_sha256: str) -> ColumnElement[bool]:
    return (ReplyRow.person == person) & (ReplyRow.key == key) & (ReplyRow.question_sha256 == question_sha256)


def _standing(row: ReplyRow, question_sha256: str) -> Standing:
    if row.question_sha256 != question_sha256:
        return Standing(state="another")
    if row.status is None:
        return Standing(state="made")
    return Standing(
        state="answered",
        reply=Reply(status=row.status, headers=json.loads(row.headers or "{}"), body=row.body or ""),
    )
