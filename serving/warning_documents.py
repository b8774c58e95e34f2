"""Warnings as documents for the wire, as far as whoever asks may see them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from city.access import Caller
from city.documents import encode
from city.warning_signs import SOURCES, Episode, Warned
from serving.schemas.watching import WarningQuery
from serving.warnings_found import Watches, may_see

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_KEPT_BACK: Final = ("severity", "worse_by", "opens")
Known = tuple[Warned, Episode | None]


def warnings_document(watches: Watches, query: WarningQuery, caller: Caller) -> dict[str, Any]:
    """What holds by the newest looks and by the book, which knows since when and who has acknowledged it."""
    sources = tuple(query.source or SOURCES)
    found: list[Warned] = []
    states = []
    for source in sources:
        told, as_of, refreshing = watches.found(source)
        found += told.warnings
        failed = told.failed if caller.districts is None else ""
        states.append({"source": source, "as_of": as_of.isoformat(), "refreshing": refreshing, "failed": failed})
    known = [one for one in known_of(found, watches.open(sources)) if may_see(caller, one[0]) and _asked(query, one)]
    known.sort(key=lambda one: one[0].since or _LONG_AGO, reverse=True)
    return {"warnings": [warning_document(warned, episode) for warned, episode in known], "watches": states}


def known_of(found: Iterable[Warned], episodes: Iterable[Episode]) -> list[Known]:
    """What only keeps a warning alive is none by itself; what a look has just missed still stands in the book."""
    by_id = {one.warned.warning_id: one for one in episodes}
    known: list[Known] = [
        (one, by_id.pop(one.warning_id, None)) for one in found if one.opens or one.warning_id in by_id
    ]
    return known + [(one.warned, one) for one in by_id.values()]


def _asked(query: WarningQuery, known: Known) -> bool:
    warned, episode = known
    if query.district_id and warned.district_id not in query.district_id:
        return False
    if query.cause and warned.cause not in query.cause:
        return False
    is_acknowledged = episode is not None and episode.is_acknowledged
    return query.acknowledged is None or query.acknowledged is is_acknowledged


def warning_document(warned: Warned, episode: Episode | None) -> dict[str, Any]:
    told = {name: value for name, value in encode(warned).items() if name not in _KEPT_BACK}
    return {**told, "figures": dict(warned.figures), **_of_the_book(episode)}


def _of_the_book(episode: Episode | None) -> dict[str, Any]:
    if episode is None:
        return {"first_seen": None, "last_seen": None, "acknowledged": False, "acknowledgements": []}
    return {
        "first_seen": encode(episode.first_seen),
        "last_seen": encode(episode.last_seen),
        "acknowledged": episode.is_acknowledged,
        "acknowledgements": [encode(one) for one in episode.acknowledgements],
    }
