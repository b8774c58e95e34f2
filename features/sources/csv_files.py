"""CSV files as frames of texts, a piece at a time. A row that does not fit the header is put aside, not the file."""

import csv
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import polars as pl

from city.errors import UnreadableInputError
from features.sources.feeds import Feed, Reading
from features.sources.missing_columns import other_delimiter
from features.sources.text_stream import utf8_pieces

BROKEN = "__broken"  # the text of a row that could not be taken apart; null in all others
WHY = "__why"
PIECE_BYTES = 16 * 1024 * 1024
_LONGEST_RECORD = 64 * 1024  # bytes: a quote that is open for longer was never meant as one
_QUOTE = b'"'


def records(
    feed: Feed, path: Path, where: str, *, rows: int, piece: int | None = None, member: str | None = None
) -> Iterator[pl.DataFrame]:
    """Frames of texts with the file's columns; where rows were broken, with BROKEN and WHY too.

    `member` is a file of an archive.

    Raises UnreadableInputError if the bytes are no text of the encoding, or no row can be read at all.
    """
    del rows  # pieces are bounded by their bytes
    reading = feed.reading
    pieces = utf8_pieces(path, reading.encoding, where, size=piece or PIECE_BYTES, member=member)
    header, rest = _header(pieces, reading.header_row, where) if reading.header_row else (b"", b"")
    header = _given(reading) if reading.column_names else header
    _refuse_twice(feed, header, where)
    taker = _Taker(header, reading.delimiter, where)
    good = False
    for text in pieces:
        frame, rest = taker.frame(rest + text, is_last=False)
        good = good or _has_good(frame)
        yield frame
    frame, _ = taker.frame(rest, is_last=True)
    if taker.first_fault and not good and not _has_good(frame):
        todo = other_delimiter(reading.delimiter, taker.names) or "Check delimiter, header_row and encoding."
        raise UnreadableInputError(source=where, problem=taker.first_fault, todo=todo)
    yield frame


def _refuse_twice(feed: Feed, header: bytes, where: str) -> None:
    """Of two columns with one name nobody knows which is meant. The second may be read as `name_duplicated_0`."""
    line = next(csv.reader(StringIO(header.decode(), newline=""), delimiter=feed.reading.delimiter), [])
    times = Counter(name.strip() for name in line)
    read = set(feed.source_columns())
    for name in read:
        if times[name] > 1 and f"{name}_duplicated_0" not in read:
            raise UnreadableInputError(
                source=where,
                problem=f"the column name {name!r} comes {times[name]} times, and the mapping reads it",
                todo="Give the columns names of their own: column_names beside header_row.",
            )


def _given(reading: Reading) -> bytes:
    """Names that the mapping gives, as a line of the file."""
    line = StringIO()
    csv.writer(line, delimiter=reading.delimiter, lineterminator="\n").writerow(reading.column_names)
    return line.getvalue().encode()


def _has_good(frame: pl.DataFrame) -> bool:
    return frame.height > (frame[BROKEN].count() if BROKEN in frame.columns else 0)


def _header(pieces: Iterator[bytes], row: int, where: str) -> tuple[bytes, bytes]:
    """The line with the column names, and what follows it in the pieces read so far."""
    held = b""
    lines: list[bytes] = []
    while len(lines) < row:
        line, found, after = held.partition(b"\n")
        if not found:
            more = next(pieces, None)
            if more is None:
                break
            held += more
            continue
        held = after
        if lines and lines[-1].count(_QUOTE) % 2:  # a title that goes over several lines
            lines[-1] += b"\n" + line
        else:
            lines.append(line)
        while lines[-1].count(_QUOTE) % 2 and b"\n" in held:
            line, _, held = held.partition(b"\n")
            lines[-1] += b"\n" + line
    if len(lines) < row and held.strip():
        lines, held = [*lines, held], b""
    if len(lines) < row or not lines[-1].strip():
        raise UnreadableInputError(
            source=where,
            problem="the file is empty" if not any(line.strip() for line in lines) else f"it has no row {row}",
            todo="" if row == 1 else "Check header_row.",
        )
    return lines[-1].rstrip(b"\r") + b"\n", held


