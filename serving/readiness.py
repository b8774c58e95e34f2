"""Whether the service can do its work: the history can be read, the ledger written, and something forecasts."""

import errno
import logging
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text

from city.ledger_database import open_engine
from serving.champions import Loaded
from serving.desk import Desk

logger = logging.getLogger("chengyun.service")
LEAST_FREE_BYTES = 16 * 1024 * 1024
LOCKED_FOR_MS = 2_000
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


def readiness(desk: Desk, champions: tuple[Loaded, ...]) -> Readiness:
    return Readiness(
        history=_tried(desk.history.versions, "cannot be read"),
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
