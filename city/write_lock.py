"""One writer of a history at a time, on whatever machine: the lock lies with the ledger and dies with its holder."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from city.errors import BrokenRuleError

WAIT_S = 1800.0
_SAID_AFTER_S = 2.0
_POLL_S = 0.1
_holders: set[tuple[str, int]] = set()  # locks and the threads of this process that hold them

log = logging.getLogger(__name__)


@contextmanager
def write_lock(url: str, engine: Engine, *, wait_s: float = WAIT_S) -> Iterator[Callable[[], bool]]:
    """Wait until nobody else writes; yields a call that tells whether the lock is still held.

    Waiting longer than two seconds is logged; after `wait_s` it is a `BrokenRuleError`.
    """
    mine = (url, threading.get_ident())
    if mine in _holders:
        raise BrokenRuleError(
            subject="History",
            problem="a writing is still open where another was asked for",
            todo="Use the open one, or close it first.",
        )
    held = _held_in_postgresql(engine, wait_s) if engine.dialect.name == "postgresql" else _held_in_file(url, wait_s)
    with held as check:
        _holders.add(mine)
        try:
            yield check
        finally:
            _holders.discard(mine)


@contextmanager
def _held_in_file(url: str, wait_s: float) -> Iterator[Callable[[], bool]]:
    path = lock_path(url, "writing.lock")
    lock = FileLock(path)

    def tried() -> bool:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    _wait(tried, wait_s, f"It holds {path}.")
    try:
        yield lambda: True
    finally:
        lock.release()


@contextmanager
def _held_in_postgresql(engine: Engine, wait_s: float) -> Iterator[Callable[[], bool]]:
    """A session's advisory lock: the server frees it as soon as the connection is gone."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:

        def tried() -> bool:
            return bool(connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _key(connection)}))

        _wait(tried, wait_s, "It is connected to the same ledger.")
        try:
            yield lambda: _alive(connection)
        finally:
            if _alive(connection):
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _key(connection)})


def _alive(connection: Connection) -> bool:
    try:
        connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return not connection.invalidated


def _key(connection: Connection) -> int:
    """Advisory locks are numbers, shared by all databases' users: one per schema's ledger."""
    name = f"city history {connection.engine.url.database}"
    return int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)


def _wait(tried: Callable[[], bool], wait_s: float, holder: str) -> None:
    began = time.monotonic()
    is_said = False
    while not tried():
        waited = time.monotonic() - began
        if waited >= wait_s:
            raise BrokenRuleError(
                subject="History",
                problem=f"another import has been writing to it for {waited:.0f} s. {holder}",
                todo="Nothing was stored. Try again when it is done, or allow more waiting with CITY_WRITE_WAIT_S.",
            )
        if waited >= _SAID_AFTER_S and not is_said:
            log.warning("Another import is writing to this history; waiting for up to %.0f s.", wait_s)
            is_said = True
        time.sleep(_POLL_S)


def lock_path(url: str, ending: str) -> Path:
    """A file beside an SQLite ledger; for another database one of this machine."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        return Path(f"{parsed.database}.{ending}")
    return Path(gettempdir()) / f"city-ledger-{sha256(url.encode()).hexdigest()[:16]}.{ending}"
