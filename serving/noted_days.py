"""The notes that stand for a day: written down by any dispatcher, read by all of them, used by the day's plan."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from city.access import Caller
from city.collection_faults import Parts
from city.day_notes import NotedDay
from city.errors import CityError, raise_all
from city.frames import BinReadings
from city.ids import DistrictId
from serving.day_start import KINDS, note_of, unknown_names
from serving.desk import Desk
from serving.planning_routes import known_parts, next_service_date, refuse_missing
from serving.selection import RouteRequest


def note_down(desk: Desk, service_date: date, text: str, caller: Caller) -> NotedDay:
    """Raises CityError for a note that cannot be read or names what is not there for whoever notes it."""
    note = note_of(text)
    parts = known_parts(desk, RouteRequest(within=caller.within()), desk.clock())
    raise_all("Note of the day", unknown_names(parts, note))
    return desk.ledger.day_notes.add(service_date, text, _districts(parts, note.kind, note.name), by=caller)


def with_standing_notes(desk: Desk, request: RouteRequest) -> RouteRequest:
    """The request with the notes that stand for its day, as far as they concern what is planned."""
    try:
        moment = desk.moment(BinReadings, request.at)
        refuse_missing(desk, moment)
    except CityError:
        return request  # planning itself says what is missing
    day = request.service_date or next_service_date(desk, moment)
    noted = desk.ledger.day_notes.of(day, districts=request.within, at=request.at)
    if not noted:
        return request
    parts = known_parts(desk, request, moment.made_at)
    return replace(request, day_notes=tuple(one.text for one in noted if _concerns(parts, one.text)))


def _concerns(parts: Parts, text: str) -> bool:
    """Not so where the thing lies in another district, or has gone from the records since."""
    try:
        return not unknown_names(parts, note_of(text))
    except CityError:
        return False


def _districts(parts: Parts, kind: str, name: str) -> tuple[DistrictId, ...]:
    """Sites serve everybody: what is noted of them concerns the whole city."""
    found: Iterable[DistrictId] = ()
    if KINDS[kind].of == "truck":
        found = (one for truck in parts.trucks if truck.truck_id == name for one in truck.district_ids)
    elif KINDS[kind].of == "point":
        found = (point.district_id for point in parts.points if point.point_id == name)
    return tuple(sorted(set(found)))
