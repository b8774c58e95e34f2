"""A mapping that came over the network may name the files sent with it, and nothing else of this machine or another."""

import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from city.errors import CityError, InvalidValueError, UnreadableInputError, raise_all

MOST_MAPPING_BYTES = 1024 * 1024
_FILE_KEYS = ("path", "file")
_ELSEWHERE = ("database", "url")
# In these tables the keys are the department's own words, which may well be `path`.
_WORDS = (("columns",), ("map",), ("districts",))


def refuse_what_leads_out(name: str, text: str) -> None:
    """Before the mapping is read: reading it opens the lookup tables that it names."""
    if len(text.encode()) > MOST_MAPPING_BYTES:
        raise InvalidValueError(
            subject=name,
            field="size",
            found=f"{len(text.encode()):,} bytes",
            expected=f"at most {MOST_MAPPING_BYTES:,}",
        )
    try:
        said = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as cause:
        raise UnreadableInputError(source=name, problem=f"it is not TOML ({cause})") from cause
    raise_all(name, list(_faults(name, said, ())))


def _faults(name: str, said: object, path: tuple[str, ...]) -> Iterator[CityError]:
    if isinstance(said, dict):
        for key, value in said.items():
            yield from _of_entry(name, str(key), value, path)
            yield from _faults(name, value, (*path, str(key)))
    elif isinstance(said, list):
        for number, value in enumerate(said, 1):
            yield from _faults(name, value, (*path, str(number)))


def _of_entry(name: str, key: str, value: Any, path: tuple[str, ...]) -> Iterator[CityError]:  # noqa: ANN401  -- TOML
    if path[-1:] in _WORDS:
        return
    where = ".".join((*path, key))
    if key in _ELSEWHERE and value is not None:
        yield InvalidValueError(
            subject=name, field=where, found="a source elsewhere", expected="files of the upload only",
            todo="Databases are read by `city import` on the machine that keeps the city.",
        )  # fmt: skip
    if key in _FILE_KEYS and isinstance(value, str) and _leads_out(value):
        yield InvalidValueError(
            subject=name, field=where, found=value, expected="the name of a file in the upload, or a pattern of names"
        )


def _leads_out(pattern: str) -> bool:
    windows = PureWindowsPath(pattern)
    parts = (*PurePosixPath(pattern).parts, *windows.parts)
    rooted = PurePosixPath(pattern).is_absolute() or bool(windows.anchor)
    return rooted or ".." in parts or pattern.startswith("~") or "\x00" in pattern or "://" in pattern
