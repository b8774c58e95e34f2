"""Open311 GeoReport v2 service requests, as JSON or XML, to complaint events: opened, changed, closed.

https://wiki.open311.org/GeoReport_v2: a response shows each request as it is now. `updated_datetime` of a closed
request is when it was closed, of an open one when it was last changed. Of who reported only one id is read, as
`reporter`, which is hashed before it is stored.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import polars as pl

from city.errors import UnreadableInputError
from features.sources.feeds import Column, Feed, Part
from features.sources.json_records import framed, objects

FIXED = (
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description", "agency_responsible",
    "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address", "address_id", "zipcode",
    "lat", "long", "reporter", "changed_datetime", "closed_datetime", "closed",
)  # fmt: skip
COLUMNS: tuple[tuple[str, Column], ...] = (
    ("complaint_id", Column(column="service_request_id")),
    ("category", Column(column="service_code")),
    ("lon", Column(column="long")),
    ("lat", Column(column="lat")),
    ("text", Column(column="description")),
    ("reporter", Column(column="reporter")),
)
PARTS = (
    Part(columns=(("event", Column(value="opened")), ("at", Column(column="requested_datetime")))),
    Part(
        columns=(("event", Column(value="changed")), ("at", Column(column="changed_datetime"))),
        when_present="changed_datetime",
        not_before="requested_datetime",
    ),
    Part(
        columns=(("event", Column(value="closed")), ("at", Column(column="closed_datetime"))),
        when_present="closed",
        not_before="requested_datetime",
    ),
)
_REPORTER = ("account_id", "email", "phone", "device_id")
_PERSONAL = frozenset((*_REPORTER, "first_name", "last_name", "api_key"))
_DEPTH = 3  # service_requests, request, one of its fields


def records(feed: Feed, path: Path, where: str, *, rows: int) -> Iterator[pl.DataFrame]:
    found = _requests(feed, path, where)
    _refuse_error(found, where)
    yield from framed(feed, (_flat(request, where) for request in found), where, rows=rows, fixed=FIXED)


def _requests(feed: Feed, path: Path, where: str) -> tuple[Any, ...]:
    if path.suffix.casefold() == ".xml":
        return _from_xml(path.read_bytes(), where)
    found = objects(feed, path, where)
    if feed.reading.items is None and len(found) == 1 and isinstance(found[0], dict):
        return tuple(found[0].get("service_requests", found[0].get("errors", found)))
    return found


def _refuse_error(found: tuple[Any, ...], where: str) -> None:
    """GeoReport answers a request that it cannot serve with a list of code and description."""
    said = found[0] if found and isinstance(found[0], dict) else {}
    if "code" in said and "service_request_id" not in said:
        raise UnreadableInputError(
            source=where,
            problem=f"the server answered with an error, not with requests: {said['code']}: {said.get('description')}",
            todo="Ask it again, and save the answer over this file.",
        )


def _flat(request: object, where: str) -> dict[str, Any]:
    """The request with its events' times beside it, without what names a person."""
    if not isinstance(request, dict):
        raise UnreadableInputError(source=where, problem=f"a service request is {request!r}, expected an object")
    known = {name: value for name, value in request.items() if name not in _PERSONAL}
    known["reporter"] = next((request[name] for name in _REPORTER if request.get(name)), None)
    updated, closed = request.get("updated_datetime"), str(request.get("status", "")).casefold() == "closed"
    known["closed"] = "closed" if closed else None
    known["closed_datetime"] = updated if closed else None
    known["changed_datetime"] = updated if not closed and updated != request.get("requested_datetime") else None
    return known


def _from_xml(document: bytes, where: str) -> tuple[dict[str, str], ...]:
    """Elements two levels below the root. A document type is refused: entities can be made to expand without end."""
    found: list[dict[str, str]] = []
    path: list[str] = []
    parser = expat.ParserCreate()

    def start(name: str, _attributes: dict[str, str]) -> None:
        path.append(name)
        if len(path) == _DEPTH - 1:
            found.append({})

    def text(data: str) -> None:
        if len(path) == _DEPTH:
            found[-1][path[-1]] = found[-1].get(path[-1], "") + data

    def doctype(*_said: object) -> None:
        raise UnreadableInputError(source=where, problem="it declares a document type", todo="Hand it over without.")

    parser.StartElementHandler, parser.EndElementHandler = start, lambda _name: path.pop()
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, doctype
    try:
        parser.Parse(document, True)  # noqa: FBT003  -- expat's own signature
    except expat.ExpatError as cause:
        raise UnreadableInputError(source=where, problem=f"it is not XML ({cause})") from cause
    return tuple({name: value.strip() for name, value in request.items() if value.strip()} for request in found)
