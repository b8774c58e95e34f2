"""A collection problem to and from JSON, so that a plan can be checked wherever it goes."""

from array import array
from dataclasses import fields
from datetime import date
from typing import Any, Literal

from city.collection_problem import CollectionProblem, PointDemand, Prices
from city.documents import decode, encode, parse_json, to_json
from city.errors import UnreadableInputError
from city.network import TravelTimes
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

# Of each field of a problem, its type on the wire; travel times have a form of their own.
_KINDS: dict[str, Any] = {
    "points": tuple[CollectionPoint, ...],
    "demand": tuple[PointDemand, ...],
    "trucks": tuple[Truck, ...],
    "depots": tuple[Depot, ...],
    "sites": tuple[DisposalSite, ...],
    "service_date": date,
    "time_zone": str,
    "places": dict[str, str],
    "load_quantile": str,
    "prices": Prices,
    "assumed": tuple[str, ...],
}
_QUANTILES: dict[str, Literal["p50", "p90"]] = {"p50": "p50", "p90": "p90"}


def problem_to_json(problem: CollectionProblem) -> str:
    """Travel times are rows of whole seconds and metres in the order of `places`; -1 where there is no way."""
    rows = [problem.travel.rows(place) for place in problem.travel.places]
    travel = {
        "places": list(problem.travel.places),
        "seconds": [seconds.tolist() for seconds, _ in rows],
        "metres": [metres.tolist() for _, metres in rows],
    }
    document = {field.name: encode(getattr(problem, field.name)) for field in fields(problem) if field.name in _KINDS}
    return to_json({**document, "travel": travel}, indent=None)


def problem_from_json(text: str | bytes, source: str) -> CollectionProblem:
    """Raises one CityError that names every fault of the first part that has one."""
    data = parse_json(text, source)
    if not isinstance(data, dict) or set(data) != {*_KINDS, "travel"}:
        wanted = ", ".join([*_KINDS, "travel"])
        raise UnreadableInputError(source=source, problem=f"it is no collection problem; expected the fields {wanted}")
    values = {name: decode(kind, data[name], f"{source}: {name}") for name, kind in _KINDS.items()}
    if values["load_quantile"] not in _QUANTILES:
        raise UnreadableInputError(source=source, problem="load_quantile is neither 'p50' nor 'p90'")
    return CollectionProblem(**values, travel=_travel(data["travel"], source))


def _travel(data: object, source: str) -> TravelTimes:
    where = f"{source}: travel"
    if not isinstance(data, dict) or set(data) != {"places", "seconds", "metres"}:
        raise UnreadableInputError(source=where, problem="expected places, seconds and metres")
    places = decode(tuple[str, ...], data["places"], where)
    seconds, metres = (
        array("i", [value for row in decode(tuple[tuple[int, ...], ...], data[name], where) for value in row])
        for name in ("seconds", "metres")
    )
    return TravelTimes.from_flat(places, seconds, metres)
