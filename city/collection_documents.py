"""A collection problem to and from JSON, so that a plan can be checked wherever it goes."""

import json
import typing
from array import array
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any, Literal

from city.collection_problem import CollectionProblem
from city.documents import decode, encode, parse_json
from city.errors import CityError, SeveralErrors, UnreadableInputError, raise_all
from city.network import TravelTimes
from city.speed_profiles import SpeedProfiles

_QUANTILES: dict[str, Literal["p50", "p90"]] = {"p50": "p50", "p90": "p90"}
_MATRICES = ("seconds", "metres")


def problem_to_json(problem: CollectionProblem) -> str:
    return "".join(problem_parts(problem))


def problem_parts(problem: CollectionProblem) -> Iterator[str]:
    """The document piece by piece: the ways of a large city are more than its memory should hold twice.

    Rows are whole seconds and metres in the order of `places`, -1 where there is no way.
    """
    travel = problem.travel
    plain = {field.name: encode(getattr(problem, field.name)) for field in fields(problem) if field.name != "travel"}
    yield f'{_json(plain)[:-1]}, "travel": {{"places": {_json(list(travel.places))}'
    for position, name in enumerate(_MATRICES):
        yield f', "{name}": ['
        for number, place in enumerate(travel.places):
            yield f"{', ' if number else ''}{_json(travel.rows(place)[position].tolist())}"
        yield "]"
    profiles = travel.profiles
    if profiles is not None:
        named = {name: encode(getattr(profiles, name)) for name in ("classes", "borders_s", "factors")}
        yield f', "profiles": {_json(named)}, "class_of": {_json(list(travel.class_of))}'
    yield "}}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def problem_from_json(text: str | bytes, source: str) -> CollectionProblem:
    """Raises one CityError that names every fault of every part; how parts fit together is looked at after that."""
    data = parse_json(text, source)
    known = {
        field.name: field.default is MISSING and field.default_factory is MISSING for field in fields(CollectionProblem)
    }
    required = {name for name, needed in known.items() if needed}
    if not isinstance(data, dict) or not required <= set(data) <= set(known):
        odd = sorted(map(str, set(data) - set(known))) if isinstance(data, dict) else []
        wanted = f"expected the fields {', '.join(known)}" + (f", not {', '.join(odd)}" if odd else "")
        raise UnreadableInputError(source=source, problem=f"it is no collection problem; {wanted}")
    if data.get("load_quantile", "p90") not in _QUANTILES:
        raise UnreadableInputError(source=source, problem="load_quantile is neither 'p50' nor 'p90'")
    hints = {**typing.get_type_hints(CollectionProblem), "load_quantile": str}
    values: dict[str, Any] = {}
    errors: list[CityError] = []
    for name in data:
        try:
            values[name] = (
                _travel(data[name], source)
                if name == "travel"
                else decode(hints[name], data[name], f"{source}: {name}")
            )
        except CityError as error:
            errors.extend(error.errors if isinstance(error, SeveralErrors) else (error,))
    raise_all(source, errors)
    return CollectionProblem(**values)


def _travel(data: object, source: str) -> TravelTimes:
    where = f"{source}: travel"
    paced = {"profiles", "class_of"}
    if not isinstance(data, dict) or set(data) - paced != {"places", *_MATRICES} or len(set(data) & paced) == 1:
        raise UnreadableInputError(
            source=where, problem="expected places, seconds and metres, and profiles with class_of where paces differ"
        )
    places = decode(tuple[str, ...], data["places"], where)
    seconds, metres = (_matrix(data[name], len(places), f"{where}: {name}") for name in _MATRICES)
    times = TravelTimes.from_flat(places, seconds, metres)
    if "profiles" not in data:
        return times
    return times.with_profiles(
        _profiles(data["profiles"], f"{where}: profiles"), decode(tuple[int, ...], data["class_of"], where)
    )


def _matrix(rows: object, size: int, where: str) -> "array[int]":
    """Millions of cells: looked at by column type, not one by one."""
    if not isinstance(rows, list) or len(rows) != size:
        raise UnreadableInputError(source=where, problem=f"expected {size} rows, one per place")
    flat = array("i")
    for row in rows:
        if not isinstance(row, list) or len(row) != size or not set(map(type, row)) <= {int}:
            raise UnreadableInputError(source=where, problem=f"expected rows of {size} whole numbers, one per place")
        try:
            flat.extend(row)
        except OverflowError as cause:
            raise UnreadableInputError(source=where, problem=f"a value is too large ({cause})") from cause
    return flat


def _profiles(data: object, where: str) -> SpeedProfiles:
    kinds: dict[str, Any] = {
        "classes": tuple[str, ...],
        "borders_s": tuple[int, ...],
        "factors": tuple[tuple[float, ...], ...],
    }
    if not isinstance(data, dict) or set(data) != set(kinds):
        raise UnreadableInputError(source=where, problem=f"expected {', '.join(kinds)}")
    return SpeedProfiles(**{name: decode(kind, data[name], f"{where}: {name}") for name, kind in kinds.items()})
