"""Sheets of a workbook (xlsx, xls, xlsb, ods) as frames of texts. Each sheet is a source of its own: `file#sheet`."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from string import ascii_uppercase

import fastexcel
import polars as pl

from city.errors import InvalidValueError, UnreadableInputError
from features.sources.disguised import under_excel_name
from features.sources.feeds import Feed, Format, Reading
from features.sources.toml_table import close_to

_NO_DAY = r"^1899-12-3[01] "  # what a cell with a time of day only is given as its day
NOTHING_MAPPED = "a row without any value that the mapping reads"
_PATTERN = frozenset("*?[")


def sheets(feed: Feed, path: Path, where: str) -> tuple[str, ...]:
    """The names of the sheets that the feed reads, in the workbook's order; several only by a pattern."""
    names = tuple(_opened(path, where).sheet_names)
    wanted = feed.reading.sheet
    if wanted is None:
        if len(names) > 1:
            raise UnreadableInputError(
                source=where, problem=f"it has several sheets ({', '.join(names)})",
                todo='Name one as sheet, or several by a pattern such as sheet = "2025-*" or "*".',
            )  # fmt: skip
        return names
    if wanted in names:
        return (wanted,)
    found = tuple(name for name in names if fnmatchcase(name, wanted)) if _PATTERN & set(wanted) else ()
    if not found:
        raise UnreadableInputError(source=where, problem=f"it has no sheet {wanted!r}; {close_to(wanted, names)}")
    return found


def records(feed: Feed, path: Path, where: str, *, rows: int, sheet: str | None = None) -> Iterator[pl.DataFrame]:
    """The rows below the header of one sheet (default: the only one that the feed reads).

    Cells that hold an error (#N/A, #REF!) are empty, true dates are ISO texts, rows without any cell are skipped.
    """
    chosen = sheet if sheet is not None else sheets(feed, path, where)[0]
    found = cells(path, chosen, where)
    found = _apart_from_thousands(found, path, chosen) if feed.reading.thousands == "." else found
    table = with_header(feed.reading, found, f"{where}, sheet {chosen!r}")
    filled = table.filter(~pl.all_horizontal(pl.all().is_null()))
    yield from _filled_down(feed, filled, f"{where}, sheet {chosen!r}").iter_slices(max(1, rows))


def blank_rows(feed: Feed, found: pl.DataFrame) -> pl.Series | None:
    """Which rows of a sheet or CSV hold nothing that the mapping reads: notes below the table, titles in between."""
    columns = [name for name in feed.source_columns() if name in found.columns]
    if feed.reading.format not in (Format.EXCEL, Format.CSV) or not columns:
        return None
    if feed.sensors and not feed.sensors.columns:
        return None
    if not found.select(_is_blank(columns[0]).any()).item():  # so it is in nearly every batch
        return None
    return found.select(pl.all_horizontal(_is_blank(name) for name in columns)).to_series()


def _is_blank(column: str) -> pl.Expr:
    return pl.col(column).is_null() | (pl.col(column).str.strip_chars() == "")


def cells(path: Path, sheet: str, where: str) -> pl.DataFrame:
    """Every cell of a sheet from its first row and column on."""
    try:
        loaded = _opened(path, where).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as cause:
        raise UnreadableInputError(source=where, problem=f"sheet {sheet!r} cannot be read ({_first(cause)})") from cause
    stripped: pl.DataFrame = loaded.with_columns(pl.all().str.strip_chars().str.replace(_NO_DAY, "").replace("", None))
    return stripped


def _apart_from_thousands(found: pl.DataFrame, path: Path, sheet: str) -> pl.DataFrame:
    """A number cell of 12.345 as 12.3450: the text 12.345 beside it is twelve thousand where the point groups.

    Only number cells (and dates) can be read as moments; texts of numbers cannot.
    """
    loaded = fastexcel.read_excel(path).load_sheet(sheet, header_row=None, skip_rows=0, dtypes="datetime").to_polars()
    return found.with_columns(
        pl.when(loaded[name].is_not_null() & found[name].str.contains(r"\.\d{3}$"))
        .then(pl.col(name) + "0")
        .otherwise(pl.col(name))
        .alias(name)
        for name in found.columns
    )


