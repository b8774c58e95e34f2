"""Files that are small on the wire and huge once unpacked: found before anything else opens them.

Declared sizes are checked first, since that costs nothing; then every entry is really unpacked and counted, piece by
piece, because a declared size may lie. Nothing is written and no more than a piece is ever held in memory.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow.parquet as pq

from serving.api.problems import ProblemError

PIECE_BYTES = 256 * 1024
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"
ARCHIVES = (
    *ZIP_MAGIC,
    GZIP_MAGIC,
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xfd7zXZ\x00",
    b"BZh",
    b"\x28\xb5\x2f\xfd",
)
END = struct.Struct("<4s4H2LH")
END_MAGIC = b"PK\x05\x06"
LONGEST_COMMENT = 65_535
LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_MAGIC = b"PK\x03\x04"
ZIP64_FIELD = 0xFFFFFFFF
ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """What a file may become. Small ones may be packed as tightly as they like: `ratio_from_bytes`."""

    most_unpacked_bytes: int = 512 * 1024 * 1024
    most_ratio: int = 200
    ratio_from_bytes: int = 16 * 1024 * 1024
    most_entries: int = 2_000
    most_directory_bytes: int = 1024 * 1024
    most_cells: int = 100_000_000


USUAL = FileLimits()


def refuse_bomb(path: Path, name: str, limits: FileLimits = USUAL) -> None:
    """Raises ProblemError for a workbook, archive or Parquet file that is larger than it looks. `name` is shown.

    Reads the whole file: call it in a thread. Files of other kinds are what they look like and pass.
    """
    with path.open("rb") as file:
        first = file.read(8)
        if first.startswith(ZIP_MAGIC):
            _check_zip(file, name, limits)
        elif first.startswith(GZIP_MAGIC):
            _check_gzip(file, path.stat().st_size, name, limits)
        elif first.startswith(PARQUET_MAGIC):
            _check_parquet(file, name, limits)


def _check_zip(file: BinaryIO, name: str, limits: FileLimits) -> None:
    _check_directory(file, name, limits)
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as cause:
        raise _refusal(name, "it is no readable archive") from cause
    if len(entries) > limits.most_entries:
        raise _refusal(name, f"it holds {len(entries):,} entries, {limits.most_entries:,} at most may be in it")
    for entry in entries:
        _refuse_odd(entry, name)
    declared = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    _refuse_too_large(declared, packed, name, limits)
    for entry in entries:
        _unpack(file, entry, name)


def _check_directory(file: BinaryIO, name: str, limits: FileLimits) -> None:
    """The list of entries is read as a whole by whoever opens the archive: it must be short itself."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END.size - LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(END_MAGIC)
    if at < 0 or len(tail) - at < END.size:
        raise _refusal(name, "it has no end: the archive was cut off")
    _, _, _, _, entries, directory_bytes, start, _ = END.unpack_from(tail, at)
    if ZIP64_FIELD in {directory_bytes, start}:
        raise _refusal(name, "it says that it is larger than 4 GB")
    if entries > limits.most_entries or directory_bytes > limits.most_directory_bytes:
        raise _refusal(name, f"it holds more than {limits.most_entries:,} entries")


def _refuse_odd(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & ENCRYPTED:
        raise _refusal(name, "a part of it is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _refusal(name, "a part of it is packed in a way that workbooks do not use")


def _refuse_too_large(unpacked: int, packed: int, name: str, limits: FileLimits) -> None:
    if unpacked > limits.most_unpacked_bytes:
        raise _refusal(name, f"unpacked it has more than {limits.most_unpacked_bytes // 1024**2:,} MB")
    if unpacked > limits.ratio_from_bytes and unpacked > limits.most_ratio * max(1, packed):
        raise _refusal(name, f"it unpacks to more than {limits.most_ratio} times its size")


def _unpack(file: BinaryIO, entry: zipfile.ZipInfo, name: str) -> None:
    """Counts what really comes out, and looks at how it begins."""
    seen = 0
    for piece in _pieces(file, entry, name):
        if seen == 0 and piece.startswith(ARCHIVES):
            raise _refusal(name, "it holds another archive")
        seen += len(piece)
        if seen > entry.file_size:
            break
    if seen != entry.file_size:
        raise _refusal(name, "a part of it has another size than it says")


def _pieces(file: BinaryIO, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    # Not through `zipfile`: it stops at the declared size, and whoever reads the workbook later may not.
    file.seek(entry.header_offset)
    header = file.read(LOCAL.size)
    if len(header) < LOCAL.size or not header.startswith(LOCAL_MAGIC):
        raise _refusal(name, "a part of it is not where it should be")
    *_, name_bytes, extra_bytes = LOCAL.unpack(header)
    file.seek(name_bytes + extra_bytes, 1)
    left = entry.compress_size
    inflating = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    while left > 0:
        packed = file.read(min(PIECE_BYTES, left))
        if not packed:
            raise _refusal(name, "it was cut off")
        left -= len(packed)
        if inflating is None:
            yield packed
        else:
            yield from _inflated(inflating, packed, name)


def _inflated(inflating: "zlib._Decompress", packed: bytes, name: str) -> Iterator[bytes]:
    while True:
        try:
            piece = inflating.decompress(packed, PIECE_BYTES)
        except zlib.error as cause:
            raise _refusal(name, "a part of it cannot be unpacked") from cause
        packed = inflating.unconsumed_tail
        if piece:
            yield piece
        # A full piece may not be all that the bytes taken in so far unpack to.
        if inflating.eof or (not packed and len(piece) < PIECE_BYTES):
            return


def _check_gzip(file: BinaryIO, packed_bytes: int, name: str, limits: FileLimits) -> None:
    seen = 0
    for piece in _gunzipped(file, name):
        if seen == 0 and piece.startswith(ARCHIVES):
            raise _refusal(name, "it holds another archive")
        seen += len(piece)
        _refuse_too_large(seen, packed_bytes, name, limits)


def _gunzipped(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Of every member: a file may hold several, one after the other."""
    file.seek(0)
    inflating = zlib.decompressobj(31)
    while packed := file.read(PIECE_BYTES):
        while packed:
            yield from _inflated(inflating, packed, name)
            packed = b""
            if inflating.eof:
                packed = inflating.unused_data.lstrip(b"\0")
                inflating = zlib.decompressobj(31)


def _check_parquet(file: BinaryIO, name: str, limits: FileLimits) -> None:
    try:
        told = pq.ParquetFile(file).metadata
    except Exception as cause:
        raise _refusal(name, "it is no readable Parquet file") from cause
    cells = told.num_rows * told.num_columns
    if cells > limits.most_cells:
        raise _refusal(name, f"it holds {cells:,} cells, {limits.most_cells:,} at most may be in it")


def _refusal(name: str, why: str) -> ProblemError:
    return ProblemError("unreadable-input", f"The file {name!r} is not opened: {why}.")
