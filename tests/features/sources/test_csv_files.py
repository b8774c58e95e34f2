"""CSV files as departments write them: any encoding, packed, with quotes, and with rows that do not fit."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.errors import UnreadableInputError
from city.frames import TrafficCounts
from features.sources.csv_files import BROKEN, WHY, records
from features.sources.feeds import Feed, Format, Reading


def feed(encoding: str = "utf-8", delimiter: str = ",", header_row: int = 1) -> Feed:
    reading = Reading(format=Format.CSV, encoding=encoding, delimiter=delimiter, header_row=header_row)
    return Feed(name="f", zone=ZoneInfo("UTC"), reading=reading, contract=TrafficCounts, path="x.csv")


def read(path: Path, content: bytes, said: Feed | None = None, piece: int = 1 << 20) -> pl.DataFrame:
    path.write_bytes(content)
    found = list(records(said or feed(), path, "x.csv", rows=1, piece=piece))
    return pl.concat(found, how="diagonal")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.csv"


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("gb18030", b""), ("utf-16", b""), ("utf-16-le", b""),
     ("big5", b"")],
)  # fmt: skip
def test_every_encoding_reads_the_same_also_in_small_pieces_and_packed(path: Path, encoding: str, mark: bytes) -> None:
    text = "点,时间\n东门,早上\n西門,晚上\n" if encoding != "big5" else "點,時間\n東門,早上\n西門,晚上\n"
    content = mark + text.encode(encoding)
    said = feed("utf-8" if encoding == "utf-16" else encoding)

    whole = read(path, content, said)
    packed = read(path, gzip.compress(content), said, piece=5)

    assert whole.rows() == [tuple(line.split(",")) for line in text.splitlines()[1:]]
    assert packed.equals(whole)


@pytest.mark.parametrize("piece", [3, 1 << 20])
def test_the_first_byte_that_an_encoding_does_not_know_is_named(path: Path, piece: int) -> None:
    with pytest.raises(UnreadableInputError, match=r"it is not UTF-8 \(byte 8\)"):
        read(path, b"a,b\n1,2\n" + b"\xff,3\n", piece=piece)
    with pytest.raises(UnreadableInputError, match="byte 6 is no gb18030"):
        read(path, "东,b\n".encode("gb18030") + b"1\xff\xff,3\n", feed("gb18030"), piece=piece)
    with pytest.raises(UnreadableInputError, match=r"it is not UTF-8 \(byte 6\)"):
        read(path, b"a,b\n1," + "东".encode()[:2], piece=piece)


def test_a_packed_file_that_ends_early_is_refused(path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="it cannot be read"):
        read(path, gzip.compress(b"a,b\n" + b"1,2\n" * 10_000)[:-20])


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
def test_a_row_that_does_not_fit_is_put_aside_with_its_text_and_the_rest_is_read(path: Path, piece: int) -> None:
    content = b'a,b\r\n1,2\r\n1,2,3\r\n4,"five\r\n6,7\r\n"8, or\r\n9",10\r\n11\r\n'

    found = read(path, content, piece=piece)

    assert found.select("a", "b", BROKEN, WHY).rows() == [
        ("1", "2", None, None),
        (None, None, "1,2,3", "it has 3 fields, expected 2"),
        (None, None, '4,"five', "a quote in it is not closed"),
        ("6", "7", None, None),
        ("8, or\r\n9", "10", None, None),
        ("11", None, None, None),
    ]


def test_two_stray_quotes_do_not_swallow_what_lies_between(path: Path) -> None:
    found = read(path, b'a,b\n1,"2\n3,4\n5,6\n7,"8\n')

    assert found.filter(pl.col(BROKEN).is_null()).select("a", "b").rows() == [("3", "4"), ("5", "6")]
    assert found[BROKEN].drop_nulls().to_list() == ['1,"2', '7,"8']


def test_a_file_of_which_nothing_fits_is_refused(path: Path) -> None:
    with pytest.raises(UnreadableInputError, match="a row has more fields than there are column names"):
        read(path, b"a,b\n1,2,3\n4,5,6\n")


def test_titles_above_the_header_are_skipped_and_quotes_in_names_are_none(path: Path) -> None:
    found = read(path, b'Counts of 2026,\n"two\nlines",\n"a",b \n1,2\n', feed(header_row=3))

    assert found.columns == ["a", "b"]
    assert found.rows() == [("1", "2")]


@pytest.mark.parametrize("content", [b"", b"\n", b"  \n"])
def test_an_empty_file_is_refused(path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableInputError, match="the file is empty"):
        read(path, content)


fields = st.text(alphabet='ab,"\n 东', max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(fields, fields), min_size=1, max_size=8), piece=st.integers(1, 40))
def test_whatever_was_written_properly_is_read_back(path: Path, rows: list[tuple[str, str]], piece: int) -> None:
    lines = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows]

    found = read(path, ("x,y\n" + "\n".join(lines) + "\n").encode(), piece=piece)

    assert [tuple(field or "" for field in row) for row in found.select("x", "y").rows()] == rows
