"""CSV files as departments write them: any encoding, packed, with quotes, and with rows that do not fit."""

import gzip
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.errors import UnreadableInputError
from city.frames import TrafficCounts
from features.sources.csv_files import BROKEN, WHY, records
from features.sources.feeds import Column, Feed, Format, Reading


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
    with pytest.raises(UnreadableInputError, match=r"it ends too early .* Fetch it again"):
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


@pytest.mark.parametrize("piece", [1, 7, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_lines_that_end_as_on_an_old_mac_are_lines(path: Path, piece: int, encoding: str) -> None:
    found = read(path, 'a,b\r1,2\r"x\ry",4\r5,6'.encode(encoding), feed(encoding), piece=piece)

    assert found.select("a", "b").rows() == [("1", "2"), ("x\ny", "4"), ("5", "6")]


def test_a_carriage_return_within_a_text_ends_no_line(path: Path) -> None:
    assert read(path, b'a,b\n"1\r2",3\n', piece=3).rows() == [("1\r2", "3")]


def test_a_name_that_comes_twice_is_refused_where_the_mapping_reads_it(path: Path) -> None:
    said = replace(feed(), columns=(("detector_id", Column(column="a")),))

    with pytest.raises(UnreadableInputError, match=r"the column name 'a' comes 2 times.* column_names"):
        read(path, b"a,b, a \n1,2,3\n", said)
    assert read(path, b"a,b,b\n1,2,3\n", said)["a"].to_list() == ["1"]
    both = replace(said, columns=(*said.columns, ("flow_veh_h", Column(column="a_duplicated_0"))))
    assert read(path, b"a,b,a\n1,2,3\n", both)["a_duplicated_0"].to_list() == ["3"]


def zipped(**files: bytes) -> bytes:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html><body>Please log in</body></html>\n", "it is a web page"),
        (b"\n <html><table><tr><td>1</td></tr></table></html>\n", "it is a web page"),
        (zipped(**{"xl/workbook_dot_xml": b"<x/>"}), 'it is an Excel workbook.* format = "excel"'),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), 'it is an Excel workbook.* format = "excel"'),
        (b"PAR1" + bytes(64) + b"PAR1", 'it is a Parquet file.* format = "parquet"'),
        (b"%PDF-1.7\n%\xe2\xe3\n", "it is a PDF"),
    ],
    ids=["page", "table", "xlsx", "xls", "parquet", "pdf"],
)
def test_what_lies_under_a_csv_name_is_told(path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnreadableInputError, match=said):
        read(path, content)


@pytest.mark.parametrize("piece", [5, 1 << 20])
def test_one_file_of_an_archive_is_read_as_it_is(path: Path, piece: int) -> None:
    path.write_bytes(zipped(a_dot_csv="点,b\n1,2\n".encode("gb18030"), b_dot_csv=b"no"))

    found = pl.concat(records(feed("gb18030"), path, "x.zip", rows=1, piece=piece, member="a.csv"), how="diagonal")

    assert (found.columns, found.rows()) == (["点", "b"], [("1", "2")])


fields = st.text(alphabet='ab,"\n 东', max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(fields, fields), min_size=1, max_size=8), piece=st.integers(1, 40))
def test_whatever_was_written_properly_is_read_back(path: Path, rows: list[tuple[str, str]], piece: int) -> None:
    lines = [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows]

    found = read(path, ("x,y\n" + "\n".join(lines) + "\n").encode(), piece=piece)

    assert [tuple(field or "" for field in row) for row in found.select("x", "y").rows()] == rows
