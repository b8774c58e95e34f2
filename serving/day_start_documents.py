"""What the dispatcher starts the day from: trucks, sites, what stands noted, and what the newest plan was made with."""

from collections.abc import Collection
from datetime import date
from typing import Any

from city.day_notes import NotedDay
from city.documents import from_json
from city.frames import BinReadings
from city.ids import DistrictId
from city.plan_life import TAKEN_OFF
from city.plan_list import PlanQuery
from city.waste import DisposalSite, TimeWindow, Truck
from city.waste_plans import CollectionPlan
from serving.desk import Desk
from serving.planning_routes import next_service_date, refuse_missing

LOOKED_AT = 20  # plans of the date, newest first: those made by hand or repaired have no request of their own


def day_start_document(
    desk: Desk, service_date: date | None, districts: Collection[DistrictId] | None
) -> dict[str, Any]:
    moment = desk.moment(BinReadings)
    refuse_missing(desk, moment)
    day = service_date or next_service_date(desk, moment)
    trucks = desk.history.entities(Truck)
    noted = desk.ledger.day_notes.of(day, districts=districts)
    planned_with, noted_in = _planned_with(desk, day, districts)
    return {
        "service_date": day.isoformat(),
        "trucks": [_truck(one) for one in trucks if districts is None or set(districts).intersection(one.district_ids)],
        "sites": [_site(one) for one in desk.history.entities(DisposalSite)],
        "day_notes": [one.text for one in noted],
        "notes": list(map(note_document, noted)),
        "noted_in": noted_in,
        "noted_with": list(planned_with),
    }


def note_document(note: NotedDay) -> dict[str, Any]:
    return {
        "note_id": note.note_id,
        "service_date": note.service_date.isoformat(),
        "text": note.text,
        "noted_at": note.noted_at.isoformat(),
        "noted_by": note.noted_by,
        "withdrawn_at": None if note.withdrawn_at is None else note.withdrawn_at.isoformat(),
        "withdrawn_by": note.withdrawn_by,
    }


def _planned_with(
    desk: Desk, day: date, districts: Collection[DistrictId] | None
) -> tuple[tuple[str, ...], str | None]:
    seen = None if districts is None else tuple(sorted(districts))
    query = PlanQuery(kind="routes", service_date=day, seen=seen, but_not=TAKEN_OFF, limit=LOOKED_AT)
    for summary in desk.ledger.list.find(query):
        plan = from_json(CollectionPlan, desk.ledger.plan(summary.plan_id).document, f"plan {summary.plan_id}")
        recipe = plan.provenance.recipe
        if recipe is not None:
            notes = recipe.request.get("day_notes")
            return tuple(map(str, notes)) if isinstance(notes, tuple) else (), summary.plan_id
    return (), None


def _truck(truck: Truck) -> dict[str, Any]:
    return {
        "truck_id": truck.truck_id,
        "depot_id": truck.depot_id,
        "streams": [stream.value for stream in truck.streams],
        "payload_kg": truck.payload_kg,
        "shift": {"start_s": truck.shift.start_s, "end_s": truck.shift.end_s},
        "available": truck.available,
    }


def _site(site: DisposalSite) -> dict[str, Any]:
    return {
        "site_id": site.site_id,
        "kind": site.kind.value,
        "streams": [stream.value for stream in site.streams],
        "windows": list(map(_hours, site.windows)),
    }


def _hours(window: TimeWindow) -> dict[str, int]:
    return {"start_s": window.start_s, "end_s": window.end_s}
