"""Who is signed in at the pages: a session begins with a key, ends with it at the latest, and never holds it."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from city.access_tables import KeyRow, SessionRow
from city.audit_log import AuditLine, append_line
from city.keys import ApiKey, api_key
from city.ledger_rows import utc

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSession:
    """Who signed in with which key. `seen_at` is at most a minute behind."""

    key: ApiKey
    made_at: datetime
    seen_at: datetime
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        return self.key.state(now) == "valid" and now < min(self.expires_at, self.seen_at + IDLE)


class Sessions:
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def open(self, key: ApiKey, *, now: datetime | None = None) -> str:
        """A new session; the text that its cookie holds. What ended long ago is cleared away."""
        moment = now or datetime.now(UTC)
        token = secrets.token_urlsafe(32)
        row = SessionRow(
            token_sha256=_hashed(token),
            key_id=key.key_id,
            made_at=moment,
            seen_at=moment,
            expires_at=moment + LONGEST,
        )
        ended = or_(SessionRow.expires_at <= moment, SessionRow.seen_at <= moment - IDLE)
        with self._session() as session:
            session.execute(delete(SessionRow).where(ended))
            session.add(row)
            append_line(session, _line("session.opened", key), at=moment)
        return token

    def find(self, token: str) -> PageSession | None:
        """The session of this cookie, open or not; None for a text that is of none."""
        with self._session() as session:
            row = session.get(SessionRow, _hashed(token))
            key = None if row is None else session.get(KeyRow, row.key_id)
            if row is None or key is None:
                return None
            return PageSession(
                key=api_key(key), made_at=utc(row.made_at), seen_at=utc(row.seen_at), expires_at=utc(row.expires_at)
            )

    def touch(self, token: str, *, now: datetime | None = None) -> None:
        """Note that somebody is still there."""
        moment = now or datetime.now(UTC)
        own = (SessionRow.token_sha256 == _hashed(token)) & (SessionRow.seen_at < moment)
        with self._session() as session:
            session.execute(update(SessionRow).where(own).values(seen_at=moment))

    def close(self, token: str, *, now: datetime | None = None) -> None:
        """Sign out; a session that is closed already stays closed."""
        found = self.find(token)
        with self._session() as session:
            gone = delete(SessionRow).where(SessionRow.token_sha256 == _hashed(token))
            ended = session.execute(gone.returning(SessionRow.key_id)).first()
            if ended is not None and found is not None:
                append_line(session, _line("session.closed", found.key), at=now)


def _hashed(token: str) -> str:
    # Looked up by the hash of 256 random bits: the time that takes tells nothing about the token.
    return sha256(token.encode()).hexdigest()


def _line(action: str, key: ApiKey) -> AuditLine:
    return AuditLine(
        action=action, subject=key.key_id, person=key.person, key_id=key.key_id, districts=key.districts or ()
    )
