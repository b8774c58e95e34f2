"""Zip archives of CSV files: each file in one is a source of its own, `archive#file`."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile, is_zipfile

from city.errors import UnreadableInputError
from features.sources.toml_table import close_to

_ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".asc")
_WORKBOOK = ("xl/", "content.xml")
_SIGNATURE = b"PK"
_ENCRYPTED = 1


def is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, whatever its name says; a workbook, which is one too, is none of files."""
    with path.open("rb") as stream:
        if stream.read(len(_SIGNATURE)) != _SIGNATURE:
            return path.suffix.casefold() == ".zip"
    if not is_zipfile(path):
        return True
    with ZipFile(path) as archive:
        return not any(name.startswith(_WORKBOOK) for name in archive.namelist())


def members(path: Path, wanted: str | None, where: str) -> tuple[str, ...]:
    """The files of an archive that a feed reads, by their names: those that `wanted` matches, else every CSV.

    `.txt` and the like count where no file ends in `.csv` or `.tsv`. Raises UnreadableInputError if there is none.
    """
    names = _names(path, where)
    if wanted is not None:
        found = tuple(name for name in names if fnmatchcase(name, wanted) or fnmatchcase(_last(name), wanted))
        if not found:
            raise UnreadableInputError(source=where, problem=f"it has no file {wanted!r}; {close_to(wanted, names)}")
        return found
    for endings in (_ENDINGS[:2], _ENDINGS[2:]):
        found = tuple(name for name in names if name.casefold().endswith(endings))
        if found:
            return found
    raise UnreadableInputError(
        source=where,
        problem=f"no CSV file lies in this archive (there {_are(names)})",
        todo="Unpack it, and name what the feed reads as path; or name a file in it as sheet.",
    )


def _are(names: tuple[str, ...]) -> str:
    return "are " + ", ".join(names[:8]) + (", ..." if len(names) > 8 else "") if names else "is nothing"


def _names(path: Path, where: str) -> tuple[str, ...]:
    try:
        with ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
    except (BadZipFile, OSError) as cause:
        raise UnreadableInputError(
            source=where, problem=f"it is no readable zip archive ({cause})", todo="Fetch it again."
        ) from cause
    shown = [info for info in infos if not _last(info.filename).startswith(".") and "__MACOSX/" not in info.filename]
    locked = [info.filename for info in shown if info.flag_bits & _ENCRYPTED]
    if locked:
        raise UnreadableInputError(source=where, problem=f"{locked[0]} in it has a password", todo="Unpack it first.")
    return tuple(sorted(info.filename for info in shown))


def _last(name: str) -> str:
    return PurePosixPath(name).name


@contextmanager
def opened(path: Path, member: str | None) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of a file in an archive."""
    with ExitStack() as stack:
        if member is None:
            yield stack.enter_context(path.open("rb"))
        else:
            yield stack.enter_context(stack.enter_context(ZipFile(path)).open(member))
