"""Uploaded files: what is honest passes, what is larger than it looks is not opened."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from serving.api.limits import FileLimits, refuse_bomb
from serving.api.problems import ProblemError

SMALL = FileLimits(most_unpacked_bytes=1_000_000, ratio_from_bytes=100_000, most_ratio=50, most_entries=20)
ZEROS = b"\0" * 900_000


def archive(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as writing:
        for name, content in parts.items():
            writing.writestr(name, content)
    return made.getvalue()


def with_lying_sizes(content: bytes, told: int) -> bytes:
    """The same archive, whose list of entries says that they are small."""
    at = content.rindex(b"PK\x01\x02")
    return content[: at + 24] + struct.pack("<L", told) + content[at + 28 :]


def workbook() -> bytes:
    made = io.BytesIO()
    pl.DataFrame({"bin": [f"B{n}" for n in range(2_000)], "kg": range(2_000)}).write_excel(made)
    return made.getvalue()


def counts() -> bytes:
    return "\n".join(f"D{n % 7},{n},{n * 17 % 113}" for n in range(5_000)).encode()


@pytest.mark.parametrize(
    "honest",
    [
        workbook,
        lambda: gzip.compress(counts()),
        lambda: gzip.compress(counts()) + gzip.compress(counts()),
        lambda: archive({"a.csv": counts(), "b.csv": counts()}, zipfile.ZIP_STORED),
        lambda: archive({}),
        counts,
        lambda: b"",
    ],
)
def test_files_as_departments_send_them_pass(tmp_path: Path, honest: Callable[[], bytes]) -> None:
    file = tmp_path / "file"
    file.write_bytes(honest())

    refuse_bomb(file, "file.xlsx", SMALL)


def test_a_parquet_file_is_judged_by_its_cells(tmp_path: Path) -> None:
    file = tmp_path / "counts.parquet"
    pl.DataFrame({"n": pl.repeat(1, 1_000, eager=True), "m": pl.repeat(1, 1_000, eager=True)}).write_parquet(file)

    refuse_bomb(file, file.name, FileLimits(most_cells=2_000))
    with pytest.raises(ProblemError, match="2,000 cells"):
        refuse_bomb(file, file.name, FileLimits(most_cells=1_999))


@pytest.mark.parametrize(
    ("bomb", "why"),
    [
        (lambda: archive({"sheet.xml": ZEROS}), "more than 50 times its size"),
        (lambda: archive({str(n): counts() for n in range(19)}), "unpacked it has more than"),
        (lambda: archive({str(n): b"" for n in range(21)}), "more than 20 entries"),
        (lambda: with_lying_sizes(archive({"sheet.xml": ZEROS}), 1_000), "another size than it says"),
        (lambda: with_lying_sizes(archive({"sheet.xml": b"x" * 10}), 11), "another size than it says"),
        (lambda: archive({"inner.xml": archive({"a": b"1"})}), "another archive"),
        (lambda: archive({"inner.xml": gzip.compress(ZEROS)}), "another archive"),
        (lambda: archive({"sheet.xml": counts()}, zipfile.ZIP_BZIP2), "packed in a way"),
        (lambda: archive({"sheet.xml": counts()})[:-30], "no end"),
        (lambda: archive({"sheet.xml": counts()})[:-22] + b"PK\x05\x06" + b"\xff" * 18, "larger than 4 GB"),
        (lambda: gzip.compress(ZEROS), "more than 50 times its size"),
        (lambda: gzip.compress(counts()) + gzip.compress(ZEROS * 2), "unpack"),
        (lambda: gzip.compress(gzip.compress(ZEROS)), "another archive"),
        (lambda: gzip.compress(counts())[:60] + b"broken", "cannot be unpacked"),
        (lambda: b"PAR1 and nothing else", "no readable Parquet"),
    ],
)
def test_a_file_that_is_larger_than_it_looks_is_not_opened(tmp_path: Path, bomb: Callable[[], bytes], why: str) -> None:
    file = tmp_path / "file"
    file.write_bytes(bomb())

    with pytest.raises(ProblemError, match=why) as refused:
        refuse_bomb(file, "file.xlsx", SMALL)

    assert refused.value.status_code == 422
    assert "'file.xlsx' is not opened" in refused.value.detail


def test_an_encrypted_workbook_is_not_opened(tmp_path: Path) -> None:
    content = archive({"sheet.xml": counts()})
    at = content.rindex(b"PK\x01\x02")
    file = tmp_path / "file"
    file.write_bytes(content[: at + 8] + b"\x01" + content[at + 9 :])

    with pytest.raises(ProblemError, match="encrypted"):
        refuse_bomb(file, "file.xlsx", SMALL)
