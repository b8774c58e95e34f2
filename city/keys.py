"""API keys: made once, shown once, kept as a hash, revoked but never forgotten."""

import hmac
import json
import re
import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import ADMIN, Caller, NotAllowedError, Scope, scope_of
from city.access_tables import KeyRow
from city.audit_log import AT_CONSOLE, AuditLine, append_line
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import DistrictId
from city.ledger_rows import utc

PREFIX = "city"
LONGEST_KEY = 200
_KEY_ID = re.compile(r"[0-9a-f]{8}")
KeyState = Literal["valid", "expired", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it may be shown: without its secret. `districts` is None for the whole city."""

    key_id: str
    person: str
    scopes: tuple[Scope, ...]
    districts: tuple[DistrictId, ...] | None
    made_at: datetime
    made_by: str
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    revoked_by: str | None = None

    def state(self, now: datetime) -> KeyState:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"

    def caller(self) -> Caller:
        return Caller(
            person=self.person,
            key_id=self.key_id,
            scopes=frozenset(self.scopes),
            districts=None if self.districts is None else frozenset(self.districts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeKey:
    """`text` is what its owner keeps; it cannot be shown again."""

    key: ApiKey
    text: str


class Keys:
    """`made_by` and `by` are whoever showed a key, or the name of a person at the ledger's own console."""

    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def make(
        self,
        *,
        person: str,
        scopes: Collection[Scope],
        districts: Collection[DistrictId] | None,
        made_by: Caller | str,
        expires_at: datetime | None = None,
        now: datetime | None = None,
    ) -> MadeKey:
        moment = now or datetime.now(UTC)
        _refuse_unfit(person, scopes, districts, expires_at, moment)
        secret = secrets.token_urlsafe(32)
        key = ApiKey(
            key_id=secrets.token_hex(4),
            person=person.strip(),
            scopes=tuple(dict.fromkeys(scopes)),
            districts=None if districts is None else tuple(dict.fromkeys(districts)),
            made_at=moment,
            made_by=made_by if isinstance(made_by, str) else made_by.person,
            expires_at=expires_at,
        )
        with self._session() as session:
            if isinstance(made_by, Caller):
                _refuse_more_than_own(key, made_by, session)
            session.add(_row(key, _hashed(secret)))
            append_line(session, _line("key.made", key, made_by), at=moment)
        return MadeKey(key=key, text=f"{PREFIX}_{key.key_id}_{secret}")

    def find(self, text: str) -> ApiKey | None:
        """The key that this text is of, whatever its state; None for a text that is of none."""
        prefix, _, rest = text[:LONGEST_KEY].partition("_")
        key_id, _, secret = rest.partition("_")
        with self._session() as session:
            row = session.get(KeyRow, key_id) if prefix == PREFIX and _KEY_ID.fullmatch(key_id) else None
            # Compared in any case: how long an answer takes must not tell whether an id exists.
            fits = hmac.compare_digest(_hashed(secret), "" if row is None else row.secret_sha256)
            return api_key(row) if row is not None and fits else None

    def all(self, districts: Collection[DistrictId] | None = None) -> tuple[ApiKey, ...]:
        """Every key that was ever made, oldest first; with `districts` those that open nothing beyond them."""
        with self._session() as session:
            rows = session.scalars(select(KeyRow).order_by(KeyRow.made_at, KeyRow.key_id))
            return tuple(key for key in map(api_key, rows) if districts is None or _lies_within(key, districts))

    def one(self, key_id: str, *, for_whom: Caller) -> ApiKey:
        with self._session() as session:
            row = session.get(KeyRow, key_id) if _KEY_ID.fullmatch(key_id) else None
            if row is None or not _may_touch(api_key(row), for_whom):
                raise _no_key(key_id)
            return api_key(row)

    def any_valid(self, now: datetime | None = None) -> bool:
        moment = now or datetime.now(UTC)
        return any(key.state(moment) == "valid" for key in self.all())

    def revoke(self, key_id: str, *, by: Caller | str, now: datetime | None = None) -> ApiKey:
        """From here on nobody is let in by it, nor by a session at the pages that began with it."""
        moment = now or datetime.now(UTC)
        with self._session() as session:
            row = session.get(KeyRow, key_id, with_for_update=True) if _KEY_ID.fullmatch(key_id) else None
            if row is None or not _may_touch(api_key(row), by):
                raise _no_key(key_id)
            if row.revoked_at is not None:
                at = utc(row.revoked_at).isoformat(timespec="seconds")
                raise BrokenRuleError(subject=f"Key {key_id}", problem=f"{row.revoked_by} has revoked it at {at}")
            row.revoked_at = moment
            row.revoked_by = by if isinstance(by, str) else by.person
            key = api_key(row)
            append_line(session, _line("key.revoked", key, by), at=moment)
            return key


def _no_key(key_id: str) -> NotFoundError:
    return NotFoundError(kind="key", name=key_id, todo="`city keys list` shows all of them.")


def _may_touch(key: ApiKey, by: Caller | str) -> bool:
    return isinstance(by, str) or by.districts is None or _lies_within(key, by.districts)


def _lies_within(key: ApiKey, districts: Collection[DistrictId]) -> bool:
    return key.districts is not None and set(key.districts) <= set(districts)


def _refuse_more_than_own(key: ApiKey, maker: Caller, session: Session) -> None:
    """Nobody gives away what they do not have: neither scopes nor districts, nor administration for longer."""
    subject = f"Key for {key.person}"
    beyond = [scope for scope in key.scopes if not maker.may(scope)]
    if beyond:
        problem = f"it would allow {', '.join(beyond)}, which key {maker.key_id} does not"
        raise NotAllowedError(subject=subject, problem=problem)
    if maker.districts is not None and not _lies_within(key, maker.districts):
        own = ", ".join(sorted(maker.districts))
        problem = f"it would open more than the districts of key {maker.key_id}: {own}"
        raise NotAllowedError(subject=subject, problem=problem)
    row = session.get(KeyRow, maker.key_id)
    ends = None if row is None or row.expires_at is None else utc(row.expires_at)
    if ADMIN in key.scopes and ends is not None and (key.expires_at is None or key.expires_at > ends):
        until = ends.isoformat(timespec="seconds")
        problem = f"it would allow administration for longer than key {maker.key_id}, which ends at {until}"
        raise NotAllowedError(subject=subject, problem=problem)


def _line(action: str, key: ApiKey, by: Caller | str) -> AuditLine:
    return AuditLine(
        action=action,
        subject=key.key_id,
        person=by if isinstance(by, str) else by.person,
        key_id=AT_CONSOLE if isinstance(by, str) else by.key_id,
        districts=key.districts or (),
        detail={
            "person": key.person,
            "scopes": key.scopes,
            "expires_at": None if key.expires_at is None else key.expires_at.isoformat(timespec="seconds"),
        },
    )


def _refuse_unfit(
    person: str,
    scopes: Collection[Scope],
    districts: Collection[DistrictId] | None,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if not person.strip() or len(person) > 200:
        raise InvalidValueError(
            subject="Key", field="person", found=person, expected="the name of the person it belongs to"
        )
    if not scopes:
        raise InvalidValueError(subject="Key", field="scopes", found="none", expected="at least one")
    if districts is not None and not districts:
        raise InvalidValueError(
            subject="Key", field="districts", found="none", expected="at least one, or the whole city"
        )
    if expires_at is not None and expires_at <= now:
        raise InvalidValueError(
            subject="Key", field="expires_at", found=expires_at.isoformat(), expected="a time to come"
        )


def _hashed(secret: str) -> str:
    # 256 random bits need no slow hash.
    return sha256(secret.encode()).hexdigest()


def _row(key: ApiKey, secret_sha256: str) -> KeyRow:
    return KeyRow(
        key_id=key.key_id,
        secret_sha256=secret_sha256,
        person=key.person,
        scopes=json.dumps(key.scopes),
        districts=None if key.districts is None else json.dumps(key.districts, ensure_ascii=False),
        made_at=key.made_at.astimezone(UTC),
        made_by=key.made_by,
        expires_at=None if key.expires_at is None else key.expires_at.astimezone(UTC),
    )


def api_key(row: KeyRow) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        person=row.person,
        scopes=tuple(map(scope_of, json.loads(row.scopes))),
        districts=None if row.districts is None else tuple(map(DistrictId, json.loads(row.districts))),
        made_at=utc(row.made_at),
        made_by=row.made_by,
        expires_at=None if row.expires_at is None else utc(row.expires_at),
        revoked_at=None if row.revoked_at is None else utc(row.revoked_at),
        revoked_by=row.revoked_by,
    )
