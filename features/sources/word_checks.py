"""Words that a mapping promises to write, held against what their columns may hold before a file is opened."""

import typing
from collections.abc import Iterable
from enum import Enum
from typing import Any

import dataframely as dy

from city.errors import CityError, InvalidValueError
from city.places import District
from features.sources.cells import field_type
from features.sources.columns import OPEN
from features.sources.entities import KINDS
from features.sources.feeds import Feed
from features.sources.toml_table import TomlTable, close_to
from features.sources.values import NO, YES

_EVERY_DISTRICT = "*"
_DISTRICTS = ("district_id", "district_ids")


def check_words(table: TomlTable, feed: Feed, said: dict[str, Any], districts: tuple[District, ...]) -> None:
    """Constants, defaults and targets of `map`; what a lookup's file says is left to the rows that need it."""
    known = tuple(str(district.district_id) for district in districts)
    if known and feed.district not in (None, OPEN, _EVERY_DISTRICT, *known):
        table.wrong("district", feed.district, f"a district of [city]; {close_to(feed.district or '', known)}")
    places = [(table.subject, said.get("columns"))]
    for number, part in enumerate(said.get("part") or (), 1):
        places.append((f"{table.subject}, part {number}", part.get("columns") if isinstance(part, dict) else None))
    for subject, columns in places:
        for name, spec in columns.items() if isinstance(columns, dict) else ():
            if isinstance(spec, dict):
                table.errors += _wrong_words(f"{subject}, column {name}", feed, name, spec, known)


def _wrong_words(
    subject: str, feed: Feed, name: str, spec: dict[str, Any], districts: tuple[str, ...]
) -> list[CityError]:
    choices, expected = _choices(feed, name), "one of its words"
    if name in _DISTRICTS:
        choices, expected = (*districts, _EVERY_DISTRICT) if districts else (), "a district of [city]"
    if not choices:
        return []
    separator = spec.get("separator", ";") if _is_list(feed, name) else None
    folds = feed.entity is not None or set(YES) <= set(choices)
    shown = [choice for choice in choices if choice != _EVERY_DISTRICT]
    return [
        InvalidValueError(subject=subject, field=key, found=word, expected=f"{expected}; {close_to(word, shown)}")
        for key, text in _written(spec)
        for word in (part.strip() for part in (text.split(separator) if separator else [text]))
        if (word.casefold() if folds and name not in _DISTRICTS else word) not in choices and word != OPEN
    ]


def _written(spec: dict[str, Any]) -> Iterable[tuple[str, str]]:
    """What the mapping itself writes into the column. A default may be one of the words that `map` translates."""
    targets = spec.get("map")
    words = targets if isinstance(targets, dict) else {}
    if isinstance(spec.get("value"), str):
        yield "value", spec["value"]
    for word in dict.fromkeys(words.values()):
        yield "map", str(word)
    if isinstance(spec.get("default"), str) and spec["default"] not in words:
        yield "default", spec["default"]


def _choices(feed: Feed, name: str) -> tuple[str, ...]:
    """What a column may hold, where that is a list of words; nothing for columns of another kind."""
    if feed.entity is None:
        column = feed.contract.columns().get(name)
        found: tuple[str, ...] = (column.metadata or {}).get("choices", ()) if column is not None else ()
        return YES + NO if isinstance(column, dy.Bool) else tuple(str(word) for word in found)
    kind = _field(feed, name)
    kind = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else kind
    if kind is bool:
        return YES + NO
    return tuple(str(item.value) for item in kind) if isinstance(kind, type) and issubclass(kind, Enum) else ()


def _is_list(feed: Feed, name: str) -> bool:
    return feed.entity is not None and typing.get_origin(_field(feed, name)) is tuple


def _field(feed: Feed, path: str) -> object:
    """The type of a field of master data; None where there is no such field, which is said elsewhere."""
    try:
        return field_type(KINDS[feed.entity or ""], path, feed.subject)
    except (CityError, KeyError):
        return None
