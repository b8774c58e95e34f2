"""What a feed says of its bytes: format, encoding, header, sheet, database."""

import re
from pathlib import PurePath

from features.sources.columns import expanded
from features.sources.feeds import Format, Reading
from features.sources.toml_table import TomlTable

FORMAT_OF_ENDING = {
    ".csv": Format.CSV, ".txt": Format.CSV, ".tsv": Format.CSV, ".gz": Format.CSV,
    ".zip": Format.CSV,
    ".xlsx": Format.EXCEL, ".xls": Format.EXCEL, ".xlsm": Format.EXCEL, ".xlsb": Format.EXCEL, ".ods": Format.EXCEL,
    ".parquet": Format.PARQUET, ".json": Format.JSON, ".geojson": Format.JSON, ".jsonl": Format.JSON,
    ".ndjson": Format.JSON,
}  # fmt: skip
PLACEHOLDER = re.compile(r"(?<![:\\\w]):since\b")


def format_of(name: str) -> Format | None:
    """What the ending of a file's name says."""
    return FORMAT_OF_ENDING.get(PurePath(name).suffix.casefold())


def read_reading(table: TomlTable, pattern: str | None) -> Reading:
    database = table.text("database")
    guessed = Format.DATABASE if database else format_of(pattern or "")
    found = table.choice("format", Format, guessed)
    names = expanded(table, table.texts("column_names"))
    reading = Reading(
        format=found or Format.CSV,
        encoding=table.text("encoding", "utf-8") or "utf-8",
        delimiter=table.text("delimiter", "\t" if (pattern or "").endswith(".tsv") else ",") or ",",
        decimal=table.text("decimal", ".") or ".",
        thousands=table.text("thousands", "") or "",
        header_row=int(table.number("header_row", 0 if names else 1, least=1, most=1000)),
        column_names=names,
        header_rows=int(table.number("header_rows", 1, least=1, most=5)),
        sheet=table.text("sheet"),
        fill_down=table.texts("fill_down"),
        optional=table.texts("optional"),
        null_values=table.texts("null_values"),
        database=database,
        table=table.text("table"),
        query=table.text("query"),
        incremental=table.text("incremental"),
        since=table.take("since"),
        overlap_s=table.seconds("overlap") or 0,
        items=table.text("items"),
        document=table.text("document", "domain") or "domain",
    )
    if pattern is not None and PurePath(pattern).is_absolute():
        table.wrong("path", pattern, "a path relative to the data folder, which --data names")
    if pattern is None and database is None:
        table.wrong("path", None, 'a file pattern such as "counts_*.csv", or database with table or query')
    if found is None and pattern is not None:
        table.wrong("format", None, f"one of {', '.join(Format)}; the ending of {pattern!r} does not tell")
    _check_bytes(table, reading, pattern)
    _check_database(table, reading)
    return reading


def _check_bytes(table: TomlTable, reading: Reading, pattern: str | None) -> None:
    if len(reading.delimiter.encode()) != 1:
        table.wrong("delimiter", reading.delimiter, "one character")
    if reading.thousands == reading.decimal:
        table.wrong("thousands", reading.thousands, f"another sign than the decimal sign {reading.decimal!r}")
    if reading.document not in ("domain", "junction_form"):
        table.wrong("document", reading.document, "domain or junction_form")
    if reading.column_names and reading.format not in (Format.CSV, Format.EXCEL):
        table.wrong("column_names", list(reading.column_names), "nothing: only CSV and workbooks may lack a header")
    if len(set(reading.column_names)) < len(reading.column_names) or (reading.column_names and reading.header_rows > 1):
        table.wrong("column_names", list(reading.column_names), "different names, and no header_rows beside them")
    excel_only = {"header_rows": reading.header_rows != 1, "fill_down": bool(reading.fill_down), "sheet": reading.sheet}
    for key, said in excel_only.items():
        packed = key == "sheet" and (pattern or "").casefold().endswith(".zip")  # the files of an archive
        if said and reading.format is not Format.EXCEL and not packed:
            table.wrong(key, getattr(reading, key), "nothing: only workbooks have it")
    try:
        "".encode(reading.encoding)
    except LookupError:
        table.wrong("encoding", reading.encoding, "the name of an encoding, such as utf-8 or gb18030")


def _check_database(table: TomlTable, reading: Reading) -> None:
    if reading.database is not None and (reading.table is None) == (reading.query is None):
        table.wrong("table", reading.table, "exactly one of table and query")
    if reading.query is not None and not re.match(r"\s*(select|with)\b", reading.query, re.IGNORECASE):
        table.wrong("query", reading.query, "a SELECT: an import changes nothing in a department's database")
    placed = reading.query is not None and PLACEHOLDER.search(reading.query) is not None
    for key in ("incremental", "since", "overlap"):
        if key in table and reading.database is None:
            table.wrong(
                key, table.take(key), "nothing: only databases have it; a file that is read again adds nothing new"
            )
    if placed and reading.incremental is None:
        table.wrong(
            "incremental", None, "the column of the query's result whose largest value :since stands for next time"
        )
    if placed and not isinstance(reading.since, (str, int, float)) and not hasattr(reading.since, "isoformat"):
        table.wrong("since", reading.since, "what :since stands for in the first import, such as 2020-01-01 or 0")
    if reading.since is not None and not placed:
        table.wrong("since", reading.since, "a query with the placeholder :since")
    if "overlap" in table and reading.incremental is None:
        table.wrong("overlap", table.take("overlap"), 'incremental beside it, such as incremental = "updated_at"')
