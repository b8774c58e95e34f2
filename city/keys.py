"""API keys: made once, shown once, kept as a hash, revoked but never forgotten."""

import hmac
import json
import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from city.access import Caller, Scope, scope_of
from city.access_tables import KeyRow
from city.errors import BrokenRuleError, InvalidValueError, NotFoundError
from city.ids import DistrictId
from city.ledger_rows import utc

PREFIX = "city"
LONGEST_KEY = 200
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
    def __init__(self, session: Callable[[], AbstractContextManager[Session]]) -> None:
        self._session = session

    def make(
        self,
        *,
        person: str,
        scopes: Collection[Scope],
        districts: Collection[DistrictId] | None,
        made_by: str,
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
            made_by=made_by,
            expires_at=expires_at,
        )
        with self._session() as session:
            session.add(_row(key, _hashed(secret)))
        return MadeKey(key=key, text=f"{PREFIX}_{key.key_id}_{secret}")

    def find(self, text: str) -> ApiKey | None:
        """The key that this text is of, whatever its state; None for a text that is of none."""
        prefix, _, rest = text[:LONGEST_KEY].partition("_")
        key_id, _, secret = rest.partition("_")
        with self._session() as session:
            row = session.get(KeyRow, key_id) if prefix == PREFIX and key_id else None
            # Compared in any case: how long an answer takes must not tell whether an id exists.
            fits = hmac.compare_digest(_hashed(secret), "" if row is None else row.secret_sha256)
            return _key(row) if row is not None and fits else None

    def all(self) -> tuple[ApiKey, ...]:
        """Every key that was ever made, oldest first."""
        with self._session() as session:
            return tuple(_key(row) for row in session.scalars(select(KeyRow).order_by(KeyRow.made_at, KeyRow.key_id)))

    def revoke(self, key_id: str, *, by: str, now: datetime | None = None) -> ApiKey:
        with self._session() as session:
            row = session.get(KeyRow, key_id)
            if row is None:
                raise NotFoundError(kind="key", name=key_id, todo="`city keys list` shows all of them.")
            if row.revoked_at is not None:
                at = utc(row.revoked_at).isoformat(timespec="seconds")
                raise BrokenRuleError(subject=f"Key {key_id}", problem=f"{row.revoked_by} has revoked it at {at}")
            row.revoked_at = now or datetime.now(UTC)
            row.revoked_by = by
            return _key(row)


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


def _key(row: KeyRow) -> ApiKey:
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
