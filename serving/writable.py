"""Whether the ledger and a folder can really be written: by writing, for a quota ends before the disk does."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.engine import make_url

from city.ledger_database import open_engine

LEAST_FREE_BYTES: Final = 16 * 1024 * 1024
TRIED_BYTES: Final = 1024 * 1024
"""Of a folder; plans' files are about as large."""
TRIED_PAGES: Final = 16
LOCKED_FOR_MS = 2_000


def refuse_unwritable_ledger(url: str) -> None:
    """Raises where the ledger takes nothing: locked, read-only, or no room left for it."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                _refuse_unwritable_file(connection)
                _refuse_full(Path(make_url(url).database or ".").parent)
            elif connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
                raise PermissionError(errno.EROFS, os.strerror(errno.EROFS))
    finally:
        engine.dispose()


def refuse_unwritable_folder(folder: Path) -> None:
    """Raises where nothing as large as a plan's files can be written to it."""
    _refuse_full(folder)
    with TemporaryFile(dir=folder, prefix=".readiness-") as file:
        file.write(bytes(TRIED_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _refuse_unwritable_file(connection: Connection) -> None:
    """Taking the turn writes nothing yet. Pages that do not fit into the cache do, and are taken back."""
    connection.exec_driver_sql(f"PRAGMA busy_timeout={LOCKED_FOR_MS}")
    connection.exec_driver_sql("PRAGMA cache_size=1")
    with _turn(connection):
        page_bytes = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
        connection.exec_driver_sql("CREATE TABLE readiness (tried BLOB)")
        for _ in range(TRIED_PAGES):
            connection.exec_driver_sql("INSERT INTO readiness VALUES (zeroblob(?))", (page_bytes,))


@contextmanager
def _turn(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except Exception:  # SQLite may have ended the transaction itself; what went wrong is what is told
        connection.rollback()
        raise
    connection.exec_driver_sql("ROLLBACK")


def _refuse_full(folder: Path) -> None:
    if shutil.disk_usage(folder).free < LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
