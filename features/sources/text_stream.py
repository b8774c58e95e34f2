"""Text files in any encoding as UTF-8, a piece at a time: memory does not grow with the file."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from city.errors import UnreadableInputError

_GZIP = b"\x1f\x8b"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def utf8_pieces(path: Path, encoding: str, where: str, *, size: int) -> Iterator[bytes]:
    """The file's text as UTF-8 without a byte order mark; gzip is unpacked.

    Raises UnreadableInputError with the position of the first byte that the encoding does not know.
    """
    try:
        with _opened(path) as stream:
            head = stream.read(size)
            bom, own = next(((bom, name) for bom, name in _BOMS if head.startswith(bom)), (b"", encoding))
            yield from _decoded(stream, head[len(bom) :], own, len(bom), where, size)
    except (OSError, EOFError, zlib.error) as cause:
        raise UnreadableInputError(source=where, problem=f"it cannot be read ({cause})") from cause


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast("BinaryIO", gzip.open(path, "rb")) if packed else path.open("rb")


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
