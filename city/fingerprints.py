"""Hashes of values and of source texts: whether something is still what it was.

Fields that hold their declared default are left out of a value's hash: a later release that adds an optional field
leaves the hashes of older values as they are.
"""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Final

from city.documents import canonical_json
from city.errors import UnreadableInputError

OURS: Final = ("city", "optimization")


def fingerprint(value: object, *, by_amount: bool = False) -> str:
    """SHA-256, hexadecimal, of what the value means. With `by_amount` 5000 and 5000.0 are the same number."""
    essence = _essential(value)
    return hashlib.sha256(canonical_json(_whole(essence) if by_amount else essence).encode()).hexdigest()


def fingerprint_of_sources(names: Iterable[str]) -> str:
    """Of the source texts of modules, in their order: the version of what they do together."""
    whole = hashlib.sha256()
    for name in names:
        whole.update(f"{name}\n{source_text(name).replace(chr(13) + chr(10), chr(10)).strip()}\n".encode())
    return whole.hexdigest()


def source_text(name: str) -> str:
    found = importlib.util.find_spec(name)
    loader = found.loader if found is not None else None
    text = loader.get_source(name) if loader is not None and hasattr(loader, "get_source") else None
    if not isinstance(text, str):
        raise UnreadableInputError(source=name, problem="its source text is not installed, so it has no version")
    return text


def sources_of(*entries: str) -> dict[str, str]:
    """Source texts of the modules and of all of ours that they import, however far, by name."""
    found: dict[str, str] = {}
    waiting = list(entries)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = source_text(name)
            waiting += _imported(found[name])
    return dict(sorted(found.items()))


def _imported(text: str) -> list[str]:
    names = [
        node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    ]
    return [name for name in dict.fromkeys(names) if name.split(".")[0] in OURS]


def _essential(value: object) -> object:
    """As plain data, without the fields that hold their declared default."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _essential(getattr(value, field.name))
            for field in fields(value)
            if field.default is MISSING or getattr(value, field.name) != field.default
        }
    if isinstance(value, (list, tuple)):
        return [_essential(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _essential(item) for key, item in value.items()}
    return value.value if isinstance(value, Enum) else value


def _whole(value: object) -> object:
    """Numbers without a fraction as whole numbers."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, (list, tuple)) else value