class _Taker:
    """Takes pieces of text apart: fast where every line is one record, line by line where one is not."""

    def __init__(self, header: bytes, delimiter: str, where: str) -> None:
        self.header = header
        self.delimiter = delimiter
        self.first_fault = ""
        try:
            self.columns = self._parsed(b"").columns
        except pl.exceptions.PolarsError as cause:
            problem = str(cause).splitlines()[0]
            raise UnreadableInputError(source=where, problem=problem, todo="Check delimiter and header_row.") from cause
        names = [name.strip() for name in self.columns]
        self.names = names if len(set(names)) == len(names) else self.columns

    def frame(self, text: bytes, *, is_last: bool) -> tuple[pl.DataFrame, bytes]:
        """The records that are complete in `text`, and the rest."""
        if is_last and text and not text.endswith(b"\n"):
            text += b"\n"
        end = text.rfind(b"\n") + 1
        whole, rest = text[:end], text[end:]
        found = self._quick(whole)
        if found is None:
            found, open_end = self._by_line(whole.decode(), is_last=is_last)
            rest = open_end.encode() + rest
        return found.rename(dict(zip(self.columns, self.names, strict=True))), rest

    def _parsed(self, lines: bytes) -> pl.DataFrame:
        return pl.read_csv(self.header + lines, separator=self.delimiter, infer_schema=False)

    def _quick(self, lines: bytes) -> pl.DataFrame | None:
        try:
            found = self._parsed(lines)
        except pl.exceptions.PolarsError:
            return None
        # Quotes that hide a line's end would swallow the records after it.
        return found if _QUOTE not in lines or found.height == lines.count(b"\n") else None

    def _by_line(self, text: str, *, is_last: bool) -> tuple[pl.DataFrame, str]:
        lines = text.split("\n")[:-1]
        taken: list[list[str | None]] = []
        place = 0
        while place < len(lines):
            fields, used = self._record(lines, place)
            if fields is None and used == 0 and not is_last:
                break
            taken.append(self._row(lines[place], fields))
            place += max(used, 1)
        schema = dict.fromkeys((*self.columns, BROKEN, WHY), pl.String)
        return pl.DataFrame(taken, schema=schema, orient="row"), "".join(line + "\n" for line in lines[place:])

    def _record(self, lines: list[str], place: int) -> tuple[list[str] | None, int]:
        """Fields of the record that starts at a line, and its lines: None and 1 where it can be none, 0 if open."""
        fields = self._fields(lines[place])
        if fields is not None or '"' not in lines[place]:
            return fields, 1
        size = 0
        for last in range(place + 1, len(lines)):
            size += len(lines[last])
            if size > _LONGEST_RECORD:
                return None, 1
            if '"' in lines[last]:
                fields = self._fields("\n".join(lines[place : last + 1]))
                if fields is not None and len(fields) <= len(self.columns):
                    return fields, last - place + 1
        return None, 0

    def _fields(self, record: str) -> list[str] | None:
        try:
            return next(csv.reader([record.rstrip("\r")], delimiter=self.delimiter, strict=True), [])
        except csv.Error:
            return None

    def _row(self, line: str, fields: list[str] | None) -> list[str | None]:
        wanted = len(self.columns)
        if fields is not None and len(fields) <= wanted:
            padded = [field or None for field in fields] + [None] * (wanted - len(fields))
            return [*padded, None, None]
        if fields is None:
            why, self.first_fault = "a quote in it is not closed", self.first_fault or "a row has a broken quote"
        else:
            why = f"it has {len(fields)} fields, expected {wanted}"
            general = f"a row has more fields than there are column names (delimiter {self.delimiter!r})"
            self.first_fault = self.first_fault or general
        return [*([None] * wanted), line.rstrip("\r"), why]
