"""A collection problem as a document, so that a plan can be checked again against what it was made from."""

import json
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from city.collection_problem import CollectionProblem, PointDemand, Prices
from city.documents import decode, encode, parse_json
from city.errors import UnreadableInputError
from city.network import TravelTimes
from city.waste import CollectionPoint, Depot, DisposalSite, Truck

Part = TypeVar("Part")
_NO_WAY = -1


def write_problem(path: Path, problem: CollectionProblem) -> None:
    document = {
        "service_date": problem.service_date.isoformat(),
        "time_zone": problem.time_zone,
        "load_quantile": problem.load_quantile,
        "places": problem.places,
        "assumed": list(problem.assumed),
        **{
            name: encode(getattr(problem, name)) for name in ("points", "demand", "trucks", "depots", "sites", "prices")
        },
        "travel": _travel_document(problem.travel),
    }
    path.write_text(json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def read_problem(path: Path) -> CollectionProblem:
    document = parse_json(path.read_bytes(), path.name)
    try:
        return _problem(document, path.name)
    except (KeyError, TypeError) as cause:
        raise UnreadableInputError(source=path.name, problem=f"it is no collection problem ({cause!r})") from cause


def _problem(document: dict[str, Any], source: str) -> CollectionProblem:
    def part(kind: type[Part], name: str) -> Part:
        return decode(kind, document[name], f"{source}: {name}")

    quantile: Literal["p50", "p90"] = "p50" if document["load_quantile"] == "p50" else "p90"
    return CollectionProblem(
        points=part(tuple[CollectionPoint, ...], "points"),
        demand=part(tuple[PointDemand, ...], "demand"),
        trucks=part(tuple[Truck, ...], "trucks"),
        depots=part(tuple[Depot, ...], "depots"),
        sites=part(tuple[DisposalSite, ...], "sites"),
        travel=_travel_times(document["travel"]),
        service_date=part(date, "service_date"),
        time_zone=part(str, "time_zone"),
        places=part(dict[str, str], "places"),
        load_quantile=quantile,
        prices=part(Prices, "prices"),
        assumed=part(tuple[str, ...], "assumed"),
    )


def _travel_document(travel: TravelTimes) -> dict[str, Any]:
    """Rows of whole seconds and metres in the order of `places`; -1 where there is no way."""
    seconds, metres = [], []
    for origin in travel.places:
        known = [travel.knows(origin, place) for place in travel.places]
        pairs = list(zip(travel.places, known, strict=True))
        seconds.append([travel.seconds(origin, place) if there else _NO_WAY for place, there in pairs])
        metres.append([travel.metres(origin, place) if there else _NO_WAY for place, there in pairs])
    return {"places": list(travel.places), "seconds": seconds, "metres": metres}


def _travel_times(document: dict[str, Any]) -> TravelTimes:
    return TravelTimes.from_rows(document["places"], document["seconds"], document["metres"])
