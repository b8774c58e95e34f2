"""What a file shows before anything is known of it: format, encoding, delimiter, header, sheets."""

import csv
import gzip
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import fastexcel
import polars as pl

from city.errors import UnreadableInputError
from features.sources.feeds import Feed, Format, Reading
from features.sources.json_records import leaves, lines, objects, text_at
from features.sources.reading import format_of
from features.sources.suggest_columns import decimal_of
from features.sources.suggest_lines import quoted
from features.sources.workbooks import cells, column_names

MOST_ROWS = 50_000
_SNIFFED = 8_000_000
_HEADER_WITHIN = 15
_PLAIN = re.compile(r"[+-]?[\d.,:/ \-]*\d[\d.,:/ \-]*%?|\d{4}-\d\d-\d\d[T ].*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One table of a file. `keys` are lines of the mapping, each with the comment that says why."""

    title: str
    records: pl.DataFrame  # texts
    keys: tuple[tuple[str, str], ...] = ()
    decimal: str = "."
    thousands: str = ""
    notes: tuple[str, ...] = ()
    format: Format = Format.CSV
    unusable: tuple[str, ...] = field(default=())


def tables_of(path: Path, feed: Feed) -> tuple[Found, ...]:
    """Every table that the file holds. `feed` stands for the one that will read it."""
    if not path.is_file() or path.stat().st_size == 0:
        raise UnreadableInputError(
            source=str(path), problem="it is empty" if path.is_file() else "there is no such file"
        )
    with path.open("rb") as stream:
        head = stream.read(16)
    if head.startswith(b"SQLite format 3"):
        return _sqlite(path)
    if head.startswith(b"PAR1"):
        frame = pl.read_parquet(path, glob=False, n_rows=MOST_ROWS)
        plain = frame.select(pl.col(name).cast(pl.String, strict=False) for name in frame.columns)
        return (Found(title=path.stem, records=plain, format=Format.PARQUET, keys=_named_format(path, Format.PARQUET)),)
    form = format_of(path.name)
    if form is Format.EXCEL:
        return _workbook(path)
    if form is Format.JSON or head.lstrip()[:1] in (b"{", b"["):
        return _json(path, feed)
    return (_csv(path),)


def _named_format(path: Path, form: Format) -> tuple[tuple[str, str], ...]:
    return () if format_of(path.name) is form else ((f'format = "{form}"', "the ending of the name does not tell"),)


def _csv(path: Path) -> Found:
    with gzip.open(path) if path.suffix.casefold() == ".gz" else path.open("rb") as stream:
        data = stream.read(_SNIFFED)
        if len(data) == _SNIFFED:
            data = data[: data.rfind(b"\n") + 1]
    encoding, sure = _encoding(data)
    text = data.decode(encoding, errors="replace")  # the part that was looked at may end within a letter
    delimiter, rows = _delimiter(text)
    header = _header_row(rows)
    keys = list(_named_format(path, Format.CSV))
    if encoding not in ("utf-8", "utf-8-sig"):
        keys.append((f'encoding = "{encoding}"', sure))
    if delimiter != ",":
        shown = delimiter.replace("\t", "\\t")
        keys.append((f'delimiter = "{shown}"', "the sign that parts every row alike"))
    notes = [] if encoding not in ("utf-8", "utf-8-sig") else [f"Its encoding is {encoding} ({sure})."]
    if header is None:
        notes.append("decide: no row looks like column names. Name the columns in their order, then map them below")
        keys.append((f'column_names = "c1..c{max(len(row) for row in rows)}"', "c1 is the first column"))
    elif header:
        keys.append((f"header_row = {header + 1}", f"the first row that looks like column names; {header} above it"))
    width = max(len(row) for row in rows)
    names = _distinct(rows[header]) if header is not None else [f"c{place}" for place in range(1, width + 1)]
    below = rows[header + 1 :] if header is not None else rows
    body = [row[: len(names)] + [""] * (len(names) - len(row)) for row in below if row]
    records = pl.DataFrame(body, schema=dict.fromkeys(names, pl.String), orient="row")
    records = records.with_columns(pl.all().str.strip_chars().replace("", None))
    decimal, thousands, example = decimal_of(records.get_columns()) if delimiter != "," else (".", "", "")
    keys += [(f'decimal = "{decimal}"', f"such as {example}")] if decimal != "." else []
    keys += [(f'thousands = "{thousands}"', f"such as {example}")] if thousands else []
    return Found(
        title=path.name.split(".")[0], records=records, keys=tuple(keys), decimal=decimal, thousands=thousands,
        notes=tuple(notes),
    )  # fmt: skip


def _encoding(data: bytes) -> tuple[str, str]:
    """An encoding in which every byte has a meaning, and how sure that is."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", "sure: it begins with UTF-16's mark"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8"), "sure: every byte fits"
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data)]
    paired = sum(run for run in runs if run % 2 == 0) / sum(runs)
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        paired = 0.0
    if paired > 0.8:
        return (
            "gb18030",
            f"likely: it is no UTF-8, and {paired:.0%} of the bytes above 127 come in pairs as Chinese does",
        )
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1", "a guess: it is neither UTF-8, GB 18030 nor Windows' western European; look at the letters"
    return "cp1252", "likely: it is no UTF-8, and single bytes above 127 are western European letters; look at them"


def _delimiter(text: str) -> tuple[str, list[list[str]]]:
    def parted(sign: str) -> list[list[str]]:
        rows = csv.reader(text.splitlines(keepends=True), delimiter=sign)
        return list(islice(rows, MOST_ROWS))

    def worth(sign: str) -> tuple[float, int]:
        rows = [row for row in islice(csv.reader(text.splitlines(keepends=True)[:200], delimiter=sign), 200) if row]
        widths = Counter(len(row) for row in rows)
        width, often = widths.most_common(1)[0] if widths else (1, 0)
        return (often / len(rows) if width > 1 else 0.0), width

    best = max((",", ";", "\t", "|"), key=worth)
    return best, parted(best)


def _header_row(rows: list[list[str]]) -> int | None:
    """Place of the first row as wide as the table whose cells are names: filled, distinct, no numbers."""
    width = Counter(len(row) for row in rows[:200]).most_common(1)[0][0]
    for place, row in enumerate(rows[:_HEADER_WITHIN]):
        filled = [cell.strip() for cell in row if cell.strip()]
        if len(row) < width or len(filled) < 0.6 * width or len(set(filled)) < len(filled):
            continue
        below = rows[place + 1] if place + 1 < len(rows) else []
        plain = sum(bool(_PLAIN.fullmatch(cell)) for cell in filled)
        if plain <= 0.5 * len(filled) or (
            plain and all(cell != under for cell, under in zip(row, below, strict=False)) and _counts_up(filled)
        ):
            return place
    return None


def _counts_up(cells_: Iterable[str]) -> bool:
    """0, 1, 2 ... or 00:00, 00:15 ... are names of columns although they are numbers."""
    numbers = [cell for cell in cells_ if _PLAIN.fullmatch(cell)]
    return len(numbers) > 2 and numbers == sorted(numbers, key=lambda cell: (len(cell), cell))


def _distinct(names: list[str]) -> list[str]:
    """As the reader names them: a column without a name keeps its place."""
    seen: list[str] = []
    for name in names:
        plain, number = name.strip().removeprefix("\ufeff"), 0
        while (free := plain if not number else f"{plain}_duplicated_{number - 1}") in seen:
            number += 1
        seen.append(free)
    return seen


def _workbook(path: Path) -> tuple[Found, ...]:
    try:
        names = fastexcel.read_excel(path).sheet_names
    except fastexcel.FastExcelError as cause:
        raise UnreadableInputError(
            source=path.name,
            problem="it cannot be opened as a workbook",
            todo="Save it as .xlsx and without a password.",
        ) from cause
    found = [(name, _sheet(path, name, several=len(names) > 1)) for name in names]
    tables = [(name, table) for name, table in found if table is not None]
    if not tables:
        raise UnreadableInputError(source=path.name, problem="no sheet holds a table of column names with rows below")
    return _alike(tables)


def _alike(tables: list[tuple[str, Found]]) -> tuple[Found, ...]:
    """Sheets with the same column names are one feed, by a pattern of their names."""
    heads = {tuple(table.records.columns) for _, table in tables}
    if len(heads) > 1 or len(tables) == 1:
        return tuple(table for _, table in tables)
    first = tables[0][1]
    keys = tuple(
        ('sheet = "*"', f"all {len(tables)} sheets have the same columns") if key.startswith("sheet") else (key, why)
        for key, why in first.keys
    )
    records = pl.concat([table.records for _, table in tables])
    return (Found(title=first.title, records=records, keys=keys, format=first.format),)


def _sheet(path: Path, name: str, *, several: bool) -> Found | None:
    sheet = cells(path, name, path.name).head(MOST_ROWS)
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.head(_HEADER_WITHIN + 5).rows()]
    place = _header_of_sheet(rows)
    if place is None or sheet.height <= place + 1:
        return None
    count = 2 if _goes_on_below(rows, place) else 1
    body = sheet.slice(place + count)
    names = column_names(sheet.slice(place, count))
    records = body.rename(dict(zip(body.columns, names, strict=True)))
    records = records.filter(~pl.all_horizontal(pl.all().is_null()))
    keys = [(f"sheet = {quoted(name)}", "")] if several else []
    keys += [(f"header_row = {place + 1}", "the first row that looks like column names")] if place else []
    keys += [("header_rows = 2", "merged titles over a second row of names")] if count > 1 else []
    return Found(title=name, records=records, keys=tuple(keys), format=Format.EXCEL)


def _header_of_sheet(rows: list[list[str]]) -> int | None:
    widest = max((sum(bool(cell) for cell in row) for row in rows), default=0)
    for place, row in enumerate(rows[:_HEADER_WITHIN]):
        filled = [cell for cell in row if cell]
        names = [cell for cell in filled if not _PLAIN.fullmatch(cell)]
        if len(filled) > 1 and len(filled) >= 0.5 * widest and len(names) > 0.5 * len(filled):
            return place
    return None


def _goes_on_below(rows: list[list[str]], place: int) -> bool:
    """Titles with gaps, and below them only names, some of them in the gaps."""
    if place + 1 >= len(rows):
        return False
    top, below = rows[place], rows[place + 1]
    names = [cell for cell in below if cell]
    in_gaps = any(not over and under for over, under in zip(top, below, strict=True))
    return in_gaps and bool(names) and not any(_PLAIN.fullmatch(cell) for cell in names)


def _json(path: Path, feed: Feed) -> tuple[Found, ...]:
    by_line = path.suffix.casefold() in (".jsonl", ".ndjson")
    found = list(islice(lines(path, path.name), MOST_ROWS)) if by_line else list(objects(feed, path, path.name))
    keys = list(_named_format(path, Format.JSON))
    if len(found) == 1 and isinstance(found[0], dict):
        listed = [(key, value) for key, value in found[0].items() if isinstance(value, list) and value]
        if listed and all(isinstance(item, dict) for item in listed[0][1]):
            key, found = listed[0]
            keys.append((f"items = {quoted(key)}", "the list of the document"))
    standard = _standard(found)
    if standard is not None:
        keys = [(f'format = "{standard}"', "its fields are that standard's")]
    records = found[:MOST_ROWS]
    paths = list(dict.fromkeys(leaf for record in records[:200] for leaf in leaves(record)))
    frame = pl.DataFrame(
        {leaf: [text_at(record, leaf) for record in records] for leaf in paths}, schema=dict.fromkeys(paths, pl.String)
    )
    return (Found(title=path.stem, records=frame, keys=tuple(keys), format=standard or Format.JSON),)


def _standard(found: list[object]) -> Format | None:
    first = found[0] if found and isinstance(found[0], dict) else {}
    if "service_request_id" in first:
        return Format.OPEN311
    if "phenomenonTime" in first or "Observations" in first or "dataArray" in first:
        return Format.SENSORTHINGS
    properties = first.get("properties")
    return Format.WZDX if isinstance(properties, dict) and "core_details" in properties else None


def _sqlite(path: Path) -> tuple[Found, ...]:
    from sqlalchemy import create_engine, inspect, text  # noqa: PLC0415

    engine = create_engine(f"sqlite:///{path}")
    tables: list[Found] = []
    try:
        with engine.connect() as connection:
            quote = connection.dialect.identifier_preparer.quote
            for name in inspect(connection).get_table_names():
                result = connection.execute(text(f"SELECT * FROM {quote(name)} LIMIT {MOST_ROWS}"))  # noqa: S608  -- quoted
                columns = list(result.keys())
                rows = [[None if cell is None else str(cell) for cell in row] for row in result.fetchall()]
                frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
                keys = ((f"database = {quoted('sqlite:///' + path.name)}", ""), (f"table = {quoted(name)}", ""))
                tables.append(Found(title=name, records=frame, keys=keys, format=Format.DATABASE))
    finally:
        engine.dispose()
    return tuple(tables)


def reading_of(found: Found) -> Reading:
    return Reading(format=found.format, decimal=found.decimal, thousands=found.thousands)
