"""Domain objects to and from JSON, by their own type annotations and the standard library alone.

Unknown fields, missing fields, wrong types, NaN and infinities are refused with the path to the fault, all of them at
once. Units stay in the names, dates are ISO 8601, sums of types are tried in order.
"""

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, lru_cache
from typing import Any, TypeVar

from city.errors import BrokenRuleError, CityError, InvalidValueError, SeveralErrors, UnreadableInputError, raise_all

T = TypeVar("T")
MOST_KEPT = 20_000  # documents; of more the one asked for longest ago is read anew


def encode(value: object) -> Any:
    """Plain JSON data of a domain object. Tuples become lists; pairs of a tuple of pairs stay pairs."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    return value


def to_json(value: object, *, indent: int | None = 2) -> str:
    return json.dumps(encode(value), ensure_ascii=False, indent=indent, allow_nan=False) + "\n"


def canonical_json(value: object) -> str:
    """One byte sequence for one meaning: sorted keys, no spaces. What hashes and replays are made from."""
    return json.dumps(encode(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def parse_json(text: str | bytes, source: str) -> Any:
    """JSON without the literals that JSON does not have (NaN, Infinity)."""

    def refuse(literal: str) -> None:
        raise UnreadableInputError(source=source, problem=f"it holds {literal}, which is not a number JSON knows")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as cause:
        raise UnreadableInputError(source=source, problem=f"it is not JSON ({cause})") from cause


class _Faults(list[CityError]):
    """What was found so far. `nameless` are faults of parts without an id, such as a shift: their owner names them."""

    def __init__(self) -> None:
        super().__init__()
        self.nameless: list[CityError] = []

    def name(self, owner: str) -> None:
        for error in self.nameless:
            if isinstance(error, (InvalidValueError, BrokenRuleError)):
                error.subject = f"{owner}: {error.subject}"
        self.nameless.clear()


def decode(kind: type[T], data: object, where: str = "") -> T:
    """A domain object from JSON data. Raises one CityError that names every fault with its path."""
    errors = _Faults()
    value = _decode(kind, data, where, errors)
    raise_all(where or kind.__name__, errors)
    return typing.cast("T", value)


def from_json(kind: type[T], text: str | bytes, source: str) -> T:
    return decode(kind, parse_json(text, source), source)


def stored(kind: type[T], text: str, source: str) -> T:
    """As `from_json`. Master data are asked for again and again: the same document is the same frozen object."""
    return typing.cast("T", _kept(kind, text, source))  # type: ignore[arg-type]  # a class is hashable


@lru_cache(maxsize=MOST_KEPT)
def _kept(kind: type[Any], text: str, source: str) -> object:
    return from_json(kind, text, source)


def _wrong(where: str, found: object, expected: str, errors: _Faults) -> object:
    subject, _, field = where.rpartition(": ") if ": " in where else ("Document", "", where)
    shown = found if not isinstance(found, (dict, list)) else f"{type(found).__name__} of {len(found)}"
    errors.append(InvalidValueError(subject=subject, field=field or "value", found=shown, expected=expected))
    return None


def _decode(kind: Any, data: object, where: str, errors: _Faults) -> object:
    kind = getattr(kind, "__supertype__", kind)  # NewType
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(kind, data, where, errors)
    if origin is tuple:
        return _decode_tuple(kind, data, where, errors)
    if origin is dict:
        return _decode_dict(kind, data, where, errors)
    if is_dataclass(kind):
        return _decode_object(typing.cast("type[Any]", kind), data, where, errors)
    return _decode_scalar(kind, data, where, errors)


def _decode_union(kind: Any, data: object, where: str, errors: _Faults) -> object:
    choices = typing.get_args(kind)
    if data is None and type(None) in choices:
        return None
    attempt = _Faults()
    for choice in choices:
        if choice is type(None):
            continue
        attempt = _Faults()
        value = _decode(choice, data, where, attempt)
        if not attempt:
            return value
    errors.extend(attempt)
    errors.nameless.extend(attempt.nameless)
    return None


def _decode_tuple(kind: Any, data: object, where: str, errors: _Faults) -> object:
    parts = typing.get_args(kind)
    if not isinstance(data, (list, tuple)):
        return _wrong(where, data, "a list", errors)
    if len(parts) == 2 and parts[1] is Ellipsis:
        return tuple(_decode(parts[0], item, f"{where}[{k}]", errors) for k, item in enumerate(data))
    if len(data) != len(parts):
        return _wrong(where, data, f"a list of {len(parts)}", errors)
    return tuple(
        _decode(part, item, f"{where}[{k}]", errors) for k, (part, item) in enumerate(zip(parts, data, strict=True))
    )


def _decode_dict(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, "an object", errors)
    _, item_kind = typing.get_args(kind)
    return {str(key): _decode(item_kind, item, f"{where}.{key}", errors) for key, item in data.items()}


def _decode_object(kind: type[Any], data: object, where: str, errors: _Faults) -> object:
    if not isinstance(data, dict):
        return _wrong(where, data, f"an object ({kind.__name__})", errors)
    known, hints = _shape(kind)  # type: ignore[arg-type]  # a class is hashable
    path = f"{where}." if ": " in where else f"{where}: " if where else f"{kind.__name__}: "
    before = len(errors)
    for name in data.keys() - known.keys():
        _wrong(f"{path}{name}", data[name], f"no such field; known are {', '.join(known)}", errors)
    values = {}
    for name, field in known.items():
        if name in data:
            values[name] = _decode(hints[name], data[name], f"{path}{name}", errors)
        elif _is_required(field):
            _wrong(f"{path}{name}", None, "a value; the field is missing", errors)
    name = next((name for name in known if name.endswith("_id") and isinstance(data.get(name), str)), None)
    if len(errors) == before:
        try:
            return kind(**values)
        except CityError as error:
            own = error.errors if isinstance(error, SeveralErrors) else (error,)
            errors.extend(own)
            errors.nameless.extend(own if name is None else ())
    if name is not None:
        errors.name(f"{kind.__name__} {data[name]}")
    return None


@cache
def _shape(kind: type[Any]) -> tuple[dict[str, "Field[Any]"], dict[str, Any]]:
    """Fields and their types: reading annotations anew takes longer than reading the document."""
    return {field.name: field for field in fields(kind)}, typing.get_type_hints(kind)


def _is_required(field: "Field[Any]") -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _decode_scalar(kind: Any, data: object, where: str, errors: _Faults) -> object:
    if kind is bool and isinstance(data, bool):
        return data
    if kind is int and isinstance(data, int) and not isinstance(data, bool):
        return data
    if kind is float and isinstance(data, (int, float)) and not isinstance(data, bool) and math.isfinite(data):
        return float(data)
    if kind is str and isinstance(data, str):
        return data
    if isinstance(kind, type) and issubclass(kind, (Enum, date)) and isinstance(data, str):
        try:
            return kind(data) if issubclass(kind, Enum) else kind.fromisoformat(data)
        except ValueError:
            pass
    return _wrong(where, data, _scalar_text(kind), errors)


def _scalar_text(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "one of " + ", ".join(str(item.value) for item in kind)
    names = {
        int: "a whole number",
        float: "a finite number",
        str: "a text",
        bool: "true or false",
        date: "a date such as 2026-03-01",
        datetime: "a time with offset such as 2026-03-01T07:00:00+08:00",
    }
    return names.get(kind, str(kind))
