"""Whether the service can do its work: the history can be read, the ledger written, and something forecasts."""

import errno
import logging
import os
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import text

from city.ledger_database import open_engine
from serving.champions import Loaded
from serving.desk import Desk

logger = logging.getLogger("chengyun.service")
LEAST_FREE_BYTES = 16 * 1024 * 1024
LOCKED_FOR_MS = 2_000
OPEN_EVERY_S = 1.0
WORKS = "works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What works, and of what does not the sentence; `rungs` says who forecasts."""

    history: str
    ledger: str
    rungs: dict[str, str]

    @property
    def ready(self) -> bool:
        return self.history == self.ledger == WORKS


@dataclass(slots=True)
class HistoryProbe:
    """Opens a table of the history at most once a second, however many ask."""

    desk: Desk
    timer: Callable[[], float] = time.monotonic
    _opened_at: float | None = None
    _error: Exception | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> None:
        with self._lock:
            if self._opened_at is None or self.timer() - self._opened_at >= OPEN_EVERY_S:
                self._error = self._found()
                self._opened_at = self.timer()
        if self._error is not None:
            raise self._error

    def _found(self) -> Exception | None:
        try:
            self.desk.history.open_one()
        except Exception as error:  # noqa: BLE001  -- told to each who asks within the second
            return error
        return None


def readiness(desk: Desk, champions: tuple[Loaded, ...], read_history: Callable[[], object] | None = None) -> Readiness:
    """`read_history` raises where the history cannot be read; without it a table is opened now."""
    return Readiness(
        history=_tried(read_history or desk.history.open_one, "cannot be read"),
        ledger=_tried(lambda: refuse_unwritable(desk), "cannot be written"),
        rungs={one.name: one.status().rung for one in champions},
    )


def refuse_unwritable(desk: Desk) -> None:
    """Raises where the ledger takes nothing: locked, read-only, or no room left beside it."""
    engine = open_engine(desk.settings.ledger_url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA busy_timeout={LOCKED_FOR_MS}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql("ROLLBACK")
                _refuse_full(desk)
            elif connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
                raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))
    finally:
        engine.dispose()


def _refuse_full(desk: Desk) -> None:
    if shutil.disk_usage(desk.settings.home).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _tried(ask: Callable[[], object], otherwise: str) -> str:
    try:
        ask()
    except Exception:  # a probe answers no, whatever the reason; the reason is the log's
        logger.exception("Not ready: it %s", otherwise)
        return otherwise
    return WORKS
