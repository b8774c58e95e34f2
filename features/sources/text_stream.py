"""Text files in any encoding as UTF-8, a piece at a time: memory does not grow with the file."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast
from zipfile import BadZipFile

from city.errors import UnreadableInputError
from features.sources.archives import opened
from features.sources.disguised import HEAD_BYTES, refuse_disguised

_LONGEST_BOM = 3
_FIRST_LINES = 1024 * 1024  # bytes in which a line of a CSV file ends
_GZIP = b"\x1f\x8b"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def utf8_pieces(path: Path, encoding: str, where: str, *, size: int, member: str | None = None) -> Iterator[bytes]:
    """The file's text as UTF-8 without a byte order mark, its lines ended by line feeds; gzip is unpacked.

    `member` is a file in an archive. Raises UnreadableInputError with the position of the first byte that the encoding
    does not know, and for what is no text.
    """
    try:
        refuse_disguised(_head(path, member), where)
        with _opened(path, member) as stream:
            head = stream.read(max(size, _LONGEST_BOM))
            bom, own = next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), (b"", encoding))
            yield from _with_line_feeds(_decoded(stream, head[len(bom) :], own, len(bom), where, size))
    except EOFError as cause:
        raise UnreadableInputError(
            source=where, problem=f"it ends too early ({cause})", todo="Fetch it again."
        ) from cause
    except (OSError, zlib.error, BadZipFile, NotImplementedError) as cause:
        raise UnreadableInputError(source=where, problem=f"it cannot be read ({cause})") from cause


def _with_line_feeds(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Where the first lines end in carriage returns alone, as those of old Macs, all of them do."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if b"\n" in piece:
            yield from held
            yield from pieces
            return
        if length > _FIRST_LINES:
            break
    alone = any(b"\r" in piece for piece in held)
    for piece in chain(held, pieces):
        yield piece.replace(b"\r", b"\n") if alone else piece


def _head(path: Path, member: str | None) -> bytes:
    with _opened(path, member) as stream:
        return stream.read(HEAD_BYTES)


@contextmanager
def _opened(path: Path, member: str | None) -> Iterator[BinaryIO]:
    """The bytes as they were before gzip packed them."""
    with opened(path, member) as stream:
        packed = stream.read(len(_GZIP)) == _GZIP
    with opened(path, member) as stream:
        if packed:
            with gzip.open(stream, "rb") as unpacked:
                yield cast("BinaryIO", unpacked)
        else:
            yield cast("BinaryIO", stream)


def _decoded(stream: BinaryIO, piece: bytes, encoding: str, offset: int, where: str, size: int) -> Iterator[bytes]:
    plain = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder("utf-8" if plain else encoding)()
    while piece:
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError as cause:
            raise _unknown_byte(where, encoding, offset - waiting + cause.start, plain=plain) from cause
        yield piece if plain else text.encode()
        offset += len(piece)
        piece = stream.read(size)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as cause:
        raise _unknown_byte(where, encoding, offset - len(cause.object) + cause.start, plain=plain) from cause


def _unknown_byte(where: str, encoding: str, position: int, *, plain: bool) -> UnreadableInputError:
    if plain:
        problem, todo = "it is not UTF-8", 'Name its encoding, such as encoding = "gb18030" or "latin-1".'
        return UnreadableInputError(source=where, problem=f"{problem} (byte {position})", todo=todo)
    return UnreadableInputError(source=where, problem=f"byte {position} is no {encoding}", todo="Correct the encoding.")
