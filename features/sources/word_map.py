"""The mapping's `map`: words as they are written, and patterns such as "Missed*" for what is not listed itself."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

import polars as pl

_PATTERN = frozenset("*?")


def listed(found: pl.Series | Iterable[str | None], pairs: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The words of `pairs` and those found that fit one of its patterns: words first, then patterns in their order."""
    known = dict(pairs)
    patterns = [(key, word) for key, word in pairs if _PATTERN & set(key)]
    if not patterns:
        return known
    for text in set(found.unique() if isinstance(found, pl.Series) else found) - known.keys() - {None}:
        fitting = next((word for key, word in patterns if fnmatchcase(str(text), key)), None)
        if fitting is not None:
            known[str(text)] = fitting
    return known
