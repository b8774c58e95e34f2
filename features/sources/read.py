"""Files, sheets and database tables as frames of what they hold, nothing interpreted yet.

CSV and Excel come as texts; Parquet and databases in their own types. `LINE` numbers the records from 1.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from city.documents import parse_json
from city.errors import UnreadableInputError
from features.sources.feeds import Feed, Format
from features.sources.toml_table import close_to

LINE = "__line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """What one file holds: a frame of records, or the objects of a JSON document."""

    source: str
    records: pl.DataFrame
    documents: tuple[Any, ...] = ()


def files_of(feed: Feed, data_dir: Path) -> tuple[Path | None, ...]:
    """The files of a feed in the order of their names; None stands for its database."""
    if feed.reading.format is Format.DATABASE:
        return (None,)
    found = sorted(path for path in data_dir.glob(feed.path or "") if path.is_file())
    if not found:
        some = sorted(path.name for path in data_dir.iterdir())
        raise UnreadableInputError(
            source=feed.subject,
            problem=f"no file matches {feed.path!r} in {data_dir.name}/; {close_to(feed.path or '', some)}",
        )
    return tuple(found)


def read_file(feed: Feed, path: Path | None, data_dir: Path) -> Raw:
    return _complete(feed, _read_database(feed, data_dir) if path is None else _read_file(feed, path, data_dir))


def _read_file(feed: Feed, path: Path, data_dir: Path) -> Raw:
    source = path.relative_to(data_dir).as_posix()
    if path.stat().st_size == 0:
        raise UnreadableInputError(source=f"{feed.subject}, {source}", problem="the file is empty")
    where = f"{feed.subject}, {source}"
    if feed.reading.format is Format.CSV:
        return Raw(source=source, records=_csv(feed, path, where))
    if feed.reading.format is Format.EXCEL:
        return _excel(feed, path, source)
    if feed.reading.format is Format.PARQUET:
        try:
            return Raw(source=source, records=pl.read_parquet(path, glob=False))
        except (pl.exceptions.PolarsError, OSError) as cause:
            raise UnreadableInputError(source=where, problem=f"it is no Parquet file ({cause})") from cause
    return Raw(source=source, records=pl.DataFrame(), documents=_json(feed, path, where))


def _complete(feed: Feed, raw: Raw) -> Raw:
    """The same records numbered, once every column that the mapping names is there."""
    where = f"{feed.subject}, {raw.source}"
    if raw.documents:
        return raw
    missing = [column for column in feed.source_columns() if column not in raw.records.columns]
    if missing:
        said = "; ".join(f"{column!r} ({close_to(column, raw.records.columns)})" for column in missing)
        raise UnreadableInputError(
            source=where,
            problem=f"it lacks the column{'s' if len(missing) > 1 else ''} {said}",
            todo="Correct the mapping, or header_row if the column names stand in another row.",
        )
    nested = [column for column in feed.source_columns() if raw.records.schema[column].is_nested()]
    if nested:
        raise UnreadableInputError(source=where, problem=f"column {nested[0]!r} holds lists or structures, not values")
    if raw.records.is_empty():
        raise UnreadableInputError(source=where, problem="it holds column names but no rows")
    numbered = raw.records.with_row_index(LINE, offset=1).with_columns(pl.col(LINE).cast(pl.Int64))
    return Raw(source=raw.source, records=numbered)


def _csv(feed: Feed, path: Path, where: str) -> pl.DataFrame:
    reading = feed.reading
    source: Path | bytes = path
    if re.sub(r"[-_]", "", reading.encoding).casefold() not in ("utf8", "utf8sig"):
        try:
            source = path.read_bytes().decode(reading.encoding).encode()
        except UnicodeDecodeError as cause:
            raise UnreadableInputError(
                source=where, problem=f"byte {cause.start} is no {reading.encoding}", todo="Correct the encoding."
            ) from cause
    try:
        found = pl.read_csv(
            source, separator=reading.delimiter, infer_schema=False, skip_rows=reading.header_row - 1, glob=False
        )
        names = [name.strip() for name in found.columns]
        return found.rename(dict(zip(found.columns, names, strict=True))) if len(set(names)) == len(names) else found
    except pl.exceptions.NoDataError as cause:
        raise UnreadableInputError(source=where, problem="the file is empty") from cause
    except (pl.exceptions.PolarsError, OSError) as cause:
        problem = str(cause).splitlines()[0]
        todo = "Check delimiter, header_row and encoding."
        if "more fields" in problem:
            problem = f"a row has more fields than there are column names (delimiter {reading.delimiter!r})"
        elif "utf" in problem.casefold():
            problem, todo = "it is not UTF-8", 'Name its encoding, such as encoding = "gb18030" or "latin-1".'
        raise UnreadableInputError(source=where, problem=problem, todo=todo) from cause


def _excel(feed: Feed, path: Path, source: str) -> Raw:
    where = f"{feed.subject}, {source}"
    try:
        workbook = fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError) as cause:
        raise UnreadableInputError(
            source=where, problem="it cannot be opened as a workbook", todo="Save it as .xlsx and without a password."
        ) from cause
    sheet = feed.reading.sheet
    if sheet is None and len(workbook.sheet_names) > 1:
        names = ", ".join(workbook.sheet_names)
        raise UnreadableInputError(source=where, problem=f"it has several sheets ({names})", todo="Name one as sheet.")
    if sheet is not None and sheet not in workbook.sheet_names:
        raise UnreadableInputError(
            source=where, problem=f"it has no sheet {sheet!r}; {close_to(sheet, workbook.sheet_names)}"
        )
    chosen = sheet or workbook.sheet_names[0]
    try:
        loaded = workbook.load_sheet(chosen, header_row=feed.reading.header_row - 1, dtypes="string").to_polars()
    except fastexcel.FastExcelError as cause:
        raise UnreadableInputError(source=where, problem=f"sheet {chosen!r} cannot be read ({cause})") from cause
    if not loaded.columns:
        raise UnreadableInputError(source=where, problem=f"sheet {chosen!r} is empty")
    # Cells that were once formatted make empty rows at the end of many sheets.
    filled = loaded.filter(~pl.all_horizontal(pl.all().is_null()))
    return Raw(source=f"{source}#{chosen}", records=filled.rename(lambda name: name.strip()))


def _json(feed: Feed, path: Path, where: str) -> tuple[Any, ...]:
    document = parse_json(path.read_bytes(), where)
    if feed.reading.items is not None:
        if not isinstance(document, dict) or feed.reading.items not in document:
            known = list(document) if isinstance(document, dict) else []
            raise UnreadableInputError(
                source=where, problem=f"it has no {feed.reading.items!r}; {close_to(feed.reading.items, known)}"
            )
        document = document[feed.reading.items]
    objects = tuple(document) if isinstance(document, list) else (document,)
    if not objects:
        raise UnreadableInputError(source=where, problem="its list is empty")
    return objects


def _read_database(feed: Feed, data_dir: Path) -> Raw:
    said = feed.reading.table or "query"
    try:
        url = make_url(feed.reading.database or "")
        if url.get_backend_name() == "sqlite" and url.database:
            file = data_dir / url.database
            if not file.is_file():  # SQLite would make a new, empty database
                raise UnreadableInputError(source=feed.subject, problem=f"there is no database file {url.database!r}")
            url = url.set(database=str(file))
        engine = create_engine(url)
        try:
            source = f"{Path(url.database or url.host or 'database').name}#{said}"
            return Raw(source=source, records=_rows_of(feed, engine))
        finally:
            engine.dispose()
    except ModuleNotFoundError as cause:
        raise UnreadableInputError(
            source=feed.subject, problem=f"the driver of this database is not installed ({cause.name})"
        ) from cause
    except SQLAlchemyError as cause:
        raise UnreadableInputError(
            source=f"{feed.subject}, {said}", problem=f"the database says: {str(cause).splitlines()[0]}"
        ) from cause


def _rows_of(feed: Feed, engine: Engine) -> pl.DataFrame:
    with engine.connect() as connection:
        query = feed.reading.query
        if query is None:
            known = [*inspect(connection).get_table_names(), *inspect(connection).get_view_names()]
            table = feed.reading.table or ""
            if table.rpartition(".")[2] not in known:
                raise UnreadableInputError(
                    source=feed.subject, problem=f"the database has no table {table!r}; {close_to(table, known)}"
                )
            quote = connection.dialect.identifier_preparer.quote
            query = f"SELECT * FROM {'.'.join(quote(part) for part in table.split('.'))}"  # noqa: S608  -- quoted
        result = connection.execute(text(query))
        names = list(result.keys())
        # The driver's own rows: SQLAlchemy's are twice as slow, and nothing here needs their names.
        columns = list(zip(*result.cursor.fetchall(), strict=True)) or [()] * len(names)
    return pl.DataFrame([_series(name, values) for name, values in zip(names, columns, strict=True)])


def _series(name: str, values: tuple[Any, ...]) -> pl.Series:
    """SQLite keeps any type in any row: a column of several types is read as texts."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds:
        return pl.Series(name, values, dtype=pl.String)
    if kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Int64 if kinds == {int} else pl.Float64, strict=False)
    if len(kinds) == 1 and kinds != {bytes}:
        return pl.Series(name, values)
    return pl.Series(name, [None if value is None else str(value) for value in values], dtype=pl.String)
