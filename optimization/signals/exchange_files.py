"""Tables as files: one JSON document, one workbook with a sheet per table, or a folder with a CSV file per table.

A text that a spreadsheet would take for a formula gets an apostrophe before it in workbooks and CSV files, as does one
that begins with an apostrophe; reading takes one apostrophe away.
"""

import csv
import json
from pathlib import Path
from typing import Final

import fastexcel
import xlsxwriter

from city.documents import parse_json
from city.errors import UnreadableInputError
from optimization.signals.exchange_tables import Cell, Row, Table, Tables

ABOUT: Final = "about"
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LONGEST_SHEET_NAME: Final = 31


def plain_text(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def meant_text(text: str) -> str:
    return text.removeprefix("'")


def tables_json(tables: Tables) -> str:
    document = {
        ABOUT: dict(tables.about),
        "tables": {t.name: [dict(zip(t.columns, row, strict=True)) for row in t.rows] for t in tables.tables},
        "columns": {t.name: list(t.columns) for t in tables.tables},
    }
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def tables_of_json(text: str | bytes, source: str) -> Tables:
    document = parse_json(text, source)
    try:
        named = {
            name: Table(
                name=name,
                columns=tuple(columns),
                rows=tuple(tuple(row[column] for column in columns) for row in document["tables"][name]),
            )
            for name, columns in document["columns"].items()
        }
        about = tuple((str(key), str(value)) for key, value in document[ABOUT].items())
    except (KeyError, TypeError, AttributeError) as cause:
        raise UnreadableInputError(source=source, problem=f"it holds no tables ({cause!r})") from cause
    return Tables(about=about, tables=tuple(named.values()))


def write_csv(tables: Tables, folder: Path) -> None:
    """With a byte order mark, by which spreadsheets read Chinese as UTF-8."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in (_about_table(tables), *tables.tables):
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows([_plain(cell) for cell in row] for row in table.rows)


def read_csv(folder: Path) -> Tables:
    return _assembled([_read_table(path) for path in sorted(folder.glob("*.csv"))], folder.name)


def _read_table(path: Path) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    if not lines:
        raise UnreadableInputError(source=path.name, problem="it is empty")
    rows = tuple(tuple(meant_text(cell) for cell in line) for line in lines[1:])
    return Table(name=path.stem, columns=tuple(lines[0]), rows=rows)


def write_xlsx(tables: Tables, path: Path) -> None:
    """Text is written as text: nothing in it can become a formula or a link."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        for table in (_about_table(tables), *tables.tables):
            sheet = book.add_worksheet(table.name[:_LONGEST_SHEET_NAME])
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(table.columns) - 1, 18)
            sheet.write_row(0, 0, table.columns, bold)
            for line, row in enumerate(table.rows, start=1):
                for column, cell in enumerate(row):
                    if isinstance(cell, int):
                        sheet.write_number(line, column, cell)
                    elif cell is not None:
                        sheet.write_string(line, column, plain_text(cell))


def read_xlsx(path: Path) -> Tables:
    try:
        book = fastexcel.read_excel(path)
    except fastexcel.FastExcelError as cause:
        raise UnreadableInputError(source=path.name, problem=f"it is no workbook ({cause})") from cause
    return _assembled([_read_sheet(book, name) for name in book.sheet_names], path.name)


def _read_sheet(book: fastexcel.ExcelReader, name: str) -> Table:
    frame = book.load_sheet(name, dtypes="string").to_polars()
    rows = tuple(tuple(None if cell is None else meant_text(cell) for cell in row) for row in frame.rows())
    return Table(name=name, columns=tuple(frame.columns), rows=rows)


def _about_table(tables: Tables) -> Table:
    rows: tuple[Row, ...] = tuple(tables.about)
    return Table(name=ABOUT, columns=("what", "value"), rows=rows)


def _assembled(tables: list[Table], source: str) -> Tables:
    about = [table for table in tables if table.name == ABOUT]
    if not about:
        raise UnreadableInputError(source=source, problem=f"table {ABOUT} is missing")
    pairs = tuple((str(what), str(value or "")) for what, value in about[0].rows)
    return Tables(about=pairs, tables=tuple(table for table in tables if table.name != ABOUT))


def _plain(cell: Cell) -> Cell:
    return plain_text(cell) if isinstance(cell, str) else cell