def with_header(reading: Reading, found: pl.DataFrame, where: str) -> pl.DataFrame:
    """The rows below the header, under its names."""
    if reading.column_names:
        return _with_given_names(reading, found.slice(reading.header_row), where)
    first, count = reading.header_row - 1, reading.header_rows
    header = found.slice(first, count)
    if header.height < count or not any(value is not None for row in header.rows() for value in row):
        problem = "it is empty" if found.is_empty() else f"it has no column names in row {reading.header_row}"
        raise UnreadableInputError(source=where, problem=problem, todo="Correct header_row or sheet.")
    table = found.slice(first + count)
    return table.rename(dict(zip(table.columns, column_names(header), strict=True)))


def _with_given_names(reading: Reading, table: pl.DataFrame, where: str) -> pl.DataFrame:
    """The rows under the names that the mapping gives; columns beyond them are called by their letter."""
    if len(reading.column_names) > table.width:
        raise InvalidValueError(
            subject=where, field="column_names", found=f"{len(reading.column_names)} names",
            expected=f"at most {table.width}, as many as there are columns",
        )  # fmt: skip
    rest = [f"column {_letter(place)}" for place in range(len(reading.column_names), table.width)]
    return table.rename(dict(zip(table.columns, [*reading.column_names, *rest], strict=True)))


def column_names(header: pl.DataFrame) -> tuple[str, ...]:
    """One name per column of one or several header rows.

    A merged title stands over all columns to its right until the next title. Columns without a name are called by
    their letter, names that come twice are numbered.
    """
    levels = [list(row) for row in header.rows()]
    for level in levels[:-1]:
        for place in range(1, len(level)):
            if level[place] is None:
                level[place] = level[place - 1]
    names: list[str] = []
    for place, parts in enumerate(zip(*levels, strict=True)):
        said = dict.fromkeys(" ".join(str(part).split()) for part in parts if part is not None)
        name = " ".join(said) if parts[-1] is not None or said else ""
        names.append(_unique(name or f"column {_letter(place)}", names))
    return tuple(names)


def _unique(name: str, taken: list[str]) -> str:
    number, free = 0, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _letter(place: int) -> str:
    rest, letter = divmod(place, len(ascii_uppercase))
    return (_letter(rest - 1) if rest else "") + ascii_uppercase[letter]


def _filled_down(feed: Feed, table: pl.DataFrame, where: str) -> pl.DataFrame:
    """Merged row titles stand in the first of their rows only.

    A row with nothing but a title is no record: it is emptied, and left out as such.
    """
    titles = feed.reading.fill_down
    missing = [title for title in titles if title not in table.columns]
    if missing:
        raise InvalidValueError(
            subject=where, field="fill_down", found=missing[0],
            expected=f"a column; {close_to(missing[0], table.columns)}",
        )  # fmt: skip
    others = [name for name in feed.source_columns() if name in table.columns and name not in titles]
    if not titles or not others:
        return table
    record = ~pl.all_horizontal(pl.col(others).is_null())
    return table.with_columns(pl.when(record).then(pl.col(title).forward_fill()).alias(title) for title in titles)


def _opened(path: Path, where: str) -> fastexcel.ExcelReader:
    try:
        return fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError) as cause:
        told = under_excel_name(path)
        if told is not None:
            raise UnreadableInputError(source=where, problem=told[0], todo=told[1]) from cause
        raise UnreadableInputError(
            source=where, problem=f"it cannot be opened as a workbook ({_first(cause)})",
            todo="If it opens in a spreadsheet program, save it again as .xlsx and without a password.",
        ) from cause  # fmt: skip


def _first(cause: Exception) -> str:
    return str(cause).splitlines()[0].removeprefix("calamine error: ") if str(cause) else type(cause).__name__
