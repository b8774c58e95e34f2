"""Where the ledger lies: its engine, its migrations, its locks, and its failures as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from city.errors import StoreUnreachableError, UnreadableInputError


def migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def open_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    # No pool: opening a file costs little, and a connection that nobody closes is a warning from Python 3.13 on.
    engine = create_engine(parsed, connect_args={"timeout": 30}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        # Readers do not wait for a writer; a plan's districts go with it. FULL: what is acknowledged is on the disk.
        # NORMAL, which some builds of SQLite take under WAL, may lose the last commits when the power fails.
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def hold_files(engine: Engine) -> Connection | None:
    """A connection that is never used. While it is open SQLite keeps the two files beside the database.

    The last connection that is closed deletes them, and the next makes them anew: on a full disk it could not, and
    nothing of the ledger could be read. None for a database that is no file.
    """
    if engine.dialect.name != "sqlite":
        return None
    connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar()  # it opens them at the first read
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def sentences(url: str) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as cause:
        shown = make_url(url).render_as_string(hide_password=True)
        # These two speak of what was to be written, all others of the database.
        kind = UnreadableInputError if isinstance(cause, (IntegrityError, DataError)) else StoreUnreachableError
        raise kind(source=f"Ledger {shown}", problem=str(cause).splitlines()[0]) from cause


def take_turn(session: Session, what: str) -> None:
    """From here to the end of the transaction nobody else takes a turn of the same name. Call it first.

    What is read afterwards is as the turn before left it. In SQLite every writer waits: the file has one at a time.
    """
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("BEGIN IMMEDIATE"))
    else:
        number = int.from_bytes(sha256(what.encode()).digest()[:8], signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def take_second_turn(session: Session, what: str) -> None:
    """Inside of a turn that was taken: in SQLite that one is of everything."""
    if session.get_bind().dialect.name != "sqlite":
        take_turn(session, what)
