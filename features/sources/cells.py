"""Cells of master data: what a text means follows from the type of the field that it is for."""

import re
import types
import typing
from dataclasses import is_dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

from city.documents import encode
from city.errors import InvalidValueError
from city.waste import TimeWindow
from features.sources.feeds import Column, Feed
from features.sources.number_texts import number_text
from features.sources.toml_table import close_to
from features.sources.units import conversion, unit_of_field
from features.sources.values import NO, YES
from features.sources.word_map import listed

_CLOCK = re.compile(r"(?:1899-12-3[01] )?(\d{1,2}):([0-5]\d)(?::([0-5]\d))?(?:\.0+)?")
_DAY_S = 86_400


def in_our_words(cell: str, spec: Column, path: str, feed: Feed, *, several: bool) -> str:
    """The cell with the mapping's words for the department's; of a list, each of its items."""
    if not spec.values:
        return cell
    whole = not several or cell in dict(spec.values)
    items = [cell] if whole else [item.strip() for item in cell.split(spec.separator)]
    known = listed(items, spec.values)
    said = [known.get(item, spec.default) for item in items if item]
    for item, word in zip(filter(None, items), said, strict=True):
        if word is None:
            raise InvalidValueError(
                subject=feed.subject, field=path, found=item, expected="a word that the mapping lists"
            )
    return spec.separator.join(word for word in said if word is not None)


def field_type(kind: object, path: str, subject: str) -> object:
    """The type at the end of a dotted path; numbers are positions in a tuple."""
    for step in path.split("."):
        kind = _plain(kind)
        if step.isdigit():
            kind = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else None
        elif is_dataclass(kind):
            hints = typing.get_type_hints(kind)
            if step not in hints:
                raise InvalidValueError(
                    subject=subject, field="columns", found=path, expected=f"a field; {close_to(step, hints)}"
                )
            kind = hints[step]
        else:
            kind = None
        if kind is None:
            raise InvalidValueError(
                subject=subject, field="columns", found=path, expected=f"a field of master data; {step!r} leads nowhere"
            )
    return _plain(kind)


def _plain(kind: object) -> object:
    """Without NewType and without `| None`."""
    kind = getattr(kind, "__supertype__", kind)
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return _plain(next(choice for choice in typing.get_args(kind) if choice is not type(None)))
    return kind


def put(document: dict[str, Any], path: str, value: object) -> None:
    """{'compartments': [{'body_m3': 8.0}]} from 'compartments.0.body_m3'."""
    steps = path.split(".")
    place: Any = document
    for step, after in pairwise(steps):
        fresh: Any = [] if after.isdigit() else {}
        if step.isdigit():
            place += [{} for _ in range(int(step) + 1 - len(place))]
            place = place[int(step)]
        else:
            place = place.setdefault(step, fresh)
    place[steps[-1]] = value


def value_of(kind: object, path: str, text: str, spec: Column, feed: Feed) -> object:
    """JSON data for a field of this type."""
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)[0]
        items = [item.strip() for item in text.split(spec.separator) if item.strip()]
        return [value_of(_plain(inner), path, item, spec, feed) for item in items]
    if kind is TimeWindow:
        start, _, end = text.partition("-")
        window = TimeWindow(start_s=_clock(path, start, feed), end_s=_end_clock(path, start, end, feed))
        return encode(window)
    if kind is bool:
        return _flag(path, text, feed)
    if kind is int or kind is float:
        return _number(path, text, spec, feed, is_whole=kind is int)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return text.casefold() if text.casefold() in {str(item.value) for item in kind} else text
    return text


def _end_clock(path: str, start: str, end: str, feed: Feed) -> int:
    """A window whose end is not after its start ends on the next day."""
    begin, finish = _clock(path, start, feed), _clock(path, end, feed)
    return finish if finish > begin else finish + _DAY_S


def _clock(path: str, text: str, feed: Feed) -> int:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise InvalidValueError(
            subject=feed.subject,
            field=path,
            found=text,
            expected="a time of day such as 06:30, or 06:00-09:00 for a window",
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _flag(path: str, text: str, feed: Feed) -> bool:
    if text.casefold() in YES:
        return True
    if text.casefold() in NO:
        return False
    raise InvalidValueError(subject=feed.subject, field=path, found=text, expected="yes or no")


def _number(path: str, text: str, spec: Column, feed: Feed, *, is_whole: bool) -> int | float:
    own = unit_of_field(path)
    if own == "s" and ":" in text:
        return _clock(path, text, feed)
    try:
        value = float(number_text(text, feed.reading))
    except ValueError:
        raise InvalidValueError(subject=feed.subject, field=path, found=text, expected="a number") from None
    if spec.unit is not None and own is not None:
        factor, shift = conversion(feed.subject, path, own, spec.unit)
        value = value * factor + shift
    if is_whole and own is not None:
        return round(value)
    return int(value) if is_whole and value.is_integer() else value
