"""JSON documents, JSON lines and GeoJSON as flat frames: a column is a dotted path, list positions are numbers."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from city.documents import parse_json
from city.errors import UnreadableInputError
from features.sources.feeds import Feed
from features.sources.toml_table import close_to

_LINES = (".jsonl", ".ndjson")
_SHOWN = 100  # records whose paths are offered where one is missing
Flattened = Callable[[Any], Any]


def records(feed: Feed, path: Path, where: str, *, rows: int) -> Iterator[pl.DataFrame]:
    """The paths that the mapping reads, as texts. A path that no record has is refused unless listed as `optional`."""
    found = lines(path, where) if path.suffix.casefold() in _LINES else iter(objects(feed, path, where))
    yield from framed(feed, found, where, rows=rows, fixed=())


def framed(feed: Feed, found: Iterable[Any], where: str, *, rows: int, fixed: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Batches of records as frames. `fixed` columns are always there: a standard names them."""
    wanted = tuple(dict.fromkeys([*feed.source_columns(), *feed.reading.optional]))
    unseen = set(wanted) - set(fixed) - set(feed.reading.optional)
    first: list[Any] = []
    remaining = iter(found)
    while batch := list(islice(remaining, max(1, rows))):
        first = first or batch[:_SHOWN]
        columns = {name: [text_at(record, name) for record in batch] for name in wanted}
        unseen = {name for name in unseen if all(value is None for value in columns[name])}
        yield pl.DataFrame(columns, schema=dict.fromkeys(wanted, pl.String))
    _refuse_unseen([name for name in wanted if name in unseen], first, where)


def _refuse_unseen(unseen: list[str], first: list[Any], where: str) -> None:
    known = dict.fromkeys(path for record in first for path in leaves(record))
    if unseen and first:
        said = "; ".join(f"{name!r} ({close_to(name, known)})" for name in unseen)
        raise UnreadableInputError(
            source=where, problem=f"no record has {said}",
            todo="Correct the path, or name it under optional if records may lack it.",
        )  # fmt: skip


def objects(feed: Feed, path: Path, where: str) -> tuple[Any, ...]:
    """The objects of a document: under `items`, the features of a GeoJSON collection, the list, or the one object."""
    document = parse_json(path.read_bytes(), where)
    items = feed.reading.items
    if items is not None:
        document = _under(document, items, where)
    elif isinstance(document, dict) and document.get("type") == "FeatureCollection":
        document = document.get("features")
    found = tuple(document) if isinstance(document, list) else (document,)
    if not found:
        raise UnreadableInputError(source=where, problem="its list is empty")
    return found


def _under(document: Any, items: str, where: str) -> Any:  # noqa: ANN401  -- whatever JSON holds
    if isinstance(document, dict) and items in document:
        return document[items]
    place = document
    for step in items.split("."):
        if not isinstance(place, dict) or step not in place:
            known = list(place) if isinstance(place, dict) else []
            raise UnreadableInputError(source=where, problem=f"it has no {items!r}; {close_to(step, known)}")
        place = place[step]
    return place


def lines(path: Path, where: str) -> Iterator[Any]:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                yield parse_json(
                    line.decode("utf-8-sig", errors="strict") if number == 1 else line, f"{where}, line {number}"
                )


def value_at(record: Any, path: str) -> Any:  # noqa: ANN401
    """What lies at a dotted path; None where it leads nowhere. A key that itself has dots is found as it is."""
    if isinstance(record, dict) and path in record:
        return record[path]
    head, _, rest = path.partition(".")
    inner: Any = None
    if isinstance(record, dict):
        inner = record.get(head)
    elif isinstance(record, list) and head.isdigit() and int(head) < len(record):
        inner = record[int(head)]
    return value_at(inner, rest) if rest and inner is not None else (None if rest else inner)


def text_at(record: Any, path: str) -> str | None:  # noqa: ANN401
    """Texts and numbers as they are written; yes and no as true and false; lists and objects as JSON."""
    value = value_at(record, path)
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def leaves(record: Any, prefix: str = "") -> Iterator[str]:  # noqa: ANN401
    """The dotted paths of a record that lead to values."""
    if isinstance(record, dict) and record:
        for key, value in record.items():
            yield from leaves(value, f"{prefix}{key}.")
    elif isinstance(record, list) and record:
        for number, value in enumerate(record[:3]):
            yield from leaves(value, f"{prefix}{number}.")
    elif prefix:
        yield prefix.removesuffix(".")
