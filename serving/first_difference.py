"""Where two JSON documents differ first."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 200
ABSENT: Final = "(absent)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`path` leads through the document, such as routes[0].trips[1].stops[3].arrive_s; values as short JSON."""

    path: str
    stored: str
    again: str


def differences(stored: object, again: object, path: str = "") -> Iterator[Difference]:
    """In the order of the stored document; of lists of another length the entries in common come first."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for name in dict.fromkeys((*stored, *again)):
            there = f"{path}.{name}" if path else name
            yield from _each(stored.get(name, _NOTHING), again.get(name, _NOTHING), there)
    elif isinstance(stored, list) and isinstance(again, list):
        for number in range(max(len(stored), len(again))):
            one = stored[number] if number < len(stored) else _NOTHING
            other = again[number] if number < len(again) else _NOTHING
            yield from _each(one, other, f"{path}[{number}]")
    elif _text(stored) != _text(again):
        yield Difference(path=path, stored=_short(stored), again=_short(again))


class _Nothing:
    """What is not in the document; None is a value of its own."""


_NOTHING: Final = _Nothing()


def _each(stored: object, again: object, path: str) -> Iterator[Difference]:
    if stored is _NOTHING or again is _NOTHING:
        yield Difference(path=path, stored=_short(stored), again=_short(again))
    else:
        yield from differences(stored, again, path)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _short(value: object) -> str:
    if value is _NOTHING:
        return ABSENT
    text = _text(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
