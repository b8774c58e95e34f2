"""Tables and queries of any database that SQLAlchemy reaches, in batches, from a watermark on.

A watermark is the largest value of the feed's `incremental` column that an import has read, with its kind, so that the
next import compares like with like: `time 2026-03-01T00:00:00`, `number 4711`, `text 2026-03-01 00:00`.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import URL, Connection, TextClause, bindparam, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from city.errors import InvalidValueError, UnreadableInputError
from features.sources.feeds import Feed
from features.sources.reading import PLACEHOLDER
from features.sources.toml_table import close_to

SINCE = "since"
_FETCHED = 50_000  # rows that a driver holds at a time
_ENVIRONMENT = "env:"
_OTHER_COLON = re.compile(r"(?<![:\\\w]):(?!since\b)(?=\w)")  # SQLAlchemy would ask for its value
Mark = str | int | float | date | datetime


def source_of(feed: Feed) -> str:
    """`traffic.db#counts` or `traffic#query`: what reports call the source, without host, user and password."""
    url = _url(feed)
    return f"{Path(url.database or url.host or 'database').name}#{feed.reading.table or 'query'}"


def records(feed: Feed, data_dir: Path, where: str, *, rows: int, since: str | None = None) -> Iterator[pl.DataFrame]:
    """Rows in the database's own types; with `since`, the watermark of the last import, only those at or beyond it.

    At the watermark itself rows are read again: others of the same second may have come since. Nothing new gives one
    frame without rows.
    """
    with _connected(feed, data_dir, where) as connection:
        statement, values = _statement(feed, connection, where, since)
        streaming = connection.execution_options(stream_results=True, max_row_buffer=_FETCHED)
        result = streaming.execute(statement, values)
        names = list(result.keys())
        if feed.reading.incremental is not None and feed.reading.incremental not in names:
            raise _no_column(where, "incremental", feed.reading.incremental, names)
        yielded = False
        try:
            # Not the driver's own cursor, though twice as fast: SQLAlchemy may hold rows of it already.
            while batch := result.fetchmany(max(1, min(rows, _FETCHED))):
                yield _frame(names, list(zip(*batch, strict=True)))
                yielded = True
        finally:
            result.close()
        if not yielded:
            yield _frame(names, [()] * len(names))


def later(feed: Feed, mark: str | None, frame: pl.DataFrame) -> str | None:
    """The watermark after these rows: the larger of `mark` and the largest value in the incremental column."""
    name = feed.reading.incremental
    if name is None or name not in frame.columns or frame[name].null_count() == frame.height:
        return mark
    found = frame[name].max()
    if not isinstance(found, (str, int, float, date)) or isinstance(found, bool):
        raise InvalidValueError(
            subject=feed.subject, field="incremental", found=name,
            expected="a column of times, numbers or texts that grow",
        )  # fmt: skip
    if mark is None:
        return _written(found)
    return _written(found) if _grew(_value(mark), found) else mark


def _grew(former: Mark, found: Mark) -> bool:
    """A column that changed its type counts as grown: what it held before says nothing of it."""
    if isinstance(former, (int, float)) and isinstance(found, (int, float)):
        return found > former
    if isinstance(former, str) and isinstance(found, str):
        return found > former
    if isinstance(former, date) and isinstance(found, date) and type(former) is type(found):
        return found > former
    return True


def _written(value: Mark) -> str:
    if isinstance(value, date):
        return f"time {value.isoformat()}"
    return f"number {value}" if isinstance(value, (int, float)) else f"text {value}"


def _value(mark: str) -> Mark:
    kind, _, value = mark.partition(" ")
    if kind == "time":
        return date.fromisoformat(value) if len(value) == len("2026-01-01") else datetime.fromisoformat(value)
    if kind == "number":
        return float(value) if "." in value or "e" in value else int(value)
    return value


def _statement(feed: Feed, connection: Connection, where: str, since: str | None) -> tuple[Any, dict[str, Any]]:
    query, name = feed.reading.query, feed.reading.incremental
    if query is not None and name is not None and PLACEHOLDER.search(query):
        bound = _plain(query).bindparams(bindparam(SINCE))
        return bound, {SINCE: _from(feed, since) if since is not None else feed.reading.since}
    base = f"({query.strip().rstrip(';')}) AS counted" if query is not None else _table(feed, connection, where)
    if name is None:
        # A query of its own stays untouched: wrapped, it would lose its order.
        return _plain(query if query is not None else f"SELECT * FROM {base}"), {}  # noqa: S608  -- quoted
    if since is None:
        return _plain(f"SELECT * FROM {base}"), {}  # noqa: S608
    column = connection.dialect.identifier_preparer.quote(name)
    return _plain(f"SELECT * FROM {base} WHERE {column} >= :{SINCE}"), {SINCE: _from(feed, since)}  # noqa: S608


def _plain(statement: str) -> TextClause:
    return text(_OTHER_COLON.sub(r"\:", statement))


def _from(feed: Feed, since: str) -> Mark:
    """The watermark, moved back by the feed's `overlap`."""
    value, overlap = _value(since), feed.reading.overlap_s
    if not overlap:
        return value
    if isinstance(value, datetime):
        return value - timedelta(seconds=overlap)
    if isinstance(value, date):
        return value - timedelta(days=-(-overlap // 86_400))
    if isinstance(value, str):
        try:
            moved = datetime.fromisoformat(value) - timedelta(seconds=overlap)
        except ValueError as cause:
            raise InvalidValueError(
                subject=feed.subject, field="overlap", found=f"{overlap} s",
                expected=f"nothing: {feed.reading.incremental} holds {value!r}, which is no ISO time",
            ) from cause  # fmt: skip
        return moved.isoformat(sep="T" if "T" in value else " ")[: len(value)]
    return value - overlap


def _table(feed: Feed, connection: Connection, where: str) -> str:
    table = feed.reading.table or ""
    schema, _, leaf = table.rpartition(".")
    inspector = inspect(connection)
    known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
    if leaf not in known:
        raise UnreadableInputError(
            source=where, problem=f"the database has no table {table!r}; {close_to(leaf, known)}"
        )
    quote = connection.dialect.identifier_preparer.quote
    if feed.reading.incremental is not None:
        columns = [str(column["name"]) for column in inspector.get_columns(leaf, schema or None)]
        if feed.reading.incremental not in columns:
            raise _no_column(where, "incremental", feed.reading.incremental, columns)
    return ".".join(quote(part) for part in table.split("."))


def _no_column(where: str, field: str, found: str, known: list[str]) -> InvalidValueError:
    return InvalidValueError(subject=where, field=field, found=found, expected=f"a column; {close_to(found, known)}")


def _url(feed: Feed) -> URL:
    said = feed.reading.database or ""
    if said.startswith(_ENVIRONMENT):
        name = said.removeprefix(_ENVIRONMENT)
        said = os.environ.get(name, "")
        if not said:
            raise UnreadableInputError(
                source=feed.subject, problem=f"the environment variable {name}, which holds its URL, is not set"
            )  # fmt: skip
    try:
        return make_url(said)
    except (ArgumentError, ValueError):  # its words may hold the password
        raise UnreadableInputError(
            source=feed.subject, problem="the database's URL cannot be understood",
            todo="Write it as postgresql+psycopg://user@host/name or sqlite:///file.db.",
        ) from None  # fmt: skip


@contextmanager
def _connected(feed: Feed, data_dir: Path, where: str) -> Iterator[Connection]:
    url = _url(feed)
    if url.get_backend_name() == "sqlite" and url.database:
        file = data_dir / url.database
        if not file.is_file():  # SQLite would make a new, empty database
            raise UnreadableInputError(source=where, problem=f"there is no database file {url.database!r}")
        url = url.set(database=str(file))
    try:
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()
    except ModuleNotFoundError as cause:
        raise UnreadableInputError(
            source=where, problem=f"the driver of this database is not installed ({cause.name})"
        ) from cause
    except SQLAlchemyError as cause:
        said = _without_secrets(str(cause).splitlines()[0], url)
        # Its chain would show what was taken out.
        raise UnreadableInputError(source=where, problem=f"the database says: {said}") from None


def _without_secrets(sentence: str, url: URL) -> str:
    secrets = [str(url.password or ""), *(str(value) for key, value in url.query.items() if "pass" in key.casefold())]
    for secret in filter(None, secrets):
        sentence = sentence.replace(secret, "***")
    return sentence


def _frame(names: list[str], columns: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame([_series(name, values) for name, values in zip(names, columns, strict=True)])


def _series(name: str, values: tuple[Any, ...]) -> pl.Series:
    """SQLite keeps any type in any row: a column of several types is read as texts."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pl.Series(name, values, dtype=pl.String)
    if kinds <= {int, float, Decimal} and bool not in kinds:
        floats = kinds != {int}
        return pl.Series(
            name, [None if value is None else float(value) for value in values] if floats else values,
            dtype=pl.Float64 if floats else pl.Int64, strict=False,
        )  # fmt: skip
    if kinds == {datetime}:
        return pl.Series(name, _of_one_clock(values))
    if len(kinds) == 1 and kinds <= {str, bool, date, time, timedelta}:
        return pl.Series(name, values)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)


def _of_one_clock(values: tuple[datetime | None, ...]) -> list[datetime | None]:
    """Times with an offset as UTC: PostgreSQL hands them out in the session's zone, with a changing offset."""
    if any(value is not None and value.tzinfo is not None for value in values):
        return [None if value is None else value.astimezone(UTC) for value in values]
    return list(values)
