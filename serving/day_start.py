"""What a dispatcher knows in the morning and no table does: who is absent, what is broken, shut or closed today.

Notes are written like events of the day (city/disturbances.py) and travel with the request for the day's plan, so that
the plan tells what it was made with.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from city.clock import DAY_S, clock_text
from city.collection_faults import Parts
from city.disturbances import clock_of
from city.errors import CityError, InvalidValueError, UnknownIdError, raise_all
from city.ids import PointId, SiteId, TruckId
from city.waste import CollectionPoint, DisposalSite, Stream, TimeWindow, Truck

FORMS = (
    "absent:T3, workshop:T3, broken-bin:P17, broken-bin:P17/kitchen, closed:P17, closed:P17:11:00-13:00, "
    "site-shut:S1, site-shut:S1:12:00-15:00, site-hours:S1:08:00-16:00"
)
_HOURS = re.compile(r"(.+?):(\d{1,2}:\d\d(?:\+\d)?)-(\d{1,2}:\d\d(?:\+\d)?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayNote:
    kind: str
    name: str
    stream: Stream | None = None
    hours: TimeWindow | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """`sentence` is what the plan tells of such a note; hours are in it where there are any."""

    of: str
    sentence: str
    takes_hours: bool = False
    needs_hours: bool = False


KINDS = {
    "absent": _Kind("truck", "Truck {0} stays at home: its crew is absent."),
    "workshop": _Kind("truck", "Truck {0} stays at home: it is in the workshop."),
    "broken-bin": _Kind("point", "Point {0} is left out: its bins are broken."),
    "closed": _Kind("point", "Point {0} is closed{1}.", takes_hours=True),
    "site-shut": _Kind("site", "Site {0} is shut{1}.", takes_hours=True),
    "site-hours": _Kind("site", "Site {0} is open{1} only.", takes_hours=True, needs_hours=True),
}


def note_of(text: str) -> DayNote:
    kind_name, _, rest = text.partition(":")
    kind = KINDS.get(kind_name)
    if kind is None:
        raise UnknownIdError(subject=f"Note {text!r}", kind="note of the day", found=kind_name, known=tuple(KINDS))
    name, hours = _with_hours(rest, text) if kind.takes_hours else (rest, None)
    stream = None
    if kind.of == "point":
        front, slash, last = name.rpartition("/")
        if slash and last in set(Stream):
            name, stream = front, Stream(last)
    if not name or (kind.needs_hours and hours is None):
        raise _unreadable(text)
    return DayNote(kind=kind_name, name=name, stream=stream, hours=hours)


def with_notes(parts: Parts, texts: Sequence[str]) -> tuple[Parts, tuple[str, ...]]:
    """What can be planned with on such a day, and a sentence for each note. Raises one error that names all faults."""
    errors: list[CityError] = []
    notes: list[DayNote] = []
    for text in dict.fromkeys(texts):
        try:
            note = note_of(text)
        except CityError as error:
            errors.append(error)
            continue
        notes.append(note)
        errors += unknown_names(parts, note)
    raise_all("Notes of the day", errors)
    for note in notes:
        parts = replace(
            parts,
            trucks=tuple(_truck(note, one) for one in parts.trucks),
            points=tuple(point for one in parts.points if (point := _point(note, one)) is not None),
            sites=tuple(site for one in parts.sites if (site := _site(note, one)) is not None),
        )
    return parts, tuple(map(_sentence, notes))


def _sentence(note: DayNote) -> str:
    name = note.name if note.stream is None else f"{note.name} ({note.stream})"
    hours = " all day"
    if note.hours is not None:
        hours = f" from {clock_text(note.hours.start_s)} to {clock_text(note.hours.end_s)}"
    return KINDS[note.kind].sentence.format(name, hours)


def _truck(note: DayNote, truck: Truck) -> Truck:
    hit = KINDS[note.kind].of == "truck" and truck.truck_id == note.name
    return replace(truck, available=False) if hit else truck


def _point(note: DayNote, point: CollectionPoint) -> CollectionPoint | None:
    if KINDS[note.kind].of != "point" or point.point_id != note.name or note.stream not in (None, point.stream):
        return point
    windows = without(point.windows, note.hours)
    return replace(point, windows=windows) if windows else None


def _site(note: DayNote, site: DisposalSite) -> DisposalSite | None:
    if KINDS[note.kind].of != "site" or site.site_id != note.name:
        return site
    if note.kind == "site-hours" and note.hours is not None:
        return replace(site, windows=(note.hours,))
    windows = without(site.windows, note.hours)
    return replace(site, windows=windows) if windows else None


def without(windows: Sequence[TimeWindow], hours: TimeWindow | None) -> tuple[TimeWindow, ...]:
    """Windows less these hours; less all of them where no hours are named.

    Windows are rules of every day, so that the hours are taken out of each day that a window reaches into.
    """
    if hours is None:
        return ()
    left = tuple(windows)
    for days in range(-1, 3):
        start_s, end_s = hours.start_s + days * DAY_S, hours.end_s + days * DAY_S
        left = tuple(part for window in left for part in _less(window, start_s, end_s))
    return left


def _less(window: TimeWindow, start_s: int, end_s: int) -> Iterator[TimeWindow]:
    for first, last in ((window.start_s, min(window.end_s, start_s)), (max(window.start_s, end_s), window.end_s)):
        if first < last:
            yield TimeWindow(start_s=first, end_s=last)


def unknown_names(parts: Parts, note: DayNote) -> list[CityError]:
    known = _NAMES[KINDS[note.kind].of](parts)
    if note.name not in known:
        return [
            UnknownIdError(
                subject=f"Note {note.kind}", kind=KINDS[note.kind].of, found=note.name, known=tuple(sorted(known))
            )
        ]
    streams = tuple(point.stream for point in parts.points if point.point_id == note.name)
    if note.stream is not None and note.stream not in streams:
        found = f"{note.name}/{note.stream}"
        return [UnknownIdError(subject=f"Note {note.kind}", kind="stream of point", found=found, known=streams)]
    return []


_NAMES: dict[str, Callable[[Parts], set[TruckId] | set[PointId] | set[SiteId]]] = {
    "truck": lambda parts: {one.truck_id for one in parts.trucks},
    "point": lambda parts: {one.point_id for one in parts.points},
    "site": lambda parts: {one.site_id for one in parts.sites},
}


def _with_hours(rest: str, text: str) -> tuple[str, TimeWindow | None]:
    found = _HOURS.fullmatch(rest)
    if found is None:
        return rest, None
    try:
        return found[1], TimeWindow(start_s=clock_of(found[2]), end_s=clock_of(found[3]))
    except (ValueError, CityError) as cause:
        raise _unreadable(text) from cause


def _unreadable(text: str) -> InvalidValueError:
    return InvalidValueError(subject="Note of the day", field="text", found=text, expected=f"one of: {FORMS}")
