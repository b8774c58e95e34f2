"""One table of a TOML file, read key by key: what is wrong is collected, and what nobody asked for is refused."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from city.errors import BrokenRuleError, CityError, InvalidValueError

E = TypeVar("E", bound=StrEnum)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)")
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


def close_to(found: str, known: Iterable[str]) -> str:
    """'; did you mean 'x'?' where something known is spelled alike, else what is known."""
    names = [str(name) for name in known]
    near = nearest(found, names)
    if near is not None:
        return f"did you mean {near!r}?"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"there are {shown}" if names else "there is none"


def nearest(found: str, known: Iterable[str]) -> str | None:
    by_folded = {name.casefold().strip(): name for name in known}
    near = get_close_matches(found.casefold().strip(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[near[0]] if near else None


class TomlTable:
    def __init__(self, subject: str, data: Mapping[str, Any], errors: list[CityError]) -> None:
        self.subject = subject
        self.errors = errors
        self._data = dict(data)
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def wrong(self, field: str, found: object, expected: str, todo: str = "") -> None:
        self.errors.append(
            InvalidValueError(subject=self.subject, field=field, found=found, expected=expected, todo=todo)
        )

    def take(self, key: str) -> Any:  # noqa: ANN401  -- whatever TOML holds
        self._asked.add(key)
        return self._data.get(key)

    def text(self, key: str, default: str | None = None, *, required: bool = False, hint: str = "a text") -> str | None:
        value = self.take(key)
        if value is None:
            if required:
                self.wrong(key, None, f"{hint}; the key is missing")
            return default
        if not isinstance(value, str) or not value:
            self.wrong(key, value, hint)
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; numbers are taken as they are written, one text stands for a list of one."""
        value = self.take(key)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, (dict, list, bool)) for item in items):
            self.wrong(key, value, "a list of texts")
            return ()
        return tuple(str(item) for item in items)

    def flag(self, key: str, *, default: bool = False) -> bool:
        value = self.take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.wrong(key, value, "true or false")
            return default
        return value

    def number(self, key: str, default: float, *, least: float, most: float) -> float:
        value = self.take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
            self.wrong(key, value, f"a number from {least:g} to {most:g}")
            return default
        return float(value)

    def seconds(self, key: str) -> int | None:
        """A duration such as '15min', '2h', '1d' or '0s'; whole seconds."""
        value = self.take(key)
        if value is None:
            return None
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            self.wrong(key, value, 'a duration such as "15min", "2h", "1d" or "0s"')
            return None
        return round(float(match[1]) * _SECONDS[match[2]])

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E | None:
        value = self.take(key)
        if value is None:
            return default
        try:
            return kind(value)
        except ValueError:
            self.wrong(key, value, "one of " + ", ".join(item.value for item in kind))
            return default

    def moment(self, key: str) -> datetime | None:
        """A TOML date, date-time, or a text of one; without a zone."""
        value = self.take(key)
        if isinstance(value, str):
            with suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return datetime(value.year, value.month, value.day)  # noqa: DTZ001  -- wall clock of the feed
        if value is not None and not isinstance(value, datetime):
            self.wrong(key, value, "a date or time such as 2026-01-01 or 2026-01-01 00:15")
            return None
        return value

    def table(self, key: str) -> dict[str, Any]:
        value = self.take(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.wrong(key, value, "a table")
            return {}
        return value

    def tables(self, key: str) -> list[dict[str, Any]]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(key, value, f"tables written as [[{key}]]")
            return []
        return value

    def done(self) -> None:
        """Refuse every key that nothing asked for, naming what it may have been meant to be."""
        known = sorted(self._asked)
        for key in sorted(self._data.keys() - self._asked):
            value = self._data[key]
            if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value)):
                problem = f"there is no table {key!r} here; {close_to(key, known)}"
                self.errors.append(BrokenRuleError(subject=self.subject, problem=problem))
            else:
                self.wrong(key, value, f"no such key here; {close_to(key, known)}")

    def misspelt(self, *keys: str) -> bool:
        """Whether a key that nothing asked for was probably meant to be one of these."""
        return any(nearest(key, self._asked) in keys for key in self._data.keys() - self._asked)
