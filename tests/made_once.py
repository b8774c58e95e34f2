"""What a run of the tests makes once, for all of its workers: each would take seconds or minutes again."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from filelock import FileLock
from sqlalchemy.engine import make_url

from city.settings import Settings

FOLDER = "CITY_TEST_FOLDER"
"""Names the folder that the workers of a run share."""


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def once(made: Path, make: Callable[[], None]) -> Path:
    """`make` brings `made` about, unless another worker has, or is about to: then it is waited for."""
    with FileLock(made.with_name(f"{made.name}.lock")):
        if not made.exists():
            make()
    return made


def empty_tracking_store() -> Path:
    """An MLflow database with its tables and nothing in them."""
    home = Path(os.environ[FOLDER]) / "empty-store"

    def make() -> None:
        from models.registry import Registry  # noqa: PLC0415  -- seconds, that most tests do not need

        settings = Settings.from_environment({"CITY_HOME": str(home / "var"), "CITY_MLRUNS": str(home / "mlruns")})
        assert Registry(settings).champion("nobody") is None
        shutil.copy(settings.mlruns / "mlflow.db", home / "tables.db.part")
        (home / "tables.db.part").rename(home / "tables.db")

    home.mkdir(exist_ok=True)
    return once(home / "tables.db", make)


def lay_tables(settings: Settings) -> None:
    """Where this home has no tracking store yet, it begins with a copy of the empty one."""
    database = settings.mlruns / "mlflow.db"
    if not database.exists():
        settings.mlruns.mkdir(parents=True, exist_ok=True)
        shutil.copy(empty_tracking_store(), database)


def empty_ledger() -> Path:
    """A ledger with its tables and nothing in them."""
    file = Path(os.environ[FOLDER]) / "empty-ledger.db"

    def make() -> None:
        from city.ledger import Ledger  # noqa: PLC0415  -- seconds, that some tests do not need

        part = file.with_name(f"{file.name}.part")
        ledger = Ledger(f"sqlite:///{part}")
        ledger.upgrade()
        ledger.close()
        part.rename(file)

    return once(file, make)


@contextmanager
def copied_ledgers() -> Iterator[None]:
    """A fresh ledger in a file gets its tables by copying: going through all migrations takes ten times as long."""
    if "city.ledger" not in sys.modules:
        yield
        return
    from city.ledger import Ledger  # noqa: PLC0415  -- as above
    from city.write_lock import lock_path  # noqa: PLC0415

    migrate, tables = Ledger.upgrade, empty_ledger()

    def upgrade(ledger: Ledger) -> None:
        url = make_url(ledger.url)
        if url.get_backend_name() == "sqlite" and url.database:
            with FileLock(lock_path(ledger.url, "lock")):
                ledger._is_current = _is_copied_into_empty(Path(url.database), tables)
        if not ledger._is_current:
            migrate(ledger)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Ledger, "upgrade", upgrade)
        yield


def _is_copied_into_empty(database: Path, tables: Path) -> bool:
    """False too where the database cannot be written: what to say of that is the ledger's business."""
    try:
        with closing(sqlite3.connect(database)) as to, closing(sqlite3.connect(tables)) as from_:
            is_empty = not to.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if is_empty:
                from_.backup(to)
    except sqlite3.Error:
        return False
    return is_empty


class Background(threading.Thread):
    """A command that is run beside the tests, and whose output is kept when it went well."""

    def __init__(self, words: Sequence[str], output: Path) -> None:
        super().__init__(daemon=True)
        self.output = output
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        once(self.output, self._make)

    def _make(self) -> None:
        part = self.output.with_name(f"{self.output.name}.part")
        with part.open("wb") as out, subprocess.Popen(self._words, stdout=out, stderr=subprocess.DEVNULL) as process:
            self._process = process
            failed = process.wait()
        if not failed:
            part.rename(self.output)

    def stop(self) -> None:
        """Whoever ends the run early leaves nothing running behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
        self.join(30)
